//! Two projects of ours on Supabase, end to end: one that was built without care, and one with.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{assess, code, stderr};

fn report(name: &str) -> serde_json::Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(name);
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("r.json");
    let output = assess(&folder, &["-o", path.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Severity, rule, path and line of each finding.
fn findings(report: &serde_json::Value) -> Vec<(String, String, String, u64)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let one = |finding: &serde_json::Value| {
        let place = &finding["place"];
        let severity = text(&finding["risk"]["severity"]);
        (severity, text(&finding["rule"]), text(&place["path"]), place["line"].as_u64().unwrap())
    };
    report["findings"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn the_careful_project_has_nothing_that_matters() {
    let report = report("careful");
    let matters: Vec<_> =
        findings(&report).into_iter().filter(|(severity, ..)| !["Low", "Info"].contains(&severity.as_str())).collect();
    assert!(matters.is_empty(), "{matters:#?}");
    // What was not understood could hide something.
    let skipped = report["project"]["skipped"].as_array().unwrap();
    assert!(skipped.is_empty(), "{skipped:#?}");
    let reach = |object: &str, role: &str, command: &str| {
        let objects = report["access"]["objects"].as_array().unwrap();
        let found = objects.iter().find(|found| found["name"] == object).unwrap();
        let mut rows = found["rows"].as_array().unwrap().iter();
        let row = rows.find(|row| row["role"] == role && row["command"] == command).unwrap();
        row["reach"].as_str().unwrap().to_owned()
    };
    assert_eq!(reach("public.notes", "anon", "SELECT"), "denied");
    assert_eq!(reach("public.notes", "authenticated", "SELECT"), "tenant-rows");
    assert_eq!(reach("public.notes", "authenticated", "UPDATE"), "own-rows");
    assert_eq!(reach("public.profiles", "authenticated", "DELETE"), "denied");
}

#[test]
fn the_careless_project_is_told_of_what_it_lacks() {
    let report = report("careless");
    let found = findings(&report);
    let told: BTreeSet<&str> = found.iter().map(|(_, rule, ..)| rule.as_str()).collect();
    let expected = [
        "js-insecure-random",
        "js-ssrf",
        "supabase-account-change-unchecked",
        "supabase-anonymous-sign-ins",
        "supabase-auth-users-exposed",
        "supabase-cors-any-origin",
        "supabase-definer-search-path",
        "supabase-dynamic-sql",
        "supabase-filter-injection",
        "supabase-foreign-key-oracle",
        "supabase-get-session-trusted",
        "supabase-jwt-expiry",
        "supabase-max-rows",
        "supabase-otp-long-lived",
        "supabase-owner-from-request",
        "supabase-password-policy",
        "supabase-policy-exists-rls-disabled",
        "supabase-policy-service-role-name",
        "supabase-public-bucket-allows-listing",
        "supabase-public-read-sensitive",
        "supabase-public-service-key",
        "supabase-redirect-wildcard",
        "supabase-rls-disabled-in-public",
        "supabase-rls-references-user-metadata",
        "supabase-security-definer-view",
        "supabase-self-escalation",
        "supabase-sensitive-columns-exposed",
        "supabase-service-role-no-auth",
        "supabase-storage-anon-write",
        "supabase-unconfirmed-address",
    ];
    let missing: Vec<&&str> = expected.iter().filter(|rule| !told.contains(**rule)).collect();
    assert!(missing.is_empty(), "{missing:?} of {told:?}");
    // The open function is one finding, in its code.
    assert!(!told.contains("supabase-function-without-jwt"), "{told:?}");
    let critical = found.iter().filter(|(severity, ..)| severity == "Critical").count();
    assert!(critical >= 5, "{found:#?}");
    let place = |rule: &str| found.iter().find(|(_, of, ..)| of == rule).map(|(.., path, line)| (path.as_str(), *line));
    assert_eq!(place("supabase-service-role-no-auth"), Some(("supabase/functions/purge/index.ts", 4)));
    assert_eq!(place("supabase-self-escalation"), Some(("supabase/migrations/20250101000000_start.sql", 6)));
}
