//! The replay against a real Postgres 15: the same statements, the same catalogue, the same failures.
//!
//! `LUNETTE_DIFFERENTIAL_CASES` says how many sequences are generated (a number of [`CASES`] otherwise);
//! `LUNETTE_DIFFERENTIAL_FAULTS=FILE` writes the faults into a file instead of failing.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;

use lunette_sql::Options;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

mod support {
    pub(crate) mod both;
    pub(crate) mod cluster;
    pub(crate) mod compare;
    pub(crate) mod examples;
    pub(crate) mod expressions;
    pub(crate) mod more;
    pub(crate) mod seed;
    pub(crate) mod statements;
}

use support::both;
use support::cluster::Cluster;
use support::compare::differences;
use support::seed::SEED;
use support::statements::migrations;

/// Sequences generated where nothing else is asked for.
const CASES: u32 = 300;
/// Longest sequence after its tables.
const LONGEST: usize = 30;

fn options() -> Options {
    Options::postgres()
}

/// What the two disagree on.
fn faults(client: &mut postgres::Client, statements: &[String]) -> Vec<String> {
    client.batch_execute("begin").expect("begin");
    let mut both = both::run(client, statements, SEED, &options());
    client.batch_execute("rollback").expect("rollback");
    // Extensions of Supabase are not on this machine: what needs one fails in Postgres, and the rest is not compared.
    if both.disputes.iter().any(|dispute| lacks_extension(dispute)) {
        both.disputes.retain(|dispute| !dispute.starts_with("Postgres alone fails"));
        return both.disputes;
    }
    // What follows from a statement that only one of them carried out says nothing more.
    if both.disputes.is_empty() { differences(&both.replayed, &both.real, 8) } else { both.disputes }
}

/// Whether Postgres alone could not make an extension.
fn lacks_extension(dispute: &str) -> bool {
    dispute.starts_with("Postgres alone fails") && dispute.to_lowercase().contains("create extension")
}

