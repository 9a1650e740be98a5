//! A catalogue told as facts: relations, policies, privileges, functions. What is left out is said in [`super`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Aspect, Fact, Facts, Key, details};
use crate::catalogue::{
    Acl, Catalogue, Column, Expr, Function, Grantee, Name, ObjectKind, Origin, Policy, Privilege, Relation,
    RelationKind, quote_ident,
};

/// Schemas that Supabase makes and changes by itself.
const MANAGED: [&str; 24] = [
    "_analytics",
    "_realtime",
    "_supavisor",
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgmq",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "repack",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "tiger",
    "tiger_data",
    "topology",
    "vault",
    "information_schema",
];

/// Roles that Supabase makes, besides those whose names begin with one of [`MANAGED_ROLE_PREFIXES`].
const MANAGED_ROLES: [&str; 7] =
    ["authenticator", "dashboard_user", "pgbouncer", "postgres", "pgtle_admin", "etl_admin", "supabase"];
/// See [`MANAGED_ROLES`].
const MANAGED_ROLE_PREFIXES: [&str; 4] = ["supabase_", "pg_", "pgsodium_", "cli_login_"];

/// Whether Supabase or Postgres makes the schema.
fn is_managed(schema: &str) -> bool {
    schema.starts_with("pg_") || MANAGED.contains(&schema)
}

fn is_managed_role(role: &str) -> bool {
    MANAGED_ROLES.contains(&role) || MANAGED_ROLE_PREFIXES.iter().any(|prefix| role.starts_with(prefix))
}

/// Collects facts.
#[derive(Default)]
pub(super) struct Book(Facts);

impl Book {
    /// Notes a fact of a part of an object.
    pub(super) fn part(
        &mut self,
        what: Aspect,
        (subject, part_of): (&str, &str),
        detail: &str,
        says: String,
        origin: &Origin,
    ) {
        let key = Key { what, subject: subject.to_owned(), detail: detail.to_owned() };
        let part_of = Some(part_of.to_owned()).filter(|object| object != NOTHING);
        self.0.insert(key, Fact { says, part_of, origin: origin.clone() });
    }

    /// Notes that an object is there.
    pub(super) fn object(&mut self, subject: &str, says: String, origin: &Origin) {
        let key = Key { what: Aspect::Object, subject: subject.to_owned(), detail: String::new() };
        self.0.insert(key, Fact { says, part_of: None, origin: origin.clone() });
    }

    /// Notes a fact that stands for itself.
    pub(super) fn alone(&mut self, what: Aspect, subject: &str, detail: &str, says: String, origin: &Origin) {
        let key = Key { what, subject: subject.to_owned(), detail: detail.to_owned() };
        self.0.insert(key, Fact { says, part_of: None, origin: origin.clone() });
    }
}

/// All facts of a catalogue.
pub(super) fn of(catalogue: &Catalogue) -> Facts {
    let mut book = Book::default();
    for schema in catalogue.schemas.values().filter(|schema| !is_managed(&schema.name)) {
        let subject = format!("schema {}", quote_ident(&schema.name));
        book.object(&subject, "it is there".into(), &schema.origin);
        grants(&mut book, &subject, schema.acl.as_ref(), &schema.owner, None, &schema.origin);
    }
    for relation in catalogue.relations.values() {
        if is_managed(&relation.name.schema) {
            guests(&mut book, relation);
        } else if relation.extension.is_none() && !relation.temporary {
            self::relation(&mut book, relation);
        }
    }
    for function in catalogue.functions.values() {
        if !is_managed(&function.signature.schema) && function.extension.is_none() {
            self::function(&mut book, function);
        }
    }
    roles(&mut book, catalogue);
    default_privileges(&mut book, catalogue);
    details::of(&mut book, catalogue, is_managed);
    book.0
}

/// What a project puts on a table of Supabase's: told whether or not both catalogues know the table.
fn guests(book: &mut Book, relation: &Relation) {
    for policy in relation.policies.values() {
        self::policy(book, NOTHING, &relation.name, policy);
    }
    for trigger in relation.triggers.values().filter(|trigger| !is_managed(&trigger.function.schema)) {
        details::trigger(book, NOTHING, &relation.name, trigger);
    }
}

/// As [`Fact::part_of`]: stands for itself.
const NOTHING: &str = "";

fn kind_words(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::PartitionedTable => "table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialised view",
        RelationKind::ForeignTable => "foreign table",
        RelationKind::Sequence => "sequence",
    }
}

