//! What statements were meant to do and did not, or did for all to come: REVOKE on columns, default privileges, memberships.

use lunette_core::place::Place;
use lunette_core::risk::Exposure;

use crate::catalogue::{Grantee, Name, ObjectKind, Origin, Privilege, Source};
use crate::matrix::plain;
use crate::matrix::tokens::{Token, tokens};
use crate::outcome::SqlFile;

use super::MANAGED;
use super::seen::{Draft, Look, list};

pub(crate) fn observe(look: &Look<'_>) {
    let files = look.context.files;
    for file in files {
        column_revokes(look, file);
    }
    default_privileges(look);
    memberships(look);
}

/// An origin for a piece of a file that the catalogue keeps nothing of.
pub(crate) fn origin(file: &SqlFile<'_>, from: usize, to: usize) -> Origin {
    let text = |to: usize| file.text.get(..to).unwrap_or(file.text);
    let line = |to: usize| u32::try_from(text(to).bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX);
    let column = |to: usize| u32::try_from(to - text(to).rfind('\n').map_or(0, |at| at + 1)).unwrap_or(u32::MAX);
    let first = file.at.0.saturating_add(line(from));
    let excerpt: Vec<&str> = file.text.get(from..to).unwrap_or_default().split_whitespace().collect();
    let excerpt: String = excerpt.join(" ").chars().take(Origin::EXCERPT).collect();
    if let Some(place) = file.whole {
        return Origin::new(Source { excerpt, sequence: u32::MAX, ..Source::clone(&Origin::of_place(place)) });
    }
    Origin::new(Source {
        path: file.path.to_owned(),
        line: first,
        column: column(from) + if line(from) == 0 { file.at.1 } else { 1 },
        end_line: file.at.0.saturating_add(line(to)),
        end_column: column(to) + if line(to) == 0 { file.at.1 } else { 1 },
        excerpt,
        sequence: u32::MAX,
    })
}

/// `REVOKE UPDATE (plan) ON profiles FROM authenticated` while the role has UPDATE on the table.
fn column_revokes(look: &Look<'_>, file: &SqlFile<'_>) {
    let found = tokens(file.text);
    let mut at = 0;
    while let Some(from) = (at..found.len()).find(|at| found[*at].is("revoke")) {
        let end = (from..found.len()).find(|at| found[*at].sign(";")).unwrap_or(found.len());
        at = end.max(from + 1);
        let statement = &found[from..end];
        let Some((privileges, relation, roles)) = column_revoke(statement) else { continue };
        let Some(relation) = look.catalogue.relations.get(&relation) else { continue };
        for role in roles {
            for (privilege, columns) in &privileges {
                let columns: Vec<String> = columns
                    .iter()
                    .filter(|column| relation.column(column).is_some())
                    .map(|column| format!("`{column}`"))
                    .collect();
                let held = look.catalogue.relation_privilege(&role, &relation.name, *privilege).is_held();
                if !held || columns.is_empty() || look.catalogue.is_superuser(&role) {
                    continue;
                }
                let to = found.get(end).map_or(file.text.len(), |token| token.at);
                let origin = origin(file, found[from].at, to);
                let exposed = look.is_exposed(&relation.name.schema);
                let draft = Draft::new(
                    "column-revoke-no-effect",
                    plain(&relation.name),
                    &origin,
                    "the privilege on the table stays",
                )
                .part(&format!("{role}/{}", privilege.as_str()))
                .detail("role", &role)
                .detail("command", privilege.as_str())
                .detail("columns", list(&columns))
                .exposure(if exposed { look.exposure(&[role.as_str()]) } else { Exposure::InternalOnly })
                .data(super::sensitive::class(relation))
                .step(&relation.origin, "the table is made, and granted, here");
                look.push(draft);
            }
        }
    }
}

type Revoke = (Vec<(Privilege, Vec<String>)>, Name, Vec<String>);

