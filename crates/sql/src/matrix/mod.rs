//! The access matrix: what each role reaches of each exposed table, view, function and bucket, decided as Postgres does.
//!
//! A role reaches rows when it may use the schema, has the privilege on the relation or on some of its columns, and
//! row-level security lets rows through: permissive policies are joined with OR, restrictive ones with AND. Row-level
//! security does not bind superusers, roles with BYPASSRLS, and the owner unless it is forced. `UPDATE` and `DELETE` name
//! rows in `WHERE` (Supabase insists on it), so that the policies for `SELECT` are asked as well.

use lunette_core::access::{AccessMatrix, AccessRow, Command, ObjectAccess, ObjectKind, Reach};

use crate::catalogue::{Catalogue, Function, FunctionKind, Literal, Name, Origin, Relation, RelationKind};

pub(crate) mod class;
pub(crate) mod decide;
pub(crate) mod functions;
pub(crate) mod policies;
pub(crate) mod predicate;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
pub(crate) mod value;

use class::Class;
use decide::Decision;
use functions::Functions;
use value::Session;

/// Roles that requests of the API run as.
pub(crate) const API_ROLES: [&str; 2] = ["anon", "authenticated"];

/// A catalogue, ready to be asked who reaches what.
pub struct Access<'a> {
    catalogue: &'a Catalogue,
    functions: Functions,
}

impl<'a> Access<'a> {
    /// Reads what the functions of the catalogue do.
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Access { catalogue, functions: Functions::read(catalogue) }
    }

    /// A session of the role, for questions about conditions.
    pub(crate) fn session<'s>(&'s self, role: &'s str) -> Session<'s> {
        Session::new(self.catalogue, &self.functions, role)
    }

    /// What the functions do.
    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
    }

    /// What the role reaches of the relation by the command. `UPDATE` and `DELETE` are taken to name rows in `WHERE`.
    pub fn relation(&self, role: &str, relation: &Relation, command: Command) -> AccessRow {
        let decision = decide::decide(&self.session(role), relation, command);
        row(role, command, decision)
    }

    /// How far the role reaches into the relation of that name; nothing where there is none.
    pub fn reach(&self, role: &str, relation: &Name, command: Command) -> Reach {
        self.catalogue
            .relations
            .get(relation)
            .map_or(Reach::Denied, |relation| self.relation(role, relation, command).reach)
    }

    /// Whether the role may call the function, and with whose rights it runs.
    pub fn function(&self, role: &str, function: &Function) -> AccessRow {
        let held = self.catalogue.function_privilege(role, &function.signature);
        let usage =
            self.catalogue.schema_privilege(role, &function.signature.schema, crate::catalogue::Privilege::Usage);
        let words = decide::held_words(&held, role, "EXECUTE").filter(|_| usage.is_held());
        let Some((why, origin)) = words else {
            return row(role, Command::Execute, Decision::denied(format!("EXECUTE is not granted to {role}")));
        };
        let rights = if function.security_definer {
            let asks = self.functions.called(Some(&function.signature.schema), &function.signature.name).caller;
            format!(
                "runs with the rights of {}, {}",
                function.owner,
                if asks { "and asks who calls" } else { "and does not ask who calls" }
            )
        } else {
            "runs with the caller's rights".to_owned()
        };
        let steps =
            origin.iter().chain([&function.origin]).filter(|origin| origin.is_known()).map(Origin::place).collect();
        AccessRow {
            role: role.to_owned(),
            command: Command::Execute,
            reach: Reach::Callable,
            because: vec![why, rights],
            steps,
        }
    }

    /// What the role may do with the files of a bucket: list and download, upload, replace, delete.
    pub fn bucket(&self, role: &str, bucket: &str, command: Command) -> AccessRow {
        let Some(objects) = self.catalogue.relation("storage", "objects") else {
            return row(role, command, Decision::denied("there is no storage".into()));
        };
        let mut session = self.session(role);
        session.given.insert("bucket_id", Literal::Text(bucket.to_owned()));
        let mut decision = decide::decide(&session, objects, command);
        let public = self.catalogue.buckets.get(bucket).filter(|bucket| bucket.public && command == Command::Select);
        if let Some(bucket) = public {
            decision.class = Class::True;
            decision.because.insert(0, "the bucket is public: its files are read by their address".into());
            decision.origins.insert(0, bucket.origin.clone());
        }
        row(role, command, decision)
    }
}

