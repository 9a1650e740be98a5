//! Policies.

use super::alter_table::typed_columns;
use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::{Command, Expr, Name, Node, Policy};
use crate::parse::{Parsed, Parser};

impl Session {
    pub(crate) fn create_policy(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        p.expect("on")?;
        let written = p.qualified()?;
        let mut permissive = true;
        if p.eat("as") {
            permissive = p.peek("permissive");
            if p.eat_any(&["permissive", "restrictive"]).is_none() {
                return p.fault("PERMISSIVE or RESTRICTIVE").map_err(Into::into);
            }
        }
        let mut command = Command::All;
        if p.eat("for") {
            command = match p.eat_any(&["all", "select", "insert", "update", "delete"]) {
                Some("all") => Command::All,
                Some("select") => Command::Select,
                Some("insert") => Command::Insert,
                Some("update") => Command::Update,
                Some(_) => Command::Delete,
                None => return p.fault("ALL, SELECT, INSERT, UPDATE or DELETE").map_err(Into::into),
            };
        }
        let roles = if p.eat("to") { p.list(|p| self.role_name(p))? } else { vec!["public".to_owned()] };
        let (using, check) = conditions(p)?;
        p.end()?;
        let table = self.relation(&written)?;
        if !self.kind_of(&table).is_some_and(crate::catalogue::RelationKind::is_table) {
            return refused(format!("\"{}\" is not a table", table.name));
        }
        match command {
            Command::Insert if using.is_some() => return refused("only WITH CHECK expression allowed for INSERT"),
            Command::Select | Command::Delete if check.is_some() => {
                return refused("WITH CHECK cannot be applied to SELECT or DELETE");
            }
            _ => {}
        }
        let roles = self.policy_roles(roles)?;
        if self.catalogue.relations.get(&table).is_some_and(|relation| relation.policies.contains_key(&name)) {
            return duplicate(format!("policy \"{name}\" for table \"{}\" already exists", table.name));
        }
        let policy = Policy {
            using: self.condition_on(&table, using)?,
            with_check: self.condition_on(&table, check)?,
            name: name.clone(),
            command,
            permissive,
            roles,
            comment: None,
            origin: self.origin.clone(),
        };
        self.change(&table, |relation, _| {
            relation.policies.insert(name, policy);
        });
        Ok(())
    }

    fn condition_on(&self, table: &Name, node: Option<Node>) -> Done<Option<Expr>> {
        let columns = typed_columns(self, table);
        node.map(|node| self.expression_on(table, columns, node, Some("boolean"))).transpose()
    }

    /// Roles as Postgres keeps them: `public` alone when it is among them, otherwise each once.
    fn policy_roles(&self, roles: Vec<String>) -> Done<Vec<String>> {
        if roles.iter().any(|role| role == "public") {
            return Ok(vec!["public".into()]);
        }
        let mut kept: Vec<String> = Vec::new();
        for role in roles {
            self.role_must_exist(&role)?;
            if !kept.contains(&role) {
                kept.push(role);
            }
        }
        Ok(kept)
    }

    pub(crate) fn alter_policy(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let name = p.name()?;
        p.expect("on")?;
        let written = p.qualified()?;
        let new = if p.eat("rename to") { Some(p.name()?) } else { None };
        let roles = if p.eat("to") { Some(p.list(|p| self.role_name(p))?) } else { None };
        let (using, check) = conditions(p)?;
        p.end()?;
        let Some(table) = self.relation_if(&written, if_exists)? else { return Ok(()) };
        let found = self.catalogue.relations.get(&table).and_then(|relation| relation.policies.get(&name));
        let Some(found) = found else {
            return unresolved(format!("policy \"{name}\" for table \"{}\" does not exist", table.name));
        };
        let mut policy = found.clone();
        if let Some(new) = new {
            if self.catalogue.relations.get(&table).is_some_and(|relation| relation.policies.contains_key(&new)) {
                return duplicate(format!("policy \"{new}\" for table \"{}\" already exists", table.name));
            }
            policy.name = new;
        }
        if let Some(roles) = roles {
            policy.roles = self.policy_roles(roles)?;
        }
        match policy.command {
            Command::Insert if using.is_some() => return refused("only WITH CHECK expression allowed for INSERT"),
            Command::Select | Command::Delete if check.is_some() => {
                return refused("only USING expression allowed for SELECT, DELETE");
            }
            _ => {}
        }
        if using.is_some() {
            policy.using = self.condition_on(&table, using)?;
        }
        if check.is_some() {
            policy.with_check = self.condition_on(&table, check)?;
        }
        self.change(&table, |relation, origin| {
            relation.policies.remove(&name);
            policy.origin = origin;
            relation.policies.insert(policy.name.clone(), policy);
        });
        Ok(())
    }

    pub(crate) fn drop_policy(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let name = p.name()?;
        p.expect("on")?;
        let written = p.qualified()?;
        p.cascade();
        p.end()?;
        let Some(table) = self.relation_if(&written, if_exists)? else { return Ok(()) };
        let mut found = false;
        self.change(&table, |relation, _| found = relation.policies.remove(&name).is_some());
        if found || if_exists {
            Ok(())
        } else {
            unresolved(format!("policy \"{name}\" for table \"{}\" does not exist", table.name))
        }
    }
}

/// `USING (…)` and `WITH CHECK (…)`.
fn conditions(p: &mut Parser<'_>) -> Parsed<(Option<Node>, Option<Node>)> {
    let mut parenthesised = |words: &str| {
        if !p.eat(words) {
            return Ok(None);
        }
        p.expect_sign("(")?;
        let node = p.expression()?;
        p.expect_sign(")")?;
        Ok(Some(node))
    };
    Ok((parenthesised("using")?, parenthesised("with check")?))
}
