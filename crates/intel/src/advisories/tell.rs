//! From an advisory that holds to an observation.

use std::collections::BTreeMap;

use lunette_core::finding::{Confidence, Evidence, Step, Why};
use lunette_core::observation::{Observation, RiskFacts};
use lunette_core::risk::Exposure;
use lunette_core::text::printable;

use super::{Asked, Held, Known, Reachability};
use crate::advisory::{LONGEST_SUMMARY, one_line};
use crate::hygiene::{Texts, shown};
use crate::packages::{Inventory, Package};
use crate::urgency::{factors, likelihood_words, urgency};
use crate::version::Version;

/// The names of the checks.
pub const NAMES: [&str; 3] = ["intel/known-exploited", "intel/known-vulnerability", "intel/malicious-package"];

/// One observation for each advisory that holds. `files`: paths and texts of the manifests and lockfiles.
pub fn observe(inventory: &Inventory, known: &Known, files: &[(&str, &str)]) -> Vec<Observation> {
    let texts = Texts::new(files);
    let asked = Asked::new(inventory);
    let mut out: Vec<Observation> =
        known.held.iter().filter_map(|held| observation(inventory, &asked, held, &texts)).collect();
    out.sort_by(|a, b| (&a.place, &a.check, &a.anchor).cmp(&(&b.place, &b.check, &b.anchor)));
    out
}

fn observation(inventory: &Inventory, asked: &Asked<'_>, held: &Held, texts: &Texts<'_>) -> Option<Observation> {
    let packages: Vec<&Package> = held.packages.iter().filter_map(|at| inventory.packages.get(*at)).collect();
    let first = *packages.first()?;
    // The line of the manifest that asks for it, where one does: that is where it is raised.
    let place =
        asked.of(held.packages.iter().copied()).next().map_or_else(|| first.place.clone(), |one| one.place.clone());
    let found = &held.found;
    let check = match (found.malicious, &found.kev) {
        (true, _) => "intel/malicious-package",
        (false, Some(_)) => "intel/known-exploited",
        (false, None) => "intel/known-vulnerability",
    };
    let mut risk = factors(found);
    let exposure = risk.exposure.unwrap_or_else(|| exposure(held, &packages));
    risk.exposure = Some(exposure);
    let at = Step { place: place.clone(), why: Why::Here, code: texts.code(&place), note: first.path.join(" › ") };
    let details = details(held, &packages, exposure);
    let properties = properties(held, first, exposure);
    Some(Observation {
        check: check.to_owned(),
        place,
        anchor: format!("{} {}", first.name, found.id),
        evidence: Evidence::Advisory { id: found.id.clone(), purl: first.purl(), at },
        details,
        confidence: Some(confidence(held)),
        risk: RiskFacts { ..risk },
        properties,
    })
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

fn confidence(held: &Held) -> Confidence {
    match held.reach.level {
        _ if !held.settled => Confidence::Tentative,
        Reachability::Called | Reachability::Reached => Confidence::Confirmed,
        _ if held.found.malicious => Confidence::Confirmed,
        _ => Confidence::Firm,
    }
}

fn details(held: &Held, packages: &[&Package], exposure: Exposure) -> BTreeMap<String, String> {
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
    put("likelihood", likelihood_words(found));
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

fn level_words(held: &Held, packages: &[&Package]) -> String {
    let first = packages[0];
    let reach = &held.reach;
    let at = reach.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    let through = first.path.first().filter(|_| !packages.iter().any(|package| package.direct));
    let through = through.map(|way| format!("`{}` brings it; ", shown(way))).unwrap_or_default();
    let dev = if packages.iter().all(|package| package.dev) { "; it is for development only" } else { "" };
    let words = match reach.level {
        Reachability::NotDeclared => "no manifest names it".to_owned(),
        Reachability::Declared if held.found.symbols.is_empty() => {
            format!("{through}declared, no import in this project's code was found")
        }
        Reachability::Declared => format!("{through}declared, no call of the functions concerned was found"),
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

fn properties(held: &Held, first: &Package, exposure: Exposure) -> BTreeMap<String, String> {
    let found = &held.found;
    let urgency = urgency(found, exposure != Exposure::NotReached);
    let percent = |share: u32| format!("{}.{:03}", share / 1_000, share % 1_000);
    let vectors: Vec<&str> = found.severity.iter().map(|vector| vector.0.as_str()).collect();
    let pairs = [
        ("advisory", Some(found.id.clone())),
        ("aliases", Some(found.aliases.join(" ")).filter(|text| !text.is_empty())),
        ("purl", Some(first.purl())),
        ("affected", Some(found.range_words()).filter(|text| !text.is_empty())),
        ("cvss", Some(vectors.join(" ")).filter(|text| !text.is_empty())),
        ("epss-percentile", found.epss.map(|epss| percent(epss.percentile))),
        ("kev", found.kev.as_ref().map(|kev| kev.added.map_or_else(|| kev.id.clone(), |day| day.to_string()))),
        ("reachability", Some(held.reach.level.as_str().to_owned())),
        ("deadline", Some(urgency.deadline.key().to_owned())),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
