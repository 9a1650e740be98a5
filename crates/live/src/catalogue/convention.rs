//! Names as the catalogue's convention has them: those of `public` stand without their schema in texts.
//!
//! The replay prints as `pg_get_expr` does with `search_path = public`. Here that setting would let operators and functions of
//! the project's `public` schema take part in our queries, so the schema is taken off afterwards.

use lunette_sql::catalogue::{Catalogue, ConstraintKind, Expr, Function, Relation, TypeKind};

/// Takes the schema `public` off all texts and types.
pub(super) fn apply(catalogue: &mut Catalogue) {
    catalogue.relations.values_mut().for_each(relation);
    let functions = std::mem::take(&mut catalogue.functions);
    for mut made in functions.into_values() {
        function(&mut made);
        catalogue.functions.insert(made.signature.clone(), made);
    }
    for trigger in catalogue.event_triggers.values_mut() {
        trigger.function.args.iter_mut().for_each(take_off);
    }
    for made in catalogue.types.values_mut() {
        match &mut made.kind {
            TypeKind::Domain { base, default, checks, .. } => {
                take_off(base);
                default.iter_mut().chain(checks.values_mut()).for_each(expr);
            }
            TypeKind::Composite { fields } => fields.iter_mut().for_each(|(_, kind)| take_off(kind)),
            TypeKind::Range { subtype } => take_off(subtype),
            TypeKind::Enum { .. } | TypeKind::Base => {}
        }
    }
}

fn relation(relation: &mut Relation) {
    for column in &mut relation.columns {
        take_off(&mut column.type_name);
        column.default.iter_mut().for_each(expr);
    }
    for constraint in &mut relation.constraints {
        match &mut constraint.kind {
            ConstraintKind::Check { expression } => expr(expression),
            ConstraintKind::Exclude { definition } => take_off(definition),
            _ => {}
        }
    }
    for index in relation.indexes.values_mut() {
        index.keys.iter_mut().for_each(take_off);
        index.predicate.iter_mut().for_each(expr);
    }
    for policy in relation.policies.values_mut() {
        policy.using.iter_mut().chain(policy.with_check.iter_mut()).for_each(expr);
    }
    for trigger in relation.triggers.values_mut() {
        trigger.when.iter_mut().for_each(expr);
        trigger.function.args.iter_mut().for_each(take_off);
    }
    if let Some(query) = &mut relation.query {
        take_off(&mut query.text);
    }
}

fn function(function: &mut Function) {
    function.signature.args.iter_mut().for_each(take_off);
    take_off(&mut function.returns);
    for argument in &mut function.arguments {
        take_off(&mut argument.type_name);
        argument.default.iter_mut().for_each(expr);
    }
}

fn expr(expr: &mut Expr) {
    take_off(&mut expr.text);
}

/// Takes `public.` off, except in constants and quoted names.
fn take_off(text: &mut String) {
    const PREFIX: &str = "public.";
    if !text.contains(PREFIX) {
        return;
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            // A doubled quote ends one constant and begins the next: the same in the end.
            let end = rest[1..].find(first).map_or(rest.len(), |at| at + 2);
            // The name of a relation is printed as a constant (`nextval('s'::regclass)`).
            let is_name = first == '\'' && rest[end..].starts_with("::regclass");
            match rest[1..end].strip_prefix(PREFIX).filter(|_| is_name) {
                Some(name) => {
                    out.push('\'');
                    out.push_str(name);
                }
                None => out.push_str(&rest[..end]),
            }
            rest = &rest[end..];
            after_word = first == '"';
        } else if !after_word && let Some(name) = rest.strip_prefix(PREFIX) {
            rest = name;
        } else {
            after_word = first.is_alphanumeric() || matches!(first, '_' | '$' | '.');
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    *text = out;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_taken_off_names_only() {
        for (text, expected) in [
            ("public.mood", "mood"),
            ("public.\"Odd\"[]", "\"Odd\"[]"),
            (
                "(EXISTS ( SELECT 1\n   FROM public.a a_1, app.public.b))",
                "(EXISTS ( SELECT 1\n   FROM a a_1, app.public.b))",
            ),
            ("(title = 'public.x'::text)", "(title = 'public.x'::text)"),
            ("(title = 'it''s public.x'::public.mood)", "(title = 'it''s public.x'::mood)"),
            ("\"x public.y\".z", "\"x public.y\".z"),
            ("republic.x", "republic.x"),
            ("nextval('public.s'::regclass)", "nextval('s'::regclass)"),
            ("integer", "integer"),
        ] {
            let mut made = text.to_owned();
            take_off(&mut made);
            assert_eq!(made, expected);
        }
    }
}
