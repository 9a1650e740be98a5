//! CREATE FUNCTION, PROCEDURE and AGGREGATE.

use std::collections::BTreeMap;

use super::lines::Site;
use super::{Done, Session, duplicate, refused};
use crate::catalogue::{
    Argument, ArgumentMode, Expr, Function, FunctionKind, Node, ObjectKind, Signature, Volatility, quote_ident,
};
use crate::parse::lex::{Kind, dollar_body, text_value};
use crate::parse::{Parsed, Parser, Written};

/// An argument as written.
#[derive(Debug)]
pub(crate) struct ArgumentDraft {
    pub(crate) name: Option<String>,
    pub(crate) mode: ArgumentMode,
    pub(crate) type_name: String,
    pub(crate) default: Option<Node>,
}

/// Attributes of a function, as far as they are written.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) language: Option<String>,
    pub(crate) security_definer: Option<bool>,
    pub(crate) volatility: Option<Volatility>,
    pub(crate) strict: Option<bool>,
    pub(crate) leakproof: Option<bool>,
    pub(crate) window: bool,
    /// SET: name and value; no value is RESET (or SET TO DEFAULT); RESET ALL is an empty name.
    pub(crate) config: Vec<(String, Option<String>)>,
    pub(crate) body: Option<String>,
    pub(crate) body_at: (u32, u32),
}

/// Arguments in parentheses.
pub(crate) fn arguments(p: &mut Parser<'_>) -> Parsed<Vec<ArgumentDraft>> {
    p.expect_sign("(")?;
    if p.eat_sign(")") {
        return Ok(Vec::new());
    }
    if p.is_sign("*") {
        p.advance();
        p.expect_sign(")")?;
        return Ok(Vec::new());
    }
    let mut list = p.list(argument)?;
    if p.eat("order by") {
        list.extend(p.list(argument)?);
    }
    p.expect_sign(")")?;
    Ok(list)
}

fn mode(p: &mut Parser<'_>) -> Option<ArgumentMode> {
    Some(match p.eat_any(&["in out", "inout", "in", "out", "variadic"])? {
        "in out" | "inout" => ArgumentMode::InOut,
        "in" => ArgumentMode::In,
        "out" => ArgumentMode::Out,
        _ => ArgumentMode::Variadic,
    })
}

fn argument(p: &mut Parser<'_>) -> Parsed<ArgumentDraft> {
    let before = mode(p);
    // A name stands before the type, if what follows the first word begins a type, too.
    let mark = p.mark();
    let two_words = ["double", "character", "national", "bit", "timestamp", "time", "setof", "char", "interval"];
    let named = p.is_name_at(0)
        && p.is_name_at(1)
        && !["default"].iter().any(|word| p.word_at(1, word))
        && !(two_words.iter().any(|word| p.word_at(0, word))
            && ["precision", "varying", "with", "without", "character", "char"].iter().any(|word| p.word_at(1, word)));
    let name = if named { Some(p.name()?) } else { None };
    let after = if before.is_none() { mode(p) } else { None };
    if after.is_some() && p.is_end() {
        p.back_to(mark);
    }
    let type_name = p.type_name()?.text;
    let default = if p.eat("default") || p.eat_sign("=") || p.eat_sign(":=") { Some(p.expression()?) } else { None };
    Ok(ArgumentDraft { name, mode: before.or(after).unwrap_or(ArgumentMode::In), type_name, default })
}

