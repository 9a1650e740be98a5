//! An index that is open: looking things up.

use std::sync::OnceLock;

use fst::Map;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::layout::{
    CHECK, Directory, EPSS_CHUNK, EPSS_ROW, HEADER, Header, LIST, Pointer, Section, check, id_key, package_key, sha256,
};
use super::{Cve, Entry, Epss, IndexError, Kev, Meta, ReadAt, Record, said_of_malware};
use crate::packages::Ecosystem;

/// An open index.
pub struct Snapshot {
    bytes: Box<dyn ReadAt>,
    header: Header,
    directory: Directory,
    /// Where the sections begin.
    base: u64,
    packages: Map<Vec<u8>>,
    ids: OnceLock<Map<Vec<u8>>>,
    kev: OnceLock<Vec<Kev>>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("meta", &self.directory.meta).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Opens an index.
    ///
    /// # Errors
    ///
    /// [`IndexError`] when it is not whole: a caller that goes on without must say so.
    pub fn open(bytes: Box<dyn ReadAt>) -> Result<Self, IndexError> {
        let found = bytes.length()?;
        if found < HEADER as u64 {
            return Err(IndexError::NotAnIndex);
        }
        let mut header = [0; HEADER];
        bytes.read_exact_at(&mut header, 0)?;
        let header = Header::from_bytes(&header)?;
        if header.file != found {
            return Err(IndexError::Length { expected: header.file, found });
        }
        let base = HEADER as u64 + u64::from(header.directory);
        if base > found {
            return Err(IndexError::Damaged("directory"));
        }
        let mut encoded = vec![0; header.directory as usize];
        bytes.read_exact_at(&mut encoded, HEADER as u64)?;
        if sha256(&encoded) != header.directory_hash {
            return Err(IndexError::Damaged("directory"));
        }
        let directory: Directory = postcard::from_bytes(&encoded).map_err(|_| IndexError::Damaged("directory"))?;
        let packages = map(&*bytes, found, base, directory.packages, "packages")?;
        Ok(Snapshot { bytes, header, directory, base, packages, ids: OnceLock::new(), kev: OnceLock::new() })
    }

    /// Where it comes from and what it holds.
    pub fn meta(&self) -> &Meta {
        &self.directory.meta
    }

