//! The state of lowering one module, and the small steps that everything else is made of.

use oxc_ast::ast::{BindingIdentifier, IdentifierReference};
use oxc_semantic::{ScopeId, SymbolId};
use oxc_span::Span as OxcSpan;
use rustc_hash::FxHashMap;

use super::scopes::Scopes;
use super::types::TypeDeclaration;
use crate::build::BodyBuilder;
use crate::ir::{
    BlockId, Body, BodyId, BodyKind, Class, Const, Export, Import, ImportId, NameId, Names, Op, Span, ValueId,
    ValueRef, VarId,
};

/// How deep expressions and statements may nest before lowering stops following them. Measured: a level takes at most
/// 6 KiB of stack in a debug build.
const MAX_DEPTH: u32 = 10_000;

/// The state of lowering one module.
pub(super) struct Lower<'a> {
    pub(super) source: &'a str,
    pub(super) names: Names,
    pub(super) scopes: Scopes,
    /// Finished bodies; `None` while one is being built.
    pub(super) bodies: Vec<Option<Body>>,
    pub(super) classes: Vec<Class>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    /// The symbols that ES imports declare.
    pub(super) imported: FxHashMap<SymbolId, ImportId>,
    /// What type aliases and interfaces stand for.
    pub(super) types: FxHashMap<SymbolId, TypeDeclaration<'a>>,
    /// The object of the TypeScript namespace being lowered.
    pub(super) namespace: Option<ValueId>,
    /// The body being built.
    pub(super) frame: Frame<'a>,
    /// The bodies around it, outermost first.
    outer: Vec<Frame<'a>>,
    depth: u32,
    /// Where nesting was first cut off.
    pub(super) cut: Option<u32>,
}

/// A body being built.
pub(super) struct Frame<'a> {
    pub(super) builder: BodyBuilder,
    /// Where `break` and `continue` lead, innermost last.
    pub(super) targets: Vec<Target<'a>>,
    /// Where exceptions lead, innermost last.
    pub(super) handlers: Vec<BlockId>,
    /// How many loops are around the current statement.
    pub(super) loops: u32,
}

/// Where `break` and `continue` lead.
pub(super) struct Target<'a> {
    pub(super) labels: Vec<&'a str>,
    /// Whether `break` without a label leads here: true for loops and switches.
    pub(super) plain: bool,
    pub(super) on_break: BlockId,
    pub(super) on_continue: Option<BlockId>,
}

impl Frame<'_> {
    fn new(builder: BodyBuilder) -> Self {
        Frame { builder, targets: Vec::new(), handlers: Vec::new(), loops: 0 }
    }
}

/// A span of ours from one of the parser's.
pub(super) fn span(span: OxcSpan) -> Span {
    Span::new(span.start, span.end)
}

impl<'a> Lower<'a> {
    /// A state in which the module's body is current.
    pub(super) fn new(source: &'a str, scopes: Scopes) -> Self {
        let mut names = Names::default();
        let whole = Span::new(0, source.len() as u32);
        let mut builder = BodyBuilder::new(BodyId::MODULE, BodyKind::Module, names.intern(""), whole, None);
        builder.body.name_span = Span::new(0, 0);
        Lower {
            source,
            names,
            scopes,
            bodies: vec![None],
            classes: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            imported: FxHashMap::default(),
            types: FxHashMap::default(),
            namespace: None,
            frame: Frame::new(builder),
            outer: Vec::new(),
            depth: 0,
            cut: None,
        }
    }

    /// Begins a body inside the current one.
    pub(super) fn begin_body(&mut self, kind: BodyKind, name: NameId, at: Span, scope: Option<ScopeId>) -> BodyId {
        let id = BodyId(self.bodies.len() as u32);
        self.bodies.push(None);
        self.scopes.begin(scope, id);
        let builder = BodyBuilder::new(id, kind, name, at, Some(self.frame.builder.id()));
        self.outer.push(std::mem::replace(&mut self.frame, Frame::new(builder)));
        id
    }

