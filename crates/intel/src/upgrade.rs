//! Which packages to raise, and to what: what is known against a project, grouped by what closes it.

use std::collections::{BTreeMap, BTreeSet};

use lunette_core::dependencies::{Dependencies, KnowledgeState, PackageCount, Upgrade};

use crate::advisories::{Asked, Held, Known, versions};
use crate::advisory::Day;
use crate::index::Feed;
use crate::matching::Knowledge;
use crate::packages::{Ecosystem, Inventory, Package};
use crate::snapshot::status::Status;
use crate::urgency::worst;
use crate::version::{Range, Version};

/// The dependencies' part of an assessment.
pub fn dependencies(inventory: &Inventory, known: &Known, knowledge: &Knowledge, today: Day) -> Dependencies {
    let manifests = inventory.manifests.iter().map(|manifest| manifest.path.clone());
    let mut files: Vec<String> = manifests.chain(inventory.lockfiles.iter().cloned()).collect();
    files.sort();
    files.dedup();
    let affected: BTreeSet<usize> = known.held.iter().flat_map(|held| held.packages.iter().copied()).collect();
    let mut knowledge = state(knowledge, today);
    let vectorless = |held: &&Held| !held.found.malicious && worst(&held.found.severity).is_none();
    let without = known.held.iter().filter(vectorless).count();
    if without > 0 {
        let (what, verb) = if without == 1 { ("advisory that holds", "has") } else { ("advisories that hold", "have") };
        knowledge.remarks.push(format!(
            "{without} {what} {verb} no CVSS vector; the findings say by what the loss was rated instead"
        ));
    }
    Dependencies {
        counts: counts(inventory),
        files,
        knowledge,
        affected: affected.len(),
        upgrades: upgrades(inventory, known),
        undecided: known.undecided.clone(),
        without_version: known.without_version,
    }
}

fn counts(inventory: &Inventory) -> Vec<PackageCount> {
    let mut out: BTreeMap<Ecosystem, PackageCount> = BTreeMap::new();
    for package in &inventory.packages {
        let count = out.entry(package.ecosystem).or_insert_with(|| PackageCount {
            ecosystem: package.ecosystem.name().to_owned(),
            direct: 0,
            transitive: 0,
            development: 0,
        });
        if package.direct {
            count.direct += 1;
        } else {
            count.transitive += 1;
        }
        count.development += usize::from(package.dev);
    }
    out.into_values().collect()
}

fn state(knowledge: &Knowledge, today: Day) -> KnowledgeState {
    let mut state = published(knowledge, today);
    let project = knowledge.own().count_of_project();
    for (count, whose) in [
        (knowledge.own().count() - project, "of the user's own"),
        (project, "that the project keeps itself (`[advisories]` in lunette.toml)"),
    ] {
        let what = if count == 1 { "advisory" } else { "advisories" };
        if count > 0 {
            state.remarks.push(format!("and against {count} {what} {whose}"));
        }
    }
    state
}

fn published(knowledge: &Knowledge, today: Day) -> KnowledgeState {
    let Some(snapshot) = knowledge.snapshot() else {
        let remark = "no snapshot: packages were held against the advisories that ship with Lunette alone; run `lunette intel update`";
        let remarks = vec![remark.to_owned()];
        return KnowledgeState { partial: true, remarks, ..KnowledgeState::default() };
    };
    let status = Status::new(Some(snapshot.meta()), today);
    let advisories = |feed| matches!(feed, Feed::OsvNpm | Feed::OsvPypi);
    let of = status.sources.iter().filter_map(|source| source.source.as_ref()).filter(|source| advisories(source.feed));
    let (mut names, mut oldest) = (Vec::new(), None::<Day>);
    for source in of {
        names.push(source.feed.name().to_owned());
        oldest = match (oldest, source.as_of) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    let any = !names.is_empty();
    // What is known of exploitation, with its day.
    let others = status.sources.iter().filter_map(|source| source.source.as_ref());
    names.extend(others.filter(|source| !advisories(source.feed)).map(|source| match source.as_of {
        Some(day) => format!("{} of {day}", source.feed.name()),
        None => source.feed.name().to_owned(),
    }));
    KnowledgeState {
        snapshot: any.then(|| names.join(", ")),
        as_of: oldest.map(|day| day.to_string()),
        advisories: usize::try_from(status.counts.advisories).unwrap_or(usize::MAX),
        partial: status.is_partial(),
        stale: status.is_stale(),
        remarks: status.remarks(),
    }
}

/// A package to raise, with all that is known against it.
pub(crate) struct Raise<'k> {
    pub(crate) upgrade: Upgrade,
    pub(crate) held: Vec<&'k Held>,
}

