//! From an advisory that holds to an observation.

use std::collections::BTreeMap;

use lunette_core::finding::{AdvisoryRow, Confidence, Evidence, Step, Why};
use lunette_core::observation::{Observation, RiskFacts};
use lunette_core::risk::Exposure;
use lunette_core::rule::RiskProfile;
use lunette_core::text::printable;

use super::group::groups;
use super::{Asked, Held, Known, Reachability};
use crate::advisory::{LONGEST_SUMMARY, one_line};
use crate::hygiene::{Texts, shown};
use crate::index::Kev;
use crate::packages::{Ecosystem, Inventory, Package};
use crate::urgency::{basis_words, factors, likelihood_words, urgency};
use crate::version::Version;

/// Words between a package and what it brings.
pub(super) const BRINGS: &str = " brings it; ";

/// The names of the checks.
pub const NAMES: [&str; 3] = ["intel/known-exploited", "intel/known-vulnerability", "intel/malicious-package"];

/// One observation for each direct dependency with all that a raise of it closes, its own and that of what it brings;
/// one for each advisory that presses more: malware, and what is known to be exploited. `files`: paths and texts of the
/// manifests and lockfiles.
pub fn observe(inventory: &Inventory, known: &Known, files: &[(&str, &str)]) -> Vec<Observation> {
    let texts = Texts::new(files);
    let asked = Asked::new(inventory);
    let pressing = known.held.iter().filter(|held| is_pressing(held));
    let mut out: Vec<Observation> = pressing.filter_map(|held| single(inventory, &asked, held, &texts)).collect();
    out.extend(groups(inventory, known).iter().filter_map(|group| group.observation(inventory, &asked, &texts)));
    out.sort_by(|a, b| (&a.place, &a.check, &a.anchor).cmp(&(&b.place, &b.check, &b.anchor)));
    out
}

/// Whether an advisory is told by itself.
pub(super) fn is_pressing(held: &Held) -> bool {
    held.found.malicious || held.found.kev.is_some()
}

fn single(inventory: &Inventory, asked: &Asked<'_>, held: &Held, texts: &Texts<'_>) -> Option<Observation> {
    let packages: Vec<&Package> = packages(inventory, held);
    let first = *packages.first()?;
    // The line of the manifest that asks for it, where one does: that is where it is raised.
    let place =
        asked.of(held.packages.iter().copied()).next().map_or_else(|| first.place.clone(), |one| one.place.clone());
    let check = if held.found.malicious { "intel/malicious-package" } else { "intel/known-exploited" };
    let row = Row::new(inventory, held)?;
    let at = Step { place: place.clone(), why: Why::Here, code: texts.code(&place), note: first.path.join(" › ") };
    let id = row.told.id.clone();
    Some(Observation {
        check: check.to_owned(),
        place,
        anchor: format!("{} {id}", first.name),
        evidence: Evidence::Advisory { id, purl: first.purl(), advisories: vec![row.told], at },
        details: details(held, &packages, row.exposure),
        confidence: Some(confidence(held)),
        risk: row.facts,
        properties: properties(held, first, row.exposure),
    })
}

pub(super) fn packages<'i>(inventory: &'i Inventory, held: &Held) -> Vec<&'i Package> {
    held.packages.iter().filter_map(|at| inventory.packages.get(*at)).collect()
}

/// An advisory that holds, as a line of a table, with what decides its risk.
pub(super) struct Row<'h> {
    pub(super) held: &'h Held,
    pub(super) told: AdvisoryRow,
    pub(super) facts: RiskFacts,
    pub(super) exposure: Exposure,
}

