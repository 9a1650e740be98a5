//! What is known of threats in one run: the snapshot that was opened, and the advisories that ship with Lunette.

use std::path::Path;
use std::sync::Arc;

use lunette_intel::advisory::Day;
use lunette_intel::index::Snapshot;
use lunette_intel::matching::Knowledge;
use lunette_intel::snapshot::folder::from_folder;
use lunette_intel::snapshot::store::{self, Store};
use lunette_intel::snapshot::SnapshotError;

use crate::options::AssessError;

/// Intelligence for a run.
#[derive(Clone, Debug, Default)]
pub struct Intel {
    /// Advisories.
    pub(crate) knowledge: Arc<Knowledge>,
    /// Why a snapshot that is there could not be used: the assessment is then incomplete.
    pub(crate) problem: Option<String>,
}

impl Intel {
    /// The advisories.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// Opens the snapshot of a run: in the folder `given` (a compiled one, or the databases' files), else in the user's
    /// data folder, if there is one. A snapshot that is there and cannot be used is no error here: the report is written, and
    /// says that it is incomplete.
    ///
    /// # Errors
    /// When the folder that was given holds no snapshot at all.
    pub fn open(given: Option<&Path>, data: Option<&Path>, today: Day) -> Result<Self, AssessError> {
        let opened = match (given, data) {
            (Some(folder), _) => match of_folder(folder, today) {
                Err(SnapshotError::NoAdvisories(path)) => {
                    return Err(AssessError::Config(format!("--intel {}: there is no snapshot in it, nor the databases' files", path.display())));
                }
                opened => opened.map(Some),
            },
            (None, Some(data)) => Store::new(data).open(),
            (None, None) => Ok(None),
        };
        Ok(match opened {
            Ok(snapshot) => Intel { knowledge: Arc::new(Knowledge::new(snapshot)), problem: None },
            Err(error) => Intel { problem: Some(error.to_string()), ..Intel::default() },
        })
    }
}

/// The snapshot of a folder: of a data folder, of the folder of the index itself, or of the files to make one from.
fn of_folder(folder: &Path, today: Day) -> Result<Snapshot, SnapshotError> {
    let own = Store::new(folder).index();
    let index = own.file_name().map(|name| folder.join(name));
    for path in [Some(own), index].into_iter().flatten() {
        if path.exists() {
            return store::open(&path);
        }
    }
    from_folder(folder, today)
}
