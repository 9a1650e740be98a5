//! Columns and constraints as written in CREATE TABLE and ALTER TABLE.

use super::Done;
use crate::catalogue::{Generated, Node, quote_ident};
use crate::parse::{Parsed, Parser, Written};

/// A column's definition.
#[derive(Debug)]
pub(crate) struct ColumnDraft {
    pub(crate) name: String,
    pub(crate) type_name: String,
    /// `serial` and its kin: NOT NULL, with a sequence.
    pub(crate) serial: bool,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Node>,
    pub(crate) generated: Generated,
    pub(crate) constraints: Vec<ConstraintDraft>,
}

/// A constraint's definition.
#[derive(Debug)]
pub(crate) struct ConstraintDraft {
    pub(crate) name: Option<String>,
    pub(crate) kind: ConstraintKindDraft,
    pub(crate) validated: bool,
}

/// What a constraint demands, unresolved.
#[derive(Debug)]
pub(crate) enum ConstraintKindDraft {
    /// PRIMARY KEY and UNIQUE, with columns, INCLUDE columns or an existing index.
    Key {
        primary: bool,
        columns: Vec<String>,
        include: Vec<String>,
        index: Option<String>,
    },
    Check(Node),
    Foreign {
        columns: Vec<String>,
        table: Written,
        referenced: Vec<String>,
        on_delete: String,
        on_update: String,
    },
    Exclude {
        method: String,
        columns: Vec<String>,
        definition: String,
    },
}