impl<'h> Row<'h> {
    pub(super) fn new(inventory: &Inventory, held: &'h Held) -> Option<Self> {
        let packages = packages(inventory, held);
        let found = &held.found;
        let mut facts = factors(found);
        let exposure = facts.exposure.unwrap_or_else(|| exposure(held, &packages));
        facts.exposure = Some(exposure);
        let risk = facts.apply(RiskProfile::default()).judge();
        let told = AdvisoryRow {
            id: found.id.clone(),
            aliases: found.aliases.clone(),
            package: packages.first()?.name.clone(),
            version: versions(&packages).join(", "),
            summary: sentence(&found.summary),
            severity: risk.severity,
            cvss: found.severity.iter().map(|vector| vector.0.clone()).collect(),
            rated_by: sentence(&basis_words(found)).trim_end_matches('.').to_owned(),
            reachability: held.reach.level.as_str().to_owned(),
            shown: level_words(held, &packages),
            epss: found.epss.map(|epss| percent(epss.score)),
            epss_percentile: found.epss.map(|epss| percent(epss.percentile)),
            epss_as_of: found.epss.and(held.epss_as_of).map(|day| day.to_string()),
            kev: found.kev.as_ref().map(since),
            fixed: if found.malicious { None } else { fix(held, &packages) },
            deadline: urgency(found, exposure != Exposure::NotReached).deadline.key().to_owned(),
            fingerprint: String::new(),
            in_baseline: false,
            suppression: None,
            risk,
        };
        Some(Row { held, told, facts, exposure })
    }
}

/// Who gets to it, as far as was shown. What is not shown is not harmless: a package that others need, or that was
/// imported, counts as reached from inside. Only for development, or shown not to be called, it counts as not reached.
pub(crate) fn exposure(held: &Held, packages: &[&Package]) -> Exposure {
    let reach = &held.reach;
    let direct = packages.iter().any(|package| package.direct);
    let unused = reach.level < Reachability::Called && reach.conclusive && direct;
    if packages.iter().all(|package| package.dev) || unused {
        return Exposure::NotReached;
    }
    match reach.level {
        Reachability::NotDeclared => Exposure::NotReached,
        Reachability::Declared | Reachability::Imported => Exposure::InternalOnly,
        Reachability::Called => reach.exposure.unwrap_or(Exposure::InternalOnly),
        Reachability::Reached => reach.exposure.unwrap_or(Exposure::Unauthenticated),
    }
}

pub(super) fn confidence(held: &Held) -> Confidence {
    match held.reach.level {
        _ if !held.settled => Confidence::Tentative,
        Reachability::Called | Reachability::Reached => Confidence::Confirmed,
        _ if held.found.malicious => Confidence::Confirmed,
        _ => Confidence::Firm,
    }
}

pub(super) fn details(held: &Held, packages: &[&Package], exposure: Exposure) -> BTreeMap<String, String> {
    let found = &held.found;
    let first = packages[0];
    let urgency = urgency(found, exposure != Exposure::NotReached);
    let versions = versions(packages);
    let mut out = BTreeMap::new();
    let mut put = |name: &str, value: String| {
        out.insert(name.to_owned(), value);
    };
    put("id", found.id.clone());
    put("aliases", found.aliases.join(", "));
    put("package", shown(&first.name));
    put("version", shown(&versions.join(", ")));
    put("summary", sentence(&found.summary));
    put("fix", fix_words(held, packages));
    put("level", level_words(held, packages));
    put("likelihood", likelihood_words(found, held.epss_as_of));
    put("rated_by", sentence(&basis_words(found)).trim_end_matches('.').to_owned());
    put("check", check_words(&packages[..1]));
    put("deadline", urgency.deadline.words().to_owned());
    put("precondition", found.precondition.as_deref().map(sentence).unwrap_or_default());
    out
}

/// The versions in use, in order; of a range that nothing settles the range.
pub(crate) fn versions(packages: &[&Package]) -> Vec<String> {
    let mut parsed: Vec<(Option<Version>, String)> = packages
        .iter()
        .filter_map(|package| {
            let text = package.version.clone().or_else(|| package.requested.clone())?;
            Some((Version::parse(package.ecosystem, &text).ok(), text))
        })
        .collect();
    parsed.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    parsed.dedup_by(|a, b| a.1 == b.1);
    parsed.into_iter().map(|(_, text)| text).collect()
}

/// Strangers' prose: one line without code marks, and one full stop. Reports escape the rest.
pub(super) fn sentence(text: &str) -> String {
    let plain = printable(&one_line(text, LONGEST_SUMMARY)).replace('`', "'");
    let plain = plain.trim().trim_end_matches('.');
    if plain.is_empty() { "its advisory has no summary.".to_owned() } else { format!("{plain}.") }
}

