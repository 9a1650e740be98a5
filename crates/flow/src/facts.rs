//! Facts that models and rules are matched against: calls, reads and writes of API values, with ways to ask about
//! their arguments, constants, names and surroundings.

use lunette_core::Place;
use lunette_lang::ir::{Arg, ArgKind, BodyId, BodyKind, Const, Entry, Key, Op, Part, ValueId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::access::{AccessPath, Start, StepInto};
use crate::api::{ApiTrie, NodeId};
use crate::call_sites::CallSites;
use crate::constant::{self, Possible, Value};
use crate::know::{Known, Origin, know};
use crate::program::{Program, Site, UnitId};

/// A call whose target is known: an API value, a function of the project, or both.
#[derive(Clone, Debug)]
pub struct Call {
    /// The call.
    pub site: Site,
    /// The API values called, with the object they belong to.
    pub api: SmallVec<[(NodeId, Site); 1]>,
    /// The functions of the project called.
    pub functions: SmallVec<[(UnitId, BodyId); 1]>,
}

/// A read or write of a key of an API value.
#[derive(Clone, Debug)]
pub struct Use {
    /// The operation.
    pub site: Site,
    /// The API value: for a read the value read, for a write the object written to.
    pub api: SmallVec<[(NodeId, Site); 1]>,
    /// The key written, when it is constant.
    pub key: Option<String>,
    /// The value written.
    pub value: Option<Site>,
}

/// Values that an access path may point at.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// These.
    Sites(SmallVec<[Site; 2]>),
    /// Certainly nothing: the argument or the key is not given.
    Absent,
    /// Cannot be told (spread arguments, computed keys, values from elsewhere).
    Unknown,
}

impl Found {
    /// The sites, if any.
    pub fn sites(&self) -> &[Site] {
        match self {
            Self::Sites(sites) => sites,
            _ => &[],
        }
    }
}

/// All facts of a program.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The program.
    pub program: &'a Program,
    /// The API values that models and rules speak of.
    pub trie: &'a ApiTrie,
    /// Where values come from.
    pub known: Known,
    /// Calls with a known target, by unit and position.
    pub calls: Vec<Call>,
    /// Reads of API values.
    pub reads: Vec<Use>,
    /// Writes to keys of API values.
    pub writes: Vec<Use>,
    sites: CallSites,
    calls_of: FxHashMap<NodeId, Vec<u32>>,
    reads_of: FxHashMap<NodeId, Vec<u32>>,
    writes_of: FxHashMap<NodeId, Vec<u32>>,
}

impl<'a> Facts<'a> {
    /// Gathers the facts of a program.
    pub fn new(program: &'a Program, trie: &'a ApiTrie) -> Self {
        let mut facts = Facts {
            program,
            trie,
            known: know(program, trie),
            calls: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            sites: CallSites::default(),
            calls_of: FxHashMap::default(),
            reads_of: FxHashMap::default(),
            writes_of: FxHashMap::default(),
        };
        for unit in program.ids() {
            for (at, body) in program.unit(unit).module.bodies.iter().enumerate() {
                for block in body.blocks.iter() {
                    for &value in block.ops {
                        facts.gather(Site { unit, body: BodyId(at as u32), value });
                    }
                }
            }
        }
        // They stay for the whole run: no room to grow in is kept.
        facts.calls.shrink_to_fit();
        facts.reads.shrink_to_fit();
        facts.writes.shrink_to_fit();
        let key = |site: Site| (site.unit, program.span(site).start, program.span(site).end, site);
        facts.calls.sort_by_key(|call| key(call.site));
        facts.reads.sort_by_key(|read| key(read.site));
        facts.writes.sort_by_key(|write| key(write.site));
        facts.sites = CallSites::new(program, &facts.calls);
        for (at, call) in facts.calls.iter().enumerate() {
            for (node, _) in &call.api {
                facts.calls_of.entry(*node).or_default().push(at as u32);
            }
        }
        for (uses, index) in [(&facts.reads, &mut facts.reads_of), (&facts.writes, &mut facts.writes_of)] {
            for (at, item) in uses.iter().enumerate() {
                for (node, _) in &item.api {
                    index.entry(*node).or_default().push(at as u32);
                }
            }
        }
        facts
    }

