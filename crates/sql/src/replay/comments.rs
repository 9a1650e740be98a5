//! COMMENT.

use super::{Done, Session, unresolved};
use crate::parse::Parser;
use crate::parse::lex::Kind;

impl Session {
    pub(crate) fn comment(&mut self, p: &mut Parser<'_>) -> Done {
        p.expect("comment on")?;
        let kinds = [
            "table",
            "view",
            "materialized view",
            "foreign table",
            "sequence",
            "column",
            "function",
            "procedure",
            "routine",
            "schema",
            "policy",
            "type",
            "domain",
        ];
        let Some(kind) = p.eat_any(&kinds) else {
            p.rest();
            return Ok(());
        };
        match kind {
            "column" => {
                let mut parts = vec![p.name()?];
                while p.eat_sign(".") {
                    parts.push(p.name()?);
                }
                let text = text(p)?;
                let column = parts.pop().unwrap_or_default();
                let name = parts.pop().unwrap_or_default();
                let relation = self.relation(&crate::parse::Written { schema: parts.pop(), name })?;
                let known =
                    self.catalogue.relations.get(&relation).is_some_and(|found| found.column(&column).is_some());
                if !known {
                    return unresolved(format!("column \"{column}\" of relation \"{}\" does not exist", relation.name));
                }
                self.change(&relation, |relation, _| {
                    let named = relation.columns.iter_mut().find(|own| !own.dropped && own.name == column);
                    named.into_iter().for_each(|own| own.comment.clone_from(&text));
                });
            }
            "function" | "procedure" | "routine" => {
                let (written, args) = self.function_reference(p)?;
                let text = text(p)?;
                let Some(signature) = self.find_function(&written, args.as_deref())? else {
                    return unresolved(format!("function {written} does not exist"));
                };
                if let Some(function) = self.catalogue.functions.get_mut(&signature) {
                    function.comment = text;
                }
            }
            "schema" => {
                let name = p.name()?;
                let text = text(p)?;
                self.schema_must_exist(&name)?;
                if let Some(schema) = self.catalogue.schemas.get_mut(&name) {
                    schema.comment = text;
                }
            }
            "policy" => {
                let name = p.name()?;
                p.expect("on")?;
                let written = p.qualified()?;
                let text = text(p)?;
                let table = self.relation(&written)?;
                let mut found = false;
                self.change(&table, |relation, _| {
                    if let Some(policy) = relation.policies.get_mut(&name) {
                        policy.comment = text;
                        found = true;
                    }
                });
                if !found {
                    return unresolved(format!("policy \"{name}\" for table \"{}\" does not exist", table.name));
                }
            }
            "type" | "domain" => {
                let written = p.qualified()?;
                let text = text(p)?;
                if let Some(found) = self.find_type(&written).and_then(|name| self.catalogue.types.get_mut(&name)) {
                    found.comment = text;
                } else if self.find_relation(&written).is_none() {
                    return unresolved(format!("type \"{written}\" does not exist"));
                }
            }
            _ => {
                let written = p.qualified()?;
                let text = text(p)?;
                let relation = self.relation(&written)?;
                self.change(&relation, |relation, _| relation.comment = text);
            }
        }
        Ok(())
    }
}

/// `IS 'text'`, `IS NULL`.
fn text(p: &mut Parser<'_>) -> Done<Option<String>> {
    p.expect("is")?;
    if p.eat("null") {
        return Ok(None);
    }
    if p.kind_at(0) != Some(Kind::Text) {
        return p.fault("a string or NULL").map_err(Into::into);
    }
    let text = p.string()?;
    p.end()?;
    Ok(Some(text))
}
