//! A folder of installed packages: each is a program of its own, a library or a server by what it is itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "test code")]

mod common;

use common::{assess, code, project, stderr};

const RUN: &str =
    "const { exec } = require('child_process');\nexports.run = function (name) {\n  exec('ls ' + name);\n};\n";
const SERVER: &str = "const app = require('express')();\nconst { run } = require('run-it');\napp.get('/', (req, res) => { run('x'); res.redirect(req.query.to); });\napp.listen(1);\n";

/// The report on a folder of this name with these files in it.
fn report(name: &str, files: &[(&str, &str)]) -> serde_json::Value {
    let inside: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("{name}/{path}"), *text)).collect();
    let inside: Vec<(&str, &str)> = inside.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let (folder, out) = (project(&inside), tempfile::tempdir().unwrap());
    let path = out.path().join("r.json");
    let output = assess(&folder.path().join(name), &["-o", path.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Rule and path of the findings in code, sorted.
fn found(report: &serde_json::Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> = findings
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["place"]["path"].as_str().unwrap()))
        .filter(|(rule, _)| rule.ends_with("-injection") || rule.ends_with("-redirect"))
        .collect();
    found.sort_unstable();
    found
}

fn says_installed(report: &serde_json::Value) -> bool {
    let notices = report["notices"].as_array().unwrap().iter();
    notices.filter_map(|notice| notice["message"].as_str()).any(|text| text.contains("installed packages"))
}

#[test]
fn each_package_is_judged_by_itself() {
    let files = [
        ("@acme/server/package.json", r#"{"name": "@acme/server", "dependencies": {"express": "1", "run-it": "1"}}"#),
        ("@acme/server/index.js", SERVER),
        ("run-it/package.json", r#"{"name": "run-it", "main": "index.js"}"#),
        ("run-it/index.js", RUN),
    ];
    let installed = report("node_modules", &files);
    assert_eq!(
        found(&installed),
        [("js-command-injection", "run-it/index.js"), ("js-open-redirect", "@acme/server/index.js")]
    );
    assert!(says_installed(&installed));
    assert_eq!(installed["project"]["routes"].as_array().unwrap().len(), 1);
    assert!(installed["project"]["files_read"].as_u64().unwrap() == 4);

    // The same files as one project: it serves requests, so that its exported functions are called by nobody else.
    let workspace = report("packages", &files);
    assert_eq!(found(&workspace), [("js-open-redirect", "@acme/server/index.js")]);
    assert!(!says_installed(&workspace));
}

#[test]
fn python_modules_beside_packages() {
    let shop = "from flask import Flask, request, redirect\napp = Flask(__name__)\n\n@app.route('/')\ndef go():\n    return redirect(request.args['to'])\n";
    let files = [("shop.py", shop), ("shop-1.0.dist-info/METADATA", "Name: shop\n"), ("other/__init__.py", "X = 1\n")];
    let installed = report("site-packages", &files);
    assert_eq!(found(&installed), [("py-open-redirect", "shop.py")]);
    assert!(says_installed(&installed));
}

#[test]
fn what_comments_withhold_and_what_does_not_parse_is_told_of_every_package() {
    let held = RUN.replace(
        "  exec(",
        "  // lunette: ignore[js-command-injection] reason=\"names come from our own list\" until=2027-01-31\n  exec(",
    );
    let files = [("a/index.js", held.as_str()), ("b/index.js", "function ("), ("c/index.js", RUN)];
    let installed = report("node_modules", &files);
    assert_eq!(found(&installed), [("js-command-injection", "c/index.js")]);
    assert_eq!(installed["withheld"].as_array().unwrap().len(), 1, "{}", installed["withheld"]);
    let skipped = installed["project"]["skipped"].as_array().unwrap();
    assert!(skipped.iter().any(|skip| skip["path"] == "b/index.js"), "{skipped:?}");
}
