//! Types and domains.

use std::collections::BTreeMap;

use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{Name, Node, ObjectKind, Type, TypeKind};
use crate::parse::{Parser, Written};
use crate::resolve::coerce::to;
use crate::resolve::finished;

impl Session {
    fn new_type(&self, name: Name, kind: TypeKind) -> Type {
        Type {
            acl: self.new_acl(ObjectKind::Types, &self.user, Some(&name.schema)),
            name,
            kind,
            owner: self.user.clone(),
            comment: None,
            extension: None,
            origin: self.origin.clone(),
        }
    }

    fn add_type(&mut self, written: &Written, kind: TypeKind) -> Done {
        let name = self.new_name(written)?;
        let taken = self.catalogue.types.get(&name).is_some_and(|found| found.kind != TypeKind::Base)
            || self.catalogue.relations.contains_key(&name);
        if taken {
            return duplicate(format!("type \"{}\" already exists", name.name));
        }
        let new = self.new_type(name.clone(), kind);
        self.catalogue.types.insert(name, new);
        Ok(())
    }

    pub(crate) fn create_type(&mut self, p: &mut Parser<'_>) -> Done {
        let written = p.qualified()?;
        let kind = if p.eat("as enum") {
            p.expect_sign("(")?;
            let labels = if p.is_sign(")") { Vec::new() } else { p.list(Parser::string)? };
            p.expect_sign(")")?;
            TypeKind::Enum { labels }
        } else if p.eat("as range") {
            let inner = p.parenthesised()?;
            TypeKind::Range { subtype: inner.to_owned() }
        } else if p.eat("as") {
            p.expect_sign("(")?;
            let fields = if p.is_sign(")") {
                Vec::new()
            } else {
                p.list(|p| {
                    let name = p.name()?;
                    let type_name = p.type_name()?.text;
                    if p.eat("collate") {
                        p.qualified()?;
                    }
                    Ok((name, type_name))
                })?
            };
            p.expect_sign(")")?;
            let mut resolved = Vec::new();
            for (name, type_name) in fields {
                resolved.push((name, self.type_text(&type_name)?));
            }
            TypeKind::Composite { fields: resolved }
        } else {
            p.rest();
            TypeKind::Base
        };
        p.end()?;
        self.add_type(&written, kind)
    }

    pub(crate) fn create_domain(&mut self, p: &mut Parser<'_>) -> Done {
        let written = p.qualified()?;
        p.eat("as");
        let base = p.type_name()?.text;
        let base = self.type_text(&base)?;
        let (mut not_null, mut default) = (false, None);
        let mut checks: Vec<(Option<String>, Node)> = Vec::new();
        while !p.is_end() {
            let name = if p.eat("constraint") { Some(p.name()?) } else { None };
            if p.eat("not null") {
                not_null = true;
            } else if p.eat("null") {
            } else if p.eat("default") {
                let target = super::tables::default_type(&base);
                let node = p.expression()?;
                default = Some(self.free_expression(node, Some(&target))?);
            } else if p.eat("check") {
                p.expect_sign("(")?;
                checks.push((name, p.expression()?));
                p.expect_sign(")")?;
            } else if p.eat("collate") {
                p.qualified()?;
            } else {
                return p.fault("a property of a domain").map_err(Into::into);
            }
        }
        let mut named = BTreeMap::new();
        for (name, node) in checks {
            let name = name.unwrap_or_else(|| free_check(&written.name, &named));
            named.insert(name, self.domain_check(&base, node)?);
        }
        self.add_type(&written, TypeKind::Domain { base, not_null, default, checks: named })
    }

    fn domain_check(&self, base: &str, node: Node) -> Done<crate::catalogue::Expr> {
        let columns = vec![("value".to_owned(), base.to_owned())];
        let (mut node, own) = self.resolver().on_table(&Name::new("", ""), columns, node)?;
        upper_value(&mut node);
        Ok(finished(to(node, &own, "boolean")))
    }

    pub(crate) fn alter_type(&mut self, p: &mut Parser<'_>) -> Done {
        let written = p.qualified()?;
        if p.eat("add value") {
            let if_not_exists = p.if_not_exists();
            let label = p.string()?;
            let place = p.eat_any(&["before", "after"]);
            let beside = if place.is_some() { Some(p.string()?) } else { None };
            p.end()?;
            return self.add_label(&written, if_not_exists, label, place == Some("before"), beside.as_deref());
        }
        let Some(name) = self.find_type(&written) else {
            // A table's row type, or nothing.
            p.rest();
            return unresolved(format!("type \"{written}\" does not exist"));
        };
        if p.eat("rename value") {
            let old = p.string()?;
            p.expect("to")?;
            let new = p.string()?;
            p.end()?;
            if let Some(Type { kind: TypeKind::Enum { labels }, .. }) = self.catalogue.types.get_mut(&name) {
                match labels.iter_mut().find(|label| **label == old) {
                    Some(label) => *label = new,
                    None => return unresolved(format!("\"{old}\" is not an existing enum label")),
                }
            }
            return Ok(());
        }
        if p.eat("rename to") {
            let new = Name::new(&name.schema, p.name()?);
            p.end()?;
            return self.move_type(&name, &new);
        }
        if p.eat("set schema") {
            let schema = p.name()?;
            p.end()?;
            self.schema_must_exist(&schema)?;
            return self.move_type(&name, &Name::new(schema, &name.name));
        }
        if p.eat("owner to") {
            let role = self.role_name(p)?;
            p.end()?;
            self.role_must_exist(&role)?;
            if let Some(found) = self.catalogue.types.get_mut(&name) {
                let old = std::mem::replace(&mut found.owner, role.clone());
                found.acl.iter_mut().for_each(|acl| super::schemas::rename_owner(acl, &old, &role));
            }
            return Ok(());
        }
        self.alter_composite(p, &name)
    }

