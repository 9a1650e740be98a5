//! Trees changed in place: names that were renamed.

use crate::catalogue::{FromItem, Node, Select};

/// Calls `change` on a node's children first, then on the node.
pub(crate) fn node(root: &mut Node, change: &mut dyn FnMut(&mut Node)) {
    all(root, &mut Changes { node: change, from: &mut |_| {} });
}

/// What is done to nodes and to items of FROM.
pub(crate) struct Changes<'a> {
    pub(crate) node: &'a mut dyn FnMut(&mut Node),
    pub(crate) from: &'a mut dyn FnMut(&mut FromItem),
}

/// Changes a node and all below, those in queries included.
pub(crate) fn all(root: &mut Node, changes: &mut Changes<'_>) {
    match root {
        Node::Literal { .. } | Node::Column { .. } | Node::Star { .. } | Node::Param(_) | Node::Other(_) => {}
        Node::Call { args, .. } | Node::Array(args) | Node::Row(args) | Node::And(args) | Node::Or(args) => {
            args.iter_mut().for_each(|arg| all(arg, changes));
        }
        Node::Not(arg)
        | Node::Named { arg, .. }
        | Node::Cast { arg, .. }
        | Node::Test { arg, .. }
        | Node::Field { arg, .. }
        | Node::Collate { arg, .. } => all(arg, changes),
        Node::Operator { left, right, .. } => {
            left.iter_mut().for_each(|left| all(left, changes));
            all(right, changes);
        }
        Node::Distinct { left, right, .. } | Node::Quantified { left, right, .. } => {
            all(left, changes);
            all(right, changes);
        }
        Node::InSelect { left, select: query, .. } => {
            all(left, changes);
            select(query, changes);
        }
        Node::Exists(query) | Node::Subselect(query) | Node::ArraySelect(query) => select(query, changes),
        Node::Case { operand, whens, otherwise } => {
            operand.iter_mut().chain(otherwise).for_each(|node| all(node, changes));
            for (when, then) in whens {
                all(when, changes);
                all(then, changes);
            }
        }
        Node::Index { arg, subscript, end } => {
            all(arg, changes);
            all(subscript, changes);
            end.iter_mut().for_each(|end| all(end, changes));
        }
    }
    (changes.node)(root);
}

/// Changes all nodes and items of FROM of a query.
pub(crate) fn select(query: &mut Select, changes: &mut Changes<'_>) {
    for (_, _, part) in &mut query.with {
        part.iter_mut().for_each(|part| select(part, changes));
    }
    query.from.iter_mut().for_each(|item| from(item, changes));
    let targets = query.targets.iter_mut().map(|(node, _)| node);
    let order = query.order_by.iter_mut().map(|(node, _)| node);
    let nodes = query.distinct_on.iter_mut().chain(targets).chain(&mut query.filter).chain(&mut query.group_by);
    let nodes = nodes.chain(&mut query.having).chain(query.values.iter_mut().flatten()).chain(order);
    nodes.chain(&mut query.limit).chain(&mut query.offset).for_each(|node| all(node, changes));
    if let Some((_, right)) = &mut query.set {
        select(right, changes);
    }
}

fn from(item: &mut FromItem, changes: &mut Changes<'_>) {
    match item {
        FromItem::Table { .. } | FromItem::Other(_) => {}
        FromItem::Function { call, .. } => all(call, changes),
        FromItem::Subselect { select: query, .. } => select(query, changes),
        FromItem::Join { left, right, on, .. } => {
            from(left, changes);
            from(right, changes);
            on.iter_mut().for_each(|on| all(on, changes));
        }
    }
    (changes.from)(item);
}