    fn gather(&mut self, site: Site) {
        let at = |value| Site { value, ..site };
        match self.program.op(site) {
            Op::Call { callee, .. } => {
                let mut call = Call { site, api: SmallVec::new(), functions: SmallVec::new() };
                for &origin in self.known.origins(at(*callee)) {
                    match origin {
                        Origin::Api(node, object) => call.api.push((node, object)),
                        Origin::Function(unit, body) => call.functions.push((unit, body)),
                        _ => {}
                    }
                }
                if !call.api.is_empty() || !call.functions.is_empty() {
                    self.calls.push(call);
                }
            }
            Op::Load(..) | Op::Global(_) | Op::Import(_) => {
                let api = self.api(site);
                if !api.is_empty() {
                    self.reads.push(Use { site, api, key: None, value: None });
                }
            }
            Op::Store(base, key, value) => {
                let api = self.api(at(*base));
                if !api.is_empty() {
                    let key = self.key_text(site, *key);
                    self.writes.push(Use { site, api, key, value: Some(at(*value)) });
                }
            }
            _ => {}
        }
    }

    /// The API values that a value may be, each with the object that it belongs to.
    pub fn api(&self, site: Site) -> SmallVec<[(NodeId, Site); 1]> {
        self.known
            .origins(site)
            .iter()
            .filter_map(|origin| match *origin {
                Origin::Api(node, object) => Some((node, object)),
                _ => None,
            })
            .collect()
    }

    /// Whether a value may be an API value.
    pub fn is_api(&self, site: Site, node: NodeId) -> bool {
        self.known.origins(site).iter().any(|origin| matches!(origin, Origin::Api(found, _) if *found == node))
    }

    /// The calls of an API value.
    pub fn calls_of(&self, node: NodeId) -> impl Iterator<Item = &Call> {
        self.calls_of.get(&node).into_iter().flatten().map(|&at| &self.calls[at as usize])
    }

    /// The reads of an API value.
    pub fn reads_of(&self, node: NodeId) -> impl Iterator<Item = &Use> {
        self.reads_of.get(&node).into_iter().flatten().map(|&at| &self.reads[at as usize])
    }

    /// The writes to keys of an API value.
    pub fn writes_of(&self, node: NodeId) -> impl Iterator<Item = &Use> {
        self.writes_of.get(&node).into_iter().flatten().map(|&at| &self.writes[at as usize])
    }

    /// The call at a site, when its target is known.
    #[inline]
    pub fn call_at(&self, site: Site) -> Option<&Call> {
        self.sites.at(site).map(|at| &self.calls[at as usize])
    }

    /// The constants that a value may be.
    pub fn possible(&self, site: Site) -> Possible {
        constant::possible(self.program, &self.known, site)
    }

    /// The only constant that a value may be: what [`Self::possible`] has for the single one, found with less work.
    pub fn single(&self, site: Site) -> Option<Value> {
        constant::single(self.program, &self.known, site)
    }

    /// The functions of the project that a value may be.
    pub fn functions(&self, site: Site) -> SmallVec<[(UnitId, BodyId); 2]> {
        self.known
            .origins(site)
            .iter()
            .filter_map(|origin| match *origin {
                Origin::Function(unit, body) => Some((unit, body)),
                _ => None,
            })
            .collect()
    }

    /// The place of a value.
    pub fn place(&self, site: Site) -> Place {
        self.program.place(site.unit, self.program.span(site))
    }

    /// The values that an access path points at, from a call at `site`.
    pub fn follow(&self, site: Site, path: &AccessPath) -> Found {
        if path.made {
            let Some(receiver) = self.receiver(site) else { return Found::Unknown };
            let made: Vec<Site> = self.api(receiver).into_iter().map(|(_, object)| object).collect();
            let Some(&first) = made.first() else { return Found::Unknown };
            return self.follow(first, &AccessPath { made: false, ..path.clone() });
        }
        if path.chained {
            let before = self.receiver(site).filter(|&receiver| matches!(self.program.op(receiver), Op::Call { .. }));
            return before
                .map_or(Found::Absent, |before| self.follow(before, &AccessPath { chained: false, ..path.clone() }));
        }
        let Op::Call { args, .. } = self.program.op(site) else { return Found::Unknown };
        let start = match &path.start {
            Start::Receiver => self.receiver(site).map_or(Found::Absent, one),
            Start::Return => one(site),
            Start::Each => Found::Unknown,
            Start::Arg { position, name } => self.argument(site, args, *position, name.as_deref()),
            Start::LastArg => args.last().map_or(Found::Absent, |arg| one(Site { value: arg.value, ..site })),
            Start::ArgsFrom(from) => many(site, args.iter().skip(*from)),
            Start::ArgsMiddle(from) => many(site, args.iter().take(args.len().saturating_sub(1)).skip(*from)),
        };
        path.steps.iter().fold(start, |found, step| self.step(&found, step))
    }

