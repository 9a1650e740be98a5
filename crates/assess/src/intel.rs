//! What is known of threats in one run: the snapshot that was opened, and the advisories that ship with Lunette.

use std::path::Path;
use std::sync::Arc;

use lunette_flow::models::Models;
use lunette_intel::advisory::Day;
use lunette_intel::advisory::own::Own;
use lunette_intel::index::Snapshot;
use lunette_intel::matching::Knowledge;
use lunette_intel::packages::Ecosystem;
use lunette_intel::snapshot::SnapshotError;
use lunette_intel::snapshot::folder::from_folder;
use lunette_intel::snapshot::store::{self, Store};
use lunette_lang::ir::Language;

use crate::config;
use crate::options::AssessError;
use crate::reading::Reading;

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

    /// The same with the advisories that the project keeps itself, in the folders that its `lunette.toml` names. They are
    /// read as everything below the root is: files that the project's rules leave out are not.
    ///
    /// # Errors
    /// When a folder has no such file, or a record is faulty.
    pub(crate) fn of_project(&self, reading: &Reading) -> Result<Self, AssessError> {
        let mut files: Vec<(String, String)> = Vec::new();
        for (folder, line) in &reading.config.advisories {
            let below = |path: &str| {
                let inner = path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
                inner && [".yml", ".yaml"].iter().any(|ending| path.ends_with(ending))
            };
            let known = files.len();
            let found = reading.tree.files.iter().filter(|file| below(&file.path));
            files.extend(found.map(|file| (file.path.clone(), file.text.clone())));
            if files.len() == known {
                return Err(AssessError::Config(format!(
                    "{}:{line}: there is no file of advisories (*.yml) that may be read in `{folder}`",
                    config::FILE
                )));
            }
        }
        if files.is_empty() {
            return Ok(self.clone());
        }
        files.sort();
        files.dedup();
        let knowledge = self.knowledge.with_project(own_advisories(&files)?);
        Ok(Intel { knowledge: Arc::new(knowledge), problem: self.problem.clone() })
    }

    /// Opens the snapshot of a run: in the folder `given` (a compiled one, or the databases' files), else in the user's
    /// data folder, if there is one. A snapshot that is there and cannot be used is no error here: the report is written, and
    /// says that it is incomplete.
    ///
    /// # Errors
    /// When the folder that was given holds no snapshot at all.
    ///
    /// `own` are the user's own advisories.
    pub fn open(given: Option<&Path>, data: Option<&Path>, own: Own, today: Day) -> Result<Self, AssessError> {
        let opened = match (given, data) {
            (Some(folder), _) => match of_folder(folder, today) {
                Err(SnapshotError::NoAdvisories(path)) => {
                    return Err(AssessError::Config(format!(
                        "--intel {}: there is no snapshot in it, nor the databases' files",
                        path.display()
                    )));
                }
                opened => opened.map(Some),
            },
            (None, Some(data)) => Store::new(data).open(),
            (None, None) => Ok(None),
        };
        Ok(match opened {
            Ok(snapshot) => Intel { knowledge: Arc::new(Knowledge::new(snapshot).with(own)), problem: None },
            Err(error) => {
                Intel { knowledge: Arc::new(Knowledge::new(None).with(own)), problem: Some(error.to_string()) }
            }
        })
    }
}

/// Reads the user's own advisories, given by name and text, and holds the functions that they name against the models'
/// grammar.
///
/// # Errors
/// Every mistake, with file and line.
pub fn own_advisories(files: &[(String, String)]) -> Result<Own, AssessError> {
    if files.is_empty() {
        return Ok(Own::default());
    }
    let told = |faults: Vec<String>| AssessError::Config(faults.join("\n"));
    let own = Own::read(files).map_err(|faults| told(faults.iter().map(ToString::to_string).collect()))?;
    let mut models =
        Models::with(std::iter::empty()).map_err(|errors| told(errors.iter().map(ToString::to_string).collect()))?;
    let mut faults = Vec::new();
    for named in own.symbols() {
        let languages: &[Language] = match named.ecosystem {
            Some(Ecosystem::PyPi) => &[Language::Python],
            Some(_) => &[Language::JavaScript],
            None => &[Language::JavaScript, Language::Python],
        };
        let wrong: Vec<_> =
            languages.iter().filter_map(|language| models.pattern(*language, &named.symbol).err()).collect();
        if wrong.len() == languages.len()
            && let Some(why) = wrong.first()
        {
            faults.push(format!("{}:{}: `{}` is no path of an API: {why}", named.file, named.line, named.symbol));
        }
    }
    if faults.is_empty() { Ok(own) } else { Err(told(faults)) }
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
