//! ALTER INDEX.

use super::{Done, Session, unresolved};
use crate::catalogue::{Name, quote_ident};
use crate::parse::Parser;

impl Session {
    pub(crate) fn alter_index(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let written = p.qualified()?;
        let Some(index) = self.look_up(&written, |name| self.index_owners.contains_key(name)) else {
            p.rest();
            return if if_exists { Ok(()) } else { unresolved(format!("relation \"{written}\" does not exist")) };
        };
        if !p.eat("rename to") {
            p.rest();
            return Ok(());
        }
        let new = p.name()?;
        p.end()?;
        self.name_is_free(&Name::new(&index.schema, &new))?;
        self.rename_index(&index, &new);
        Ok(())
    }

    /// Renames an index and the constraint that it serves.
    pub(crate) fn rename_index(&mut self, index: &Name, new: &str) {
        let Some(table) = self.index_owners.remove(index) else { return };
        if let Some(relation) = self.catalogue.relations.get_mut(&table)
            && let Some(mut found) = relation.indexes.remove(&index.name)
        {
            found.definition = found.definition.replacen(
                &format!("INDEX {} ON", quote_ident(&index.name)),
                &format!("INDEX {} ON", quote_ident(new)),
                1,
            );
            new.clone_into(&mut found.name);
            if found.constraint.is_some() {
                found.constraint = Some(new.to_owned());
                for constraint in relation.constraints.iter_mut().filter(|own| own.name == index.name) {
                    new.clone_into(&mut constraint.name);
                }
            }
            relation.indexes.insert(new.to_owned(), found);
        }
        self.index_owners.insert(Name::new(&index.schema, new), table);
    }
}
