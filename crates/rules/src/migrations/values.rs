//! Values of migrations as far as they can be told: texts put together, elements of literal lists, what helpers are given.

use lunette_flow::facts::Facts;
use lunette_flow::know::Origin;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{Arg, ArgKind, BinaryOp, BodyId, Const, Entry, ImportItem, Key, ListKind, Op, Part, ValueId};

use super::tools::{Tool, fits};

/// Longest chain of operations followed.
const MAX_DEPTH: u32 = 40;
/// Longest text of SQL put together.
const MAX_TEXT: usize = 1 << 18;

/// An entered body: a number of [`Frames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameId(usize);

/// A value within an entered body.
pub(crate) type Held = (Site, FrameId);

#[derive(Debug)]
struct Frame {
    unit: UnitId,
    body: BodyId,
    given: Given,
    /// The frame of the body that it is written in.
    around: Option<FrameId>,
}

/// What a body's parameters hold.
#[derive(Debug)]
pub(crate) enum Given {
    /// What the tool gives: `parameter[0]` and so on.
    Tool,
    /// Not known.
    Nothing,
    /// These, in the caller's frame.
    Values(Vec<Option<Held>>),
    /// The first is what this path says.
    Path(String),
}

/// Why a text cannot be told.
#[derive(Debug)]
pub(crate) enum Untold {
    /// It depends on the element of a literal list: each gives a text of its own.
    Element(Held, Vec<Held>),
    /// It depends on something else.
    Unknown,
}

/// The bodies entered so far.
pub(crate) struct Frames<'a, 'f> {
    pub(crate) facts: &'a Facts<'f>,
    pub(crate) tool: &'a Tool,
    list: Vec<Frame>,
    /// Elements of lists that are being gone through, and which one it is.
    bound: Vec<(Held, Held)>,
}

impl<'a, 'f> Frames<'a, 'f> {
    pub(crate) fn new(facts: &'a Facts<'f>, tool: &'a Tool) -> Self {
        Frames { facts, tool, list: Vec::new(), bound: Vec::new() }
    }

    pub(crate) fn enter(&mut self, unit: UnitId, body: BodyId, given: Given, around: Option<FrameId>) -> FrameId {
        self.list.push(Frame { unit, body, given, around });
        FrameId(self.list.len() - 1)
    }

    pub(crate) fn body_of(&self, frame: FrameId) -> (UnitId, BodyId) {
        (self.list[frame.0].unit, self.list[frame.0].body)
    }

