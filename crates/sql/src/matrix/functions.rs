//! What the functions of a project do, as far as the text of their bodies tells: whether they ask who calls, what they touch.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Function, Name};

use super::tokens::{Kind, Token, tokens};

/// What a function does. Of overloads, what any of them does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// It asks who calls: the token, the role, or a function that does.
    pub(crate) caller: bool,
    /// It asks by the role alone, which callers without an account have, too.
    pub(crate) anonymous_too: bool,
    /// It reads something else that the request brings along.
    pub(crate) request: bool,
    /// It reads what users write about themselves.
    pub(crate) user_metadata: bool,
    /// It asks for proof: a parameter that is a token, code or secret.
    pub(crate) proof: bool,
    /// It changes rows.
    pub(crate) writes: bool,
    /// It reads rows.
    pub(crate) reads: bool,
    /// It sends requests to other servers.
    pub(crate) sends: bool,
    /// Its body is this boolean constant.
    pub(crate) constant: Option<bool>,
    /// Functions that it calls.
    calls: Vec<Name>,
}

/// Facts of all functions, by name.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    facts: BTreeMap<Name, Facts>,
}

/// How many functions deep a check of the caller is looked for.
const CHAIN: usize = 6;

impl Functions {
    /// Reads the bodies of all functions of the catalogue.
    pub(crate) fn read(catalogue: &Catalogue) -> Self {
        let mut facts: BTreeMap<Name, Facts> = BTreeMap::new();
        for function in catalogue.functions.values().filter(|function| function.origin.is_known()) {
            let found = read(function, catalogue);
            match facts.get_mut(&function.signature.name()) {
                Some(before) => before.join(found),
                None => {
                    facts.insert(function.signature.name(), found);
                }
            }
        }
        for _ in 0..CHAIN {
            let mut found: Vec<(Name, Facts)> = Vec::new();
            for (name, of) in &facts {
                let mut with = of.clone();
                for called in of.calls.iter().filter_map(|call| facts.get(call)) {
                    with.take_on(called);
                }
                if with != *of {
                    found.push((name.clone(), with));
                }
            }
            if found.is_empty() {
                break;
            }
            facts.extend(found);
        }
        Functions { facts }
    }

    /// What a function that a condition calls does; nothing is known of functions that the project does not make.
    pub(crate) fn called(&self, schema: Option<&str>, name: &str) -> Facts {
        self.facts.get(&Name::new(schema.unwrap_or("public"), name)).cloned().unwrap_or_default()
    }
}

impl Facts {
    /// What a function does by calling another.
    pub(crate) fn take_on(&mut self, called: &Facts) {
        if called.caller && !self.caller {
            self.caller = true;
            self.anonymous_too = called.anonymous_too;
        }
        self.writes |= called.writes;
        self.sends |= called.sends;
        self.user_metadata |= called.user_metadata;
    }

    fn join(&mut self, other: Facts) {
        self.caller &= other.caller;
        self.anonymous_too |= other.anonymous_too;
        self.request |= other.request;
        self.user_metadata |= other.user_metadata;
        self.proof &= other.proof;
        self.writes |= other.writes;
        self.reads |= other.reads;
        self.sends |= other.sends;
        if self.constant != other.constant {
            self.constant = None;
        }
        self.calls.extend(other.calls);
    }
}

