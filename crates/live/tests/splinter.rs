//! Supabase's own linter, run in a real Postgres 15 on generated migrations, against our checks on their replay.
//!
//! The linter's SQL is read from a checkout of `supabase/splinter` beside the project (`LUNETTE_SPLINTER` names another
//! folder); without one the test says so and does nothing.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use lunette_sql::checks::{Context, observe};
use lunette_sql::{Options, SqlFile, replay};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

mod support {
    #[allow(dead_code, reason = "the differential test uses the rest")]
    pub(crate) mod both;
    pub(crate) mod cluster;
    #[allow(dead_code, reason = "the differential test uses the rest")]
    pub(crate) mod examples;
    pub(crate) mod expressions;
    pub(crate) mod more;
    pub(crate) mod seed;
    pub(crate) mod statements;
}

use support::cluster::Cluster;
use support::examples::split;
use support::seed::SEED;

/// Lints that need statistics or a table of versions.
const NOT_FROM_SQL: [&str; 3] = ["unused_index", "table_bloat", "extension_versions_outdated"];

/// The catalogue's entry of an extension that is not on this machine, as the linter looks for it.
const EXTENSION: &str = "set allow_system_table_mods = on; \
    insert into pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) \
    values (99999, 'pg_graphql', 10, 'graphql'::regnamespace, false, '1.5.11'); reset allow_system_table_mods;";

fn linter() -> Option<String> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../corpora/splinter");
    let folder = std::env::var_os("LUNETTE_SPLINTER").map_or(beside, PathBuf::from);
    let text = std::fs::read_to_string(folder.join("splinter.sql"));
    if text.is_err() {
        eprintln!("SKIPPED: no checkout of splinter in {}", folder.display());
    }
    // Its file is one SELECT after a SET.
    split(&text.ok()?).into_iter().find(|statement| statement.len() > 1000)
}

type Results = BTreeMap<(String, String), usize>;

#[test]
fn our_checks_say_what_the_linter_says() {
    let Some(linter) = linter() else { return };
    let Some(cluster) = Cluster::start() else { return };
    let mut client = cluster.connect();
    client.batch_execute(SEED).expect("the seed");
    client.batch_execute(EXTENSION).expect("the extension");
    client.batch_execute("set pgrst.db_schemas = 'public, graphql_public'").expect("a setting");
    let query = format!("select name, concat_ws('.', metadata ->> 'schema', metadata ->> 'name') from ({linter}) q");
    let cases: u32 = std::env::var("LUNETTE_DIFFERENTIAL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]));
    let (mut wrong, mut compared, mut rows) = (Vec::new(), 0, 0);
    for _ in 0..cases {
        let statements = support::statements::migrations(30).new_tree(&mut runner).expect("a sequence").current();
        client.batch_execute("begin").expect("begin");
        let failed = support::both::in_postgres(&mut client, &statements);
        client.batch_execute("set local search_path = ''").expect("the path");
        let mut theirs = Results::new();
        for row in client.query(&query, &[]).expect("the linter's answer") {
            *theirs.entry((row.get(0), row.get(1))).or_default() += 1;
        }
        client.batch_execute("rollback").expect("rollback");
        // What Postgres refused is left out: whether the replay refuses it, too, is another test's matter.
        let ran: Vec<_> =
            statements.iter().zip(&failed).filter(|(_, error)| error.is_none()).map(|(s, _)| s.clone()).collect();
        let ours = ours(&ran);
        theirs.retain(|(lint, _), _| !NOT_FROM_SQL.contains(&lint.as_str()));
        compared += 1;
        rows += theirs.len();
        if ours != theirs {
            let missed: Vec<_> = theirs.iter().filter(|(key, times)| ours.get(*key) != Some(times)).collect();
            let more: Vec<_> = ours.iter().filter(|(key, times)| theirs.get(*key) != Some(times)).collect();
            wrong.push(format!("{};\n-- the linter says {missed:?}\n-- we say {more:?}", ran.join(";\n")));
        }
    }
    eprintln!("{compared} sequences with {rows} results of the linter, {} differ", wrong.len());
    if let Ok(file) = std::env::var("LUNETTE_DIFFERENTIAL_FAULTS") {
        wrong.sort_by_key(String::len);
        std::fs::write(file + ".splinter", wrong.join("\n\n")).expect("the file of faults");
        return;
    }
    assert!(rows > 100, "the linter should find something: {rows}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn ours(statements: &[String]) -> Results {
    let text = statements.join(";\n");
    let files = [
        SqlFile::new("seed.sql", SEED),
        SqlFile::new("extension.sql", "create extension pg_graphql with schema graphql"),
        SqlFile::new("case.sql", &text),
    ];
    let exposed = ["public".to_owned(), "graphql_public".to_owned()];
    let mut options = Options::postgres();
    options.exposed_schemas = exposed.to_vec();
    let replayed = replay(&files, &options);
    let context = Context { exposed_schemas: &exposed, files: &files, ..Context::default() };
    let mut found = Results::new();
    for observation in observe(&replayed, &context) {
        if let (Some(lint), Some(object)) =
            (observation.properties.get("splinter"), observation.properties.get("object"))
        {
            *found.entry((lint.clone(), object.clone())).or_default() += 1;
        }
    }
    found
}
