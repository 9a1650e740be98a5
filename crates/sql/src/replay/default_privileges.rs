//! ALTER DEFAULT PRIVILEGES.

use super::acl::{Change, all, apply, built_in, same};
use super::dispatch::object_kind;
use super::grants::privileges;
use super::{Done, Session, refused};
use crate::catalogue::{Acl, DefaultPrivilege, Grantee, ObjectKind, Privilege};
use crate::parse::Parser;

impl Session {
    pub(crate) fn alter_default_privileges(&mut self, p: &mut Parser<'_>) -> Done {
        let (mut roles, mut schemas) = (Vec::new(), Vec::new());
        loop {
            if p.eat("for role") || p.eat("for user") {
                roles = p.list(|p| self.role_name(p))?;
            } else if p.eat("in schema") {
                schemas = p.list(Parser::name)?;
            } else {
                break;
            }
        }
        let grant = p.eat("grant");
        if !grant {
            p.expect("revoke")?;
        }
        let mut option = !grant && p.eat("grant option for");
        let wanted = privileges(p)?;
        p.expect("on")?;
        let kind = object_kind(p)?;
        p.expect(if grant { "to" } else { "from" })?;
        let grantees = p.list(|p| self.grantee(p))?;
        option |= grant && p.eat("with grant option");
        p.cascade();
        p.end()?;
        if roles.is_empty() {
            roles.push(self.user.clone());
        }
        for role in roles.iter().chain(grantees.iter().filter_map(|grantee| match grantee {
            Grantee::Role(role) => Some(role),
            Grantee::Public => None,
        })) {
            self.role_must_exist(role)?;
        }
        for schema in &schemas {
            self.schema_must_exist(schema)?;
        }
        if grant && option && grantees.contains(&Grantee::Public) {
            return refused("grant options can only be granted to roles");
        }
        if kind == ObjectKind::Schemas && !schemas.is_empty() {
            return refused("cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS");
        }
        let mut list: Vec<Privilege> = Vec::new();
        for (privilege, _) in &wanted {
            match privilege {
                Some(privilege) if all(kind).contains(privilege) || *privilege == Privilege::Maintain => {
                    list.push(*privilege);
                }
                Some(privilege) => return refused(format!("invalid privilege type {}", privilege.as_str())),
                None => list.extend(all(kind)),
            }
        }
        for role in &roles {
            let origin = self.origin.clone();
            let change =
                Change { grant, option, privileges: &list, grantees: &grantees, grantor: role, origin: &origin };
            if schemas.is_empty() {
                self.change_default(role, None, kind, &change);
            }
            for schema in &schemas {
                self.change_default(role, Some(schema), kind, &change);
            }
        }
        Ok(())
    }

    fn change_default(&mut self, role: &str, schema: Option<&str>, kind: ObjectKind, change: &Change<'_>) {
        let default: Acl = match schema {
            Some(_) => Vec::new(),
            None => built_in(kind, role, change.origin),
        };
        let list = &mut self.catalogue.default_privileges;
        let is =
            |entry: &DefaultPrivilege| entry.role == role && entry.schema.as_deref() == schema && entry.objects == kind;
        let mut acl = match list.iter().position(is) {
            Some(at) => list.remove(at).acl,
            None => default.clone(),
        };
        apply(&mut acl, change);
        if same(&acl, &default) {
            return;
        }
        list.push(DefaultPrivilege {
            role: role.to_owned(),
            schema: schema.map(str::to_owned),
            objects: kind,
            acl,
            origin: change.origin.clone(),
        });
        list.sort_by(|a, b| (&a.role, &a.schema, a.objects).cmp(&(&b.role, &b.schema, b.objects)));
    }
}
