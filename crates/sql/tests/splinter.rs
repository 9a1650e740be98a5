//! Supabase's own linter as an oracle: its tests, and what it said of four projects after their migrations ran.
//!
//! Both are read from outside: `LUNETTE_SPLINTER` or `/work/corpora/splinter`, the labels and projects likewise
//! (`LUNETTE_LABELS`, `LUNETTE_CORPORA`). Where they are absent the tests say that they were skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lunette_sql::checks::{Context, observe};
use lunette_sql::{Options, SqlFile, replay};

fn outside(variable: &str, default: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is not there ({variable} names another place)", path.display());
    None
}

/// Statements of a script, each with its text; what stands in quotes or comments ends none.
fn statements(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if rest.starts_with("--") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        } else if c == '\'' || c == '"' {
            rest[1..].find(c).map_or(rest.len(), |end| end + 2)
        } else if let Some(body) = rest.strip_prefix("$$") {
            body.find("$$").map_or(rest.len(), |end| end + 4)
        } else {
            c.len_utf8()
        };
        if c == ';' {
            found.push(String::new());
        } else {
            found.last_mut().unwrap().push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    found.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// Results of the expected output in order: number of rows, and the last row's text.
fn results(out: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut before = "";
    for line in out.lines() {
        let count =
            line.strip_prefix('(').and_then(|rest| rest.strip_suffix(" rows)").or_else(|| rest.strip_suffix(" row)")));
        if let Some(count) = count.and_then(|count| count.parse().ok()) {
            found.push((count, before.trim().to_owned()));
        }
        before = line;
    }
    found
}

/// How many rows the checks have for the lint after these statements.
fn rows(fixtures: &str, script: &[String], schemas: &str, lint: &str) -> (usize, Vec<String>) {
    let exposed: Vec<String> =
        schemas.split(',').map(|schema| schema.trim().to_owned()).filter(|schema| !schema.is_empty()).collect();
    let options = Options { exposed_schemas: exposed.clone(), ..Options::postgres() };
    let text = script.iter().fold(String::new(), |text, statement| text + statement + ";\n");
    let files = [SqlFile::new("fixtures.sql", fixtures), SqlFile::new("test.sql", &text)];
    let replayed = replay(&files, &options);
    let seen = observe(&replayed, &Context { exposed_schemas: &exposed, files: &files, ..Context::default() });
    let failures = replayed.failures.iter().map(|failure| format!("{}: {}", failure.place, failure.message)).collect();
    (seen.iter().filter(|one| one.properties.get("splinter").is_some_and(|name| name == lint)).count(), failures)
}

#[test]
fn every_row_count_of_the_linters_own_tests() {
    let Some(root) = outside("LUNETTE_SPLINTER", "/work/corpora/splinter") else { return };
    let fixtures = std::fs::read_to_string(root.join("test/fixtures.sql")).unwrap();
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(root.join("test/sql")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let (mut asserted, mut wrong) = (0, String::new());
    for path in names {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // Run-time statistics and installed versions are no part of the SQL.
        if ["0005", "0020", "0022", "queries"].iter().any(|left_out| name.starts_with(left_out)) {
            continue;
        }
        let lint = name.split_once('_').unwrap().1.to_owned();
        let script = std::fs::read_to_string(&path).unwrap();
        let out = std::fs::read_to_string(root.join("test/expected").join(format!("{name}.out"))).unwrap();
        let mut expected = results(&out).into_iter();
        let mut prefix: Vec<String> = Vec::new();
        let mut schemas = String::new();
        let mut savepoints: Vec<(String, usize, String)> = Vec::new();
        for statement in statements(&script) {
            let words: Vec<String> = statement.split_whitespace().map(str::to_lowercase).collect();
            match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["begin" | "rollback" | "commit"] => {}
                ["savepoint", name] => savepoints.push(((*name).to_owned(), prefix.len(), schemas.clone())),
                ["rollback", "to", "savepoint", name] => {
                    let (_, length, before) =
                        savepoints.iter().rev().find(|(found, ..)| found == name).expect("a savepoint").clone();
                    prefix.truncate(length);
                    schemas = before;
                }
                ["set", "local", "pgrst.db_schemas", "=", ..] => {
                    statement.split('\'').nth(1).unwrap().clone_into(&mut schemas);
                }
                ["select", ..] if statement.contains("lint.\"") => {
                    let (count, row) = expected.next().expect("a result");
                    let count = if statement.contains("count(*)") { row.parse().unwrap() } else { count };
                    let (found, failures) = rows(&fixtures, &prefix, &schemas, &lint);
                    asserted += 1;
                    if found != count {
                        let after = prefix.last().map(String::as_str).unwrap_or_default().replace('\n', " ");
                        writeln!(wrong, "{name}: {found} rows, not {count}, after `{after}` {failures:?}").unwrap();
                    }
                }
                _ => prefix.push(statement),
            }
        }
        assert!(expected.next().is_none(), "{name}: a result without a query");
    }
    eprintln!("{asserted} row counts compared");
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(asserted > 100, "{asserted}");
}

/// The exposed schemas of a project's configuration.
fn exposed(root: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(root.join("supabase/config.toml")).unwrap();
    let line = text.lines().find(|line| line.trim_start().starts_with("schemas")).unwrap();
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn what_the_linter_said_of_four_projects() {
    let Some(labels) = outside("LUNETTE_LABELS", "/work/shared/bench/labels/supabase_splinter.json") else { return };
    let Some(corpora) = outside("LUNETTE_CORPORA", "/work/corpora") else { return };
    let labels: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(labels).unwrap()).unwrap();
    let mut expected: BTreeMap<String, BTreeMap<(String, String), usize>> = BTreeMap::new();
    for label in labels.iter().filter(|label| label["static_reproducible"] == true) {
        let text = |key: &str| label[key].as_str().unwrap().to_owned();
        *expected.entry(text("repo")).or_default().entry((text("lint"), text("object"))).or_default() += 1;
    }
    let (mut wanted, mut said, mut both, mut report) = (0, 0, 0, String::new());
    for (repository, rows) in expected {
        let root = corpora.join(repository.split('/').next_back().unwrap());
        if !root.exists() {
            eprintln!("SKIPPED: {} is not there", root.display());
            continue;
        }
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(root.join("supabase/migrations")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        paths.sort();
        let texts: Vec<(String, String)> = paths
            .iter()
            .map(|path| {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
            })
            .collect();
        let files: Vec<SqlFile<'_>> = texts.iter().map(|(path, text)| SqlFile::new(path, text)).collect();
        let exposed = exposed(&root);
        let replayed = replay(&files, &Options { exposed_schemas: exposed.clone(), ..Options::supabase() });
        for failure in &replayed.failures {
            writeln!(report, "{repository}: {}: {}", failure.place, failure.message).unwrap();
        }
        let seen = observe(&replayed, &Context { exposed_schemas: &exposed, files: &files, ..Context::default() });
        let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
        for one in seen
            .iter()
            .filter_map(|one| Some((one.properties.get("splinter")?.clone(), one.properties.get("object")?.clone())))
        {
            *found.entry(one).or_default() += 1;
        }
        wanted += rows.values().sum::<usize>();
        said += found.values().sum::<usize>();
        let keys: std::collections::BTreeSet<_> = rows.keys().chain(found.keys()).collect();
        for key in keys {
            let (want, have) = (rows.get(key).copied().unwrap_or(0), found.get(key).copied().unwrap_or(0));
            both += want.min(have);
            if want != have {
                writeln!(report, "{repository}: {} of {}: {have}, not {want}", key.0, key.1).unwrap();
            }
        }
    }
    if wanted == 0 {
        return;
    }
    let percent = |part: usize, of: usize| part * 1000 / of.max(1);
    eprintln!("{wanted} rows wanted, {said} said, {both} of both\n{report}");
    assert!(percent(both, wanted) >= 980, "recall {} per mille\n{report}", percent(both, wanted));
    assert!(percent(both, said) >= 980, "precision {} per mille\n{report}", percent(both, said));
}