    /// The object that a method is called on.
    pub fn receiver(&self, call: Site) -> Option<Site> {
        let Op::Call { callee, .. } = self.program.op(call) else { return None };
        match self.program.op(Site { value: *callee, ..call }) {
            Op::Load(base, _) => Some(Site { value: *base, ..call }),
            _ => None,
        }
    }

    fn argument(&self, site: Site, args: &[Arg], position: Option<usize>, name: Option<&str>) -> Found {
        let module = &self.program.unit(site.unit).module;
        let mut at = 0;
        let mut unknown = false;
        for arg in args {
            match arg.kind {
                ArgKind::Positional if !unknown && position == Some(at) => {
                    return one(Site { value: arg.value, ..site });
                }
                ArgKind::Positional => at += 1,
                ArgKind::Named(given) if name == Some(module.name(given)) => {
                    return one(Site { value: arg.value, ..site });
                }
                ArgKind::Named(_) => {}
                ArgKind::Spread => unknown |= position.is_some(),
                ArgKind::SpreadNamed => {
                    if let Some(name) = name {
                        match self.entry(Site { value: arg.value, ..site }, name) {
                            Found::Absent => {}
                            found => return found,
                        }
                    }
                }
            }
        }
        if unknown { Found::Unknown } else { Found::Absent }
    }

    /// One step of an access path into values.
    pub fn step(&self, found: &Found, step: &StepInto) -> Found {
        let Found::Sites(sites) = found else { return found.clone() };
        let mut all: SmallVec<[Site; 2]> = SmallVec::new();
        let mut absent = true;
        for &site in sites {
            let next = match step {
                StepInto::Key(key) => self.entry(site, key),
                StepInto::Element => self.elements(site),
            };
            match next {
                Found::Sites(more) => {
                    absent = false;
                    all.extend(more);
                }
                Found::Absent => {}
                Found::Unknown => absent = false,
            }
        }
        match (all.is_empty(), absent) {
            (false, _) => Found::Sites(all),
            (true, true) => Found::Absent,
            (true, false) => Found::Unknown,
        }
    }

    /// The value under a key of what `site` may be, if that is a literal mapping.
    pub fn entry(&self, site: Site, key: &str) -> Found {
        self.entry_within(site, key, &mut Vec::new())
    }

    fn entry_within(&self, site: Site, key: &str, seen: &mut Vec<Site>) -> Found {
        let mut sites: SmallVec<[Site; 2]> = SmallVec::new();
        let mut unknown = true;
        for &origin in self.known.origins(site) {
            if let Origin::Module(unit) = origin {
                // What a module of the project exports under that name, where that is a literal.
                sites.extend(self.known.exported(unit, key).iter().filter_map(|origin| match *origin {
                    Origin::Literal(value) => Some(value),
                    _ => None,
                }));
            }
            let Origin::Literal(literal) = origin else { continue };
            let Op::Dict(entries) = self.program.op(literal) else { continue };
            unknown = false;
            // Mappings may be spread into each other in circles.
            if seen.contains(&literal) {
                continue;
            }
            if seen.len() >= MAX_SPREADS {
                return Found::Unknown;
            }
            seen.push(literal);
            let module = &self.program.unit(literal.unit).module;
            for &stored in self.known.stored(literal, key) {
                if let Origin::Literal(value) = stored {
                    sites.push(value);
                }
            }
            for entry in entries.iter().rev() {
                match *entry {
                    Entry::Pair(Key::Item(name) | Key::Member(name), value) if module.name(name) == key => {
                        sites.push(Site { value, ..literal });
                        break;
                    }
                    Entry::Spread(value) => match self.entry_of_spread(Site { value, ..literal }, site, key, seen) {
                        Found::Sites(more) => {
                            sites.extend(more);
                            break;
                        }
                        Found::Unknown => unknown = true,
                        Found::Absent => {}
                    },
                    Entry::Pair(Key::Value(_), _) => unknown = true,
                    Entry::Pair(..) => {}
                }
            }
        }
        match (sites.is_empty(), unknown) {
            (false, _) => Found::Sites(sites),
            (true, true) => Found::Unknown,
            (true, false) => Found::Absent,
        }
    }