impl Session {
    pub(crate) fn create_function(
        &mut self,
        p: &mut Parser<'_>,
        replace: bool,
        procedure: bool,
        site: Site<'_>,
    ) -> Done {
        let written = p.qualified()?;
        let drafts = arguments(p)?;
        let mut returns = None;
        let mut table = Vec::new();
        if p.eat("returns") {
            if p.peek("table") && p.sign_at(1, "(") {
                p.eat("table");
                table = arguments(p)?;
                returns = Some(("record".to_owned(), true));
            } else {
                let found = p.type_name()?;
                returns = Some((found.text, found.set));
            }
        }
        let attributes = attributes(p, &site)?;
        p.end()?;
        let name = self.new_name(&written)?;
        let mut arguments = Vec::new();
        for draft in drafts {
            arguments.push(self.argument(draft)?);
        }
        for draft in table {
            let mut argument = self.argument(draft)?;
            argument.mode = ArgumentMode::Table;
            arguments.push(argument);
        }
        let (returns, returns_set) = self.returned(returns, &arguments, procedure)?;
        let args =
            arguments.iter().filter(|argument| argument.mode.is_input()).map(|argument| argument.type_name.clone());
        let signature = Signature { schema: name.schema, name: name.name, args: args.collect() };
        let Some(language) = attributes.language.or_else(|| attributes.body.as_ref().map(|_| "sql".into())) else {
            return refused("no language specified");
        };
        let kind = match (procedure, attributes.window) {
            (true, _) => FunctionKind::Procedure,
            (false, true) => FunctionKind::Window,
            (false, false) => FunctionKind::Function,
        };
        let mut config = BTreeMap::new();
        set_config(&mut config, attributes.config, &self.search_path);
        let mut function = Function {
            acl: self.new_acl(ObjectKind::Functions, &self.user, Some(&signature.schema)),
            signature: signature.clone(),
            kind,
            arguments,
            returns,
            returns_set,
            language,
            security_definer: attributes.security_definer.unwrap_or(false),
            config,
            volatility: attributes.volatility.unwrap_or_default(),
            strict: attributes.strict.unwrap_or(false),
            leakproof: attributes.leakproof.unwrap_or(false),
            body: attributes.body.unwrap_or_default(),
            body_at: attributes.body_at,
            owner: self.user.clone(),
            comment: None,
            extension: None,
            origin: self.origin.clone(),
            altered: None,
        };
        if let Some(old) = self.catalogue.functions.get(&signature) {
            if !replace {
                return duplicate(format!("function \"{}\" already exists with same argument types", signature.name));
            }
            if (old.kind == FunctionKind::Procedure) != procedure {
                return refused("cannot change routine kind");
            }
            if !procedure && (old.returns != function.returns || old.returns_set != function.returns_set) {
                return refused(format!("cannot change return type of existing function {}", signature.name));
            }
            if let Some((old, _)) = old
                .arguments
                .iter()
                .zip(&function.arguments)
                .find(|(old, new)| old.mode.is_input() && old.name.is_some() && old.name != new.name)
            {
                let name = old.name.clone().unwrap_or_default();
                return refused(format!("cannot change name of input parameter \"{name}\""));
            }
            function.owner.clone_from(&old.owner);
            function.acl.clone_from(&old.acl);
            function.comment.clone_from(&old.comment);
        }
        self.catalogue.functions.insert(signature, function);
        Ok(())
    }

    fn argument(&self, draft: ArgumentDraft) -> Done<Argument> {
        // Lengths are no part of an argument's type.
        let written = self.type_text(&draft.type_name)?;
        let type_name = crate::resolve::coerce::bare(&written);
        let default: Option<Expr> = match draft.default {
            Some(node) => Some(self.free_expression(node, Some(&type_name))?),
            None => None,
        };
        let name = draft.name.filter(|name| !name.is_empty());
        Ok(Argument { name, mode: draft.mode, type_name, default })
    }

