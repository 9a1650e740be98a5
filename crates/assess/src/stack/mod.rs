//! The technology stack (R9): what manifests, lockfiles and configuration show, with versions and evidence.
//!
//! Only files that a tool reads count: the word "flask" in a document shows nothing. A file that does not parse is in
//! the skip ledger, and what the others say still stands.

mod catalogue;
mod infra;
mod languages;
mod packages;
#[cfg(test)]
mod properties;
mod runtimes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use lunette_core::place::Place;
use lunette_core::project::{Skipped, Technology, TechnologyKind};
use lunette_read::{Listed, SourceFile};

use catalogue::Known;
use packages::{Packages, Runtime};

pub use infra::{Image, Infrastructure, Service};
pub use languages::{Interest, LANGUAGES, Language, interest, language, languages};
pub use packages::{Declared, Ecosystem, declared};

/// Places that are kept as evidence of one technology.
const MAX_EVIDENCE: usize = 5;
/// Versions that are told of one technology.
const MAX_VERSIONS: usize = 3;

/// What is known of a project's stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// Packages that manifests declare, by place.
    pub declared: Vec<Declared>,
    /// Packages in lockfiles, transitive ones too.
    pub locked: usize,
    /// All that manifests and lockfiles say.
    pub inventory: lunette_intel::packages::Inventory,
    /// Technologies, by kind and name.
    pub technologies: Vec<Technology>,
    /// Containers, pipelines and the like.
    pub infrastructure: Infrastructure,
    /// Files that did not parse.
    pub skipped: Vec<Skipped>,
}

/// How good a version is: the lower, the better.
const SETTLED: u8 = 0;
const STATED: u8 = 1;
const RANGE: u8 = 2;

/// Something that shows a technology.
struct Sighting {
    version: Option<(u8, String)>,
    place: Place,
}

#[derive(Default)]
struct Sightings(BTreeMap<Known, Vec<Sighting>>);

/// Reads the stack. `listed` are files whose names alone are known.
pub fn stack(files: &[SourceFile], listed: &[Listed]) -> Stack {
    let Packages { declared, runtimes, skipped, inventory } = Packages::read(files);
    let infrastructure = Infrastructure::read(files, listed);
    let mut sightings = Sightings::default();
    sightings.packages(&declared);
    sightings.runtimes(&runtimes);
    sightings.infrastructure(&infrastructure);
    sightings.files(files, listed);
    let mut skipped = skipped;
    skipped.extend(infrastructure.skipped.iter().cloned());
    skipped.sort();
    Stack {
        declared,
        locked: inventory.packages.iter().filter(|package| package.locked).count(),
        inventory,
        technologies: sightings.technologies(),
        infrastructure,
        skipped,
    }
}

impl Stack {
    /// Whether only development needs a technology: all that shows it are packages declared for development.
    pub fn is_for_development(&self, technology: &Technology) -> bool {
        let declared_dev = |place: &Place| {
            let here = self.declared.iter().filter(|package| package.place == *place && shows(package, technology));
            here.map(|package| package.dev).reduce(|all, dev| all && dev) == Some(true)
        };
        !technology.evidence.is_empty() && technology.evidence.iter().all(declared_dev)
    }
}

fn shows(package: &Declared, technology: &Technology) -> bool {
    catalogue::by_package(package.ecosystem, &package.name).iter().any(|(known, _)| known.name == technology.name)
}

impl Sightings {
    fn see(&mut self, known: &Known, version: Option<(u8, String)>, place: &Place) {
        self.0.entry(known.clone()).or_default().push(Sighting { version, place: place.clone() });
    }

    fn packages(&mut self, declared: &[Declared]) {
        for package in declared {
            for (known, own) in catalogue::by_package(package.ecosystem, &package.name) {
                let settled = package.resolved.clone().map(|version| (SETTLED, version));
                let version = settled.or_else(|| package.range.clone().map(|range| (RANGE, range))).filter(|_| own);
                self.see(known, version, &package.place);
            }
            let runtime = match package.ecosystem {
                Ecosystem::Npm => "Node.js",
                Ecosystem::PyPi => "Python",
                Ecosystem::Jsr => continue,
            };
            // Deno takes packages from npm and is no Node.js.
            if package.place.path.ends_with("package.json") || package.ecosystem == Ecosystem::PyPi {
                self.see(&runtime_known(runtime), None, &Place::file(&package.place.path));
            }
        }
    }

