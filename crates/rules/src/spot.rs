//! Places that a matcher looks at, before its conditions are asked.

use lunette_flow::Facts;
use lunette_flow::api::NodeId;
use lunette_flow::facts::{Call, Use};
use lunette_flow::program::{Site, Target, UnitId};
use lunette_lang::ir::{
    ArgKind, BinaryOp, BodyId, BodyKind, Entry, ImportForm, ImportId, ImportItem, Key, Language, NameId, Op, Span,
    ValueId,
};
use rustc_hash::FxHashSet;

use crate::places::Place;
use crate::schema::AssignKind;

/// One place, with what conditions and messages may ask of it.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) unit: UnitId,
    pub(crate) body: BodyId,
    pub(crate) span: Span,
    /// The call that access paths start from.
    pub(crate) call: Option<Site>,
    /// What `value` means.
    pub(crate) value: Option<Site>,
    /// What `other` means: the other operand of a comparison.
    pub(crate) other: Option<Site>,
    /// The object that the API value belongs to.
    pub(crate) object: Option<Site>,
    /// Variable, key or setting that the match is about.
    pub(crate) name: Option<String>,
    /// The route, for matches of routes.
    pub(crate) route: Option<usize>,
    /// The function, for matches of functions.
    pub(crate) function: Option<BodyId>,
    /// The flow of untrusted data, by its index, for matches of flows.
    pub(crate) taint: Option<usize>,
}

impl Spot {
    pub(crate) fn new(unit: UnitId, body: BodyId, span: Span) -> Self {
        Spot {
            unit,
            body,
            span,
            call: None,
            value: None,
            other: None,
            object: None,
            name: None,
            route: None,
            function: None,
            taint: None,
        }
    }

    pub(crate) fn of_call(facts: &Facts<'_>, call: &Call, node: NodeId) -> Self {
        let object = call.api.iter().find(|(found, _)| *found == node).map(|(_, object)| *object);
        Spot {
            call: Some(call.site),
            object,
            ..Spot::new(call.site.unit, call.site.body, facts.program.span(call.site))
        }
    }

    pub(crate) fn of_use(facts: &Facts<'_>, item: &Use, node: NodeId) -> Self {
        let object = item.api.iter().find(|(found, _)| *found == node).map(|(_, object)| *object);
        Spot {
            value: Some(item.value.unwrap_or(item.site)),
            object,
            name: item.key.clone(),
            ..Spot::new(item.site.unit, item.site.body, facts.program.span(item.site))
        }
    }

    /// Something that access paths and flows may start from.
    pub(crate) fn origin(&self) -> Option<Site> {
        self.call.or(self.value)
    }
}

/// A place where a value gets a name: of these a large project has many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assigned {
    pub(crate) kind: AssignKind,
    pub(crate) name: NameId,
    pub(crate) value: Site,
    span: Span,
}

impl Place for Assigned {
    const SPOTS: usize = 1;

    fn unit(self) -> UnitId {
        self.value.unit
    }

    fn spots(self, facts: &Facts<'_>) -> impl Iterator<Item = Spot> {
        std::iter::once(Spot {
            value: Some(self.value),
            name: Some(facts.program.unit(self.value.unit).module.name(self.name).to_owned()),
            ..Spot::new(self.value.unit, self.value.body, self.span)
        })
    }
}

