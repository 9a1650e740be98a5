//! The system tables that blocks ask: rows of `pg_policies`, `pg_tables`, `information_schema.columns`, … of the replay.

use super::Session;
use super::rows::Wanted;
use super::values::Value;
use crate::catalogue::{ConstraintKind, Relation, RelationKind, TypeKind};

type Fields = Vec<(String, Value)>;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Fields {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn letter(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "r",
        RelationKind::PartitionedTable => "p",
        RelationKind::View => "v",
        RelationKind::MaterializedView => "m",
        RelationKind::ForeignTable => "f",
        RelationKind::Sequence => "S",
    }
}

impl Session {
    /// Rows of a system table; `None` for a table whose rows are not kept. Object identifiers are names.
    pub(crate) fn system_rows(&self, schema: Option<&str>, name: &str, wanted: &Wanted) -> Option<Vec<Fields>> {
        let relations = || self.catalogue.relations.values().filter(|relation| may_be(wanted, relation));
        let of = |kinds: &'static [RelationKind]| relations().filter(move |relation| kinds.contains(&relation.kind));
        match (schema, name) {
            (Some("information_schema"), name) => self.information_rows(name, wanted),
            (Some("storage"), "buckets") => Some(
                self.catalogue
                    .buckets
                    .values()
                    .map(|bucket| {
                        fields([
                            ("id", text(&bucket.id)),
                            ("name", text(&bucket.name)),
                            ("public", Value::Bool(bucket.public)),
                        ])
                    })
                    .collect(),
            ),
            (Some("cron"), "job") => Some(
                self.catalogue
                    .cron_jobs
                    .iter()
                    .map(|(key, job)| {
                        fields([
                            ("jobid", text(key)),
                            ("jobname", job.name.as_deref().map_or(Value::Null, text)),
                            ("schedule", text(&job.schedule)),
                            ("command", text(&job.command)),
                        ])
                    })
                    .collect(),
            ),
            (None | Some("pg_catalog"), "pg_policies") => Some(
                relations()
                    .flat_map(|relation| relation.policies.values().map(move |policy| (relation, policy)))
                    .filter(|(_, policy)| wanted.allows("policyname", &policy.name))
                    .map(|(relation, policy)| {
                        fields([
                            ("schemaname", text(&relation.name.schema)),
                            ("tablename", text(&relation.name.name)),
                            ("policyname", text(&policy.name)),
                            ("cmd", text(policy.command.as_str())),
                            ("roles", Value::Array(policy.roles.iter().map(|role| text(role)).collect())),
                            ("qual", policy.using.as_ref().map_or(Value::Null, |using| text(&using.text))),
                            ("with_check", policy.with_check.as_ref().map_or(Value::Null, |check| text(&check.text))),
                        ])
                    })
                    .collect(),
            ),
            (None | Some("pg_catalog"), "pg_policy") => Some(
                relations()
                    .flat_map(|relation| relation.policies.values().map(move |policy| (relation, policy)))
                    .map(|(relation, policy)| {
                        fields([("polname", text(&policy.name)), ("polrelid", text(&relation.name.to_string()))])
                    })
                    .collect(),
            ),
            (None | Some("pg_catalog"), "pg_tables") => Some(
                of(&[RelationKind::Table, RelationKind::PartitionedTable])
                    .map(|relation| {
                        fields([
                            ("schemaname", text(&relation.name.schema)),
                            ("tablename", text(&relation.name.name)),
                            ("tableowner", text(&relation.owner)),
                            ("rowsecurity", Value::Bool(relation.rls.enabled)),
                        ])
                    })
                    .collect(),
            ),
            (None | Some("pg_catalog"), "pg_views") => Some(self.view_rows(RelationKind::View, "viewname")),
            (None | Some("pg_catalog"), "pg_matviews") => {
                Some(self.view_rows(RelationKind::MaterializedView, "matviewname"))
            }
            (None | Some("pg_catalog"), "pg_class") => Some(relations().map(class_row).collect()),
            (None | Some("pg_catalog"), "pg_indexes") => Some(
                relations()
                    .flat_map(|relation| relation.indexes.values().map(move |index| (relation, index)))
                    .map(|(relation, index)| {
                        fields([
                            ("schemaname", text(&relation.name.schema)),
                            ("tablename", text(&relation.name.name)),
                            ("indexname", text(&index.name)),
                            ("indexdef", text(&index.definition)),
                        ])
                    })
                    .collect(),
            ),
            (None | Some("pg_catalog"), name) => self.more_rows(name, wanted),
            _ => None,
        }
    }

    fn view_rows(&self, kind: RelationKind, column: &str) -> Vec<Fields> {
        let views = self.catalogue.relations.values().filter(|relation| relation.kind == kind);
        views
            .map(|relation| fields([("schemaname", text(&relation.name.schema)), (column, text(&relation.name.name))]))
            .collect()
    }

