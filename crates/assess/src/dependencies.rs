//! The packages of a project judged: what is known against them, how far the code gets there, how they are had.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lunette_core::dependencies::Dependencies;
use lunette_core::observation::Observations;
use lunette_flow::api::NodeId;
use lunette_flow::models::Models;
use lunette_flow::{Facts, Routes};
use lunette_intel::advisories::{self, Known, Reach, Reachability};
use lunette_intel::advisory::Day;
use lunette_intel::packages::{Ecosystem, Inventory, Package};
use lunette_intel::{hygiene, upgrade};
use lunette_lang::ir::Language;
use lunette_rules::Rulebook;
use regex::Regex;

use crate::intel::Intel;
use crate::reading::Reading;

mod names;

use names::{Imports, Named};

/// The room's name in names of checks.
const ROOM: &str = "intel";

/// Packages held against what is known, before the code was looked at.
pub(crate) struct Held {
    known: Known,
    /// The functions concerned of each advisory that names some, by the entry's index.
    functions: BTreeMap<usize, Vec<NodeId>>,
    /// Why nothing may be concluded.
    problem: Option<String>,
}

/// What came of it.
pub(crate) struct Judged {
    /// Observations for the rules.
    pub(crate) observations: Observations,
    /// The report's part; `None` when the project has no packages.
    pub(crate) summary: Option<Dependencies>,
    /// Why the assessment is incomplete.
    pub(crate) problem: Option<String>,
}

impl Held {
    /// Looks every package up, and has the functions concerned tracked in the code.
    pub(crate) fn look_up(inventory: &Inventory, intel: &Intel, models: &mut Models) -> Self {
        let mut problem = intel.problem.clone();
        let declared = |_: &Package, _: &lunette_intel::matching::Match| Reach::level(Reachability::Declared);
        let known = advisories::known(inventory, &intel.knowledge, &declared).unwrap_or_else(|error| {
            problem = Some(format!("the snapshot of advisories could not be read: {error}"));
            Known::default()
        });
        let mut functions = BTreeMap::new();
        for (at, held) in known.held.iter().enumerate() {
            let Some(&package) = held.packages.first() else { continue };
            let language = language(inventory.packages[package].ecosystem);
            // A symbol that is no path of an API names nothing that could be called.
            let nodes: Vec<NodeId> = held
                .found
                .symbols
                .iter()
                .filter_map(|symbol| models.pattern(language, symbol).ok())
                .flatten()
                .collect();
            if !nodes.is_empty() {
                functions.insert(at, nodes);
            }
        }
        names::link(inventory, &known.held, models);
        Held { known, functions, problem }
    }

    /// What holds, with how far the code gets to each weakness.
    ///
    /// # Errors
    /// When the snapshot could not be read: nothing may be concluded then.
    pub(crate) fn reached(mut self, reading: &Reading) -> Result<Known, String> {
        self.conclude(reading);
        self.problem.map_or(Ok(self.known), Err)
    }

    /// Sees how far a part of the code gets to each weakness; the farthest counts.
    pub(crate) fn follow(&mut self, inventory: &Inventory, code: &Code<'_, '_>) {
        let imports = Imports::of(code.facts.program);
        let mut reaching = None;
        for (at, held) in self.known.held.iter_mut().enumerate() {
            if held.packages.is_empty() {
                continue;
            }
            let named = Named::of(held, inventory, code.facts.trie);
            let imported = imports.reach(&named, code.facts.program);
            let functions = self.functions.get(&at).map_or(&[][..], Vec::as_slice);
            // Another package may bring the function under its own name; the package's own need an import of it.
            let possible = !named.is_own || imported.level > Reachability::Declared;
            let called = possible && functions.iter().any(|&node| code.facts.calls_of(node).next().is_some());
            let call = called
                .then(|| {
                    let reaching = reaching.get_or_insert_with(|| code.rulebook.reaching(code.facts, code.routes));
                    reaching.call(functions, &|object| named.is_of(object, code.facts))
                })
                .flatten();
            let reach = match call {
                Some(call) => Reach {
                    level: if call.route.is_some() { Reachability::Reached } else { Reachability::Called },
                    place: Some(call.place),
                    exposure: call.route.is_some().then_some(call.exposure),
                    route: call.route,
                    conclusive: true,
                },
                None => imported,
            };
            if reach.level > held.reach.level {
                held.reach = reach;
            }
        }
    }

