//! Lockfiles: which versions a project gets, and which package needs which.
//!
//! Each parser gives a [`Lock`]; [`graph`] then finds the ways from the project to each package.

mod bun;
mod deno;
pub(crate) mod graph;
mod package_lock;
mod pipfile_lock;
mod pnpm;
mod poetry;
mod pylock;
mod scopes;
pub(crate) mod source;
mod uv;
mod yarn;

use rustc_hash::FxHashMap;

use crate::document::ParseError;
use crate::packages::{Ecosystem, Failure, Need, Package};

/// A lockfile, as its parser leaves it.
pub(crate) struct Lock {
    pub(crate) path: String,
    pub(crate) ecosystem: Ecosystem,
    pub(crate) packages: Vec<Package>,
    /// What each package needs.
    pub(crate) edges: Vec<Vec<(u32, Need)>>,
    /// What the project and its workspaces ask for, when the file says so.
    pub(crate) roots: Vec<Root>,
    /// Which package a `name@range` gets, for the formats that say so.
    pub(crate) by_range: FxHashMap<String, u32>,
    /// Which package a name gets at the top, for the formats that lay out folders.
    pub(crate) top: FxHashMap<String, u32>,
    /// Whether the file itself says what is for development, optional or a peer.
    pub(crate) flags_written: bool,
    pub(crate) failures: Vec<Failure>,
}

/// A project or workspace member.
pub(crate) struct Root {
    /// Its folder, relative to the lockfile's; empty for the project itself.
    pub(crate) folder: String,
    pub(crate) asks: Vec<Ask>,
}

/// One thing that a root asks for.
pub(crate) struct Ask {
    /// The name that it is asked by: an alias, where there is one.
    pub(crate) name: String,
    pub(crate) package: u32,
    pub(crate) need: Need,
    pub(crate) range: Option<String>,
}

impl Lock {
    pub(crate) fn new(path: &str, ecosystem: Ecosystem) -> Self {
        Lock {
            path: path.to_owned(),
            ecosystem,
            packages: Vec::new(),
            edges: Vec::new(),
            roots: Vec::new(),
            by_range: FxHashMap::default(),
            top: FxHashMap::default(),
            flags_written: false,
            failures: Vec::new(),
        }
    }

    /// Adds a package and gives its index.
    pub(crate) fn push(&mut self, package: Package) -> u32 {
        self.packages.push(package);
        self.edges.push(Vec::new());
        self.packages.len() as u32 - 1
    }

    pub(crate) fn fail(&mut self, line: u32, message: impl Into<String>) {
        // One line says it as well as a thousand.
        const MAX_FAILURES: usize = 20;
        if self.failures.len() < MAX_FAILURES {
            self.failures.push(Failure { path: self.path.clone(), line, message: message.into() });
        }
    }
}

/// A parser: from path and text.
type Parser = fn(&str, &str) -> Result<Lock, ParseError>;

/// The parser for a file of this name; `None` when it is no lockfile.
pub(crate) fn parser(name: &str) -> Option<Parser> {
    Some(match name {
        "package-lock.json" | "npm-shrinkwrap.json" => package_lock::parse,
        "yarn.lock" => yarn::parse,
        "pnpm-lock.yaml" => pnpm::parse,
        "bun.lock" => bun::parse,
        "deno.lock" => deno::parse,
        "poetry.lock" => poetry::parse,
        "pdm.lock" => poetry::parse_pdm,
        "uv.lock" => uv::parse,
        "Pipfile.lock" => pipfile_lock::parse,
        _ if is_pylock(name) => pylock::parse,
        _ => return None,
    })
}

/// `pylock.toml` and `pylock.<name>.toml` (PEP 751).
fn is_pylock(name: &str) -> bool {
    name.strip_prefix("pylock.").is_some_and(|rest| {
        rest == "toml" || rest.strip_suffix(".toml").is_some_and(|middle| !middle.is_empty() && !middle.contains('.'))
    })
}