    /// Reads everything and compares it with the hash that was written.
    ///
    /// # Errors
    ///
    /// [`IndexError`] when a byte is not what was written.
    pub fn verify(&self) -> Result<(), IndexError> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut at = HEADER as u64;
        while at < self.header.file {
            let length = usize::try_from(self.header.file - at).unwrap_or(usize::MAX).min(buffer.len());
            self.bytes.read_exact_at(&mut buffer[..length], at)?;
            hasher.update(&buffer[..length]);
            at += length as u64;
        }
        if <[u8; 32]>::from(hasher.finalize()) == self.header.body_hash {
            Ok(())
        } else {
            Err(IndexError::Damaged("content"))
        }
    }

    /// What is known against a package, whatever its version. The name must be in the form of
    /// [`crate::advisory::normal_name`].
    ///
    /// # Errors
    ///
    /// [`IndexError`] when the file cannot be read or is damaged. Never an empty list instead.
    pub fn entries(&self, ecosystem: Ecosystem, name: &str) -> Result<Vec<Entry>, IndexError> {
        match self.packages.get(package_key(ecosystem, name)) {
            None => Ok(Vec::new()),
            Some(pointer) => self.stored(pointer, "packages"),
        }
    }

    /// The advisory that an entry is of.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::entries`].
    pub fn record(&self, entry: &Entry) -> Result<Record, IndexError> {
        self.record_at(entry.record)
    }

    fn record_at(&self, pointer: u64) -> Result<Record, IndexError> {
        let mut record: Record = self.stored(pointer, "advisories")?;
        if record.malicious && record.summary.is_empty() {
            record.summary = said_of_malware(&record.packages);
        }
        Ok(record)
    }

    /// The advisories with this id or alias, withdrawn ones included.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::entries`].
    pub fn by_id(&self, id: &str) -> Result<Vec<Record>, IndexError> {
        let ids = if let Some(ids) = self.ids.get() {
            ids
        } else {
            let ids = map(&*self.bytes, self.header.file, self.base, self.directory.ids, "ids")?;
            self.ids.get_or_init(|| ids)
        };
        let Some(found) = ids.get(id_key(id)) else { return Ok(Vec::new()) };
        let pointers = if found & LIST == 0 { vec![found] } else { self.stored(found, "ids")? };
        pointers.into_iter().map(|pointer| self.record_at(pointer)).collect()
    }

    /// The score of a CVE.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::entries`].
    pub fn epss(&self, cve: Cve) -> Result<Option<Epss>, IndexError> {
        let chunk = self.directory.epss_first.partition_point(|first| *first <= cve.0);
        let Some(chunk) = chunk.checked_sub(1) else { return Ok(None) };
        let offset = chunk * (EPSS_CHUNK * EPSS_ROW + CHECK);
        let section = self.directory.epss;
        let left = section.length.saturating_sub(offset as u64).min((EPSS_CHUNK * EPSS_ROW + CHECK) as u64);
        let rows = self.checked(section.offset + offset as u64, left, "EPSS")?;
        let rows: Vec<&[u8]> = rows.chunks_exact(EPSS_ROW).collect();
        let key = |row: &&[u8]| u32::from_le_bytes([row[0], row[1], row[2], row[3]]);
        let Ok(at) = rows.binary_search_by_key(&cve.0, key) else { return Ok(None) };
        let number = |from: usize| u32::from_le_bytes([rows[at][from], rows[at][from + 1], rows[at][from + 2], 0]);
        Ok(Some(Epss { score: number(4), percentile: number(7) }))
    }

    /// The entry of a CVE in CISA's catalogue.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::entries`].
    pub fn kev(&self, cve: Cve) -> Result<Option<Kev>, IndexError> {
        if self.directory.kev_cves.binary_search(&cve.0).is_err() {
            return Ok(None);
        }
        let kev = if let Some(kev) = self.kev.get() {
            kev
        } else {
            let section = self.directory.kev;
            let bytes = self.checked(section.offset, section.length, "KEV")?;
            let kev = postcard::from_bytes(&bytes).map_err(|_| IndexError::Damaged("KEV"))?;
            self.kev.get_or_init(|| kev)
        };
        Ok(kev.binary_search_by_key(&cve, |entry| entry.cve).ok().map(|at| kev[at].clone()))
    }

    fn stored<T: DeserializeOwned>(&self, pointer: u64, what: &'static str) -> Result<T, IndexError> {
        let pointer = Pointer::unpack(pointer);
        let offset = self.directory.records.offset.saturating_add(pointer.offset);
        let bytes = self.checked(offset, u64::from(pointer.length) + CHECK as u64, what)?;
        postcard::from_bytes(&bytes).map_err(|_| IndexError::Damaged(what))
    }

    /// Bytes with their checksum behind them, checked and without it.
    fn checked(&self, offset: u64, length: u64, what: &'static str) -> Result<Vec<u8>, IndexError> {
        let mut bytes = section(&*self.bytes, self.header.file, self.base, Section { offset, length }, what)?;
        let sum = bytes.len().checked_sub(CHECK).map(|at| bytes.split_off(at)).ok_or(IndexError::Damaged(what))?;
        if check(&bytes)[..] == sum[..] { Ok(bytes) } else { Err(IndexError::Damaged(what)) }
    }
}

fn section(
    bytes: &dyn ReadAt,
    file: u64,
    base: u64,
    section: Section,
    what: &'static str,
) -> Result<Vec<u8>, IndexError> {
    let offset = base.checked_add(section.offset).ok_or(IndexError::Damaged(what))?;
    let end = offset.checked_add(section.length).ok_or(IndexError::Damaged(what))?;
    if end > file {
        return Err(IndexError::Damaged(what));
    }
    let mut out = vec![0; usize::try_from(section.length).map_err(|_| IndexError::Damaged(what))?];
    bytes.read_exact_at(&mut out, offset)?;
    Ok(out)
}

fn map(
    bytes: &dyn ReadAt,
    file: u64,
    base: u64,
    place: Section,
    what: &'static str,
) -> Result<Map<Vec<u8>>, IndexError> {
    let map = Map::new(section(bytes, file, base, place, what)?).map_err(|_| IndexError::Damaged(what))?;
    map.as_fst().verify().map_err(|_| IndexError::Damaged(what))?;
    Ok(map)
}