    /// Once all code was followed: whether that it does not get to a weakness is certain.
    fn conclude(&mut self, reading: &Reading) {
        let inventory = &reading.stack.inventory;
        // The question reads all code: once for each registry, not for each advisory.
        let mut whole: BTreeMap<Ecosystem, bool> = BTreeMap::new();
        for (at, held) in self.known.held.iter_mut().enumerate() {
            let Some(&first) = held.packages.first() else { continue };
            let ecosystem = inventory.packages[first].ecosystem;
            held.reach.conclusive |= self.functions.contains_key(&at)
                && is_own(inventory, &held.packages)
                && *whole.entry(ecosystem).or_insert_with(|| reading.is_whole(ecosystem));
        }
    }

    /// Turns all of it into observations, once all code was followed.
    pub(crate) fn judge(mut self, reading: &Reading, intel: &Intel, date: &str) -> Judged {
        self.conclude(reading);
        let inventory = &reading.stack.inventory;
        let today = Day::parse(date).unwrap_or_else(|| Day::from_seconds(0));
        let files = reading.texts();
        let mut observations = Observations::default();
        observations.list.extend(advisories::observe(inventory, &self.known, &files));
        observations.list.extend(hygiene::observe(inventory, &files, &self.known, today));
        let packages = inventory.packages.len();
        if packages + inventory.manifests.len() > 0 {
            observations.looked_at.insert(ROOM.to_owned(), packages);
        }
        let summary = (packages > 0).then(|| upgrade::dependencies(inventory, &self.known, &intel.knowledge, today));
        let unread = inventory.failures.iter().find(|failure| !is_read(inventory, &failure.path));
        let unread =
            unread.map(|failure| format!("{} could not be read, so its packages were not looked up", failure.path));
        Judged { observations, summary, problem: self.problem.or(unread) }
    }
}

/// The code of a project, as far as packages are concerned.
pub(crate) struct Code<'a, 'f> {
    pub(crate) facts: &'a Facts<'f>,
    pub(crate) routes: &'a Routes,
    pub(crate) rulebook: &'a Rulebook,
}

pub(crate) fn language(ecosystem: Ecosystem) -> Language {
    match ecosystem {
        Ecosystem::Npm | Ecosystem::Jsr => Language::JavaScript,
        Ecosystem::PyPi => Language::Python,
    }
}

/// Whether anything of a manifest or lockfile was read: single lines that were not understood are in the skip ledger.
pub(crate) fn is_read(inventory: &Inventory, path: &str) -> bool {
    inventory.lockfiles.iter().any(|read| read == path)
        || inventory.manifests.iter().any(|manifest| manifest.path == path)
}

/// Whether the project alone uses a package: no other package, whose code is not read, needs it.
fn is_own(inventory: &Inventory, entries: &[usize]) -> bool {
    !inventory.edges.iter().any(|needs| entries.iter().any(|entry| needs.binary_search(entry).is_ok()))
}

/// Code that loads modules by names which are only known when it runs.
static LOADS_BY_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\b(?:require|import)\s*\(\s*[^'"`\s)]|__import__|importlib|\bexec\(|\beval\("#).ok()
});

impl Reading {
    /// Whether all code of the language of a registry was read, and none of it loads modules by names that are not known.
    fn is_whole(&self, ecosystem: Ecosystem) -> bool {
        let python = ecosystem == Ecosystem::PyPi;
        let of_language = |path: &str| {
            lunette_lang::Dialect::of_path(path)
                .is_some_and(|dialect| (dialect == lunette_lang::Dialect::Python) == python)
        };
        let gap = self.skipped.iter().any(|skipped| skipped.reason.is_gap() && of_language(&skipped.path));
        let loads = |text: &str| LOADS_BY_NAME.as_ref().is_none_or(|regex| regex.is_match(text));
        !gap && !self.texts().into_iter().any(|(path, text)| of_language(path) && loads(text))
    }
}
