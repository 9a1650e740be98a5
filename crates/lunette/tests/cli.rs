//! The command line end to end: the real binary, its real output, its exit codes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "test code")]

mod common;

use common::{assess, code, lunette, project, sample, stderr, stdout, tree};

const VULNERABLE: &[(&str, &str)] = &[
    ("requirements.txt", "Flask==3.0.3\n"),
    (
        "app.py",
        "import hashlib\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.post('/login')\ndef login():\n    \
         return hashlib.md5(request.form['password'].encode()).hexdigest()\n",
    ),
];

#[test]
fn the_sample_project_gives_all_three_formats() {
    let out = tempfile::tempdir().unwrap();
    let paths = ["r.md", "r.json", "r.sarif"].map(|name| out.path().join(name));
    let before = tree(&sample());
    let args: Vec<&str> = paths.iter().flat_map(|path| ["-o", path.to_str().unwrap()]).collect();
    let output = assess(&sample(), &args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "", "with -o nothing goes to stdout");
    let [markdown, json, sarif] = paths.map(|path| std::fs::read_to_string(path).unwrap());
    assert!(markdown.starts_with("# Backend Security Assessment Report"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.len() > 10, "{} findings", findings.len());
    for finding in findings {
        assert!(markdown.contains(finding["id"].as_str().unwrap()), "{} is not in the report", finding["id"]);
    }
    let shown =
        sarif["runs"][0]["results"].as_array().unwrap().iter().filter(|result| result.get("suppressions").is_none());
    assert_eq!(shown.count(), findings.len());
    assert_eq!(json["rules_read"]["state"], "read");
    assert_eq!(before, tree(&sample()), "the project was changed");
}

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_bytes() {
    let run = |threads: &str| {
        let output = assess(&sample(), &["-o", "-", "--threads", threads]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        output.stdout
    };
    let once = run("1");
    assert!(once == run("1"), "two runs differ");
    assert!(once == run("2"), "one and two threads differ");
}

#[test]
fn exit_codes_follow_fail_on_and_the_baseline() {
    let folder = project(VULNERABLE);
    assert_eq!(code(&assess(folder.path(), &[])), 0);
    assert_eq!(code(&assess(folder.path(), &["--fail-on", "low"])), 1);
    let out = tempfile::tempdir().unwrap();
    for name in ["known.json", "known.sarif"] {
        let known = out.path().join(name);
        assert_eq!(code(&assess(folder.path(), &["-o", known.to_str().unwrap()])), 0);
        let output = assess(folder.path(), &["--fail-on", "low", "--baseline", known.to_str().unwrap()]);
        assert_eq!(code(&output), 0, "everything is known: {}", stderr(&output));
    }
}

#[test]
fn wrong_usage_is_told_in_one_sentence() {
    let folder = project(VULNERABLE);
    let file = folder.path().join("app.py");
    for (path, args, told) in [
        (folder.path().join("missing"), vec![], "missing"),
        (file, vec![], "app.py"),
        (folder.path().to_owned(), vec!["-o", "report.txt"], "extension"),
        (folder.path().to_owned(), vec!["--baseline", "/no/such/file"], "--baseline"),
        (folder.path().to_owned(), vec!["--intel", "/no/such/folder"], "--intel"),
        (folder.path().to_owned(), vec!["--no-such-option"], "--no-such-option"),
        (folder.path().to_owned(), vec!["--fail-on", "terrible"], "terrible"),
    ] {
        let output = assess(&path, &args);
        assert_eq!(code(&output), 2, "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(told), "{args:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    }
}

#[test]
fn a_date_that_is_none_is_refused() {
    let folder = project(VULNERABLE);
    let output = lunette().arg("assess").arg(folder.path()).args(["--date", "tomorrow"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("2026-11-24"), "{}", stderr(&output));
}

#[test]
fn an_empty_folder_is_assessed_and_says_so() {
    let folder = project(&[]);
    let output = assess(folder.path(), &["-o", "-"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = stdout(&output);
    assert!(report.contains("0 files"), "{report}");
    assert!(!report.to_lowercase().contains("no issues"), "an empty folder proves nothing");
}

#[test]
fn faults_in_the_configuration_end_the_run_with_the_line() {
    let folder = project(&[("lunette.toml", "exclude = []\ncolour = \"red\"\n"), ("app.py", "x = 1\n")]);
    let output = assess(folder.path(), &[]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("lunette.toml:2"), "{}", stderr(&output));
}

#[test]
fn names_cannot_reach_the_terminal() {
    let folder = project(&[
        ("a\u{1b}]0;owned\u{7}.py", "import hashlib\nhashlib.md5(b'')\n"),
        ("b\u{202e}yp.py", "eval(input())\n"),
    ]);
    for args in [vec![], vec!["-o", "-"]] {
        let output = assess(folder.path(), &args);
        let text = stdout(&output) + &stderr(&output);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{args:?}: {text:?}");
    }
}

#[test]
fn an_output_below_the_root_does_not_change_the_next_run() {
    let folder = project(VULNERABLE);
    let report = folder.path().join("report.json");
    let mut reports = Vec::new();
    for _ in 0..2 {
        assert_eq!(code(&assess(folder.path(), &["-o", report.to_str().unwrap()])), 0);
        reports.push(std::fs::read(&report).unwrap());
    }
    assert!(reports[0] == reports[1]);
}

#[test]
fn a_suppression_withholds_and_is_disclosed() {
    let source = VULNERABLE[1].1.replace(
        "    return hashlib",
        "    # lunette: ignore[py-password-fast-hash] reason=\"demo\" until=2027-01-01\n    return hashlib",
    );
    let folder = project(&[("app.py", &source)]);
    let report = stdout(&assess(folder.path(), &["-o", "-"]));
    assert!(report.contains("demo") && report.contains("2027-01-01"), "{report}");
    let expired = source.replace("2027", "2025");
    let folder = project(&[("app.py", &expired)]);
    assert_eq!(code(&assess(folder.path(), &["--fail-on", "low"])), 1);
}

#[test]
fn routes_are_a_list_of_objects() {
    let output = lunette().arg("routes").arg(sample()).args(["--format", "json"]).output().unwrap();
    let routes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let routes = routes.as_array().unwrap();
    for key in ["method", "path", "handler", "file", "line", "guards", "inputs"] {
        assert!(routes.iter().all(|route| route.get(key).is_some()), "{key}");
    }
    let has = |method: &str, path: &str| routes.iter().any(|route| route["method"] == method && route["path"] == path);
    assert!(
        has("GET", "/orders/:id") && has("POST", "/reports/layout") && has("ANY", "/functions/v1/export-orders"),
        "{routes:#?}"
    );
}

#[test]
fn a_rule_is_explained_and_a_misspelt_one_is_guessed() {
    let output = lunette().args(["explain", "py-weak-hash"]).output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("CWE-328"));
    let output = lunette().args(["explain", "py-week-hash"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("`py-weak-hash`"), "{}", stderr(&output));
}

#[test]
fn completions_and_manual_are_printed() {
    for args in [&["completions", "bash"][..], &["completions", "zsh"], &["man"], &["--help"], &["assess", "--help"]] {
        let output = lunette().args(args).output().unwrap();
        assert_eq!(code(&output), 0, "{args:?}");
        assert!(stdout(&output).contains("lunette"), "{args:?}");
    }
}