    /// How many bodies were entered.
    pub(crate) fn entered(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn bind(&mut self, element: Held, item: Held) {
        self.bound.push((element, item));
    }

    pub(crate) fn unbind(&mut self) {
        self.bound.pop();
    }

    /// The frame that a variable of a body belongs to, seen from a frame.
    fn owner(&mut self, unit: UnitId, body: BodyId, from: FrameId) -> FrameId {
        let mut at = Some(from);
        while let Some(frame) = at {
            if self.body_of(frame) == (unit, body) {
                return frame;
            }
            at = self.list[frame.0].around;
        }
        self.enter(unit, body, Given::Nothing, None)
    }

    /// What a value is, with variables, parameters and literal containers looked through.
    pub(crate) fn resolve(&mut self, held: Held) -> Held {
        let mut at = held;
        for _ in 0..MAX_DEPTH {
            let Some(next) = self.step(at) else { return at };
            at = next;
        }
        at
    }

    fn step(&mut self, (site, frame): Held) -> Option<Held> {
        let here = |value: ValueId| Some((Site { value, ..site }, frame));
        match self.facts.program.op(site) {
            Op::Assign(_, value) | Op::Await(value) | Op::Enter(value) | Op::StoreOuter(_, _, value) => here(*value),
            Op::Phi(_) => here(self.only(site)?),
            Op::Outer(owner, var) => {
                let writes = &self.facts.program.body(site.unit, *owner).vars[var.index()].writes;
                match writes.as_slice() {
                    [write] => {
                        let (body, value) = (write.body, write.value);
                        Some((Site { unit: site.unit, body, value }, self.owner(site.unit, body, frame)))
                    }
                    _ => self.literal((site, frame)),
                }
            }
            Op::Param(index) => self.parameter(site, frame, *index as usize),
            Op::Element(_) => {
                self.bound.iter().rev().find(|(element, _)| *element == (site, frame)).map(|found| found.1)
            }
            Op::Load(base, key) => {
                self.member((Site { value: *base, ..site }, frame), *key).or_else(|| self.literal((site, frame)))
            }
            Op::Import(_) => self.literal((site, frame)),
            _ => None,
        }
    }

    /// What a parameter was given, or its default.
    fn parameter(&mut self, site: Site, frame: FrameId, index: usize) -> Option<Held> {
        let Given::Values(values) = &self.list[frame.0].given else { return None };
        if let Some(given) = values.get(index).copied().flatten() {
            return Some(given);
        }
        let default = self.facts.program.body(site.unit, site.body).params.get(index)?.default?;
        let owner = if default.body == site.body { frame } else { self.owner(site.unit, default.body, frame) };
        Some((Site { unit: site.unit, body: default.body, value: default.value }, owner))
    }

    /// The only value that a join of values has beside joins of its own.
    fn only(&self, site: Site) -> Option<ValueId> {
        let (mut open, mut seen, mut found) = (vec![site.value], vec![site.value], None);
        while let Some(value) = open.pop() {
            let Op::Phi(operands) = self.facts.program.op(Site { value, ..site }) else { continue };
            for &operand in operands {
                let is_join = matches!(self.facts.program.op(Site { value: operand, ..site }), Op::Phi(_));
                if is_join && !seen.contains(&operand) && seen.len() < 64 {
                    seen.push(operand);
                    open.push(operand);
                } else if !is_join && found.replace(operand).is_some_and(|other| other != operand) {
                    return None;
                }
            }
        }
        found
    }

    /// The literal that a value is by what the engine tracked, in whichever file it stands.
    fn literal(&mut self, (site, _): Held) -> Option<Held> {
        match self.facts.known.origins(site) {
            [Origin::Literal(literal)] if *literal != site => {
                Some((*literal, self.enter(literal.unit, literal.body, Given::Nothing, None)))
            }
            _ => None,
        }
    }

    /// What stands under a key of a literal.
    fn member(&mut self, base: Held, key: Key) -> Option<Held> {
        let (site, frame) = self.resolve(base);
        let value = match (self.facts.program.op(site), key) {
            (Op::List(_, items), Key::Index(index)) => {
                let plain = items.iter().all(|item| item.kind == ArgKind::Positional);
                items.get(usize::try_from(index).ok()?).filter(|_| plain)?.value
            }
            (Op::Dict(entries), Key::Member(name) | Key::Item(name)) => {
                entries.iter().rev().find_map(|entry| match *entry {
                    Entry::Pair(Key::Member(other) | Key::Item(other), value) if other == name => Some(value),
                    _ => None,
                })?
            }
            _ => return None,
        };
        Some((Site { value, ..site }, frame))
    }

    /// The items of a literal list.
    pub(crate) fn items(&mut self, list: Held) -> Option<Vec<Held>> {
        let (site, frame) = self.resolve(list);
        match self.facts.program.op(site) {
            Op::List(kind, items) if *kind != ListKind::Set => {
                let plain = items.iter().all(|item| item.kind == ArgKind::Positional);
                plain.then(|| items.iter().map(|item| (Site { value: item.value, ..site }, frame)).collect())
            }
            _ => None,
        }
    }

    /// The text that a value is.
    pub(crate) fn text(&mut self, held: Held) -> Result<String, Untold> {
        self.text_within(held, MAX_DEPTH)
    }

    fn text_within(&mut self, held: Held, depth: u32) -> Result<String, Untold> {
        let Some(depth) = depth.checked_sub(1) else { return Err(Untold::Unknown) };
        let (site, frame) = self.resolve(held);
        let program = self.facts.program;
        let module = &program.unit(site.unit).module;
        let here = |value: ValueId| (Site { value, ..site }, frame);
        match program.op(site) {
            Op::Const(Const::Str(text)) => Ok(module.name(*text).to_owned()),
            Op::Const(Const::Int(number)) => Ok(number.to_string()),
            Op::Concat(parts) => {
                let mut text = String::new();
                for part in parts {
                    match *part {
                        Part::Text(name) => text.push_str(module.name(name)),
                        Part::Value(value) => text.push_str(&self.text_within(here(value), depth)?),
                    }
                    bounded(&text)?;
                }
                Ok(text)
            }
            Op::Binary(BinaryOp::Add, left, right) => {
                let mut text = self.text_within(here(*left), depth)?;
                text.push_str(&self.text_within(here(*right), depth)?);
                bounded(&text)?;
                Ok(text)
            }
            Op::Call { callee, args, .. } => self.made((site, frame), *callee, args, depth),
            Op::Element(base) => match self.items(here(*base)) {
                Some(items) if !items.is_empty() => Err(Untold::Element((site, frame), items)),
                _ => Err(Untold::Unknown),
            },
            // An element whose parts are told apart: `for name, column in PAIRS`.
            Op::Load(base, _) => {
                let (element, frame) = self.resolve(here(*base));
                let Op::Element(list) = program.op(element) else { return self.folded(site) };
                match self.items((Site { value: *list, ..element }, frame)) {
                    Some(items) if !items.is_empty() => Err(Untold::Element((element, frame), items)),
                    _ => Err(Untold::Unknown),
                }
            }
            _ => self.folded(site),
        }
    }

    /// What the engine folds a value to.
    fn folded(&self, site: Site) -> Result<String, Untold> {
        let value = self.facts.single(site);
        value.and_then(|value| value.as_str().map(str::to_owned)).ok_or(Untold::Unknown)
    }

    /// The text that a call makes.
    fn made(&mut self, (site, frame): Held, callee: ValueId, args: &[Arg], depth: u32) -> Result<String, Untold> {
        let here = |value: ValueId| (Site { value, ..site }, frame);
        let program = self.facts.program;
        let first = args.first().filter(|arg| arg.kind == ArgKind::Positional).map(|arg| arg.value);
        if let Some(path) = self.path(here(callee)) {
            let tagged = first.and_then(|first| match program.op(Site { value: first, ..site }) {
                Op::List(_, strings) => Some(strings),
                _ => None,
            });
            if let Some(strings) = tagged.filter(|_| self.tool.tags.contains(&path)) {
                let mut text = String::new();
                for (at, string) in strings.iter().enumerate() {
                    text.push_str(&self.text_within(here(string.value), depth)?);
                    if let Some(value) = args.get(at + 1) {
                        text.push_str(&self.text_within(here(value.value), depth)?);
                    }
                    bounded(&text)?;
                }
                return Ok(text);
            }
            if let Some(first) = first.filter(|_| self.tool.texts.iter().any(|pattern| fits(pattern, &path))) {
                return self.text_within(here(first), depth);
            }
        }
        let Op::Load(base, Key::Member(method)) = program.op(Site { value: callee, ..site }) else {
            return self.folded(site);
        };
        match (program.unit(site.unit).module.name(*method), first) {
            ("strip" | "trim" | "rstrip" | "lstrip" | "trimEnd" | "trimStart" | "toString", None) => {
                Ok(self.text_within(here(*base), depth)?.trim().to_owned())
            }
            ("join", Some(first)) => {
                // Python asks the text in between, JavaScript the list.
                let (list, between) = if let Some(items) = self.items(here(*base)) {
                    (items, first)
                } else {
                    (self.items(here(first)).ok_or(Untold::Unknown)?, *base)
                };
                let between = self.text_within(here(between), depth)?;
                let mut text = String::new();
                for (at, item) in list.into_iter().enumerate() {
                    if at > 0 {
                        text.push_str(&between);
                    }
                    text.push_str(&self.text_within(item, depth)?);
                    bounded(&text)?;
                }
                Ok(text)
            }
            _ => self.folded(site),
        }
    }

    /// What is called or read, from a package or from what the tool gives: `alembic.op.execute`, `parameter[0].raw`.
    pub(crate) fn path(&mut self, held: Held) -> Option<String> {
        self.path_within(held, MAX_DEPTH)
    }

    fn path_within(&mut self, held: Held, depth: u32) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let (site, frame) = self.resolve(held);
        let program = self.facts.program;
        let module = &program.unit(site.unit).module;
        let here = |value: ValueId| (Site { value, ..site }, frame);
        match program.op(site) {
            Op::Import(import) => {
                let import = &module.imports[import.index()];
                let package = module.name(import.module);
                match import.item {
                    _ if import.level > 0 => None,
                    ImportItem::Named(name) => Some(format!("{package}.{}", module.name(name))),
                    ImportItem::Default => Some(format!("{package}.default")),
                    _ => Some(package.to_owned()),
                }
            }
            Op::Param(index) => match &self.list[frame.0].given {
                Given::Tool => Some(format!("parameter[{index}]")),
                Given::Path(path) if *index == 0 => Some(path.clone()),
                _ => None,
            },
            Op::This => Some("this".to_owned()),
            Op::Load(base, Key::Member(name) | Key::Item(name)) => {
                Some(format!("{}.{}", self.path_within(here(*base), depth)?, module.name(*name)))
            }
            Op::Call { callee, .. } => Some(format!("{}()", self.path_within(here(*callee), depth)?)),
            _ => None,
        }
    }
}

fn bounded(text: &str) -> Result<(), Untold> {
    if text.len() <= MAX_TEXT { Ok(()) } else { Err(Untold::Unknown) }
}
