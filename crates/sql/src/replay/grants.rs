//! GRANT and REVOKE.

use super::acl::{Change, all, apply, built_in};
use super::{Done, Session, refused, unresolved};
use crate::catalogue::{Grantee, Name, ObjectKind, Privilege, RelationKind, Signature};
use crate::parse::{Parsed, Parser, Written};

/// One privilege with the columns that it is for.
type Wanted = (Option<Privilege>, Vec<String>);

/// What a GRANT is about.
#[derive(Debug)]
enum Target {
    Relations(Vec<Name>),
    Sequences(Vec<Name>),
    Functions(Vec<Signature>),
    Schemas(Vec<String>),
    Types(Vec<Name>),
    /// Databases, languages, servers, …: not kept.
    Other,
}

impl Session {
    pub(crate) fn grant_or_revoke(&mut self, p: &mut Parser<'_>) -> Done {
        let grant = p.eat("grant");
        if !grant {
            p.expect("revoke")?;
        }
        let mut option = !grant && p.eat("grant option for");
        let admin_option = !grant && p.eat("admin option for");
        let start = *p;
        let privileges = privileges(p);
        let Some(privileges) = privileges.ok().filter(|_| p.peek("on")) else {
            *p = start;
            return self.grant_role(p, grant, admin_option);
        };
        p.expect("on")?;
        let target = self.grant_target(p)?;
        p.expect(if grant { "to" } else { "from" })?;
        let grantees = p.list(|p| self.grantee(p))?;
        option |= grant && p.eat("with grant option");
        if p.eat("granted by") {
            self.role_name(p)?;
        }
        p.cascade();
        p.end()?;
        for grantee in &grantees {
            if let Grantee::Role(role) = grantee {
                self.role_must_exist(role)?;
            }
        }
        let to_nothing = match &target {
            Target::Relations(names) | Target::Sequences(names) | Target::Types(names) => names.is_empty(),
            Target::Functions(names) => names.is_empty(),
            Target::Schemas(names) => names.is_empty(),
            Target::Other => false,
        };
        if grant && option && !to_nothing && grantees.contains(&Grantee::Public) {
            return refused("grant options can only be granted to roles");
        }
        self.carry_out(&target, &privileges, grant, option, &grantees)
    }

    pub(crate) fn grantee(&self, p: &mut Parser<'_>) -> Parsed<Grantee> {
        if p.peek("public") {
            p.advance();
            return Ok(Grantee::Public);
        }
        Ok(Grantee::Role(self.role_name(p)?))
    }

    /// GRANT role TO role.
    fn grant_role(&mut self, p: &mut Parser<'_>, grant: bool, option_only: bool) -> Done {
        let roles = p.list(|p| self.role_name(p))?;
        p.expect(if grant { "to" } else { "from" })?;
        let members = p.list(|p| self.role_name(p))?;
        let admin = grant && p.eat("with admin option");
        if p.eat("with") {
            p.rest();
        }
        if p.eat("granted by") {
            self.role_name(p)?;
        }
        p.cascade();
        p.end()?;
        for role in roles.iter().chain(&members) {
            self.role_must_exist(role)?;
        }
        for member in &members {
            for role in &roles {
                if grant && self.catalogue.is_member(role, member) {
                    return refused(format!("role \"{role}\" is a member of role \"{member}\""));
                }
                let Some(found) = self.catalogue.roles.get_mut(member) else { continue };
                if grant {
                    *found.member_of.entry(role.clone()).or_insert(false) |= admin;
                } else if option_only {
                    found.member_of.entry(role.clone()).and_modify(|admin| *admin = false);
                } else {
                    found.member_of.remove(role);
                }
            }
        }
        Ok(())
    }

