//! Names along the search path: where things are made, and which thing a name means.

use super::{Done, Session, duplicate, unresolved};
use crate::catalogue::{Catalogue, Expr, Name, Node, RelationKind, Signature};
use crate::parse::{Parsed, Parser, Written};
use crate::resolve::{Resolver, TypeText, finished, types};

impl Session {
    /// Brings the effective search path in line with what schemas there are.
    pub(crate) fn refresh_path(&mut self) {
        let user = &self.user;
        let expand = |schema: &String| if schema == "$user" { user.clone() } else { schema.clone() };
        let mut path: Vec<String> = self.search_path.iter().map(expand).collect();
        path.retain(|schema| self.catalogue.schemas.contains_key(schema));
        self.path = path;
    }

    /// Looks for names in that schema first, for the time of one statement.
    pub(crate) fn schema_must_exist(&self, schema: &str) -> Done {
        if self.catalogue.schemas.contains_key(schema) {
            Ok(())
        } else {
            unresolved(format!("schema \"{schema}\" does not exist"))
        }
    }

    /// The qualified name of something to be made.
    pub(crate) fn new_name(&self, written: &Written) -> Done<Name> {
        match &written.schema {
            Some(schema) => {
                let schema = if schema == "pg_temp" { "pg_temp" } else { schema };
                if schema != "pg_temp" {
                    self.schema_must_exist(schema)?;
                }
                Ok(Name::new(schema, &written.name))
            }
            None => match self.path.first() {
                Some(schema) => Ok(Name::new(schema, &written.name)),
                None => unresolved("no schema has been selected to create in"),
            },
        }
    }

    /// The first of the path's schemas in which `found` holds for the name.
    pub(crate) fn look_up(&self, written: &Written, found: impl Fn(&Name) -> bool) -> Option<Name> {
        match &written.schema {
            Some(schema) => Some(Name::new(schema, &written.name)).filter(|name| found(name)),
            None => std::iter::once("pg_temp")
                .chain(self.path.iter().map(String::as_str))
                .map(|schema| Name::new(schema, &written.name))
                .find(|name| found(name)),
        }
    }

    pub(crate) fn find_relation(&self, written: &Written) -> Option<Name> {
        self.look_up(written, |name| self.catalogue.relations.contains_key(name))
    }

    /// The relation that a name means.
    pub(crate) fn relation(&self, written: &Written) -> Done<Name> {
        match self.find_relation(written) {
            Some(name) => Ok(name),
            None => unresolved(format!("relation \"{written}\" does not exist")),
        }
    }

    /// A relation, or `None` under IF EXISTS.
    pub(crate) fn relation_if(&self, written: &Written, if_exists: bool) -> Done<Option<Name>> {
        match self.find_relation(written) {
            None if if_exists => Ok(None),
            Some(name) => Ok(Some(name)),
            None => self.relation(written).map(Some),
        }
    }

    /// The kind of a relation that is there.
    pub(crate) fn kind_of(&self, name: &Name) -> Option<RelationKind> {
        self.catalogue.relations.get(name).map(|relation| relation.kind)
    }

    /// Complains if a relation or index of that name is there.
    pub(crate) fn name_is_free(&self, name: &Name) -> Done {
        if self.catalogue.relations.contains_key(name) || self.index_owners.contains_key(name) {
            return duplicate(format!("relation \"{}\" already exists", name.name));
        }
        Ok(())
    }

    pub(crate) fn find_type(&self, written: &Written) -> Option<Name> {
        self.look_up(written, |name| self.catalogue.types.contains_key(name))
    }

    /// `format_type`'s form of a written type.
    pub(crate) fn type_text(&self, written: &str) -> Done<String> {
        Ok(types::type_name(&self.catalogue, &self.path, written)?)
    }

    /// The function that a name with argument types means; without types, the only one of its name.
    pub(crate) fn find_function(&self, written: &Written, args: Option<&[String]>) -> Done<Option<Signature>> {
        let schemas: Vec<&str> = match &written.schema {
            Some(schema) => vec![schema],
            None => self.path.iter().map(String::as_str).collect(),
        };
        let wanted = match args {
            Some(args) => {
                let mut found = Vec::new();
                for arg in args {
                    found.push(types::type_name(&self.catalogue, &self.path, arg).unwrap_or_else(|_| arg.clone()));
                }
                Some(found)
            }
            None => None,
        };
        for schema in schemas {
            let overloads: Vec<&Signature> = self
                .catalogue
                .overloads(schema, &written.name)
                .filter(|function| wanted.as_ref().is_none_or(|args| same_types(args, &function.signature.args)))
                .map(|function| &function.signature)
                .collect();
            match overloads.as_slice() {
                [] => {}
                [only] => return Ok(Some((*only).clone())),
                _ => return super::refused(format!("function name \"{written}\" is not unique")),
            }
        }
        Ok(None)
    }

