//! What a project depends on: packages from manifests and lockfiles, with the way to each of them.
//!
//! Reading never fails as a whole: a file that cannot be read is a [`Failure`] with its line, and what the other files
//! say still stands. Nothing here reads the disk; the caller hands over paths and texts.

mod assemble;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod python_tests;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

use lunette_core::place::Place;
use serde::{Deserialize, Serialize};

pub use crate::manifest::requirement::normalise;

/// The registry that a package belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// The npm registry; names as they are.
    Npm,
    /// The Python package index; names normalised (PEP 503).
    PyPi,
    /// The JSR registry; names as they are.
    Jsr,
}

impl Ecosystem {
    /// The ecosystem's name in OSV records (`npm`, `PyPI`) and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Ecosystem::Npm => "npm",
            Ecosystem::PyPi => "PyPI",
            Ecosystem::Jsr => "JSR",
        }
    }
}

/// Where a package's code comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A registry, the public one or another: see [`Package::resolved`].
    Registry,
    /// A git repository.
    Git {
        /// Its address as the file writes it, without the commit.
        url: String,
        /// The commit, full or shortened, when the file settles one.
        commit: Option<String>,
    },
    /// A folder or an archive beside the project, as written.
    File(String),
    /// An archive somewhere in the net.
    Url(String),
    /// A member of the project's own workspace.
    Workspace,
}

/// A package that the project gets.
///
/// One entry for each copy that a lockfile installs ([`Inventory::distinct`] takes copies together); a package that no
/// lockfile settles has one entry for each manifest that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The registry it belongs to.
    pub ecosystem: Ecosystem,
    /// Its real name, normalised (PEP 503) for Python: advisories are looked up by it.
    pub name: String,
    /// Its exact version. `None` when nothing settles one (a range, a git source without a version).
    pub version: Option<String>,
    /// The version that a requirement names without settling it (`2.0` of `>=2.0`). `None` when `version` is known.
    pub bound: Option<String>,
    /// The range or specifiers asked for, as written, when the file that it stands in says so.
    pub requested: Option<String>,
    /// The ranges that other packages ask for it by, in order, where the lockfile has them.
    pub asked: Vec<String>,
    /// The entry in the lockfile, or the line of the manifest.
    pub place: Place,
    /// Whether `place` is in a lockfile. Otherwise the entry is a manifest's requirement.
    pub locked: bool,
    /// Where its code comes from.
    pub source: Source,
    /// The address it was resolved to, as the lockfile writes it.
    pub resolved: Option<String>,
    /// Hashes of its archive: algorithm in lower case without `-` (`sha512`), digest in hexadecimal. Several for Python,
    /// one for each archive.
    pub hashes: Vec<(String, String)>,
    /// Needed for development only.
    pub dev: bool,
    /// Optional only: nothing that is required needs it.
    pub optional: bool,
    /// There as a peer of another package only.
    pub peer: bool,
    /// Shipped inside another package's archive.
    pub bundled: bool,
    /// Names of the groups that the file puts it in (`dev`, `optional`, `test`, an extra); empty for production.
    pub groups: Vec<String>,
    /// Whether a manifest of the project asks for it by name.
    pub direct: bool,
    /// One shortest way from the project to it, ending in it: `name@version`. Empty when the file does not tell.
    pub path: Vec<String>,
    /// Its licence, when the lockfile has it.
    pub license: Option<String>,
    /// Whether it runs a script of its own when it is installed.
    pub install_script: bool,
    /// The registry's message that it is deprecated.
    pub deprecated: Option<String>,
    /// The name that it is installed under, when that is not its own (`"cjs": "npm:string-width@4"`).
    pub alias: Option<String>,
    /// Whether the project's overrides or resolutions choose its version.
    pub overridden: bool,
    /// The environment marker (PEP 508) under which it is installed, as written.
    pub marker: Option<String>,
}

/// Distributions of Python whose code is imported under other names.
const IMPORTS: &str = include_str!("../../data/imports.txt");

