#![allow(clippy::unwrap_used, clippy::expect_used)]

use lunette_core::assessment::AssessmentKind;
use lunette_core::place::Place;
use lunette_core::project::{Dimension, Fact, GuardUse, Input, InputKind, Proves, Route};
use lunette_core::risk::Exposure;
use lunette_read::SourceFile;
use proptest::prelude::*;

use super::*;
use crate::rules_md::{Directives, understand};
use crate::stack::{languages, stack};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned(), bytes: text.len() as u64, lines: text.lines().count() }
}

fn route(method: &str, path: &str, guards: &[Proves]) -> Route {
    let place = Place::line("app.js", 3);
    Route {
        method: method.to_owned(),
        path: path.to_owned(),
        handler: "h".to_owned(),
        framework: "express".to_owned(),
        file: "app.js".to_owned(),
        line: 7,
        handler_place: None,
        guards: guards
            .iter()
            .map(|proves| GuardUse { name: "g".to_owned(), proves: *proves, place: place.clone() })
            .collect(),
        inputs: vec![Input { name: "q".to_owned(), kind: InputKind::Query }],
        exposure: if guards.is_empty() { Exposure::Unauthenticated } else { Exposure::Authenticated },
        resolved: true,
    }
}

fn profile(files: &[SourceFile], routes: &[Route], request: &str, directives: &Directives) -> Vec<Dimension> {
    let stack = stack(files, &[]);
    dimensions(&Facts {
        request,
        kind: AssessmentKind::Vulnerability,
        kind_source: "default",
        directives,
        rules_path: ".claude/rules.md",
        stack: &stack,
        languages: &languages(files, &[]),
        files,
        routes,
    })
}

fn value<'d>(dimensions: &'d [Dimension], label: &str) -> &'d Fact {
    dimensions.iter().flat_map(|dimension| &dimension.facts).find(|fact| fact.label == label).unwrap()
}

#[track_caller]
fn check(dimensions: &[Dimension], label: &str, expected: &str, source: &str) {
    let fact = value(dimensions, label);
    assert_eq!(fact.value.as_deref().unwrap_or("not stated"), expected, "{label}");
    assert_eq!(fact.source, source, "{label}");
}

fn project() -> Vec<SourceFile> {
    vec![
        file(
            "package.json",
            "{\n\"name\": \"shop\",\n\"dependencies\": {\"express\": \"1\", \"stripe\": \"1\", \"helmet\": \"1\"},\n\"devDependencies\": {\"jest\": \"1\", \"puppeteer\": \"1\"}}",
        ),
        file("app.js", "a\nb\n"),
        file("compose.yml", "services:\n  web: {build: ., ports: ['1:1']}\n  db: {image: postgres}\n"),
        file(
            "supabase/migrations/1.sql",
            "create table users (\n id int,\n email text\n);\ncreate table items (id int);\n",
        ),
        file("supabase/functions/pay/index.ts", "x\n"),
    ]
}

#[test]
fn counts_come_from_the_tree() {
    let routes = [
        route("GET", "/a", &[]),
        route("POST", "/b", &[Proves::Authorized, Proves::RateLimit]),
        route("POST", "/c", &[]),
    ];
    let found = profile(&project(), &routes, "", &Directives::default());
    assert_eq!(
        found.iter().map(|dimension| dimension.name.as_str()).collect::<Vec<_>>(),
        ["Size", "Scope", "Complexity", "Context", "Stage"]
    );
    check(&found, "files", "5", "counted");
    check(&found, "lines", "15, of which SQL 5, JavaScript 2, TypeScript 1", "counted");
    check(&found, "routes", "3", "counted");
    check(
        &found,
        "attack surface",
        "2 routes without a session, 3 named inputs, 1 edge function, 1 compose service with published ports",
        "counted",
    );
    check(&found, "tables", "2 (users, items)", "SQL statements and SQLAlchemy, Django and Prisma models");
    check(&found, "personal-data columns", "users.email", "names of columns");
    assert_eq!(value(&found, "personal-data columns").evidence, [Place::line("supabase/migrations/1.sql", 3)]);
    check(&found, "services", "2 (web, db)", "compose files");
    check(&found, "dependencies", "5 packages declared (npm 5), 2 for development", "manifests and lockfiles");
    check(
        &found,
        "threat landscape",
        "2 routes reachable without a session, 1 column of personal data, payments (Stripe)",
        "facts of the project",
    );
    check(
        &found,
        "controls seen",
        "authentication on 1 of 3 routes, authorisation on 1 of 3 routes, rate limiting on 1 of 3 routes, libraries: Helmet",
        "guards in force and manifests",
    );
    check(
        &found,
        "controls needed",
        "authentication to be confirmed on 1 of 2 routes that can change state, rate limiting to be confirmed on 1 of 2 routes that can change state, input validation to be confirmed on 2 of 2 routes that can change state",
        "guards in force",
    );
    check(&found, "distributed parts", "2 compose services, 1 edge function", "configuration");
    check(&found, "signs of maturity", "tests and checks: Jest", "configuration");
}

