//! Policies of Storage and of Realtime.

use crate::catalogue::{Command, Literal, Node, Policy, Relation};
use crate::matrix::class::Class;
use crate::matrix::policies::expression;

use super::lints::is_literally_true;
use super::seen::{Look, list, lower};

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    if let Some(objects) = catalogue.relation("storage", "objects") {
        for policy in objects.policies.values().filter(|policy| policy.permissive && look.is_own(&policy.origin)) {
            object_policy(look, objects, policy);
        }
    }
    if let Some(messages) = catalogue.relation("realtime", "messages") {
        for policy in messages.policies.values().filter(|policy| policy.permissive && look.is_own(&policy.origin)) {
            channel_policy(look, messages, policy);
        }
    }
}

/// Buckets that the policy names, and whether it looks at the bucket at all.
fn buckets(policy: &Policy) -> (Vec<String>, bool) {
    let (mut ids, mut looks) = (Vec::new(), false);
    for condition in policy.using.iter().chain(&policy.with_check) {
        looks |= condition.text.contains("bucket_id");
        let Some(tree) = &condition.tree else { continue };
        tree.walk(&mut |node| {
            let (left, right) = match node {
                Node::Operator { op, left: Some(left), right } if op == "=" => (&**left, &**right),
                Node::Quantified { left, right, .. } => (&**left, &**right),
                _ => return true,
            };
            for (column, other) in [(left, right), (right, left)] {
                if is_bucket(column) {
                    ids.extend(texts(other));
                }
            }
            true
        });
    }
    ids.sort();
    ids.dedup();
    (ids, looks)
}

fn is_bucket(node: &Node) -> bool {
    match node {
        Node::Column { name, .. } => name == "bucket_id",
        Node::Cast { arg, .. } => is_bucket(arg),
        _ => false,
    }
}

fn texts(node: &Node) -> Vec<String> {
    match node {
        Node::Literal { value: Literal::Text(text), .. } => vec![text.clone()],
        Node::Cast { arg, .. } => texts(arg),
        Node::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// What the policy lets the role do with files of the bucket.
fn class(look: &Look<'_>, role: &'static str, policy: &Policy, command: Command, bucket: Option<&str>) -> Class {
    let condition = if command == Command::Insert { policy.check() } else { policy.using.as_ref() };
    let mut session = look.session(role);
    if let Some(bucket) = bucket {
        session.given.insert("bucket_id", Literal::Text(bucket.to_owned()));
    }
    condition.map_or(Class::False, |condition| expression(&session, condition))
}

/// The widest that the policy lets the role do in the buckets it names.
fn widest(look: &Look<'_>, role: &'static str, policy: &Policy, command: Command, ids: &[String]) -> Class {
    if ids.is_empty() {
        return class(look, role, policy, command, None);
    }
    ids.iter().map(|id| class(look, role, policy, command, Some(id))).max().unwrap_or(Class::False)
}

fn object_policy(look: &Look<'_>, objects: &Relation, policy: &Policy) {
    let (ids, looks) = buckets(policy);
    let roles = look.bound_roles(objects, policy);
    let open = |class| matches!(class, Class::True | Class::Row);
    let place = if ids.is_empty() {
        "in every bucket".to_owned()
    } else {
        format!("in {}", list(&ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>()))
    };
    let mut told = false;
    let writes = [Command::Insert, Command::Update, Command::Delete]
        .into_iter()
        .filter(|command| policy.command.covers(*command));
    let (mut guest, mut user) = (Vec::new(), Vec::new());
    for command in writes {
        if roles.contains(&"anon") && open(widest(look, "anon", policy, command, &ids)) {
            guest.push(word(command));
        } else if command != Command::Insert
            && roles.contains(&"authenticated")
            && open(widest(look, "authenticated", policy, command, &ids))
        {
            user.push(word(command));
        }
    }
    if !guest.is_empty() {
        told = true;
        let draft = look
            .about_policy("storage-anon-write", objects, policy, "files may be written by everybody")
            .detail("command", list(&guest))
            .detail("where", &place)
            .exposure(look.exposure(&["anon"]));
        look.push(draft);
    } else if !user.is_empty() {
        told = true;
        let draft = look
            .about_policy("storage-not-owner-scoped", objects, policy, "files of others may be changed")
            .detail("command", list(&user))
            .detail("where", &place);
        look.push(draft);
    }
    if policy.command.covers(Command::Select) && guest.is_empty() {
        told |= private(look, objects, policy, &ids, &roles);
    }
    if !looks && !told {
        let draft = look
            .about_policy("storage-policy-no-bucket", objects, policy, "no bucket is named")
            .detail("command", lower(policy.command.as_str()));
        look.push(draft);
    }
}

fn word(command: Command) -> &'static str {
    match command {
        Command::Insert => "upload",
        Command::Update => "replace",
        _ => "delete",
    }
}

/// Private buckets all of whose files the policy shows to others than their owners.
fn private(look: &Look<'_>, objects: &Relation, policy: &Policy, ids: &[String], roles: &[&'static str]) -> bool {
    let mut told = false;
    let catalogue = look.catalogue;
    for bucket in
        catalogue.buckets.values().filter(|bucket| !bucket.public && (ids.is_empty() || ids.contains(&bucket.id)))
    {
        let reading: Vec<&'static str> = roles
            .iter()
            .copied()
            .filter(|role| class(look, role, policy, Command::Select, Some(&bucket.id)) == Class::True)
            .collect();
        if reading.is_empty() {
            continue;
        }
        told = true;
        let draft = look
            .about_policy(
                "storage-private-read-all",
                objects,
                policy,
                format!("shows all files of the private bucket {}", bucket.id),
            )
            .part(&bucket.id)
            .step(&bucket.origin, "the bucket is private")
            .detail("bucket", &bucket.id)
            .detail(
                "roles",
                if reading.contains(&"anon") { "everybody".to_owned() } else { "every signed-in user".to_owned() },
            )
            .exposure(look.exposure(&reading));
        look.push(draft);
    }
    told
}

fn channel_policy(look: &Look<'_>, messages: &Relation, policy: &Policy) {
    let topic = policy.using.iter().chain(&policy.with_check).any(|condition| condition.text.contains("topic"));
    let roles: Vec<&'static str> = ["anon", "authenticated"]
        .into_iter()
        .filter(|role| {
            look.bound_roles(messages, policy).contains(role)
                || policy.is_public()
                || policy.roles.iter().any(|named| named == role)
        })
        .filter(|role| {
            policy.using.iter().chain(&policy.with_check).any(|condition| {
                let class = expression(&look.session(role), condition);
                is_literally_true(&condition.text) || matches!(class, Class::True | Class::Row)
            })
        })
        .collect();
    if roles.is_empty() || topic {
        return;
    }
    let command = match policy.command {
        Command::Select => "listen",
        Command::Insert => "send",
        _ => "listen and send",
    };
    let draft = look
        .about_policy("realtime-open", messages, policy, "does not look at the channel")
        .detail("command", command)
        .detail(
            "roles",
            if roles.contains(&"anon") { "everybody".to_owned() } else { "every signed-in user".to_owned() },
        )
        .exposure(look.exposure(&roles));
    look.push(draft);
}
