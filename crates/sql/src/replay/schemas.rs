//! Schemas.

use super::lines::Site;
use super::{Done, Session, duplicate, unresolved};
use crate::catalogue::{Acl, Grantee, Name, ObjectKind, Schema};
use crate::parse::Parser;

impl Session {
    pub(crate) fn create_schema(&mut self, p: &mut Parser<'_>, site: Site<'_>) -> Done {
        let if_not_exists = p.if_not_exists();
        let mut name = if p.peek("authorization") { None } else { Some(p.name()?) };
        let owner = if p.eat("authorization") { self.role_name(p)? } else { self.user.clone() };
        let name = name.take().unwrap_or_else(|| owner.clone());
        let elements = p.rest();
        self.role_must_exist(&owner)?;
        if self.catalogue.schemas.contains_key(&name) {
            return if if_not_exists { Ok(()) } else { duplicate(format!("schema \"{name}\" already exists")) };
        }
        let schema = Schema {
            acl: self.new_acl(ObjectKind::Schemas, &owner, None),
            name: name.clone(),
            owner,
            comment: None,
            origin: self.origin.clone(),
        };
        self.catalogue.schemas.insert(name, schema);
        self.refresh_path();
        if elements.is_empty() {
            return Ok(());
        }
        let _ = site;
        super::fail(crate::outcome::FailureKind::Unsupported, "objects made within CREATE SCHEMA are not modelled")
    }

    pub(crate) fn alter_schema(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        let rename = p.eat("rename to");
        if !rename {
            p.expect("owner to")?;
        }
        let to = if rename { p.name()? } else { self.role_name(p)? };
        p.end()?;
        self.schema_must_exist(&name)?;
        if rename {
            if self.catalogue.schemas.contains_key(&to) {
                return duplicate(format!("schema \"{to}\" already exists"));
            }
            self.rename_schema(&name, &to);
            return Ok(());
        }
        if !self.catalogue.roles.contains_key(&to) {
            return unresolved(format!("role \"{to}\" does not exist"));
        }
        if let Some(schema) = self.catalogue.schemas.get_mut(&name) {
            let old = std::mem::replace(&mut schema.owner, to.clone());
            schema.acl.iter_mut().for_each(|acl| rename_owner(acl, &old, &to));
        }
        Ok(())
    }

    fn rename_schema(&mut self, from: &str, to: &str) {
        if let Some(mut schema) = self.catalogue.schemas.remove(from) {
            to.clone_into(&mut schema.name);
            self.catalogue.schemas.insert(to.to_owned(), schema);
        }
        let relations: Vec<Name> =
            self.catalogue.relations.keys().filter(|name| name.schema == from).cloned().collect();
        for name in relations {
            self.move_relation(&name, &Name::new(to, &name.name));
        }
        let functions: Vec<_> =
            self.catalogue.functions.keys().filter(|signature| signature.schema == from).cloned().collect();
        for signature in functions {
            if let Some(mut function) = self.catalogue.functions.remove(&signature) {
                let new = crate::catalogue::Signature { schema: to.to_owned(), ..signature.clone() };
                function.signature = new.clone();
                self.catalogue.functions.insert(new.clone(), function);
                self.function_renamed(&signature, &new);
            }
        }
        let types: Vec<Name> = self.catalogue.types.keys().filter(|name| name.schema == from).cloned().collect();
        for name in types {
            if let Some(mut found) = self.catalogue.types.remove(&name) {
                let new = Name::new(to, &name.name);
                found.name = new.clone();
                self.catalogue.types.insert(new.clone(), found);
                self.type_renamed(&name, &new);
            }
        }
        for entry in &mut self.catalogue.default_privileges {
            if entry.schema.as_deref() == Some(from) {
                entry.schema = Some(to.to_owned());
            }
        }
        for extension in self.catalogue.extensions.values_mut().filter(|extension| extension.schema == from) {
            to.clone_into(&mut extension.schema);
        }
        self.refresh_path();
        self.rebuild_index_owners();
    }
}

/// What a list says of one role, it says of another: a changed owner, a renamed role.
pub(crate) fn rename_owner(acl: &mut Acl, old: &str, new: &str) {
    for grant in acl.iter_mut() {
        if grant.grantor == old {
            new.clone_into(&mut grant.grantor);
        }
        if grant.grantee == Grantee::Role(old.to_owned()) {
            grant.grantee = Grantee::Role(new.to_owned());
        }
    }
    // The new owner may have been granted something before: it is one entry then.
    let mut kept: Acl = Vec::new();
    for grant in acl.drain(..) {
        let same = kept.iter_mut().find(|own| {
            own.grantee == grant.grantee && own.privilege == grant.privilege && own.grantor == grant.grantor
        });
        match same {
            Some(own) => own.grantable |= grant.grantable,
            None => kept.push(grant),
        }
    }
    *acl = kept;
}