    /// Finishes the current body and goes on in the one around it.
    pub(super) fn end_body(&mut self) {
        if let Some(outer) = self.outer.pop() {
            let frame = std::mem::replace(&mut self.frame, outer);
            let id = frame.builder.id();
            self.bodies[id.index()] = Some(frame.builder.finish());
        }
    }

    /// Finishes all bodies, the module's last.
    pub(super) fn finish_module(&mut self) {
        while !self.outer.is_empty() {
            self.end_body();
        }
        let rest = BodyBuilder::new(BodyId::MODULE, BodyKind::Module, NameId(0), Span::default(), None);
        let frame = std::mem::replace(&mut self.frame, Frame::new(rest));
        self.bodies[BodyId::MODULE.index()] = Some(frame.builder.finish());
    }

    /// Runs `inner` one level deeper; `None` where the source nests too deep to be followed.
    pub(super) fn deeper<T>(&mut self, at: OxcSpan, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.cut.get_or_insert(at.start);
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        Some(result)
    }

    /// The builder of the current body.
    pub(super) fn builder(&mut self) -> &mut BodyBuilder {
        &mut self.frame.builder
    }

    /// Emits an operation.
    pub(super) fn emit(&mut self, op: Op, at: OxcSpan) -> ValueId {
        self.frame.builder.emit(op, span(at))
    }

    /// Emits a constant.
    pub(super) fn constant(&mut self, constant: Const, at: OxcSpan) -> ValueId {
        self.emit(Op::Const(constant), at)
    }

    /// Emits a string constant.
    pub(super) fn string(&mut self, text: &str, at: OxcSpan) -> ValueId {
        let name = self.names.intern(text);
        self.constant(Const::Str(name), at)
    }

    /// Emits `undefined`.
    pub(super) fn undefined(&mut self, at: OxcSpan) -> ValueId {
        self.constant(Const::Undefined, at)
    }

    /// A reference to a value of the current body.
    pub(super) fn at(&self, value: ValueId) -> ValueRef {
        self.frame.builder.at(value)
    }

    /// The operation behind a value of the current body.
    pub(super) fn op(&self, value: ValueId) -> &Op {
        &self.frame.builder.body.ops[value.index()]
    }

    /// Goes on in `block`, from which exceptions lead to the innermost handler.
    pub(super) fn switch_to(&mut self, block: BlockId) {
        self.frame.builder.switch_to(block);
        if let Some(&handler) = self.frame.handlers.last() {
            self.frame.builder.may_throw_to(handler);
        }
    }

    /// Goes on in `block`, whose predecessors are all known.
    pub(super) fn enter(&mut self, block: BlockId) {
        self.frame.builder.seal(block);
        if self.frame.builder.preds(block).is_empty() {
            // Unreachable: no exception comes from there.
            self.frame.builder.switch_to(block);
        } else {
            self.switch_to(block);
        }
    }

    /// Jumps to `block`, remembering which value the jump brings along.
    pub(super) fn bring(&mut self, value: ValueId, block: BlockId, incoming: &mut Vec<(BlockId, ValueId)>) {
        incoming.push((self.frame.builder.current(), value));
        self.frame.builder.jump(block);
    }

    /// Goes on in `block`, where the ways that lead there meet, with the value that each of them brought.
    pub(super) fn meet(&mut self, block: BlockId, incoming: &[(BlockId, ValueId)], at: OxcSpan) -> ValueId {
        self.enter(block);
        let of = |pred: &BlockId| incoming.iter().find(|(from, _)| from == pred).map(|&(_, value)| value);
        let operands: Vec<ValueId> = if incoming.len() < 16 {
            self.frame.builder.preds(block).iter().filter_map(of).collect()
        } else {
            let by_block: FxHashMap<BlockId, ValueId> = incoming.iter().copied().collect();
            let preds = self.frame.builder.preds(block);
            preds.iter().filter_map(|pred| by_block.get(pred).copied()).collect()
        };
        match operands.as_slice() {
            [] => self.undefined(at),
            [only] => *only,
            _ => self.frame.builder.phi(operands, span(at)),
        }
    }

