//! Advisories held against small projects, with the curated set alone.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use lunette_core::finding::{AdvisoryRow, Confidence, Evidence};
use lunette_core::observation::Observation;
use lunette_core::place::Place;
use lunette_core::risk::{Exploit, Exposure};

use super::{Known, Reach, Reachability, known, observe};
use crate::matching::Knowledge;
use crate::packages::inventory;

const LOCK: &str = r#"{
  "name": "shop", "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "dependencies": { "lodash": "^4.17.0", "shop-views": "1.0.0" }, "devDependencies": { "minimist": "1.2.0" } },
    "node_modules/lodash": { "version": "4.17.20" },
    "node_modules/shop-views": { "version": "1.0.0", "dependencies": { "ejs": "^3.1.0" } },
    "node_modules/ejs": { "version": "3.1.5" },
    "node_modules/minimist": { "version": "1.2.0", "dev": true },
    "node_modules/ua-parser-js": { "version": "0.7.29" },
    "node_modules/systeminformation": { "version": "5.0.0" }
  }
}
"#;
const MANIFEST: &str = "{\n  \"name\": \"shop\", \"private\": true,\n  \"dependencies\": {\n    \"lodash\": \"^4.17.0\",\n    \"shop-views\": \"1.0.0\"\n  },\n  \"devDependencies\": {\n    \"minimist\": \"1.2.0\"\n  }\n}\n";

fn look(files: &[(&str, &str)], reach: &Reach) -> (Known, Vec<Observation>) {
    let inventory = inventory(files);
    let known = known(&inventory, &Knowledge::new(None), &|_, _| reach.clone()).unwrap();
    let seen = observe(&inventory, &known, files);
    (known, seen)
}

fn project(reach: &Reach) -> Vec<Observation> {
    look(&[("package.json", MANIFEST), ("package-lock.json", LOCK)], reach).1
}

fn one<'o>(seen: &'o [Observation], anchor: &str) -> &'o Observation {
    seen.iter()
        .find(|one| one.anchor == anchor)
        .unwrap_or_else(|| panic!("{anchor}: {:?}", seen.iter().map(|one| &one.anchor).collect::<Vec<_>>()))
}

fn rows(seen: &Observation) -> &[AdvisoryRow] {
    let Evidence::Advisory { advisories, .. } = &seen.evidence else { panic!("{:?}", seen.evidence) };
    advisories
}

fn row<'o>(seen: &'o [Observation], anchor: &str, id: &str) -> &'o AdvisoryRow {
    rows(one(seen, anchor)).iter().find(|row| row.id == id).unwrap_or_else(|| panic!("{anchor} {id}"))
}

#[test]
fn one_observation_for_each_package_to_raise_at_the_line_that_asks_for_it() {
    let seen = project(&Reach::default());
    let lodash = one(&seen, "lodash");
    assert_eq!(
        (lodash.check.as_str(), &lodash.place.path, lodash.place.line),
        ("intel/known-vulnerability", &"package.json".to_owned(), 4)
    );
    let injection = row(&seen, "lodash", "GHSA-35jh-r3h4-6jhm");
    assert_eq!((injection.version.as_str(), injection.fixed.as_deref()), ("4.17.20", Some("4.17.21")));
    assert_eq!(injection.shown, "declared, no import and no call of the functions concerned was found");
    assert_eq!(injection.reachability, "declared");
    assert!(injection.rated_by.starts_with("CVSS:"), "{}", injection.rated_by);
    assert_eq!(lodash.details["heading"], format!("`lodash` 4.17.20 has {} known vulnerabilities", rows(lodash).len()));
    assert!(lodash.details["action"].starts_with("Raise `lodash` to 4."), "{}", lodash.details["action"]);
    assert_eq!(lodash.details["check"], "`npm ls lodash`");
    assert_eq!((lodash.properties["package"].as_str(), lodash.properties["version"].as_str()), ("lodash", "4.17.20"));
    assert!(rows(lodash).len() > 1 && lodash.properties["advisories"].contains("GHSA-35jh-r3h4-6jhm"));
    assert_eq!(lodash.details["count"], rows(lodash).len().to_string());
    let ranks: Vec<_> = rows(lodash).iter().map(|row| row.risk.security_severity).collect();
    assert!(ranks.is_sorted_by(|a, b| a >= b), "the worst first: {ranks:?}");
    let anchors: BTreeSet<_> = seen.iter().map(|one| (&one.check, &one.anchor)).collect();
    assert_eq!(anchors.len(), seen.len());
}