    fn alter_composite(&mut self, p: &mut Parser<'_>, name: &Name) -> Done {
        let Some(Type { kind: TypeKind::Composite { fields }, .. }) = self.catalogue.types.get(name) else {
            p.rest();
            return Ok(());
        };
        let mut fields = fields.clone();
        loop {
            if p.eat("add attribute") {
                let field = p.name()?;
                let type_name = p.type_name()?.text;
                fields.push((field, self.type_text(&type_name)?));
            } else if p.eat("drop attribute") {
                p.if_exists();
                let field = p.name()?;
                fields.retain(|(own, _)| *own != field);
            } else if p.eat("rename attribute") {
                let field = p.name()?;
                p.expect("to")?;
                let new = p.name()?;
                fields.iter_mut().filter(|(own, _)| *own == field).for_each(|(own, _)| own.clone_from(&new));
            } else if p.eat("alter attribute") {
                let field = p.name()?;
                p.eat("set data");
                p.expect("type")?;
                let type_name = p.type_name()?.text;
                let type_name = self.type_text(&type_name)?;
                fields.iter_mut().filter(|(own, _)| *own == field).for_each(|(_, own)| own.clone_from(&type_name));
            } else {
                p.rest();
                break;
            }
            p.cascade();
            if !p.eat_sign(",") {
                break;
            }
        }
        p.end()?;
        if let Some(found) = self.catalogue.types.get_mut(name) {
            found.kind = TypeKind::Composite { fields };
        }
        Ok(())
    }

    fn add_label(&mut self, written: &Written, quiet: bool, label: String, before: bool, beside: Option<&str>) -> Done {
        let Some(name) = self.find_type(written) else {
            return unresolved(format!("type \"{written}\" does not exist"));
        };
        let Some(Type { kind: TypeKind::Enum { labels }, .. }) = self.catalogue.types.get_mut(&name) else {
            return refused(format!("\"{written}\" is not an enum"));
        };
        if labels.contains(&label) {
            return if quiet { Ok(()) } else { duplicate(format!("enum label \"{label}\" already exists")) };
        }
        let at = match beside {
            None => labels.len(),
            Some(beside) => match labels.iter().position(|own| own == beside) {
                Some(at) => at + usize::from(!before),
                None => return unresolved(format!("\"{beside}\" is not an existing enum label")),
            },
        };
        labels.insert(at, label);
        Ok(())
    }

    fn move_type(&mut self, from: &Name, to: &Name) -> Done {
        if self.catalogue.types.contains_key(to) || self.catalogue.relations.contains_key(to) {
            return duplicate(format!("type \"{}\" already exists", to.name));
        }
        if let Some(mut found) = self.catalogue.types.remove(from) {
            found.name = to.clone();
            self.catalogue.types.insert(to.clone(), found);
            self.type_renamed(from, to);
        }
        Ok(())
    }

    pub(crate) fn alter_domain(&mut self, p: &mut Parser<'_>) -> Done {
        let written = p.qualified()?;
        let Some(name) = self.find_type(&written) else {
            p.rest();
            return unresolved(format!("type \"{written}\" does not exist"));
        };
        if p.eat("rename to") {
            let new = Name::new(&name.schema, p.name()?);
            p.end()?;
            return self.move_type(&name, &new);
        }
        let Some(Type { kind: TypeKind::Domain { base, mut not_null, mut default, mut checks }, .. }) =
            self.catalogue.types.get(&name).cloned()
        else {
            p.rest();
            return refused(format!("\"{written}\" is not a domain"));
        };
        if let Some(words) = p.eat_any(&["set not null", "drop not null"]) {
            not_null = words.starts_with("set");
        } else if p.eat("set default") {
            let target = super::tables::default_type(&base);
            let node = p.expression()?;
            default = Some(self.free_expression(node, Some(&target))?);
        } else if p.eat("drop default") {
            default = None;
        } else if p.eat("add") {
            let constraint = if p.eat("constraint") { Some(p.name()?) } else { None };
            p.expect("check")?;
            p.expect_sign("(")?;
            let node = p.expression()?;
            p.expect_sign(")")?;
            p.eat("not valid");
            let constraint = constraint.unwrap_or_else(|| free_check(&name.name, &checks));
            checks.insert(constraint, self.domain_check(&base, node)?);
        } else if p.eat("drop constraint") {
            let quiet = p.if_exists();
            let constraint = p.name()?;
            p.cascade();
            if checks.remove(&constraint).is_none() && !quiet {
                return unresolved(format!("constraint \"{constraint}\" of domain \"{}\" does not exist", name.name));
            }
        } else {
            p.rest();
        }
        p.end()?;
        if let Some(found) = self.catalogue.types.get_mut(&name) {
            found.kind = TypeKind::Domain { base, not_null, default, checks };
            found.origin = self.origin.clone();
        }
        Ok(())
    }
}

fn free_check(domain: &str, taken: &BTreeMap<String, crate::catalogue::Expr>) -> String {
    let base = format!("{domain}_check");
    let mut name = base.clone();
    let mut pass = 0;
    while taken.contains_key(&name) {
        pass += 1;
        name = format!("{base}{pass}");
    }
    name
}

/// The value that a domain's check is about is printed as VALUE.
fn upper_value(node: &mut Node) {
    crate::resolve::rewrite::node(node, &mut |node| {
        if let Node::Column { name, qualifier: None, .. } = node
            && name == "value"
        {
            *node = Node::Other("VALUE".into());
        }
    });
}
