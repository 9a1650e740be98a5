//! Publications.

use std::collections::{BTreeMap, BTreeSet};

use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{Name, Publication, RelationKind};
use crate::parse::{Parser, Written};

/// Tables and schemas of a publication, as written.
type Objects = (Vec<Written>, Vec<String>);

impl Session {
    pub(crate) fn create_publication(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        let all_tables = p.eat("for all tables");
        let objects = if !all_tables && p.eat("for") { objects(p)? } else { Objects::default() };
        let publish = if p.eat("with") { publish(p)? } else { None };
        p.end()?;
        if self.catalogue.publications.contains_key(&name) {
            return duplicate(format!("publication \"{name}\" already exists"));
        }
        let tables = self.published(&objects.0)?;
        let origin = self.origin.clone();
        for schema in &objects.1 {
            self.schema_must_exist(schema)?;
        }
        let publication = Publication {
            name: name.clone(),
            owner: self.user.clone(),
            all_tables,
            tables: tables.into_iter().map(|table| (table, origin.clone())).collect::<BTreeMap<_, _>>(),
            schemas: objects.1.into_iter().map(|schema| (schema, origin.clone())).collect(),
            publish: publish.unwrap_or_else(|| operations("insert, update, delete, truncate")),
            origin,
        };
        self.catalogue.publications.insert(name, publication);
        Ok(())
    }

    fn published(&self, written: &[Written]) -> Done<Vec<Name>> {
        let mut tables = Vec::new();
        for written in written {
            let name = self.relation(written)?;
            if !self.kind_of(&name).is_some_and(RelationKind::is_table) {
                return refused(format!("cannot add relation \"{}\" to publication", name.name));
            }
            tables.push(name);
        }
        Ok(tables)
    }

    pub(crate) fn alter_publication(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        let Some(mut publication) = self.catalogue.publications.get(&name).cloned() else {
            p.rest();
            return unresolved(format!("publication \"{name}\" does not exist"));
        };
        let origin = self.origin.clone();
        if p.eat("rename to") {
            publication.name = p.name()?;
        } else if p.eat("owner to") {
            publication.owner = self.role_name(p)?;
        } else if p.peek("set") && p.sign_at(1, "(") {
            p.eat("set");
            if let Some(publish) = publish(p)? {
                publication.publish = publish;
            }
        } else {
            let Some(action) = p.eat_any(&["add", "set", "drop"]) else {
                return p.fault("ADD, SET or DROP").map_err(Into::into);
            };
            let (tables, schemas) = objects(p)?;
            if action != "drop" && publication.all_tables {
                return refused(format!("publication \"{name}\" is defined as FOR ALL TABLES"));
            }
            let tables = self.published(&tables)?;
            if action == "set" {
                publication.tables.clear();
                publication.schemas.clear();
            }
            for table in tables {
                let had = publication.tables.contains_key(&table);
                match action {
                    "drop" if !had => {
                        return unresolved(format!("relation \"{}\" is not part of the publication", table.name));
                    }
                    "drop" => drop(publication.tables.remove(&table)),
                    "add" if had => {
                        return duplicate(format!(
                            "relation \"{}\" is already member of publication \"{name}\"",
                            table.name
                        ));
                    }
                    _ => drop(publication.tables.insert(table, origin.clone())),
                }
            }
            for schema in schemas {
                if action == "drop" {
                    publication.schemas.remove(&schema);
                } else {
                    self.schema_must_exist(&schema)?;
                    publication.schemas.insert(schema, origin.clone());
                }
            }
        }
        p.end()?;
        self.catalogue.publications.remove(&name);
        self.catalogue.publications.insert(publication.name.clone(), publication);
        Ok(())
    }

    pub(crate) fn drop_publication(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let names = p.list(Parser::name)?;
        p.cascade();
        p.end()?;
        for name in &names {
            if !self.catalogue.publications.contains_key(name) && !if_exists {
                return unresolved(format!("publication \"{name}\" does not exist"));
            }
        }
        names.iter().for_each(|name| drop(self.catalogue.publications.remove(name)));
        Ok(())
    }
}

/// `TABLE a, b (columns) WHERE (…), TABLES IN SCHEMA s`.
fn objects(p: &mut Parser<'_>) -> Done<Objects> {
    let (mut tables, mut schemas) = (Vec::new(), Vec::new());
    let mut in_schemas = false;
    loop {
        if p.eat("tables in schema") {
            in_schemas = true;
        } else if p.eat("table") {
            in_schemas = false;
        }
        if in_schemas {
            schemas.push(p.name()?);
        } else {
            p.eat("only");
            tables.push(p.qualified()?);
            p.eat_sign("*");
            if p.is_sign("(") {
                p.parenthesised()?;
            }
            if p.eat("where") {
                p.parenthesised()?;
            }
        }
        if !p.eat_sign(",") {
            return Ok((tables, schemas));
        }
    }
}

/// `(publish = 'insert, update', …)`.
fn publish(p: &mut Parser<'_>) -> Done<Option<BTreeSet<String>>> {
    let options = super::columns::storage_options(p)?;
    Ok(options.into_iter().find(|(name, _)| name == "publish").map(|(_, value)| operations(&value)))
}

fn operations(list: &str) -> BTreeSet<String> {
    list.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
}