#[test]
fn what_a_package_brings_is_closed_by_raising_that_package() {
    let seen = project(&Reach::default());
    let views = one(&seen, "shop-views");
    assert_eq!((views.place.path.as_str(), views.place.line), ("package.json", 5));
    let ejs = row(&seen, "shop-views", "GHSA-phwq-j96m-2c2q");
    assert_eq!((ejs.package.as_str(), ejs.version.as_str()), ("ejs", "3.1.5"));
    assert!(ejs.shown.starts_with("`shop-views@1.0.0` brings it; "), "{}", ejs.shown);
    assert!(views.details["heading"].starts_with("`shop-views` 1.0.0 brings "), "{}", views.details["heading"]);
    assert!(views.details["action"].starts_with("Renew the lockfile: "), "{}", views.details["action"]);
    assert!(views.details["known"].starts_with("`shop-views` 1.0.0 brings `ejs` with "), "{}", views.details["known"]);
    assert!(
        views.details["raise"].starts_with("renew the lockfile: the ranges asked for allow `ejs` 3."),
        "{}",
        views.details["raise"]
    );
    assert!(views.details["worst"].contains(" in `ejs` 3.1.5: "), "{}", views.details["worst"]);
}

#[test]
fn another_advisory_changes_neither_the_identity_nor_those_of_the_others() {
    let seen = project(&Reach::default());
    let lodash = one(&seen, "lodash");
    let mut fewer = lodash.clone();
    if let Evidence::Advisory { advisories, .. } = &mut fewer.evidence {
        advisories.pop();
    }
    assert_eq!(lodash.anchor, fewer.anchor, "the advisories are no part of it");
    assert!(rows(lodash).starts_with(rows(&fewer)));
}

#[test]
fn malware_and_what_is_exploited_have_checks_of_their_own() {
    let seen = project(&Reach::default());
    let malware = one(&seen, "ua-parser-js GHSA-pjwm-rvh2-c87w");
    assert_eq!(
        (malware.check.as_str(), malware.risk.exposure),
        ("intel/malicious-package", Some(Exposure::Unauthenticated))
    );
    let exploited = one(&seen, "systeminformation GHSA-2m8v-572m-ff2v");
    assert_eq!((exploited.check.as_str(), exploited.risk.exploit), ("intel/known-exploited", Some(Exploit::Kev)));
    assert!(
        exploited.details["likelihood"].contains("CISA KEV since 2022-01-18"),
        "{}",
        exploited.details["likelihood"]
    );
}

#[test]
fn what_was_shown_decides_exposure_and_confidence() {
    let of = |reach: &Reach, anchor: &str| {
        let seen = project(reach);
        let found = one(&seen, anchor);
        (found.risk.exposure, found.confidence)
    };
    let lodash = "lodash";
    assert_eq!(of(&Reach::default(), lodash), (Some(Exposure::InternalOnly), Some(Confidence::Firm)));
    let unused = Reach { conclusive: true, ..Reach::level(Reachability::Imported) };
    assert_eq!(of(&unused, lodash).0, Some(Exposure::NotReached));
    assert_eq!(of(&unused, "shop-views").0, Some(Exposure::InternalOnly), "another package may call it");
    let reached = Reach {
        place: Some(Place::line("app.js", 7)),
        route: Some("POST /views".into()),
        ..Reach::level(Reachability::Reached)
    };
    assert_eq!(of(&reached, lodash), (Some(Exposure::Unauthenticated), Some(Confidence::Confirmed)));
    assert_eq!(of(&reached, "minimist").0, Some(Exposure::NotReached), "for development only");
    let seen = project(&reached);
    assert_eq!(
        row(&seen, lodash, "GHSA-35jh-r3h4-6jhm").shown,
        "`POST /views` gets to the function concerned (app.js:7)"
    );
}

#[test]
fn without_a_settled_version_only_what_every_allowed_version_has() {
    let open = "flask>=2.0\nrequests\njinja2<3.1\necdsa\n";
    let (known, seen) = look(&[("requirements.txt", open)], &Reach::default());
    assert_eq!(known.without_version, 4);
    let anchors: Vec<&str> = seen.iter().map(|one| one.anchor.as_str()).collect();
    assert!(
        anchors.iter().all(|anchor| !anchor.starts_with("flask") && !anchor.starts_with("requests")),
        "{anchors:?}"
    );
    assert!(seen.iter().all(|one| one.confidence == Some(Confidence::Tentative)));
}

#[test]
fn a_pinned_requirement() {
    let (_, seen) = look(&[("requirements.txt", "# web\nPyYAML==5.3\n")], &Reach::default());
    let found = one(&seen, "pyyaml");
    assert!(rows(found).iter().any(|row| row.is("CVE-2020-14343")));
    assert_eq!((found.place.line, found.details["package"].as_str()), (2, "pyyaml"));
    assert_eq!(found.properties["purl"], "pkg:pypi/pyyaml@5.3");
}

#[test]
fn prose_of_strangers_is_one_sentence() {
    assert_eq!(super::tell::sentence("See `a`\u{1b}[31m\n| b."), "See 'a'[31m | b.");
    assert_eq!(super::tell::sentence("\n"), "its advisory has no summary.");
    assert!(super::tell::sentence(&"word ".repeat(1_000)).chars().count() <= 201);
}