#[test]
fn circumstances_are_never_guessed() {
    let found = profile(&project(), &[], "", &Directives::default());
    for label in [
        "security budget",
        "timeline",
        "risk tolerance",
        "regulatory requirements",
        "compliance needs",
        "user volume",
        "data sensitivity",
        "stage",
        "security requirements",
    ] {
        check(&found, label, "not stated", "not stated");
    }
    check(&found, "security work", "assessment", "kind of assessment, default");
}

#[test]
fn rules_speak_before_the_request() {
    let rules = understand(
        "Budget: two people\n\nWe must comply with GDPR\n\nAll routes must require authentication\n\nThis project is a prototype\n",
    );
    let found = profile(&project(), &[], "Harden it for SOC 2. Budget: none. Deadline: 2027-03-01", &rules);
    check(&found, "security budget", "two people", ".claude/rules.md line 1");
    check(&found, "timeline", "2027-03-01", "request");
    check(&found, "regulatory requirements", "GDPR, SOC 2", ".claude/rules.md line 3");
    check(&found, "security requirements", "authentication", ".claude/rules.md line 5");
    check(&found, "stage", "prototype", ".claude/rules.md line 7");
    check(&found, "security work", "hardening", "request");
}

#[test]
fn the_name_is_the_manifests() {
    assert_eq!(name(&project(), "folder"), "shop");
    assert_eq!(name(&[file("pyproject.toml", "[project]\nname = \"py\"\n")], "folder"), "py");
    assert_eq!(name(&[file("package.json", "{\"name\": \"\\u001b[2J\"}")], "folder"), "\\u{1b}[2J");
    assert_eq!(name(&[file("package.json", "{")], "folder"), "folder");
}

#[test]
fn topics_tell_what_was_looked_at() {
    let told = |files: &[SourceFile]| {
        topics(&stack(files, &[]))
            .iter()
            .map(|facts| format!("{} {}: {}", facts.topic, facts.applicable, facts.looked_at))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(&[]),
        [
            "dependencies false: no manifest declares a package",
            "containers false: no Dockerfile, compose file or cluster manifest in the project"
        ]
    );
    let mut files = project();
    files.extend([
        file(".env", "A=1"),
        file(".env.example", "A="),
        file("Dockerfile", "FROM node:20"),
        file("nginx.conf", ""),
        file(".github/workflows/a.yml", "on: push"),
    ]);
    files.push(file("requirements.txt", "sentry-sdk\n"));
    assert_eq!(
        told(&files),
        [
            "dependencies true: 6 packages declared (npm 5, PyPI 1)",
            "server-hardening true: 1 proxy configuration",
            "containers true: 1 Dockerfile, 1 compose file with 2 services",
            "secrets-management true: 1 environment file in the tree, 1 template of an environment file",
            "environment true: 1 environment file in the tree, 1 template of an environment file, 1 pipeline",
            "network true: 1 of 2 compose services publish ports, 1 proxy configuration",
            "security-logging true: declared for logging and monitoring: Sentry",
        ]
    );
    for facts in topics(&stack(&files, &[])) {
        assert!(lunette_core::coverage::topic_by_id(&facts.topic).is_some(), "{}", facts.topic);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Every value has evidence or a source; without a value it is "not stated".
    #[test]
    fn every_value_says_where_it_comes_from(
        texts in prop::collection::vec((0usize..12, "[ -~\\n]{0,200}"), 0..6),
        request in "[ -~\\n]{0,120}",
        rules in "(Budget: x\n\n|GDPR applies\n\n|All routes must require authentication\n\n|[ -~]{0,40}\n){0,5}",
        guarded in 0usize..4,
    ) {
        let names = ["package.json", "requirements.txt", "pyproject.toml", "Dockerfile", "compose.yml", "a.sql", "models.py", "schema.prisma", ".env", "a.ts", "k.yaml", "package-lock.json"];
        let files: Vec<SourceFile> = texts.iter().map(|(name, text)| file(names[*name], text)).collect();
        let all = [Proves::Authenticated, Proves::Csrf, Proves::Unknown];
        let routes: Vec<Route> = (0..guarded).map(|n| route("POST", "/x", &all[..n])).collect();
        for dimension in profile(&files, &routes, &request, &understand(&rules)) {
            prop_assert!(!dimension.facts.is_empty());
            for fact in dimension.facts {
                let says_whence = !fact.evidence.is_empty() || !fact.source.is_empty();
                prop_assert!(fact.value.as_ref().is_none_or(|value| !value.trim().is_empty() && says_whence));
                prop_assert!(fact.value.is_some() || fact.source == "not stated");
                prop_assert!(fact.evidence.len() <= 5);
            }
        }
    }
}
