//! Packages that a project declares, with the versions that its lockfiles settle, as the stack shows them.

use std::collections::BTreeSet;

use lunette_core::place::Place;
use lunette_core::project::{SkipReason, Skipped};
use lunette_core::text::{printable, shorten};
use lunette_intel::packages::{self as intel, Inventory, Manifest, Need, Source};
use lunette_read::SourceFile;

pub use lunette_intel::packages::Ecosystem;

/// A package that a manifest declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// The range asked for.
    pub range: Option<String>,
    /// The version that a lockfile or an exact pin settles.
    pub resolved: Option<String>,
    /// Whether only development needs it.
    pub dev: bool,
    /// Where it is declared.
    pub place: Place,
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
    pub(super) runtimes: Vec<Runtime>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) inventory: Inventory,
}

/// The packages that a project declares, by manifest and line, with the manifests that did not parse.
pub fn declared(files: &[SourceFile]) -> (Vec<Declared>, Vec<Skipped>) {
    let packages = Packages::read(files);
    (packages.declared, packages.skipped)
}

impl Packages {
    pub(super) fn read(files: &[SourceFile]) -> Self {
        // All files: requirements may include others by any name.
        let all: Vec<(&str, &str)> = files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        let inventory = intel::inventory(&all);
        let mut packages = Packages::default();
        for manifest in &inventory.manifests {
            packages.manifest(&inventory, manifest);
        }
        for file in files {
            super::runtimes::read(&mut packages, &file.path, &file.text);
        }
        packages.unread(&inventory);
        packages.declared.sort_by(|a, b| (&a.place, &a.name).cmp(&(&b.place, &b.name)));
        packages.declared.dedup();
        packages.inventory = inventory;
        packages
    }

    fn manifest(&mut self, inventory: &Inventory, manifest: &Manifest) {
        let name = manifest.path.rsplit('/').next().unwrap_or(&manifest.path);
        if matches!(name, "deno.json" | "deno.jsonc" | "import_map.json") {
            self.runtime("Deno", None, Place::file(&manifest.path));
        }
        for (runtime, version, place) in &manifest.runtimes {
            let name = match runtime.as_str() {
                "node" => "Node.js",
                "bun" => "Bun",
                "deno" => "Deno",
                "python" => "Python",
                _ => continue,
            };
            self.runtime(name, Some(version), Place::line(&manifest.path, place.line));
        }
        // What the build needs is no part of the program.
        for declared in manifest.declared.iter().filter(|declared| declared.need != Need::Build) {
            let locked = declared.package.and_then(|index| inventory.packages[index].version.clone());
            self.declared.push(Declared {
                ecosystem: declared.ecosystem,
                name: declared.name.clone(),
                range: range(declared),
                resolved: locked.or_else(|| declared.pinned()),
                dev: declared.need == Need::Development,
                place: Place::line(&declared.place.path, declared.place.line),
            });
        }
    }

    pub(super) fn runtime(&mut self, name: &'static str, version: Option<&str>, place: Place) {
        let version = version.map(str::trim).filter(|version| !version.is_empty()).map(|version| shorten(version, 40));
        self.runtimes.push(Runtime { name, version, place });
    }

    /// Files of which nothing could be read. Single lines that could not be are no matter of the stack.
    fn unread(&mut self, inventory: &Inventory) {
        let manifests = inventory.manifests.iter().map(|manifest| &manifest.path);
        let read: BTreeSet<&String> = manifests.chain(&inventory.lockfiles).collect();
        for failure in inventory.failures.iter().filter(|failure| !read.contains(&failure.path)) {
            let detail = format!("line {}: {}", failure.line, shorten(&printable(&failure.message), 120));
            self.skipped.push(Skipped { path: failure.path.clone(), reason: SkipReason::Syntax, detail });
        }
    }
}

/// The range as shown: Python's without blanks, an address in its place where there is one.
fn range(declared: &intel::Declared) -> Option<String> {
    if declared.ecosystem != Ecosystem::PyPi {
        return declared.range.clone();
    }
    match &declared.source {
        Source::Url(url) => Some(format!("@{url}")),
        _ => declared.range.as_ref().map(|range| range.split_whitespace().collect()),
    }
}