impl Package {
    /// The names that code imports it by: an alias takes the place of the package's own name.
    pub fn import_names(&self) -> Vec<String> {
        let mut out = vec![self.alias.clone().unwrap_or_else(|| self.name.clone())];
        if self.ecosystem == Ecosystem::PyPi {
            out.push(self.name.replace('-', "_"));
            let mut lines = IMPORTS.lines().map(str::split_whitespace);
            let known = lines.find_map(|mut words| (words.next() == Some(self.name.as_str())).then_some(words));
            out.extend(known.into_iter().flatten().map(str::to_owned));
        }
        out
    }

    /// A package of which only the name and the place are known.
    pub(crate) fn new(ecosystem: Ecosystem, name: &str, place: Place) -> Self {
        Package {
            ecosystem,
            name: name.to_owned(),
            version: None,
            bound: None,
            requested: None,
            asked: Vec::new(),
            place,
            locked: false,
            source: Source::Registry,
            resolved: None,
            hashes: Vec::new(),
            dev: false,
            optional: false,
            peer: false,
            bundled: false,
            groups: Vec::new(),
            direct: false,
            path: Vec::new(),
            license: None,
            install_script: false,
            deprecated: None,
            alias: None,
            overridden: false,
            marker: None,
        }
    }

    /// Takes another copy of the same version in: what holds for both remains.
    fn join(&mut self, other: &Package) {
        self.dev &= other.dev;
        self.optional &= other.optional;
        self.peer &= other.peer;
        self.bundled &= other.bundled;
        self.direct |= other.direct;
        self.install_script |= other.install_script;
        self.asked.extend(other.asked.iter().cloned());
        self.asked.sort();
        self.asked.dedup();
        if self.path.is_empty() || (!other.path.is_empty() && other.path.len() < self.path.len()) {
            self.path.clone_from(&other.path);
        }
        if self.groups.is_empty() || other.groups.is_empty() {
            self.groups.clear();
        } else {
            self.groups.extend(other.groups.iter().cloned());
            self.groups.sort();
            self.groups.dedup();
        }
    }

    /// The package URL, without qualifiers: `pkg:npm/%40scope/name@1.0.0`.
    pub fn purl(&self) -> String {
        use packageurl::PackageUrl;
        let (kind, namespace, name) = match self.ecosystem {
            Ecosystem::PyPi => ("pypi", None, self.name.as_str()),
            Ecosystem::Npm | Ecosystem::Jsr => {
                let kind = if self.ecosystem == Ecosystem::Npm { "npm" } else { "jsr" };
                match self.name.split_once('/') {
                    Some((scope, name)) => (kind, Some(scope), name),
                    None => (kind, None, self.name.as_str()),
                }
            }
        };
        let Ok(mut url) = PackageUrl::new(kind, name) else { return String::new() };
        if let Some(scope) = namespace
            && url.with_namespace(scope).is_err()
        {
            return String::new();
        }
        if let Some(version) = &self.version
            && url.with_version(version).is_err()
        {
            return String::new();
        }
        url.to_string()
    }

    /// `name@version`, or the name alone.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// How a manifest asks for a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// In production.
    Production,
    /// For development.
    Development,
    /// When it can be had, or for an extra that is asked for.
    Optional,
    /// From whoever uses the manifest's package.
    Peer,
    /// To build the project (`build-system.requires`, `setup_requires`).
    Build,
}

/// A package that a manifest asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The registry.
    pub ecosystem: Ecosystem,
    /// The real name, normalised for Python.
    pub name: String,
    /// The name that it is installed under, when that is another.
    pub alias: Option<String>,
    /// The range as written, without name, extras and marker.
    pub range: Option<String>,
    /// How it is asked for.
    pub need: Need,
    /// The group or extra that it stands in.
    pub group: Option<String>,
    /// The environment marker (PEP 508), as written.
    pub marker: Option<String>,
    /// Where its code comes from.
    pub source: Source,
    /// Where it is declared.
    pub place: Place,
    /// The entry of [`Inventory::packages`] that it gets.
    pub package: Option<usize>,
}

