//! The root of a project: opened once, its rules read first.

use std::path::{Component, Path, PathBuf};

use lunette_core::project::{SkipReason, Skipped};

use crate::decode::{NotText, strict};
use crate::door::{Dir, Refusal};
use crate::ledger::line;
use crate::plan::{OpenError, Plan};
use crate::rules::RulesFile;
use crate::walk::{Caps, SourceFile, Tree, WalkOptions};

/// An opened project. To have one is to have read its rules.
pub struct Root {
    path: PathBuf,
    pub(crate) dir: Dir,
    rules: RulesFile,
}

impl Root {
    /// Finds out what opening `path` will touch, opening nothing: what a sandbox must permit.
    ///
    /// # Errors
    /// When there is no directory at `path`.
    pub fn plan(path: &Path) -> Result<Plan, OpenError> {
        Plan::new(path)
    }

    /// Opens the project at `path` and reads its rules.
    ///
    /// # Errors
    /// When there is no directory at `path`, or it may not be listed. The state of the rules is never an error: see
    /// [`Root::rules`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_planned(&Plan::new(path)?)
    }

    /// Opens a project as planned.
    ///
    /// # Errors
    /// When the directory went away since, or may not be listed.
    pub fn open_planned(plan: &Plan) -> Result<Self, OpenError> {
        let fail = |error: std::io::Error| OpenError::new(&plan.given, &error);
        let dir = Dir::open(&plan.root).map_err(fail)?;
        // This comes before listing, and before any other file.
        let rules = RulesFile::read(&dir, plan);
        let dir = dir.listable().map_err(fail)?;
        Ok(Self { path: plan.root.clone(), dir, rules })
    }

    /// Its canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory's name; `/` for the root of the file system.
    pub fn name(&self) -> String {
        self.path.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// The rules that apply.
    pub fn rules(&self) -> &RulesFile {
        &self.rules
    }

    /// Reads one file by its path below the root, with the caps of a walk but none of its choices: neither ignore
    /// files nor recognition of generated code apply. Links are followed as long as they stay below the root.
    ///
    /// # Errors
    /// The line for the skip ledger that says why it was not read.
    pub fn file(&self, path: &str) -> Result<SourceFile, Skipped> {
        let plain = Path::new(path).components().all(|component| matches!(component, Component::Normal(_)));
        if !plain || path.is_empty() {
            return Err(line(path, SkipReason::Unreadable, "not a path below the root"));
        }
        let cap = Caps::default().of(path);
        let bytes = self.dir.read_below(Path::new(path), cap).map_err(|refusal| {
            let absent = refusal == Refusal::Absent;
            let detail = if absent { "there is no such file".to_owned() } else { refusal.detail() };
            line(path, refusal.reason(), &detail)
        })?;
        SourceFile::new(path.to_owned(), bytes).map_err(|why| not_text(path, &why))
    }

    /// Reads one file that need not be there, as [`Self::file`] does; `None` when there is none of this path.
    pub fn optional_file(&self, path: &str) -> Option<Result<SourceFile, Skipped>> {
        match self.dir.read_below(Path::new(path), 0) {
            Err(Refusal::Absent) => None,
            _ => Some(self.file(path)),
        }
    }

    /// Reads the tree.
    pub fn walk(&self, options: &WalkOptions<'_>) -> Tree {
        crate::walk::walk(&self.dir, options)
    }
}

impl SourceFile {
    pub(crate) fn new(path: String, bytes: Vec<u8>) -> Result<Self, NotText> {
        let size = bytes.len() as u64;
        let text = strict(bytes)?;
        Ok(Self { path, lines: text.lines().count(), text, bytes: size })
    }
}

pub(crate) fn not_text(path: &str, why: &NotText) -> Skipped {
    match why {
        NotText::Binary => line(path, SkipReason::Binary, "a NUL byte near its start"),
        NotText::BadUtf8(at) => line(path, SkipReason::Encoding, &format!("byte {} is not valid UTF-8", at + 1)),
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Root").field("path", &self.path).finish_non_exhaustive()
    }
}
