//! How the index lies in the file.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{IndexError, Meta};
use crate::packages::Ecosystem;

/// Version of the format. Raise it with every change of a stored type.
pub const FORMAT: u32 = 1;
/// The first bytes of every index.
pub(super) const MAGIC: &[u8; 8] = b"LUNETTEI";
/// Length of the header: magic, format, length of the directory, length of the file, two hashes.
pub(super) const HEADER: usize = 8 + 4 + 4 + 8 + 32 + 32;
/// Rows of EPSS that are read at once.
pub(super) const EPSS_CHUNK: usize = 256;
/// Length of a row of EPSS: CVE in 4 bytes, score and percentile in 3 each.
pub(super) const EPSS_ROW: usize = 10;
/// Length of a checksum.
pub(super) const CHECK: usize = 4;
/// Largest directory that is read.
pub(super) const LARGEST_DIRECTORY: u32 = 64 << 20;

/// The header.
pub(super) struct Header {
    /// Length of the directory, which follows the header.
    pub(super) directory: u32,
    /// Length of the file.
    pub(super) file: u64,
    /// SHA-256 of everything after the header.
    pub(super) body_hash: [u8; 32],
    /// SHA-256 of the directory.
    pub(super) directory_hash: [u8; 32],
}

impl Header {
    pub(super) fn to_bytes(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(MAGIC);
        out[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        out[12..16].copy_from_slice(&self.directory.to_le_bytes());
        out[16..24].copy_from_slice(&self.file.to_le_bytes());
        out[24..56].copy_from_slice(&self.body_hash);
        out[56..].copy_from_slice(&self.directory_hash);
        out
    }

    pub(super) fn from_bytes(bytes: &[u8; HEADER]) -> Result<Self, IndexError> {
        if &bytes[..8] != MAGIC {
            return Err(IndexError::NotAnIndex);
        }
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if number(8) != FORMAT {
            return Err(IndexError::Format(number(8)));
        }
        let (mut body_hash, mut directory_hash) = ([0; 32], [0; 32]);
        body_hash.copy_from_slice(&bytes[24..56]);
        directory_hash.copy_from_slice(&bytes[56..]);
        let directory = number(12);
        if directory > LARGEST_DIRECTORY {
            return Err(IndexError::Damaged("directory"));
        }
        Ok(Header { directory, file: u64::from(number(16)) | u64::from(number(20)) << 32, body_hash, directory_hash })
    }
}

/// What stands where.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Directory {
    pub(super) meta: Meta,
    /// Map from packages to their entries.
    pub(super) packages: Section,
    /// Map from ids to records.
    pub(super) ids: Section,
    /// Records and entries.
    pub(super) records: Section,
    pub(super) kev: Section,
    pub(super) epss: Section,
    /// The first CVE of each chunk of EPSS.
    pub(super) epss_first: Vec<u32>,
    /// The CVEs in KEV, in order.
    pub(super) kev_cves: Vec<u32>,
}

/// A stretch of the file, counted from its beginning behind the directory.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Section {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// Set in a pointer that leads to a list of pointers: an id that several records have.
pub(super) const LIST: u64 = 1 << 63;

/// Where something stands in the records: 39 bits of offset, 24 of length. The highest bit is free, see [`LIST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) offset: u64,
    pub(super) length: u32,
}

impl Pointer {
    pub(super) fn pack(self) -> Result<u64, IndexError> {
        if self.offset >> 39 != 0 {
            return Err(IndexError::TooLarge("records"));
        }
        if self.length >> 24 != 0 {
            return Err(IndexError::TooLarge("the records of one package"));
        }
        Ok(self.offset << 24 | u64::from(self.length))
    }

    pub(super) fn unpack(packed: u64) -> Self {
        Pointer { offset: (packed & !LIST) >> 24, length: (packed & 0xff_ffff) as u32 }
    }
}

/// The key of a package.
pub(super) fn package_key(ecosystem: Ecosystem, name: &str) -> Vec<u8> {
    let first = match ecosystem {
        Ecosystem::Npm => b'n',
        Ecosystem::PyPi => b'p',
        Ecosystem::Jsr => b'j',
    };
    let mut key = Vec::with_capacity(name.len() + 1);
    key.push(first);
    key.extend_from_slice(name.as_bytes());
    key
}

/// The key of an id: ids are looked up whatever their case.
pub(super) fn id_key(id: &str) -> Vec<u8> {
    id.to_ascii_uppercase().into_bytes()
}

/// The checksum that stands behind each record and each chunk: it finds damage, not malice.
pub(super) fn check(bytes: &[u8]) -> [u8; CHECK] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
