//! One role, one command, one relation: privileges, then row-level security, as Postgres asks them.

use lunette_core::access::Command as Asked;

use crate::catalogue::{Command, Held, Origin, Privilege, Relation, RelationKind, Select};

use super::class::Class;
use super::policies;
use super::value::Session;

/// What was decided, and why.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// The rows that are reached.
    pub(crate) class: Class,
    /// Why, in short sentences.
    pub(crate) because: Vec<String>,
    /// The statements that make it so.
    pub(crate) origins: Vec<Origin>,
}

impl Decision {
    pub(crate) fn denied(why: String) -> Self {
        Decision { class: Class::False, because: vec![why], origins: Vec::new() }
    }

    fn note(&mut self, why: String, origin: &Origin) {
        if !self.because.contains(&why) {
            self.because.push(why);
        }
        self.origin(origin);
    }

    fn origin(&mut self, origin: &Origin) {
        if origin.is_known() && !self.origins.iter().any(|known| known.place() == origin.place()) {
            self.origins.push(origin.clone());
        }
    }

    fn and(mut self, other: Decision) -> Self {
        self.class = self.class.and(other.class);
        for why in other.because {
            if !self.because.contains(&why) {
                self.because.push(why);
            }
        }
        for origin in &other.origins {
            self.origin(origin);
        }
        self
    }
}

/// The policy command of a command on rows.
pub(crate) fn command(asked: Asked) -> Command {
    match asked {
        Asked::Select | Asked::Execute => Command::Select,
        Asked::Insert => Command::Insert,
        Asked::Update => Command::Update,
        Asked::Delete => Command::Delete,
    }
}

/// The privilege that a command needs.
pub(crate) fn privilege(asked: Asked) -> Privilege {
    match asked {
        Asked::Select => Privilege::Select,
        Asked::Insert => Privilege::Insert,
        Asked::Update => Privilege::Update,
        Asked::Delete => Privilege::Delete,
        Asked::Execute => Privilege::Execute,
    }
}

/// Why a privilege is held, in words; nothing where it is not.
pub(crate) fn held_words(held: &Held<'_>, role: &str, what: &str) -> Option<(String, Option<Origin>)> {
    match held {
        Held::No => None,
        Held::Superuser => Some((format!("{role} is a superuser"), None)),
        Held::Owner(owner) => Some((format!("{role} has the rights of the owner {owner}"), None)),
        Held::Default => Some((format!("PUBLIC has {what} by default"), None)),
        Held::Grants(grants) => grants
            .first()
            .map(|grant| (format!("{what} is granted to {}", grant.grantee.as_str()), Some(grant.origin.clone()))),
    }
}

/// What the role reaches of the relation by the command.
pub(crate) fn decide(session: &Session<'_>, relation: &Relation, asked: Asked) -> Decision {
    let too_deep =
        || Decision { class: Class::Unknown, because: vec!["views are nested too deeply".into()], origins: Vec::new() };
    session.deeper(|| decide_inside(session, relation, asked)).unwrap_or_else(too_deep)
}

fn decide_inside(session: &Session<'_>, relation: &Relation, asked: Asked) -> Decision {
    let (catalogue, role) = (session.catalogue, session.role);
    if !catalogue.schema_privilege(role, &relation.name.schema, Privilege::Usage).is_held() {
        return Decision::denied(format!("{role} may not use the schema {}", relation.name.schema));
    }
    let Some(mut decision) = granted(session, relation, asked) else {
        return Decision::denied(format!("{} is not granted to {role}", asked.as_str()));
    };
    match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => table(session, relation, asked, decision),
        RelationKind::View => view(session, relation, asked, decision),
        RelationKind::MaterializedView if asked == Asked::Select => {
            decision.note("a materialised view has no policies".into(), &relation.origin);
            decision
        }
        RelationKind::ForeignTable => {
            decision.note("a foreign table has no policies".into(), &relation.origin);
            decision
        }
        RelationKind::MaterializedView => Decision::denied("a materialised view cannot be written".into()),
        RelationKind::Sequence => decision,
    }
}