fn row(role: &str, command: Command, decision: Decision) -> AccessRow {
    let steps = decision.origins.iter().filter(|origin| origin.is_known()).map(Origin::place).collect();
    AccessRow { role: role.to_owned(), command, reach: decision.class.reach(), because: decision.because, steps }
}

/// The access matrix of the exposed schemas and of all buckets.
pub fn matrix(catalogue: &Catalogue, exposed_schemas: &[String]) -> AccessMatrix {
    let access = Access::new(catalogue);
    let roles = roles(catalogue);
    let mut objects = Vec::new();
    for relation in catalogue.relations.values() {
        let Some(kind) = kind(relation.kind).filter(|_| is_shown(relation, exposed_schemas)) else { continue };
        let rows = roles
            .iter()
            .flat_map(|role| Command::ROWS.map(|command| access.relation(role, relation, command)))
            .collect();
        objects.push(ObjectAccess { kind, name: plain(&relation.name), place: place(&relation.origin), rows });
    }
    for function in catalogue.functions.values() {
        if !exposed_schemas.contains(&function.signature.schema) || !is_callable(function) {
            continue;
        }
        let rows = roles.iter().map(|role| access.function(role, function)).collect();
        let name = function.signature.to_string();
        objects.push(ObjectAccess { kind: ObjectKind::Function, name, place: place(&function.origin), rows });
    }
    for (id, bucket) in &catalogue.buckets {
        let rows =
            roles.iter().flat_map(|role| Command::ROWS.map(|command| access.bucket(role, id, command))).collect();
        objects.push(ObjectAccess { kind: ObjectKind::Bucket, name: id.clone(), place: place(&bucket.origin), rows });
    }
    objects.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    let assumptions = if objects.is_empty() { Vec::new() } else { assumptions() };
    AccessMatrix { objects, assumptions }
}

fn assumptions() -> Vec<String> {
    [
        "UPDATE and DELETE name rows in WHERE, so that the policies for SELECT are asked as well.",
        "Requests come as the roles shown; the token of `anon` names no user.",
        "\"Unknown\" is told where a condition does not say whose rows they are, or depends on data.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The API's roles, and those that the project makes.
fn roles(catalogue: &Catalogue) -> Vec<&str> {
    let api = ["anon", "authenticated", "service_role"].into_iter().filter(|role| catalogue.roles.contains_key(*role));
    let own = catalogue
        .roles
        .values()
        .filter(|role| role.origin.is_known() && !role.superuser)
        .map(|role| role.name.as_str());
    api.chain(own.filter(|role| !["anon", "authenticated", "service_role"].contains(role))).collect()
}

fn is_shown(relation: &Relation, exposed: &[String]) -> bool {
    exposed.contains(&relation.name.schema)
        && relation.extension.is_none()
        && !relation.temporary
        && relation.origin.is_known()
}

/// Whether the API can call the function: no trigger function, aggregate or part of an extension.
pub(crate) fn is_callable(function: &Function) -> bool {
    matches!(function.kind, FunctionKind::Function | FunctionKind::Procedure)
        && !matches!(function.returns.as_str(), "trigger" | "event_trigger")
        && function.extension.is_none()
        && function.origin.is_known()
}

fn kind(kind: RelationKind) -> Option<ObjectKind> {
    Some(match kind {
        RelationKind::Table | RelationKind::PartitionedTable => ObjectKind::Table,
        RelationKind::View => ObjectKind::View,
        RelationKind::MaterializedView => ObjectKind::MaterializedView,
        RelationKind::ForeignTable => ObjectKind::ForeignTable,
        RelationKind::Sequence => return None,
    })
}

/// A name as reports show it, without quotes.
pub(crate) fn plain(name: &Name) -> String {
    format!("{}.{}", name.schema, name.name)
}

fn place(origin: &Origin) -> Option<lunette_core::place::Place> {
    origin.is_known().then(|| origin.place())
}
