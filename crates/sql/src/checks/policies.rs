//! What policies say and what was meant: lint 0024, and what no linter sees.

use lunette_core::access::Command as Asked;

use crate::catalogue::{Command, Expr, Literal, Node, Policy, Relation};
use crate::matrix::class::Class;
use crate::matrix::decide;
use crate::matrix::plain;
use crate::matrix::policies::{binds, expression, rows, updated};

use super::lints::{always_true, is_literally_true};
use super::seen::{Draft, Look, list};
use super::{MANAGED, sensitive};

/// Columns that say whose row it is.
const OWNERS: [&str; 8] =
    ["user_id", "owner_id", "author_id", "profile_id", "account_id", "owner", "creator_id", "customer_id"];

/// Commands that write, of a policy for the command.
const WRITES: [Command; 3] = [Command::Insert, Command::Update, Command::Delete];

pub(crate) fn observe(look: &Look<'_>) {
    let catalogue = look.catalogue;
    for relation in catalogue.relations.values() {
        let managed = MANAGED.contains(&relation.name.schema.as_str());
        for policy in relation.policies.values().filter(|policy| look.is_own(&policy.origin)) {
            unknown_role(look, relation, policy);
        }
        if managed || !relation.rls.enabled || !relation.kind.is_table() || relation.extension.is_some() {
            continue;
        }
        only_restrictive(look, relation);
        for policy in relation.policies.values().filter(|policy| look.is_own(&policy.origin)) {
            one(look, relation, policy);
        }
    }
}

/// A policy is told by the first check that fits: the one whose advice is the most particular.
fn one(look: &Look<'_>, relation: &Relation, policy: &Policy) {
    let always = always_true(relation, policy);
    let particular = service_role(look, relation, policy)
        .or_else(|| weaker_check(look, relation, policy))
        .or_else(|| without_condition(look, relation, policy));
    if let Some(draft) = particular {
        look.push(if always.is_some() {
            draft.splinter("rls_policy_always_true", plain(&relation.name))
        } else {
            draft
        });
        return;
    }
    if always.is_some() {
        let draft = look
            .about_policy("rls-policy-always-true", relation, policy, "the condition is always true")
            .splinter("rls_policy_always_true", plain(&relation.name))
            .risk(|risk| {
                if policy.command == Command::All {
                    risk.confidentiality = Some(lunette_core::risk::Confidentiality::ManyRecords);
                }
            });
        look.push(draft);
        return;
    }
    let found = false_block(look, relation, policy)
        .or_else(|| inverted(look, relation, policy))
        .or_else(|| folds(look, relation, policy))
        .or_else(|| readable(look, relation, policy))
        .or_else(|| public_write(look, relation, policy));
    if let Some(draft) = found {
        look.push(draft);
    }
}

/// The conditions of a policy.
fn conditions(policy: &Policy) -> impl Iterator<Item = &Expr> {
    policy.using.iter().chain(&policy.with_check)
}

/// The condition that counts for a command of the policy.
fn condition(policy: &Policy, command: Command) -> Option<&Expr> {
    if command == Command::Insert { policy.check() } else { policy.using.as_ref() }
}

fn class(look: &Look<'_>, role: &'static str, condition: &Expr) -> Class {
    expression(&look.session(role), condition)
}

/// Commands that the policy is for, of these.
fn covered(policy: &Policy, of: &[Command]) -> Vec<Command> {
    of.iter().copied().filter(|command| policy.command.covers(*command)).collect()
}

fn words(commands: &[Command]) -> String {
    list(&commands.iter().map(|command| super::seen::lower(command.as_str())).collect::<Vec<_>>())
}

