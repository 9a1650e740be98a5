//! ALTER VIEW and ALTER MATERIALIZED VIEW.

use super::columns::storage_options;
use super::{Done, Session, refused, unresolved};
use crate::catalogue::RelationKind;
use crate::parse::Parser;

impl Session {
    pub(crate) fn alter_view(&mut self, p: &mut Parser<'_>, materialized: bool) -> Done {
        let if_exists = p.if_exists();
        let written = p.qualified()?;
        let Some(name) = self.relation_if(&written, if_exists)? else {
            p.rest();
            return Ok(());
        };
        let expected = if materialized { RelationKind::MaterializedView } else { RelationKind::View };
        if self.kind_of(&name) != Some(expected) {
            return refused(format!(
                "\"{}\" is not a {}view",
                name.name,
                if materialized { "materialized " } else { "" }
            ));
        }
        if p.peek("rename") || p.peek("set schema") {
            return self.rename_or_move(p, &name);
        }
        if p.eat("owner to") {
            let role = self.role_name(p)?;
            p.end()?;
            self.role_must_exist(&role)?;
            self.change_owner(&name, &role);
            return Ok(());
        }
        if p.peek("set") && p.sign_at(1, "(") {
            p.eat("set");
            let options = storage_options(p)?;
            p.end()?;
            self.change(&name, |relation, origin| {
                relation.options.extend(options);
                relation.options_origin = origin;
            });
            return Ok(());
        }
        if p.eat("reset") {
            let names = p.names_in_parentheses()?;
            p.end()?;
            self.change(&name, |relation, origin| {
                names.iter().for_each(|name| drop(relation.options.remove(name)));
                relation.options_origin = origin;
            });
            return Ok(());
        }
        if p.eat("alter") {
            p.eat("column");
            let column = p.name()?;
            let known = self.catalogue.relations.get(&name).is_some_and(|relation| relation.column(&column).is_some());
            if !known {
                return unresolved(format!("column \"{column}\" of relation \"{}\" does not exist", name.name));
            }
        }
        p.rest();
        Ok(())
    }
}
