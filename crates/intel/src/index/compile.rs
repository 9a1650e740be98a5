//! Content into the bytes of an index.

use std::collections::BTreeMap;

use fst::MapBuilder;
use serde::Serialize;

use super::layout::{
    Directory, EPSS_CHUNK, EPSS_ROW, HEADER, Header, LIST, Pointer, Section, check, id_key, package_key, sha256,
};
use super::same::{Claim, bugs};
use super::{Content, Cve, Entry, Epss, IndexError, Record, said_of_malware};
use crate::advisory::{Advisory, Affected, Interval};
use crate::packages::Ecosystem;

/// Most advisories that one id leads to.
const MOST_WITH_ONE_ID: usize = 1_000;

/// Compiles an index. The same content gives the same bytes.
///
/// # Errors
///
/// [`IndexError::TooLarge`] when the format cannot hold it: more than 16 MB about one package, or a terabyte in all.
pub fn compile(content: Content) -> Result<Vec<u8>, IndexError> {
    let advisories = newest(content.advisories);
    let mut records = Records::default();
    let mut directory = Directory { meta: content.meta, ..Directory::default() };
    let mut ids: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
    let mut packages: BTreeMap<(Ecosystem, &str), Vec<About>> = BTreeMap::new();
    let counts = &mut directory.meta.counts;
    for advisory in &advisories {
        let pointer = records.add(&record(advisory))?;
        for name in std::iter::once(&advisory.id).chain(&advisory.aliases) {
            ids.entry(id_key(name)).or_default().push(pointer);
        }
        if advisory.withdrawn.is_some() {
            counts.withdrawn += 1;
            continue;
        }
        *(if advisory.malicious { &mut counts.malicious } else { &mut counts.advisories }) += 1;
        for affected in &advisory.affected {
            let entries = packages.entry((affected.ecosystem, &affected.name)).or_default();
            match entries.last_mut() {
                Some(last) if last.advisory.id == advisory.id => last.affected.push(affected),
                _ => entries.push(About { advisory, pointer, affected: vec![affected] }),
            }
        }
    }
    let mut map = MapBuilder::memory();
    let mut keys: Vec<(Vec<u8>, u64)> = Vec::with_capacity(packages.len());
    for ((ecosystem, name), about) in &packages {
        *(if *ecosystem == Ecosystem::PyPi { &mut counts.pypi } else { &mut counts.npm }) += 1;
        let pointer = records.add(&entries(about))?;
        keys.push((package_key(*ecosystem, name), pointer));
    }
    insert(&mut map, keys)?;
    let packages = map.into_inner().map_err(|_| IndexError::TooLarge("packages"))?;
    let mut map = MapBuilder::memory();
    for (key, mut pointers) in ids {
        pointers.truncate(MOST_WITH_ONE_ID);
        let value = if let [pointer] = pointers[..] { pointer } else { LIST | records.add(&pointers)? };
        map.insert(key, value).map_err(|_| IndexError::TooLarge("ids"))?;
    }
    let ids = map.into_inner().map_err(|_| IndexError::TooLarge("ids"))?;

    let mut kev = content.kev;
    kev.sort_by_key(|entry| entry.cve);
    kev.dedup_by(|a, b| a.cve == b.cve);
    counts.kev = kev.len() as u32;
    directory.kev_cves = kev.iter().map(|entry| entry.cve.0).collect();
    let mut kev = encode(&kev)?;
    kev.extend(check(&kev));
    let epss = epss(content.epss, &mut directory);
    finish(directory, &[packages, ids, records.bytes, kev, epss])
}

/// Puts the sections one behind the other, and header and directory before them.
fn finish(mut directory: Directory, sections: &[Vec<u8>; 5]) -> Result<Vec<u8>, IndexError> {
    let mut offset = 0;
    let places =
        [&mut directory.packages, &mut directory.ids, &mut directory.records, &mut directory.kev, &mut directory.epss];
    for (place, bytes) in places.into_iter().zip(sections) {
        *place = Section { offset, length: bytes.len() as u64 };
        offset += bytes.len() as u64;
    }
    let encoded = encode(&directory)?;
    let length = u32::try_from(encoded.len()).map_err(|_| IndexError::TooLarge("directory"))?;
    let mut file = vec![0; HEADER];
    file.extend_from_slice(&encoded);
    for bytes in sections {
        file.extend_from_slice(bytes);
    }
    let header = Header {
        directory: length,
        file: file.len() as u64,
        body_hash: sha256(&file[HEADER..]),
        directory_hash: sha256(&encoded),
    };
    file[..HEADER].copy_from_slice(&header.to_bytes());
    Ok(file)
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>, IndexError> {
    postcard::to_stdvec(value).map_err(|_| IndexError::TooLarge("a record"))
}

fn insert(map: &mut MapBuilder<Vec<u8>>, mut keys: Vec<(Vec<u8>, u64)>) -> Result<(), IndexError> {
    keys.sort();
    keys.dedup_by(|a, b| a.0 == b.0);
    for (key, value) in keys {
        map.insert(key, value).map_err(|_| IndexError::TooLarge("keys"))?;
    }
    Ok(())
}

#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// Writes a value and its checksum, and says where.
    fn add(&mut self, value: &impl Serialize) -> Result<u64, IndexError> {
        let encoded = encode(value)?;
        let length = u32::try_from(encoded.len()).map_err(|_| IndexError::TooLarge("the records of one package"))?;
        let pointer = Pointer { offset: self.bytes.len() as u64, length }.pack()?;
        self.bytes.extend_from_slice(&encoded);
        self.bytes.extend(check(&encoded));
        Ok(pointer)
    }
}