/// Every place of a file where a value gets a name.
pub(crate) fn assignments(facts: &Facts<'_>, unit: UnitId, see: &mut dyn FnMut(Assigned)) {
    let module = &facts.program.unit(unit).module;
    for (at, body) in module.bodies.iter().enumerate() {
        let id = BodyId(at as u32);
        let mut add = |name: NameId, kind, value, span| {
            see(Assigned { kind, name, value: Site { unit, body: id, value }, span });
        };
        for block in body.blocks.iter() {
            for &value in block.ops {
                let span = body.spans[value.index()];
                match &body.ops[value.index()] {
                    Op::Assign(var, from) => {
                        let kind = if body.kind == BodyKind::Class {
                            AssignKind::ClassAttribute
                        } else {
                            AssignKind::Variable
                        };
                        add(body.vars[var.index()].name, kind, *from, span);
                    }
                    Op::StoreOuter(owner, var, from) => {
                        add(module.body(*owner).vars[var.index()].name, AssignKind::Variable, *from, span);
                    }
                    Op::Store(_, Key::Member(name), from) => add(*name, AssignKind::Attribute, *from, span),
                    Op::Store(_, Key::Item(name), from) => add(*name, AssignKind::Key, *from, span),
                    Op::Dict(entries) => {
                        for entry in entries {
                            if let Entry::Pair(Key::Item(name) | Key::Member(name), value) = entry {
                                // A variable's value stands elsewhere; the key is what matters.
                                let own = body.spans[value.index()];
                                add(*name, AssignKind::Key, *value, if span.contains(own) { own } else { span });
                            }
                        }
                    }
                    Op::Call { args, .. } => {
                        for arg in args {
                            if let ArgKind::Named(name) = arg.kind {
                                add(name, AssignKind::Argument, arg.value, body.spans[arg.value.index()]);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        for param in &body.params {
            if let Some(default) = param.default {
                let value = Site { unit, body: default.body, value: default.value };
                see(Assigned { kind: AssignKind::Default, name: param.name, value, span: param.span });
            }
        }
    }
    fields(facts, unit, see);
}

/// Initial values of JavaScript's class fields; Python's are assignments of the class's body.
fn fields(facts: &Facts<'_>, unit: UnitId, see: &mut dyn FnMut(Assigned)) {
    let module = &facts.program.unit(unit).module;
    if module.language == Language::Python {
        return;
    }
    for class in &module.classes {
        for field in &class.fields {
            let Some(value) = field.value else { continue };
            let span = module.span(value);
            let value = Site { unit, body: value.body, value: value.value };
            see(Assigned { kind: AssignKind::ClassAttribute, name: field.name, value, span });
        }
    }
}

/// Every function, as a place to judge it at.
pub(crate) fn functions(facts: &Facts<'_>) -> Vec<Spot> {
    let mut found = Vec::new();
    for unit in facts.program.ids() {
        let module = &facts.program.unit(unit).module;
        for (at, body) in module.bodies.iter().enumerate() {
            if matches!(body.kind, BodyKind::Module | BodyKind::Class) {
                continue;
            }
            let id = BodyId(at as u32);
            let name = module.name(body.name);
            found.push(Spot {
                function: Some(id),
                name: (!name.is_empty()).then(|| name.to_owned()),
                ..Spot::new(unit, id, body.name_span)
            });
        }
    }
    found
}

/// What a function returns at some place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returned {
    site: Site,
    value: ValueId,
}

impl Place for Returned {
    const SPOTS: usize = 1;

    fn unit(self) -> UnitId {
        self.site.unit
    }

    fn spots(self, facts: &Facts<'_>) -> impl Iterator<Item = Spot> {
        let Site { unit, body, .. } = self.site;
        let value = Some(Site { value: self.value, ..self.site });
        std::iter::once(Spot { value, ..Spot::new(unit, body, facts.program.span(self.site)) })
    }
}

/// Every return.
pub(crate) fn returns(facts: &Facts<'_>) -> Vec<Returned> {
    let mut found = Vec::new();
    for unit in facts.program.ids() {
        for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
            for &value in body.blocks.ops() {
                if let Op::Return(from) = body.ops[value.index()] {
                    found.push(Returned { site: Site { unit, body: BodyId(at as u32), value }, value: from });
                }
            }
        }
    }
    found
}

/// A test for equality.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    site: Site,
    left: ValueId,
    right: ValueId,
}

impl Place for Compared {
    /// Once for each of its operands.
    const SPOTS: usize = 2;

    fn unit(self) -> UnitId {
        self.site.unit
    }

    fn spots(self, facts: &Facts<'_>) -> impl Iterator<Item = Spot> {
        let Compared { site, left, right } = self;
        let span = facts.program.span(site);
        let operand = move |value| Some(Site { value, ..site });
        [(left, right), (right, left)].into_iter().map(move |(one, other)| Spot {
            value: operand(one),
            other: operand(other),
            ..Spot::new(site.unit, site.body, span)
        })
    }
}

/// Every test for equality but those that are arguments: of a query, which compares in the database.
pub(crate) fn comparisons(facts: &Facts<'_>) -> Vec<Compared> {
    let mut found = Vec::new();
    let mut passed: FxHashSet<Site> = FxHashSet::default();
    for unit in facts.program.ids() {
        for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
            let site = |value| Site { unit, body: BodyId(at as u32), value };
            for &value in body.blocks.ops() {
                let op = &body.ops[value.index()];
                if let Some([left, right]) = equated(op) {
                    found.push(Compared { site: site(value), left, right });
                } else if let Op::Call { callee, args, .. } = op {
                    let given = args.iter().map(|arg| arg.value).chain([*callee]);
                    passed.extend(given.filter(|given| equated(&body.ops[given.index()]).is_some()).map(site));
                }
            }
        }
    }
    found.retain(|compared| !passed.contains(&compared.site));
    found
}

/// The operands of a test for equality.
fn equated(op: &Op) -> Option<[ValueId; 2]> {
    match *op {
        Op::Binary(BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::StrictEq | BinaryOp::StrictNotEq, left, right) => {
            Some([left, right])
        }
        _ => None,
    }
}

/// Imports of some modules: by the module's name, or of anything below it.
pub(crate) fn imports(facts: &Facts<'_>, language: Language, modules: &[String], named: &[String]) -> Vec<Spot> {
    let mut found = Vec::new();
    for unit in facts.program.ids() {
        let module = &facts.program.unit(unit).module;
        if module.language != language {
            continue;
        }
        for (at, import) in module.imports.iter().enumerate() {
            let outside = matches!(facts.program.target(unit, ImportId(at as u32)), Target::Package(_));
            if !outside || import.form == ImportForm::Type || import.level > 0 {
                continue;
            }
            let item = match import.item {
                ImportItem::Named(name) => Some(module.name(name)),
                _ => None,
            };
            let path = module.name(import.module).trim_start_matches("node:");
            let meets = modules
                .iter()
                .any(|wanted| is_below(path, wanted) || item.is_some_and(|item| is_member(path, item, wanted)));
            if meets && (named.is_empty() || item.is_some_and(|item| named.iter().any(|name| name == item))) {
                found.push(Spot { name: Some(path.to_owned()), ..Spot::new(unit, BodyId::MODULE, import.span) });
            }
        }
    }
    found
}

/// Whether `path` is `wanted` or a part of it.
fn is_below(path: &str, wanted: &str) -> bool {
    path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
}

/// Whether `from path import item` gives the module `wanted`.
fn is_member(path: &str, item: &str, wanted: &str) -> bool {
    wanted.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')) == Some(item)
}
