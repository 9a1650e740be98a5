//! Roles.

use std::collections::BTreeMap;

use super::{Done, Session, duplicate, unresolved};
use crate::catalogue::{Origin, Role};
use crate::parse::{Parsed, Parser};

/// A role with the defaults of CREATE ROLE.
pub(crate) fn plain(name: &str, login: bool, origin: Origin) -> Role {
    Role {
        name: name.to_owned(),
        superuser: false,
        bypass_rls: false,
        inherit: true,
        login,
        create_role: false,
        create_db: false,
        replication: false,
        member_of: BTreeMap::new(),
        config: BTreeMap::new(),
        origin,
    }
}

impl Session {
    pub(crate) fn create_role(&mut self, p: &mut Parser<'_>, user: bool) -> Done {
        let name = p.name()?;
        p.eat("with");
        let mut role = plain(&name, user, self.origin.clone());
        let (mut groups, mut members, mut admins) = (Vec::new(), Vec::new(), Vec::new());
        while !p.is_end() {
            if p.eat("in role") || p.eat("in group") {
                groups.extend(p.list(|p| self.role_name(p))?);
            } else if p.eat("role") || p.eat("user") {
                members.extend(p.list(|p| self.role_name(p))?);
            } else if p.eat("admin") {
                admins.extend(p.list(|p| self.role_name(p))?);
            } else {
                attribute(p, &mut role)?;
            }
        }
        if self.catalogue.roles.contains_key(&name) {
            return duplicate(format!("role \"{name}\" already exists"));
        }
        for other in groups.iter().chain(&members).chain(&admins) {
            self.role_must_exist(other)?;
        }
        role.member_of.extend(groups.into_iter().map(|group| (group, false)));
        self.catalogue.roles.insert(name.clone(), role);
        for (member, admin) in
            members.into_iter().map(|member| (member, false)).chain(admins.into_iter().map(|member| (member, true)))
        {
            if let Some(found) = self.catalogue.roles.get_mut(&member) {
                found.member_of.insert(name.clone(), admin);
            }
        }
        Ok(())
    }

    pub(crate) fn alter_role(&mut self, p: &mut Parser<'_>) -> Done {
        if p.eat("all") {
            p.rest();
            return Ok(());
        }
        let name = self.role_name(p)?;
        if p.eat("rename to") {
            let new = p.name()?;
            p.end()?;
            return self.rename_role(&name, &new);
        }
        let Some(mut role) = self.catalogue.roles.get(&name).cloned() else {
            p.rest();
            return unresolved(format!("role \"{name}\" does not exist"));
        };
        if p.eat("in database") {
            p.name()?;
        }
        if p.eat("set") {
            let (setting, value) = super::functions::setting(p)?;
            p.end()?;
            match value {
                Some(value) => role.config.insert(setting, value),
                None => role.config.remove(&setting),
            };
        } else if p.eat("reset") {
            let setting = p.name()?;
            if setting == "all" {
                role.config.clear();
            }
            role.config.remove(&setting);
        } else if p.peek("add user") || p.peek("drop user") {
            let add = p.eat("add user");
            p.eat("drop user");
            for member in p.list(|p| self.role_name(p))? {
                self.role_must_exist(&member)?;
                if let Some(found) = self.catalogue.roles.get_mut(&member) {
                    if add {
                        found.member_of.insert(name.clone(), false);
                    } else {
                        found.member_of.remove(&name);
                    }
                }
            }
            return Ok(());
        } else {
            p.eat("with");
            while !p.is_end() {
                attribute(p, &mut role)?;
            }
            role.origin = self.origin.clone();
        }
        self.catalogue.roles.insert(name, role);
        Ok(())
    }

    fn rename_role(&mut self, name: &str, new: &str) -> Done {
        if self.catalogue.roles.contains_key(new) {
            return duplicate(format!("role \"{new}\" already exists"));
        }
        let Some(mut role) = self.catalogue.roles.remove(name) else {
            return unresolved(format!("role \"{name}\" does not exist"));
        };
        new.clone_into(&mut role.name);
        self.catalogue.roles.insert(new.to_owned(), role);
        for role in self.catalogue.roles.values_mut() {
            if let Some(admin) = role.member_of.remove(name) {
                role.member_of.insert(new.to_owned(), admin);
            }
        }
        let rename = |owner: &mut String| {
            if owner == name {
                new.clone_into(owner);
            }
        };
        for relation in self.catalogue.relations.values_mut() {
            rename(&mut relation.owner);
            let columns = relation.columns.iter_mut().map(|column| &mut column.acl);
            for acl in relation.acl.iter_mut().chain(columns) {
                super::schemas::rename_owner(acl, name, new);
            }
            for policy in relation.policies.values_mut() {
                policy.roles.iter_mut().for_each(rename);
            }
        }
        for function in self.catalogue.functions.values_mut() {
            rename(&mut function.owner);
            function.acl.iter_mut().for_each(|acl| super::schemas::rename_owner(acl, name, new));
        }
        for schema in self.catalogue.schemas.values_mut() {
            rename(&mut schema.owner);
            schema.acl.iter_mut().for_each(|acl| super::schemas::rename_owner(acl, name, new));
        }
        for entry in &mut self.catalogue.default_privileges {
            rename(&mut entry.role);
            super::schemas::rename_owner(&mut entry.acl, name, new);
        }
        Ok(())
    }
}

/// One attribute of a role.
fn attribute(p: &mut Parser<'_>, role: &mut Role) -> Parsed<()> {
    let word = p.text_at(0).to_ascii_lowercase();
    match word.as_str() {
        "superuser" | "nosuperuser" => role.superuser = !word.starts_with("no"),
        "bypassrls" | "nobypassrls" => role.bypass_rls = !word.starts_with("no"),
        "inherit" | "noinherit" => role.inherit = !word.starts_with("no"),
        "login" | "nologin" => role.login = !word.starts_with("no"),
        "createrole" | "nocreaterole" => role.create_role = !word.starts_with("no"),
        "createdb" | "nocreatedb" => role.create_db = !word.starts_with("no"),
        "replication" | "noreplication" => role.replication = !word.starts_with("no"),
        "encrypted" | "unencrypted" => {}
        "password" | "sysid" => p.advance(),
        "connection" => {
            p.advance();
            if p.sign_at(1, "-") {
                p.advance();
            }
            p.advance();
        }
        "valid" => {
            p.advance();
            p.advance();
        }
        _ => return p.fault("an attribute of a role"),
    }
    p.advance();
    Ok(())
}
