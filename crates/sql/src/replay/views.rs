//! Views and materialised views.

use super::columns::storage_options;
use super::{Done, Session, duplicate, refused};
use crate::catalogue::{Column, Name, Relation, RelationKind, Select};
use crate::parse::Parser;
use crate::resolve::view_query;

impl Session {
    pub(crate) fn create_view(&mut self, p: &mut Parser<'_>, replace: bool, temporary: bool) -> Done {
        let written = p.qualified()?;
        let names = if p.is_sign("(") { p.names_in_parentheses()? } else { Vec::new() };
        let options = if p.eat("with") { storage_options(p)? } else { Vec::new() };
        p.expect("as")?;
        let mark = p.mark();
        let query = p.query()?;
        let text = p.since(mark);
        let check = p.eat_any(&["with check option", "with local check option", "with cascaded check option"]);
        p.end()?;
        let name = self.table_name(&written, temporary)?;
        let mut view = self.built_view(name.clone(), RelationKind::View, text, query, &names)?;
        view.temporary = temporary;
        view.options = options.into_iter().collect();
        if let Some(words) = check {
            let kind = if words.contains("local") { "local" } else { "cascaded" };
            view.options.insert("check_option".into(), kind.into());
        }
        view.options_origin = self.origin.clone();
        if let Some(old) = self.catalogue.relations.get(&name) {
            if !replace {
                return duplicate(format!("relation \"{}\" already exists", name.name));
            }
            if old.kind != RelationKind::View {
                return refused(format!("\"{}\" is not a view", name.name));
            }
            keep_of_old(old, &mut view)?;
        } else {
            self.name_is_free(&name)?;
        }
        // A view may be replaced by one that reads itself; that depends on nothing, and fails when it is used.
        if let Some(query) = &mut view.query {
            query.relations.retain(|read| *read != name);
        }
        self.catalogue.relations.insert(name, view);
        Ok(())
    }

    fn built_view(
        &self,
        name: Name,
        kind: RelationKind,
        text: &str,
        query: Select,
        names: &[String],
    ) -> Done<Relation> {
        let (select, columns) = self.resolver().view(query)?;
        let mut view = self.new_relation(name, kind);
        for (at, (own, type_name)) in columns.iter().enumerate() {
            let column: Column = self.new_column(names.get(at).unwrap_or(own), type_name);
            view.columns.push(column);
        }
        view.query = Some(view_query(text, select));
        Ok(view)
    }

    pub(crate) fn create_materialized_view(&mut self, p: &mut Parser<'_>) -> Done {
        let if_not_exists = p.if_not_exists();
        let written = p.qualified()?;
        let names = if p.is_sign("(") { p.names_in_parentheses()? } else { Vec::new() };
        if p.eat("using") {
            p.name()?;
        }
        let options = if p.eat("with") { storage_options(p)? } else { Vec::new() };
        if p.eat("tablespace") {
            p.name()?;
        }
        p.expect("as")?;
        let mark = p.mark();
        let query = p.query()?;
        let text = p.since(mark);
        let populated = !p.eat("with no data");
        p.eat("with data");
        p.end()?;
        let name = self.new_name(&written)?;
        // The query is looked at before it is asked whether the view is there.
        let mut view = self.built_view(name.clone(), RelationKind::MaterializedView, text, query, &names)?;
        if self.is_there(&name, if_not_exists)? {
            return Ok(());
        }
        view.populated = populated;
        view.options = options.into_iter().collect();
        self.catalogue.relations.insert(name, view);
        Ok(())
    }
}

/// CREATE OR REPLACE keeps owner, privileges, triggers and columns; new columns may be added at the end.
fn keep_of_old(old: &Relation, view: &mut Relation) -> Done {
    for (at, (_, column)) in old.live_columns().enumerate() {
        match view.columns.get_mut(at) {
            None => return refused("cannot drop columns from view"),
            Some(new) if new.name != column.name => {
                return refused(format!("cannot change name of view column \"{}\" to \"{}\"", column.name, new.name));
            }
            Some(new) => {
                new.acl.clone_from(&column.acl);
                new.comment.clone_from(&column.comment);
            }
        }
    }
    view.owner.clone_from(&old.owner);
    view.acl.clone_from(&old.acl);
    view.triggers.clone_from(&old.triggers);
    view.comment.clone_from(&old.comment);
    Ok(())
}
