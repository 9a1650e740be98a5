//! Triggers.

use super::alter_table::typed_columns;
use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{Signature, Trigger};
use crate::parse::Parser;
use crate::resolve::finished;

impl Session {
    pub(crate) fn create_trigger(&mut self, p: &mut Parser<'_>, replace: bool) -> Done {
        let name = p.name()?;
        let Some(timing) = p.eat_any(&["before", "after", "instead of"]) else {
            return p.fault("BEFORE, AFTER or INSTEAD OF").map_err(Into::into);
        };
        let (mut events, mut columns) = (Vec::new(), Vec::new());
        loop {
            let Some(event) = p.eat_any(&["insert", "update", "delete", "truncate"]) else {
                return p.fault("INSERT, UPDATE, DELETE or TRUNCATE").map_err(Into::into);
            };
            events.push(event);
            if event == "update" && p.eat("of") {
                columns = p.list(Parser::name)?;
            }
            if !p.eat("or") {
                break;
            }
        }
        p.expect("on")?;
        let written = p.qualified()?;
        let (mut each_row, mut when) = (false, None);
        loop {
            if p.eat("from") {
                p.qualified()?;
            } else if p.eat("referencing") {
                while p.eat_any(&["old", "new"]).is_some() {
                    p.eat_any(&["table", "row"]);
                    p.eat("as");
                    p.name()?;
                }
            } else if p.eat("for") {
                p.eat("each");
                each_row = p.eat("row");
                if !each_row {
                    p.expect("statement")?;
                }
            } else if p.eat("when") {
                p.expect_sign("(")?;
                when = Some(p.expression()?);
                p.expect_sign(")")?;
            } else if p
                .eat_any(&["not deferrable", "deferrable", "initially deferred", "initially immediate"])
                .is_none()
            {
                break;
            }
        }
        if each_row && events.contains(&"truncate") {
            return refused("TRUNCATE FOR EACH ROW triggers are not supported");
        }
        p.expect("execute")?;
        if p.eat_any(&["function", "procedure"]).is_none() {
            return p.fault("FUNCTION").map_err(Into::into);
        }
        let function = p.qualified()?;
        p.parenthesised()?;
        p.end()?;
        let table = self.relation(&written)?;
        let Some(relation) = self.catalogue.relations.get(&table) else { return Ok(()) };
        super::constraints::require(relation, &columns)?;
        if relation.triggers.contains_key(&name) && !replace {
            return duplicate(format!("trigger \"{name}\" for relation \"{}\" already exists", table.name));
        }
        let function = match self.find_function(&function, Some(&[]))? {
            Some(found) => found,
            None => self.foreign_function(&function)?,
        };
        let when = match when {
            Some(node) => {
                let columns = typed_columns(self, &table);
                Some(finished(self.resolver().on_trigger(&table, &columns, node)?.0))
            }
            None => None,
        };
        let order = ["insert", "delete", "update", "truncate"];
        let trigger = Trigger {
            name: name.clone(),
            timing: timing.to_ascii_uppercase(),
            events: order
                .iter()
                .filter(|event| events.contains(event))
                .map(|event| event.to_ascii_uppercase())
                .collect(),
            columns,
            each_row,
            when,
            function,
            enabled: true,
            origin: self.origin.clone(),
        };
        self.change(&table, |relation, _| {
            relation.triggers.insert(name, trigger);
        });
        Ok(())
    }

    /// A trigger function that is not in the catalogue: one of an extension or of Postgres is taken as it is.
    pub(crate) fn foreign_function(&self, written: &crate::parse::Written) -> Done<Signature> {
        let holds = |schema: &str| crate::resolve::types::holds_extensions(&self.catalogue, schema);
        let known = match &written.schema {
            Some(schema) => {
                schema == "pg_catalog"
                    || holds(schema)
                    || self
                        .catalogue
                        .schemas
                        .get(schema)
                        .is_some_and(|found| !found.origin.is_known() && schema != "public")
            }
            None => {
                self.path.iter().any(|schema| holds(schema))
                    || matches!(written.name.as_str(), "suppress_redundant_updates_trigger" | "tsvector_update_trigger")
            }
        };
        if !known {
            return unresolved(format!("function {written}() does not exist"));
        }
        let schema = written.schema.clone().unwrap_or_else(|| "pg_catalog".into());
        Ok(Signature { schema, name: written.name.clone(), args: Vec::new() })
    }

    pub(crate) fn alter_trigger(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        p.expect("on")?;
        let written = p.qualified()?;
        let new = if p.eat("rename to") { Some(p.name()?) } else { None };
        p.rest();
        let table = self.relation(&written)?;
        let mut found = false;
        self.change(&table, |relation, _| {
            if let Some(mut trigger) = relation.triggers.remove(&name) {
                found = true;
                if let Some(new) = new {
                    trigger.name = new;
                }
                relation.triggers.insert(trigger.name.clone(), trigger);
            }
        });
        if found {
            Ok(())
        } else {
            unresolved(format!("trigger \"{name}\" for table \"{}\" does not exist", table.name))
        }
    }

    pub(crate) fn drop_trigger(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let name = p.name()?;
        p.expect("on")?;
        let written = p.qualified()?;
        p.cascade();
        p.end()?;
        let Some(table) = self.relation_if(&written, if_exists)? else { return Ok(()) };
        let mut found = false;
        self.change(&table, |relation, _| found = relation.triggers.remove(&name).is_some());
        if found || if_exists {
            Ok(())
        } else {
            unresolved(format!("trigger \"{name}\" for table \"{}\" does not exist", table.name))
        }
    }
}
