//! ALTER FUNCTION, PROCEDURE, ROUTINE.

use super::functions::{Attributes, attribute, set_config};
use super::{Done, Session, unresolved};
use crate::catalogue::{Grantee, Signature};
use crate::parse::Parser;

impl Session {
    pub(crate) fn alter_function(&mut self, p: &mut Parser<'_>) -> Done {
        let (written, args) = self.function_reference(p)?;
        let Some(signature) = self.find_function(&written, args.as_deref())? else {
            p.rest();
            return unresolved(format!("function {written} does not exist"));
        };
        if p.eat("rename to") {
            let name = p.name()?;
            p.end()?;
            return self.rename_function(&signature, &Signature { name, ..signature.clone() }, false);
        }
        if p.eat("set schema") {
            let schema = p.name()?;
            p.end()?;
            self.schema_must_exist(&schema)?;
            return self.rename_function(&signature, &Signature { schema, ..signature.clone() }, true);
        }
        if p.eat("owner to") {
            let role = self.role_name(p)?;
            p.end()?;
            self.role_must_exist(&role)?;
            if let Some(function) = self.catalogue.functions.get_mut(&signature) {
                let old = std::mem::replace(&mut function.owner, role.clone());
                if let Some(acl) = &mut function.acl {
                    super::schemas::rename_owner(acl, &old, &role);
                }
            }
            return Ok(());
        }
        if p.eat("depends on extension") || p.eat("no depends on extension") {
            p.rest();
            return Ok(());
        }
        let mut changes = Attributes::default();
        while attribute(p, &mut changes)? {}
        p.cascade();
        p.end()?;
        let (path, origin) = (self.search_path.clone(), self.origin.clone());
        let Some(function) = self.catalogue.functions.get_mut(&signature) else { return Ok(()) };
        function.security_definer = changes.security_definer.unwrap_or(function.security_definer);
        function.volatility = changes.volatility.unwrap_or(function.volatility);
        function.strict = changes.strict.unwrap_or(function.strict);
        function.leakproof = changes.leakproof.unwrap_or(function.leakproof);
        set_config(&mut function.config, changes.config, &path);
        function.altered = Some(origin);
        Ok(())
    }

    /// Renames a function, or moves it to another schema; what calls it by name in expressions follows.
    fn rename_function(&mut self, from: &Signature, to: &Signature, moved: bool) -> Done {
        if moved && from == to {
            return Ok(());
        }
        if self.catalogue.functions.contains_key(to) {
            return super::duplicate(format!("function \"{}\" already exists", to.name));
        }
        let Some(mut function) = self.catalogue.functions.remove(from) else { return Ok(()) };
        function.signature = to.clone();
        function.altered = Some(self.origin.clone());
        self.catalogue.functions.insert(to.clone(), function);
        self.function_renamed(from, to);
        Ok(())
    }
}

/// Whether a list gives something to a role.
pub(crate) fn mentions(acl: &crate::catalogue::Acl, role: &str) -> bool {
    acl.iter().any(|grant| grant.grantee == Grantee::Role(role.to_owned()))
}
