//! The access matrix as tables: one line for each object and role, the widest access first.

use std::cmp::Reverse;

use lunette_core::access::{AccessMatrix, AccessRow, Command, ObjectAccess, ObjectKind, Reach};
use lunette_core::place::Place;
use serde::Serialize;

use super::Cut;

/// Lines of each table.
const LINES: usize = 60;
/// Statements named in one line.
const STATEMENTS: usize = 3;
/// The role that passes every policy: its line would always say the same.
const ALL_POWERFUL: &str = "service_role";

/// Tables of the report.
#[derive(Serialize)]
pub(super) struct Access<'a> {
    rows: Cut<Line<'a>>,
    functions: Cut<Function<'a>>,
    assumptions: &'a [String],
}

#[derive(Serialize)]
struct Line<'a> {
    object: &'a str,
    kind: &'static str,
    role: &'a str,
    /// For SELECT, INSERT, UPDATE and DELETE.
    reach: [&'static str; 4],
    places: Cut<String>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    roles: Vec<&'a str>,
    place: Option<String>,
}

/// Arranges a matrix.
pub(super) fn access(matrix: &AccessMatrix) -> Access<'_> {
    let (functions, objects): (Vec<_>, Vec<_>) =
        matrix.objects.iter().partition(|object| object.kind == ObjectKind::Function);
    let mut lines: Vec<(Reverse<Reach>, Line<'_>)> = objects.into_iter().flat_map(lines).collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| (a.1.object, a.1.role).cmp(&(b.1.object, b.1.role))));
    let mut functions: Vec<Function<'_>> = functions.into_iter().map(function).collect();
    functions.sort_by_key(|function| (Reverse(function.roles.len()), function.name));
    Access {
        rows: Cut::of(lines.into_iter().map(|(_, line)| line), LINES),
        functions: Cut::of(functions, LINES),
        assumptions: &matrix.assumptions,
    }
}

fn lines(object: &ObjectAccess) -> Vec<(Reverse<Reach>, Line<'_>)> {
    let mut roles: Vec<&str> =
        object.rows.iter().map(|row| row.role.as_str()).filter(|role| *role != ALL_POWERFUL).collect();
    roles.dedup();
    roles.into_iter().map(|role| line(object, role)).collect()
}

fn line<'a>(object: &'a ObjectAccess, role: &'a str) -> (Reverse<Reach>, Line<'a>) {
    let of_role = || object.rows.iter().filter(move |row| row.role == role);
    let reach =
        Command::ROWS.map(|command| of_role().find(|row| row.command == command).map_or("", |row| row.reach.words()));
    let mut places: Vec<&Place> = of_role().flat_map(|row: &AccessRow| &row.steps).collect();
    places.sort();
    places.dedup();
    let widest = of_role().map(|row| row.reach).max().unwrap_or(Reach::Denied);
    let line = Line {
        object: &object.name,
        kind: object.kind.words(),
        role,
        reach,
        places: Cut::of(places.into_iter().map(Place::to_string), STATEMENTS),
    };
    (Reverse(widest), line)
}

fn function(object: &ObjectAccess) -> Function<'_> {
    let callers = object.rows.iter().filter(|row| row.reach != Reach::Denied && row.role != ALL_POWERFUL);
    Function {
        name: &object.name,
        roles: callers.map(|row| row.role.as_str()).collect(),
        place: object.place.as_ref().map(Place::to_string),
    }
}
