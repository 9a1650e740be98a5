//! The actions of ALTER TABLE, as written.

use super::Session;
use super::columns::{ColumnDraft, ConstraintDraft, column, storage_options, table_constraint};
use super::tables::partition_bound;
use crate::catalogue::{Generated, Node};
use crate::parse::{Parser, Written};

/// One action.
#[derive(Debug)]
pub(crate) enum Action {
    AddColumn {
        if_not_exists: bool,
        draft: Box<ColumnDraft>,
    },
    DropColumn {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    AddConstraint(ConstraintDraft),
    DropConstraint {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    Validate(String),
    Type {
        column: String,
        type_name: String,
    },
    Default {
        column: String,
        default: Option<Node>,
    },
    NotNull {
        column: String,
        not_null: bool,
    },
    DropExpression {
        column: String,
        if_exists: bool,
    },
    Identity {
        column: String,
        generated: Generated,
        if_exists: bool,
    },
    Rls(bool),
    ForceRls(bool),
    Owner(String),
    Options(Vec<(String, String)>),
    ResetOptions(Vec<String>),
    Inherit(Written),
    NoInherit(Written),
    Attach(Written, String),
    Detach(Written),
    Trigger {
        name: String,
        enabled: bool,
    },
    /// Something that leaves no trace in the catalogue.
    Nothing,
}

/// Actions that switch a trigger or a rule.
const SWITCHES: [&str; 8] = [
    "enable always trigger",
    "enable replica trigger",
    "enable trigger",
    "disable trigger",
    "enable always rule",
    "enable replica rule",
    "enable rule",
    "disable rule",
];
/// Actions that leave no trace in the catalogue and take no argument.
const QUIET: [&str; 9] = [
    "set logged",
    "set unlogged",
    "set without cluster",
    "set without oids",
    "set with oids",
    "not of",
    "replica identity full",
    "replica identity nothing",
    "replica identity default",
];

impl Session {
    /// One action as written.
    pub(crate) fn table_action(&self, p: &mut Parser<'_>) -> crate::parse::Parsed<Action> {
        if p.eat("add") {
            return add(p);
        }
        if p.eat("drop constraint") {
            let if_exists = p.if_exists();
            let name = p.name()?;
            return Ok(Action::DropConstraint { name, if_exists, cascade: p.cascade() });
        }
        if p.eat("drop") {
            p.eat("column");
            let if_exists = p.if_exists();
            let name = p.name()?;
            return Ok(Action::DropColumn { name, if_exists, cascade: p.cascade() });
        }
        if p.eat("alter constraint") {
            p.rest();
            return Ok(Action::Nothing);
        }
        if p.eat("alter") {
            p.eat("column");
            return alter_column(p);
        }
        if p.eat("validate constraint") {
            return Ok(Action::Validate(p.name()?));
        }
        if p.eat("owner to") {
            return Ok(Action::Owner(self.role_name(p)?));
        }
        if p.eat("attach partition") {
            let partition = p.qualified()?;
            let bound = match partition_bound(p) {
                Ok(bound) => bound,
                Err(super::Stop::Syntax(fault)) => return Err(fault),
                Err(super::Stop::Fault(_)) => return p.fault("FOR VALUES or DEFAULT"),
            };
            return Ok(Action::Attach(partition, bound));
        }
        if p.eat("detach partition") {
            let partition = p.qualified()?;
            p.eat_any(&["concurrently", "finalize"]);
            return Ok(Action::Detach(partition));
        }
        if p.eat("inherit") {
            return Ok(Action::Inherit(p.qualified()?));
        }
        if p.eat("no inherit") {
            return Ok(Action::NoInherit(p.qualified()?));
        }
        if let Some(words) = p.eat_any(&["no force row level security", "force row level security"]) {
            return Ok(Action::ForceRls(!words.starts_with("no")));
        }
        if let Some(words) = p.eat_any(&["enable row level security", "disable row level security"]) {
            return Ok(Action::Rls(words.starts_with("enable")));
        }
        if let Some(words) = p.eat_any(&SWITCHES) {
            let name = p.name()?;
            let trigger = words.ends_with("trigger");
            return Ok(if trigger {
                Action::Trigger { name, enabled: words.starts_with("enable") }
            } else {
                Action::Nothing
            });
        }
        if p.peek("set") && p.sign_at(1, "(") {
            p.eat("set");
            return options(p).map(Action::Options);
        }
        if p.eat("reset") {
            return Ok(Action::ResetOptions(p.names_in_parentheses()?));
        }
        if p.eat_any(&QUIET).is_some() {
            return Ok(Action::Nothing);
        }
        if p.eat_any(&["replica identity using index", "set tablespace", "cluster on", "set access method"]).is_some() {
            p.name()?;
            return Ok(Action::Nothing);
        }
        if p.eat("options") {
            p.parenthesised()?;
            return Ok(Action::Nothing);
        }
        p.fault("an action of ALTER TABLE")
    }
}

fn add(p: &mut Parser<'_>) -> crate::parse::Parsed<Action> {
    let constraint = ["constraint", "primary key", "foreign key", "check", "exclude"].iter().any(|words| p.peek(words))
        || (p.peek("unique") && (p.sign_at(1, "(") || p.word_at(1, "using") || p.word_at(1, "nulls")));
    if constraint && !p.sign_at(1, ".") {
        return Ok(Action::AddConstraint(table_constraint(p)?));
    }
    p.eat("column");
    let if_not_exists = p.if_not_exists();
    Ok(Action::AddColumn { if_not_exists, draft: Box::new(column(p, false)?) })
}

fn alter_column(p: &mut Parser<'_>) -> crate::parse::Parsed<Action> {
    let column = p.name()?;
    if p.eat("set data type") || p.eat("type") {
        let type_name = p.type_name()?.text;
        if p.eat("collate") {
            p.qualified()?;
        }
        if p.eat("using") {
            p.expression()?;
        }
        return Ok(Action::Type { column, type_name });
    }
    if p.eat("set default") {
        return Ok(Action::Default { column, default: Some(p.expression()?) });
    }
    if p.eat("drop default") {
        return Ok(Action::Default { column, default: None });
    }
    if let Some(words) = p.eat_any(&["set not null", "drop not null"]) {
        return Ok(Action::NotNull { column, not_null: words.starts_with("set") });
    }
    if p.eat("drop expression") {
        return Ok(Action::DropExpression { column, if_exists: p.if_exists() });
    }
    if p.eat("drop identity") {
        return Ok(Action::Identity { column, generated: Generated::No, if_exists: p.if_exists() });
    }
    let generated = p.eat_any(&["add generated always", "set generated always"]).map(|_| Generated::IdentityAlways);
    let generated = generated.or_else(|| {
        p.eat_any(&["add generated by default", "set generated by default"]).map(|_| Generated::IdentityByDefault)
    });
    if let Some(generated) = generated {
        if p.eat("as identity") && p.is_sign("(") {
            p.parenthesised()?;
        }
        return Ok(Action::Identity { column, generated, if_exists: false });
    }
    if p.eat_any(&["set statistics", "set storage", "set compression"]).is_some() {
        p.eat_sign("-");
        p.advance();
        return Ok(Action::Nothing);
    }
    if p.eat_any(&["set", "reset", "options", "restart"]).is_some() {
        if p.is_sign("(") {
            p.parenthesised()?;
        } else {
            p.rest();
        }
        return Ok(Action::Nothing);
    }
    p.fault("an action of ALTER COLUMN")
}

fn options(p: &mut Parser<'_>) -> crate::parse::Parsed<Vec<(String, String)>> {
    match storage_options(p) {
        Ok(options) => Ok(options),
        Err(super::Stop::Syntax(fault)) => Err(fault),
        Err(super::Stop::Fault(_)) => p.fault("options"),
    }
}
