//! What a value may be, as far as it is constant: folding on demand over the SSA graph and the tracked origins.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "lengths of strings are capped, and numbers beyond 2^53 behave so in the languages evaluated, too"
)]

mod tables;

use lunette_lang::ir::{
    ArgKind, BodyId, BodyKind, Const, Entry, Key, Language, ListKind, NameId, Op, ParamKind, Part, Terminator, ValueId,
    ValueRef, VarId,
};

use crate::fold::{self, is_named};
use crate::know::{Known, Origin};
use crate::program::{Program, Site, UnitId};

/// A constant value.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the variants are the constants of both languages")]
pub enum Value {
    Null,
    Undefined,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(String),
    Regex { pattern: String, flags: String },
    List(Vec<Value>),
}

impl Value {
    /// Whether both languages take it as true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null | Self::Undefined => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0 && !value.is_nan(),
            Self::Str(text) | Self::Bytes(text) => !text.is_empty(),
            Self::Regex { .. } => true,
            Self::List(items) => !items.is_empty(),
        }
    }

    /// The text of a string or byte string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Bytes(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }
}

/// The constants that a value may be.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Possible {
    /// The constants, without repeats, in the order found.
    pub values: Vec<Value>,
    /// Whether there is nothing else that it may be.
    pub complete: bool,
}

impl Possible {
    fn unknown() -> Self {
        Possible::default()
    }

    fn one(value: Value) -> Self {
        Possible { values: vec![value], complete: true }
    }

    /// The only value there is.
    pub fn single(&self) -> Option<&Value> {
        match self.values.as_slice() {
            [value] if self.complete => Some(value),
            _ => None,
        }
    }

    /// The only string there is.
    pub fn single_str(&self) -> Option<&str> {
        self.single().and_then(Value::as_str)
    }

    fn add(&mut self, other: Possible) {
        self.complete &= other.complete;
        for value in other.values {
            if self.values.len() < MAX_VALUES && !self.values.contains(&value) {
                self.values.push(value);
            }
        }
    }
}

/// Most constants kept for one value.
const MAX_VALUES: usize = 16;
/// Longest chain of operations followed.
const MAX_DEPTH: u32 = 24;
/// Most functions that one call is evaluated for.
const MAX_CALLEES: usize = 4;
/// Longest string built.
const MAX_TEXT: usize = 4096;
/// Most operations looked at for one question: chains of joins would otherwise cost exponential time.
const MAX_WORK: u32 = 2_000;

/// Evaluates values of a program.
pub(crate) struct Folder<'a> {
    program: &'a Program,
    known: &'a Known,
    work: u32,
    /// Calls that are being evaluated: the function's body and the call.
    frames: Vec<(UnitId, BodyId, Site)>,
    /// Whether an answer must hold at every time: what may be written to meanwhile is unknown.
    strict: bool,
    /// Whether the question is for the only constant: an answer that is incomplete, or has two, is as good as none.
    sole: bool,
}

/// The constants that the value at `site` may be.
pub(crate) fn possible(program: &Program, known: &Known, site: Site) -> Possible {
    Folder { program, known, work: MAX_WORK, frames: Vec::new(), strict: false, sole: false }.value(site, MAX_DEPTH)
}

/// The only constant that the value at `site` may be.
pub(crate) fn single(program: &Program, known: &Known, site: Site) -> Option<Value> {
    let mut found =
        Folder { program, known, work: MAX_WORK, frames: Vec::new(), strict: false, sole: true }.value(site, MAX_DEPTH);
    if found.complete && found.values.len() == 1 { found.values.pop() } else { None }
}

/// The constant that the value at `site` certainly is, whenever it is read: no list, which may have been written to,
/// and nothing that comes from a variable with several writes.
pub(crate) fn certain(program: &Program, known: &Known, site: Site) -> Option<Value> {
    let mut folder = Folder { program, known, work: MAX_WORK / 10, frames: Vec::new(), strict: true, sole: true };
    match folder.value(site, MAX_DEPTH).single() {
        None | Some(Value::List(_) | Value::Undefined) => None,
        Some(value) => Some(value.clone()),
    }
}