/// The privilege on the relation or on some of its columns.
fn granted(session: &Session<'_>, relation: &Relation, asked: Asked) -> Option<Decision> {
    let (catalogue, role, wanted) = (session.catalogue, session.role, privilege(asked));
    let whole = catalogue.relation_privilege(role, &relation.name, wanted);
    let mut decision = Decision { class: Class::True, because: Vec::new(), origins: Vec::new() };
    if let Some((why, origin)) = held_words(&whole, role, asked.as_str()) {
        decision.note(why, &origin.unwrap_or_default());
        return Some(decision);
    }
    if asked == Asked::Delete {
        return None;
    }
    let columns: Vec<&str> = relation
        .live_columns()
        .filter(|(_, column)| catalogue.column_privilege(role, &relation.name, &column.name, wanted).is_held())
        .map(|(_, column)| column.name.as_str())
        .collect();
    if columns.is_empty() {
        return None;
    }
    let origins = relation.live_columns().filter(|(_, column)| columns.contains(&column.name.as_str()));
    for grant in origins.flat_map(|(_, column)| &column.acl).filter(|grant| grant.privilege == wanted) {
        decision.origin(&grant.origin);
    }
    decision.because.push(format!("{} is granted on the columns {} only", asked.as_str(), columns.join(", ")));
    Some(decision)
}

/// Whether row-level security does not hold the role back on this table.
pub(crate) fn is_exempt(session: &Session<'_>, relation: &Relation) -> Option<String> {
    let role = session.role;
    if session.catalogue.bypasses_rls(role) {
        return Some(format!("{role} skips row level security"));
    }
    let owns = session.catalogue.roles_of(role).contains(relation.owner.as_str());
    (owns && !relation.rls.forced).then(|| format!("{role} owns the table"))
}

fn table(session: &Session<'_>, relation: &Relation, asked: Asked, mut decision: Decision) -> Decision {
    if let Some(why) = is_exempt(session, relation) {
        decision.because.push(why);
        return decision;
    }
    if !relation.rls.enabled {
        decision.note(
            "row level security is off".into(),
            if relation.rls.enabled_origin.is_known() { &relation.rls.enabled_origin } else { &relation.origin },
        );
        return decision;
    }
    decision.origin(&relation.rls.enabled_origin);
    let mut rows = policies::rows(session, relation, command(asked));
    if asked == Asked::Update && policies::updated(session, relation).class.is_denied() {
        rows.class = Class::False;
    }
    decision.class = rows.class;
    if rows.policies.is_empty() {
        decision.because.push(format!("no policy for {} holds for {}", asked.as_str(), session.role));
    }
    for (policy, class) in &rows.policies {
        let kind = if policy.permissive { "admits" } else { "limits to" };
        decision.note(format!("the policy \"{}\" {kind} {}", policy.name, class.words()), &policy.origin);
    }
    // Rows that a statement names in WHERE or gives back have to be visible, too.
    if matches!(asked, Asked::Update | Asked::Delete) && !decision.class.is_denied() {
        let seen = decide(session, relation, Asked::Select);
        if seen.class != Class::True {
            decision = decision.and(seen);
        }
    }
    decision
}

fn view(session: &Session<'_>, relation: &Relation, asked: Asked, mut decision: Decision) -> Decision {
    let Some(query) = &relation.query else {
        decision.class = Class::Unknown;
        return decision;
    };
    let invoker = relation.option_is_on("security_invoker");
    decision.note(
        if invoker {
            "the view asks with the caller's rights".into()
        } else {
            format!("the view asks with the rights of {}", relation.owner)
        },
        &relation.origin,
    );
    if asked != Asked::Select {
        let Some(base) = updatable(session, relation) else {
            return Decision::denied("rows cannot be changed through this view".into());
        };
        let below = below(session, relation, base, asked, invoker);
        let seen = query.select.as_ref().map_or(Class::Unknown, |select| filter(session, select));
        decision.class = if asked == Asked::Insert { decision.class } else { decision.class.and(seen) };
        return decision.and(below);
    }
    decision.class = query.select.as_ref().map_or(Class::Unknown, |select| filter(session, select));
    for name in &query.relations {
        let Some(base) = session.catalogue.relations.get(name) else { continue };
        let below = below(session, relation, base, Asked::Select, invoker);
        decision = decision.and(below);
    }
    decision
}

