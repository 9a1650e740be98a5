//! Functions: lints 0011, 0028 and 0029; privileged functions that do not ask who calls; dynamic SQL; volatility; rights taken
//! from what users write about themselves at sign-up.

use lunette_core::place::Place;
use lunette_core::risk::{Exposure, Integrity, Precondition};

use crate::catalogue::{Function, Volatility};
use crate::matrix::functions::{Facts, read};
use crate::matrix::tokens::{Kind, Token, tokens};
use crate::matrix::{is_callable, plain};

use super::seen::{Look, list};
use super::{MANAGED, escalation};

mod dynamic;

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for function in catalogue.functions.values().filter(|function| look.is_own(&function.origin)) {
        let managed = MANAGED.contains(&function.signature.schema.as_str());
        if managed {
            continue;
        }
        let facts = facts(look, function);
        if function.extension.is_none() {
            search_path(look, function);
            immutable(look, function, &facts);
            dynamic_sql(look, function);
            signup(look, function, &facts);
        }
        if function.security_definer && look.is_exposed(&function.signature.schema) {
            definer(look, function, &facts);
        }
    }
}

/// What the function does, functions that it calls included.
fn facts(look: &Look<'_>, function: &Function) -> Facts {
    let mut own = read(function, look.catalogue);
    let called = look.access.functions().called(Some(&function.signature.schema), &function.signature.name);
    own.take_on(&called);
    own
}

/// 0011.
fn search_path(look: &Look<'_>, function: &Function) {
    if function.search_path().is_some() {
        return;
    }
    let check = if function.security_definer { "definer-search-path" } else { "function-search-path-mutable" };
    let mut draft = look
        .about_function(check, function, "no search_path is set")
        .splinter("function_search_path_mutable", plain(&function.signature.name()));
    if !function.security_definer || !is_callable(function) {
        draft = draft.exposure(Exposure::InternalOnly);
    }
    look.push(draft);
}

/// 0028 and 0029; where the function touches rows and asks nothing, our own check stands in for the first that applies.
fn definer(look: &Look<'_>, function: &Function, facts: &Facts) {
    let roles: Vec<&str> = look
        .api_roles()
        .filter(|role| look.catalogue.function_privilege(role, &function.signature).is_held())
        .collect();
    let callable = is_callable(function);
    // What only answers yes or no is there for policies to call, and tells little.
    let answers =
        facts.reads && !facts.writes && !facts.sends && function.returns == "boolean" && !function.returns_set;
    let touches = facts.writes || facts.reads || facts.sends;
    let unchecked = callable && !facts.caller && !facts.proof && touches && !answers;
    for (at, role) in roles.iter().enumerate() {
        let lint = format!("{role}_security_definer_function_executable");
        let name = plain(&function.signature.name());
        if unchecked && at == 0 {
            let touches = match (facts.writes, facts.sends) {
                (true, _) => "changes rows",
                (false, true) => "sends requests",
                (false, false) => "reads rows",
            };
            let mut draft = look
                .about_function(
                    "definer-unchecked",
                    function,
                    "runs with its owner's rights and asks nothing of its caller",
                )
                .detail("touches", touches)
                .splinter(&lint, name);
            if !facts.writes && !facts.sends {
                draft = draft.risk(|risk| risk.integrity = Some(Integrity::None));
            }
            look.push(draft);
            continue;
        }
        let checks = if !callable {
            "It returns `trigger`, so that the API cannot call it."
        } else if facts.caller {
            "It asks who calls."
        } else if facts.proof {
            "It asks for a token or secret."
        } else if unchecked {
            "It does not ask who calls."
        } else if answers {
            "It only answers yes or no."
        } else {
            "It touches no table."
        };
        let mut draft = look
            .about_function(&lint.replace('_', "-"), function, format!("{role} may execute it"))
            .detail("role", *role)
            .detail("checks", checks)
            .exposure(if callable { look.exposure(&[role]) } else { Exposure::NotReached })
            .splinter(&lint, name);
        if callable && facts.caller {
            draft = draft.risk(|risk| risk.barrier = Some(lunette_core::risk::Barrier::Partial));
        }
        look.push(draft);
    }
}

fn immutable(look: &Look<'_>, function: &Function, facts: &Facts) {
    if function.volatility != Volatility::Immutable || !(facts.caller || facts.request) {
        return;
    }
    let reads = if facts.caller { "who calls" } else { "what the request brings along" };
    let draft = look
        .about_function("immutable-reads-session", function, "IMMUTABLE, but reads the session")
        .detail("reads", reads);
    look.push(draft);
}

fn dynamic_sql(look: &Look<'_>, function: &Function) {
    if function.language != "plpgsql" {
        return;
    }
    let found = tokens(&function.body);
    for paste in dynamic::pastes(function, &found) {
        let mut draft = look
            .about_function("dynamic-sql", function, "text is pasted into SQL that is run")
            .part(&paste.value)
            .detail("value", format!("`{}`", paste.value))
            .detail("how", paste.how)
            .at(place_in(function, paste.at));
        if !function.security_definer {
            draft = draft.risk(|risk| risk.precondition = Some(Precondition::StateOrRace));
        }
        look.push(draft);
    }
}

/// A trigger function that copies a right from the metadata given at sign-up.
fn signup(look: &Look<'_>, function: &Function, facts: &Facts) {
    if function.returns != "trigger" || !facts.writes {
        return;
    }
    let found = tokens(&function.body);
    let mut columns: Vec<&str> = Vec::new();
    let mut first = None;
    for (at, token) in found.iter().enumerate().filter(|(_, token)| token.is("raw_user_meta_data")) {
        if let Some(key) = key_after(&found[at + 1..]).filter(|key| escalation::is_privilege(key)) {
            first.get_or_insert(token.at);
            if !columns.contains(&key) {
                columns.push(key);
            }
        }
    }
    let Some(at) = first else { return };
    let names: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    let draft = look
        .about_function("signup-metadata-role", function, "copies a right from the metadata of the sign-up")
        .detail("columns", list(&names))
        .exposure(look.exposure(&["anon"]))
        .at(place_in(function, at));
    look.push(draft);
}

/// The key of `-> 'key'` or `->> 'key'`.
fn key_after<'a>(found: &[Token<'a>]) -> Option<&'a str> {
    let mut rest = found.iter().skip_while(|token| token.sign("->") || token.sign(">"));
    match (found.first().filter(|token| token.sign("->")), rest.next().map(|token| &token.kind)) {
        (Some(_), Some(Kind::Text(key))) => Some(key),
        _ => None,
    }
}

/// The line of an offset within the body.
fn place_in(function: &Function, at: usize) -> Place {
    let place = function.origin.place();
    let (line, _) = function.body_at;
    if line == 0 || place.line == 0 {
        return place;
    }
    let lines = function.body.get(..at).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
    Place::line(place.path, line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)))
}
