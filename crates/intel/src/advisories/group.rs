//! Advisories by what a person raises: a direct dependency, with what it brings.
//!
//! Sixty advisories of an old lockfile are a dozen pieces of work. What presses more than a raise, malware and what is
//! being exploited, is told by itself and is not in a group.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lunette_core::dependencies::Upgrade;
use lunette_core::finding::{Evidence, Step, Why};
use lunette_core::observation::Observation;
use rustc_hash::FxHashMap;

use super::tell::{BRINGS, Row, check_words, confidence, details, is_pressing, packages, properties, versions};
use super::{Asked, Known};
use crate::hygiene::{Texts, listed, shown};
use crate::packages::{Inventory, Package, Source};
use crate::upgrade::{Raise, raises};
use crate::urgency::likelihood_words;

/// Packages whose fixes are named in one message.
const NAMED: usize = 3;

/// What the raise of one package closes.
pub(super) struct Group<'k> {
    /// The entries of the package to raise.
    lead: Vec<usize>,
    /// What is known against it.
    own: Option<Raise<'k>>,
    /// What is known against what it brings.
    brought: Vec<Raise<'k>>,
}

/// What to raise, in the order of files and names.
pub(super) fn groups<'k>(inventory: &Inventory, known: &'k Known) -> Vec<Group<'k>> {
    let labels: FxHashMap<(&str, String), usize> = inventory
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.direct && !matches!(package.source, Source::Workspace))
        .map(|(at, package)| ((package.place.path.as_str(), package.label()), at))
        .collect();
    let mut out: BTreeMap<(String, String, String), Group<'k>> = BTreeMap::new();
    for mut raise in raises(inventory, known) {
        raise.held.retain(|held| !is_pressing(held));
        let mut entries: Vec<usize> = raise.held.iter().flat_map(|held| held.packages.iter().copied()).collect();
        entries.sort_unstable();
        entries.dedup();
        let Some(first) = entries.first().and_then(|at| inventory.packages.get(*at)) else { continue };
        let bringer = if raise.upgrade.direct { None } else { bringer(inventory, &labels, &entries) };
        let name = bringer.and_then(|at| inventory.packages.get(at)).map_or(&first.name, |package| &package.name);
        let key = (first.place.path.clone(), raise.upgrade.ecosystem.clone(), name.clone());
        let group = out.entry(key).or_insert_with(|| Group { lead: Vec::new(), own: None, brought: Vec::new() });
        if let Some(at) = bringer {
            group.lead.push(at);
            group.brought.push(raise);
        } else {
            group.lead.extend(entries);
            group.own = Some(raise);
        }
    }
    for group in out.values_mut() {
        group.lead.sort_unstable();
        group.lead.dedup();
    }
    out.into_values().collect()
}

/// The direct dependency that brings a package, where the file tells the way. What is needed in production is not put
/// down to something that is there for development.
fn bringer(inventory: &Inventory, labels: &FxHashMap<(&str, String), usize>, entries: &[usize]) -> Option<usize> {
    let packages = || entries.iter().filter_map(|at| inventory.packages.get(*at));
    let production = packages().any(|package| !package.dev);
    packages().filter(|package| !(production && package.dev)).find_map(|package| {
        let file = package.place.path.as_str();
        let at = package.path.iter().find_map(|label| labels.get(&(file, label.clone())))?;
        let above = inventory.packages.get(*at)?;
        (above.name != package.name && (package.dev || !above.dev)).then_some(*at)
    })
}