fn is_service_name(name: &str) -> bool {
    let name = name.to_lowercase().replace(['_', '-'], " ");
    [
        "service role",
        "service account",
        "service key",
        "service only",
        "only service",
        "backend",
        "server side",
        "by server",
        "server only",
        "edge function",
        "webhook",
        "cron job",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Named for the service, but for everybody.
fn service_role(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    if !policy.permissive || !policy.is_public() || !is_service_name(&policy.name) {
        return None;
    }
    let open = look.bound_roles(relation, policy).into_iter().any(|role| {
        covered(policy, &[Command::Select, Command::Insert, Command::Update, Command::Delete])
            .into_iter()
            .filter_map(|command| condition(policy, command))
            .any(|condition| matches!(class(look, role, condition), Class::True | Class::Open | Class::Row))
    });
    let literal = conditions(policy).any(|condition| is_literally_true(&condition.text));
    (open || literal).then(|| {
        look.about_policy(
            "policy-service-role-name",
            relation,
            policy,
            "named for the service, but holds for everybody",
        )
        .detail("rows", if literal { "every row" } else { "rows that are not tied to anybody" })
    })
}

/// USING ties rows to the caller, WITH CHECK does not.
fn weaker_check(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    let (using, check) = (policy.using.as_ref()?, policy.with_check.as_ref()?);
    if !policy.permissive || !policy.command.covers(Command::Update) {
        return None;
    }
    let weaker = look.api_roles().filter(|role| binds(&look.session(role), policy)).any(|role| {
        let session = look.session(role);
        let tied = expression(&session, using).is_tied();
        let loose = |class| matches!(class, Class::True | Class::Row | Class::Open);
        tied && loose(expression(&session, check)) && loose(updated(&session, relation).class)
    });
    weaker.then(|| {
        look.about_policy(
            "with-check-weaker",
            relation,
            policy,
            "WITH CHECK does not tie rows to the caller, USING does",
        )
    })
}

/// A policy without the condition that Postgres asks for admits nothing.
fn without_condition(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    let missing = match policy.command {
        Command::Insert => policy.with_check.is_none().then_some("WITH CHECK"),
        Command::All => (policy.using.is_none() && policy.with_check.is_none()).then_some("USING"),
        _ => policy.using.is_none().then_some("USING"),
    }?;
    policy.permissive.then(|| {
        look.about_policy("policy-without-condition", relation, policy, format!("there is no {missing}"))
            .detail("clause", missing)
            .exposure(lunette_core::risk::Exposure::NotReached)
    })
}

/// A permissive policy that says no, beside one that says yes.
fn false_block(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    if !policy.permissive
        || !conditions(policy).all(|condition| condition.text.trim_matches(['(', ')']).trim() == "false")
    {
        return None;
    }
    for role in look.bound_roles(relation, policy) {
        let session = look.session(role);
        for command in covered(policy, &[Command::Select, Command::Insert, Command::Update, Command::Delete]) {
            let found = rows(&session, relation, command);
            let other = found.policies.iter().find(|(other, class)| other.permissive && !class.is_denied());
            if let Some((other, _)) = other.filter(|_| !found.class.is_denied()) {
                let draft = look
                    .about_policy("policy-false-block", relation, policy, "adds nothing and blocks nothing")
                    .detail("command", super::seen::lower(command.as_str()))
                    .detail("other", &other.name)
                    .step(&other.origin, "this policy allows it");
                return Some(draft);
            }
        }
    }
    None
}

/// `auth.uid() <> owner`, `auth.uid() is null`.
fn inverted(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    if !policy.permissive {
        return None;
    }
    let condition =
        policy.using.as_ref().or(policy.with_check.as_ref().filter(|_| policy.command != Command::Insert))?;
    let as_user = class(look, "authenticated", condition);
    let as_guest = class(look, "anon", condition);
    let names_caller = condition.text.contains("auth.uid()");
    let who = if as_user == Class::Inverted && look.bound_roles(relation, policy).contains(&"authenticated") {
        "everybody but the owner"
    } else if names_caller && policy.is_public() && as_user.is_denied() && as_guest == Class::True {
        "those who are not signed in"
    } else {
        return None;
    };
    Some(look.about_policy("inverted-auth-check", relation, policy, "the check is turned around").detail("who", who))
}

/// True for every row though it does not look so, or for every account.
fn folds(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    let roles = look.bound_roles(relation, policy);
    if !policy.permissive || roles.is_empty() {
        return None;
    }
    let commands = covered(policy, &[Command::Select, Command::Insert, Command::Update, Command::Delete]);
    let open = |role: &'static str| -> Vec<Command> {
        let session = look.session(role);
        let alike = |command: &Command| {
            condition(policy, *command).is_some_and(|condition| {
                !is_literally_true(&condition.text) && expression(&session, condition) == Class::True
            }) && rows(&session, relation, *command).class == Class::True
        };
        commands.iter().copied().filter(alike).collect()
    };
    let user = open("authenticated");
    let named_alike = |command: &Command| {
        condition(policy, *command).is_some_and(|condition| class(look, "anon", condition) == Class::True)
    };
    let mut both: Vec<Command> = user.iter().copied().filter(named_alike).collect();
    if !roles.contains(&"authenticated") {
        both = open("anon");
    }
    if !both.is_empty() {
        let draft = look.about_policy("policy-folds-to-true", relation, policy, "the condition is true for every row");
        return Some(draft.detail("command", words(&both)));
    }
    // Adding rows is for every account where rows are nobody's.
    let owned = relation.live_columns().any(|(_, column)| OWNERS.contains(&column.name.as_str()));
    let told = |command: &Command| WRITES.contains(command) && (*command != Command::Insert || owned);
    let writes: Vec<Command> = user.into_iter().filter(told).collect();
    (!writes.is_empty()).then(|| {
        look.about_policy("authenticated-only", relation, policy, "asks only whether the caller is signed in")
            .detail("command", words(&writes))
            .exposure(look.exposure(if look.is_exposed(&relation.name.schema) { &["authenticated"] } else { &[] }))
    })
}

/// Every row may be read, and there are personal or secret columns that are granted.
fn readable(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    if !policy.permissive || !policy.command.covers(Command::Select) || !look.is_exposed(&relation.name.schema) {
        return None;
    }
    let using = policy.using.as_ref()?;
    let open = |role: &&'static str| {
        let session = look.session(role);
        expression(&session, using) == Class::True && rows(&session, relation, Command::Select).class == Class::True
    };
    let roles: Vec<&'static str> = look.bound_roles(relation, policy).into_iter().filter(open).collect();
    let role = roles.first()?;
    let columns: Vec<String> = relation
        .live_columns()
        .map(|(_, column)| column.name.as_str())
        .filter(|name| sensitive::is_secret(name) || sensitive::is_personal(name) || sensitive::is_regulated(name))
        .filter(|name| {
            look.catalogue.column_privilege(role, &relation.name, name, decide::privilege(Asked::Select)).is_held()
        })
        .map(|name| format!("`{name}`"))
        .collect();
    (!columns.is_empty()).then(|| {
        look.about_policy(
            "public-read-sensitive",
            relation,
            policy,
            "every row is shown, with personal or secret columns",
        )
        .detail("columns", list(&columns))
        .detail("roles", if roles.contains(&"anon") { "everybody".to_owned() } else { list(&roles) })
        .exposure(look.exposure(&roles))
    })
}