    /// A mapping spread into another; one that (through a variable) is spread into itself tells nothing.
    fn entry_of_spread(&self, spread: Site, outer: Site, key: &str, seen: &mut Vec<Site>) -> Found {
        let same = self.known.origins(spread).iter().any(|origin| self.known.origins(outer).contains(origin));
        if same { Found::Unknown } else { self.entry_within(spread, key, seen) }
    }

    /// The elements of what `site` may be, if that is a literal list; the value itself when it is no list.
    pub fn elements(&self, site: Site) -> Found {
        let mut sites: SmallVec<[Site; 2]> = SmallVec::new();
        for &origin in self.known.origins(site) {
            if let Origin::Literal(literal) = origin
                && let Op::List(_, items) = self.program.op(literal)
            {
                sites.extend(items.iter().map(|item| Site { value: item.value, ..literal }));
            }
        }
        if sites.is_empty() { Found::Unknown } else { Found::Sites(sites) }
    }

    /// The text of a key, when it is constant.
    pub fn key_text(&self, site: Site, key: Key) -> Option<String> {
        match key {
            Key::Member(name) | Key::Item(name) => Some(self.program.unit(site.unit).module.name(name).to_owned()),
            Key::Index(index) => Some(index.to_string()),
            Key::Value(value) => {
                self.single(Site { value, ..site }).and_then(|value| value.as_str().map(str::to_owned))
            }
        }
    }

    /// A name for a value as a reader would call it: its variable, member, function or text.
    pub fn name_of(&self, site: Site) -> Option<String> {
        let module = &self.program.unit(site.unit).module;
        let at = |value: ValueId| Site { value, ..site };
        let name = match self.program.op(site) {
            Op::Assign(var, _) => module.name(self.program.body(site.unit, site.body).vars[var.index()].name),
            Op::Outer(body, var) | Op::StoreOuter(body, var, _) => {
                module.name(self.program.body(site.unit, *body).vars[var.index()].name)
            }
            Op::Load(base, key) => return self.key_text(site, *key).or_else(|| self.name_of(at(*base))),
            Op::Global(name) => module.name(*name),
            Op::Param(index) => module.name(self.program.body(site.unit, site.body).params.get(*index as usize)?.name),
            Op::Import(import) => {
                let import = &module.imports[import.index()];
                match import.item {
                    lunette_lang::ir::ImportItem::Named(name) => module.name(name),
                    _ => module.name(import.module),
                }
            }
            Op::Const(Const::Str(text)) => module.name(*text),
            Op::Concat(parts) => {
                let texts: Vec<&str> = parts
                    .iter()
                    .filter_map(|part| if let Part::Text(text) = part { Some(module.name(*text)) } else { None })
                    .collect();
                return Some(texts.join(""));
            }
            Op::Call { callee, .. } => return self.name_of(at(*callee)),
            Op::Await(from) | Op::Enter(from) => return self.name_of(at(*from)),
            Op::Closure(body) => module.name(self.program.body(site.unit, *body).name),
            Op::Class(class) => module.name(module.classes[class.index()].name),
            _ => return None,
        };
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The name of the function around a body: the nearest one that has a name; empty at the top level.
    pub fn function_name(&self, unit: UnitId, body: BodyId) -> &str {
        let module = &self.program.unit(unit).module;
        let mut at = Some(body);
        while let Some(id) = at {
            let function = module.body(id);
            if function.kind != BodyKind::Module && !module.name(function.name).is_empty() {
                return module.name(function.name);
            }
            at = function.parent;
        }
        ""
    }

    /// The constant strings among the possible values.
    pub fn strings(&self, site: Site) -> Vec<String> {
        self.possible(site).values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// Most mappings looked at for one entry.
const MAX_SPREADS: usize = 32;

fn one(site: Site) -> Found {
    Found::Sites(SmallVec::from_slice(&[site]))
}

fn many<'a>(site: Site, args: impl Iterator<Item = &'a Arg>) -> Found {
    let sites: SmallVec<[Site; 2]> = args.map(|arg| Site { value: arg.value, ..site }).collect();
    if sites.is_empty() { Found::Absent } else { Found::Sites(sites) }
}
