//! What is going to be opened, known before anything is: the sandbox has to be told first.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use lunette_core::text::printable;
use thiserror::Error;

use crate::door::words;
use crate::rules::RULES_PATH;

/// Why a project could not be opened at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// There is nothing at the path.
    #[error("no such directory: {}", shown(.0))]
    Missing(PathBuf),
    /// There is something, but not a directory.
    #[error("not a directory: {} (give the directory of the project)", shown(.0))]
    NotADirectory(PathBuf),
    /// There is a directory that may not be read.
    #[error("cannot read {}: {}", shown(.path), .error)]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// The system's error, in words.
        error: String,
    },
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

impl OpenError {
    pub(crate) fn new(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing(path.to_owned()),
            io::ErrorKind::NotADirectory => Self::NotADirectory(path.to_owned()),
            _ => Self::Unreadable { path: path.to_owned(), error: words(error) },
        }
    }
}

/// What opening a project will touch. Made with metadata calls alone: no file and no directory is opened for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The root: canonical, an existing directory.
    pub root: PathBuf,
    /// A file outside the root that has to be readable as well: the rules of the git work tree in which the root lies,
    /// when the root has none. Canonical, a regular file below the work tree's top.
    pub parent_rules: Option<PathBuf>,
    pub(crate) given: PathBuf,
    pub(crate) parent: Option<Parent>,
}

/// The rules file of the work tree around the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    /// The work tree's top.
    pub(crate) top: PathBuf,
    /// How many directories it is above the root.
    pub(crate) up: usize,
    /// Why it is not read, when that is known already.
    pub(crate) refused: Option<String>,
}

impl Parent {
    /// The rules file as it is shown: relative to the root.
    pub(crate) fn shown(&self) -> String {
        format!("{}{RULES_PATH}", "../".repeat(self.up))
    }
}

impl Plan {
    pub(crate) fn new(given: &Path) -> Result<Self, OpenError> {
        let fail = |error: io::Error| OpenError::new(given, &error);
        let root = fs::canonicalize(given).map_err(fail)?;
        if !fs::metadata(&root).map_err(fail)?.is_dir() {
            return Err(OpenError::NotADirectory(given.to_owned()));
        }
        let parent = if is_absent(&root.join(RULES_PATH)) { find_parent(&root) } else { None };
        let parent_rules = match &parent {
            Some(Parent { top, refused: None, .. }) => fs::canonicalize(top.join(RULES_PATH)).ok(),
            _ => None,
        };
        Ok(Self { root, parent_rules, given: given.to_owned(), parent })
    }
}

fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// The work tree in which `root` lies below its top, when the top has a rules file.
fn find_parent(root: &Path) -> Option<Parent> {
    let is_top = |path: &Path| fs::symlink_metadata(path.join(OsStr::new(".git"))).is_ok();
    let (up, top) = root.ancestors().enumerate().find(|(_, path)| is_top(path))?;
    if up == 0 || is_absent(&top.join(RULES_PATH)) {
        return None;
    }
    Some(Parent { top: top.to_owned(), up, refused: why_refused(root, top) })
}

/// Why the rules at `top` do not apply to `root`, if they do not.
fn why_refused(root: &Path, top: &Path) -> Option<String> {
    let path = top.join(RULES_PATH);
    let real = match fs::canonicalize(&path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some("a symbolic link to nothing".to_owned());
        }
        Err(error) => return Some(words(&error)),
    };
    if !real.starts_with(top) {
        return Some("a symbolic link that leads out of the work tree".to_owned());
    }
    let metadata = match fs::metadata(&real) {
        Ok(metadata) => metadata,
        Err(error) => return Some(words(&error)),
    };
    if metadata.is_dir() {
        return Some("a directory".to_owned());
    }
    if !metadata.is_file() {
        return Some("not a regular file".to_owned());
    }
    let trusted = fs::metadata(root).is_ok_and(|root| same_owner(&root, &metadata));
    // As git does: in a directory that others can write to, anybody could put a work tree around ours.
    (!trusted).then(|| "it belongs to another user".to_owned())
}

#[cfg(unix)]
fn same_owner(root: &Metadata, file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.uid() == root.uid() || file.uid() == 0
}

#[cfg(not(unix))]
fn same_owner(_: &Metadata, _: &Metadata) -> bool {
    true
}