/// A policy for writing without TO, whose condition does not look at the caller.
fn public_write(look: &Look<'_>, relation: &Relation, policy: &Policy) -> Option<Draft> {
    if !policy.permissive || !policy.is_public() || !look.bound_roles(relation, policy).contains(&"anon") {
        return None;
    }
    let session = look.session("anon");
    let written: Vec<Command> = covered(policy, &WRITES)
        .into_iter()
        .filter(|command| look.catalogue.any_column_privilege("anon", &relation.name, write_privilege(*command)))
        .filter(|command| {
            condition(policy, *command).is_some_and(|condition| expression(&session, condition) == Class::Row)
        })
        .collect();
    (!written.is_empty()).then(|| {
        look.about_policy("policy-public-write", relation, policy, "holds for visitors, too, and asks nothing of them")
            .detail("command", words(&written))
    })
}

fn write_privilege(command: Command) -> crate::catalogue::Privilege {
    use crate::catalogue::Privilege;
    match command {
        Command::Insert => Privilege::Insert,
        Command::Delete => Privilege::Delete,
        _ => Privilege::Update,
    }
}

/// Restrictive policies with nothing to restrict.
fn only_restrictive(look: &Look<'_>, relation: &Relation) {
    let alone: Vec<Command> = [Command::Select, Command::Insert, Command::Update, Command::Delete]
        .into_iter()
        .filter(|command| {
            let mut policies = relation.policies.values().filter(|policy| policy.command.covers(*command)).peekable();
            policies.peek().is_some() && policies.all(|policy| !policy.permissive)
        })
        .collect();
    // A restrictive policy for all commands beside permissive ones for some is how it is meant to be used.
    let permissive = relation.policies.values().any(|policy| policy.permissive);
    if alone.is_empty() || permissive {
        return;
    }
    let Some(first) = relation.policies.values().min_by_key(|policy| (policy.origin.sequence, &policy.name)) else {
        return;
    };
    if !look.is_own(&first.origin) {
        return;
    }
    let names: Vec<String> = relation.policies.values().map(|policy| format!("\"{}\"", policy.name)).collect();
    let draft = Draft::new("only-restrictive-policies", plain(&relation.name), &first.origin, "no permissive policy")
        .detail("command", words(&alone))
        .detail("policies", list(&names))
        .detail("roles", super::seen::role_words(&look.bound_roles(relation, first), first))
        .exposure(lunette_core::risk::Exposure::NotReached);
    look.push(draft);
}

/// `auth.role() = 'admin'`.
fn unknown_role(look: &Look<'_>, relation: &Relation, policy: &Policy) {
    let mut found: Option<String> = None;
    for tree in conditions(policy).filter_map(|condition| condition.tree.as_ref()) {
        tree.walk(&mut |node| {
            let (left, right) = match node {
                Node::Operator { op, left: Some(left), right } if matches!(op.as_str(), "=" | "<>") => {
                    (&**left, &**right)
                }
                Node::Quantified { left, right, .. } => (&**left, &**right),
                _ => return true,
            };
            if calls_role(left) || calls_role(right) {
                for name in texts(left).into_iter().chain(texts(right)) {
                    if !look.catalogue.roles.contains_key(&name) {
                        found.get_or_insert(name);
                    }
                }
            }
            true
        });
    }
    if let Some(role) = found {
        let draft =
            look.about_policy("unknown-auth-role", relation, policy, "no token has this role").detail("role", role);
        look.push(draft);
    }
}

fn calls_role(node: &Node) -> bool {
    match node {
        Node::Call { schema, name, .. } => schema.as_deref() == Some("auth") && name == "role",
        Node::Cast { arg, .. } => calls_role(arg),
        Node::Subselect(select) => select.from.is_empty() && select.targets.iter().any(|(node, _)| calls_role(node)),
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
