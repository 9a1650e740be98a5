//! The snapshot of public advisories: read from the databases' bulk files, kept in the user's data folder.
//!
//! [`store`] and [`update`] alone touch the disk; [`import`] reads what it is given, and [`update`] downloads through what
//! it is given.

pub mod folder;
pub mod import;
pub mod status;
pub mod store;
pub mod update;
mod whole;

use std::io;
use std::path::PathBuf;

use crate::index::{Feed, IndexError};

/// Why there is no new snapshot, or none at all. The previous one is where it was.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The disk or the system.
    #[error("{}: {error}", path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
    /// A file is damaged, cut off, or something else.
    #[error("{}: {why}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: ImportError,
    },
    /// A file is not the one that `SHA256SUMS` names.
    #[error("{}: its SHA-256 is {found}, SHA256SUMS says {expected}", path.display())]
    Hash {
        /// The file.
        path: PathBuf,
        /// By `SHA256SUMS`.
        expected: String,
        /// Its own.
        found: String,
    },
    /// The folder has no advisories.
    #[error("{}: there is neither npm/all.zip nor PyPI/all.zip", .0.display())]
    NoAdvisories(PathBuf),
    /// The index cannot be used.
    #[error("{}: {error}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        error: IndexError,
    },
    /// Somebody else is updating.
    #[error("another update is running ({} is locked)", .0.display())]
    Locked(PathBuf),
    /// There is no place to keep it.
    #[error("no folder for data is known: set LUNETTE_DATA")]
    NoFolder,
    /// Nothing could be downloaded.
    #[error("{}: {why}", feed.name())]
    Download {
        /// What was downloaded.
        feed: Feed,
        /// What went wrong.
        why: String,
    },
}

/// Why a source cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Reading stopped.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Not a zip archive, or a damaged one.
    #[error("it is damaged or no zip archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// An entry of the archive cannot be read.
    #[error("its entry {entry} is damaged: {error}")]
    Entry {
        /// The entry's name or number.
        entry: String,
        /// What is wrong.
        error: io::Error,
    },
    /// Nothing of use is in it.
    #[error("it holds no records")]
    Empty,
    /// Most of it cannot be read: it is something else.
    #[error("{bad} of its {total} records cannot be read; the first: {first}")]
    MostlyBad {
        /// Records that cannot be read.
        bad: u32,
        /// Records.
        total: u32,
        /// Why the first one cannot.
        first: String,
    },
    /// Not JSON, or another document.
    #[error("it is not what it should be: {0}")]
    Malformed(String),
    /// Larger than anything that is published.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
}
