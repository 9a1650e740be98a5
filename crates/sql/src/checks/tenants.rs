//! Sub-selects of policies that are tied to nobody, or compare a column with itself.

use crate::catalogue::{Command, FromItem, Node, Policy, Relation, Select};
use crate::matrix::class::Class;
use crate::matrix::policies::expression;

use super::MANAGED;
use super::seen::Look;

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for relation in catalogue.relations.values().filter(|relation| relation.rls.enabled) {
        if MANAGED.contains(&relation.name.schema.as_str()) && relation.name.schema != "storage" {
            continue;
        }
        for policy in relation.policies.values().filter(|policy| look.is_own(&policy.origin)) {
            if !compared_with_itself(look, relation, policy) && policy.permissive {
                unbound(look, relation, policy);
            }
        }
    }
}

fn unbound(look: &Look<'_>, relation: &Relation, policy: &Policy) {
    for role in look.bound_roles(relation, policy).into_iter().rev() {
        for condition in policy.using.iter().chain(&policy.with_check) {
            let session = look.session(role);
            let Some(tree) = condition.tree.as_ref().filter(|_| expression(&session, condition) == Class::Open) else {
                continue;
            };
            let inner = first_table(tree).unwrap_or_else(|| "the other table".to_owned());
            let mut draft = look
                .about_policy("exists-unbound", relation, policy, "the sub-select is tied to nobody")
                .detail("inner", inner);
            if policy.command == Command::Select {
                draft = draft.risk(|risk| risk.integrity = Some(lunette_core::risk::Integrity::None));
            }
            look.push(draft);
            return;
        }
    }
}

fn first_table(tree: &Node) -> Option<String> {
    let mut found = None;
    tree.walk(&mut |node| {
        if let Node::Exists(select) | Node::InSelect { select, .. } | Node::Subselect(select) = node {
            select.walk_from(&mut |item| {
                if let (FromItem::Table { name, relation, .. }, None) = (item, &found) {
                    found = Some(relation.as_ref().map_or_else(|| name.clone(), crate::matrix::plain));
                }
            });
        }
        found.is_none()
    });
    found
}

fn compared_with_itself(look: &Look<'_>, relation: &Relation, policy: &Policy) -> bool {
    let mut found: Option<(String, String)> = None;
    for tree in policy.using.iter().chain(&policy.with_check).filter_map(|condition| condition.tree.as_ref()) {
        tree.walk(&mut |node| {
            if let Node::Exists(select)
            | Node::InSelect { select, .. }
            | Node::Subselect(select)
            | Node::ArraySelect(select) = node
                && let Some(same) = same_column(select, relation)
            {
                found.get_or_insert(same);
            }
            found.is_none()
        });
    }
    let Some((comparison, inner)) = found else { return false };
    let draft = look
        .about_policy("tenant-self-comparison", relation, policy, "a column is compared with itself")
        .detail("comparison", comparison)
        .detail("inner", inner);
    look.push(draft);
    true
}

/// A comparison in the query's own conditions whose two sides are one column of an inner table, where the policy's table has a
/// column of that name, too.
fn same_column(select: &Select, outer: &Relation) -> Option<(String, String)> {
    let mut found = None;
    let mut conditions: Vec<&Node> = select.filter.iter().collect();
    select.walk_from(&mut |item| {
        if let FromItem::Join { on: Some(on), .. } = item {
            conditions.push(on);
        }
    });
    for condition in conditions {
        condition.walk(&mut |node| {
            if let Node::Operator { op, left: Some(left), right } = node
                && op == "="
                && let (
                    Node::Column { qualifier: a, name, relation: Some(of), level: 0 },
                    Node::Column { qualifier: b, name: other, relation: Some(other_of), level: 0 },
                ) = (bare(left), bare(right))
                && name == other
                && of == other_of
                && (a == b || a.is_none() || b.is_none())
                && outer.column(name).is_some()
            {
                let side = |qualifier: &Option<String>| {
                    qualifier.as_ref().map_or_else(|| name.clone(), |of| format!("{of}.{name}"))
                };
                found.get_or_insert((format!("{} = {}", side(a), side(b)), crate::matrix::plain(of)));
            }
            !matches!(node, Node::Exists(_) | Node::Subselect(_) | Node::ArraySelect(_))
        });
    }
    found
}

fn bare(node: &Node) -> &Node {
    match node {
        Node::Cast { arg, .. } => bare(arg),
        node => node,
    }
}
