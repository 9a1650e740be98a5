//! `lunette routes` and `lunette profile`: what is known of a project before it is judged.

use std::fmt::Write as _;

use lunette_assess::Options;
use lunette_core::Project;
use lunette_core::project::Route;
use lunette_core::text::printable;

use super::assess::failure;
use super::{extras, open, plan};
use crate::args::{Format, ViewArgs};
use crate::exit::{Failure, Status};
use crate::output;
use crate::progress::Bar;
use crate::worker::{self, Frame, Supply, Terminal};

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Routes,
    Profile,
}

/// In the parent.
pub(crate) fn direct(terminal: Terminal, supply: Option<Supply<'_>>) -> Result<Status, Failure> {
    worker::run(terminal, supply, |frame| match frame {
        Frame::Stdout(bytes) => output::stdout(&bytes),
        _ => Ok(()),
    })
}

/// In the worker.
pub(crate) fn work(view: View, args: &ViewArgs, quiet: bool, send: &mut dyn FnMut(Frame)) -> Result<Status, Failure> {
    let plan = plan(&args.path)?;
    let extras = extras(Some(&plan), None, args.models.as_deref())?;
    let opened = open(&plan)?;
    let options = Options { extras, confinement: opened.confinement.clone(), ..Options::default() };
    let bar = Bar::new(quiet);
    let project = lunette_assess::survey(&opened.root, &options, &bar).map_err(failure)?;
    drop(bar);
    let text = match (view, args.format) {
        (View::Routes, Format::Json) => json(&project.routes)?,
        (View::Profile, Format::Json) => json(&project)?,
        (View::Routes, Format::Text) => routes_text(&project.routes),
        (View::Profile, Format::Text) => profile_text(&project),
    };
    send(Frame::Stdout(text.into_bytes()));
    Ok(Status::FINE)
}

pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))
}

fn routes_text(routes: &[Route]) -> String {
    let mut text = String::new();
    let wide = |column: fn(&Route) -> usize| routes.iter().map(column).max().unwrap_or(0).min(60);
    let (method, path) = (wide(|route| route.method.len()), wide(|route| route.path.len()));
    for route in routes {
        let guards: Vec<&str> = route.guards.iter().map(|guard| guard.name.as_str()).collect();
        let guards = if guards.is_empty() { "no guard".to_owned() } else { guards.join(", ") };
        let line = format!(
            "{:method$}  {:path$}  {}  {}:{}  [{guards}]",
            route.method, route.path, route.handler, route.file, route.line
        );
        text.push_str(&printable(line.trim_end()));
        text.push('\n');
    }
    if routes.is_empty() {
        text.push_str("No routes were found.\n");
    }
    text
}

fn profile_text(project: &Project) -> String {
    let mut text = format!("{}\n", project.name);
    for dimension in &project.dimensions {
        let _ = writeln!(text, "\n{}", dimension.name);
        for fact in &dimension.facts {
            let value = fact.value.as_deref().unwrap_or("not stated");
            let evidence: Vec<String> = fact.evidence.iter().take(3).map(ToString::to_string).collect();
            let source = if evidence.is_empty() { fact.source.clone() } else { evidence.join(", ") };
            let source = if source.is_empty() { String::new() } else { format!("  ({source})") };
            let _ = writeln!(text, "  {:28} {value}{source}", fact.label);
        }
    }
    if !project.technologies.is_empty() {
        text.push_str("\nTechnologies\n");
    }
    for technology in &project.technologies {
        let version = technology.version.as_deref().unwrap_or("version not stated");
        let place = technology.evidence.first().map(|place| format!("  ({place})")).unwrap_or_default();
        let _ = writeln!(text, "  {:28} {version}{place}", technology.name);
    }
    text.lines().map(|line| printable(line) + "\n").collect()
}