/// Parameters that only who was given them knows.
fn is_proof(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "token",
        "secret",
        "otp",
        "passcode",
        "signature",
        "nonce",
        "api_key",
        "apikey",
        "invite_code",
        "invitation_code",
        "password",
        "passphrase",
        "pin_code",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Names of functions that ask whether the caller may do something, for those whose bodies are not there.
fn is_check(name: &str) -> bool {
    let begins = ["is_", "has_", "can_", "check_", "require_", "assert_", "ensure_", "authorize", "verify_"];
    let about = ["admin", "role", "member", "owner", "permission", "access", "user", "auth", "allowed"];
    begins.iter().any(|begin| name.starts_with(begin)) && about.iter().any(|about| name.contains(about))
}

/// What one function does.
pub(crate) fn read(function: &Function, catalogue: &Catalogue) -> Facts {
    let found = tokens(&function.body);
    let mut facts = Facts { constant: constant(&found), ..Facts::default() };
    let mut roles_only = true;
    for (at, token) in found.iter().enumerate() {
        let Some(word) = token.word() else { continue };
        let before = at.checked_sub(1).map(|before| &found[before]);
        let called = found.get(at + 1).is_some_and(|next| next.sign("("));
        let qualifier =
            before.filter(|dot| dot.sign(".")).and_then(|_| found.get(at.wrapping_sub(2))).and_then(Token::word);
        match (qualifier, word) {
            (Some("auth"), "uid" | "jwt" | "email" | "role") if called => {
                facts.caller = true;
                roles_only &= word == "role";
            }
            (_, "current_user" | "session_user" | "current_role") => facts.caller = true,
            (_, "current_setting") if called => setting(&found, at, &mut facts, &mut roles_only),
            (_, "http" | "http_get" | "http_post" | "http_put" | "http_patch" | "http_delete") if called => {
                facts.sends = true;
            }
            (_, "raw_user_meta_data" | "user_metadata") => facts.user_metadata = true,
            (_, "insert" | "update" | "delete" | "truncate" | "merge") if writes(&found, at) => facts.writes = true,
            (_, "from" | "join") if found.get(at + 1).is_some_and(|next| next.word().is_some()) => facts.reads = true,
            _ if called && !BUILT_IN.contains(&word) => match resolve(catalogue, qualifier, word) {
                Some(name) => facts.calls.push(name),
                None => facts.caller |= is_check(word),
            },
            _ => {}
        }
    }
    facts.user_metadata |= found.iter().any(|token| matches!(token.kind, Kind::Text("user_metadata")));
    facts.anonymous_too = facts.caller && roles_only;
    facts.proof = function.arguments.iter().any(|argument| {
        argument.mode.is_input()
            && argument
                .name
                .as_deref()
                .is_some_and(|name| is_proof(name) && found.iter().any(|token| token.is(&name.to_lowercase())))
    });
    facts
}

fn setting(found: &[Token<'_>], at: usize, facts: &mut Facts, roles_only: &mut bool) {
    match found.get(at + 2).map(|token| &token.kind) {
        Some(Kind::Text(name)) if name.starts_with("request.jwt") || *name == "role" => {
            facts.caller = true;
            *roles_only &= matches!(*name, "role" | "request.jwt.claim.role");
        }
        Some(Kind::Text(_)) => facts.request = true,
        _ => {}
    }
}

/// Whether the word begins a statement that changes rows, and is no `FOR UPDATE`, `ON DELETE` or trigger event.
fn writes(found: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| found[before].word());
    if matches!(before, Some("for" | "on" | "do" | "key" | "or" | "no"))
        && !(before == Some("do") && found[at].is("update"))
    {
        return false;
    }
    let next = found.get(at + 1);
    match found[at].word() {
        Some("insert" | "merge") => next.is_some_and(|next| next.is("into")),
        Some("delete") => next.is_some_and(|next| next.is("from")),
        _ => next.is_some_and(|next| next.word().is_some_and(|word| !matches!(word, "of" | "on" | "or"))),
    }
}

const BUILT_IN: &[&str] = &[
    "coalesce", "count", "in", "values", "exists", "any", "format", "now", "if", "and", "or", "not", "select", "where",
    "as", "into",
];

fn resolve(catalogue: &Catalogue, schema: Option<&str>, name: &str) -> Option<Name> {
    let schemas = match schema {
        Some(schema) => vec![schema],
        None => vec!["public", "private", "app", "internal"],
    };
    schemas
        .into_iter()
        .find(|schema| catalogue.overloads(schema, name).next().is_some())
        .map(|schema| Name::new(schema, name))
}

/// The boolean that the body is: `select true`, `begin return false; end`.
fn constant(found: &[Token<'_>]) -> Option<bool> {
    let words: Vec<&str> =
        found.iter().filter(|token| !token.sign(";")).map(|token| token.word().unwrap_or("?")).collect();
    match words.as_slice() {
        ["select" | "return", value] | ["begin", "return", value, "end"] => value.parse().ok(),
        _ => None,
    }
}
