//! What directives do: the questions that the assessment asks of them, and what each changed in the end.

use std::collections::BTreeMap;

use lunette_core::assessment::Understood;
use lunette_core::finding::Finding;
use lunette_core::project::{Proves, Route};
use lunette_core::risk::Severity;
use lunette_core::text::{count, thousands};

use super::directive::{ContextKey, Directive, Kind, list};
use super::vocabulary::{Control, Framework};
use super::{Acceptance, Directives};
use crate::dates;

/// Routes that are named in an effect; the rest are counted.
const MAX_NAMED: usize = 4;

/// What is known when the assessment is over.
pub struct Effects<'a> {
    /// Files left out, by the index of the directive that did it ([`Directives::leaves_out`]).
    pub left_out: &'a BTreeMap<usize, usize>,
    /// Findings withheld, by the index of the directive that did it ([`Directives::withholds`]).
    pub withheld: &'a BTreeMap<usize, usize>,
    /// The project's routes.
    pub routes: &'a [Route],
    /// All findings, withheld ones too.
    pub findings: &'a [Finding],
    /// The date of the assessment.
    pub date: &'a str,
}

impl Directives {
    /// The directive that leaves a path out, by its index. The last one that speaks of the path decides.
    pub fn leaves_out(&self, path: &str) -> Option<usize> {
        let mut decided = None;
        for (index, directive) in self.items.iter().enumerate() {
            match &directive.kind {
                Kind::Exclude(paths) if paths.iter().any(|pattern| pattern.matches(path)) => decided = Some(index),
                Kind::Include(paths) if paths.iter().any(|pattern| pattern.matches(path)) => decided = None,
                Kind::Only(paths) => decided = (!paths.iter().any(|pattern| pattern.matches(path))).then_some(index),
                _ => {}
            }
        }
        decided
    }

    /// The directive that withholds a finding on a date, by its index: an accepted risk first, because it carries a
    /// reason, then a named withholding, then the floor.
    pub fn withholds(&self, finding: &Finding, date: &str) -> Option<usize> {
        let find = |matches: &dyn Fn(&Kind) -> bool| self.items.iter().position(|directive| matches(&directive.kind));
        let here = |paths: &[crate::paths::PathPattern]| {
            paths.is_empty() || paths.iter().any(|path| path.matches(&finding.place.path))
        };
        find(&|kind| matches!(kind, Kind::Accept(accepted) if !dates::is_over(&accepted.until, date) && accepted.covers(finding)))
            .or_else(|| {
                find(&|kind| {
                    matches!(kind, Kind::Withhold { what, paths }
                        if here(paths) && what.iter().any(|selector| selector.covers(finding)))
                })
            })
            .or_else(|| self.floor().filter(|(floor, _)| finding.risk.severity < *floor).map(|(_, index)| index))
    }

    /// The severity below which findings are withheld, with the index of the directive; the last one counts.
    pub fn floor(&self) -> Option<(Severity, usize)> {
        self.last(|kind| if let Kind::Floor(severity) = kind { Some(*severity) } else { None })
    }

