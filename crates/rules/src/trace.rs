//! Following a value: forwards to something with a telling name, backwards to where it comes from.
//!
//! Both directions are bounded; backwards stays in one body, forwards goes over into few others. Unknown calls are
//! taken to pass their arguments on, comparisons are not.

use std::collections::VecDeque;

use lunette_flow::Facts;
use lunette_flow::Value;
use lunette_flow::know::Origin;
use lunette_flow::lazy::Regex;
use lunette_flow::program::Site;
use lunette_lang::ir::{Arg, ArgKind, BinaryOp, BodyKind, Entry, Key, Language, NameId, Op, Part, UnaryOp, ValueId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catch::is_broad;
use crate::matcher::ComesFrom;
use crate::surface::Surface;
use crate::uses::{Uses, operands};

/// Most values looked at for one question.
const MAX_VALUES: usize = 400;
/// Most times that a value followed forwards goes over into another body.
const MAX_CROSSINGS: u8 = 2;

/// Where a value went.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// The values on the way, from the first to the one that met the name.
    pub(crate) steps: Vec<Site>,
    /// The operation that gives it the name.
    pub(crate) sink: Site,
    /// What it flowed into: the name.
    pub(crate) name: String,
}

/// Methods that put their argument into their receiver.
const ADDING: [&str; 6] = ["append", "push", "add", "unshift", "extend", "insert"];

/// Follows values through one program.
pub(crate) struct Tracer<'a, 'f> {
    pub(crate) facts: &'a Facts<'f>,
    pub(crate) uses: &'a Uses,
    pub(crate) surface: &'a Surface<'a>,
}

impl Tracer<'_, '_> {
    /// The first thing (by number of steps) with a name matching `wanted` that the value reaches.
    pub(crate) fn flows_into(&self, from: Site, wanted: &Regex) -> Option<Flow> {
        let mut parents: FxHashMap<Site, Option<Site>> = FxHashMap::default();
        let mut queue = VecDeque::from([(from, MAX_CROSSINGS)]);
        parents.insert(from, None);
        while let Some((site, crossings)) = queue.pop_front() {
            if parents.len() > MAX_VALUES {
                return None;
            }
            for user in self.uses.of(self.facts.program, site) {
                if let Some(name) = self.meets(site, user, wanted) {
                    return Some(Flow { steps: chain(&parents, site), sink: user, name });
                }
                let inside = self.passes(site, user).into_iter().map(|next| (next, crossings));
                let outside = if crossings > 0 { self.crosses(site, user) } else { Vec::new() };
                for (next, left) in inside.chain(outside.into_iter().map(|next| (next, crossings.saturating_sub(1)))) {
                    parents.entry(next).or_insert_with(|| {
                        queue.push_back((next, left));
                        Some(site)
                    });
                }
            }
        }
        None
    }

    fn name(&self, site: Site, name: NameId) -> &str {
        self.facts.program.unit(site.unit).module.name(name)
    }

    fn at(&self, site: Site, value: ValueId, wanted: &Regex) -> Option<String> {
        self.facts.name_of(Site { value, ..site }).filter(|name| wanted.is_match(name))
    }

    /// The matching name that `user` gives to the value at `site`.
    fn meets(&self, site: Site, user: Site, wanted: &Regex) -> Option<String> {
        let matching = |name: &str| wanted.is_match(name).then(|| name.to_owned());
        let value = site.value;
        match self.facts.program.op(user) {
            Op::Assign(var, _) => {
                let body = self.facts.program.body(user.unit, user.body);
                matching(self.name(user, body.vars[var.index()].name))
            }
            Op::StoreOuter(owner, var, _) => {
                let body = self.facts.program.body(user.unit, *owner);
                matching(self.name(user, body.vars[var.index()].name))
            }
            Op::Store(base, key, stored) if *stored == value => {
                let key = self.key_name(user, *key, wanted);
                key.or_else(|| self.at(user, *base, wanted))
            }
            Op::Dict(entries) => entries.iter().find_map(|entry| match entry {
                Entry::Pair(key, stored) if *stored == value => self.key_name(user, *key, wanted),
                _ => None,
            }),
            Op::Call { callee, args, .. } if *callee != value => self.argument(user, *callee, args, value, wanted),
            Op::Return(_) => matching(self.facts.function_name(user.unit, user.body)),
            _ => None,
        }
    }

    fn key_name(&self, site: Site, key: Key, wanted: &Regex) -> Option<String> {
        let text = self.facts.key_text(site, key).filter(|text| wanted.is_match(text));
        text.or_else(|| match key {
            Key::Value(value) => self.at(site, value, wanted),
            _ => None,
        })
    }