fn cases() -> u32 {
    std::env::var("LUNETTE_DIFFERENTIAL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

#[test]
fn generated_migrations_leave_what_postgres_leaves() {
    let Some(cluster) = Cluster::start() else { return };
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    // The same sequences at every run: a failure here is not a matter of luck.
    let seed = std::env::var("LUNETTE_DIFFERENTIAL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(4_u8);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let (wrong, text) = collect(&mut runner, &mut client);
    eprintln!("{} sequences, {wrong} differ", cases());
    if let Ok(file) = std::env::var("LUNETTE_DIFFERENTIAL_FAULTS") {
        std::fs::write(file, text).expect("the file of faults");
    } else {
        assert_eq!(wrong, 0, "{text}");
    }
}

/// How many sequences differ, and the smallest one found for each kind of fault.
fn collect(runner: &mut TestRunner, client: &mut postgres::Client) -> (u32, String) {
    let mut kinds: BTreeMap<String, (usize, Vec<String>, Vec<String>)> = BTreeMap::new();
    let (mut wrong, all) = (0, cases());
    for _ in 0..all {
        let tree = migrations(LONGEST).new_tree(runner).expect("a sequence");
        let statements = tree.current();
        let found = faults(client, &statements);
        let Some(first) = found.first() else { continue };
        wrong += 1;
        let kind = kind(first);
        let entry = kinds.entry(kind.clone()).or_insert_with(|| {
            let small = smaller(client, statements, &kind);
            let found = faults(client, &small);
            (0, small, found)
        });
        entry.0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let mut text = format!("{wrong} of {all} sequences differ\n");
    for (kind, (times, statements, found)) in kinds {
        let (statements, found) = (statements.join(";\n"), found.join("\n-- "));
        text = format!("{text}\n## {times}x {kind}\n{statements};\n-- {found}\n");
    }
    (wrong, text)
}

/// Drops statements one by one as long as a fault of that kind remains.
fn smaller(client: &mut postgres::Client, mut statements: Vec<String>, kind: &str) -> Vec<String> {
    let mut at = statements.len();
    while at > 0 {
        at -= 1;
        let mut fewer = statements.clone();
        fewer.remove(at);
        if faults(client, &fewer).first().is_some_and(|first| self::kind(first) == kind) {
            statements = fewer;
        }
    }
    statements
}

/// A fault without its names.
fn kind(fault: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    if let Some((head, rest)) = fault.split_once(": ")
        && !head.starts_with('/')
    {
        words.push(head.to_owned());
        words.extend(
            rest.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).take(4).map(str::to_owned),
        );
        // The message at the end tells kinds apart, too.
        if let Some((_, message)) = rest.rsplit_once(": ") {
            words.extend(
                message.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).map(str::to_owned),
            );
        }
        return words.join(" ");
    }
    let path = fault.split(": ").next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let known = [
        "relations",
        "functions",
        "policies",
        "columns",
        "constraints",
        "indexes",
        "triggers",
        "roles",
        "types",
        "schemas",
    ];
    let mut out = Vec::new();
    let mut skip = false;
    for part in parts {
        if !skip {
            out.push(part);
        }
        skip = known.contains(&part) && !skip;
    }
    out.join("/")
}

#[test]
fn examples_of_rules_leave_what_postgres_leaves() {
    let Some(cluster) = Cluster::start() else { return };
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    let examples = support::examples::all();
    let mut wrong = Vec::new();
    for example in &examples {
        let found = faults(&mut client, &example.statements);
        if !found.is_empty() {
            wrong.push(format!("## {}\n{};\n-- {}", example.name, example.statements.join(";\n"), found.join("\n-- ")));
        }
    }
    eprintln!("{} examples with SQL, {} differ", examples.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Migrations of checkouts beside the project: real ones.
#[test]
fn migrations_of_checkouts_leave_what_postgres_leaves() {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../corpora");
    let mut folders: Vec<_> = std::fs::read_dir(&beside)
        .map(|entries| entries.flatten().map(|entry| entry.path().join("supabase/migrations")).collect())
        .unwrap_or_default();
    folders.retain(|folder: &std::path::PathBuf| folder.is_dir());
    folders.sort();
    if folders.is_empty() {
        eprintln!("SKIPPED: no checkouts with migrations in {}", beside.display());
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    let mut wrong = Vec::new();
    for folder in &folders {
        let mut files: Vec<_> =
            std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
        files.sort();
        let texts = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
        // What a project of Supabase has from the start.
        let mut statements = [
            "create extension pgcrypto with schema extensions",
            "create extension \"uuid-ossp\" with schema extensions",
            "set search_path = \"$user\", public, extensions",
        ]
        .map(str::to_owned)
        .to_vec();
        statements.extend(texts.flat_map(|text| support::examples::split(&text)));
        let found = faults(&mut client, &statements);
        eprintln!("{}: {} statements, {} differences", folder.display(), statements.len(), found.len());
        if !found.is_empty() {
            wrong.push(format!("## {}\n{}", folder.display(), found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn generated_sequences_mostly_run() {
    let Some(cluster) = Cluster::start() else { return };
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]));
    let (mut ran, mut failed) = (0, BTreeMap::<String, usize>::new());
    for _ in 0..40 {
        let statements = migrations(LONGEST).new_tree(&mut runner).expect("a sequence").current();
        client.batch_execute("begin").expect("begin");
        for (statement, error) in statements.iter().zip(both::in_postgres(&mut client, &statements)) {
            match error {
                None => ran += 1,
                Some(error) => *failed.entry(format!("{error} <- {statement}")).or_default() += 1,
            }
        }
        client.batch_execute("rollback").expect("rollback");
    }
    let failures: usize = failed.values().sum();
    if std::env::var_os("LUNETTE_DIFFERENTIAL_VERBOSE").is_some() {
        for (what, times) in &failed {
            eprintln!("{times}x {what}");
        }
    }
    eprintln!("{ran} statements ran, {failures} failed");
    assert!(
        ran > failures && failures * 20 > ran,
        "a sequence should mostly run, and meet failures: {ran} and {failures}"
    );
}
