//! Evaluation of what registrations say: arguments with spreads opened, access paths, path strings. A [`Context`]
//! says which caller's arguments, or which element of a list, a registration inside a function or a loop stands for.

use lunette_lang::ir::{ArgKind, BinaryOp, Const, Entry as DictEntry, Key, Op, ParamKind, Part, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::graph::{Graph, skips_self};
use super::inputs::InputIndex;
use super::verdict::Verdicts;
use crate::access::{AccessPath, Start, StepInto};
use crate::api::NodeId;
use crate::constant::Value;
use crate::facts::Facts;
use crate::know::Origin;
use crate::models::RouteModels;
use crate::program::{Site, UnitId};

/// Longest chain of copies and loads that is followed.
const MAX_STEPS: usize = 16;
/// Deepest member chain of literal mappings that is followed.
const MAX_NESTED: usize = 3;
/// Most strings that one path may be.
const MAX_STRINGS: usize = 24;
/// Most contexts that one registration is looked at in.
const MAX_CONTEXTS: usize = 200;

/// What the rest of this module works on.
pub(super) struct Scene<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) models: &'a RouteModels,
    pub(super) graph: Graph,
    pub(super) verdicts: Verdicts,
    pub(super) input_index: InputIndex,
    /// Values stored as members of routers, by name.
    pub(super) members: FxHashMap<String, Vec<Site>>,
}

/// Parameters and loop variables with what they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    bound: Vec<(Site, SmallVec<[Site; 1]>)>,
    /// The call that the registration is told by, when it is not the registering call itself.
    pub(super) caller: Option<Site>,
}

impl Context {
    fn get(&self, site: Site) -> Option<&[Site]> {
        self.bound.iter().find(|(from, _)| *from == site).map(|(_, to)| &to[..])
    }
}

/// Strings that a value may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Strings {
    pub(super) values: Vec<String>,
    /// Whether they are known from constants alone.
    pub(super) known: bool,
}

