//! Lints of Supabase's linter that are about speed and upkeep: 0001, 0003, 0004, 0006, 0009, 0014, 0018, 0021.

use std::collections::BTreeMap;

use lunette_core::risk::Exposure;

use crate::catalogue::{Command, ConstraintKind, Relation, RelationKind};
use crate::matrix::plain;

use super::MANAGED;
use super::seen::{Draft, Look, list};

pub(crate) fn observe(look: &Look<'_>) {
    // Upkeep of databases behind an application of their own is not what this is for.
    if look.api_roles().next().is_none() {
        return;
    }
    let catalogue = look.catalogue;
    for relation in catalogue.relations.values().filter(|relation| relation.extension.is_none() && !relation.temporary)
    {
        if !MANAGED.contains(&relation.name.schema.as_str()) {
            foreign_keys(look, relation);
            primary_key(look, relation);
            several_policies(look, relation);
            duplicate_indexes(look, relation);
        }
        initplan(look, relation);
    }
    for relation in catalogue.relations.values().filter(|relation| look.is_own(&relation.origin)) {
        reg_types(look, relation);
        auth_keys(look, relation);
    }
    for extension in
        catalogue.extensions.values().filter(|extension| extension.name != "plpgsql" && extension.schema == "public")
    {
        let draft = Draft::new("extension-in-public", &extension.name, &extension.origin, "the extension is in public")
            .detail("extension", &extension.name)
            .splinter("extension_in_public", format!("public.{}", extension.name))
            .exposure(Exposure::InternalOnly);
        look.push(draft);
    }
}

fn hygiene(check: &str, relation: &Relation, origin: &crate::catalogue::Origin, fact: String) -> Draft {
    let name = plain(&relation.name);
    Draft::new(check, &name, origin, fact)
        .splinter(&check.replace('-', "_"), name.clone())
        .exposure(Exposure::InternalOnly)
}

/// 0001: no index begins with the key's columns in their order.
fn foreign_keys(look: &Look<'_>, relation: &Relation) {
    for constraint in &relation.constraints {
        let ConstraintKind::ForeignKey { columns, .. } = &constraint.kind else { continue };
        let covered = relation.indexes.values().any(|index| {
            let keys = index
                .columns
                .iter()
                .map(Option::as_deref)
                .chain(index.include.iter().map(|column| Some(column.as_str())));
            keys.take(columns.len()).eq(columns.iter().map(|column| Some(column.as_str())))
        });
        if !covered {
            let draft = hygiene(
                "unindexed-foreign-keys",
                relation,
                &constraint.origin,
                format!("no index covers {}", constraint.name),
            )
            .part(&constraint.name)
            .detail("constraint", &constraint.name);
            look.push(draft);
        }
    }
}

/// 0004.
fn primary_key(look: &Look<'_>, relation: &Relation) {
    if relation.kind == RelationKind::Table && !relation.indexes.values().any(|index| index.primary) {
        let draft = hygiene("no-primary-key", relation, &relation.origin, "no primary key".into());
        look.push(draft);
    }
}

/// 0006: one row per role and command, as the linter counts them.
fn several_policies(look: &Look<'_>, relation: &Relation) {
    if relation.kind != RelationKind::Table || relation.policies.len() < 2 {
        return;
    }
    let catalogue = look.catalogue;
    let roles = catalogue.roles.values().filter(|role| {
        // LIKE 'pg_%': the underscore stands for any character.
        let system = role.name.starts_with("pg") && role.name.chars().count() > 2;
        let admin = role.name.starts_with("supabase") && role.name.ends_with("admin");
        !system && !admin && !role.bypass_rls
    });
    for role in roles {
        for command in [Command::Select, Command::Insert, Command::Update, Command::Delete] {
            let found: Vec<_> = relation
                .policies
                .values()
                .filter(|policy| policy.permissive && policy.command.covers(command))
                .filter(|policy| policy.roles.contains(&role.name) || policy.roles == ["public"])
                .collect();
            let Some(last) = found.iter().max_by_key(|policy| policy.origin.sequence).filter(|_| found.len() > 1)
            else {
                continue;
            };
            let names: Vec<String> = found.iter().map(|policy| format!("\"{}\"", policy.name)).collect();
            let fact = format!("{} permissive policies for {} and {}", found.len(), role.name, command.as_str());
            let mut draft = hygiene("multiple-permissive-policies", relation, &last.origin, fact)
                .part(&format!("{}/{}", role.name, command.as_str()))
                .detail("role", &role.name)
                .detail("command", command.as_str())
                .detail("count", found.len().to_string())
                .detail("policies", list(&names));
            for policy in found {
                draft = draft.step(&policy.origin, "one of them");
            }
            look.push(draft);
        }
    }
}

