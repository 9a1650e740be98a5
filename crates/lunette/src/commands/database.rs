//! `lunette rls`, `lunette drift` and `--database`: the database as the migrations leave it, and as it runs.
//!
//! The connection is made by the parent process, before the worker starts: the worker, which reads the project, has no
//! sockets. What was read goes to it through its standard input.

use std::fmt::Write as _;
use std::io::Read as _;

use lunette_assess::Options;
use lunette_core::access::{AccessMatrix, Command, ObjectKind, Reach};
use lunette_core::text::printable;
use lunette_live::Live;
use lunette_sql::drift::Drift;

use super::{extras, open, plan};
use crate::args::{DriftArgs, Format, ViewArgs};
use crate::exit::{Failure, Status};
use crate::progress::Bar;
use crate::worker::Frame;

/// Largest catalogue that is taken from the parent.
const MAX_CATALOGUE: u64 = 256 << 20;

/// In the parent: reads the running database, for the worker.
///
/// # Errors
/// When it cannot be reached or read. No message holds the password.
pub(crate) fn read(url: &str) -> Result<Vec<u8>, Failure> {
    let live = lunette_live::read(url, &lunette_live::Options::default()).map_err(|error| Failure::internal(format!("--database: {error}")))?;
    serde_json::to_vec(&live).map_err(|error| Failure::internal(format!("the catalogue cannot be passed on: {error}")))
}

/// In the worker: what the parent read.
///
/// # Errors
/// When the parent sent nothing whole.
pub(crate) fn receive() -> Result<Live, Failure> {
    let mut bytes = Vec::new();
    let broken = |error: &dyn std::fmt::Display| Failure::internal(format!("the catalogue did not arrive: {error}"));
    std::io::stdin().lock().take(MAX_CATALOGUE).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| broken(&error))
}

/// `lunette rls`, in the worker.
pub(crate) fn rls(args: &ViewArgs, quiet: bool, send: &mut dyn FnMut(Frame)) -> Result<Status, Failure> {
    let plan = plan(&args.path)?;
    let extras = extras(Some(&plan), None, args.models.as_deref())?;
    let opened = open(&plan)?;
    let options = Options { extras, confinement: opened.confinement.clone(), ..Options::default() };
    let bar = Bar::new(quiet);
    let matrix = lunette_assess::access(&opened.root, &options, &bar).map_err(super::assess::failure)?;
    drop(bar);
    let text = match (args.format, &matrix) {
        (Format::Json, matrix) => super::view::json(matrix)?,
        (Format::Text, None) => "The project has no SQL that makes a database.\n".to_owned(),
        (Format::Text, Some(matrix)) => matrix_text(matrix),
    };
    send(Frame::Stdout(text.into_bytes()));
    Ok(Status::FINE)
}

fn matrix_text(matrix: &AccessMatrix) -> String {
    let mut text = String::new();
    let wide = |kinds: &dyn Fn(ObjectKind) -> bool| matrix.objects.iter().filter(|object| kinds(object.kind)).map(|object| object.name.chars().count()).max().unwrap_or(0).clamp(8, 48);
    let name = wide(&|kind| kind != ObjectKind::Function);
    let _ = writeln!(text, "{:name$}  {:16}  {:12} {:12} {:12} {:12}", "object", "role", "SELECT", "INSERT", "UPDATE", "DELETE");
    for object in matrix.objects.iter().filter(|object| object.kind != ObjectKind::Function) {
        let mut roles: Vec<&str> = object.rows.iter().map(|row| row.role.as_str()).collect();
        roles.dedup();
        for role in roles {
            let reach = |command: Command| object.rows.iter().find(|row| row.role == role && row.command == command).map_or("", |row| row.reach.words());
            let [select, insert, update, delete] = Command::ROWS.map(reach);
            let line = format!("{:name$}  {role:16}  {select:12} {insert:12} {update:12} {delete:12}", object.name);
            text.push_str(&printable(line.trim_end()));
            text.push('\n');
        }
    }
    for object in matrix.objects.iter().filter(|object| object.kind == ObjectKind::Function) {
        let callers: Vec<&str> = object.rows.iter().filter(|row| row.reach != Reach::Denied).map(|row| row.role.as_str()).collect();
        let callers = if callers.is_empty() { "nobody but its owner".to_owned() } else { callers.join(", ") };
        let _ = writeln!(text, "{}", printable(&format!("{}  may be called by {callers}", object.name)));
    }
    for line in &matrix.assumptions {
        let _ = writeln!(text, "{}", printable(line));
    }
    text
}

/// `lunette drift`, in the worker: exit code 1 when the database differs.
pub(crate) fn drift(args: &DriftArgs, quiet: bool, send: &mut dyn FnMut(Frame)) -> Result<Status, Failure> {
    let live = receive()?;
    let plan = plan(&args.path)?;
    let opened = open(&plan)?;
    let options = Options { confinement: opened.confinement.clone(), ..Options::default() };
    let bar = Bar::new(quiet);
    let found = lunette_assess::differences(&opened.root, &options, &live.catalogue, &bar).map_err(super::assess::failure)?;
    drop(bar);
    let text = match args.format {
        Format::Json => super::view::json(&found)?,
        Format::Text => drift_text(&found, &live),
    };
    send(Frame::Stdout(text.into_bytes()));
    Ok(if found.is_empty() { Status::FINE } else { Status::FINDINGS })
}

fn drift_text(found: &[Drift], live: &Live) -> String {
    let mut text = String::new();
    for one in found {
        let place = one.place.as_ref().map(|place| format!("  ({place})")).unwrap_or_default();
        let _ = writeln!(text, "{}: {}{place}\n  migrations: {}\n  database:   {}", one.what.words(), one.object, one.migrations_say, one.database_says);
    }
    if found.is_empty() {
        let _ = writeln!(text, "{} is as the migrations leave it.", live.database);
    }
    for note in &live.notes {
        let _ = writeln!(text, "{note}");
    }
    text.lines().map(|line| printable(line) + "\n").collect()
}
