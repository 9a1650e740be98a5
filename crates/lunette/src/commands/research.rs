//! `--online`: the worker asks about public facts, the parent holds each question against public data and looks it up.
//!
//! The parent never reads the project. Where a search provider is asked is decided by a file of the user's own:
//! `LUNETTE_RESEARCH`, or `research.toml` in the user's configuration folder, never by anything below the root.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lunette_assess::research::{Permission, add, asks};
use lunette_assess::{Assessed, Intel};
use lunette_consult::research::{Budget, Cache, Client, Limits, Provider, Web, inquire};
use lunette_core::research::{Ask, Researched};
use lunette_intel::advisory::own::Own;
use lunette_intel::snapshot::store::data_folder;

use super::{plan, read_own};
use crate::args::AssessArgs;
use crate::exit::Failure;
use crate::worker::{self, Frame, Need};

/// Most bytes of an answer of a public source: CISA's catalogue is the largest.
const MAX_PAGE: u64 = 8 << 20;
/// Most bytes of questions.
const MAX_SAID: usize = 64 << 10;

/// In the worker: asks, when it may, and adds the answers.
///
/// # Errors
/// When the parent does not answer at all.
pub(crate) fn follow(assessed: &mut Assessed, send: &mut dyn FnMut(Frame)) -> Result<(), Failure> {
    let mut researched = None;
    if assessed.research == Permission::Allowed {
        let questions = asks(&assessed.assessment);
        if !questions.is_empty() {
            let broken = |error: serde_json::Error| Failure::internal(format!("research cannot be passed on: {error}"));
            let said = serde_json::to_vec(&questions).map_err(broken)?;
            let answer = worker::need(Need::Research, said, send)?;
            researched = Some(serde_json::from_slice::<Researched>(&answer).map_err(broken)?);
        }
    }
    add(&mut assessed.assessment, assessed.research, researched);
    Ok(())
}

/// In the parent: what is needed to look things up.
pub(crate) struct Inquirer {
    provider: Option<Provider>,
    cache: Option<Cache>,
    intel: Option<PathBuf>,
    date: String,
}

impl Inquirer {
    /// As the user's own configuration says. Nothing is sent here.
    ///
    /// # Errors
    /// When the user's file is faulty, or lies in the project.
    pub(crate) fn new(args: &AssessArgs) -> Result<Self, Failure> {
        let root = plan(&args.path)?.root;
        let environment = |name: &str| std::env::var_os(name);
        let provider = match provider_file(environment) {
            Some(path) => provider(&path, &root)?,
            None => None,
        };
        // A snapshot below the root is the worker's to read; without it fewer questions pass.
        let intel =
            args.intel.clone().filter(|folder| folder.canonicalize().is_ok_and(|folder| !folder.starts_with(&root)));
        let data = data_folder(environment).filter(|folder| {
            folder.canonicalize().map_or(!folder.starts_with(&root), |folder| !folder.starts_with(&root))
        });
        let cache = data.map(|folder| Cache::new(&folder.join("research")));
        Ok(Inquirer { provider, cache, intel, date: crate::date::resolve(args.date.as_deref())? })
    }

    /// Answers the worker's questions.
    ///
    /// # Errors
    /// When the worker says what is no question, or the snapshot's folder is gone.
    pub(crate) fn answer(&self, said: &[u8]) -> Result<Vec<u8>, Failure> {
        let broken = |error: serde_json::Error| {
            Failure::internal(format!("the worker's questions were not understood: {error}"))
        };
        if said.len() > MAX_SAID {
            return Err(Failure::internal("the worker asked too much"));
        }
        let questions: Vec<Ask> = serde_json::from_slice(said).map_err(broken)?;
        let intel: Intel = super::intel::open(self.intel.as_deref(), Own::default(), &self.date)?;
        let client = Client::new(Limits { bytes: MAX_PAGE, ..Limits::default() });
        let web = Web::new(client, self.provider.clone(), self.cache.clone(), &self.date).with_clock(crate::date::now);
        let researched = inquire(&web, &questions, intel.knowledge(), &self.date, Budget::default());
        serde_json::to_vec(&researched).map_err(broken)
    }
}

/// The user's file on the search provider, if there may be one.
fn provider_file(variable: impl Fn(&str) -> Option<OsString>) -> Option<(PathBuf, bool)> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = variable("LUNETTE_RESEARCH").filter(|path| !path.is_empty()) {
        return Some((PathBuf::from(path), true));
    }
    let base = if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join("Library/Application Support")))
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))
    };
    Some((base?.join("lunette/research.toml"), false))
}

/// Reads it. One that was named must be there.
fn provider((path, named): &(PathBuf, bool), root: &Path) -> Result<Option<Provider>, Failure> {
    let failed = |what: String| Failure::usage(format!("the search provider's file {}: {what}", path.display()));
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(_) if !named => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    if real.starts_with(root) {
        return Err(failed("lies in the project; a project may not decide who is asked".to_owned()));
    }
    let text = read_own(&real).map_err(failed)?;
    let provider =
        Provider::parse(&text, |name| std::env::var(name).ok()).map_err(|error| failed(error.to_string()))?;
    Ok(Some(provider))
}