impl<'k> Group<'k> {
    fn raises(&self) -> impl Iterator<Item = &Raise<'k>> {
        self.own.iter().chain(&self.brought)
    }

    pub(super) fn observation(
        &self,
        inventory: &Inventory,
        asked: &Asked<'_>,
        texts: &Texts<'_>,
    ) -> Option<Observation> {
        let lead: Vec<&Package> = self.lead.iter().filter_map(|at| inventory.packages.get(*at)).collect();
        let first = *lead.first()?;
        let held = self.raises().flat_map(|raise| raise.held.iter().copied());
        let mut rows: Vec<Row<'_>> = held.filter_map(|held| Row::new(inventory, held)).collect();
        rows.sort_by_cached_key(|row| {
            let risk = &row.told.risk;
            let worst = std::cmp::Reverse((risk.severity, risk.security_severity, row.held.reach.level));
            (worst, row.told.package.clone(), row.told.id.clone())
        });
        let worst = rows.first()?;
        let of_worst = packages(inventory, worst.held);
        let place =
            asked.of(self.lead.iter().copied()).next().map_or_else(|| first.place.clone(), |one| one.place.clone());
        let at =
            Step { place: place.clone(), why: Why::Here, code: texts.code(&place), note: first.path.join(" › ") };
        let mut details = details(worst.held, &of_worst, worst.exposure);
        details.insert("package".to_owned(), shown(&first.name));
        details.insert("version".to_owned(), shown(&versions(&lead).join(", ")));
        details.insert("count".to_owned(), rows.len().to_string());
        details.insert("known".to_owned(), self.known_words(first, &versions(&lead)));
        details.insert("heading".to_owned(), self.heading(first, &versions(&lead)));
        details.insert("raise".to_owned(), self.raise_words("it"));
        details.insert("action".to_owned(), capital(&self.raise_words(&format!("`{}`", shown(&first.name)))));
        details.insert("check".to_owned(), check_words(&self.concerned(inventory)));
        details.insert("worst".to_owned(), worst_words(worst, rows.len(), &first.name));
        let mut properties = properties(worst.held, first, worst.exposure);
        let ids: Vec<&str> = rows.iter().map(|row| row.told.id.as_str()).collect();
        properties.insert("advisories".to_owned(), ids.join(" "));
        let (risk, confidence, id) = (worst.facts, confidence(worst.held), worst.told.id.clone());
        let advisories = rows.into_iter().map(|row| row.told).collect();
        Some(Observation {
            check: "intel/known-vulnerability".to_owned(),
            place,
            // The advisories are no part of it: the finding stays the same when another one is published. Each has a
            // fingerprint of its own, by which a baseline knows it.
            anchor: first.name.clone(),
            evidence: Evidence::Advisory { id, purl: first.purl(), advisories, at },
            details,
            confidence: Some(confidence),
            risk,
            properties,
        })
    }

    /// `` `express` 4.16.0 has 3 known vulnerabilities and brings 2 packages with 4 more (`qs` and `send`) ``.
    fn known_words(&self, first: &Package, versions: &[String]) -> String {
        let own = self.own.as_ref().map_or(0, |raise| raise.held.len());
        let brought: usize = self.brought.iter().map(|raise| raise.held.len()).sum();
        let names: Vec<&str> = self.brought.iter().map(|raise| raise.upgrade.package.as_str()).collect();
        let what = match names.len() {
            1 => format!("{} with", listed(&names)),
            n => format!("{n} packages with"),
        };
        let which = if names.len() > 1 { format!(" ({})", listed(&names)) } else { String::new() };
        let subject = format!("`{}` {}", shown(&first.name), shown(&versions.join(", ")));
        match (own, brought) {
            (own, 0) => format!("{subject} has {}", vulnerabilities(own)),
            (0, brought) => format!("{subject} brings {what} {}{which}", vulnerabilities(brought)),
            (own, brought) => format!("{subject} has {} and brings {what} {brought} more{which}", vulnerabilities(own)),
        }
    }

    /// The finding's heading: `` `express` 4.16.0 has or brings 10 known vulnerabilities ``.
    fn heading(&self, first: &Package, versions: &[String]) -> String {
        let count = self.raises().map(|raise| raise.held.len()).sum();
        let verb = match (&self.own, self.brought.is_empty()) {
            (Some(_), true) => "has",
            (None, _) => "brings",
            (Some(_), false) => "has or brings",
        };
        format!("`{}` {} {verb} {}", shown(&first.name), shown(&versions.join(", ")), vulnerabilities(count))
    }

    /// The packages whose versions have to change.
    fn concerned<'i>(&self, inventory: &'i Inventory) -> Vec<&'i Package> {
        let first = |raise: &Raise<'_>| raise.held.first().and_then(|held| packages(inventory, held).first().copied());
        self.raises().filter_map(first).take(NAMED).collect()
    }

    /// What to do: for the package itself, and for what it brings.
    fn raise_words(&self, subject: &str) -> String {
        let mut parts: Vec<String> = self.own.iter().map(|raise| own_words(&raise.upgrade, subject)).collect();
        let of = |wanted: fn(&Upgrade) -> bool| {
            let named = self.brought.iter().map(|raise| &raise.upgrade).filter(|upgrade| wanted(upgrade));
            named
                .map(|upgrade| format!("`{}` {}", shown(&upgrade.package), upgrade.to.as_deref().unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        let renew = of(|upgrade| upgrade.to.is_some() && upgrade.allowed == Some(true));
        let held_back = of(|upgrade| upgrade.to.is_some() && upgrade.allowed != Some(true));
        let without = of(|upgrade| upgrade.to.is_none());
        if !held_back.is_empty() {
            let what =
                if parts.is_empty() { format!("raise {subject} to a version") } else { "take a version".to_owned() };
            parts.push(format!("{what} that brings {} or later", few(&held_back)));
        }
        if !renew.is_empty() {
            parts.push(format!("renew the lockfile: the ranges asked for allow {}", few(&renew)));
        }
        if !without.is_empty() {
            let names: Vec<String> = without.iter().map(|name| name.trim_end().to_owned()).collect();
            parts.push(format!("no fix is published for {}", few(&names)));
        }
        parts.join("; ")
    }
}

fn own_words(upgrade: &Upgrade, subject: &str) -> String {
    let Some(to) = &upgrade.to else { return format!("no version closes that: replace or remove {subject}") };
    let verb = if upgrade.direct { "raise" } else { "get" };
    let raised = if upgrade.direct { "" } else { " raised" };
    let mut out = format!("{verb} {subject}{raised} to {}", shown(to));
    if upgrade.major {
        out.push_str(", a major step");
    }
    match upgrade.allowed {
        Some(true) => out.push_str(", which the range asked for allows"),
        Some(false) => out.push_str(", which the range asked for does not allow"),
        None => {}
    }
    if !upgrade.open.is_empty() {
        out.push_str("; no version closes ");
        out.push_str(&upgrade.open.join(", "));
    }
    out
}

fn worst_words(worst: &Row<'_>, count: usize, lead: &str) -> String {
    let told = &worst.told;
    let within = if told.package == lead {
        String::new()
    } else {
        format!(" in `{}` {}", shown(&told.package), shown(&told.version))
    };
    let which = if count > 1 { "The worst is " } else { "It is " };
    let likely = likelihood_words(&worst.held.found, worst.held.epss_as_of);
    // Of several, the table says for each what it is rated by.
    let rated = if count > 1 { String::new() } else { format!("; rated by {}", told.rated_by) };
    // What brings it was said.
    let level = told.shown.split_once(BRINGS).map_or(told.shown.as_str(), |(_, level)| level);
    format!("{which}{}{within}: {} {}; {likely}{rated}.", told.id, told.summary, capital(level))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn vulnerabilities(n: usize) -> String {
    if n == 1 { "a known vulnerability".to_owned() } else { format!("{n} known vulnerabilities") }
}

fn few(named: &[String]) -> String {
    let more = named.len().saturating_sub(NAMED);
    let mut out = named.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(out, " and {more} more");
    }
    out
}