/// One advisory for each id, the one changed last, in the order of their ids.
fn newest(mut advisories: Vec<Advisory>) -> Vec<Advisory> {
    advisories.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| b.modified.cmp(&a.modified)));
    advisories.dedup_by(|later, first| later.id == first.id);
    advisories
}

fn record(advisory: &Advisory) -> Record {
    let mut packages: Vec<(Ecosystem, String)> =
        advisory.affected.iter().map(|affected| (affected.ecosystem, affected.name.clone())).collect();
    packages.sort();
    packages.dedup();
    Record {
        id: advisory.id.clone(),
        aliases: advisory.aliases.clone(),
        // Every record of malware has the same sentence, which `read` can say as well.
        summary: Some(&advisory.summary)
            .filter(|summary| **summary != said_of_malware(&packages))
            .cloned()
            .unwrap_or_default(),
        published: advisory.published,
        modified: advisory.modified,
        withdrawn: advisory.withdrawn,
        severity: advisory.severity.clone(),
        rating: advisory.rating.clone(),
        cwe: advisory.cwe.clone(),
        malicious: advisory.malicious,
        packages,
    }
}

/// What one advisory says of a package, in one place or several.
struct About<'a> {
    advisory: &'a Advisory,
    pointer: u64,
    affected: Vec<&'a Affected>,
}

/// The entries of a package; what one advisory says in several places is one entry.
fn entries(about: &[About]) -> Vec<Entry> {
    let joined: Vec<Affected> = about.iter().map(|about| join(&about.affected)).collect();
    let claims: Vec<Claim> = about
        .iter()
        .zip(&joined)
        .map(|(about, affected)| Claim { advisory: about.advisory, intervals: &affected.intervals })
        .collect();
    let bugs = bugs(&claims);
    about
        .iter()
        .zip(joined)
        .zip(bugs)
        .map(|((about, affected), (bug, foreign))| Entry {
            record: about.pointer,
            bug,
            intervals: affected.intervals,
            versions: affected.versions,
            unclear: affected.unclear,
            symbols: affected.symbols,
            precondition: affected.precondition,
            foreign,
        })
        .collect()
}

fn join(parts: &[&Affected]) -> Affected {
    let mut out = Affected {
        ecosystem: Ecosystem::Npm,
        name: String::new(),
        intervals: Vec::new(),
        versions: Vec::new(),
        unclear: None,
        symbols: Vec::new(),
        precondition: None,
    };
    for part in parts {
        out.intervals.extend_from_slice(&part.intervals);
        out.versions.extend_from_slice(&part.versions);
        out.symbols.extend_from_slice(&part.symbols);
        out.unclear = out.unclear.max(part.unclear);
        out.precondition = out.precondition.or_else(|| part.precondition.clone());
    }
    if out.intervals.iter().any(Interval::is_all) {
        out.intervals = vec![Interval::all()];
    }
    out.intervals.sort();
    out.intervals.dedup();
    out.versions.sort();
    out.versions.dedup();
    out.symbols.sort();
    out.symbols.dedup();
    out
}

fn epss(mut rows: Vec<(Cve, Epss)>, directory: &mut Directory) -> Vec<u8> {
    rows.sort_by_key(|(cve, _)| *cve);
    rows.dedup_by_key(|(cve, _)| *cve);
    directory.meta.counts.epss = rows.len() as u32;
    let mut out = Vec::with_capacity(rows.len() * EPSS_ROW);
    for chunk in rows.chunks(EPSS_CHUNK) {
        directory.epss_first.push(chunk[0].0.0);
        let start = out.len();
        for (cve, epss) in chunk {
            out.extend_from_slice(&cve.0.to_le_bytes());
            out.extend_from_slice(&epss.score.to_le_bytes()[..3]);
            out.extend_from_slice(&epss.percentile.to_le_bytes()[..3]);
        }
        let sum = check(&out[start..]);
        out.extend(sum);
    }
    out
}
