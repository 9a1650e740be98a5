//! Sequences, and those that columns own.

use super::{Done, Session};
use crate::catalogue::{Name, RelationKind};
use crate::parse::Parser;

impl Session {
    /// The sequence of a serial or identity column.
    pub(crate) fn add_owned_sequence(&mut self, table: &Name, column: &str) -> Name {
        let name = Name::new(&table.schema, self.free_index_name(&table.schema, &table.name, column, "seq"));
        let mut sequence = self.new_relation(name.clone(), RelationKind::Sequence);
        if let Some(owner) = self.catalogue.relations.get(table).map(|relation| relation.owner.clone())
            && owner != sequence.owner
        {
            sequence.acl = self.new_acl(crate::catalogue::ObjectKind::Sequences, &owner, Some(&table.schema));
            sequence.owner = owner;
        }
        sequence.owned_by = Some((table.clone(), column.to_owned()));
        self.catalogue.relations.insert(name.clone(), sequence);
        name
    }

    /// Drops the sequences of a column.
    pub(crate) fn drop_owned_sequences(&mut self, table: &Name, column: &str) {
        self.catalogue.relations.retain(|_, relation| {
            relation.owned_by.as_ref().is_none_or(|(owner, own)| owner != table || own != column)
        });
    }

    pub(crate) fn create_sequence(&mut self, p: &mut Parser<'_>, temporary: bool) -> Done {
        let if_not_exists = p.if_not_exists();
        let written = p.qualified()?;
        let owned_by = self.sequence_options(p)?;
        let name = self.table_name(&written, temporary)?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        let mut sequence = self.new_relation(name.clone(), RelationKind::Sequence);
        sequence.owned_by = owned_by.flatten();
        self.catalogue.relations.insert(name, sequence);
        Ok(())
    }

    pub(crate) fn alter_sequence(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let written = p.qualified()?;
        let Some(name) = self.relation_if(&written, if_exists)? else {
            p.rest();
            return Ok(());
        };
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
        if let Some(owned_by) = self.sequence_options(p)? {
            self.change(&name, |relation, _| relation.owned_by = owned_by);
        }
        Ok(())
    }

    /// Options of a sequence, of which OWNED BY matters: `Some(None)` is OWNED BY NONE.
    #[allow(clippy::option_option, reason = "not said, none, or a column")]
    fn sequence_options(&self, p: &mut Parser<'_>) -> Done<Option<Option<(Name, String)>>> {
        let mut owned_by = None;
        while !p.is_end() {
            if p.eat("owned by") {
                if p.eat("none") {
                    owned_by = Some(None);
                    continue;
                }
                let mut parts = vec![p.name()?];
                while p.eat_sign(".") {
                    parts.push(p.name()?);
                }
                let column = parts.pop().unwrap_or_default();
                let table = parts.pop().unwrap_or_default();
                let table = self.relation(&crate::parse::Written { schema: parts.pop(), name: table })?;
                owned_by = Some(Some((table, column)));
            } else if p.eat("as") {
                p.type_name()?;
            } else {
                p.advance();
            }
        }
        Ok(owned_by)
    }
}