impl Declared {
    /// The exact version that the range is, when it is one.
    pub fn pinned(&self) -> Option<String> {
        let range = self.range.as_deref()?;
        match self.ecosystem {
            Ecosystem::PyPi => crate::manifest::requirement::exact(range),
            Ecosystem::Npm | Ecosystem::Jsr => crate::manifest::npm_exact(range),
        }
    }
}

/// A script that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its name (`postinstall`).
    pub name: String,
    /// What it runs, as written.
    pub command: String,
    /// Where it stands.
    pub place: Place,
}

/// A file that says what a project or a part of it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its path.
    pub path: String,
    /// The registry that its packages come from.
    pub ecosystem: Ecosystem,
    /// The project's name in it.
    pub name: Option<String>,
    /// The project's version in it.
    pub version: Option<String>,
    /// The project's licence in it.
    pub license: Option<String>,
    /// Whether it is marked as never to be published.
    pub private: bool,
    /// The lockfile that settles its versions. Requirements with an exact version each settle themselves.
    pub lockfile: Option<String>,
    /// What it asks for, in the file's order.
    pub declared: Vec<Declared>,
    /// Names whose version it overrides (`overrides`, `resolutions`, constraints), with the version and the place.
    pub overrides: Vec<(String, String, Place)>,
    /// Runtimes it asks for: name (`node`, `python`), range as written, place.
    pub runtimes: Vec<(String, String, Place)>,
    /// Scripts it names.
    pub scripts: Vec<Script>,
    /// Indexes other than the public one: address, whether in addition to another index, place.
    pub indexes: Vec<(String, bool, Place)>,
}

/// A file, or a part of it, that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file.
    pub path: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// All that the manifests and lockfiles of a project say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Packages: lockfiles' first, by path, then what manifests ask for beyond them.
    pub packages: Vec<Package>,
    /// For each package the packages it needs, as indices into `packages`, sorted. Same length as `packages`.
    pub edges: Vec<Vec<usize>>,
    /// Manifests, by path.
    pub manifests: Vec<Manifest>,
    /// Lockfiles that were read, by path.
    pub lockfiles: Vec<String>,
    /// What could not be read, by path and line.
    pub failures: Vec<Failure>,
}

/// Reads all manifests and lockfiles among the files: paths relative to the project's root with `/`, and their texts.
///
/// What lies in installed trees (`node_modules`, `site-packages`) is passed over: it is not what the project asks for.
pub fn inventory(files: &[(&str, &str)]) -> Inventory {
    assemble::inventory(files)
}

/// Whether [`inventory`] reads a file of this path.
pub fn is_read(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    crate::lockfile::parser(name).is_some()
        || crate::manifest::parser(name).is_some()
        || crate::manifest::requirements::is_requirements(path)
}

/// A version of a package in a lockfile, with all its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// The first copy's entry, with flags and groups that hold for all copies together: for development only when
    /// every copy is.
    pub package: Package,
    /// The copies, as indices into [`Inventory::packages`].
    pub copies: Vec<usize>,
}

impl Inventory {
    /// Packages with the copies of one version in one file taken together, in the order of their first copies.
    pub fn distinct(&self) -> Vec<Distinct> {
        let mut known = rustc_hash::FxHashMap::default();
        let mut out: Vec<Distinct> = Vec::new();
        for (index, package) in self.packages.iter().enumerate() {
            let commit = match &package.source {
                Source::Git { commit, .. } => commit.as_deref(),
                _ => None,
            };
            let key = (package.ecosystem, &package.place.path, &package.name, &package.version, commit);
            match known.entry(key) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(out.len());
                    out.push(Distinct { package: package.clone(), copies: vec![index] });
                }
                std::collections::hash_map::Entry::Occupied(at) => {
                    let found = &mut out[*at.get()];
                    found.copies.push(index);
                    found.package.join(package);
                }
            }
        }
        out
    }
}