/// The parts of a REVOKE on columns of one table.
fn column_revoke(statement: &[Token<'_>]) -> Option<Revoke> {
    let on = statement.iter().position(|token| token.is("on"))?;
    let from = statement.iter().position(|token| token.is("from")).filter(|from| *from > on)?;
    let mut privileges: Vec<(Privilege, Vec<String>)> = Vec::new();
    let mut inside = false;
    for token in &statement[1..on] {
        if token.sign("(") {
            inside = true;
        } else if token.sign(")") {
            inside = false;
        } else if let Some(word) = token.word() {
            if inside {
                privileges.last_mut()?.1.push(word.to_owned());
            } else if let Some(privilege) = Privilege::parse(word) {
                privileges.push((privilege, Vec::new()));
            }
        }
    }
    privileges.retain(|(_, columns)| !columns.is_empty());
    let mut names = statement[on + 1..from].iter().filter_map(Token::word).filter(|word| *word != "table");
    let (first, second) = (names.next()?, names.next());
    let relation = second.map_or_else(|| Name::new("public", first), |second| Name::new(first, second));
    let roles = statement[from + 1..]
        .iter()
        .filter_map(Token::word)
        .take_while(|word| !matches!(*word, "cascade" | "restrict" | "granted"))
        .filter(|word| *word != "public")
        .map(str::to_owned)
        .collect();
    (!privileges.is_empty()).then_some((privileges, relation, roles))
}

/// Default privileges that the project gives to roles of the API outside of `public`, where Supabase gives them itself.
fn default_privileges(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for row in catalogue.default_privileges.iter().filter(|row| look.is_own(&row.origin)) {
        let schema = row.schema.as_deref().unwrap_or("every schema");
        if row.objects != ObjectKind::Tables || schema == "public" || MANAGED.contains(&schema) {
            continue;
        }
        let grants = row.acl.iter().filter(|grant| match &grant.grantee {
            Grantee::Public => true,
            Grantee::Role(role) => role == "anon" || role == "authenticated",
        });
        let (mut roles, mut privileges): (Vec<&str>, Vec<&str>) = grants
            .filter(|grant| look.is_own(&grant.origin))
            .map(|grant| (grant.grantee.as_str(), grant.privilege.as_str()))
            .unzip();
        for list in [&mut roles, &mut privileges] {
            list.sort_unstable();
            list.dedup();
        }
        // Privileges that change no row matter little: what is told is who may read or write.
        privileges.retain(|privilege| ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(privilege));
        if roles.is_empty() || privileges.is_empty() {
            continue;
        }
        let served = row.schema.as_deref().is_none_or(|schema| look.is_exposed(schema));
        let who: &[&str] =
            if roles.contains(&"authenticated") && roles.len() == 1 { &["authenticated"] } else { &["anon"] };
        let named = if row.schema.is_some() { format!("`{schema}`") } else { schema.to_owned() };
        let draft = Draft::new("default-privileges", schema, &row.origin, format!("given to {}", list(&roles)))
            .detail("kind", "table")
            .detail("schema", named)
            .detail("roles", list(&roles))
            .detail("privileges", list(&privileges))
            .exposure(if served { look.exposure(who) } else { Exposure::InternalOnly });
        look.push(draft);
    }
}

/// Roles of the API that are members of roles with rights of their own.
fn memberships(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for role in look.api_roles() {
        let Some(member) = catalogue.roles.get(role) else { continue };
        for granted in member.member_of.keys() {
            let Some(of) = catalogue.roles.get(granted) else { continue };
            let owns = |relation: &crate::catalogue::Relation| {
                relation.kind.is_table() && relation.origin.is_known() && relation.owner == *granted
            };
            let why = if of.superuser {
                "is a superuser"
            } else if of.bypass_rls {
                "skips row level security"
            } else if of.create_role {
                "makes and grants roles"
            } else if catalogue.relations.values().any(owns) {
                "owns tables"
            } else {
                continue;
            };
            let written = look.context.files.iter().rev().find_map(|file| role_grant(file, granted, role));
            let origin = if member.origin.is_known() { member.origin.clone() } else { written.unwrap_or_default() };
            let draft = Draft::new("role-grant", role, &origin, format!("is a member of {granted}"))
                .part(granted)
                .detail("role", role)
                .detail("granted", granted)
                .detail("why", why)
                .exposure(look.exposure(&[role]));
            look.push(draft);
        }
    }
}

/// The last statement of the file that grants the one role to the other.
fn role_grant(file: &SqlFile<'_>, granted: &str, to: &str) -> Option<Origin> {
    let found = tokens(file.text);
    let from = (0..found.len()).rev().find(|at| {
        let statement = found[*at..].iter().take_while(|token| !token.sign(";"));
        let words: Vec<&str> = statement.filter_map(Token::word).collect();
        let split = words.iter().position(|word| *word == "to");
        found[*at].is("grant")
            && !words.contains(&"on")
            && split.is_some_and(|split| words[..split].contains(&granted) && words[split..].contains(&to))
    })?;
    let end = (from..found.len()).find(|at| found[*at].sign(";")).map_or(file.text.len(), |at| found[at].at);
    Some(origin(file, found[from].at, end))
}

/// The line of an offset of a file, as a place.
pub(crate) fn line_of(file: &SqlFile<'_>, at: usize) -> Place {
    let place = origin(file, at, at).place();
    Place::line(place.path, place.line)
}