    /// The frameworks in force, with the line that says so; what is said last of a framework counts.
    pub fn frameworks(&self) -> Vec<(&'static Framework, usize)> {
        let mut in_force: Vec<(&'static Framework, usize)> = Vec::new();
        for directive in &self.items {
            if let Kind::Frameworks { names, in_force: applies } = &directive.kind {
                in_force.retain(|(framework, _)| !names.contains(framework));
                if *applies {
                    in_force.extend(names.iter().map(|name| (*name, directive.line)));
                }
            }
        }
        in_force
    }

    /// A circumstance that the rules state, with its line; the last statement counts.
    pub fn context(&self, wanted: ContextKey) -> Option<(&str, usize)> {
        self.items.iter().rev().find_map(|directive| match &directive.kind {
            Kind::Context { key, value } if *key == wanted => Some((value.as_str(), directive.line)),
            _ => None,
        })
    }

    /// The line that forbids the network.
    pub fn offline(&self) -> Option<usize> {
        self.items.iter().find(|directive| directive.kind == Kind::Offline).map(|directive| directive.line)
    }

    /// The controls that are required: index, control, exceptions.
    pub fn requirements(&self) -> impl Iterator<Item = (usize, &'static Control, &[String])> {
        self.items.iter().enumerate().filter_map(|(index, directive)| match &directive.kind {
            Kind::Require { control, except, .. } => Some((index, *control, except.as_slice())),
            _ => None,
        })
    }

    /// Accepted risks that are over on a date, with their line.
    pub fn expired(&self, date: &str) -> impl Iterator<Item = (&Acceptance, usize)> {
        self.items.iter().filter_map(move |directive| match &directive.kind {
            Kind::Accept(accepted) if dates::is_over(&accepted.until, date) => Some((accepted, directive.line)),
            _ => None,
        })
    }

    fn last<T>(&self, get: impl Fn(&Kind) -> Option<T>) -> Option<(T, usize)> {
        self.items.iter().enumerate().rev().find_map(|(index, directive)| Some((get(&directive.kind)?, index)))
    }

    /// The list for the report: each directive with what it changed.
    pub fn understood(&self, effects: &Effects<'_>) -> Vec<Understood> {
        let understood = self.items.iter().enumerate().map(|(index, directive)| Understood {
            line: directive.line,
            text: directive.text.clone(),
            meaning: directive.meaning(),
            effect: self.effect(index, directive, effects),
        });
        understood.collect()
    }

    fn effect(&self, index: usize, directive: &Directive, effects: &Effects<'_>) -> String {
        let left_out = effects.left_out.get(&index).copied().unwrap_or_default();
        let withheld = effects.withheld.get(&index).copied().unwrap_or_default();
        let withheld_in_words = if withheld == 0 {
            "no finding was withheld".to_owned()
        } else {
            format!("{} withheld", count(withheld, "finding"))
        };
        match &directive.kind {
            Kind::Exclude(_) | Kind::Only(_) if left_out == 0 => "no file was left out by it".to_owned(),
            Kind::Exclude(_) | Kind::Only(_) => format!("{} left out", count(left_out, "file")),
            Kind::Include(_) => "these paths are assessed".to_owned(),
            Kind::Withhold { .. } => withheld_in_words,
            Kind::Floor(_) => match self.floor() {
                Some((_, last)) if last != index => format!("overruled by line {}", self.items[last].line),
                _ => withheld_in_words,
            },
            Kind::Accept(accepted) if dates::is_over(&accepted.until, effects.date) => {
                format!("over since {}: the findings count again", accepted.until)
            }
            Kind::Accept(_) => withheld_in_words,
            Kind::Frameworks { in_force: false, .. } => {
                "left out of the compliance guidance unless the request asks for it".to_owned()
            }
            Kind::Frameworks { names, .. } => frameworks_effect(names),
            Kind::Offline => "no network was used".to_owned(),
            Kind::Kept(_) => "always so".to_owned(),
            Kind::Require { control, on, everywhere, .. }
                if control.proves.is_some()
                    && if on.is_empty() {
                        !everywhere
                    } else {
                        !effects.routes.iter().any(|route| is_named(route, on))
                    } =>
            {
                "kept as a requirement; which routes it means is for a person to check".to_owned()
            }
            Kind::Require { control, on, except, .. } => requirement_effect(control, on, except, effects),
            Kind::Context { .. } => "used in the project assessment".to_owned(),
        }
    }
}

impl Acceptance {
    /// Whether a finding is covered, dates aside.
    pub fn covers(&self, finding: &Finding) -> bool {
        (self.paths.is_empty() || self.paths.iter().any(|path| path.matches(&finding.place.path)))
            && self.what.iter().any(|selector| selector.covers(finding))
    }
}

fn frameworks_effect(names: &[&'static Framework]) -> String {
    let unmapped: Vec<&str> =
        names.iter().filter(|framework| !framework.mapped).map(|framework| framework.name).collect();
    if unmapped.is_empty() {
        "findings are shown against its requirements".to_owned()
    } else {
        format!("named in the report; Lunette has no table of requirements for {}", list(&unmapped))
    }
}

/// Whether a guard of a route shows a control; who is authorised was authenticated.
fn shows(route: &Route, wanted: Proves) -> bool {
    route
        .guards
        .iter()
        .any(|guard| guard.proves == wanted || (wanted == Proves::Authenticated && guard.proves == Proves::Authorized))
}

/// Whether names given in the rules mean a route: its whole path, one part of it, or what it begins with.
fn is_named(route: &Route, names: &[String]) -> bool {
    names.iter().any(|name| {
        let name = name.trim_end_matches('*').trim_matches('/').to_lowercase();
        let path = route.path.trim_matches('/').to_lowercase();
        path == name
            || path.split('/').any(|part| part == name)
            || path.strip_prefix(&name).is_some_and(|rest| name.contains('/') && rest.starts_with('/'))
    })
}

fn requirement_effect(control: &Control, on: &[String], except: &[String], effects: &Effects<'_>) -> String {
    if let Some(wanted) = control.proves {
        let asks = |route: &&Route| (on.is_empty() || is_named(route, on)) && !is_named(route, except);
        let asked: Vec<&Route> = effects.routes.iter().filter(asks).collect();
        if asked.is_empty() {
            return "no route was found to check it on".to_owned();
        }
        let missing: Vec<String> = asked
            .iter()
            .filter(|route| !shows(route, wanted))
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        let met = asked.len() - missing.len();
        let words = format!("shown on {} of {}", thousands(met), count(asked.len(), "route"));
        if missing.is_empty() {
            return words;
        }
        let mut named = missing;
        if named.len() > MAX_NAMED {
            let more = format!("{} more", thousands(named.len() - MAX_NAMED));
            named.truncate(MAX_NAMED);
            named.push(more);
        }
        return format!("{words}; not on {}", list(&named));
    }
    if control.cwe.is_empty() {
        return "kept as a requirement; this version cannot check it".to_owned();
    }
    let against =
        effects.findings.iter().filter(|finding| finding.cwe.iter().any(|cwe| control.cwe.contains(cwe))).count();
    if against == 0 {
        "no finding speaks against it".to_owned()
    } else {
        format!(
            "{} against it",
            if against == 1 { "1 finding speaks".to_owned() } else { format!("{} findings speak", thousands(against)) }
        )
    }
}