    /// What a function returns: as written, or what its OUT arguments make.
    fn returned(
        &self,
        written: Option<(String, bool)>,
        arguments: &[Argument],
        procedure: bool,
    ) -> Done<(String, bool)> {
        let out: Vec<&Argument> = arguments
            .iter()
            .filter(|argument| matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut | ArgumentMode::Table))
            .collect();
        if procedure {
            return Ok((if out.is_empty() { String::new() } else { "record".into() }, false));
        }
        if out.iter().any(|argument| argument.mode == ArgumentMode::Table) {
            return Ok(match out.as_slice() {
                [only] => (only.type_name.clone(), true),
                _ => ("record".into(), true),
            });
        }
        match (written, out.as_slice()) {
            (Some((written, set)), _) => Ok((crate::resolve::coerce::bare(&self.type_text(&written)?), set)),
            (None, []) => refused("function result type must be specified"),
            (None, [only]) => Ok((only.type_name.clone(), false)),
            (None, _) => Ok(("record".into(), false)),
        }
    }

    /// Aggregates are known by name and arguments only.
    pub(crate) fn create_aggregate(&mut self, p: &mut Parser<'_>, replace: bool) -> Done {
        let written = p.qualified()?;
        let drafts = if p.is_sign("(") { arguments(p).unwrap_or_default() } else { Vec::new() };
        p.rest();
        let name = self.new_name(&written)?;
        let mut arguments = Vec::new();
        for draft in drafts {
            arguments.push(self.argument(draft)?);
        }
        let args = arguments.iter().map(|argument| argument.type_name.clone()).collect();
        let signature = Signature { schema: name.schema, name: name.name, args };
        if self.catalogue.functions.contains_key(&signature) && !replace {
            return duplicate(format!("function \"{}\" already exists with same argument types", signature.name));
        }
        let function = Function {
            acl: self.new_acl(ObjectKind::Functions, &self.user, Some(&signature.schema)),
            signature: signature.clone(),
            kind: FunctionKind::Aggregate,
            arguments,
            returns: String::new(),
            returns_set: false,
            language: "internal".into(),
            security_definer: false,
            config: BTreeMap::new(),
            volatility: Volatility::Immutable,
            strict: false,
            leakproof: false,
            body: "aggregate_dummy".into(),
            body_at: (0, 0),
            owner: self.user.clone(),
            comment: None,
            extension: None,
            origin: self.origin.clone(),
            altered: None,
        };
        self.catalogue.functions.insert(signature, function);
        Ok(())
    }

    /// The function named by DROP, ALTER, GRANT: with argument types, or the only one of its name.
    #[allow(clippy::unused_self, reason = "called as every reference is")]
    pub(crate) fn function_reference(&self, p: &mut Parser<'_>) -> Parsed<(Written, Option<Vec<String>>)> {
        let written = p.qualified()?;
        if !p.is_sign("(") {
            return Ok((written, None));
        }
        let args = arguments(p)?;
        let types = args.into_iter().filter(|draft| draft.mode.is_input()).map(|draft| draft.type_name).collect();
        Ok((written, Some(types)))
    }
}

/// Settings of SET and RESET clauses carried out.
pub(crate) fn set_config(
    config: &mut BTreeMap<String, String>,
    changes: Vec<(String, Option<String>)>,
    path: &[String],
) {
    for (name, value) in changes {
        match value {
            None if name.is_empty() => config.clear(),
            None => {
                config.remove(&name);
            }
            Some(value) if value == FROM_CURRENT => {
                let quoted: Vec<_> = path.iter().map(|schema| quote_ident(schema)).collect();
                config.insert(name, if quoted.is_empty() { "\"\"".into() } else { quoted.join(", ") });
            }
            Some(value) => {
                config.insert(name, value);
            }
        }
    }
}

/// SET … FROM CURRENT.
const FROM_CURRENT: &str = "\u{0}current";

/// Attributes in any order, up to the end of the statement.
fn attributes(p: &mut Parser<'_>, site: &Site<'_>) -> Parsed<Attributes> {
    let mut found = Attributes::default();
    while !p.is_end() {
        if attribute(p, &mut found)? {
            continue;
        }
        if p.eat("language") {
            let language = if p.kind_at(0) == Some(Kind::Text) { p.string()? } else { p.name()? };
            found.language = Some(language.to_lowercase());
        } else if p.eat("as") {
            body(p, &mut found, site)?;
        } else if p.eat("window") {
            found.window = true;
        } else if p.eat("transform") {
            p.list(|p| {
                p.expect("for type")?;
                p.type_name()
            })?;
        } else if p.peek("return") || p.peek("begin atomic") {
            found.body_at = site.position(p.offset());
            found.body = Some(p.rest().to_owned());
        } else {
            return p.fault("an attribute of a function");
        }
    }
    Ok(found)
}