    fn grant_target(&self, p: &mut Parser<'_>) -> Done<Target> {
        let all = p.eat_any(&[
            "all tables in schema",
            "all sequences in schema",
            "all functions in schema",
            "all procedures in schema",
            "all routines in schema",
        ]);
        if let Some(words) = all {
            let schemas = p.list(Parser::name)?;
            return self.all_in(words, &schemas);
        }
        if p.eat_any(&["function", "procedure", "routine"]).is_some() {
            let references = p.list(|p| self.function_reference(p))?;
            let mut found = Vec::new();
            for (written, args) in references {
                match self.find_function(&written, args.as_deref())? {
                    Some(signature) => found.push(signature),
                    // A function of an extension or of Postgres is not kept.
                    None if self.foreign_function(&written).is_ok() => {}
                    None => return unresolved(format!("function {written} does not exist")),
                }
            }
            return Ok(Target::Functions(found));
        }
        if p.eat("schema") {
            let schemas = p.list(Parser::name)?;
            for schema in &schemas {
                if schema != "information_schema" && schema != "pg_catalog" {
                    self.schema_must_exist(schema)?;
                }
            }
            return Ok(Target::Schemas(schemas));
        }
        if p.eat("sequence") {
            let names = p.list(Parser::qualified)?;
            return Ok(Target::Sequences(self.relations_of(&names)?));
        }
        if p.eat_any(&["type", "domain"]).is_some() {
            let names = p.list(Parser::qualified)?;
            let mut found = Vec::new();
            for name in &names {
                match self.find_type(name) {
                    Some(name) => found.push(name),
                    // Postgres's own types are no objects here.
                    None if self.type_text(&name.to_string()).is_ok() => {}
                    None => return unresolved(format!("type \"{name}\" does not exist")),
                }
            }
            return Ok(Target::Types(found));
        }
        let other = [
            "database",
            "foreign data wrapper",
            "foreign server",
            "language",
            "large object",
            "parameter",
            "tablespace",
        ];
        if p.eat_any(&other).is_some() {
            p.list(|p| {
                p.advance();
                while p.eat_sign(".") {
                    p.advance();
                }
                Ok(())
            })?;
            return Ok(Target::Other);
        }
        p.eat("table");
        let names = p.list(Parser::qualified)?;
        Ok(Target::Relations(self.relations_of(&names)?))
    }

    fn relations_of(&self, names: &[Written]) -> Done<Vec<Name>> {
        let mut found = Vec::new();
        for written in names {
            match self.find_relation(written) {
                Some(name) => found.push(name),
                // Views and tables of Postgres and of extensions are not kept.
                None if self.resolver().relation(written.schema.as_deref(), &written.name).is_ok() => {}
                None => return unresolved(format!("relation \"{written}\" does not exist")),
            }
        }
        Ok(found)
    }

    fn all_in(&self, words: &str, schemas: &[String]) -> Done<Target> {
        for schema in schemas {
            self.schema_must_exist(schema)?;
        }
        let within = |schema: &str| schemas.iter().any(|own| own == schema);
        let sequences = words.contains("sequences");
        if sequences || words.contains("tables") {
            let names = self
                .catalogue
                .relations
                .values()
                .filter(|found| within(&found.name.schema) && (found.kind == RelationKind::Sequence) == sequences)
                .map(|found| found.name.clone())
                .collect();
            return Ok(if sequences { Target::Sequences(names) } else { Target::Relations(names) });
        }
        let procedures = !words.contains("functions");
        let functions = !words.contains("procedures");
        let found = self.catalogue.functions.values().filter(|function| {
            let is_procedure = function.kind == crate::catalogue::FunctionKind::Procedure;
            within(&function.signature.schema) && if is_procedure { procedures } else { functions }
        });
        Ok(Target::Functions(found.map(|function| function.signature.clone()).collect()))
    }

    fn carry_out(
        &mut self,
        target: &Target,
        privileges: &[Wanted],
        grant: bool,
        option: bool,
        grantees: &[Grantee],
    ) -> Done {
        match target {
            Target::Relations(names) => {
                for name in names {
                    let sequence = self.kind_of(name) == Some(RelationKind::Sequence);
                    let kind = if sequence { ObjectKind::Sequences } else { ObjectKind::Tables };
                    self.on_relation(name, kind, privileges, grant, option, grantees)?;
                }
            }
            Target::Sequences(names) => {
                for name in names {
                    self.on_relation(name, ObjectKind::Sequences, privileges, grant, option, grantees)?;
                }
            }
            Target::Functions(signatures) => {
                let wanted = whole(privileges, ObjectKind::Functions)?;
                for signature in signatures {
                    let Some(owner) = self.catalogue.functions.get(signature).map(|found| found.owner.clone()) else {
                        continue;
                    };
                    let (grantor, origin) = (self.grantor(&owner), self.origin.clone());
                    if let Some(found) = self.catalogue.functions.get_mut(signature) {
                        let acl =
                            found.acl.get_or_insert_with(|| built_in(ObjectKind::Functions, &owner, &found.origin));
                        let change =
                            Change { grant, option, privileges: &wanted, grantees, grantor: &grantor, origin: &origin };
                        apply(acl, &change);
                    }
                }
            }
            Target::Schemas(names) => {
                let wanted = whole(privileges, ObjectKind::Schemas)?;
                for name in names {
                    let Some(owner) = self.catalogue.schemas.get(name).map(|found| found.owner.clone()) else {
                        continue;
                    };
                    let (grantor, origin) = (self.grantor(&owner), self.origin.clone());
                    if let Some(found) = self.catalogue.schemas.get_mut(name) {
                        let acl = found.acl.get_or_insert_with(|| built_in(ObjectKind::Schemas, &owner, &found.origin));
                        let change =
                            Change { grant, option, privileges: &wanted, grantees, grantor: &grantor, origin: &origin };
                        apply(acl, &change);
                    }
                }
            }
            Target::Types(names) => {
                let wanted = whole(privileges, ObjectKind::Types)?;
                for name in names {
                    let Some(owner) = self.catalogue.types.get(name).map(|found| found.owner.clone()) else { continue };
                    let (grantor, origin) = (self.grantor(&owner), self.origin.clone());
                    if let Some(found) = self.catalogue.types.get_mut(name) {
                        let acl = found.acl.get_or_insert_with(|| built_in(ObjectKind::Types, &owner, &found.origin));
                        let change =
                            Change { grant, option, privileges: &wanted, grantees, grantor: &grantor, origin: &origin };
                        apply(acl, &change);
                    }
                }
            }
            Target::Other => {}
        }
        Ok(())
    }