    /// A name that a call gives to an argument: its keyword, the parameter's, the callee's, its receiver's, or the
    /// text of an argument before it (`session.set("token", value)`).
    fn argument(&self, call: Site, callee: ValueId, args: &[Arg], value: ValueId, wanted: &Regex) -> Option<String> {
        let position = args.iter().position(|arg| arg.value == value)?;
        if let ArgKind::Named(name) = args[position].kind
            && wanted.is_match(self.name(call, name))
        {
            return Some(self.name(call, name).to_owned());
        }
        let parameter = self.parameters(call, position).into_iter().find_map(|param| self.facts.name_of(param));
        let parameter = parameter.filter(|name| wanted.is_match(name));
        let before = || {
            args[..position].iter().find_map(|arg| {
                let site = Site { value: arg.value, ..call };
                let text =
                    self.facts.possible(site).single_str().filter(|text| wanted.is_match(text)).map(str::to_owned);
                text.or_else(|| self.at(call, arg.value, wanted))
            })
        };
        parameter.or_else(|| self.at(call, callee, wanted)).or_else(before)
    }

    /// The values that carry on what `site` holds, by way of `user`.
    fn passes(&self, site: Site, user: Site) -> Vec<Site> {
        match self.facts.program.op(user) {
            Op::Binary(op, ..) if is_comparison(*op) => Vec::new(),
            Op::Unary(UnaryOp::Not | UnaryOp::TypeOf | UnaryOp::Void | UnaryOp::Delete, _) => Vec::new(),
            Op::Return(_) | Op::Throw(_) => Vec::new(),
            Op::Store(base, _, stored) if *stored == site.value => self.container(user, *base).into_iter().collect(),
            Op::Store(..) => Vec::new(),
            Op::Call { callee, args, .. } => {
                let mut next = vec![user];
                if let Op::Load(base, Key::Member(method)) = self.facts.program.op(Site { value: *callee, ..user })
                    && args.iter().any(|arg| arg.value == site.value)
                    && ADDING.contains(&self.name(user, *method))
                {
                    next.extend(self.container(user, *base));
                }
                next
            }
            _ => vec![user],
        }
    }

