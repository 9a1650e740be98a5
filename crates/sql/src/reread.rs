//! Expressions and queries of a live database read into trees: `pg_catalog` gives their texts only.

use crate::catalogue::{Catalogue, ConstraintKind, Expr, Name, Node, Relation, Select};
use crate::parse::Parser;
use crate::parse::lex::tokens;
use crate::resolve::{Resolver, TypeText, columns_of};

/// What was read for one relation.
#[derive(Default)]
struct Read {
    /// Policies: USING and WITH CHECK by name.
    policies: Vec<(String, Option<Node>, Option<Node>)>,
    /// Defaults by place in the list of columns.
    defaults: Vec<(usize, Node)>,
    /// Checks by place in the list of constraints.
    checks: Vec<(usize, Node)>,
    query: Option<Select>,
}

/// Fills the trees of policies, checks, defaults and views from their texts, whose names are all qualified (as Postgres
/// prints them with an empty `search_path`). The texts stay. Gives the number of those that could not be read: their trees
/// stay absent.
pub fn reread(catalogue: &mut Catalogue) -> usize {
    let mut missed = 0;
    let found: Vec<(Name, Read)> = catalogue
        .relations
        .values()
        .map(|relation| (relation.name.clone(), read(catalogue, relation, &mut missed)))
        .collect();
    for (name, read) in found {
        let Some(relation) = catalogue.relations.get_mut(&name) else { continue };
        for (policy, using, with_check) in read.policies {
            let Some(policy) = relation.policies.get_mut(&policy) else { continue };
            put(policy.using.as_mut(), using);
            put(policy.with_check.as_mut(), with_check);
        }
        for (at, tree) in read.defaults {
            put(relation.columns.get_mut(at).and_then(|column| column.default.as_mut()), Some(tree));
        }
        for (at, tree) in read.checks {
            if let Some(ConstraintKind::Check { expression }) =
                relation.constraints.get_mut(at).map(|found| &mut found.kind)
            {
                expression.tree = Some(tree);
            }
        }
        if let (Some(query), Some(select)) = (relation.query.as_mut(), read.query) {
            query.select = Some(select);
        }
    }
    missed
}

fn put(expr: Option<&mut Expr>, tree: Option<Node>) {
    if let (Some(expr), Some(tree)) = (expr, tree) {
        expr.tree = Some(tree);
    }
}

fn read(catalogue: &Catalogue, relation: &Relation, missed: &mut usize) -> Read {
    let columns = columns_of(relation);
    let mut tree = |expr: &Expr| {
        let read = expression(catalogue, &relation.name, &columns, &expr.text);
        *missed += usize::from(read.is_none());
        read
    };
    let mut found = Read::default();
    for policy in relation.policies.values() {
        let using = policy.using.as_ref().and_then(&mut tree);
        let with_check = policy.with_check.as_ref().and_then(&mut tree);
        found.policies.push((policy.name.clone(), using, with_check));
    }
    for (at, column) in relation.columns.iter().enumerate() {
        if let Some(tree) = column.default.as_ref().and_then(&mut tree) {
            found.defaults.push((at, tree));
        }
    }
    for (at, constraint) in relation.constraints.iter().enumerate() {
        if let ConstraintKind::Check { expression } = &constraint.kind
            && let Some(tree) = tree(expression)
        {
            found.checks.push((at, tree));
        }
    }
    if let Some(query) = &relation.query {
        found.query = self::query(catalogue, &query.text);
        *missed += usize::from(found.query.is_none());
    }
    found
}

fn expression(catalogue: &Catalogue, table: &Name, columns: &[(String, TypeText)], text: &str) -> Option<Node> {
    let tokens = tokens(text);
    let mut parser = Parser::new(text, &tokens);
    let node = parser.expression().ok().filter(|_| parser.is_end())?;
    let resolved = Resolver::of_printed(catalogue).on_table(table, columns.to_vec(), node).ok()?;
    Some(resolved.0)
}

fn query(catalogue: &Catalogue, text: &str) -> Option<Select> {
    let tokens = tokens(text);
    let mut parser = Parser::new(text, &tokens);
    let select = parser.query().ok().filter(|_| parser.is_end())?;
    Some(Resolver::of_printed(catalogue).view(select).ok()?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ViewQuery;
    use crate::{Options, SqlFile, replay};

    /// The catalogue as a live database gives it: texts without trees.
    fn without_trees(mut catalogue: Catalogue) -> Catalogue {
        for relation in catalogue.relations.values_mut() {
            for policy in relation.policies.values_mut() {
                policy.using.iter_mut().chain(policy.with_check.iter_mut()).for_each(|expr| expr.tree = None);
            }
            relation.columns.iter_mut().filter_map(|column| column.default.as_mut()).for_each(|expr| expr.tree = None);
        }
        catalogue
    }

    #[test]
    fn what_was_printed_is_read_back() {
        let sql = "create table public.notes (id bigint, owner uuid default auth.uid(), title varchar(20)); \
             create policy a on public.notes using ((select auth.uid()) = owner and title in ('a', 'b')) with check (id > 0);";
        let full = replay(&[SqlFile::new("a.sql", sql)], &Options::supabase()).catalogue;
        let mut bare = without_trees(full.clone());
        assert_eq!(reread(&mut bare), 0);
        let policy = &bare.relations[&Name::new("public", "notes")].policies["a"];
        for expr in [policy.using.as_ref(), policy.with_check.as_ref()] {
            let expr = expr.expect("a condition");
            assert_eq!(crate::print::expression(expr.tree.as_ref().expect("a tree")), expr.text);
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted() {
        let sql = "create table public.notes (id bigint); create view public.v as select id from public.notes;";
        let mut catalogue = replay(&[SqlFile::new("a.sql", sql)], &Options::postgres()).catalogue;
        let query =
            ViewQuery { text: "no query".into(), select: None, relations: vec![], columns: vec![], functions: vec![] };
        catalogue.relations.get_mut(&Name::new("public", "v")).expect("the view").query = Some(query);
        assert_eq!(reread(&mut catalogue), 1);
    }
}