    pub(crate) fn resolver(&self) -> Resolver<'_> {
        Resolver::new(&self.catalogue, &self.path)
    }

    /// An expression on a table's rows, resolved and printed. A constant becomes of type `target`.
    pub(crate) fn expression_on(
        &self,
        table: &Name,
        columns: Vec<(String, TypeText)>,
        node: Node,
        target: Option<&str>,
    ) -> Done<Expr> {
        let (node, own) = self.resolver().on_table(table, columns, node)?;
        let node = match target {
            Some(target) => crate::resolve::coerce::to(node, &own, target),
            None => node,
        };
        Ok(finished(node))
    }

    /// An expression without a table.
    pub(crate) fn free_expression(&self, node: Node, target: Option<&str>) -> Done<Expr> {
        let (node, own) = self.resolver().expression(node)?;
        let node = match target {
            Some(target) => crate::resolve::coerce::to(node, &own, target),
            None => node,
        };
        Ok(finished(node))
    }

    /// A role by name as written: `CURRENT_USER` and the like are the role in force.
    pub(crate) fn role_name(&self, parser: &mut Parser<'_>) -> Parsed<String> {
        parser.eat("group");
        if parser.eat_any(&["current_user", "current_role", "session_user"]).is_some() {
            return Ok(self.user.clone());
        }
        parser.name()
    }

    /// Complains unless the role is there; PUBLIC is not a role.
    pub(crate) fn role_must_exist(&self, role: &str) -> Done {
        if self.catalogue.roles.contains_key(role) {
            Ok(())
        } else {
            unresolved(format!("role \"{role}\" does not exist"))
        }
    }

    /// A name that is free in a schema: `base`, `base1`, `base2`, … after Postgres's rules.
    pub(crate) fn free_index_name(&self, schema: &str, table: &str, columns: &str, label: &str) -> String {
        for pass in 0u32.. {
            let label = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
            let name = Name::new(schema, object_name(table, columns, &label));
            if !self.catalogue.relations.contains_key(&name) && !self.index_owners.contains_key(&name) {
                return name.name;
            }
        }
        String::new()
    }

    /// Notes anew where the indexes belong, after something was renamed or moved.
    pub(crate) fn rebuild_index_owners(&mut self) {
        self.index_owners = index_owners(&self.catalogue);
    }
}

pub(crate) fn index_owners(catalogue: &Catalogue) -> std::collections::BTreeMap<Name, Name> {
    let mut owners = std::collections::BTreeMap::new();
    for relation in catalogue.relations.values() {
        for index in relation.indexes.keys() {
            owners.insert(Name::new(&relation.name.schema, index), relation.name.clone());
        }
    }
    owners
}

/// Whether argument types are the same; lengths do not count.
fn same_types(written: &[String], own: &[String]) -> bool {
    written.len() == own.len() && written.iter().zip(own).all(|(a, b)| a == b || crate::resolve::coerce::bare(a) == *b)
}

/// `table_columns_label`, shortened to 63 bytes as `makeObjectName` of Postgres does.
pub(crate) fn object_name(table: &str, columns: &str, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(!columns.is_empty());
    let room = 63usize.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second {
            first -= 1;
        } else if second > 0 {
            second -= 1;
        } else {
            break;
        }
    }
    let clip = |text: &str, mut length: usize| {
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        text[..length].to_owned()
    };
    let mut name = clip(table, first);
    if !columns.is_empty() {
        name.push('_');
        name.push_str(&clip(columns, second));
    }
    name.push('_');
    name.push_str(label);
    name
}

#[cfg(test)]
mod tests {
    use super::object_name;

    #[test]
    fn names_of_constraints_are_cut_as_postgres_does() {
        assert_eq!(object_name("users", "email", "key"), "users_email_key");
        assert_eq!(object_name("users", "", "pkey"), "users_pkey");
        let long = object_name(&"a".repeat(60), &"b".repeat(20), "fkey");
        assert_eq!(long.len(), 63);
        assert_eq!(long, format!("{}_{}_fkey", "a".repeat(37), "b".repeat(20)));
    }
}