    fn runtimes(&mut self, runtimes: &[Runtime]) {
        for runtime in runtimes {
            let is_exact = |version: &String| {
                version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains([' ', '|', 'x'])
            };
            let version =
                runtime.version.clone().map(|version| (if is_exact(&version) { STATED } else { RANGE }, version));
            self.see(&runtime_known(runtime.name), version, &runtime.place);
        }
    }

    fn infrastructure(&mut self, found: &Infrastructure) {
        for image in &found.images {
            for known in catalogue::by_image(&image.name) {
                self.see(
                    known,
                    image.tag.as_deref().and_then(tag_version).map(|version| (STATED, version)),
                    &image.place,
                );
            }
        }
        for (provider, place) in &found.providers {
            for known in catalogue::by_provider(provider) {
                self.see(known, None, place);
            }
        }
        for (_, place) in &found.kubernetes {
            self.see(&Known { kind: TechnologyKind::Container, name: "Kubernetes".to_owned() }, None, place);
        }
        if let Some((version, place)) = &found.supabase_postgres {
            self.see(
                &Known { kind: TechnologyKind::DataStore, name: "PostgreSQL".to_owned() },
                Some((STATED, version.clone())),
                place,
            );
        }
        for place in &found.edge_functions {
            self.see(&Known { kind: TechnologyKind::Platform, name: "Supabase".to_owned() }, None, place);
        }
    }

    fn files(&mut self, files: &[SourceFile], listed: &[Listed]) {
        for path in files.iter().map(|file| file.path.as_str()).chain(listed.iter().map(|file| file.path.as_str())) {
            for known in catalogue::by_file(path) {
                self.see(known, None, &Place::file(path));
            }
        }
    }

    fn technologies(self) -> Vec<Technology> {
        let technologies = self.0.into_iter().map(|(known, mut sightings)| {
            sightings.sort_by(|a, b| (depth(&a.place), &a.place).cmp(&(depth(&b.place), &b.place)));
            let best = sightings.iter().filter_map(|sighting| sighting.version.as_ref().map(|(rank, _)| *rank)).min();
            let mut versions: Vec<&str> = Vec::new();
            for sighting in &sightings {
                if let Some((rank, version)) = &sighting.version
                    && Some(*rank) == best
                    && !versions.contains(&version.as_str())
                    && versions.len() < MAX_VERSIONS
                {
                    versions.push(version);
                }
            }
            let version = (!versions.is_empty()).then(|| versions.join(", "));
            // A line says more than its file: the file alone is dropped when a line of it is kept.
            let mut evidence: Vec<Place> = Vec::new();
            for place in sightings.iter().map(|sighting| &sighting.place).filter(|place| {
                place.line > 0 || !sightings.iter().any(|other| other.place.line > 0 && other.place.path == place.path)
            }) {
                if evidence.len() < MAX_EVIDENCE && !evidence.contains(place) {
                    evidence.push(place.clone());
                }
            }
            Technology { name: known.name, kind: known.kind, version, evidence }
        });
        technologies.collect()
    }
}

fn runtime_known(name: &str) -> Known {
    Known { kind: TechnologyKind::Runtime, name: name.to_owned() }
}

fn depth(place: &Place) -> usize {
    place.path.matches('/').count()
}

/// The version in an image's tag: `3.11-slim` is 3.11, `latest` is none.
fn tag_version(tag: &str) -> Option<String> {
    let version = tag.trim_start_matches('v').split(['-', '_']).next().unwrap_or_default();
    let fits =
        version.starts_with(|c: char| c.is_ascii_digit()) && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fits.then(|| version.to_owned())
}
