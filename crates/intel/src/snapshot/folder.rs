//! A snapshot for one run, compiled in memory from a folder of the databases' files.

use std::path::Path;

use super::SnapshotError;
use super::store::read_folder;
use crate::advisory::Day;
use crate::index::{Snapshot, compile};

/// Compiles the files of a folder, laid out as for [`super::store::Store::import`], without keeping anything.
///
/// # Errors
///
/// [`SnapshotError`] when there are no advisories, a file is damaged, or it is not the one that `SHA256SUMS` names.
pub fn from_folder(folder: &Path, today: Day) -> Result<Snapshot, SnapshotError> {
    let failed = |error| SnapshotError::Index { path: folder.to_owned(), error };
    let bytes = compile(read_folder(folder, today)?).map_err(failed)?;
    Snapshot::open(Box::new(bytes)).map_err(failed)
}
