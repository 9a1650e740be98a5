//! How a project gets its packages: lockfiles, ranges, sources, scripts, names and runtimes, whatever is known against
//! the packages themselves. Everything is told as observations; rules decide what becomes of them.
//!
//! Manifests below folders of tests, examples and documents are left out: they install nothing that runs.

mod audit;
mod confusion;
mod ignored;
mod locks;
mod npmrc;
mod overridden;
mod pipelines;
mod ranges;
mod runtimes;
mod scripts;
mod sources;
pub(crate) mod texts;
mod typos;

use lunette_core::finding::{Evidence, Step, Why};
use lunette_core::observation::{Observation, RiskFacts};
use lunette_core::place::Place;

use crate::advisories::Known;
use crate::advisory::Day;
use crate::packages::{Inventory, Manifest};
use npmrc::Npmrc;
pub(crate) use texts::Texts;

/// The names of the checks.
pub const NAMES: [&str; 21] = [
    "intel/audit-failure-ignored",
    "intel/audit-level",
    "intel/audit-off",
    "intel/ci-install",
    "intel/dependency-confusion",
    "intel/dependency-scripts",
    "intel/deprecated-package",
    "intel/end-of-life-runtime",
    "intel/ignored-expired",
    "intel/ignored-reachable",
    "intel/ignored-unexplained",
    "intel/install-download",
    "intel/lockfile-outdated",
    "intel/lockfiles-disagree",
    "intel/missing-lockfile",
    "intel/no-audit",
    "intel/plain-http",
    "intel/typosquat",
    "intel/unpinned",
    "intel/unpinned-source",
    "intel/vulnerable-override",
];

/// Folders whose manifests install nothing that runs in production.
const ASIDE: [&str; 16] = [
    "__fixtures__",
    "__tests__",
    "benchmark",
    "benchmarks",
    "demo",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixture",
    "fixtures",
    "samples",
    "test",
    "testdata",
    "tests",
];

/// Whether a file is read here besides the manifests and lockfiles.
pub fn wants(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        ".npmrc"
            | ".yarnrc.yml"
            | ".nvmrc"
            | ".node-version"
            | ".python-version"
            | "runtime.txt"
            | "pip.conf"
            | "pip.ini"
    ) || runtimes::is_dockerfile(path)
        || pipelines::is_pipeline(path)
        || pipelines::is_service(path)
        || ignored::is_list(path)
}

/// What is to be said of how the project gets its packages.
///
/// `files`: paths and texts of the manifests and lockfiles, and of the files that [`wants`] names. `today` decides which
/// runtimes are past their end of life; `known` is what holds against the packages.
pub fn observe(inventory: &Inventory, files: &[(&str, &str)], known: &Known, today: Day) -> Vec<Observation> {
    let texts = Texts::new(files);
    let npmrc = Npmrc::read(files);
    let mut seen = Seen { inventory, texts: &texts, npmrc: &npmrc, out: Vec::new() };
    locks::missing(&mut seen);
    locks::outdated(&mut seen);
    locks::disagree(&mut seen);
    ranges::unpinned(&mut seen);
    sources::unpinned(&mut seen);
    sources::plain_http(&mut seen, files);
    sources::deprecated(&mut seen);
    scripts::downloads(&mut seen);
    scripts::of_dependencies(&mut seen);
    confusion::observe(&mut seen, files);
    typos::observe(&mut seen);
    runtimes::observe(&mut seen, files, today);
    audit::observe(&mut seen, files);
    ignored::observe(&mut seen, files, known, today);
    overridden::observe(&mut seen, known);
    let mut out = seen.out;
    out.sort_by(|a, b| (&a.place, &a.check, &a.anchor).cmp(&(&b.place, &b.check, &b.anchor)));
    out.dedup_by(|a, b| (&a.place, &a.check, &a.anchor) == (&b.place, &b.check, &b.anchor));
    out
}

/// What the checks look at, and what they have seen.
struct Seen<'a> {
    inventory: &'a Inventory,
    texts: &'a Texts<'a>,
    npmrc: &'a Npmrc,
    out: Vec<Observation>,
}

impl<'a> Seen<'a> {
    /// The manifests that count.
    fn manifests(&self) -> impl Iterator<Item = &'a Manifest> + use<'a> {
        self.inventory.manifests.iter().filter(|manifest| !is_aside(&manifest.path))
    }

    fn step(&self, place: &Place, note: &str) -> Step {
        Step { place: place.clone(), why: Why::Here, code: self.texts.code(place), note: note.to_owned() }
    }

    /// Something that is set, with its value.
    fn setting(&mut self, check: &str, place: &Place, anchor: &str, set: (&str, &str), details: &[(&str, String)]) {
        let at = self.step(place, "");
        let evidence = Evidence::Setting { name: set.0.to_owned(), value: shown(set.1), at };
        self.tell(check, place, anchor, evidence, details);
    }

    /// Something that is not there.
    fn absence(&mut self, check: &str, place: &Place, anchor: &str, missing: (&str, &str), details: &[(&str, String)]) {
        let at = self.step(place, "");
        let evidence = Evidence::Absence { looked_for: missing.0.to_owned(), looked_in: missing.1.to_owned(), at };
        self.tell(check, place, anchor, evidence, details);
    }

    fn tell(&mut self, check: &str, place: &Place, anchor: &str, evidence: Evidence, details: &[(&str, String)]) {
        debug_assert!(NAMES.contains(&check), "{check}");
        self.out.push(Observation {
            check: check.to_owned(),
            place: place.clone(),
            anchor: anchor.to_owned(),
            evidence,
            details: details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            confidence: None,
            risk: RiskFacts::default(),
            properties: std::collections::BTreeMap::new(),
        });
    }
}

/// Whether a file lies below a folder of tests, examples or documents.
fn is_aside(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|part| ASIDE.contains(&part)))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A text of the project, in one line and bounded, without what would end a code span.
pub(crate) fn shown(text: &str) -> String {
    lunette_core::text::shorten(&lunette_core::text::printable(&crate::advisory::one_line(text, 120)), 120)
        .replace('`', "'")
}

/// `a, b, c and 4 more`.
pub(crate) fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut out: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", shown(name))).collect();
    if names.len() > SHOWN {
        let more = names.len() - SHOWN;
        return format!("{} and {more} more", out.join(", "));
    }
    match out.pop() {
        Some(last) if !out.is_empty() => format!("{} and {last}", out.join(", ")),
        Some(only) => only,
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
