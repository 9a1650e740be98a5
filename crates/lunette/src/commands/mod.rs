//! The commands.

pub(crate) mod assess;
pub(crate) mod database;
pub(crate) mod intel;
pub(crate) mod lists;
pub(crate) mod mcp;
pub(crate) mod packages;
pub(crate) mod probe;
pub(crate) mod research;
pub(crate) mod view;

use std::path::{Path, PathBuf};

use lunette_assess::Extras;
use lunette_core::assessment::Confinement;
use lunette_read::{Plan, Root};

use crate::exit::Failure;
use crate::sandbox;

/// Largest file of the user's own (baseline, rule, model) that is read.
const MAX_OWN_FILE: u64 = 32 << 20;
/// Most files read from a folder of the user's own.
const MAX_OWN_FILES: usize = 2_000;

/// The project, opened behind the sandbox.
pub(crate) struct Opened {
    pub(crate) root: Root,
    pub(crate) confinement: Confinement,
}

/// Confines this process to the project and opens it; the project's rules are the first file opened.
///
/// # Errors
/// When the path is no readable folder.
pub(crate) fn open(plan: &Plan) -> Result<Opened, Failure> {
    let root = plan.root.as_path();
    let parent: Vec<&Path> = plan.parent_rules.as_deref().into_iter().collect();
    let confinement = sandbox::confine(&[root], &parent);
    let root = Root::open_planned(plan).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Opened { root, confinement })
}

/// What is to be read where, found with metadata calls alone.
///
/// # Errors
/// When the path is no readable folder.
pub(crate) fn plan(path: &Path) -> Result<Plan, Failure> {
    Root::plan(path).map_err(|error| Failure::usage(error.to_string()))
}

/// A file of the user's own, outside the project or in it.
pub(crate) enum Own {
    /// Read before the sandbox closed.
    Text(String),
    /// Below the root: to be read through the door, after the project's rules.
    Inside(String),
}

/// Reads a file of the user's own, unless it lies below the root, where nothing may be opened before the rules.
///
/// # Errors
/// When it cannot be read or is too large.
pub(crate) fn own_file(plan: &Plan, option: &str, path: &Path) -> Result<Own, Failure> {
    let failed = |what: String| Failure::usage(format!("{option} {}: {what}", path.display()));
    let real = path.canonicalize().map_err(|error| failed(error.to_string()))?;
    if let Ok(inside) = real.strip_prefix(&plan.root) {
        return Ok(Own::Inside(inside.to_string_lossy().into_owned()));
    }
    read_own(&real).map(Own::Text).map_err(failed)
}

fn read_own(path: &Path) -> Result<String, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("is not a file".to_owned());
    }
    if meta.len() > MAX_OWN_FILE {
        return Err(format!("is larger than {} MiB", MAX_OWN_FILE >> 20));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The text of a file of the user's own that lies below the root.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn text_of(root: &Root, option: &str, own: Own) -> Result<String, Failure> {
    match own {
        Own::Text(text) => Ok(text),
        Own::Inside(path) => match root.file(&path) {
            Ok(file) => Ok(file.text),
            Err(skipped) => {
                Err(Failure::usage(format!("{option} {path}: {} ({})", skipped.reason.words(), skipped.detail)))
            }
        },
    }
}

/// Files with an extension below a folder of the user's own, by name. The folder must lie outside the project: rules
/// that a project brings along would let it decide how it is judged.
///
/// # Errors
/// When the folder cannot be read, lies in the project, or holds too much.
pub(crate) fn own_folder(
    plan: Option<&Plan>,
    option: &str,
    folder: &Path,
    extension: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let failed = |path: &Path, what: String| Failure::usage(format!("{option} {}: {what}", path.display()));
    let real = folder.canonicalize().map_err(|error| failed(folder, error.to_string()))?;
    if plan.is_some_and(|plan| real.starts_with(&plan.root)) {
        return Err(failed(
            folder,
            "lies in the project; a project may not bring the rules that it is judged by".to_owned(),
        ));
    }
    let mut pending: Vec<PathBuf> = vec![real];
    let mut files = Vec::new();
    while let Some(folder) = pending.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| failed(&folder, error.to_string()))?;
        for entry in entries {
            let entry = entry.map_err(|error| failed(&folder, error.to_string()))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(|error| failed(&folder, error.to_string()))?);
            if kind.is_dir() {
                pending.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|found| found == extension) {
                let text = read_own(&path).map_err(|what| failed(&path, what))?;
                files.push((path.display().to_string(), text));
            }
            if files.len() > MAX_OWN_FILES {
                return Err(failed(&folder, format!("holds more than {MAX_OWN_FILES} files")));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Rules and models of the user's own.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn extras(plan: Option<&Plan>, rules: Option<&Path>, models: Option<&Path>) -> Result<Extras, Failure> {
    let read = |option, folder: Option<&Path>, extension| match folder {
        Some(folder) => own_folder(plan, option, folder, extension),
        None => Ok(Vec::new()),
    };
    Ok(Extras { rules: read("--rules", rules, "md")?, models: read("--models", models, "yml")? })
}