/// 0009.
fn duplicate_indexes(look: &Look<'_>, relation: &Relation) {
    if !matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView) {
        return;
    }
    let mut same: BTreeMap<String, Vec<&crate::catalogue::Index>> = BTreeMap::new();
    for index in relation.indexes.values() {
        same.entry(index.definition.replace(&index.name, "")).or_default().push(index);
    }
    for indexes in same.into_values().filter(|indexes| indexes.len() > 1) {
        let names: Vec<String> = indexes.iter().map(|index| format!("`{}`", index.name)).collect();
        let Some(last) = indexes.iter().max_by_key(|index| index.origin.sequence) else { continue };
        let mut draft = hygiene("duplicate-index", relation, &last.origin, "identical indexes".into())
            .part(&names.join(","))
            .detail("indexes", list(&names));
        for index in &indexes {
            draft = draft.step(&index.origin, "one of them");
        }
        look.push(draft);
    }
}

/// 0003: by the printed text, as the linter does it.
fn initplan(look: &Look<'_>, relation: &Relation) {
    let managed = MANAGED.contains(&relation.name.schema.as_str()) && relation.name.schema != "realtime";
    if !relation.rls.enabled || managed {
        return;
    }
    for policy in relation.policies.values() {
        let texts = || policy.using.iter().chain(&policy.with_check).map(|expression| expression.text.as_str());
        if let Some(function) = texts().find_map(called_per_row) {
            let draft =
                hygiene("auth-rls-initplan", relation, &policy.origin, format!("{function} is called for every row"))
                    .part(&policy.name)
                    .detail("policy", &policy.name)
                    .detail("function", function)
                    .exposure(look.exposure(&look.bound_roles(relation, policy)));
            look.push(draft);
        }
    }
}

/// The function of the session that the expression calls, none of whose calls stands in a sub-select.
fn called_per_row(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let simple = ["auth.uid()", "auth.jwt()", "auth.role()", "auth.email()"];
    let found = simple.into_iter().find(|call| text.contains(call) && !lower.contains(&format!("select {call}")));
    found.or_else(|| {
        let called = super::lints::like(text, &["current_setting(", ")"]);
        (called && !super::lints::like(&lower, &["select current_setting(", ")"])).then_some("current_setting()")
    })
}

/// 0018.
fn reg_types(look: &Look<'_>, relation: &Relation) {
    const BLOCKING: [&str; 8] = [
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
    ];
    if matches!(relation.name.schema.as_str(), "pg_catalog" | "information_schema" | "pgsodium") {
        return;
    }
    for (_, column) in relation.live_columns().filter(|(_, column)| BLOCKING.contains(&column.type_name.as_str())) {
        let draft = hygiene(
            "unsupported-reg-types",
            relation,
            &column.origin,
            format!("{} is {}", column.name, column.type_name),
        )
        .part(&column.name)
        .detail("column", &column.name)
        .detail("type", &column.type_name);
        look.push(draft);
    }
}

/// 0021: the columns referred to are not the primary key, so that another unique index serves.
fn auth_keys(look: &Look<'_>, relation: &Relation) {
    for constraint in &relation.constraints {
        let ConstraintKind::ForeignKey { references, referenced, .. } = &constraint.kind else { continue };
        if references.schema != "auth" {
            continue;
        }
        let Some(target) = look.catalogue.relations.get(references) else { continue };
        let same = |columns: &[String]| {
            columns.len() == referenced.len() && columns.iter().all(|column| referenced.contains(column))
        };
        if !target.primary_key().is_some_and(same) {
            let draft = hygiene(
                "fkey-to-auth-unique",
                relation,
                &constraint.origin,
                format!("refers to {}", plain(references)),
            )
            .part(&constraint.name)
            .detail("constraint", &constraint.name);
            look.push(draft);
        }
    }
}
