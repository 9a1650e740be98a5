//! Own rows that hold rights: whoever may write the row gives the rights to themselves.

use crate::catalogue::{Command, ConstraintKind, Generated, Node, Policy, Privilege, Relation};
use crate::matrix::class::Class;
use crate::matrix::policies::{expression, rows};
use crate::matrix::tokens::tokens;

use super::MANAGED;
use super::seen::{Look, list};

/// Whether a column or key of this name holds a right, not a fact.
pub(crate) fn is_privilege(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "role",
        "roles",
        "user_role",
        "app_role",
        "account_role",
        "member_role",
        "admin",
        "is_admin",
        "isadmin",
        "superuser",
        "is_superuser",
        "is_super_admin",
        "is_staff",
        "is_moderator",
        "is_owner",
        "permissions",
        "permission",
        "access_level",
        "plan",
        "plan_id",
        "tier",
        "subscription_tier",
        "subscription_status",
        "subscription_plan",
        "is_premium",
        "is_pro",
        "is_paid",
        "premium",
        "credits",
        "credit_balance",
        "balance",
        "wallet_balance",
        "is_verified",
        "verified",
        "kyc_status",
        "is_approved",
        "approved",
        "is_banned",
        "banned",
        "tenant_id",
        "org_id",
        "organization_id",
        "organisation_id",
    ];
    NAMES.contains(&name.to_lowercase().as_str())
}

/// Rights that the tenant's own policies usually pin, and so are told only for metadata.
const TENANT: &[&str] = &["tenant_id", "org_id", "organization_id", "organisation_id"];

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for relation in catalogue.relations.values() {
        let managed = MANAGED.contains(&relation.name.schema.as_str());
        if managed || !relation.rls.enabled || !relation.kind.is_table() {
            continue;
        }
        let mut told = false;
        for command in [Command::Update, Command::Insert] {
            for policy in relation.policies.values().filter(|policy| look.is_own(&policy.origin)) {
                told = told || tell(look, relation, policy, command);
            }
        }
    }
}

fn tell(look: &Look<'_>, relation: &Relation, policy: &Policy, command: Command) -> bool {
    let role = "authenticated";
    if !policy.permissive || !policy.command.covers(command) || !look.bound_roles(relation, policy).contains(&role) {
        return false;
    }
    let condition = if command == Command::Insert { policy.check() } else { policy.using.as_ref() };
    let session = look.session(role);
    let Some(condition) = condition else { return false };
    let own = matches!(expression(&session, condition), Class::Own | Class::Mixed)
        && !rows(&session, relation, command).class.is_denied();
    let owner = condition.tree.as_ref().and_then(owner_column);
    let Some(owner) = owner.filter(|_| own) else { return false };
    if !is_about_user(relation, &owner) {
        return false;
    }
    let privilege = if command == Command::Insert { Privilege::Insert } else { Privilege::Update };
    let columns: Vec<String> = relation
        .live_columns()
        .map(|(_, column)| column)
        .filter(|column| {
            is_privilege(&column.name) && !TENANT.contains(&column.name.as_str()) && column.generated == Generated::No
        })
        .filter(|column| look.catalogue.column_privilege(role, &relation.name, &column.name, privilege).is_held())
        .filter(|column| {
            !is_pinned(relation, command, &column.name) && !is_watched(look, relation, command, &column.name)
        })
        .map(|column| format!("`{}`", column.name))
        .collect();
    if columns.is_empty() {
        return false;
    }
    let roles: &[&str] = if look.is_exposed(&relation.name.schema) { &["authenticated"] } else { &[] };
    let draft = look
        .about_policy(
            "self-escalation",
            relation,
            policy,
            format!("own rows may be written with any {}", list(&columns)),
        )
        .detail("columns", list(&columns))
        .detail("command", super::seen::lower(command.as_str()))
        .exposure(look.exposure(roles));
    look.push(draft);
    true
}

/// The column that the condition compares with the caller.
fn owner_column(tree: &Node) -> Option<String> {
    let mut found = None;
    tree.walk(&mut |node| {
        if let Node::Operator { op, left: Some(left), right } = node
            && op == "="
        {
            for (column, other) in [(left, right), (right, left)] {
                if let (Some(name), true) = (column_name(column), asks_caller(other)) {
                    found.get_or_insert(name);
                }
            }
        }
        !matches!(node, Node::Exists(_) | Node::Subselect(_) | Node::InSelect { .. })
    });
    found
}

fn column_name(node: &Node) -> Option<String> {
    match node {
        Node::Column { name, level: 0, .. } => Some(name.clone()),
        Node::Cast { arg, .. } => column_name(arg),
        _ => None,
    }
}

fn asks_caller(node: &Node) -> bool {
    let mut found = false;
    node.walk(&mut |node| {
        if let Node::Call { schema, name, .. } = node {
            found |= schema.as_deref() == Some("auth") && matches!(name.as_str(), "uid" | "jwt" | "email")
                || name == "current_setting";
        }
        !found
    });
    found
}

/// Whether a row of the table is about the user: one row for each, or a table of that name.
fn is_about_user(relation: &Relation, owner: &str) -> bool {
    let single = |columns: &[String]| columns.len() == 1 && columns[0] == owner;
    let one_each = relation.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => single(columns),
        _ => false,
    });
    let unique = relation.indexes.values().any(|index| {
        index.unique
            && index.predicate.is_none()
            && index.columns.len() == 1
            && index.columns[0].as_deref() == Some(owner)
    });
    let name = relation.name.name.to_lowercase();
    let named = ["profile", "user", "member", "account", "customer", "employee", "staff"]
        .iter()
        .any(|part| name.contains(part));
    one_each || unique || named
}

/// Whether a condition on new rows names the column.
pub(crate) fn is_pinned(relation: &Relation, command: Command, column: &str) -> bool {
    relation.policies.values().filter(|policy| policy.command.covers(command)).any(|policy| {
        let mut found = false;
        if let Some(tree) = policy.with_check.as_ref().and_then(|check| check.tree.as_ref()) {
            tree.walk(&mut |node| {
                found |= matches!(node, Node::Column { name, .. } if name == column);
                !found
            });
        }
        found
    })
}

/// Whether a trigger before the change runs a function that speaks of the column.
pub(crate) fn is_watched(look: &Look<'_>, relation: &Relation, command: Command, column: &str) -> bool {
    relation.triggers.values().any(|trigger| {
        let fits = trigger.enabled
            && trigger.timing == "BEFORE"
            && trigger.events.iter().any(|event| event == command.as_str());
        let function = look.catalogue.functions.get(&trigger.function);
        fits && function
            .is_some_and(|function| tokens(&function.body).iter().any(|token| token.is(&column.to_lowercase())))
    })
}
