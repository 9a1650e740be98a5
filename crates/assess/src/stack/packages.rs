//! Packages that a project declares, and the versions that its lockfiles settle.

use std::collections::BTreeMap;

use lunette_core::place::Place;
use lunette_core::project::{SkipReason, Skipped};
use lunette_core::text::{printable, shorten};
use lunette_read::SourceFile;

use super::{npm, npm_lock, python, python_lock};
use crate::tree::ParseError;

/// Where packages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// The npm registry; names as they are.
    Npm,
    /// The JSR registry; names as they are.
    Jsr,
    /// The Python package index; names normalised (PEP 503).
    PyPi,
}

/// A package that a manifest declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// The range asked for, as written.
    pub range: Option<String>,
    /// The version that a lockfile or an exact pin settles.
    pub resolved: Option<String>,
    /// Whether only development needs it.
    pub dev: bool,
    /// Where it is declared.
    pub place: Place,
}

/// How a lockfile's entry is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The one at the top: what a manifest in the lockfile's folder gets.
    Top,
    /// For the manifest in this folder, relative to the lockfile's.
    Importer(String),
    /// For this range.
    Range(String),
}

/// A package in a lockfile that a manifest could mean.
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) pick: Pick,
}

/// A lockfile.
pub(super) struct Lock {
    pub(super) ecosystem: Ecosystem,
    /// Its folder, without `/` at the end.
    pub(super) folder: String,
    pub(super) packages: Vec<Locked>,
    /// Packages in it, transitive ones too.
    pub(super) total: usize,
}

/// A runtime's version that some file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runtime {
    pub(super) name: &'static str,
    pub(super) version: Option<String>,
    pub(super) place: Place,
}

/// What the manifests and lockfiles of a project say.
#[derive(Default)]
pub(super) struct Packages {
    pub(super) declared: Vec<Declared>,
    pub(super) locks: Vec<Lock>,
    pub(super) runtimes: Vec<Runtime>,
    pub(super) skipped: Vec<Skipped>,
}

/// The packages that a project declares, by manifest and line, with the manifests that did not parse.
pub fn declared(files: &[SourceFile]) -> (Vec<Declared>, Vec<Skipped>) {
    let packages = Packages::read(files);
    (packages.declared, packages.skipped)
}

/// The folder of a path, without `/` at the end; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Packages {
    pub(super) fn read(files: &[SourceFile]) -> Self {
        let mut packages = Packages::default();
        for file in files {
            if let Err(error) = packages.file(file, files) {
                packages.unparsed(&file.path, &error);
            }
        }
        packages.resolve();
        packages.declared.sort_by(|a, b| (&a.place, &a.name).cmp(&(&b.place, &b.name)));
        packages.declared.dedup();
        packages
    }

    fn file(&mut self, file: &SourceFile, all: &[SourceFile]) -> Result<(), ParseError> {
        let path = file.path.as_str();
        let text = file.text.as_str();
        match path.rsplit('/').next().unwrap_or(path) {
            "package.json" => npm::package_json(self, path, text),
            "package-lock.json" | "npm-shrinkwrap.json" => npm_lock::package_lock(self, path, text),
            "yarn.lock" => {
                npm_lock::yarn_lock(self, path, text);
                Ok(())
            }
            "pnpm-lock.yaml" => npm_lock::pnpm_lock(self, path, text),
            "bun.lock" => npm_lock::bun_lock(self, path, text),
            "deno.json" | "deno.jsonc" | "import_map.json" => npm::deno_json(self, path, text),
            "deno.lock" => npm_lock::deno_lock(self, path, text),
            "pyproject.toml" => python::pyproject(self, path, text),
            "Pipfile" => python::pipfile(self, path, text),
            "setup.cfg" => {
                python::setup_cfg(self, path, text);
                Ok(())
            }
            "setup.py" => {
                python::setup_py(self, path, text);
                Ok(())
            }
            "environment.yml" | "environment.yaml" => python::environment(self, path, text),
            "poetry.lock" | "uv.lock" | "pdm.lock" => python_lock::toml_lock(self, path, text, "package"),
            "pylock.toml" => python_lock::toml_lock(self, path, text, "packages"),
            "Pipfile.lock" => python_lock::pipfile_lock(self, path, text),
            _ => {
                if super::languages::is_requirements(path) {
                    python::requirements(self, file, all);
                } else {
                    super::runtimes::read(self, path, text);
                }
                Ok(())
            }
        }
    }

    fn unparsed(&mut self, path: &str, error: &ParseError) {
        let detail = format!("line {}: {}", error.line, shorten(&printable(&error.message), 120));
        self.skipped.push(Skipped { path: path.to_owned(), reason: SkipReason::Syntax, detail });
    }

    pub(super) fn lock(&mut self, ecosystem: Ecosystem, path: &str, packages: Vec<Locked>, total: usize) {
        self.locks.push(Lock { ecosystem, folder: folder(path).to_owned(), packages, total });
    }

    pub(super) fn runtime(&mut self, name: &'static str, version: Option<&str>, place: Place) {
        let version = version.map(str::trim).filter(|version| !version.is_empty()).map(|version| shorten(version, 40));
        self.runtimes.push(Runtime { name, version, place });
    }

    /// Settles versions from the nearest lockfile at or above each manifest.
    fn resolve(&mut self) {
        let mut index: BTreeMap<(Ecosystem, &str, &str), Vec<&Locked>> = BTreeMap::new();
        for lock in &self.locks {
            for package in &lock.packages {
                index.entry((lock.ecosystem, &lock.folder, &package.name)).or_default().push(package);
            }
        }
        for declared in self.declared.iter_mut().filter(|declared| declared.resolved.is_none()) {
            let own = folder(&declared.place.path).to_owned();
            let mut at = own.as_str();
            loop {
                if let Some(candidates) = index.get(&(declared.ecosystem, at, declared.name.as_str())) {
                    let importer = own.strip_prefix(at).unwrap_or_default().trim_start_matches('/');
                    declared.resolved = pick(candidates, importer, declared.range.as_deref());
                    break;
                }
                if at.is_empty() {
                    break;
                }
                at = folder(at);
            }
        }
    }
}

fn pick(candidates: &[&Locked], importer: &str, range: Option<&str>) -> Option<String> {
    let find = |wanted: &dyn Fn(&Pick) -> bool| candidates.iter().find(|package| wanted(&package.pick));
    let found = find(&|pick| matches!(pick, Pick::Importer(folder) if folder == importer))
        .or_else(|| find(&|pick| matches!(pick, Pick::Range(known) if Some(known.as_str()) == range)))
        .or_else(|| find(&|pick| *pick == Pick::Top));
    // A lockfile with one version of the package leaves no doubt, whatever its keys look like.
    let only = candidates.first().filter(|first| candidates.iter().all(|package| package.version == first.version));
    found.or(only).map(|package| package.version.clone())
}