/// An element of a table's list.
#[derive(Debug)]
pub(crate) enum Element {
    Column(Box<ColumnDraft>),
    Constraint(ConstraintDraft),
    Like(Written, Vec<(bool, &'static str)>),
}

const TABLE_CONSTRAINTS: &[&str] = &["constraint", "primary key", "unique", "check", "foreign key", "exclude"];

/// Whether a table constraint begins here (and not a column of such a name).
fn begins_constraint(p: &Parser<'_>) -> bool {
    TABLE_CONSTRAINTS.iter().any(|words| p.peek(words))
        && (p.peek("constraint")
            || p.peek("primary key")
            || p.peek("foreign key")
            || p.sign_at(1, "(")
            || p.peek("exclude using")
            || p.peek("unique nulls")
            || p.peek("unique using"))
}

/// The list in parentheses of CREATE TABLE.
pub(crate) fn elements(p: &mut Parser<'_>, typed: bool) -> Parsed<Vec<Element>> {
    p.expect_sign("(")?;
    if p.eat_sign(")") {
        return Ok(Vec::new());
    }
    let list = p.list(|p| element(p, typed))?;
    p.expect_sign(")")?;
    Ok(list)
}

fn element(p: &mut Parser<'_>, typed: bool) -> Parsed<Element> {
    if begins_constraint(p) {
        return Ok(Element::Constraint(table_constraint(p)?));
    }
    if p.peek("like") {
        p.eat("like");
        let from = p.qualified()?;
        let mut options = Vec::new();
        while let Some(word) = p.eat_any(&["including", "excluding"]) {
            let what = p.eat_any(&[
                "all",
                "defaults",
                "constraints",
                "indexes",
                "identity",
                "generated",
                "comments",
                "storage",
                "statistics",
                "compression",
            ]);
            let Some(what) = what else { return p.fault("ALL, DEFAULTS, CONSTRAINTS, …") };
            options.push((word == "including", what));
        }
        return Ok(Element::Like(from, options));
    }
    Ok(Element::Column(Box::new(column(p, typed)?)))
}

/// A column. `typed`: its type may be left out (PARTITION OF, OF).
pub(crate) fn column(p: &mut Parser<'_>, typed: bool) -> Parsed<ColumnDraft> {
    let name = p.name()?;
    let mut draft = ColumnDraft {
        name,
        type_name: String::new(),
        serial: false,
        not_null: false,
        default: None,
        generated: Generated::No,
        constraints: Vec::new(),
    };
    if typed {
        p.eat("with options");
    } else {
        let word = p.text_at(0).to_ascii_lowercase();
        draft.serial =
            matches!(word.as_str(), "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8");
        draft.type_name = p.type_name()?.text;
        draft.not_null = draft.serial;
    }
    while column_clause(p, &mut draft)? {}
    Ok(draft)
}

/// One clause behind a column's type; false when there is none.
fn column_clause(p: &mut Parser<'_>, draft: &mut ColumnDraft) -> Parsed<bool> {
    let name = if p.eat("constraint") { Some(p.name()?) } else { None };
    if p.eat("not null") {
        draft.not_null = true;
    } else if p.eat("null") {
    } else if p.eat("default") {
        draft.default = Some(default(p)?);
    } else if p.eat("collate") {
        p.qualified()?;
    } else if p.eat("storage") || p.eat("compression") {
        p.name()?;
    } else if p.eat("options") {
        p.parenthesised()?;
    } else if p.eat("generated") {
        generated(p, draft)?;
    } else if p.eat("check") {
        p.expect_sign("(")?;
        let check = p.expression()?;
        p.expect_sign(")")?;
        draft.constraints.push(options(p, name, ConstraintKindDraft::Check(check))?);
    } else if p.eat("primary key") {
        draft.not_null = true;
        let columns = vec![draft.name.clone()];
        let kind = ConstraintKindDraft::Key { primary: true, columns, include: Vec::new(), index: None };
        draft.constraints.push(options(p, name, kind)?);
    } else if p.eat("unique") {
        p.eat("nulls distinct");
        p.eat("nulls not distinct");
        let columns = vec![draft.name.clone()];
        let kind = ConstraintKindDraft::Key { primary: false, columns, include: Vec::new(), index: None };
        draft.constraints.push(options(p, name, kind)?);
    } else if p.peek("references") {
        let kind = references(p, vec![draft.name.clone()])?;
        draft.constraints.push(options(p, name, kind)?);
    } else {
        let deferring = p.eat_any(&["not deferrable", "deferrable", "initially deferred", "initially immediate"]);
        return Ok(deferring.is_some());
    }
    Ok(true)
}

/// A default: an expression that does not take what follows for its own.
fn default(p: &mut Parser<'_>) -> Parsed<Node> {
    // `DEFAULT x NOT NULL`: NOT begins no operator here, and the parser leaves it when no IN or LIKE follows.
    p.expression()
}

fn generated(p: &mut Parser<'_>, draft: &mut ColumnDraft) -> Parsed<()> {
    let always = p.eat("always");
    if !always {
        p.expect("by default")?;
    }
    p.expect("as")?;
    if p.eat("identity") {
        draft.generated = if always { Generated::IdentityAlways } else { Generated::IdentityByDefault };
        draft.not_null = true;
        if p.is_sign("(") {
            p.parenthesised()?;
        }
        return Ok(());
    }
    p.expect_sign("(")?;
    draft.default = Some(p.expression()?);
    p.expect_sign(")")?;
    p.eat("stored");
    draft.generated = Generated::Stored;
    Ok(())
}

/// A constraint of a table.
pub(crate) fn table_constraint(p: &mut Parser<'_>) -> Parsed<ConstraintDraft> {
    let name = if p.eat("constraint") { Some(p.name()?) } else { None };
    let kind = if p.eat("primary key") {
        key(p, true)?
    } else if p.eat("unique") {
        p.eat("nulls distinct");
        p.eat("nulls not distinct");
        key(p, false)?
    } else if p.eat("check") {
        p.expect_sign("(")?;
        let check = p.expression()?;
        p.expect_sign(")")?;
        ConstraintKindDraft::Check(check)
    } else if p.eat("foreign key") {
        let columns = p.names_in_parentheses()?;
        references(p, columns)?
    } else if p.eat("exclude") {
        exclude(p)?
    } else {
        return p.fault("a constraint");
    };
    options(p, name, kind)
}

fn key(p: &mut Parser<'_>, primary: bool) -> Parsed<ConstraintKindDraft> {
    if p.eat("using index") {
        let index = Some(p.name()?);
        return Ok(ConstraintKindDraft::Key { primary, columns: Vec::new(), include: Vec::new(), index });
    }
    let columns = p.names_in_parentheses()?;
    let include = if p.eat("include") { p.names_in_parentheses()? } else { Vec::new() };
    Ok(ConstraintKindDraft::Key { primary, columns, include, index: None })
}

fn exclude(p: &mut Parser<'_>) -> Parsed<ConstraintKindDraft> {
    let mark = p.mark();
    let method = if p.eat("using") { p.name()? } else { "btree".to_owned() };
    p.expect_sign("(")?;
    let columns = p.list(|p| {
        let node = p.expression()?;
        while !p.is_end() && !p.eat("with") {
            p.advance();
        }
        if p.eat("operator") {
            p.parenthesised()?;
        } else {
            p.advance();
        }
        Ok(crate::resolve::query::figure_name(&node).unwrap_or_else(|| "expr".into()))
    })?;
    p.expect_sign(")")?;
    if p.eat("where") {
        p.parenthesised()?;
    }
    let definition = format!("EXCLUDE {}", p.since(mark));
    Ok(ConstraintKindDraft::Exclude { method, columns, definition })
}

fn references(p: &mut Parser<'_>, columns: Vec<String>) -> Parsed<ConstraintKindDraft> {
    p.expect("references")?;
    let table = p.qualified()?;
    let referenced = if p.is_sign("(") { p.names_in_parentheses()? } else { Vec::new() };
    let (mut on_delete, mut on_update) = ("NO ACTION".to_owned(), "NO ACTION".to_owned());
    loop {
        if p.eat("match") {
            p.name()?;
        } else if p.eat("on delete") {
            on_delete = action(p)?;
        } else if p.eat("on update") {
            on_update = action(p)?;
        } else {
            return Ok(ConstraintKindDraft::Foreign { columns, table, referenced, on_delete, on_update });
        }
    }
}

fn action(p: &mut Parser<'_>) -> Parsed<String> {
    let Some(words) = p.eat_any(&["no action", "restrict", "cascade", "set null", "set default"]) else {
        return p.fault("NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT");
    };
    if words.starts_with("set") && p.is_sign("(") {
        p.names_in_parentheses()?;
    }
    Ok(words.to_ascii_uppercase())
}

/// What may follow any constraint.
fn options(p: &mut Parser<'_>, name: Option<String>, kind: ConstraintKindDraft) -> Parsed<ConstraintDraft> {
    let mut validated = true;
    loop {
        let word = p.eat_any(&[
            "not deferrable",
            "deferrable",
            "initially deferred",
            "initially immediate",
            "no inherit",
            "not valid",
            "using index tablespace",
            "with",
        ]);
        match word {
            Some("not valid") => validated = false,
            Some("using index tablespace") => {
                p.name()?;
            }
            Some("with") => {
                p.parenthesised()?;
            }
            Some(_) => {}
            None => return Ok(ConstraintDraft { name, kind, validated }),
        }
    }
}

/// `WITH (a = b, c)` and the like: names with values, as Postgres keeps them.
pub(crate) fn storage_options(p: &mut Parser<'_>) -> Done<Vec<(String, String)>> {
    p.expect_sign("(")?;
    let list = p.list(|p| {
        let mut name = p.name()?;
        while p.eat_sign(".") {
            name = format!("{name}.{}", p.name()?);
        }
        let value = if p.eat_sign("=") {
            let negative = p.eat_sign("-");
            let text = if p.kind_at(0) == Some(crate::parse::lex::Kind::Text) {
                p.string()?
            } else {
                let text = p.text_at(0).to_lowercase();
                p.advance();
                text
            };
            if negative { format!("-{text}") } else { text }
        } else {
            "true".to_owned()
        };
        Ok((name, value))
    })?;
    p.expect_sign(")")?;
    Ok(list)
}

/// Column names as an index definition lists them.
pub(crate) fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ")
}
