//! Tests of routes: small projects, and the routes found in them one a line.
#![allow(clippy::unwrap_used, clippy::needless_raw_string_hashes)]

mod ambient;
mod express;
mod guards;
mod python;
mod servers;

use std::fmt::Write as _;

use lunette_core::project::{InputKind, Proves};
use lunette_lang::Dialect;

use super::{Routes, routes};
use crate::Facts;
use crate::models::Models;
use crate::program::{ImportMap, Program, Unit};

/// Finds the routes of a project given as paths and texts.
fn find(files: &[(&str, &str)], map: &ImportMap) -> Routes {
    let units = files
        .iter()
        .map(|&(path, text)| {
            let module = lunette_lang::lower(Dialect::of_path(path).unwrap(), text).module.unwrap();
            Unit { path: path.to_owned(), text: text.to_owned(), module }
        })
        .collect();
    let program = Program::new(units, map);
    let models = Models::builtin().unwrap();
    let facts = Facts::new(&program, &models.trie);
    routes(&facts, &models)
}

/// One line a route: method, path, handler, place, guards in brackets with what they prove, inputs in parentheses.
fn check(files: &[(&str, &str)]) -> String {
    print(&find(files, &ImportMap::default()))
}

fn print(found: &Routes) -> String {
    let mut lines = Vec::new();
    for route in &found.routes {
        let mut line = format!("{} {} {} {}:{}", route.method, route.path, route.handler, route.file, route.line);
        if !route.guards.is_empty() {
            let guards: Vec<String> =
                route.guards.iter().map(|guard| format!("{}{}", guard.name, mark(guard.proves))).collect();
            let _ = write!(line, " [{}]", guards.join(", "));
        }
        if !route.inputs.is_empty() {
            let inputs: Vec<String> =
                route.inputs.iter().map(|input| format!("{} {}", kind(input.kind), input.name)).collect();
            let _ = write!(line, " ({})", inputs.join(", "));
        }
        if !route.resolved {
            line.push_str(" unresolved");
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn mark(proves: Proves) -> &'static str {
    match proves {
        Proves::Authenticated => ": authenticated",
        Proves::Authorized => ": authorized",
        Proves::Csrf => ": csrf",
        Proves::RateLimit => ": rate limit",
        Proves::Validated => ": validated",
        Proves::Headers => ": headers",
        Proves::Cors => ": cors",
        Proves::Unknown => "",
    }
}

fn kind(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Path => "path",
        InputKind::Query => "query",
        InputKind::Body => "body",
        InputKind::Form => "form",
        InputKind::Header => "header",
        InputKind::Cookie => "cookie",
        InputKind::File => "file",
    }
}