/// `AS 'text'`, `AS $$…$$`, `AS 'object', 'symbol'`.
fn body(p: &mut Parser<'_>, found: &mut Attributes, site: &Site<'_>) -> Parsed<()> {
    let raw = p.text_at(0);
    if p.kind_at(0) != Some(Kind::Text) {
        return p.fault("a function's body");
    }
    let value = text_value(raw);
    let skipped = if raw.starts_with('$') {
        (dollar_body(raw).as_ptr() as usize).saturating_sub(raw.as_ptr() as usize)
    } else {
        raw.find('\'').map_or(0, |at| at + 1)
    };
    found.body_at = site.position(p.offset() + skipped as u32);
    p.advance();
    found.body = Some(value);
    if p.eat_sign(",") {
        p.string()?;
    }
    Ok(())
}

/// An attribute that CREATE and ALTER share; false when there is none.
pub(crate) fn attribute(p: &mut Parser<'_>, found: &mut Attributes) -> Parsed<bool> {
    let words = p.eat_any(&[
        "external security definer",
        "external security invoker",
        "security definer",
        "security invoker",
        "immutable",
        "stable",
        "volatile",
        "called on null input",
        "returns null on null input",
        "strict",
        "not leakproof",
        "leakproof",
    ]);
    match words {
        Some("security definer" | "external security definer") => found.security_definer = Some(true),
        Some("security invoker" | "external security invoker") => found.security_definer = Some(false),
        Some("immutable") => found.volatility = Some(Volatility::Immutable),
        Some("stable") => found.volatility = Some(Volatility::Stable),
        Some("volatile") => found.volatility = Some(Volatility::Volatile),
        Some("called on null input") => found.strict = Some(false),
        Some("strict" | "returns null on null input") => found.strict = Some(true),
        Some(words) => found.leakproof = Some(!words.starts_with("not")),
        None => {
            if p.eat_any(&["cost", "rows", "parallel", "support"]).is_some() {
                p.eat_sign("-");
                p.advance();
                while p.eat_sign(".") {
                    p.advance();
                }
                return Ok(true);
            }
            if p.eat("set") {
                found.config.push(setting(p)?);
                return Ok(true);
            }
            if p.eat("reset") {
                let name = if p.eat("all") { String::new() } else { p.name()? };
                found.config.push((name, None));
                return Ok(true);
            }
            return Ok(false);
        }
    }
    Ok(true)
}

/// `name = value`, `name TO value`, `name FROM CURRENT` behind SET: the value as Postgres keeps it.
pub(crate) fn setting(p: &mut Parser<'_>) -> Parsed<(String, Option<String>)> {
    if p.eat("time zone") {
        p.advance();
        return Ok(("timezone".into(), Some(String::new())));
    }
    let mut name = p.name()?;
    while p.eat_sign(".") {
        name = format!("{name}.{}", p.name()?);
    }
    if p.eat("from current") {
        return Ok((name, Some(FROM_CURRENT.into())));
    }
    if !p.eat_sign("=") && !p.eat("to") {
        return p.fault("`=` or TO");
    }
    if p.eat("default") {
        return Ok((name, None));
    }
    let listed = matches!(
        name.as_str(),
        "search_path"
            | "temp_tablespaces"
            | "session_preload_libraries"
            | "local_preload_libraries"
            | "shared_preload_libraries"
    );
    let values = p.list(|p| {
        let negative = p.eat_sign("-");
        let value = match p.kind_at(0) {
            Some(Kind::Text) => p.string()?,
            Some(Kind::Number) => {
                let text = p.text_at(0).to_owned();
                p.advance();
                text
            }
            _ => p.name()?,
        };
        Ok(if negative { format!("-{value}") } else { value })
    })?;
    let shown: Vec<String> =
        values.iter().map(|value| if listed { quote_ident(value).into_owned() } else { value.clone() }).collect();
    Ok((name, Some(shown.join(", "))))
}
