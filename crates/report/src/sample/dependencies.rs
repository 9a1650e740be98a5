//! The sample's packages: one to raise, one that nothing closes.

use lunette_core::dependencies::{Dependencies, KnowledgeState, PackageCount, UndecidedAdvisory, Upgrade};
use lunette_core::place::Place;

pub(super) fn dependencies() -> Dependencies {
    let upgrade = Upgrade {
        ecosystem: "npm".to_owned(),
        package: "express".to_owned(),
        from: vec!["4.19.2".to_owned()],
        to: Some("4.20.0".to_owned()),
        closes: vec!["GHSA-qw6h-vgh9-j6wx".to_owned()],
        open: Vec::new(),
        major: false,
        allowed: Some(true),
        direct: true,
        through: Vec::new(),
        development: false,
        pressing: false,
        place: Place::line("package-lock.json", 812),
    };
    let stuck = Upgrade {
        package: "old-parser".to_owned(),
        from: vec!["1.0.0".to_owned()],
        to: None,
        closes: Vec::new(),
        open: vec!["GHSA-aaaa-bbbb-cccc".to_owned()],
        allowed: None,
        direct: false,
        through: vec!["reports".to_owned()],
        place: Place::line("package-lock.json", 2_040),
        ..upgrade.clone()
    };
    Dependencies {
        counts: vec![PackageCount { ecosystem: "npm".to_owned(), direct: 41, transitive: 688, development: 320 }],
        files: vec!["package-lock.json".to_owned(), "package.json".to_owned()],
        knowledge: KnowledgeState {
            snapshot: Some("snapshot of 2026-11-20".to_owned()),
            as_of: Some("2026-11-20".to_owned()),
            advisories: 6_811,
            partial: true,
            stale: false,
            remarks: vec!["EPSS: missing; what it knows was not looked at".to_owned()],
        },
        affected: 2,
        upgrades: vec![upgrade, stuck],
        undecided: vec![UndecidedAdvisory {
            package: "legacy@git".to_owned(),
            id: "GHSA-dddd-eeee-ffff".to_owned(),
            why: "the version is a commit".to_owned(),
        }],
        without_version: 1,
    }
}