impl Scene<'_> {
    /// The value behind copies, awaits, single writes and literal mappings, in a context.
    pub(super) fn concrete(&self, site: Site, context: &Context) -> Site {
        self.concrete_within(site, context, MAX_NESTED)
    }

    fn concrete_within(&self, site: Site, context: &Context, depth: usize) -> Site {
        let mut at = site;
        for _ in 0..MAX_STEPS {
            if let Some(&[bound]) = context.get(at) {
                at = bound;
                continue;
            }
            let to = |value: ValueId| Site { value, ..at };
            match self.facts.program.op(at) {
                Op::Assign(_, from) | Op::Await(from) | Op::StoreOuter(_, _, from) => at = to(*from),
                Op::Outer(owner, var) => {
                    match self.facts.program.body(at.unit, *owner).vars[var.index()].writes.as_slice() {
                        [write] => at = Site { unit: at.unit, body: write.body, value: write.value },
                        _ => return at,
                    }
                }
                Op::Phi(operands) => {
                    let mut others = operands.iter().filter(|operand| to(**operand) != at);
                    match (others.next(), others.next()) {
                        (Some(one), None) => at = to(*one),
                        _ => return at,
                    }
                }
                Op::Load(base, Key::Member(name) | Key::Item(name)) if depth > 0 => {
                    let owner = self.concrete_within(to(*base), context, depth - 1);
                    let name = self.facts.program.unit(at.unit).module.name(*name);
                    match self.entry_of(owner, name) {
                        Some(value) => at = value,
                        None => return at,
                    }
                }
                Op::Load(base, Key::Index(index)) if depth > 0 => {
                    let owner = self.concrete_within(to(*base), context, depth - 1);
                    let Op::List(_, items) = self.facts.program.op(owner) else { return at };
                    match usize::try_from(*index).ok().and_then(|index| items.get(index)) {
                        Some(item) if item.kind == ArgKind::Positional => at = Site { value: item.value, ..owner },
                        _ => return at,
                    }
                }
                _ => return at,
            }
        }
        at
    }

    pub(super) fn entry_of(&self, dict: Site, name: &str) -> Option<Site> {
        let Op::Dict(entries) = self.facts.program.op(dict) else { return None };
        if !self.facts.known.stored(dict, name).is_empty() {
            return None;
        }
        let module = &self.facts.program.unit(dict.unit).module;
        entries.iter().rev().find_map(|entry| match *entry {
            DictEntry::Pair(Key::Item(key) | Key::Member(key), value) if module.name(key) == name => {
                Some(Site { value, ..dict })
            }
            _ => None,
        })
    }

    /// Where a value comes from, in a context.
    pub(super) fn origins(&self, site: Site, context: &Context) -> Vec<Origin> {
        let concrete = self.concrete(site, context);
        let found =
            [concrete, site].into_iter().map(|site| self.facts.known.origins(site)).find(|found| !found.is_empty());
        match found {
            Some(found) => found.to_vec(),
            None => self.stored_member(concrete),
        }
    }

    /// What a member of a router is that a call stored there.
    fn stored_member(&self, site: Site) -> Vec<Origin> {
        let Op::Load(base, Key::Member(name) | Key::Item(name)) = self.facts.program.op(site) else {
            return Vec::new();
        };
        let Some(values) = self.members.get(self.facts.program.unit(site.unit).module.name(*name)) else {
            return Vec::new();
        };
        let is_router = self
            .facts
            .api(Site { value: *base, ..site })
            .iter()
            .any(|(node, _)| self.models.routers.contains_key(node));
        let values = if is_router { &values[..] } else { &[] };
        values.iter().flat_map(|value| self.facts.known.origins(*value).iter().copied()).collect()
    }

    /// Gathers what calls store as members of routers.
    pub(super) fn gather_members(&mut self) {
        let context = Context::default();
        for (node, name, value) in &self.models.members {
            for call in self.facts.calls_of(*node) {
                let names: Vec<String> = self
                    .follow(call.site, name, &context, None)
                    .into_iter()
                    .flat_map(|site| self.strings(site, &context).values)
                    .collect();
                let values = self.follow(call.site, value, &context, None);
                for name in names {
                    self.members.entry(name).or_default().extend(&values);
                }
            }
        }
    }

    /// The routers that a value may be, by the site that made each.
    pub(super) fn routers(&self, site: Site, context: &Context) -> Vec<(NodeId, Site)> {
        let mut found = Vec::new();
        for origin in self.origins(site, context) {
            if let Origin::Api(node, made) = origin
                && self.models.routers.contains_key(&node)
            {
                found.push((node, made));
            }
        }
        found
    }

    /// The arguments of a call, spreads of literal lists and of a caller's arguments opened.
    pub(super) fn arguments(&self, call: Site, context: &Context) -> Vec<(Site, ArgKind)> {
        let Op::Call { args, .. } = self.facts.program.op(call) else { return Vec::new() };
        let mut all = Vec::with_capacity(args.len());
        for arg in args {
            let site = Site { value: arg.value, ..call };
            if arg.kind != ArgKind::Spread {
                all.push((site, arg.kind));
                continue;
            }
            let concrete = self.concrete(site, context);
            if let Some(bound) = context.get(concrete) {
                all.extend(bound.iter().map(|&site| (site, ArgKind::Positional)));
                continue;
            }
            match self.list(concrete) {
                Some(items) => all.extend(items.into_iter().map(|item| (item, ArgKind::Positional))),
                None => all.push((site, ArgKind::Spread)),
            }
        }
        all
    }

    /// The items of what is (also by its origin) a literal list.
    pub(super) fn list(&self, site: Site) -> Option<Vec<Site>> {
        let direct = std::iter::once(site);
        let tracked = self.facts.known.origins(site).iter().filter_map(|origin| match *origin {
            Origin::Literal(literal) => Some(literal),
            _ => None,
        });
        direct.chain(tracked).find_map(|literal| match self.facts.program.op(literal) {
            Op::List(_, items) => Some(items.iter().map(|item| Site { value: item.value, ..literal }).collect()),
            _ => None,
        })
    }

    /// The values that an access path points at from a call.
    pub(super) fn follow(&self, call: Site, path: &AccessPath, context: &Context, each: Option<Site>) -> Vec<Site> {
        if path.made {
            let Some(receiver) = self.facts.receiver(call) else { return Vec::new() };
            let path = AccessPath { made: false, ..path.clone() };
            let mut found = Vec::new();
            for origin in self.origins(receiver, context) {
                if let Origin::Api(_, made) = origin {
                    found.extend(self.follow(made, &path, context, None));
                }
            }
            return found;
        }
        let arguments = self.arguments(call, context);
        let positional = || arguments.iter().filter(|(_, kind)| matches!(kind, ArgKind::Positional | ArgKind::Spread));
        let start: Vec<Site> = match &path.start {
            Start::Receiver => self.facts.receiver(call).into_iter().collect(),
            Start::Return => vec![call],
            Start::Each => each.into_iter().collect(),
            Start::Arg { position, name } => self.argument(call, &arguments, *position, name.as_deref()),
            Start::LastArg => positional().next_back().map(|(site, _)| *site).into_iter().collect(),
            Start::ArgsFrom(from) => positional().skip(*from).map(|(site, _)| *site).collect(),
            Start::ArgsMiddle(from) => {
                let count = positional().count().saturating_sub(1);
                positional().take(count).skip(*from).map(|(site, _)| *site).collect()
            }
        };
        path.steps
            .iter()
            .fold(start, |sites, step| sites.into_iter().flat_map(|site| self.step(site, step, context)).collect())
    }

    fn argument(
        &self,
        call: Site,
        arguments: &[(Site, ArgKind)],
        position: Option<usize>,
        name: Option<&str>,
    ) -> Vec<Site> {
        let module = &self.facts.program.unit(call.unit).module;
        let named = arguments.iter().find(|(_, kind)| match kind {
            ArgKind::Named(given) => name == Some(module.name(*given)),
            _ => false,
        });
        if let Some((site, _)) = named {
            return vec![*site];
        }
        let spread = arguments.iter().position(|(_, kind)| *kind == ArgKind::Spread).unwrap_or(usize::MAX);
        let mut positional = arguments.iter().filter(|(_, kind)| *kind == ArgKind::Positional);
        position
            .filter(|position| *position < spread)
            .and_then(|position| positional.nth(position))
            .map(|(site, _)| *site)
            .into_iter()
            .collect()
    }

    fn step(&self, site: Site, step: &StepInto, context: &Context) -> Vec<Site> {
        let concrete = self.concrete(site, context);
        match step {
            StepInto::Key(key) => match self.entry_of(concrete, key) {
                Some(value) => vec![value],
                None => self.facts.entry(concrete, key).sites().to_vec(),
            },
            StepInto::Element => self.list(concrete).unwrap_or_else(|| vec![concrete]),
        }
    }

    /// The first of several access paths that leads somewhere.
    pub(super) fn first(&self, call: Site, paths: &[AccessPath], context: &Context, each: Option<Site>) -> Vec<Site> {
        paths
            .iter()
            .map(|path| self.follow(call, path, context, each))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// The strings that a path may be: concatenations put together, lists taken apart, patterns as written.
    pub(super) fn strings(&self, site: Site, context: &Context) -> Strings {
        self.strings_within(site, context, 12)
    }

    fn strings_within(&self, site: Site, context: &Context, depth: u32) -> Strings {
        let at = self.concrete(site, context);
        let to = |value: ValueId| Site { value, ..at };
        if depth == 0 {
            return Strings::default();
        }
        let within = |value: ValueId| self.strings_within(to(value), context, depth - 1);
        match self.facts.program.op(at) {
            Op::Concat(parts) => {
                let mut all = Strings { values: vec![String::new()], known: true };
                for part in parts {
                    all = match *part {
                        Part::Text(text) => {
                            let text = self.facts.program.unit(at.unit).module.name(text).to_owned();
                            product(&all, &Strings { values: vec![text], known: true })
                        }
                        Part::Value(value) => product(&all, &self.or_placeholder(to(value), within(value))),
                    };
                }
                all
            }
            Op::Binary(BinaryOp::Add, left, right) => product(
                &self.or_placeholder(to(*left), within(*left)),
                &self.or_placeholder(to(*right), within(*right)),
            ),
            Op::List(_, items) => {
                let mut all = Strings { values: Vec::new(), known: true };
                for item in items {
                    let more = within(item.value);
                    all.known &= more.known && item.kind == ArgKind::Positional;
                    all.values.extend(more.values);
                }
                all.values.truncate(MAX_STRINGS);
                all
            }
            _ => {
                let possible = self.facts.possible(at);
                let mut all = Strings { values: Vec::new(), known: !possible.values.is_empty() };
                for value in &possible.values {
                    render(value, &mut all.values);
                }
                all.known &= !all.values.is_empty();
                all
            }
        }
    }

    /// A name, as `${name}`, for what could not be evaluated.
    fn or_placeholder(&self, site: Site, strings: Strings) -> Strings {
        if strings.values.is_empty() {
            return Strings { values: vec![self.placeholder(site)], known: false };
        }
        strings
    }

    /// How a reader would name a part of a path that is not constant.
    pub(super) fn placeholder(&self, site: Site) -> String {
        format!("${{{}}}", self.facts.name_of(site).unwrap_or_else(|| "?".to_owned()))
    }

    /// Whether a value may be a path: a string, a list of strings or a pattern, and nothing else that is known.
    pub(super) fn looks_like_path(&self, site: Site, context: &Context) -> bool {
        let at = self.concrete(site, context);
        match self.facts.program.op(at) {
            Op::Concat(_) | Op::Const(Const::Str(_) | Const::Regex(..)) => true,
            Op::List(_, items) => items
                .first()
                .is_some_and(|item| self.looks_like_path(Site { value: item.value, ..at }, &Context::default())),
            _ => !self.strings(at, context).values.is_empty(),
        }
    }

    /// The contexts that a registration must be looked at in: one for each caller of the function around it, or for
    /// each element of the list it loops over, where its arguments depend on that; otherwise one that says nothing.
    pub(super) fn contexts(&self, call: Site) -> Vec<Context> {
        let Op::Call { args, .. } = self.facts.program.op(call) else { return vec![Context::default()] };
        for arg in args {
            let Some(root) = self.root(Site { value: arg.value, ..call }, 8) else { continue };
            let contexts = self.contexts_of(root);
            if !contexts.is_empty() {
                return contexts;
            }
        }
        vec![Context::default()]
    }

    /// The parameter or loop variable that a value is made from.
    fn root(&self, site: Site, depth: u32) -> Option<Site> {
        if depth == 0 {
            return None;
        }
        let to = |value: ValueId| Site { value, ..site };
        match self.facts.program.op(site) {
            Op::Param(_) | Op::Element(_) => Some(site),
            Op::Assign(_, from) | Op::Await(from) | Op::Load(from, _) => self.root(to(*from), depth - 1),
            Op::Outer(owner, var) => {
                match self.facts.program.body(site.unit, *owner).vars[var.index()].writes.as_slice() {
                    [write] => self.root(Site { unit: site.unit, body: write.body, value: write.value }, depth - 1),
                    _ => None,
                }
            }
            Op::Concat(parts) => parts.iter().find_map(|part| match *part {
                Part::Value(value) => self.root(to(value), depth - 1),
                Part::Text(_) => None,
            }),
            Op::Binary(BinaryOp::Add, left, right) => {
                self.root(to(*left), depth - 1).or_else(|| self.root(to(*right), depth - 1))
            }
            Op::List(_, items) => items.iter().find_map(|item| self.root(to(item.value), depth - 1)),
            _ => None,
        }
    }

    fn contexts_of(&self, root: Site) -> Vec<Context> {
        let mut contexts = Vec::new();
        match self.facts.program.op(root) {
            Op::Element(list) => {
                for item in self.iterated(Site { value: *list, ..root }) {
                    contexts.push(Context { bound: vec![(root, SmallVec::from_slice(&[item]))], caller: None });
                }
            }
            Op::Param(_) => {
                for iteration in self.graph.iterations(root.unit, root.body) {
                    for item in self.iterated(*iteration) {
                        contexts.push(Context { bound: vec![(root, SmallVec::from_slice(&[item]))], caller: None });
                    }
                }
                for &call in self.graph.callers(root.unit, root.body) {
                    contexts.push(self.call_context(call, root.unit, root.body));
                }
            }
            _ => {}
        }
        contexts.truncate(MAX_CONTEXTS);
        contexts
    }

    fn iterated(&self, list: Site) -> Vec<Site> {
        self.list(self.concrete(list, &Context::default())).unwrap_or_default()
    }

    /// Binds a function's parameters to the arguments of one call of it.
    fn call_context(&self, call: Site, unit: UnitId, body: lunette_lang::ir::BodyId) -> Context {
        let function = self.facts.program.body(unit, body);
        let module = &self.facts.program.unit(unit).module;
        let caller = &self.facts.program.unit(call.unit).module;
        let arguments = self.arguments(call, &Context::default());
        let skip = usize::from(skips_self(self.facts, call, unit, body));
        let mut bound = Vec::new();
        let positional: Vec<Site> =
            arguments.iter().filter(|(_, kind)| *kind == ArgKind::Positional).map(|(site, _)| *site).collect();
        for (at, param) in function.params.iter().enumerate().skip(skip) {
            let name = module.name(param.name);
            let named =
                arguments.iter().find(|(_, kind)| matches!(kind, ArgKind::Named(given) if caller.name(*given) == name));
            let values: SmallVec<[Site; 1]> = match (param.kind, named) {
                (ParamKind::Rest, _) => positional.iter().skip(at - skip).copied().collect(),
                (_, Some((site, _))) => SmallVec::from_slice(&[*site]),
                (ParamKind::Positional, None) => positional.get(at - skip).copied().into_iter().collect(),
                _ => SmallVec::new(),
            };
            if !values.is_empty() || param.kind == ParamKind::Rest {
                bound.push((Site { unit, body, value: param.value }, values));
            }
        }
        Context { bound, caller: Some(call) }
    }
}

/// Every string of one with every string of the other.
fn product(left: &Strings, right: &Strings) -> Strings {
    let mut values = Vec::new();
    for first in &left.values {
        for second in &right.values {
            if values.len() < MAX_STRINGS {
                values.push(format!("{first}{second}"));
            }
        }
    }
    Strings { values, known: left.known && right.known }
}

fn render(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Str(text) => into.push(text.clone()),
        Value::Int(number) => into.push(number.to_string()),
        Value::Regex { pattern, flags } => into.push(format!("/{pattern}/{flags}")),
        Value::List(items) => {
            for item in items.iter().take(MAX_STRINGS) {
                render(item, into);
            }
        }
        _ => {}
    }
}