fn relation(book: &mut Book, relation: &Relation) {
    let subject = format!("{} {}", kind_words(relation.kind), relation.name);
    book.object(&subject, "it is there".into(), &relation.origin);
    let part = (subject.as_str(), subject.as_str());
    if relation.kind.is_table() {
        let on = |on: bool, word: &str, not: &str| (if on { word } else { not }).to_owned();
        let rls = &relation.rls;
        book.part(Aspect::RowSecurity, part, "", on(rls.enabled, "enabled", "not enabled"), &rls.enabled_origin);
        book.part(Aspect::RowSecurity, part, "owner", on(rls.forced, "forced", "not forced"), &rls.forced_origin);
    }
    for policy in relation.policies.values() {
        self::policy(book, &subject, &relation.name, policy);
    }
    grants(book, &subject, relation.acl.as_ref(), &relation.owner, None, &relation.origin);
    for (_, column) in relation.live_columns() {
        self::column(book, &subject, relation, column);
    }
    for (name, value) in &relation.options {
        let what = if relation.kind == RelationKind::View { Aspect::ViewOption } else { Aspect::Other };
        let value = truth(value).unwrap_or(value).to_owned();
        // An option that is off says what its absence says.
        if !(value == "false" && what == Aspect::ViewOption) {
            book.part(what, part, name, value, &relation.options_origin);
        }
    }
    details::relation(book, &subject, relation);
}

/// A boolean option's value.
fn truth(value: &str) -> Option<&'static str> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" | "yes" => Some("true"),
        "false" | "off" | "0" | "no" => Some("false"),
        _ => None,
    }
}

