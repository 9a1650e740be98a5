//! Which parts of a request a handler reads.

use lunette_core::project::{GuardUse, Input, InputKind};
use lunette_lang::ir::{ArgKind, BinaryOp, BodyId, Entry as DictEntry, Key, Op, ParamKind, ValueId};
use rustc_hash::FxHashMap;

use super::scene::{Context, Scene};
use crate::api::NodeId;
use crate::know::Origin;
use crate::models::{Arguments, InputModel};
use crate::program::{Site, Target, UnitId};

/// How deep calls are followed for inputs.
const DEPTH: usize = 4;
/// Most bodies looked at for one handler.
const MAX_BODIES: usize = 120;
/// The name for a collection that is used as a whole.
const WHOLE: &str = "*";

/// Models of inputs by API value.
#[derive(Debug, Default)]
pub(super) struct InputIndex {
    collections: FxHashMap<NodeId, Vec<usize>>,
    calls: FxHashMap<NodeId, Vec<usize>>,
    whole: FxHashMap<NodeId, Vec<usize>>,
    bodies: std::cell::RefCell<FxHashMap<(UnitId, BodyId), Vec<Input>>>,
}

impl InputIndex {
    pub(super) fn new(models: &[InputModel]) -> Self {
        let mut index = InputIndex::default();
        for (at, model) in models.iter().enumerate() {
            for &node in &model.collections {
                index.collections.entry(node).or_default().push(at);
            }
            for &node in &model.calls {
                index.calls.entry(node).or_default().push(at);
            }
            for &node in &model.whole {
                index.whole.entry(node).or_default().push(at);
            }
        }
        index
    }
}