impl Folder<'_> {
    fn value(&mut self, site: Site, depth: u32) -> Possible {
        if depth == 0 || self.work == 0 {
            return Possible::unknown();
        }
        self.work -= 1;
        let depth = depth - 1;
        let at = |value: ValueId| Site { value, ..site };
        match self.program.op(site) {
            Op::Const(constant) => Possible::one(self.constant(site.unit, *constant)),
            Op::Assign(_, from) | Op::Await(from) | Op::StoreOuter(_, _, from) => self.value(at(*from), depth),
            Op::Phi(operands) => {
                self.any(operands.iter().map(|&operand| at(operand)).filter(|&inner| inner != site).collect(), depth)
            }
            Op::Outer(owner, var) => {
                let writes = &self.program.body(site.unit, *owner).vars[var.index()].writes;
                if self.strict && written(self.program, site.unit, *owner, *var).is_none() {
                    return Possible::unknown();
                }
                let sites =
                    writes.iter().map(|write| Site { unit: site.unit, body: write.body, value: write.value }).collect();
                self.any(sites, depth)
            }
            Op::Concat(parts) => self.concat(site, parts, depth),
            Op::Binary(op, left, right) => {
                let (left, right) = (self.value(at(*left), depth), self.value(at(*right), depth));
                let folded = left
                    .single()
                    .zip(right.single())
                    .and_then(|(left, right)| fold::binary(*op, left, right, self.language(site)));
                folded.map_or_else(Possible::unknown, Possible::one)
            }
            Op::Unary(op, operand) => {
                let operand = self.value(at(*operand), depth);
                let folded = operand.single().and_then(|operand| fold::unary(*op, operand, self.language(site)));
                folded.map_or_else(Possible::unknown, Possible::one)
            }
            Op::List(kind, items) => {
                if self.strict && *kind != ListKind::Tuple {
                    return Possible::unknown();
                }
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    match self.value(at(item.value), depth).single() {
                        Some(value) if item.kind == ArgKind::Positional && values.len() < 256 => {
                            values.push(value.clone());
                        }
                        _ => return Possible::unknown(),
                    }
                }
                Possible::one(Value::List(values))
            }
            Op::Load(base, key) => self.load(site, *base, *key, depth),
            Op::Slice(base, bounds) => self.slice(site, *base, *bounds, depth),
            Op::Call { callee, .. } => self.call(site, *callee, depth),
            Op::Param(index) => self.parameter(site, *index as usize, depth),
            _ => self.origins(site, depth),
        }
    }

    fn language(&self, site: Site) -> Language {
        self.program.unit(site.unit).module.language
    }

    fn any(&mut self, sites: Vec<Site>, depth: u32) -> Possible {
        let mut all = Possible { values: Vec::new(), complete: !sites.is_empty() };
        for site in sites {
            all.add(self.value(site, depth));
            if self.is_settled(&all) {
                return Possible::unknown();
            }
        }
        all
    }

    /// Whether what was found cannot become the only constant any more, where only that is asked for.
    fn is_settled(&self, found: &Possible) -> bool {
        self.sole && (!found.complete || found.values.len() > 1)
    }

    /// The result of a call of functions of the project, evaluated with this call's arguments.
    fn call(&mut self, site: Site, callee: ValueId, depth: u32) -> Possible {
        if let Some(found) = self.constructed(site, callee, depth) {
            return found;
        }
        let origins = self.known.origins(Site { value: callee, ..site });
        let plain = |origin: &Origin| match *origin {
            Origin::Function(unit, body) => {
                let function = self.program.body(unit, body);
                let kind = matches!(function.kind, BodyKind::Function | BodyKind::Lambda);
                (kind
                    && function.decorators.is_empty()
                    && !function.is_generator
                    && !(self.strict && function.is_async))
                    .then_some((unit, body))
            }
            _ => None,
        };
        let functions: Option<Vec<_>> = origins.iter().map(plain).collect();
        let functions = functions.filter(|found| !found.is_empty() && found.len() <= MAX_CALLEES);
        let functions = functions.filter(|_| !self.strict || is_named(self.program, Site { value: callee, ..site }));
        let Some(functions) = functions else { return self.origins(site, depth) };
        let mut all = Possible { values: Vec::new(), complete: true };
        for (unit, id) in functions {
            let body = self.program.body(unit, id);
            self.frames.push((unit, id, site));
            for block in body.blocks.iter() {
                for &value in block.ops {
                    if let Op::Return(from) = body.ops[value.index()] {
                        all.add(self.value(Site { unit, body: id, value: from }, depth));
                    }
                }
                all.complete &= !matches!(block.end, Terminator::End);
                if self.is_settled(&all) {
                    self.frames.pop();
                    return Possible::unknown();
                }
            }
            self.frames.pop();
        }
        all
    }

    /// A parameter: what the call that is being evaluated passes, else whatever any caller does.
    fn parameter(&mut self, site: Site, index: usize, depth: u32) -> Possible {
        let Some(&(unit, id, call)) = self.frames.last() else { return self.origins(site, depth) };
        let param = match self.program.body(unit, id).params.get(index) {
            Some(param) if (unit, id) == (site.unit, site.body) && param.kind != ParamKind::Rest => param,
            _ => return self.origins(site, depth),
        };
        let Op::Call { args, .. } = self.program.op(call) else { return Possible::unknown() };
        let name = self.program.unit(unit).module.name(param.name);
        let caller = &self.program.unit(call.unit).module;
        let positional = args
            .iter()
            .filter(|arg| arg.kind == ArgKind::Positional)
            .nth(index)
            .filter(|_| param.kind == ParamKind::Positional);
        let named = || args.iter().find(|arg| matches!(arg.kind, ArgKind::Named(given) if caller.name(given) == name));
        let spread = args.iter().any(|arg| matches!(arg.kind, ArgKind::Spread | ArgKind::SpreadNamed));
        let given = match (positional.or_else(named), param.default) {
            _ if spread => return Possible::unknown(),
            (Some(arg), _) => Site { value: arg.value, ..call },
            (None, Some(default)) => site_of(unit, default),
            (None, None) => return Possible::unknown(),
        };
        // The argument belongs to the caller.
        let frame = self.frames.pop();
        let value = self.value(given, depth);
        self.frames.extend(frame);
        value
    }

    /// By the tracked origins; never complete, since a caller outside the project may pass something else.
    fn origins(&mut self, site: Site, depth: u32) -> Possible {
        if self.sole {
            return Possible::unknown();
        }
        let mut all = Possible { values: Vec::new(), complete: true };
        for &origin in self.known.origins(site) {
            match origin {
                Origin::Literal(literal) if literal != site => all.add(self.value(literal, depth)),
                _ => {}
            }
        }
        all.complete = false;
        all
    }

    fn constant(&self, unit: UnitId, constant: Const) -> Value {
        let text = |name: NameId| self.program.unit(unit).module.name(name).to_owned();
        match constant {
            Const::Null => Value::Null,
            Const::Undefined => Value::Undefined,
            Const::Bool(value) => Value::Bool(value),
            Const::Int(value) => Value::Int(value),
            Const::Float(value) => Value::Float(value),
            Const::Str(name) => Value::Str(text(name)),
            Const::Bytes(name) => Value::Bytes(text(name)),
            Const::Regex(pattern, flags) => Value::Regex { pattern: text(pattern), flags: text(flags) },
        }
    }

    fn concat(&mut self, site: Site, parts: &[Part], depth: u32) -> Possible {
        let mut text = String::new();
        for part in parts {
            match *part {
                Part::Text(name) => text.push_str(self.program.unit(site.unit).module.name(name)),
                Part::Value(value) => match self.value(Site { value, ..site }, depth).single() {
                    Some(Value::Str(part)) => text.push_str(part),
                    Some(Value::Int(number)) => text.push_str(&number.to_string()),
                    _ => return Possible::unknown(),
                },
            }
            if text.len() > MAX_TEXT {
                return Possible::unknown();
            }
        }
        Possible::one(Value::Str(text))
    }

    fn load(&mut self, site: Site, base: ValueId, key: Key, depth: u32) -> Possible {
        let owner = match key {
            Key::Index(_) | Key::Value(_) => self.value(Site { value: base, ..site }, depth),
            Key::Member(_) | Key::Item(_) => Possible::unknown(),
        };
        let index = match key {
            Key::Index(index) => Some(i64::from(index)),
            Key::Value(value) => match self.value(Site { value, ..site }, depth).single() {
                Some(Value::Int(index)) => Some(*index),
                _ => None,
            },
            _ => None,
        };
        if let (Some(owner), Some(index)) = (owner.single(), index)
            && let Some(found) = fold::element(owner, index, self.language(site))
        {
            return Possible::one(found);
        }
        // A literal mapping that is never written to gives its entry.
        if let Key::Member(name) | Key::Item(name) = key
            && !self.strict
            && let [Origin::Literal(mapping)] = self.known.origins(Site { value: base, ..site })
            && let Op::Dict(entries) = self.program.op(*mapping)
        {
            let text = self.program.unit(site.unit).module.name(name);
            let module = &self.program.unit(mapping.unit).module;
            let entry = entries.iter().rev().find_map(|entry| match *entry {
                Entry::Pair(Key::Item(key) | Key::Member(key), value) if module.name(key) == text => Some(value),
                _ => None,
            });
            if let Some(value) = entry
                && self.known.stored(*mapping, text).is_empty()
            {
                return self.value(Site { value, ..*mapping }, depth);
            }
        }
        let found = self.origins(site, depth);
        if found.values.is_empty() && !self.strict {
            return self.expressions(site, base, key, depth);
        }
        found
    }

    fn slice(&mut self, site: Site, base: ValueId, bounds: [Option<ValueId>; 2], depth: u32) -> Possible {
        let text = self.value(Site { value: base, ..site }, depth);
        let Some(text) = text.single_str().map(|text| text.chars().collect::<Vec<_>>()) else {
            return Possible::unknown();
        };
        let mut ends = [0, text.len() as i64];
        for (end, bound) in ends.iter_mut().zip(bounds) {
            let Some(value) = bound else { continue };
            match self.value(Site { value, ..site }, depth).single() {
                Some(Value::Int(at)) => *end = if *at < 0 { at.saturating_add(text.len() as i64) } else { *at },
                _ => return Possible::unknown(),
            }
        }
        let clamp = |at: i64| at.clamp(0, text.len() as i64) as usize;
        let (start, end) = (clamp(ends[0]), clamp(ends[1]));
        Possible::one(Value::Str(text.get(start..end.max(start)).unwrap_or_default().iter().collect()))
    }
}

/// The one value that is ever written to a variable: at the start of its body, before anything could read it.
pub(crate) fn written(program: &Program, unit: UnitId, owner: BodyId, var: VarId) -> Option<ValueRef> {
    let body = program.body(unit, owner);
    let [write] = body.vars.get(var.index())?.writes.as_slice() else { return None };
    // Values are numbered in source order: what the first block holds comes before everything else.
    let last = body.blocks.first()?.ops.last()?;
    (write.body == owner && write.value <= *last).then_some(*write)
}

/// A reference to a value as a site.
pub(crate) fn site_of(unit: UnitId, at: ValueRef) -> Site {
    Site { unit, body: at.body, value: at.value }
}
