//! Which statement it is.

use super::lines::Site;
use super::{Done, Session, Stop, first_error};
use crate::catalogue::ObjectKind;
use crate::outcome::FailureKind;
use crate::parse::{Parser, SyntaxFault};

impl Session {
    /// Reads and carries out one statement.
    pub(crate) fn dispatch(&mut self, p: &mut Parser<'_>, site: Site<'_>) -> Done {
        let word = p.text_at(0).to_ascii_lowercase();
        match word.as_str() {
            "create" => self.create(p, site),
            "alter" => self.alter(p, site),
            "drop" => self.drop_statement(p),
            "grant" | "revoke" => self.grant_or_revoke(p),
            "comment" => self.comment(p),
            "set" | "reset" => self.setting(p),
            "discard" => self.other(p),
            "begin" | "start" | "commit" | "rollback" | "savepoint" | "release" | "end" | "abort" => {
                self.transaction(p)
            }
            "do" => self.do_block(p, site),
            "select" | "with" | "values" => self.select_statement(p, site),
            "insert" => self.insert(p),
            "update" => self.update(p),
            "delete" => self.delete(p),
            "call" => self.other(p),
            "import" => self.other(p),
            _ => self.other(p),
        }
    }

    /// A statement that changes nothing here: only its syntax is judged.
    #[allow(clippy::unused_self, reason = "called as every statement is")]
    pub(crate) fn other(&mut self, p: &mut Parser<'_>) -> Done {
        let at = p.offset();
        let text = p.rest();
        match first_error(text) {
            Some((offset, message)) => Err(Stop::Syntax(SyntaxFault { at: at + offset, message })),
            None => Ok(()),
        }
    }

    fn create(&mut self, p: &mut Parser<'_>, site: Site<'_>) -> Done {
        let start = *p;
        p.expect("create")?;
        let replace = p.eat("or replace");
        let temporary = p.eat("local temporary") || p.eat("local temp") || p.eat("temporary") || p.eat("temp");
        p.eat("unlogged");
        p.eat("global");
        let kinds: &[&'static str] = &[
            "table",
            "recursive view",
            "view",
            "materialized view",
            "foreign table",
            "unique index",
            "index",
            "function",
            "procedure",
            "aggregate",
            "constraint trigger",
            "trigger",
            "event trigger",
            "policy",
            "type",
            "domain",
            "sequence",
            "schema",
            "extension",
            "publication",
            "role",
            "user",
            "group",
            "server",
            "foreign data wrapper",
        ];
        if p.peek("user mapping") {
            *p = start;
            return self.other(p);
        }
        let Some(kind) = p.eat_any(kinds) else {
            *p = start;
            return self.other(p);
        };
        match kind {
            "table" => self.create_table(p, temporary),
            "foreign table" => self.create_foreign_table(p),
            "view" | "recursive view" => self.create_view(p, replace, temporary),
            "materialized view" => self.create_materialized_view(p),
            "index" | "unique index" => self.create_index(p, kind == "unique index"),
            "function" | "procedure" => self.create_function(p, replace, kind == "procedure", site),
            "aggregate" => self.create_aggregate(p, replace),
            "trigger" | "constraint trigger" => self.create_trigger(p, replace),
            "event trigger" => self.create_event_trigger(p),
            "policy" => self.create_policy(p),
            "type" => self.create_type(p),
            "domain" => self.create_domain(p),
            "sequence" => self.create_sequence(p, temporary),
            "schema" => self.create_schema(p, site),
            "extension" => self.create_extension(p),
            "publication" => self.create_publication(p),
            "role" | "user" | "group" => self.create_role(p, kind == "user"),
            _ => {
                *p = start;
                self.other(p)
            }
        }
    }

    fn alter(&mut self, p: &mut Parser<'_>, site: Site<'_>) -> Done {
        let start = *p;
        p.expect("alter")?;
        let kinds: &[&'static str] = &[
            "table",
            "foreign table",
            "view",
            "materialized view",
            "index",
            "sequence",
            "function",
            "procedure",
            "routine",
            "aggregate",
            "policy",
            "trigger",
            "event trigger",
            "type",
            "domain",
            "schema",
            "extension",
            "publication",
            "role",
            "user",
            "group",
            "default privileges",
        ];
        if p.peek("user mapping") || p.peek("foreign data") {
            *p = start;
            return self.other(p);
        }
        let Some(kind) = p.eat_any(kinds) else {
            *p = start;
            return self.other(p);
        };
        let _ = site;
        match kind {
            "table" | "foreign table" => self.alter_table(p),
            "view" | "materialized view" => self.alter_view(p, kind == "materialized view"),
            "index" => self.alter_index(p),
            "sequence" => self.alter_sequence(p),
            "function" | "procedure" | "routine" => self.alter_function(p),
            "policy" => self.alter_policy(p),
            "trigger" => self.alter_trigger(p),
            "event trigger" => self.alter_event_trigger(p),
            "type" => self.alter_type(p),
            "domain" => self.alter_domain(p),
            "schema" => self.alter_schema(p),
            "extension" => self.alter_extension(p),
            "publication" => self.alter_publication(p),
            "role" | "user" | "group" => self.alter_role(p),
            "default privileges" => self.alter_default_privileges(p),
            _ => {
                *p = start;
                self.other(p)
            }
        }
    }
}

/// The kind of default privileges for a word (`TABLES`, …).
pub(crate) fn object_kind(p: &mut Parser<'_>) -> Done<ObjectKind> {
    Ok(match p.eat_any(&["tables", "sequences", "functions", "routines", "types", "schemas"]) {
        Some("tables") => ObjectKind::Tables,
        Some("sequences") => ObjectKind::Sequences,
        Some("functions" | "routines") => ObjectKind::Functions,
        Some("types") => ObjectKind::Types,
        Some(_) => ObjectKind::Schemas,
        None => return super::fail(FailureKind::Unsupported, "default privileges of an unknown kind of object"),
    })
}
