//! The state of lowering one module, and how names are read and written.

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};

use super::scope::{Scope, scopes};
use crate::build::BodyBuilder;
use crate::ir::{
    BlockId, Body, BodyId, BodyKind, Class, ClassId, Const, Import, ImportId, Key, Language, Module, NameId, Names, Op,
    Span, ValueId, ValueRef, VarId,
};

/// Lowers one module.
pub(super) struct Lowerer<'a> {
    pub(super) source: &'a str,
    pub(super) names: Names,
    pub(super) classes: Vec<Class>,
    pub(super) imports: Vec<Import>,
    /// The body being lowered.
    pub(super) current: Frame,
    /// The bodies around it, outermost first.
    pub(super) outer: Vec<Frame>,
    /// Finished bodies; those in progress are missing.
    bodies: Vec<Option<Body>>,
    scopes: FxHashMap<TextSize, Scope>,
}

/// A body in progress.
pub(super) struct Frame {
    pub(super) builder: BodyBuilder,
    pub(super) kind: BodyKind,
    /// The class whose body this is.
    pub(super) class: Option<ClassId>,
    /// The loops around the current statement, innermost last.
    pub(super) loops: Vec<Loop>,
    /// Where exceptions go, innermost last.
    pub(super) handlers: Vec<BlockId>,
    /// The exceptions being handled, innermost last.
    pub(super) caught: Vec<ValueId>,
    /// Annotated types of a class's fields.
    pub(super) annotations: FxHashMap<NameId, ValueRef>,
    /// The variables of comprehensions around the current expression, innermost last.
    pub(super) comprehensions: Vec<FxHashMap<NameId, VarId>>,
    globals: FxHashSet<NameId>,
    nonlocals: FxHashSet<NameId>,
    /// What names mean that are not the body's own.
    outer_names: FxHashMap<NameId, Place>,
    /// Variables that inner bodies write to, which are therefore read flow-insensitively.
    shared: FxHashSet<VarId>,
}

/// Where `continue` and `break` go.
#[derive(Clone, Copy)]
pub(super) struct Loop {
    pub(super) next: BlockId,
    pub(super) exit: BlockId,
}

/// What a name means.
#[derive(Clone, Copy)]
enum Place {
    Local(VarId),
    Outer(BodyId, VarId),
    Global,
}

impl Frame {
    fn new(builder: BodyBuilder, kind: BodyKind, scope: Scope) -> Self {
        let mut frame = Frame {
            builder,
            kind,
            class: None,
            loops: Vec::new(),
            handlers: Vec::new(),
            caught: Vec::new(),
            annotations: FxHashMap::default(),
            comprehensions: Vec::new(),
            globals: scope.globals,
            nonlocals: scope.nonlocals,
            outer_names: FxHashMap::default(),
            shared: FxHashSet::default(),
        };
        for name in scope.bound {
            let var = frame.builder.declare(name);
            if scope.shared.contains(&name) {
                frame.shared.insert(var);
            }
        }
        frame
    }

    /// The variable of a comprehension that `name` means here.
    fn comprehension_var(&self, name: NameId) -> Option<VarId> {
        self.comprehensions.iter().rev().find_map(|scope| scope.get(&name).copied())
    }

    /// The variable that `name` means when the name is used in a body within this one.
    fn var_seen_from_inside(&self, name: NameId) -> Option<VarId> {
        let own = || self.builder.lookup(name).filter(|_| self.kind != BodyKind::Class);
        self.comprehension_var(name).or_else(own)
    }
}

impl<'a> Lowerer<'a> {
    /// Lowers a module of these statements.
    pub(super) fn module(source: &'a str, lines: Vec<u32>, statements: &[Stmt]) -> Module {
        let mut names = Names::default();
        let scopes = scopes(&mut names, statements);
        let name = names.intern("");
        let len = source.len() as u32;
        let builder = BodyBuilder::new(BodyId::MODULE, BodyKind::Module, name, Span::new(0, len), None);
        let mut lowerer = Lowerer {
            source,
            names,
            classes: Vec::new(),
            imports: Vec::new(),
            current: Frame::new(builder, BodyKind::Module, scopes.module),
            outer: Vec::new(),
            bodies: vec![None],
            scopes: scopes.inner,
        };
        lowerer.unwritten_builtins();
        lowerer.statements(statements);
        let Lowerer { names, classes, imports, current, mut bodies, .. } = lowerer;
        bodies[0] = Some(current.builder.finish());
        let mut module = Module {
            language: Language::Python,
            names,
            bodies: bodies.into_iter().flatten().collect(),
            classes,
            imports,
            exports: Vec::new(),
            directives: Vec::new(),
            lines,
            len,
        };
        module.shrink();
        module
    }