/// What to raise, by file and package; the most pressing first, then what closes most.
pub fn upgrades(inventory: &Inventory, known: &Known) -> Vec<Upgrade> {
    let mut out: Vec<Upgrade> = raises(inventory, known).into_iter().map(|raise| raise.upgrade).collect();
    out.sort_by(|a, b| {
        let rank =
            |one: &Upgrade| (!one.pressing, one.development, one.to.is_none(), std::cmp::Reverse(one.closes.len()));
        (rank(a), &a.ecosystem, &a.package, &a.place).cmp(&(rank(b), &b.ecosystem, &b.package, &b.place))
    });
    out
}

/// The same with what is known, by file, registry and package.
pub(crate) fn raises<'k>(inventory: &Inventory, known: &'k Known) -> Vec<Raise<'k>> {
    let mut groups: BTreeMap<(&str, Ecosystem, &str), Vec<&Held>> = BTreeMap::new();
    for held in &known.held {
        let Some(package) = held.packages.first().and_then(|at| inventory.packages.get(*at)) else { continue };
        groups.entry((&package.place.path, package.ecosystem, &package.name)).or_default().push(held);
    }
    let asked = Asked::new(inventory);
    let raise = |held: Vec<&'k Held>| Some(Raise { upgrade: upgrade(inventory, &asked, &held)?, held });
    groups.into_values().filter_map(raise).collect()
}

fn upgrade(inventory: &Inventory, asked: &Asked<'_>, held: &[&Held]) -> Option<Upgrade> {
    let indices: BTreeSet<usize> = held.iter().flat_map(|held| held.packages.iter().copied()).collect();
    let packages: Vec<&Package> = indices.iter().filter_map(|at| inventory.packages.get(*at)).collect();
    let first = *packages.first()?;
    let newest = packages.iter().filter_map(|package| version_of(package)).max();
    let target = newest.as_ref().and_then(|newest| target(held, newest));
    let is_closed = |held: &Held| target.as_ref().is_some_and(|target| held.found.affects(target) == Some(false));
    let ids = |wanted: bool| {
        let of = held.iter().filter(|held| is_closed(held) == wanted);
        let mut ids: Vec<String> = of.map(|held| held.found.id.clone()).collect();
        ids.sort();
        ids
    };
    let (closes, open) = (ids(true), ids(false));
    let direct = packages.iter().any(|package| package.direct);
    Some(Upgrade {
        ecosystem: first.ecosystem.name().to_owned(),
        package: first.name.clone(),
        from: versions(&packages),
        major: target.as_ref().is_some_and(|target| {
            packages.iter().filter_map(|package| version_of(package)).any(|from| is_major(&from, target))
        }),
        allowed: target.as_ref().and_then(|target| allowed(asked, &indices, &packages, target)),
        to: target.map(|target| target.as_str().to_owned()),
        closes,
        open,
        direct,
        through: if direct { Vec::new() } else { through(&packages) },
        development: packages.iter().all(|package| package.dev),
        pressing: held.iter().any(|held| held.found.malicious || held.found.kev.is_some()),
        place: asked.of(indices.iter().copied()).next().map_or_else(|| first.place.clone(), |one| one.place.clone()),
    })
}

