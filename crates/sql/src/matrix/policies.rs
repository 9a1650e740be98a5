//! Row-level security of one table, for one role and command: which policies take part and what they let through.

use crate::catalogue::{Command, Expr, Policy, Relation};

use super::class::Class;
use super::value::Session;

/// What row-level security lets through.
#[derive(Clone, Debug)]
pub(crate) struct Rows<'a> {
    /// The rows.
    pub(crate) class: Class,
    /// The policies that take part, each with what it says.
    pub(crate) policies: Vec<(&'a Policy, Class)>,
}

/// Whether a policy is asked for the role: it names PUBLIC, the role, or one whose privileges the role has.
pub(crate) fn binds(session: &Session<'_>, policy: &Policy) -> bool {
    let roles = session.catalogue.roles_of(session.role);
    policy.is_public() || policy.roles.iter().any(|role| roles.contains(role.as_str()))
}

/// What an expression admits, its tree not known included.
pub(crate) fn expression(session: &Session<'_>, expression: &Expr) -> Class {
    match &expression.tree {
        Some(tree) => session.class(tree, 0),
        None => match expression.text.trim_matches(['(', ')', ' ']) {
            "true" => Class::True,
            "false" => Class::False,
            _ => Class::Unknown,
        },
    }
}

/// The condition that a policy sets for a command: USING for rows that are there, the check for new ones.
///
/// A policy without the condition that is asked for adds nothing, so that an INSERT policy without WITH CHECK admits no row.
fn condition(policy: &Policy, command: Command) -> Option<&Expr> {
    match command {
        Command::Insert => policy.check(),
        _ => policy.using.as_ref(),
    }
}

/// What the policies for the command let through, without those for SELECT that Postgres asks besides.
pub(crate) fn rows<'a>(session: &Session<'_>, relation: &'a Relation, command: Command) -> Rows<'a> {
    asked(session, relation, command, condition)
}

/// What the policies say of new rows of an UPDATE.
pub(crate) fn updated<'a>(session: &Session<'_>, relation: &'a Relation) -> Rows<'a> {
    asked(session, relation, Command::Update, |policy, _| policy.check())
}

fn asked<'a>(
    session: &Session<'_>,
    relation: &'a Relation,
    command: Command,
    condition: impl Fn(&Policy, Command) -> Option<&Expr>,
) -> Rows<'a> {
    let mut permissive = Class::False;
    let mut restrictive = Class::True;
    let mut policies = Vec::new();
    for policy in relation.policies.values().filter(|policy| policy.command.covers(command) && binds(session, policy)) {
        let Some(condition) = condition(policy, command) else { continue };
        let class = expression(session, condition);
        policies.push((policy, class));
        if policy.permissive {
            permissive = permissive.or(class);
        } else {
            restrictive = restrictive.and(class);
        }
    }
    Rows { class: permissive.and(restrictive), policies }
}