    /// The values of other bodies that carry on what `site` holds, by way of `user`: what callers get of a function,
    /// reads of a variable by inner functions, parameters of functions called.
    fn crosses(&self, site: Site, user: Site) -> Vec<Site> {
        match self.facts.program.op(user) {
            Op::Return(_) => self.uses.callers(self.facts, user.unit, user.body).to_vec(),
            Op::Assign(var, _) => self.uses.outer_reads(self.facts, user.unit, user.body, *var).to_vec(),
            Op::StoreOuter(owner, var, _) => self.uses.outer_reads(self.facts, user.unit, *owner, *var).to_vec(),
            Op::Call { args, .. } => {
                let given = args.iter().enumerate().filter(|(_, arg)| arg.value == site.value);
                given.flat_map(|(position, _)| self.parameters(user, position)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The parameters that an argument reaches in the functions that a call may run.
    fn parameters(&self, call: Site, position: usize) -> Vec<Site> {
        let Op::Call { callee, args, .. } = self.facts.program.op(call) else { return Vec::new() };
        let on_object = matches!(self.facts.program.op(Site { value: *callee, ..call }), Op::Load(..));
        let functions = self.facts.call_at(call).into_iter().flat_map(|call| call.functions.iter());
        let reached = functions.filter_map(|&(unit, body)| {
            let module = &self.facts.program.unit(unit).module;
            let function = module.body(body);
            let own = module.language == Language::Python && function.kind == BodyKind::Method && !function.is_static;
            let param = match args.get(position)?.kind {
                ArgKind::Named(name) => {
                    let name = self.name(call, name);
                    function.params.iter().find(|param| module.name(param.name) == name)?
                }
                _ => function.params.get(position + usize::from(own && on_object))?,
            };
            Some(Site { unit, body, value: param.value })
        });
        reached.collect()
    }

    /// A list or mapping made in this body: what is put into it goes on with it.
    fn container(&self, at: Site, base: ValueId) -> Option<Site> {
        let site = Site { value: base, ..at };
        let mut made = site;
        for _ in 0..4 {
            match self.facts.program.op(made) {
                Op::Assign(_, from) => made = Site { value: *from, ..made },
                Op::List(..) | Op::Dict(_) => return Some(site),
                _ => return None,
            }
        }
        None
    }

    /// Whether a value is put together from what `wanted` describes.
    /// `call` is the call that is judged: what it is given is not tested by it.
    pub(crate) fn comes_from(&self, from: Site, wanted: &ComesFrom, call: Option<Site>) -> bool {
        if wanted.direct {
            return self.comes_directly_from(from, wanted, call);
        }
        let mut seen: FxHashSet<(Site, bool)> = FxHashSet::default();
        let mut queue = VecDeque::from([(from, wanted.member.is_none())]);
        while let Some((site, through)) = queue.pop_front() {
            if !seen.insert((site, through)) {
                continue;
            }
            if seen.len() > MAX_VALUES {
                return false;
            }
            let op = self.facts.program.op(site);
            if through && self.is_source(site, op, wanted) {
                return true;
            }
            if matches!(op, Op::Binary(op, ..) if is_comparison(*op)) {
                continue;
            }
            let through = through
                || matches!((op, &wanted.member), (Op::Load(_, key), Some(member))
                    if self.facts.key_text(site, *key).is_some_and(|text| member.is_match(&text)));
            operands(op, |value| queue.push_back((Site { value, ..site }, through)));
        }
        false
    }

    pub(crate) fn is_source(&self, site: Site, op: &Op, wanted: &ComesFrom) -> bool {
        if wanted.caught && matches!(op, Op::Caught) && (!wanted.broad || self.is_caught_broadly(site)) {
            return true;
        }
        if let (Op::Param(index), Some(parameter)) = (op, &wanted.parameter) {
            let params = &self.facts.program.body(site.unit, site.body).params;
            let named =
                params.get(*index as usize).is_some_and(|param| parameter.is_match(self.name(site, param.name)))
                    && !(wanted.uncalled && self.is_run(site));
            if named {
                return true;
            }
        }
        wanted.api.iter().any(|&node| self.facts.is_api(site, node))
    }
}

impl Tracer<'_, '_> {
    /// Whether something in the project is known to run the function around a value.
    fn is_run(&self, site: Site) -> bool {
        !self.surface.reaching(site.unit, site.body).is_empty()
            || !self.uses.callers(self.facts, site.unit, site.body).is_empty()
    }

    fn is_caught_broadly(&self, site: Site) -> bool {
        let handlers = self.facts.program.body(site.unit, site.body).tries.iter().flat_map(|region| &region.handlers);
        let mut of_site = handlers.filter(|handler| handler.caught == site.value);
        of_site.any(|handler| is_broad(self.facts, site.unit, site.body, handler))
    }

    /// Whether a value is, or its text contains, one with a name that matches. Calls hide what they are given, but for
    /// those that give the same text in another form.
    pub(crate) fn mentions(&self, from: Site, name: &Regex) -> bool {
        let mut seen: FxHashSet<Site> = FxHashSet::default();
        let mut open = vec![from];
        while let Some(site) = open.pop() {
            if !seen.insert(site) || seen.len() > MAX_VALUES {
                continue;
            }
            let op = self.facts.program.op(site);
            if self.own_name(site, op).is_some_and(|own| name.is_match(&own)) {
                return true;
            }
            match op {
                Op::Call { callee, args, .. } => {
                    if let Some(value) = self.same_text(site, *callee, args) {
                        open.push(Site { value, ..site });
                    }
                }
                Op::Binary(op, ..) if is_comparison(*op) => {}
                Op::Load(..) | Op::Unary(UnaryOp::Not | UnaryOp::TypeOf | UnaryOp::Void, _) => {}
                other => operands(other, |value| open.push(Site { value, ..site })),
            }
        }
        false
    }

    /// Whether a value is, or its text contains, a constant text that matches. Calls hide what they are given, but for
    /// those that give the same text in another form.
    pub(crate) fn contains(&self, from: Site, text: &Regex) -> bool {
        let mut seen: FxHashSet<Site> = FxHashSet::default();
        let mut open = vec![from];
        while let Some(site) = open.pop() {
            if !seen.insert(site) || seen.len() > MAX_VALUES {
                continue;
            }
            let known = self.facts.possible(site).values;
            if known.iter().any(|value| matches!(value, Value::Str(of) | Value::Bytes(of) if text.is_match(of))) {
                return true;
            }
            match self.facts.program.op(site) {
                Op::Call { callee, args, .. } => {
                    if let Some(value) = self.same_text(site, *callee, args) {
                        open.push(Site { value, ..site });
                    }
                }
                Op::Concat(parts) => {
                    for part in parts {
                        match *part {
                            Part::Value(value) => open.push(Site { value, ..site }),
                            Part::Text(name) if text.is_match(self.name(site, name)) => return true,
                            Part::Text(_) => {}
                        }
                    }
                }
                Op::Binary(BinaryOp::Add, left, right) => {
                    open.extend([*left, *right].map(|value| Site { value, ..site }));
                }
                Op::Assign(_, value) => open.push(Site { value: *value, ..site }),
                Op::Phi(values) => open.extend(values.iter().map(|&value| Site { value, ..site })),
                _ => {}
            }
        }
        false
    }

    /// The name that the operation itself gives to its value.
    fn own_name(&self, site: Site, op: &Op) -> Option<String> {
        match op {
            Op::Assign(..) | Op::Outer(..) | Op::Param(_) | Op::Global(_) => self.facts.name_of(site),
            Op::Load(_, key) => self.facts.key_text(site, *key),
            Op::Call { callee, args, .. } => {
                let Op::Load(_, Key::Member(method)) = self.facts.program.op(Site { value: *callee, ..site }) else {
                    return None;
                };
                let first = args.first().filter(|_| self.name(site, *method) == "get")?;
                self.facts.possible(Site { value: first.value, ..site }).single_str().map(str::to_owned)
            }
            _ => None,
        }
    }

    /// What a call gives in another form: `x.encode()`, `str(x)`.
    pub(crate) fn same_text(&self, call: Site, callee: ValueId, args: &[Arg]) -> Option<ValueId> {
        match self.facts.program.op(Site { value: callee, ..call }) {
            Op::Load(base, Key::Member(name)) if SAME_TEXT_METHODS.contains(&self.name(call, *name)) => Some(*base),
            Op::Global(name) if SAME_TEXT.contains(&self.name(call, *name)) => args.first().map(|arg| arg.value),
            _ => None,
        }
    }

    /// Whether a value is a text with values pasted into it that are neither constants nor numbers.
    pub(crate) fn is_formatted(&self, from: Site) -> bool {
        self.facts.known.origins(from).iter().any(|origin| {
            let Origin::Literal(site) = *origin else { return false };
            let Op::Concat(parts) = self.facts.program.op(site) else { return false };
            parts
                .iter()
                .any(|part| matches!(part, Part::Value(value) if self.is_pasted(Site { value: *value, ..site })))
        })
    }

    fn is_pasted(&self, part: Site) -> bool {
        // `None` alone is the default of something that is given when it matters.
        let unknown =
            self.facts.possible(part).values.iter().all(|value| matches!(value, Value::Null | Value::Undefined));
        let mut site = part;
        while let Op::Assign(_, from) = self.facts.program.op(site) {
            site = Site { value: *from, ..site };
        }
        let harmless = match self.facts.program.op(site) {
            Op::Call { callee, args, .. } => match self.facts.program.op(Site { value: *callee, ..site }) {
                Op::Global(name) => NUMBERS.contains(&self.name(site, *name)),
                // A list of placeholders: `", ".join("?" * n)`.
                Op::Load(base, Key::Member(name)) if self.name(site, *name) == "join" => {
                    let constant = |value: ValueId| self.is_repeated(Site { value, ..site }, 6);
                    constant(*base) && args.iter().all(|arg| constant(arg.value))
                }
                _ => false,
            },
            Op::Binary(op, ..) => !matches!(op, BinaryOp::Add | BinaryOp::Mod | BinaryOp::Mul),
            _ => false,
        };
        !harmless && unknown && !self.is_repeated(site, 6)
    }

    /// Whether a value consists of constants alone, however often they are repeated.
    fn is_repeated(&self, site: Site, depth: usize) -> bool {
        let at = |value: ValueId| Site { value, ..site };
        let again = |value: ValueId| depth > 0 && self.is_repeated(at(value), depth - 1);
        match self.facts.program.op(site) {
            Op::Const(_) => true,
            Op::Assign(_, from) => again(*from),
            Op::Binary(BinaryOp::Mul, left, right) => again(*left) || again(*right),
            Op::List(_, items) => items.iter().all(|item| again(item.value)),
            Op::Mix(values) => !values.is_empty() && values.iter().all(|&value| again(value)),
            _ => self.facts.possible(site).complete,
        }
    }
}

/// Functions that give their argument as text or bytes.
const SAME_TEXT: [&str; 6] = ["str", "repr", "bytes", "bytearray", "String", "ascii"];
/// Methods that give their object in another form.
const SAME_TEXT_METHODS: [&str; 12] = [
    "encode",
    "decode",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "toString",
    "trim",
    "getvalue",
    "toLowerCase",
    "toUpperCase",
];
/// Functions whose result is a number: pasted into a text it can do no harm.
const NUMBERS: [&str; 11] =
    ["int", "float", "len", "bool", "ord", "hash", "id", "round", "Number", "parseInt", "parseFloat"];

pub(crate) fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::StrictEq
            | BinaryOp::StrictNotEq
            | BinaryOp::Lt
            | BinaryOp::LtEq
            | BinaryOp::Gt
            | BinaryOp::GtEq
            | BinaryOp::In
            | BinaryOp::NotIn
            | BinaryOp::Is
            | BinaryOp::IsNot
            | BinaryOp::InstanceOf
    )
}

fn chain(parents: &FxHashMap<Site, Option<Site>>, last: Site) -> Vec<Site> {
    let mut steps = vec![last];
    let mut at = last;
    while let Some(Some(parent)) = parents.get(&at) {
        steps.push(*parent);
        at = *parent;
    }
    steps.reverse();
    steps
}
