//! Statements carried out by Postgres and by the replay.

use lunette_sql::{Catalogue, FailureKind, Options, SqlFile, replay};
use postgres::Client;

/// What both made of the same statements.
pub(crate) struct Both {
    pub(crate) replayed: Catalogue,
    pub(crate) real: Catalogue,
    /// Statements on whose failure they do not agree, or that the replay does not know.
    pub(crate) disputes: Vec<String>,
}

/// Runs the statements in Postgres and in the replay, `seed` first.
///
/// In Postgres all is one transaction, which the caller rolls back (roles come back so, too), and each statement a savepoint:
/// it fails or succeeds by itself.
pub(crate) fn run(client: &mut Client, statements: &[String], seed: &str, options: &Options) -> Both {
    let failed = in_postgres(client, statements);
    let real = lunette_live::read_in(client).expect("read").catalogue;
    let (text, starts) = joined(statements);
    let replayed = replay(&[SqlFile::new("seed.sql", seed), SqlFile::new("case.sql", &text)], options);
    let mut disputes = Vec::new();
    for failure in replayed.failures.iter().filter(|failure| failure.place.path == "seed.sql") {
        disputes.push(format!("the replay fails in the seed, line {}: {}", failure.place.line, failure.message));
    }
    for (at, statement) in statements.iter().enumerate() {
        let next = starts.get(at + 1).copied().unwrap_or(u32::MAX);
        let ours = replayed
            .failures
            .iter()
            .find(|failure| failure.place.path == "case.sql" && (starts[at]..next).contains(&failure.place.line));
        match (ours, &failed[at]) {
            (Some(ours), _) if ours.kind == FailureKind::Unsupported => {
                disputes.push(format!("not understood: {statement}: {}", ours.message));
            }
            (Some(ours), None) => disputes.push(format!("replay alone fails: {statement}: {}", ours.message)),
            (None, Some(theirs)) => disputes.push(format!("Postgres alone fails: {statement}: {theirs}")),
            _ => {}
        }
    }
    Both { replayed: replayed.catalogue, real, disputes }
}

/// Each statement's error, where it failed.
pub(crate) fn in_postgres(client: &mut Client, statements: &[String]) -> Vec<Option<String>> {
    let mut failed = Vec::new();
    for statement in statements {
        // One by one: a syntax error would take the savepoint along.
        client.batch_execute("savepoint s").expect("a savepoint");
        let run = client.batch_execute(statement);
        client
            .batch_execute(if run.is_err() { "rollback to savepoint s" } else { "release savepoint s" })
            .expect("ended");
        failed.push(
            run.err()
                .map(|error| error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())),
        );
    }
    failed
}

/// One text, and the line on which each statement begins.
fn joined(statements: &[String]) -> (String, Vec<u32>) {
    let (mut text, mut starts, mut line) = (String::new(), Vec::new(), 1);
    for statement in statements {
        starts.push(line);
        text.push_str(statement);
        text.push_str("\n;\n");
        line += statement.matches('\n').count() as u32 + 2;
    }
    (text, starts)
}
