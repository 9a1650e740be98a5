//! Access control lists: defaults made explicit, privileges added and taken away.

use super::Session;
use crate::catalogue::{Acl, DefaultPrivilege, Grant, Grantee, ObjectKind, Origin, Privilege};

/// What a GRANT or REVOKE does to one list.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) grant: bool,
    /// WITH GRANT OPTION, GRANT OPTION FOR.
    pub(crate) option: bool,
    pub(crate) privileges: &'a [Privilege],
    pub(crate) grantees: &'a [Grantee],
    pub(crate) grantor: &'a str,
    pub(crate) origin: &'a Origin,
}

/// The built-in default of a kind of object, made explicit: what stands in a list once something was granted or revoked.
pub(crate) fn built_in(kind: ObjectKind, owner: &str, origin: &Origin) -> Acl {
    let grant = |grantee: Grantee, privilege| Grant {
        grantee,
        privilege,
        grantable: false,
        grantor: owner.to_owned(),
        origin: origin.clone(),
    };
    let public: &[Privilege] = match kind {
        ObjectKind::Functions => &[Privilege::Execute],
        ObjectKind::Types => &[Privilege::Usage],
        _ => &[],
    };
    let own: &[Privilege] = all(kind);
    let mut acl: Acl = public.iter().map(|privilege| grant(Grantee::Public, *privilege)).collect();
    acl.extend(own.iter().map(|privilege| grant(Grantee::Role(owner.to_owned()), *privilege)));
    acl
}

/// ALL PRIVILEGES of a kind of object.
pub(crate) fn all(kind: ObjectKind) -> &'static [Privilege] {
    match kind {
        ObjectKind::Tables => &Privilege::TABLE,
        ObjectKind::Sequences => &Privilege::SEQUENCE,
        ObjectKind::Functions => &[Privilege::Execute],
        ObjectKind::Types => &[Privilege::Usage],
        ObjectKind::Schemas => &Privilege::SCHEMA,
    }
}

/// Carries out a change on a list.
pub(crate) fn apply(acl: &mut Acl, change: &Change<'_>) {
    for grantee in change.grantees {
        for privilege in change.privileges {
            let same = |grant: &Grant| {
                grant.grantee == *grantee && grant.privilege == *privilege && grant.grantor == change.grantor
            };
            let at = acl.iter().position(same);
            match (change.grant, at.and_then(|at| acl.get_mut(at))) {
                (true, Some(grant)) => grant.grantable |= change.option,
                (true, None) => acl.push(Grant {
                    grantee: grantee.clone(),
                    privilege: *privilege,
                    grantable: change.option,
                    grantor: change.grantor.to_owned(),
                    origin: change.origin.clone(),
                }),
                (false, Some(grant)) if change.option => grant.grantable = false,
                (false, _) => acl.retain(|grant| !same(grant)),
            }
        }
    }
}

/// Whether two lists give the same, in any order.
pub(crate) fn same(a: &Acl, b: &Acl) -> bool {
    let holds = |list: &Acl, grant: &Grant| list.contains(grant);
    a.len() == b.len() && a.iter().all(|grant| holds(b, grant)) && b.iter().all(|grant| holds(a, grant))
}

impl Session {
    /// The list of an object that the current role makes: the built-in default (`None`), or what default privileges say.
    pub(crate) fn new_acl(&self, kind: ObjectKind, owner: &str, schema: Option<&str>) -> Option<Acl> {
        let of = |entry: &&DefaultPrivilege| entry.role == owner && entry.objects == kind;
        let mut entries = self.catalogue.default_privileges.iter().filter(of).peekable();
        entries.peek()?;
        let default = built_in(kind, owner, &self.origin);
        let mut acl = default.clone();
        for entry in self.catalogue.default_privileges.iter().filter(of) {
            if entry.schema.is_none() {
                acl.clone_from(&entry.acl);
            }
        }
        for entry in entries.filter(|entry| entry.schema.is_some() && entry.schema.as_deref() == schema) {
            for grant in &entry.acl {
                let change = Change {
                    grant: true,
                    option: grant.grantable,
                    privileges: &[grant.privilege],
                    grantees: std::slice::from_ref(&grant.grantee),
                    grantor: &grant.grantor,
                    origin: &grant.origin,
                };
                apply(&mut acl, &change);
            }
        }
        // A list that came out empty is none to Postgres (`aclmerge`), which gives the built-in default.
        if acl.is_empty() || same(&acl, &default) { None } else { Some(acl) }
    }

    /// Who grants: the owner, when the current role is the owner, a member of it, or a superuser; otherwise the role itself.
    pub(crate) fn grantor(&self, owner: &str) -> String {
        // The database's owner is a member of this role without a row that says so.
        let database_owner = owner == "pg_database_owner" && self.user == "postgres";
        if database_owner || self.catalogue.is_superuser(&self.user) || self.catalogue.is_member(&self.user, owner) {
            owner.to_owned()
        } else {
            self.user.clone()
        }
    }
}
