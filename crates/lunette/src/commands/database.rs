//! `lunette rls`, `lunette drift` and `--database`: the database as the migrations leave it, and as it runs.
//!
//! The connection is made by the parent process: the worker, which reads the project, has no sockets. The worker asks for it
//! when it has read the project's rules and they do not forbid the network.

use std::fmt::Write as _;

use lunette_assess::{Options, research};
use lunette_core::access::{AccessMatrix, Command, ObjectKind, Reach};
use lunette_core::text::printable;
use lunette_live::Live;
use lunette_read::Root;
use lunette_sql::drift::Drift;

use super::{extras, open, plan};
use crate::args::{DriftArgs, Format, ViewArgs};
use crate::exit::{Failure, Status};
use crate::progress::Bar;
use crate::worker::{self, Frame, Need, Terminal};

/// In the parent: reads the running database, for the worker.
///
/// # Errors
/// When it cannot be reached or read. No message holds the password.
pub(crate) fn read(url: &str) -> Result<Vec<u8>, Failure> {
    let live = lunette_live::read(url, &lunette_live::Options::default())
        .map_err(|error| Failure::internal(format!("--database: {error}")))?;
    serde_json::to_vec(&live).map_err(|error| Failure::internal(format!("the catalogue cannot be passed on: {error}")))
}

/// `lunette drift`, in the parent.
pub(crate) fn direct(url: &str, terminal: Terminal) -> Result<Status, Failure> {
    let mut supply = |need: Need, _: &[u8]| match need {
        Need::Database => read(url),
        Need::Research => Err(Failure::internal("the worker asked for research, which was not allowed")),
    };
    super::view::direct(terminal, Some(&mut supply))
}

/// In the worker: what the parent reads for it, or the line of the project's rules that forbids the network.
///
/// # Errors
/// When the parent sent nothing whole.
pub(crate) fn receive(root: &Root, send: &mut dyn FnMut(Frame)) -> Result<Result<Live, usize>, Failure> {
    if let Some(line) = research::forbidden(root) {
        return Ok(Err(line));
    }
    let bytes = worker::need(Need::Database, Vec::new(), send)?;
    serde_json::from_slice(&bytes)
        .map(Ok)
        .map_err(|error| Failure::internal(format!("the catalogue did not arrive: {error}")))
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
    let wide = |kinds: &dyn Fn(ObjectKind) -> bool| {
        matrix
            .objects
            .iter()
            .filter(|object| kinds(object.kind))
            .map(|object| object.name.chars().count())
            .max()
            .unwrap_or(0)
            .clamp(8, 48)
    };
    let name = wide(&|kind| kind != ObjectKind::Function);
    let _ = writeln!(
        text,
        "{:name$}  {:16}  {:12} {:12} {:12} {:12}",
        "object", "role", "SELECT", "INSERT", "UPDATE", "DELETE"
    );
    for object in matrix.objects.iter().filter(|object| object.kind != ObjectKind::Function) {
        let mut roles: Vec<&str> = object.rows.iter().map(|row| row.role.as_str()).collect();
        roles.dedup();
        for role in roles {
            let reach = |command: Command| {
                object
                    .rows
                    .iter()
                    .find(|row| row.role == role && row.command == command)
                    .map_or("", |row| row.reach.words())
            };
            let [select, insert, update, delete] = Command::ROWS.map(reach);
            let line = format!("{:name$}  {role:16}  {select:12} {insert:12} {update:12} {delete:12}", object.name);
            text.push_str(&printable(line.trim_end()));
            text.push('\n');
        }
    }
    for object in matrix.objects.iter().filter(|object| object.kind == ObjectKind::Function) {
        let callers: Vec<&str> =
            object.rows.iter().filter(|row| row.reach != Reach::Denied).map(|row| row.role.as_str()).collect();
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
    let plan = plan(&args.path)?;
    let opened = open(&plan)?;
    let live = receive(&opened.root, send)?.map_err(|line| {
        Failure::usage(format!(
            "line {line} of {} forbids the network: the database was not read",
            opened.root.rules().path
        ))
    })?;
    let options = Options { confinement: opened.confinement.clone(), ..Options::default() };
    let bar = Bar::new(quiet);
    let found =
        lunette_assess::differences(&opened.root, &options, &live.catalogue, &bar).map_err(super::assess::failure)?;
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
        let _ = writeln!(
            text,
            "{}: {}{place}\n  migrations: {}\n  database:   {}",
            one.what.words(),
            one.object,
            one.migrations_say,
            one.database_says
        );
    }
    if found.is_empty() {
        let _ = writeln!(text, "{} is as the migrations leave it.", live.database);
    }
    for note in &live.notes {
        let _ = writeln!(text, "{note}");
    }
    text.lines().map(|line| printable(line) + "\n").collect()
}
