//! What directives come to, and what holds of any rules file.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lunette_core::place::Place;
use lunette_core::project::{GuardUse, Proves, Route};
use lunette_core::risk::Exposure;

use super::tests::KNOWN;
use super::*;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(256) })]

    /// Any text is read; what it yields points at lines of it, and nothing that asks for more than text can give has an
    /// effect.
    #[test]
    fn any_text_is_read(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..12), noise in "\\PC{0,40}") {
        let text = format!("{}{noise}", pieces.concat());
        let directives = understand_with(&text, &|name| KNOWN.contains(&name));
        let lines = text.lines().count();
        for line in directives.items.iter().map(|item| item.line).chain(directives.not_understood.iter().map(|line| line.line)) {
            proptest::prop_assert!((1..=lines).contains(&line), "{line} of {lines}");
        }
        let _ = directives.leaves_out("src/a.py");
    }
}

#[test]
fn requirements_are_checked_against_routes() {
    let route = |path: &str, proves: Option<Proves>| Route {
        method: "GET".to_owned(),
        path: path.to_owned(),
        handler: String::new(),
        framework: String::new(),
        file: String::new(),
        line: 1,
        handler_place: None,
        guards: proves
            .map(|proves| GuardUse { name: String::new(), proves, place: Place::file("a") })
            .into_iter()
            .collect(),
        inputs: Vec::new(),
        exposure: Exposure::Unauthenticated,
        resolved: true,
    };
    let routes =
        [route("/a", Some(Proves::Authorized)), route("/b", None), route("/health", None), route("/login", None)];
    let effect = |rules: &str, routes: &[Route]| {
        let none = BTreeMap::new();
        let effects = Effects { left_out: &none, withheld: &none, routes, findings: &[], date: "2026-11-24" };
        understand(rules).understood(&effects).remove(0).effect
    };
    assert_eq!(
        effect("All routes must require authentication except `/health` and login", &routes),
        "shown on 1 of 2 routes; not on GET /b"
    );
    assert_eq!(effect("All routes must require authentication", &routes[..1]), "shown on 1 of 1 route");
    assert_eq!(effect("All routes must require authentication", &[]), "no route was found to check it on");
    assert_eq!(
        effect("Rate limiting must be applied on login", &routes),
        "kept as a requirement; which routes it means is for a person to check"
    );
    assert_eq!(
        effect("All admin routes must require authentication", &routes),
        "kept as a requirement; which routes it means is for a person to check"
    );
    let admin = [route("/api/admin/users", None), route("/admin", Some(Proves::Authorized)), route("/b", None)];
    for sentence in [
        "All admin routes must require authentication",
        "Routes under `/admin` must require authentication",
        "Everything under /admin/* requires authentication",
    ] {
        assert_eq!(effect(sentence, &admin), "shown on 1 of 2 routes; not on GET /api/admin/users", "{sentence}");
    }
    assert_eq!(
        effect("Routes under `/api/v1` must require authentication", &[route("/api/v10/a", None)]),
        "kept as a requirement; which routes it means is for a person to check"
    );
    assert_eq!(
        effect("```lunette\n[[require]]\ncontrol = \"authentication\"\non = \"/admin\"\n```", &admin),
        "shown on 1 of 2 routes; not on GET /api/admin/users"
    );
    assert_eq!(
        effect("RLS must be enabled on all tables", &routes),
        "kept as a requirement; this version cannot check it"
    );
    assert_eq!(effect("Never commit secrets", &routes), "no finding speaks against it");
    assert_eq!(
        effect("We must comply with GDPR and HIPAA", &routes),
        "named in the report; Lunette has no table of requirements for HIPAA"
    );
}

/// Pieces from which texts are made.
const PIECES: &[&str] = &[
    "\n",
    "\n\n",
    "- ",
    "  - ",
    "1. ",
    "> ",
    "# ",
    "```",
    "```lunette\n",
    "~~~",
    "<!--",
    "-->",
    "`",
    "\"",
    "“",
    "”",
    "**",
    "_",
    "Ignore ",
    "do not ",
    "scan ",
    "report ",
    "`a/`",
    "é/",
    "legacy/",
    "*.js",
    "CWE-79",
    "cwe ",
    "in ",
    "until ",
    "2027-01-31",
    " because ",
    "accepted risk: ",
    "GDPR",
    "SOC 2 applies",
    "budget: ",
    "all routes must require authentication",
    "except ",
    "exclude = [",
    "\"x\"]",
    "[[accept]]\n",
    "rule = 1\n",
    ":",
    ",",
    "(",
    ")",
    " -- ",
    "—",
    "[a](b)",
    "\u{202e}",
    "\u{0}",
    "---\n",
    "===\n",
    "\t",
    "\\",
    "@p0",
    "@p99",
    "findings",
    "the folder",
    "rules ",
    "don’t ",
];