fn fix_words(held: &Held, packages: &[&Package]) -> String {
    if held.found.malicious {
        return "remove the package and treat the machines that installed it as compromised".to_owned();
    }
    match fix(held, packages) {
        Some(version) => format!("fixed in {version}"),
        None => "no fix is published".to_owned(),
    }
}

/// The smallest version that has the fix, above all versions in use.
fn fix(held: &Held, packages: &[&Package]) -> Option<String> {
    let texts = packages
        .iter()
        .filter_map(|package| Some((package.ecosystem, package.version.as_ref().or(package.bound.as_ref())?)));
    let newest = texts.filter_map(|(ecosystem, text)| Version::parse(ecosystem, text).ok()).max()?;
    held.found.fix_for(&newest).map(str::to_owned)
}

/// How somebody looks up what is installed, with the tool that wrote the file.
pub(super) fn check_words(packages: &[&Package]) -> String {
    let Some(first) = packages.first() else { return String::new() };
    let mut names: Vec<String> = packages.iter().map(|package| shown(&package.name)).collect();
    names.dedup();
    let names = names.join(" ");
    let file = first.place.path.rsplit('/').next().unwrap_or_default();
    let tool = match (first.ecosystem, file) {
        (Ecosystem::PyPi, "uv.lock") => "uv pip show",
        (Ecosystem::PyPi, "poetry.lock") => "poetry show",
        (Ecosystem::PyPi, _) => "pip show",
        (_, "yarn.lock") => "yarn why",
        (_, "pnpm-lock.yaml") => "pnpm why",
        (_, "bun.lock") => "bun pm why",
        _ => "npm ls",
    };
    format!("`{tool} {names}`")
}

fn level_words(held: &Held, packages: &[&Package]) -> String {
    let first = packages[0];
    let reach = &held.reach;
    let at = reach.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    let through = first.path.first().filter(|_| !packages.iter().any(|package| package.direct));
    let through = through.map(|way| format!("`{}`{BRINGS}", shown(way))).unwrap_or_default();
    let dev = if packages.iter().all(|package| package.dev) { "; it is for development only" } else { "" };
    let words = match reach.level {
        Reachability::NotDeclared => "no manifest names it".to_owned(),
        Reachability::Declared if held.found.symbols.is_empty() => {
            format!("{through}declared, no import in this project's code was found")
        }
        Reachability::Declared => {
            format!("{through}declared, no import and no call of the functions concerned was found")
        }
        Reachability::Imported => format!("{through}imported{at}, no call of the functions concerned was found"),
        Reachability::Called => {
            format!("the function concerned is called{at}, that a request gets there was not shown")
        }
        Reachability::Reached => match &reach.route {
            Some(route) => format!("`{}` gets to the function concerned{at}", shown(route)),
            None => format!("a request gets to the function concerned{at}"),
        },
    };
    format!("{words}{dev}")
}

pub(super) fn properties(held: &Held, first: &Package, exposure: Exposure) -> BTreeMap<String, String> {
    let found = &held.found;
    let urgency = urgency(found, exposure != Exposure::NotReached);
    let vectors: Vec<&str> = found.severity.iter().map(|vector| vector.0.as_str()).collect();
    let pairs = [
        ("advisory", Some(found.id.clone())),
        ("advisories", Some(found.id.clone())),
        ("aliases", Some(found.aliases.join(" ")).filter(|text| !text.is_empty())),
        ("purl", Some(first.purl())),
        ("package", Some(shown(&first.name))),
        ("version", first.version.as_deref().map(shown)),
        ("rated-by", Some(basis_words(found))),
        ("affected", Some(found.range_words()).filter(|text| !text.is_empty())),
        ("cvss", Some(vectors.join(" ")).filter(|text| !text.is_empty())),
        ("epss-percentile", found.epss.map(|epss| percent(epss.percentile))),
        ("kev", found.kev.as_ref().map(since)),
        ("reachability", Some(held.reach.level.as_str().to_owned())),
        ("deadline", Some(urgency.deadline.key().to_owned())),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Hundred-thousandths as per cent.
fn percent(share: u32) -> String {
    format!("{}.{:03}", share / 1_000, share % 1_000)
}

fn since(kev: &Kev) -> String {
    kev.added.map_or_else(|| kev.id.clone(), |day| day.to_string())
}