    /// Until a module writes to a variable named like a built-in, the name means the built-in.
    fn unwritten_builtins(&mut self) {
        let builder = &mut self.current.builder;
        for (index, var) in builder.body.vars.iter().enumerate() {
            if BUILTINS.binary_search(&self.names.get(var.name)).is_ok() {
                builder.unwritten.insert(VarId(index as u32), Op::Global(var.name));
            }
        }
    }

    /// Starts a body within the current one. `key` tells its scope (see [`super::scope::Scopes::inner`]).
    pub(super) fn begin(&mut self, kind: BodyKind, name: NameId, range: TextRange, key: TextRange) -> BodyId {
        let id = BodyId(self.bodies.len() as u32);
        self.bodies.push(None);
        let scope = self.scopes.remove(&key.start()).unwrap_or_default();
        let parent = self.current.builder.id();
        let mut builder = BodyBuilder::new(id, kind, name, span(range), Some(parent));
        builder.body.name_span = span(key);
        builder.body.is_generator = scope.is_generator;
        let frame = Frame::new(builder, kind, scope);
        self.outer.push(std::mem::replace(&mut self.current, frame));
        id
    }

    /// Ends the body that was begun last.
    pub(super) fn end(&mut self) {
        if let Some(outer) = self.outer.pop() {
            let frame = std::mem::replace(&mut self.current, outer);
            let id = frame.builder.id();
            self.bodies[id.index()] = Some(frame.builder.finish());
        }
    }

    /// A body that has been ended.
    pub(super) fn finished(&self, id: BodyId) -> Option<&Body> {
        self.bodies[id.index()].as_ref()
    }

    /// Emits an operation.
    pub(super) fn emit(&mut self, op: Op, range: TextRange) -> ValueId {
        self.current.builder.emit(op, span(range))
    }

    /// Emits a string constant.
    pub(super) fn string(&mut self, text: &str, range: TextRange) -> ValueId {
        let text = self.names.intern(text);
        self.current.builder.constant(Const::Str(text), span(range))
    }

    /// Emits a use of a built-in.
    pub(super) fn builtin(&mut self, name: &str, range: TextRange) -> ValueId {
        let name = self.names.intern(name);
        self.emit(Op::Global(name), range)
    }

    /// The operation that defines a value of the current body.
    pub(super) fn op(&self, value: ValueId) -> &Op {
        &self.current.builder.body.ops[value.index()]
    }

    /// A reference to a value of the current body.
    pub(super) fn at(&self, value: ValueId) -> ValueRef {
        self.current.builder.at(value)
    }

    /// A new block.
    pub(super) fn new_block(&mut self) -> BlockId {
        self.current.builder.new_block()
    }

    /// Says that all ways into `block` are known, and goes on in it.
    pub(super) fn enter(&mut self, block: BlockId) {
        self.current.builder.seal(block);
        self.current.builder.switch_to(block);
    }

    /// What the current block has done so far may have raised.
    pub(super) fn may_throw(&mut self) {
        if let Some(&handler) = self.current.handlers.last() {
            self.current.builder.may_throw_to(handler);
        }
    }

    /// Ends the current block with a jump.
    pub(super) fn jump(&mut self, to: BlockId) {
        if self.current.handlers.last() != Some(&to) {
            self.may_throw();
        }
        self.current.builder.jump(to);
    }

    /// Ends the current block with a branch.
    pub(super) fn branch(&mut self, cond: ValueId, then: BlockId, other: BlockId) {
        self.may_throw();
        self.current.builder.branch(cond, then, other);
    }

    /// The joined value at the start of `block`, whose predecessors are known; `values` are in their order.
    pub(super) fn join(&mut self, block: BlockId, values: Vec<ValueId>, range: TextRange) -> ValueId {
        self.enter(block);
        let known = self.current.builder.preds(block).len();
        let op = if known == values.len() { Op::Phi(values.into()) } else { Op::Mix(values.into()) };
        self.emit(op, range)
    }

    /// The variable that `name` means in the current body.
    fn place(&mut self, name: NameId) -> Place {
        let frame = &self.current;
        if let Some(var) = frame.comprehension_var(name) {
            return Place::Local(var);
        }
        self.place_outside_comprehensions(name)
    }

    fn place_outside_comprehensions(&mut self, name: NameId) -> Place {
        let frame = &self.current;
        if frame.globals.contains(&name) {
            return self.module_place(name);
        }
        if !frame.nonlocals.contains(&name)
            && let Some(var) = frame.builder.lookup(name)
        {
            return Place::Local(var);
        }
        // The meaning stays while the body is lowered: what encloses it stands still.
        if let Some(&place) = frame.outer_names.get(&name) {
            return place;
        }
        let place = self.outer_place(name);
        self.current.outer_names.insert(name, place);
        place
    }