/// An expression's text in which only white space differs from Postgres's.
pub(super) fn text(expr: Option<&Expr>) -> String {
    expr.map_or_else(|| "none".to_owned(), |expr| expr.text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn policy(book: &mut Book, table: &str, name: &Name, policy: &Policy) {
    let subject = format!("policy {} on {name}", quote_ident(&policy.name));
    let mut roles = policy.roles.clone();
    roles.sort();
    roles.dedup();
    let says = format!(
        "{} for {} to {}, using {}, with check {}",
        if policy.permissive { "permissive" } else { "restrictive" },
        policy.command.as_str(),
        roles.join(", "),
        text(policy.using.as_ref()),
        text(policy.with_check.as_ref()),
    );
    book.part(Aspect::Policy, (&subject, table), "", says, &policy.origin);
}

fn column(book: &mut Book, table: &str, relation: &Relation, column: &Column) {
    let subject = format!("column {}.{}", relation.name, quote_ident(&column.name));
    if relation.kind != RelationKind::Sequence {
        let says = format!(
            "{}{}, default {}{}",
            column.type_name,
            if column.not_null { " not null" } else { "" },
            text(column.default.as_ref()),
            match column.generated {
                crate::catalogue::Generated::No => "",
                crate::catalogue::Generated::Stored => ", generated",
                crate::catalogue::Generated::IdentityAlways => ", identity always",
                crate::catalogue::Generated::IdentityByDefault => ", identity by default",
            },
        );
        book.part(Aspect::Column, (&subject, table), "", says, &column.origin);
    }
    for (grantee, (privileges, origin)) in by_grantee(&column.acl, &relation.owner) {
        book.part(Aspect::Grant, (&subject, table), &grantee, privileges, &origin);
    }
}

/// Privileges by grantee, in words, without the owner's.
fn by_grantee(acl: &Acl, owner: &str) -> BTreeMap<String, (String, Origin)> {
    let mut found: BTreeMap<&str, (BTreeSet<String>, Origin)> = BTreeMap::new();
    for grant in acl {
        if matches!(&grant.grantee, Grantee::Role(role) if role == owner || is_managed_role(role)) {
            continue;
        }
        let entry = found.entry(grant.grantee.as_str()).or_insert_with(|| (BTreeSet::new(), grant.origin.clone()));
        entry.0.insert(format!(
            "{}{}",
            grant.privilege.as_str(),
            if grant.grantable { " (may grant it on)" } else { "" }
        ));
    }
    let said = |(words, origin): (BTreeSet<String>, Origin)| (words.into_iter().collect::<Vec<_>>().join(", "), origin);
    found.into_iter().map(|(grantee, entry)| (format!("to {grantee}"), said(entry))).collect()
}

/// Notes an object's privileges. `public` is what PUBLIC has where the list is the built-in default.
fn grants(book: &mut Book, subject: &str, acl: Option<&Acl>, owner: &str, public: Option<Privilege>, origin: &Origin) {
    let Some(acl) = acl else {
        if let Some(privilege) = public {
            book.part(Aspect::Grant, (subject, subject), "to PUBLIC", privilege.as_str().into(), origin);
        }
        return;
    };
    for (grantee, (privileges, origin)) in by_grantee(acl, owner) {
        book.part(Aspect::Grant, (subject, subject), &grantee, privileges, &origin);
    }
}

fn function(book: &mut Book, function: &Function) {
    let subject = format!("function {}", function.signature);
    book.object(&subject, "it is there".into(), &function.origin);
    let part = (subject.as_str(), subject.as_str());
    grants(book, &subject, function.acl.as_ref(), &function.owner, Some(Privilege::Execute), &function.origin);
    let origin = function.altered.as_ref().unwrap_or(&function.origin);
    let definer = if function.security_definer { "DEFINER" } else { "INVOKER" };
    book.part(Aspect::FunctionAttribute, part, "SECURITY", definer.into(), origin);
    for (name, value) in &function.config {
        book.part(Aspect::FunctionAttribute, part, name, value.clone(), origin);
    }
    let attributes = format!(
        "{:?} {} in {}, {:?}{}, returns {}{}",
        function.kind,
        if function.strict { "strict" } else { "called on null" },
        function.language,
        function.volatility,
        if function.leakproof { ", leakproof" } else { "" },
        if function.returns_set { "setof " } else { "" },
        function.returns,
    );
    book.part(Aspect::FunctionAttribute, part, "as", attributes.to_lowercase(), origin);
    let body = function.body.replace("\r\n", "\n");
    book.part(Aspect::Body, part, "body", summary(body.trim()), &function.origin);
}

/// A text that may be long: its beginning, its length and a sum, so that two are equal only when the texts are.
pub(super) fn summary(text: &str) -> String {
    let start: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
    // FNV-1a: only tells texts apart, protects nothing.
    let sum = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{} characters ({:08x}): {start}", text.chars().count(), sum >> 32)
}

fn roles(book: &mut Book, catalogue: &Catalogue) {
    for role in catalogue.roles.values().filter(|role| !is_managed_role(&role.name)) {
        let subject = format!("role {}", quote_ident(&role.name));
        let attributes: Vec<&str> = [
            (role.superuser, "superuser"),
            (role.bypass_rls, "bypasses row-level security"),
            (role.create_role, "creates roles"),
            (role.login, "logs in"),
            (!role.inherit, "does not inherit"),
        ]
        .into_iter()
        .filter_map(|(holds, word)| holds.then_some(word))
        .collect();
        let says = if attributes.is_empty() { "ordinary".into() } else { attributes.join(", ") };
        book.alone(Aspect::Role, &subject, "", says, &role.origin);
        for (of, admin) in &role.member_of {
            let detail = format!("member of {}", quote_ident(of));
            let says = if *admin { "with the right to grant it on" } else { "" };
            book.alone(Aspect::Role, &subject, &detail, says.into(), &role.origin);
        }
    }
}

fn default_privileges(book: &mut Book, catalogue: &Catalogue) {
    for default in &catalogue.default_privileges {
        if default.schema.as_deref().is_some_and(is_managed) || default.role.starts_with("supabase_") {
            continue;
        }
        let kind = match default.objects {
            ObjectKind::Tables => "tables",
            ObjectKind::Sequences => "sequences",
            ObjectKind::Functions => "functions",
            ObjectKind::Types => "types",
            ObjectKind::Schemas => "schemas",
        };
        let place = default.schema.as_deref().map(|schema| format!(" in {}", quote_ident(schema))).unwrap_or_default();
        let subject = format!("default privileges of {} on {kind}{place}", quote_ident(&default.role));
        for (grantee, (privileges, _)) in by_grantee(&default.acl, &default.role) {
            book.alone(Aspect::Grant, &subject, &grantee, privileges, &default.origin);
        }
        // An entry without a schema replaces the built-in default: that PUBLIC has nothing must be said.
        let builtin = matches!(default.objects, ObjectKind::Functions | ObjectKind::Types) && default.schema.is_none();
        if builtin && !default.acl.iter().any(|grant| grant.grantee == Grantee::Public) {
            book.alone(Aspect::Grant, &subject, "to PUBLIC", "nothing".into(), &default.origin);
        }
    }
}