    fn more_rows(&self, name: &str, wanted: &Wanted) -> Option<Vec<Fields>> {
        let catalogue = &self.catalogue;
        Some(match name {
            "pg_namespace" => {
                catalogue.schemas.keys().map(|name| fields([("oid", text(name)), ("nspname", text(name))])).collect()
            }
            "pg_roles" | "pg_authid" | "pg_user" => catalogue
                .roles
                .keys()
                .map(|name| fields([("oid", text(name)), ("rolname", text(name)), ("usename", text(name))]))
                .collect(),
            "pg_extension" => catalogue
                .extensions
                .values()
                .map(|own| fields([("extname", text(&own.name)), ("extnamespace", text(&own.schema))]))
                .collect(),
            "pg_type" => catalogue
                .types
                .values()
                .filter(|own| wanted.allows("typname", &own.name.name))
                .map(|own| {
                    let kind = match own.kind {
                        TypeKind::Enum { .. } => "e",
                        TypeKind::Domain { .. } => "d",
                        TypeKind::Composite { .. } => "c",
                        TypeKind::Range { .. } => "r",
                        TypeKind::Base => "b",
                    };
                    fields([
                        ("oid", text(&own.name.to_string())),
                        ("typname", text(&own.name.name)),
                        ("typnamespace", text(&own.name.schema)),
                        ("typtype", text(kind)),
                    ])
                })
                .collect(),
            "pg_enum" => {
                let mut rows = Vec::new();
                for own in catalogue.types.values() {
                    if let TypeKind::Enum { labels } = &own.kind {
                        let row = |label: &String| {
                            fields([("enumlabel", text(label)), ("enumtypid", text(&own.name.to_string()))])
                        };
                        rows.extend(labels.iter().map(row));
                    }
                }
                rows
            }
            "pg_proc" => catalogue
                .functions
                .values()
                .filter(|own| wanted.allows("proname", &own.signature.name))
                .map(|own| {
                    fields([
                        ("oid", text(&own.signature.to_string())),
                        ("proname", text(&own.signature.name)),
                        ("pronamespace", text(&own.signature.schema)),
                        ("prosecdef", Value::Bool(own.security_definer)),
                    ])
                })
                .collect(),
            name => return self.still_more_rows(name, wanted),
        })
    }

    fn still_more_rows(&self, name: &str, wanted: &Wanted) -> Option<Vec<Fields>> {
        let catalogue = &self.catalogue;
        Some(match name {
            "pg_trigger" => catalogue
                .relations
                .values()
                .flat_map(|relation| relation.triggers.values().map(move |own| (relation, own)))
                .filter(|(_, own)| wanted.allows("tgname", &own.name))
                .map(|(relation, own)| {
                    fields([
                        ("tgname", text(&own.name)),
                        ("tgrelid", text(&relation.name.to_string())),
                        ("tgisinternal", Value::Bool(false)),
                    ])
                })
                .collect(),
            "pg_constraint" => catalogue
                .relations
                .values()
                .flat_map(|relation| relation.constraints.iter().map(move |own| (relation, own)))
                .filter(|(_, own)| wanted.allows("conname", &own.name))
                .map(|(relation, own)| {
                    fields([
                        ("conname", text(&own.name)),
                        ("conrelid", text(&relation.name.to_string())),
                        ("connamespace", text(&relation.name.schema)),
                        ("contype", text(constraint_letter(&own.kind))),
                    ])
                })
                .collect(),
            "pg_attribute" => catalogue
                .relations
                .values()
                .flat_map(|relation| relation.live_columns().map(move |(at, own)| (relation, at, own)))
                .filter(|(_, _, own)| wanted.allows("attname", &own.name))
                .map(|(relation, at, own)| {
                    fields([
                        ("attrelid", text(&relation.name.to_string())),
                        ("attname", text(&own.name)),
                        ("attnum", Value::Number(at.to_string())),
                        ("attisdropped", Value::Bool(false)),
                        ("attnotnull", Value::Bool(own.not_null)),
                    ])
                })
                .collect(),
            "pg_publication" => catalogue
                .publications
                .values()
                .map(|own| {
                    fields([
                        ("oid", text(&own.name)),
                        ("pubname", text(&own.name)),
                        ("puballtables", Value::Bool(own.all_tables)),
                    ])
                })
                .collect(),
            "pg_publication_tables" | "pg_publication_rel" => catalogue
                .publications
                .values()
                .flat_map(|own| own.tables.keys().map(move |table| (own, table)))
                .map(|(own, table)| {
                    fields([
                        ("pubname", text(&own.name)),
                        ("prpubid", text(&own.name)),
                        ("prrelid", text(&table.to_string())),
                        ("schemaname", text(&table.schema)),
                        ("tablename", text(&table.name)),
                    ])
                })
                .collect(),
            _ => return None,
        })
    }