    fn on_relation(
        &mut self,
        name: &Name,
        kind: ObjectKind,
        privileges: &[Wanted],
        grant: bool,
        option: bool,
        grantees: &[Grantee],
    ) -> Done {
        let Some(relation) = self.catalogue.relations.get(name) else { return Ok(()) };
        let owner = relation.owner.clone();
        for (_, columns) in privileges {
            super::constraints::require(relation, columns)?;
        }
        let (grantor, origin) = (self.grantor(&owner), self.origin.clone());
        let mut wanted = Vec::new();
        for (privilege, columns) in privileges {
            if columns.is_empty() {
                match privilege {
                    Some(privilege) if all(kind).contains(privilege) || *privilege == Privilege::Maintain => {
                        wanted.push(*privilege);
                    }
                    // GRANT … ON TABLE of a sequence takes privileges of tables, and ignores those that it has not.
                    Some(privilege) if kind == ObjectKind::Tables || all(ObjectKind::Tables).contains(privilege) => {
                        if *privilege == Privilege::Usage || *privilege == Privilege::Execute {
                            return refused(format!("invalid privilege type {} for relation", privilege.as_str()));
                        }
                    }
                    Some(privilege) => {
                        return refused(format!("invalid privilege type {} for sequence", privilege.as_str()));
                    }
                    None => wanted.extend(all(kind)),
                }
                continue;
            }
            let own: Vec<Privilege> = match privilege {
                Some(privilege) if Privilege::COLUMN.contains(privilege) => vec![*privilege],
                Some(privilege) => {
                    return refused(format!("invalid privilege type {} for column", privilege.as_str()));
                }
                None => Privilege::COLUMN.to_vec(),
            };
            let change = Change { grant, option, privileges: &own, grantees, grantor: &grantor, origin: &origin };
            if let Some(relation) = self.catalogue.relations.get_mut(name) {
                let named =
                    relation.columns.iter_mut().filter(|column| !column.dropped && columns.contains(&column.name));
                named.for_each(|column| apply(&mut column.acl, &change));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        if let Some(relation) = self.catalogue.relations.get_mut(name) {
            let acl = relation.acl.get_or_insert_with(|| built_in(kind, &owner, &relation.origin));
            let change = Change { grant, option, privileges: &wanted, grantees, grantor: &grantor, origin: &origin };
            apply(acl, &change);
            if !grant {
                // Taking a privilege from a table takes it from its columns, too.
                for column in &mut relation.columns {
                    if !column.acl.is_empty() {
                        apply(&mut column.acl, &change);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Privileges of an object without columns.
fn whole(privileges: &[Wanted], kind: ObjectKind) -> Done<Vec<Privilege>> {
    let mut wanted = Vec::new();
    for (privilege, columns) in privileges {
        match privilege {
            _ if !columns.is_empty() => return refused("column privileges are only valid for relations"),
            Some(privilege) if all(kind).contains(privilege) => wanted.push(*privilege),
            Some(privilege) => return refused(format!("invalid privilege type {}", privilege.as_str())),
            None => wanted.extend(all(kind)),
        }
    }
    Ok(wanted)
}

/// `ALL [PRIVILEGES]`, or a list; each with columns.
pub(crate) fn privileges(p: &mut Parser<'_>) -> Parsed<Vec<Wanted>> {
    p.list(|p| {
        let privilege = if p.eat("all") {
            p.eat("privileges");
            None
        } else {
            match Privilege::parse(p.text_at(0)) {
                Some(privilege) => {
                    p.advance();
                    Some(privilege)
                }
                None if p.eat("set") || p.eat("alter system") => Some(Privilege::Connect),
                None => return p.fault("a privilege"),
            }
        };
        let columns = if p.is_sign("(") { p.names_in_parentheses()? } else { Vec::new() };
        Ok((privilege, columns))
    })
}