fn version_of(package: &Package) -> Option<Version> {
    Version::parse(package.ecosystem, package.version.as_ref().or(package.bound.as_ref())?).ok()
}

/// The smallest published fix above the newest version in use that leaves the fewest advisories open. Malware has no fix:
/// the package is to be removed.
fn target(held: &[&Held], newest: &Version) -> Option<Version> {
    let mut candidates: Vec<Version> = held
        .iter()
        .filter(|held| !held.found.malicious)
        .flat_map(|held| &held.found.fixed)
        .filter_map(|text| Version::parse(newest.ecosystem(), text).ok())
        .filter(|version| version > newest)
        .collect();
    // A release before a prerelease, unless prereleases are in use or nothing else has the fix.
    if !newest.is_prerelease() && candidates.iter().any(|version| !version.is_prerelease()) {
        candidates.retain(|version| !version.is_prerelease());
    }
    candidates.sort();
    candidates.dedup();
    let open = |version: &Version| held.iter().filter(|held| held.found.affects(version) != Some(false)).count();
    // `min_by_key` gives the first of equal ones, which is the smallest version.
    candidates.into_iter().min_by_key(open).filter(|version| open(version) < held.len())
}

/// Whether a step may break callers: another first number, or for `0.x` another second one.
fn is_major(from: &Version, to: &Version) -> bool {
    let parts = |version: &Version| {
        let text = version.as_str().trim_start_matches(['v', '=']).to_owned();
        // Epochs of Python, `1!2.0`, are a number before the first.
        let (epoch, rest) = text.split_once('!').map_or(("0", text.as_str()), |(epoch, rest)| (epoch, rest));
        let mut numbers =
            rest.split(['.', '-', '+']).map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>());
        (epoch.to_owned(), numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
    };
    let ((epoch, first, second), (other_epoch, other_first, other_second)) = (parts(from), parts(to));
    epoch != other_epoch || first != other_first || (first == "0" && second != other_second)
}

/// Whether every range that asks for the package allows the version: those of manifests, and where none asks, that of the
/// lockfile's entry, when it has one, then those of the packages that need it.
fn allowed(asked: &Asked<'_>, indices: &BTreeSet<usize>, packages: &[&Package], target: &Version) -> Option<bool> {
    let mut ranges: Vec<&str> =
        asked.of(indices.iter().copied()).map(|one| one.range.as_deref().unwrap_or("")).collect();
    if ranges.is_empty() {
        ranges = packages.iter().filter_map(|package| package.requested.as_deref()).collect();
    }
    if ranges.is_empty() {
        ranges = packages.iter().flat_map(|package| &package.asked).map(String::as_str).collect();
    }
    if ranges.is_empty() {
        return None;
    }
    let allows = |range: &str| Some(Range::parse(target.ecosystem(), range).ok()?.allows(target));
    ranges.into_iter().map(allows).try_fold(true, |all, one| Some(all & one?))
}

