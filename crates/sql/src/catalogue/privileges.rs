//! What roles may do: `has_table_privilege` and its kin on a replayed catalogue.

use std::collections::BTreeSet;

use super::Catalogue;
use super::acl::{Acl, Grant, Grantee, Privilege};
use super::name::{Name, Signature};

/// Why a role has a privilege, or that it has not.
#[derive(Clone, Debug, PartialEq)]
pub enum Held<'a> {
    /// It has not.
    No,
    /// It is a superuser.
    Superuser,
    /// It owns the object (or is a member of that role), whose list is the built-in default.
    Owner(&'a str),
    /// PUBLIC has it by the built-in default (functions, types).
    Default,
    /// These grants give it, the one to the role itself first.
    Grants(Vec<&'a Grant>),
}

impl Held<'_> {
    /// Whether the role has the privilege.
    pub fn is_held(&self) -> bool {
        *self != Self::No
    }
}

impl Catalogue {
    /// The role and all roles whose privileges it has without SET ROLE: those it is a member of, directly or through roles
    /// that inherit. A role that does not inherit has its own only.
    pub fn roles_of<'a>(&'a self, role: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::from([role]);
        let mut open = vec![role];
        while let Some(name) = open.pop() {
            let Some(role) = self.roles.get(name).filter(|role| role.inherit) else { continue };
            for parent in role.member_of.keys() {
                if found.insert(parent) {
                    open.push(parent);
                }
            }
        }
        found
    }

    /// Whether the role is `of` or a member of it, inheriting or not.
    pub fn is_member(&self, role: &str, of: &str) -> bool {
        let mut seen = BTreeSet::from([role]);
        let mut open = vec![role];
        while let Some(name) = open.pop() {
            if name == of {
                return true;
            }
            for parent in self.roles.get(name).into_iter().flat_map(|role| role.member_of.keys()) {
                if seen.insert(parent) {
                    open.push(parent);
                }
            }
        }
        false
    }

    /// Whether the role is a superuser.
    pub fn is_superuser(&self, role: &str) -> bool {
        self.roles.get(role).is_some_and(|role| role.superuser)
    }

    /// Whether row-level security does not bind the role: superusers and BYPASSRLS.
    pub fn bypasses_rls(&self, role: &str) -> bool {
        self.roles.get(role).is_some_and(|role| role.superuser || role.bypass_rls)
    }

    /// Why the role has the privilege on a table, view or sequence as a whole (`has_table_privilege`).
    pub fn relation_privilege<'a>(&'a self, role: &'a str, relation: &Name, privilege: Privilege) -> Held<'a> {
        match self.relations.get(relation) {
            Some(relation) => self.held(role, &relation.owner, relation.acl.as_ref(), privilege, false),
            None => Held::No,
        }
    }

    /// Why the role has the privilege on a column: through the table or the column itself (`has_column_privilege`).
    pub fn column_privilege<'a>(
        &'a self,
        role: &'a str,
        relation: &Name,
        column: &str,
        privilege: Privilege,
    ) -> Held<'a> {
        let whole = self.relation_privilege(role, relation, privilege);
        if whole.is_held() {
            return whole;
        }
        let column = self.relations.get(relation).and_then(|relation| relation.column(column));
        column.map_or(Held::No, |column| self.granted(role, &column.acl, privilege))
    }

    /// Whether the role has the privilege on the table or on any of its columns (`has_any_column_privilege`).
    pub fn any_column_privilege(&self, role: &str, relation: &Name, privilege: Privilege) -> bool {
        self.relation_privilege(role, relation, privilege).is_held()
            || self.relations.get(relation).is_some_and(|relation| {
                relation.live_columns().any(|(_, column)| self.granted(role, &column.acl, privilege).is_held())
            })
    }

    /// Why the role has the privilege on a schema (`has_schema_privilege`).
    pub fn schema_privilege<'a>(&'a self, role: &'a str, schema: &str, privilege: Privilege) -> Held<'a> {
        match self.schemas.get(schema) {
            Some(schema) => self.held(role, &schema.owner, schema.acl.as_ref(), privilege, false),
            None => Held::No,
        }
    }

    /// Why the role may execute a function (`has_function_privilege`).
    pub fn function_privilege<'a>(&'a self, role: &'a str, function: &Signature) -> Held<'a> {
        match self.functions.get(function) {
            Some(function) => self.held(role, &function.owner, function.acl.as_ref(), Privilege::Execute, true),
            None => Held::No,
        }
    }

    /// Why the role may use a type (`has_type_privilege`).
    pub fn type_privilege<'a>(&'a self, role: &'a str, name: &Name) -> Held<'a> {
        match self.types.get(name) {
            Some(found) => self.held(role, &found.owner, found.acl.as_ref(), Privilege::Usage, true),
            None => Held::No,
        }
    }

    fn held<'a>(
        &'a self,
        role: &'a str,
        owner: &'a str,
        acl: Option<&'a Acl>,
        privilege: Privilege,
        public_by_default: bool,
    ) -> Held<'a> {
        if self.is_superuser(role) {
            return Held::Superuser;
        }
        match acl {
            Some(acl) => self.granted(role, acl, privilege),
            None if self.roles_of(role).contains(owner) => Held::Owner(owner),
            None if public_by_default => Held::Default,
            None => Held::No,
        }
    }

    fn granted<'a>(&'a self, role: &'a str, acl: &'a Acl, privilege: Privilege) -> Held<'a> {
        let roles = self.roles_of(role);
        let mut grants: Vec<&Grant> = acl
            .iter()
            .filter(|grant| grant.privilege == privilege)
            .filter(|grant| match &grant.grantee {
                Grantee::Public => true,
                Grantee::Role(name) => roles.contains(name.as_str()),
            })
            .collect();
        grants.sort_by_key(|grant| match &grant.grantee {
            Grantee::Role(name) if name == role => 0,
            Grantee::Role(_) => 1,
            Grantee::Public => 2,
        });
        if grants.is_empty() { Held::No } else { Held::Grants(grants) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Origin, Role, Schema};

    fn role(name: &str, inherit: bool, member_of: &[&str]) -> Role {
        Role {
            name: name.into(),
            superuser: name == "root",
            bypass_rls: false,
            inherit,
            login: false,
            create_role: false,
            create_db: false,
            replication: false,
            member_of: member_of.iter().map(|name| ((*name).to_owned(), false)).collect(),
            config: std::collections::BTreeMap::new(),
            origin: Origin::default(),
        }
    }

    fn catalogue() -> Catalogue {
        let mut catalogue = Catalogue::default();
        for role in [
            role("root", true, &[]),
            role("owner", true, &[]),
            role("app", true, &["reader"]),
            role("reader", true, &["owner"]),
            role("gate", false, &["reader"]),
            role("stranger", true, &[]),
        ] {
            catalogue.roles.insert(role.name.clone(), role);
        }
        let schema =
            Schema { name: "s".into(), owner: "owner".into(), acl: None, comment: None, origin: Origin::default() };
        catalogue.schemas.insert("s".into(), schema);
        catalogue
    }

    fn grant(grantee: Grantee) -> Grant {
        Grant {
            grantee,
            privilege: Privilege::Usage,
            grantable: false,
            grantor: "owner".into(),
            origin: Origin::default(),
        }
    }

    #[test]
    fn privileges_of_owners_are_inherited_through_roles_that_inherit() {
        let catalogue = catalogue();
        let held = |role| catalogue.schema_privilege(role, "s", Privilege::Usage);
        assert_eq!(held("root"), Held::Superuser);
        assert_eq!(held("app"), Held::Owner("owner"));
        assert_eq!(held("gate"), Held::No);
        assert_eq!(held("stranger"), Held::No);
        assert!(catalogue.is_member("gate", "owner"));
        assert!(!catalogue.is_member("owner", "gate"));
    }

    #[test]
    fn a_list_replaces_the_default_also_for_the_owner() {
        let mut catalogue = catalogue();
        let acl = vec![grant(Grantee::Public), grant(Grantee::Role("reader".into()))];
        if let Some(schema) = catalogue.schemas.get_mut("s") {
            schema.acl = Some(acl);
        }
        let count = |role| match catalogue.schema_privilege(role, "s", Privilege::Usage) {
            Held::Grants(grants) => grants.len(),
            _ => 0,
        };
        assert_eq!((count("app"), count("stranger"), count("owner")), (2, 1, 1));
        assert!(!catalogue.schema_privilege("owner", "s", Privilege::Create).is_held());
    }

    #[test]
    fn circles_of_roles_end() {
        let mut catalogue = catalogue();
        catalogue.roles.insert("owner".into(), role("owner", true, &["app"]));
        assert!(catalogue.is_member("app", "app") && !catalogue.is_member("app", "stranger"));
        assert_eq!(catalogue.roles_of("app").len(), 3);
    }
}