fn filter(session: &Session<'_>, select: &Select) -> Class {
    let mut class = select.filter.as_ref().map_or(Class::True, |filter| session.class(filter, 0));
    if let Some((_, right)) = &select.set {
        class = class.or(filter(session, right));
    }
    class
}

fn below(session: &Session<'_>, view: &Relation, base: &Relation, asked: Asked, invoker: bool) -> Decision {
    if invoker {
        return decide(session, base, asked);
    }
    let owner = Session::new(session.catalogue, session.functions, &view.owner);
    // Views that lead back to one another are cut where the outer session is.
    session
        .deeper(|| {
            if base.kind == RelationKind::View { decide(session, base, asked) } else { owners(&owner, base, asked) }
        })
        .unwrap_or_else(|| Decision { class: Class::Unknown, because: Vec::new(), origins: Vec::new() })
}

/// What the owner of a view reaches: policies of tables that bind the owner ask for the caller, and are not told apart.
fn owners(owner: &Session<'_>, base: &Relation, asked: Asked) -> Decision {
    let held = owner.catalogue.relation_privilege(owner.role, &base.name, privilege(asked)).is_held()
        && owner.catalogue.schema_privilege(owner.role, &base.name.schema, Privilege::Usage).is_held();
    let mut decision = Decision { class: Class::True, because: Vec::new(), origins: Vec::new() };
    if !held && base.origin.is_known() {
        return Decision::denied(format!("the view's owner may not {} {}", asked.as_str(), base.name));
    }
    if base.rls.enabled {
        match is_exempt(owner, base) {
            Some(_) => decision.because.push(format!("the policies of {} do not hold for the view's owner", base.name)),
            None => decision.class = Class::Unknown,
        }
    }
    decision
}

/// The table that changes of a simple view are passed on to: one relation, no grouping, no set operation, no limit.
pub(crate) fn updatable<'a>(session: &Session<'a>, view: &Relation) -> Option<&'a Relation> {
    use crate::catalogue::FromItem;
    let select = view.query.as_ref()?.select.as_ref()?;
    let simple = select.with.is_empty()
        && !select.distinct
        && select.distinct_on.is_empty()
        && select.group_by.is_empty()
        && select.having.is_none()
        && select.values.is_empty()
        && select.set.is_none()
        && select.limit.is_none()
        && select.offset.is_none();
    let aggregate = select.targets.iter().any(|(node, _)| aggregates(node));
    match select.from.as_slice() {
        [FromItem::Table { relation: Some(name), .. }] if simple && !aggregate => {
            let base = session.catalogue.relations.get(name)?;
            matches!(
                base.kind,
                RelationKind::Table | RelationKind::PartitionedTable | RelationKind::View | RelationKind::ForeignTable
            )
            .then_some(base)
        }
        _ => None,
    }
}

fn aggregates(node: &crate::catalogue::Node) -> bool {
    use crate::catalogue::Node;
    const NAMES: [&str; 12] = [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "array_agg",
        "string_agg",
        "jsonb_agg",
        "json_agg",
        "bool_or",
        "bool_and",
        "row_number",
    ];
    let mut found = false;
    node.walk(&mut |node| {
        if let Node::Call { name, tail, .. } = node {
            found |= NAMES.contains(&name.as_str()) || tail.is_some();
        }
        !matches!(node, Node::Subselect(_) | Node::Exists(_))
    });
    found
}
