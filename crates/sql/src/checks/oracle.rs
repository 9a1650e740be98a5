//! Foreign keys that answer questions: a key is checked with the owner's eyes, so that whoever may write a referring row learns
//! whether the row referred to is there, also where row level security hides it.

use lunette_core::access::{Command, Reach};
use lunette_core::risk::DataClass;

use crate::catalogue::{Column, Constraint, ConstraintKind, Privilege, Relation};
use crate::matrix::plain;

use super::MANAGED;
use super::escalation::{is_pinned, is_watched};
use super::seen::{Draft, Look, list};
use super::sensitive::{is_personal, is_regulated, is_secret};

pub(crate) fn observe(look: &Look<'_>) {
    for relation in look.catalogue.relations.values() {
        let name = &relation.name;
        if !relation.kind.is_table() || MANAGED.contains(&name.schema.as_str()) || !look.is_exposed(&name.schema) {
            continue;
        }
        for constraint in relation.constraints.iter().filter(|constraint| look.is_own(&constraint.origin)) {
            tell(look, relation, constraint);
        }
    }
}

fn tell(look: &Look<'_>, relation: &Relation, constraint: &Constraint) {
    let ConstraintKind::ForeignKey { columns, references, referenced, .. } = &constraint.kind else { return };
    let ([column], [key]) = (columns.as_slice(), referenced.as_slice()) else { return };
    let Some(target) = look.catalogue.relations.get(references).filter(|target| target.name != relation.name) else {
        return;
    };
    // Numbers that count up and random ones tell nothing, or cannot be guessed.
    let Some(key) = target.column(key).filter(|key| is_guessed(key)) else { return };
    let roles: Vec<&str> = look
        .api_roles()
        .filter(|role| is_hidden(look.access.relation(role, target, Command::Select).reach))
        .filter(|role| {
            [(Command::Insert, Privilege::Insert), (Command::Update, Privilege::Update)].into_iter().any(
                |(command, privilege)| {
                    let reach = look.access.relation(role, relation, command).reach;
                    let written = look.catalogue.column_privilege(role, &relation.name, column, privilege).is_held();
                    let asked = match command {
                        Command::Insert => crate::catalogue::Command::Insert,
                        _ => crate::catalogue::Command::Update,
                    };
                    reach != Reach::Denied
                        && written
                        && !is_pinned(relation, asked, column)
                        && !is_watched(look, relation, asked, column)
                },
            )
        })
        .collect();
    if roles.is_empty() {
        return;
    }
    let draft = Draft::new(
        "foreign-key-oracle",
        plain(&relation.name),
        &constraint.origin,
        format!("a row can be written only where {} has the key", plain(&target.name)),
    )
    .part(&constraint.name)
    .detail("constraint", &constraint.name)
    .detail("column", column)
    .detail("target", plain(&target.name))
    .detail("key", &key.name)
    .detail("roles", list(&roles))
    .exposure(look.exposure(&roles))
    .data(class(key))
    .step(&target.rls.enabled_origin, "row level security hides the rows referred to")
    .firm_if(look.uncertain);
    look.push(draft);
}

/// Whether the rows of a table are hidden from a role, at least those of others.
fn is_hidden(reach: Reach) -> bool {
    matches!(reach, Reach::Denied | Reach::OwnRows | Reach::TenantRows)
}

/// Whether values of a column are such as somebody may guess: words, names, addresses.
fn is_guessed(column: &Column) -> bool {
    let name = column.type_name.as_str();
    ["text", "character varying", "citext", "inet", "character("].iter().any(|text| name.contains(text))
        && !name.ends_with("[]")
}

fn class(key: &Column) -> DataClass {
    if is_regulated(&key.name) {
        DataClass::Regulated
    } else if is_personal(&key.name) || is_secret(&key.name) {
        DataClass::PersonalOrSecret
    } else {
        DataClass::Internal
    }
}
