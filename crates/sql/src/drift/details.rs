//! Further facts: constraints, indexes, triggers, types, publications, buckets, extensions, jobs.

use super::Aspect;
use super::facts::{Book, summary, text};
use crate::catalogue::{Catalogue, ConstraintKind, Name, Partition, Relation, Trigger, Type, TypeKind, quote_ident};

/// Extensions that a Supabase project has without asking.
const PREINSTALLED: [&str; 6] =
    ["pg_graphql", "pg_stat_statements", "pgcrypto", "plpgsql", "supabase_vault", "uuid-ossp"];

/// Constraints, indexes, triggers, query and partitioning of a relation.
pub(super) fn relation(book: &mut Book, subject: &str, relation: &Relation) {
    let part = (subject, subject);
    for constraint in &relation.constraints {
        let name = format!("constraint {} on {}", quote_ident(&constraint.name), relation.name);
        let valid = if constraint.validated { "" } else { ", not valid" };
        let says = format!("{}{valid}", demand(&constraint.kind));
        book.part(Aspect::Constraint, (&name, subject), "", says, &constraint.origin);
    }
    for index in relation.indexes.values().filter(|index| index.constraint.is_none()) {
        let name = format!("index {} on {}", quote_ident(&index.name), relation.name);
        let says = format!(
            "{}{} ({}) include ({}) where {}",
            if index.unique { "unique " } else { "" },
            index.method,
            index.keys.join(", "),
            index.include.join(", "),
            text(index.predicate.as_ref())
        );
        book.part(Aspect::Index, (&name, subject), "", says, &index.origin);
    }
    for trigger in relation.triggers.values() {
        self::trigger(book, subject, &relation.name, trigger);
    }
    if let Some(query) = &relation.query {
        let mut names: Vec<String> = query.relations.iter().map(Name::to_string).collect();
        names.sort();
        book.part(Aspect::Body, part, "reads", names.join(", "), &relation.origin);
    }
    if !relation.parents.is_empty() {
        let parents: Vec<String> = relation.parents.iter().map(Name::to_string).collect();
        let is_partition = matches!(relation.partition, Some(Partition::Of { .. } | Partition::Both { .. }));
        let word = if is_partition { "partition of" } else { "inherits" };
        book.part(Aspect::Other, part, word, parents.join(", "), &relation.origin);
    }
}

fn demand(kind: &ConstraintKind) -> String {
    match kind {
        ConstraintKind::PrimaryKey { columns } => format!("primary key ({})", columns.join(", ")),
        ConstraintKind::Unique { columns } => format!("unique ({})", columns.join(", ")),
        ConstraintKind::ForeignKey { columns, references, referenced, on_delete, on_update } => format!(
            "({}) references {references} ({}), on delete {on_delete}, on update {on_update}",
            columns.join(", "),
            referenced.join(", ")
        ),
        ConstraintKind::Check { expression } => format!("check {}", text(Some(expression))),
        ConstraintKind::Exclude { .. } => "exclusion".into(),
    }
}

/// A trigger.
pub(super) fn trigger(book: &mut Book, table: &str, relation: &Name, trigger: &Trigger) {
    let name = format!("trigger {} on {relation}", quote_ident(&trigger.name));
    let says = format!(
        "{} {}{} for each {} calls {}{}",
        trigger.timing,
        trigger.events.join(" or "),
        if trigger.columns.is_empty() { String::new() } else { format!(" of {}", trigger.columns.join(", ")) },
        if trigger.each_row { "row" } else { "statement" },
        trigger.function,
        if trigger.enabled { "" } else { ", disabled" }
    );
    book.part(Aspect::Trigger, (&name, table), "", says, &trigger.origin);
}

/// What belongs to no relation.
pub(super) fn of(book: &mut Book, catalogue: &Catalogue, is_managed: fn(&str) -> bool) {
    for made in catalogue.types.values().filter(|made| !is_managed(&made.name.schema) && made.extension.is_none()) {
        let subject = format!("type {}", made.name);
        book.object(&subject, "it is there".into(), &made.origin);
        book.part(Aspect::Other, (&subject, &subject), "", kind(made), &made.origin);
    }
    for publication in catalogue.publications.values() {
        let subject = format!("publication {}", quote_ident(&publication.name));
        if publication.all_tables {
            book.alone(Aspect::Publication, &subject, "all tables", "sent".into(), &publication.origin);
        }
        for (table, origin) in publication.tables.iter().filter(|(table, _)| !is_managed(&table.schema)) {
            book.alone(Aspect::Publication, &subject, &format!("table {table}"), "sent".into(), origin);
        }
        for (schema, origin) in &publication.schemas {
            book.alone(
                Aspect::Publication,
                &subject,
                &format!("tables in {}", quote_ident(schema)),
                "sent".into(),
                origin,
            );
        }
    }
    for bucket in catalogue.buckets.values() {
        let subject = format!("bucket {}", bucket.id);
        let says = if bucket.public { "public" } else { "not public" };
        book.alone(Aspect::Bucket, &subject, "", says.into(), &bucket.origin);
    }
    for job in catalogue.cron_jobs.values() {
        let Some(name) = &job.name else { continue };
        let says = format!("{} runs {}", job.schedule, summary(job.command.trim()));
        book.alone(Aspect::Other, &format!("job {name}"), "", says, &job.origin);
    }
    for extension in catalogue.extensions.values().filter(|made| !PREINSTALLED.contains(&made.name.as_str())) {
        let subject = format!("extension {}", quote_ident(&extension.name));
        book.alone(Aspect::Other, &subject, "", format!("in schema {}", extension.schema), &extension.origin);
    }
    for trigger in catalogue.event_triggers.values().filter(|trigger| !is_managed(&trigger.function.schema)) {
        let says = format!("on {} calls {}", trigger.event, trigger.function);
        book.alone(
            Aspect::Trigger,
            &format!("event trigger {}", quote_ident(&trigger.name)),
            "",
            says,
            &trigger.origin,
        );
    }
}

fn kind(made: &Type) -> String {
    match &made.kind {
        TypeKind::Enum { labels } => format!("enumeration of {}", labels.join(", ")),
        TypeKind::Domain { base, not_null, checks, .. } => {
            let checks: Vec<String> = checks.values().map(|check| text(Some(check))).collect();
            format!("domain over {base}{}, checks {}", if *not_null { " not null" } else { "" }, checks.join(" and "))
        }
        TypeKind::Composite { fields } => {
            let fields: Vec<String> =
                fields.iter().map(|(name, kind)| format!("{} {kind}", quote_ident(name))).collect();
            format!("composite of {}", fields.join(", "))
        }
        TypeKind::Range { subtype } => format!("range of {subtype}"),
        TypeKind::Base => "base type".into(),
    }
}