impl Scene<'_> {
    /// Inputs read by a handler and by what it calls.
    pub(super) fn inputs(&self, unit: UnitId, body: BodyId) -> Vec<Input> {
        let mut inputs = Vec::new();
        for body in self.graph.reached((unit, body), DEPTH).into_iter().take(MAX_BODIES) {
            if !self.input_index.bodies.borrow().contains_key(&body) {
                let own = self.inputs_of(body.0, body.1);
                self.input_index.bodies.borrow_mut().insert(body, own);
            }
            inputs.extend(self.input_index.bodies.borrow()[&body].iter().cloned());
        }
        inputs.sort();
        inputs.dedup();
        inputs
    }

    fn inputs_of(&self, unit: UnitId, body: BodyId) -> Vec<Input> {
        let mut inputs = Vec::new();
        for block in self.facts.program.body(unit, body).blocks.iter() {
            for &value in block.ops {
                self.input_at(Site { unit, body, value }, &mut inputs);
            }
        }
        inputs
    }

    fn input_at(&self, site: Site, inputs: &mut Vec<Input>) {
        let to = |value: ValueId| Site { value, ..site };
        let module = &self.facts.program.unit(site.unit).module;
        match self.facts.program.op(site) {
            Op::Load(base, key) => {
                for model in self.collections(to(*base)) {
                    let name = match key {
                        Key::Item(name) => Some(module.name(*name).to_owned()),
                        Key::Member(name) => {
                            let name = module.name(*name);
                            (model.members && !model.methods.iter().any(|method| method == name))
                                .then(|| name.to_owned())
                        }
                        Key::Value(value) => self.facts.possible(to(*value)).single_str().map(str::to_owned),
                        Key::Index(_) => None,
                    };
                    inputs.extend(name.map(|name| Input { name, kind: model.kind }));
                }
                for (node, _) in self.facts.api(site) {
                    for &at in self.input_index.whole.get(&node).into_iter().flatten() {
                        inputs.push(Input { name: WHOLE.to_owned(), kind: self.models.inputs[at].kind });
                    }
                }
            }
            Op::Call { callee, args, .. } => {
                if let Op::Load(base, Key::Member(name)) = self.facts.program.op(to(*callee)) {
                    let method = module.name(*name);
                    for model in self.collections(to(*base)) {
                        if model.methods.iter().any(|known| known == method) {
                            let name = args.first().filter(|arg| arg.kind == ArgKind::Positional);
                            let name =
                                name.and_then(|arg| self.facts.possible(to(arg.value)).single_str().map(str::to_owned));
                            inputs.extend(name.map(|name| Input { name, kind: model.kind }));
                        }
                    }
                }
                self.input_call(site, to(*callee), inputs);
                for arg in args {
                    self.whole(to(arg.value), inputs);
                }
            }
            Op::Binary(BinaryOp::In | BinaryOp::NotIn, left, right) => {
                for model in self.collections(to(*right)) {
                    let name = self.facts.possible(to(*left)).single_str().map(str::to_owned);
                    inputs.extend(name.map(|name| Input { name, kind: model.kind }));
                }
            }
            Op::Dict(entries) => {
                for entry in entries {
                    let (DictEntry::Pair(_, value) | DictEntry::Spread(value)) = entry;
                    self.whole(to(*value), inputs);
                }
            }
            Op::Return(value) | Op::Element(value) => self.whole(to(*value), inputs),
            _ => {}
        }
    }

    fn input_call(&self, site: Site, callee: Site, inputs: &mut Vec<Input>) {
        for (node, _) in self.facts.api(callee) {
            for &at in self.input_index.calls.get(&node).into_iter().flatten() {
                let model = &self.models.inputs[at];
                let given =
                    model.name.iter().flat_map(|path| self.follow(site, path, &Context::default(), None)).next();
                match given {
                    None => inputs.push(Input { name: WHOLE.to_owned(), kind: model.kind }),
                    Some(given) => {
                        for name in self.strings(given, &Context::default()).values {
                            inputs.push(Input { name, kind: model.kind });
                        }
                    }
                }
            }
        }
    }

    /// A collection passed on as a whole.
    fn whole(&self, site: Site, inputs: &mut Vec<Input>) {
        for model in self.collections(site) {
            inputs.push(Input { name: WHOLE.to_owned(), kind: model.kind });
        }
    }

    fn collections(&self, site: Site) -> impl Iterator<Item = &InputModel> {
        self.facts.known.origins(site).iter().flat_map(|origin| {
            let models = match origin {
                Origin::Api(node, _) => self.input_index.collections.get(node),
                _ => None,
            };
            models.into_iter().flatten().map(|&at| &self.models.inputs[at])
        })
    }

    /// What an alias of an annotated type carries: `CurrentUser = Annotated[User, Depends(…)]`.
    fn annotations(&self, ty: Site) -> Vec<Site> {
        let mut at = self.concrete(ty, &Context::default());
        if let Op::Import(import) = self.facts.program.op(at)
            && let Target::Unit(unit) = *self.facts.program.target(at.unit, *import)
            && let Some(name) = self.facts.name_of(at)
        {
            let module = &self.facts.program.unit(unit).module;
            let declared = module.body(BodyId::MODULE).ops.iter().enumerate().find_map(|(value, op)| match op {
                Op::Assign(var, _) if module.name(module.body(BodyId::MODULE).vars[var.index()].name) == name => {
                    Some(value)
                }
                _ => None,
            });
            let Some(value) = declared else { return Vec::new() };
            at = self.concrete(Site { unit, body: BodyId::MODULE, value: ValueId(value as u32) }, &Context::default());
        }
        match self.facts.program.op(at) {
            Op::Load(_, Key::Value(held)) => {
                self.list(self.concrete(Site { value: *held, ..at }, &Context::default())).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Inputs that the parameters of a decorated function carry, and guards among them.
    pub(super) fn argument_inputs(
        &self,
        model: &Arguments,
        unit: UnitId,
        body: BodyId,
        paths: &[String],
        inputs: &mut Vec<Input>,
        guards: &mut Vec<GuardUse>,
    ) {
        let module = &self.facts.program.unit(unit).module;
        for param in &self.facts.program.body(unit, body).params {
            let name = module.name(param.name);
            if matches!(param.kind, ParamKind::Rest | ParamKind::KeywordRest) || name == "self" {
                continue;
            }
            let marks: Vec<Site> = param
                .default
                .iter()
                .chain(&param.decorators)
                .map(|at| Site { unit, body: at.body, value: at.value })
                .collect();
            let marks: Vec<Site> = marks
                .into_iter()
                .chain(param.ty.iter().flat_map(|ty| self.annotations(Site { unit, body: ty.body, value: ty.value })))
                .collect();
            let called: Vec<(Site, NodeId)> = marks
                .iter()
                .filter_map(|site| self.callee(*site).map(|callee| (*site, callee)))
                .flat_map(|(site, callee)| self.facts.api(callee).into_iter().map(move |(node, _)| (site, node)))
                .collect();
            if let Some((site, _)) = called.iter().find(|(_, node)| model.guards.contains(node)) {
                for (argument, _) in self.arguments(*site, &Context::default()).into_iter().take(1) {
                    guards.extend(self.guard_uses(argument, &Context::default(), *site));
                }
                continue;
            }
            if paths.iter().any(|path| path_parameters(path).iter().any(|known| known == name)) {
                continue;
            }
            let marked = called.iter().find_map(|(_, node)| model.marked.get(node).copied());
            let kind = match (marked, param.ty) {
                (Some(kind), _) => kind,
                (None, Some(ty)) => {
                    let ty = Site { unit, body: ty.body, value: ty.value };
                    let origins = self.facts.known.origins(ty);
                    if origins.iter().any(|origin| matches!(origin, Origin::Class(..))) {
                        model.class
                    } else if let Some(kind) = origins.iter().find_map(|origin| match origin {
                        Origin::Api(node, _) => model.typed.get(node).copied(),
                        _ => None,
                    }) {
                        kind
                    } else if origins.iter().any(|origin| matches!(origin, Origin::Api(..))) {
                        // A library's own type: the request, a session of the database.
                        continue;
                    } else {
                        model.plain
                    }
                }
                (None, None) => model.plain,
            };
            inputs.push(Input { name: name.to_owned(), kind });
        }
    }
}

/// The names of the parameters in a path: `:id`, `{id}`, `{id:int}`, `<int:id>`, `[id]`, `*`.
pub(super) fn path_parameters(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = path;
    while let Some(at) = rest.find([':', '{', '<', '[']) {
        let opener = rest[at..].chars().next().unwrap_or(':');
        let is_placeholder = rest[..at].ends_with('$');
        let after = &rest[at + 1..];
        let (name, consumed) = match opener {
            ':' => {
                let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                (&after[..end], end)
            }
            opener => {
                let closer = match opener {
                    '{' => '}',
                    '<' => '>',
                    _ => ']',
                };
                match after.find(closer) {
                    // A group that only makes parameters optional: `/users{/:id}`.
                    Some(end) if opener == '{' && after[..end].contains('/') => ("", 0),
                    Some(end) => (&after[..end], end + 1),
                    None => ("", 0),
                }
            }
        };
        let inner = match opener {
            '<' => name.rsplit(':').next().unwrap_or(name),
            '{' => name.split(':').next().unwrap_or(name),
            _ => name,
        };
        let inner = inner.trim_matches(|c: char| !is_name(c));
        if !inner.is_empty() && !is_placeholder && !names.iter().any(|known| known == inner) {
            names.push(inner.to_owned());
        }
        rest = &after[consumed..];
    }
    names
}

/// Path parameters as inputs.
pub(super) fn path_inputs(path: &str) -> Vec<Input> {
    path_parameters(path).into_iter().map(|name| Input { name, kind: InputKind::Path }).collect()
}
