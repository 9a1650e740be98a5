//! The database that a replay begins with: plain Postgres 15, or a fresh Supabase project.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::acl::built_in;
use super::names::index_owners;
use super::roles::plain;
use super::{BUDGET, COPIES, Limits, SEARCHES, Session};
use crate::catalogue::{Catalogue, Extension, Grant, Grantee, ObjectKind, Origin, Privilege, Schema};
use crate::outcome::{Options, SqlFile};

/// Supabase's own objects, replayed once and copied.
const SUPABASE: &str = include_str!("../../seed/supabase.sql");

/// Roles that every Postgres 15 has.
const ROLES: &[&str] = &[
    "pg_checkpoint",
    "pg_database_owner",
    "pg_execute_server_program",
    "pg_monitor",
    "pg_read_all_data",
    "pg_read_all_settings",
    "pg_read_all_stats",
    "pg_read_server_files",
    "pg_signal_backend",
    "pg_stat_scan_tables",
    "pg_write_all_data",
    "pg_write_server_files",
];

/// A session on a fresh database.
pub(crate) fn session(options: &Options) -> Session {
    let catalogue = if options.supabase {
        static SEEDED: OnceLock<Catalogue> = OnceLock::new();
        SEEDED.get_or_init(supabase).clone()
    } else {
        postgres()
    };
    let path: &[&str] = if options.supabase { &["$user", "public", "extensions"] } else { &["$user", "public"] };
    let mut session = of(catalogue, &options.role, path);
    if !session.catalogue.roles.contains_key(&options.role) {
        let mut role = plain(&options.role, true, Origin::default());
        role.superuser = true;
        session.catalogue.roles.insert(role.name.clone(), role);
    }
    if options.supabase && !options.auto_expose_new_tables {
        session.catalogue.default_privileges.retain(|entry| entry.schema.as_deref() != Some("public"));
    }
    session.catalogue.exposed_schemas.clone_from(&options.exposed_schemas);
    session
}

fn of(catalogue: Catalogue, role: &str, path: &[&str]) -> Session {
    let default_path: Vec<String> = path.iter().map(|schema| (*schema).to_owned()).collect();
    let mut session = Session {
        index_owners: index_owners(&catalogue),
        catalogue,
        failures: Vec::new(),
        files: Vec::new(),
        statements: 0,
        login: role.to_owned(),
        user: role.to_owned(),
        search_path: default_path.clone(),
        path: Vec::new(),
        origin: Origin::default(),
        snapshots: Vec::new(),
        may_go_back: false,
        depth: 0,
        calls: 0,
        copies: COPIES,
        inherits: false,
        searches: std::cell::Cell::new(SEARCHES),
        limits: Limits::default(),
        budget: BUDGET,
        default_path,
    };
    session.refresh_path();
    session
}

/// Plain Postgres 15: its roles, and `public`, which nobody but the database's owner may create in.
fn postgres() -> Catalogue {
    let origin = Origin::default();
    let mut catalogue = Catalogue::default();
    for name in ROLES {
        catalogue.roles.insert((*name).to_owned(), plain(name, false, origin.clone()));
    }
    if let Some(monitor) = catalogue.roles.get_mut("pg_monitor") {
        let parents = ["pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"];
        monitor.member_of = parents.iter().map(|name| ((*name).to_owned(), false)).collect::<BTreeMap<_, _>>();
    }
    let mut superuser = plain("postgres", true, origin.clone());
    (superuser.superuser, superuser.bypass_rls) = (true, true);
    (superuser.create_role, superuser.create_db, superuser.replication) = (true, true, true);
    catalogue.roles.insert("postgres".into(), superuser);
    let owner = "pg_database_owner";
    let mut acl = built_in(ObjectKind::Schemas, owner, &origin);
    acl.push(Grant {
        grantee: Grantee::Public,
        privilege: Privilege::Usage,
        grantable: false,
        grantor: owner.into(),
        origin: origin.clone(),
    });
    let schema = Schema {
        name: "public".into(),
        owner: owner.into(),
        acl: Some(acl),
        comment: Some("standard public schema".into()),
        origin: origin.clone(),
    };
    catalogue.schemas.insert("public".into(), schema);
    let plpgsql =
        Extension { name: "plpgsql".into(), schema: "pg_catalog".into(), version: Some("1.0".into()), origin };
    catalogue.extensions.insert("plpgsql".into(), plpgsql);
    catalogue
}

fn supabase() -> Catalogue {
    let mut session = of(postgres(), "postgres", &["$user", "public", "extensions"]);
    // A path of no file: what the seed makes has no origin in the project.
    session.run(&SqlFile::new("", SUPABASE));
    debug_assert!(session.failures.is_empty(), "{:?}", session.failures);
    let mut catalogue = session.catalogue;
    if let Some(postgres) = catalogue.roles.get_mut("postgres") {
        // On Supabase, postgres is no superuser; supabase_admin is.
        postgres.superuser = false;
    }
    catalogue
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Name, Signature};

    #[test]
    fn the_seed_replays_without_a_failure() {
        let mut session = of(postgres(), "postgres", &["$user", "public", "extensions"]);
        session.run(&SqlFile::new("", SUPABASE));
        assert_eq!(session.failures, []);
    }

    #[test]
    fn a_fresh_project_is_as_supabase_makes_it() {
        let session = session(&Options::supabase());
        let catalogue = session.catalogue();
        let privilege = |role: &'static str, schema: &str, name: &str, privilege| {
            catalogue.relation_privilege(role, &Name::new(schema, name), privilege).is_held()
        };
        assert!(privilege("anon", "storage", "objects", Privilege::Select));
        assert!(!privilege("authenticated", "auth", "users", Privilege::Select));
        assert!(privilege("postgres", "auth", "users", Privilege::Select));
        assert!(catalogue.bypasses_rls("service_role") && !catalogue.bypasses_rls("authenticated"));
        let uid = Signature { schema: "auth".into(), name: "uid".into(), args: Vec::new() };
        assert!(catalogue.function_privilege("anon", &uid).is_held());
        assert!(catalogue.relation("storage", "objects").is_some_and(|table| table.rls.enabled));
        assert!(!catalogue.relations.values().any(|relation| relation.origin.is_known()));
    }
}