    fn builder_of(&mut self, body: BodyId) -> Option<&mut BodyBuilder> {
        if self.frame.builder.id() == body {
            return Some(&mut self.frame.builder);
        }
        // Bodies are numbered as they begin, so that the outer ones are in order.
        let at = self.outer.binary_search_by_key(&body, |frame| frame.builder.id()).ok()?;
        Some(&mut self.outer[at].builder)
    }

    /// The variable that a symbol stands for. `None` for names of types.
    pub(super) fn var(&mut self, symbol: SymbolId) -> Option<(BodyId, VarId)> {
        if let Some(known) = self.scopes.var(symbol) {
            return Some(known);
        }
        let body = self.scopes.owner(symbol)?;
        let name = self.names.intern(self.scopes.name(symbol));
        let var = self.builder_of(body)?.declare_new(name);
        self.scopes.set_var(symbol, body, var);
        Some((body, var))
    }

    /// Makes a symbol a variable of the current body, whatever scope it was declared in.
    pub(super) fn adopt(&mut self, symbol: SymbolId) -> VarId {
        let body = self.frame.builder.id();
        if let Some((owner, var)) = self.scopes.var(symbol)
            && owner == body
        {
            return var;
        }
        let name = self.names.intern(self.scopes.name(symbol));
        let var = self.frame.builder.declare_new(name);
        self.scopes.set_var(symbol, body, var);
        var
    }

    /// Reads what a symbol stands for. `None` for names of types.
    pub(super) fn read_symbol(&mut self, symbol: SymbolId, at: OxcSpan) -> Option<ValueId> {
        let (body, var) = self.var(symbol)?;
        if body == self.frame.builder.id() && !self.scopes.is_shared(symbol) {
            return Some(self.frame.builder.read(var));
        }
        Some(self.emit(Op::Outer(body, var), at))
    }

    /// Reads an identifier.
    pub(super) fn read(&mut self, identifier: &IdentifierReference<'a>) -> ValueId {
        let symbol = self.scopes.symbol(identifier.reference_id.get());
        if let Some(value) = symbol.and_then(|symbol| self.read_symbol(symbol, identifier.span)) {
            return value;
        }
        match identifier.name.as_str() {
            "undefined" => self.undefined(identifier.span),
            "NaN" => self.constant(Const::Float(f64::NAN), identifier.span),
            "Infinity" => self.constant(Const::Float(f64::INFINITY), identifier.span),
            name => self.global(name, identifier.span),
        }
    }

    /// Emits the value of a name that the module does not declare.
    pub(super) fn global(&mut self, name: &str, at: OxcSpan) -> ValueId {
        let name = self.names.intern(name);
        self.emit(Op::Global(name), at)
    }

    /// Writes to what a symbol stands for.
    pub(super) fn write_symbol(&mut self, symbol: SymbolId, value: ValueId, at: OxcSpan) {
        let Some((body, var)) = self.var(symbol) else {
            return;
        };
        if body == self.frame.builder.id() {
            self.frame.builder.write(var, value, span(at));
            return;
        }
        self.emit(Op::StoreOuter(body, var, value), at);
        let written = self.at(value);
        if let Some(owner) = self.builder_of(body) {
            owner.body.vars[var.index()].writes.push(written);
        }
    }

    /// Writes to a variable where it is declared.
    pub(super) fn write_binding(&mut self, identifier: &BindingIdentifier<'a>, value: ValueId) {
        if let Some(symbol) = identifier.symbol_id.get() {
            self.write_symbol(symbol, value, identifier.span);
        }
    }

    /// Whether an identifier is a name that the module does not declare.
    pub(super) fn is_global(&self, identifier: &IdentifierReference<'a>, name: &str) -> bool {
        identifier.name == name && self.scopes.symbol(identifier.reference_id.get()).is_none()
    }
}