    fn information_rows(&self, name: &str, wanted: &Wanted) -> Option<Vec<Fields>> {
        let fits = |relation: &&Relation| relation.kind != RelationKind::Sequence && may_be(wanted, relation);
        let relations = || self.catalogue.relations.values().filter(fits);
        Some(match name {
            "tables" => relations()
                .filter(|relation| relation.kind != RelationKind::MaterializedView)
                .map(|relation| {
                    let kind = match relation.kind {
                        RelationKind::View => "VIEW",
                        RelationKind::ForeignTable => "FOREIGN",
                        _ => "BASE TABLE",
                    };
                    fields([
                        ("table_catalog", text("postgres")),
                        ("table_schema", text(&relation.name.schema)),
                        ("table_name", text(&relation.name.name)),
                        ("table_type", text(kind)),
                    ])
                })
                .collect(),
            "views" => relations()
                .filter(|relation| relation.kind == RelationKind::View)
                .map(|relation| {
                    fields([("table_schema", text(&relation.name.schema)), ("table_name", text(&relation.name.name))])
                })
                .collect(),
            "columns" => relations()
                .flat_map(|relation| relation.live_columns().map(move |(_, column)| (relation, column)))
                .filter(|(_, column)| wanted.allows("column_name", &column.name))
                .map(|(relation, column)| {
                    let base = crate::resolve::types::split(&column.type_name).0;
                    let shown = if column.type_name.ends_with("[]") {
                        "ARRAY"
                    } else if crate::resolve::types::is_builtin(base) {
                        base
                    } else {
                        "USER-DEFINED"
                    };
                    fields([
                        ("table_schema", text(&relation.name.schema)),
                        ("table_name", text(&relation.name.name)),
                        ("column_name", text(&column.name)),
                        ("data_type", text(shown)),
                        ("is_nullable", text(if column.not_null { "NO" } else { "YES" })),
                    ])
                })
                .collect(),
            "table_constraints" => relations()
                .flat_map(|relation| relation.constraints.iter().map(move |own| (relation, own)))
                .filter(|(_, own)| wanted.allows("constraint_name", &own.name))
                .map(|(relation, own)| {
                    let kind = match own.kind {
                        ConstraintKind::PrimaryKey { .. } => "PRIMARY KEY",
                        ConstraintKind::Unique { .. } => "UNIQUE",
                        ConstraintKind::ForeignKey { .. } => "FOREIGN KEY",
                        ConstraintKind::Check { .. } => "CHECK",
                        ConstraintKind::Exclude { .. } => "EXCLUDE",
                    };
                    fields([
                        ("constraint_schema", text(&relation.name.schema)),
                        ("constraint_name", text(&own.name)),
                        ("table_schema", text(&relation.name.schema)),
                        ("table_name", text(&relation.name.name)),
                        ("constraint_type", text(kind)),
                    ])
                })
                .collect(),
            "schemata" => self.catalogue.schemas.keys().map(|name| fields([("schema_name", text(name))])).collect(),
            "routines" => self
                .catalogue
                .functions
                .values()
                .map(|own| {
                    fields([
                        ("routine_schema", text(&own.signature.schema)),
                        ("routine_name", text(&own.signature.name)),
                    ])
                })
                .collect(),
            "triggers" => relations()
                .flat_map(|relation| relation.triggers.values().map(move |own| (relation, own)))
                .map(|(relation, own)| {
                    fields([
                        ("trigger_name", text(&own.name)),
                        ("trigger_schema", text(&relation.name.schema)),
                        ("event_object_schema", text(&relation.name.schema)),
                        ("event_object_table", text(&relation.name.name)),
                    ])
                })
                .collect(),
            _ => return None,
        })
    }
}

/// Whether the relation may fit, by the names that system tables have for it.
fn may_be(wanted: &Wanted, relation: &Relation) -> bool {
    ["tablename", "table_name", "relname", "event_object_table", "viewname", "matviewname"]
        .iter()
        .all(|column| wanted.allows(column, &relation.name.name))
}

fn class_row(relation: &Relation) -> Fields {
    fields([
        ("oid", text(&relation.name.to_string())),
        ("relname", text(&relation.name.name)),
        ("relnamespace", text(&relation.name.schema)),
        ("relkind", text(letter(relation.kind))),
        ("relrowsecurity", Value::Bool(relation.rls.enabled)),
        ("relforcerowsecurity", Value::Bool(relation.rls.forced)),
    ])
}

fn constraint_letter(kind: &ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey { .. } => "p",
        ConstraintKind::Unique { .. } => "u",
        ConstraintKind::ForeignKey { .. } => "f",
        ConstraintKind::Check { .. } => "c",
        ConstraintKind::Exclude { .. } => "x",
    }
}