fn through(packages: &[&Package]) -> Vec<String> {
    let mut out: Vec<String> = packages
        .iter()
        .filter(|package| package.path.len() > 1)
        .filter_map(|package| package.path.first().cloned())
        .collect();
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::advisories::{Reach, known};
    use crate::packages::inventory;

    fn of(files: &[(&str, &str)]) -> Dependencies {
        let inventory = inventory(files);
        let knowledge = Knowledge::new(None);
        let known = known(&inventory, &knowledge, &|_, _| Reach::default()).unwrap();
        dependencies(&inventory, &known, &knowledge, Day::parse("2026-11-24").unwrap())
    }

    fn raised<'d>(found: &'d Dependencies, name: &str) -> &'d Upgrade {
        found.upgrades.iter().find(|one| one.package == name).unwrap_or_else(|| panic!("{name}"))
    }

    const LOCK: &str = r#"{ "lockfileVersion": 3, "packages": {
        "": { "dependencies": { "express": "^4.17.0", "lodash": "4.17.10", "shop": "1.0.0", "request": "^2.88.0" } },
        "node_modules/express": { "version": "4.17.1" },
        "node_modules/lodash": { "version": "4.17.10" },
        "node_modules/request": { "version": "2.88.2" },
        "node_modules/shop": { "version": "1.0.0", "dependencies": { "axios": "^0.21.0", "ua-parser-js": "0.7.29" } },
        "node_modules/axios": { "version": "0.21.0" },
        "node_modules/ua-parser-js": { "version": "0.7.29" }
    } }"#;
    const MANIFEST: &str = "{\"private\": true, \"dependencies\": {\n\"express\": \"^4.17.0\",\n\"lodash\": \"4.17.10\",\n\"shop\": \"1.0.0\",\n\"request\": \"^2.88.0\"}}";

    #[test]
    fn the_smallest_version_that_closes_all() {
        let found = of(&[("package.json", MANIFEST), ("package-lock.json", LOCK)]);
        let express = raised(&found, "express");
        assert_eq!((express.to.as_deref(), express.closes.len(), express.open.len()), (Some("4.20.0"), 2, 0));
        assert_eq!((express.major, express.allowed, express.direct, express.place.line), (false, Some(true), true, 2));
        let lodash = raised(&found, "lodash");
        assert_eq!((lodash.to.as_deref(), lodash.allowed, lodash.closes.len()), (Some("4.17.21"), Some(false), 4));
        let axios = raised(&found, "axios");
        assert!(axios.major && !axios.direct, "for 0.x the second number tells");
        assert_eq!(axios.through, ["shop@1.0.0"]);
        assert_eq!((found.counts[0].direct, found.counts[0].transitive), (4, 2));
        assert!(found.knowledge.partial && found.knowledge.remarks[0].contains("intel update"));
        let remarks = found.knowledge.remarks.join("; ");
        assert!(remarks.contains("no CVSS vector; the findings say by what the loss was rated instead"), "{remarks}");
    }

    #[test]
    fn what_no_version_closes() {
        let found = of(&[("package.json", MANIFEST), ("package-lock.json", LOCK)]);
        let request = raised(&found, "request");
        assert_eq!((request.to.as_deref(), request.open.len()), (None, 1));
        assert!(request.words().contains("no version closes"));
        assert_eq!(
            (raised(&found, "ua-parser-js").to.as_deref(), found.upgrades[0].package.as_str()),
            (None, "ua-parser-js"),
            "malware first"
        );
    }

    #[test]
    fn the_version_that_is_proposed_has_none_of_what_it_closes() {
        for (ecosystem, name) in crate::advisory::curated::shipped_packages() {
            let file = match ecosystem {
                Ecosystem::PyPi => ("requirements.txt", format!("{name}==0.0.1\n")),
                _ => ("package.json", format!("{{\"private\":true,\"dependencies\":{{\"{name}\":\"0.0.1\"}}}}")),
            };
            let inventory = inventory(&[(file.0, &file.1)]);
            let known = known(&inventory, &Knowledge::new(None), &|_, _| Reach::default()).unwrap();
            for upgrade in upgrades(&inventory, &known) {
                let Some(to) = &upgrade.to else { continue };
                let lookup = Knowledge::new(None).lookup(ecosystem, &name, to).unwrap();
                assert!(lookup.matches.iter().all(|found| !upgrade.closes.contains(&found.id)), "{name} {to}");
            }
        }
    }

    #[test]
    fn major_steps() {
        let major = |ecosystem, from, to| {
            is_major(&Version::parse(ecosystem, from).unwrap(), &Version::parse(ecosystem, to).unwrap())
        };
        assert!(major(Ecosystem::Npm, "4.17.1", "5.0.0") && !major(Ecosystem::Npm, "4.17.1", "4.20.0"));
        assert!(major(Ecosystem::Npm, "0.21.0", "0.30.0") && !major(Ecosystem::Npm, "v0.21.0", "0.21.2"));
        assert!(major(Ecosystem::PyPi, "1.0", "1!1.0") && !major(Ecosystem::PyPi, "3", "3.1"));
    }
}
