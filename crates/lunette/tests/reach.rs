//! How far code gets to a weakness of a package that it has under several names, or through modules that pass it on: the
//! real binary on small projects, with the advisories that ship.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "test code")]

mod common;

use common::{assess, code, project, stderr};

/// What `package.json` asks for and what the lockfile has: name it is installed under, package, version.
type Packages<'a> = &'a [(&'a str, &'a str, &'a str)];

/// The report on a project.
fn report(packages: Packages<'_>, files: &[(&str, &str)]) -> serde_json::Value {
    let asked = packages.iter().map(|(name, package, version)| {
        let what = if name == package { (*version).to_owned() } else { format!("npm:{package}@{version}") };
        (*name, serde_json::Value::from(what))
    });
    let dependencies: serde_json::Value =
        asked.map(|(name, what)| (name.to_owned(), what)).collect::<serde_json::Map<_, _>>().into();
    let mut locked = serde_json::Map::new();
    locked.insert(String::new(), serde_json::json!({"name": "shop", "dependencies": dependencies}));
    for (name, package, version) in packages {
        locked.insert(format!("node_modules/{name}"), serde_json::json!({"name": package, "version": version}));
    }
    let manifest = serde_json::json!({"name": "shop", "private": true, "dependencies": dependencies}).to_string();
    let lock = serde_json::json!({"name": "shop", "lockfileVersion": 3, "packages": locked}).to_string();
    let all = [&[("package.json", manifest.as_str()), ("package-lock.json", lock.as_str())], files].concat();
    let (shop, out) = (project(&all), tempfile::tempdir().unwrap());
    let report = out.path().join("r.json");
    let output = assess(shop.path(), &["-o", report.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap()
}

/// How far a project gets to the injection of lodash's `template`, by package and version, sorted.
fn reach(packages: Packages<'_>, files: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let report = report(packages, files);
    let findings = report["findings"].as_array().unwrap().iter();
    let rows = findings.filter_map(|finding| finding["evidence"]["advisories"].as_array()).flatten();
    let mut out: Vec<_> = rows
        .filter(|row| row["id"] == "GHSA-35jh-r3h4-6jhm")
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (text("package"), text("version"), text("reachability"))
        })
        .collect();
    out.sort();
    out
}

fn row(package: &str, version: &str, level: &str) -> (String, String, String) {
    (package.to_owned(), version.to_owned(), level.to_owned())
}

fn app(imports: &str, made: &str) -> String {
    format!(
        "import express from 'express';\n{imports}\nconst app = express();\napp.get('/t', (req, res) => res.json({{ a: {made} }}));\napp.listen(3000);\n"
    )
}

const EXPRESS: (&str, &str, &str) = ("express", "express", "5.2.1");
const LODASH: (&str, &str, &str) = ("lodash", "lodash", "4.17.15");
const LODASH_ES: (&str, &str, &str) = ("lodash-es", "lodash-es", "4.17.15");

#[test]
fn through_modules_that_pass_on_a_package() {
    let app = app("import { template } from './all.mjs';", "template(req.query.t)()");
    for all in ["export * from 'lodash';", "export { template } from 'lodash';"] {
        let seen = reach(&[EXPRESS, LODASH], &[("app.mjs", &app), ("all.mjs", all)]);
        assert_eq!(seen, [row("lodash", "4.17.15", "reached")], "{all}");
    }
    let other = reach(&[EXPRESS, LODASH], &[("app.mjs", &app), ("all.mjs", "export * from 'other'; import 'lodash';")]);
    assert_eq!(other, [row("lodash", "4.17.15", "imported")]);
}

#[test]
fn under_an_alias() {
    let old = ("old", "lodash", "4.17.15");
    let through = app("import old from 'old';", "old.template(req.query.t)()");
    assert_eq!(reach(&[EXPRESS, old], &[("app.mjs", &through)]), [row("lodash", "4.17.15", "reached")]);
    let module = app("import template from 'old/template';", "template(req.query.t)()");
    assert_eq!(reach(&[EXPRESS, old], &[("app.mjs", &module)]), [row("lodash", "4.17.15", "reached")]);
    // The fixed version is called, the old one only there.
    let fixed = ("lodash", "lodash", "4.17.21");
    let beside = app("import lodash from 'lodash';", "lodash.template(req.query.t)()");
    assert_eq!(reach(&[EXPRESS, old, fixed], &[("app.mjs", &beside)]), [row("lodash", "4.17.15", "declared")]);
    let both =
        app("import lodash from 'lodash';\nimport old from 'old';", "lodash.template(old.pick(req.query, 't'))()");
    assert_eq!(reach(&[EXPRESS, old, fixed], &[("app.mjs", &both)]), [row("lodash", "4.17.15", "imported")]);
}

#[test]
fn of_a_package_with_the_same_functions() {
    let es = app("import { template } from 'lodash-es';", "template(req.query.t)()");
    let found = [row("lodash", "4.17.15", "declared"), row("lodash-es", "4.17.15", "reached")];
    assert_eq!(reach(&[EXPRESS, LODASH, LODASH_ES], &[("app.mjs", &es)]), found);
    let both = app(
        "import { template } from 'lodash-es';\nimport { pick } from 'lodash';",
        "template(pick(req.query, 't'))()",
    );
    let found = [row("lodash", "4.17.15", "imported"), row("lodash-es", "4.17.15", "reached")];
    assert_eq!(reach(&[EXPRESS, LODASH, LODASH_ES], &[("app.mjs", &both)]), found);
    let module = app("import template from 'lodash-es/template.js';", "template(req.query.t)()");
    let found = [row("lodash", "4.17.15", "declared"), row("lodash-es", "4.17.15", "reached")];
    assert_eq!(reach(&[EXPRESS, LODASH, LODASH_ES], &[("app.mjs", &module)]), found);
    let plain = app("import lodash from 'lodash';", "lodash.template(req.query.t)()");
    let found = [row("lodash", "4.17.15", "reached"), row("lodash-es", "4.17.15", "declared")];
    assert_eq!(reach(&[EXPRESS, LODASH, LODASH_ES], &[("app.mjs", &plain)]), found);
}

#[test]
fn an_accepted_advisory_is_told_where_the_code_calls_the_function() {
    let list =
        r#"{"GHSA-35jh-r3h4-6jhm": {"active": true, "notes": "our templates are our own", "expiry": "2027-05-01"}}"#;
    let told = |app: &str| -> Vec<String> {
        let report = report(&[EXPRESS, LODASH], &[("app.mjs", app), (".nsprc", list)]);
        let findings = report["findings"].as_array().unwrap().iter();
        let of_list = findings.filter(|finding| finding["place"]["path"] == ".nsprc");
        of_list.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
    };
    let called = told(&app("import lodash from 'lodash';", "lodash.template(req.query.t)()"));
    assert!(
        called.len() == 1 && called[0].contains("GHSA-35jh-r3h4-6jhm") && called[0].contains("app.mjs:4"),
        "{called:?}"
    );
    let other = told(&app("import lodash from 'lodash';", "lodash.pick(req.query, 't')"));
    assert!(other.is_empty(), "explained, in force, and not called: {other:?}");
}
