//! What is wrong with a catalogue: Supabase's own lints, decided as its linter does, and what no linter sees.
//!
//! A check is named for what holds, `sql/rls-disabled-in-public`; a rule file turns it into a finding. Where a check of ours
//! says the same of the same object as one of Supabase's, it takes that one's place and carries its name along.

mod access;
mod escalation;
mod functions;
mod lints;
mod oracle;
mod performance;
mod policies;
mod secrets;
mod seen;
mod sensitive;
mod statements;
mod storage;
mod tenants;

use lunette_core::observation::Observation;

use crate::outcome::{Replay, SqlFile};
use seen::Look;

/// What the checks need to know besides the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// Schemas that the HTTP API serves.
    pub exposed_schemas: &'a [String],
    /// The files that were replayed, for what a catalogue does not keep (a REVOKE without effect, a literal secret).
    pub files: &'a [SqlFile<'a>],
    /// Whether anybody can make an account, where the project says so (`config.toml`, `[auth].enable_signup`).
    pub signup: Option<bool>,
    /// What to call a live database in places; `None` when the catalogue comes from files.
    pub live: Option<String>,
}

/// All names of checks, `sql/…`, sorted.
pub fn names() -> &'static [&'static str] {
    NAMES
}

/// Everything that the checks see, ordered by place, check and anchor.
pub fn observe(replay: &Replay, context: &Context<'_>) -> Vec<Observation> {
    let look = Look::new(replay, context);
    access::observe(&look);
    lints::observe(&look);
    performance::observe(&look);
    functions::observe(&look);
    policies::observe(&look);
    tenants::observe(&look);
    escalation::observe(&look);
    oracle::observe(&look);
    storage::observe(&look);
    statements::observe(&look);
    secrets::observe(&look);
    let mut seen = look.into_seen();
    seen.sort_by(|a, b| (&a.place, &a.check, &a.anchor).cmp(&(&b.place, &b.check, &b.anchor)));
    seen
}

/// Schemas that Supabase and its extensions own, which its linter leaves out.
pub(crate) const MANAGED: &[&str] = &[
    "_timescaledb_cache",
    "_timescaledb_catalog",
    "_timescaledb_config",
    "_timescaledb_internal",
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "information_schema",
    "net",
    "pgmq",
    "pgroonga",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "pgbouncer",
    "pg_catalog",
    "realtime",
    "repack",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "tiger",
    "topology",
    "vault",
];

const NAMES: &[&str] = &[
    "sql/anon-security-definer-function-executable",
    "sql/auth-rls-initplan",
    "sql/auth-users-exposed",
    "sql/authenticated-only",
    "sql/authenticated-security-definer-function-executable",
    "sql/column-revoke-no-effect",
    "sql/default-privileges",
    "sql/definer-search-path",
    "sql/definer-unchecked",
    "sql/duplicate-index",
    "sql/dynamic-sql",
    "sql/exists-unbound",
    "sql/extension-in-public",
    "sql/fkey-to-auth-unique",
    "sql/foreign-key-oracle",
    "sql/foreign-table-in-api",
    "sql/function-search-path-mutable",
    "sql/immutable-reads-session",
    "sql/insecure-queue-exposed-in-api",
    "sql/inverted-auth-check",
    "sql/materialized-view-in-api",
    "sql/multiple-permissive-policies",
    "sql/no-primary-key",
    "sql/only-restrictive-policies",
    "sql/partition-without-rls",
    "sql/pg-graphql-anon-table-exposed",
    "sql/pg-graphql-authenticated-table-exposed",
    "sql/policy-exists-rls-disabled",
    "sql/policy-false-block",
    "sql/policy-folds-to-true",
    "sql/policy-public-write",
    "sql/policy-service-role-name",
    "sql/policy-without-condition",
    "sql/public-bucket-allows-listing",
    "sql/public-read-sensitive",
    "sql/published-without-rls",
    "sql/realtime-open",
    "sql/rls-disabled-in-public",
    "sql/rls-enabled-no-policy",
    "sql/rls-policy-always-true",
    "sql/rls-references-user-metadata",
    "sql/role-grant",
    "sql/secret-in-migration",
    "sql/security-definer-view",
    "sql/self-escalation",
    "sql/sensitive-columns-exposed",
    "sql/signup-metadata-role",
    "sql/storage-anon-write",
    "sql/storage-not-owner-scoped",
    "sql/storage-policy-no-bucket",
    "sql/storage-private-read-all",
    "sql/table-after-sweep",
    "sql/tenant-self-comparison",
    "sql/unindexed-foreign-keys",
    "sql/unknown-auth-role",
    "sql/unsupported-reg-types",
    "sql/view-writable",
    "sql/with-check-weaker",
];
