//! Where a running database differs from what the migrations leave.
//!
//! Both catalogues are told as facts, one sentence each, and the facts compared. What Supabase itself makes is left out on
//! both sides: its schemas (but for policies and triggers that a project puts on their tables), its roles, extensions' own
//! objects. Where an object is missing as a whole, nothing is said of its parts.

use std::collections::BTreeMap;

use lunette_core::place::Place;
use serde::Serialize;

use crate::catalogue::{Catalogue, Origin};

mod details;
mod facts;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// What differs.
    pub what: Aspect,
    /// Of which object: `table public.notes`, `policy mine on public.notes`.
    pub object: String,
    /// What holds after the migrations.
    pub migrations_say: String,
    /// What holds in the database.
    pub database_says: String,
    /// The statement that made what the migrations say.
    pub place: Option<Place>,
}

/// What may differ: first what decides over access, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Row-level security enabled or forced.
    RowSecurity,
    /// A policy.
    Policy,
    /// A privilege: on a table, column, function, schema, or by default.
    Grant,
    /// Attributes of a role, and its memberships.
    Role,
    /// SECURITY DEFINER, settings, volatility and the like of a function.
    FunctionAttribute,
    /// An option of a view.
    ViewOption,
    /// A storage bucket.
    Bucket,
    /// What a publication sends.
    Publication,
    /// A table, view, function, type or schema that only one side has.
    Object,
    /// A column.
    Column,
    /// A constraint.
    Constraint,
    /// A trigger.
    Trigger,
    /// The body of a function, the query of a view.
    Body,
    /// An index.
    Index,
    /// Owners, extensions, jobs, labels of types, partitions.
    Other,
}

impl Aspect {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::RowSecurity => "row-level security",
            Self::Policy => "policy",
            Self::Grant => "privileges",
            Self::Role => "role",
            Self::FunctionAttribute => "function attributes",
            Self::ViewOption => "view options",
            Self::Bucket => "bucket",
            Self::Publication => "publication",
            Self::Object => "object",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Trigger => "trigger",
            Self::Body => "body",
            Self::Index => "index",
            Self::Other => "other",
        }
    }

    /// Whether a difference of this kind may change who reaches what.
    pub fn is_about_access(self) -> bool {
        self <= Self::Publication
    }
}

/// What a fact is about. `object` is what must be on both sides for the fact to be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    what: Aspect,
    /// As printed in [`Drift::object`].
    subject: String,
    /// Which fact of the subject.
    detail: String,
}

/// What holds, and by which statement.
struct Fact {
    /// In words.
    says: String,
    /// The object that it is a part of; facts of objects that the other side lacks are not told.
    part_of: Option<String>,
    origin: Origin,
}

/// Facts of a catalogue.
type Facts = BTreeMap<Key, Fact>;

/// Where `live` differs from `replayed`, what decides over access first.
pub fn drift(replayed: &Catalogue, live: &Catalogue) -> Vec<Drift> {
    let (ours, theirs) = (facts::of(replayed), facts::of(live));
    let mut found = Vec::new();
    for (key, fact) in &ours {
        match theirs.get(key) {
            Some(other) if other.says == fact.says => {}
            Some(other) => found.push(made(key, Some(fact), Some(other))),
            None if is_told(fact, &theirs) => found.push(made(key, Some(fact), None)),
            None => {}
        }
    }
    for (key, fact) in &theirs {
        if !ours.contains_key(key) && is_told(fact, &ours) {
            found.push(made(key, None, Some(fact)));
        }
    }
    found.sort();
    found
}

/// Whether the side without the fact has the object that it is a part of.
fn is_told(fact: &Fact, other: &Facts) -> bool {
    fact.part_of.as_ref().is_none_or(|object| {
        let key = Key { what: Aspect::Object, subject: object.clone(), detail: String::new() };
        other.contains_key(&key)
    })
}

fn made(key: &Key, migrations: Option<&Fact>, database: Option<&Fact>) -> Drift {
    let says = |fact: Option<&Fact>| match fact {
        Some(fact) if key.detail.is_empty() => fact.says.clone(),
        Some(fact) if fact.says.is_empty() => key.detail.clone(),
        Some(fact) => format!("{}: {}", key.detail, fact.says),
        None if key.detail.is_empty() => "there is none".to_owned(),
        None => format!("{}: none", key.detail),
    };
    Drift {
        what: key.what,
        object: key.subject.clone(),
        migrations_say: says(migrations),
        database_says: says(database),
        place: migrations.filter(|fact| fact.origin.is_known()).map(|fact| fact.origin.place()),
    }
}

#[cfg(test)]
mod tests;