    /// The variable that `name` means if the current body does not declare it.
    fn outer_place(&self, name: NameId) -> Place {
        for frame in self.outer.iter().rev() {
            if frame.globals.contains(&name) {
                return self.module_place(name);
            }
            if !frame.nonlocals.contains(&name)
                && let Some(var) = frame.var_seen_from_inside(name)
            {
                return Place::Outer(frame.builder.id(), var);
            }
        }
        Place::Global
    }

    fn module_place(&self, name: NameId) -> Place {
        match self.outer.first() {
            None => self.current.builder.lookup(name).map_or(Place::Global, Place::Local),
            Some(module) => {
                let var = module.builder.lookup(name);
                var.map_or(Place::Global, |var| Place::Outer(BodyId::MODULE, var))
            }
        }
    }

    /// Reads a name.
    pub(super) fn read(&mut self, name: NameId, range: TextRange) -> ValueId {
        match self.place(name) {
            Place::Local(var) if self.current.shared.contains(&var) => {
                let id = self.current.builder.id();
                self.emit(Op::Outer(id, var), range)
            }
            Place::Local(var) => self.current.builder.read(var),
            Place::Outer(body, var) => self.emit(Op::Outer(body, var), range),
            Place::Global => self.emit(Op::Global(name), range),
        }
    }

    /// Reads a name that is looked up only later (an annotation): if nothing was written to it yet, whatever will be.
    pub(super) fn read_late(&mut self, name: NameId, range: TextRange) -> ValueId {
        let value = self.read(name, range);
        if let Place::Local(var) = self.place(name)
            && *self.op(value) == Op::Const(Const::Undefined)
        {
            let id = self.current.builder.id();
            return self.emit(Op::Outer(id, var), range);
        }
        value
    }

    /// Writes a name, or the variable of a comprehension.
    pub(super) fn write(&mut self, name: NameId, value: ValueId, range: TextRange) -> ValueId {
        let place = self.place(name);
        self.write_place(place, name, value, range)
    }

    /// Writes a name by `:=`, which binds outside of comprehensions.
    pub(super) fn write_walrus(&mut self, name: NameId, value: ValueId, range: TextRange) -> ValueId {
        let place = self.place_outside_comprehensions(name);
        self.write_place(place, name, value, range)
    }

    fn write_place(&mut self, place: Place, name: NameId, value: ValueId, range: TextRange) -> ValueId {
        let declared_elsewhere = self.current.globals.contains(&name) || self.current.nonlocals.contains(&name);
        match place {
            Place::Local(var) => self.current.builder.write(var, value, span(range)),
            Place::Outer(body, var) if declared_elsewhere => {
                self.emit(Op::StoreOuter(body, var, value), range);
                let at = self.at(value);
                if let Some(frame) = self.outer.iter_mut().find(|frame| frame.builder.id() == body) {
                    frame.builder.body.vars[var.index()].writes.push(at);
                }
                value
            }
            // Only in code that does not parse.
            Place::Outer(..) | Place::Global => {
                let var = self.current.builder.declare(name);
                self.current.builder.write(var, value, span(range))
            }
        }
    }

    /// Names of a class body mean what they mean outside of it until the class binds them.
    pub(super) fn unwritten_class_names(&mut self) {
        for index in 0..self.current.builder.body.vars.len() {
            let name = self.current.builder.body.vars[index].name;
            let op = match self.outer_place(name) {
                Place::Outer(body, var) => Op::Outer(body, var),
                _ => Op::Global(name),
            };
            self.current.builder.unwritten.insert(VarId(index as u32), op);
        }
    }

    /// Adds an import.
    pub(super) fn add_import(&mut self, import: Import) -> ImportId {
        let id = ImportId(self.imports.len() as u32);
        self.imports.push(import);
        id
    }
}

/// The key of the element at `index`.
pub(super) fn from_start(index: usize) -> Key {
    Key::Index(i32::try_from(index).unwrap_or(i32::MAX))
}

/// The key of the element at `index` of `count`, counted from the end.
pub(super) fn from_end(index: usize, count: usize) -> Key {
    Key::Index(i32::try_from(count - index).map_or(i32::MIN, |back| -back))
}

/// The span of a range.
pub(super) fn span(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}

/// The span from the first to the last of some statements.
pub(super) fn suite_span(statements: &[Stmt]) -> Span {
    match (statements.first(), statements.last()) {
        (Some(first), Some(last)) => Span::new(first.start().to_u32(), last.end().to_u32()),
        _ => Span::default(),
    }
}

/// Built-in functions, sorted. Those that modules commonly redefine or shadow matter most.
const BUILTINS: &[&str] = &[
    "ConnectionError",
    "FileNotFoundError",
    "ModuleNotFoundError",
    "PermissionError",
    "TimeoutError",
    "__import__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

#[cfg(test)]
mod tests {
    #[test]
    fn builtins_are_sorted() {
        assert!(super::BUILTINS.is_sorted());
    }
}
