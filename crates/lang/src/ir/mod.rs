//! The intermediate representation that both languages are lowered to.
//!
//! One [`Module`] per source file, one [`Body`] per function (and one for the module's top level and for each
//! class's own statements). A body is in SSA form: every [`Op`] defines the value with its own index, local
//! variables are gone, and joins are [`Op::Phi`]. Variables that cross a function boundary are read with
//! [`Op::Outer`] and are flow-insensitive: all writes to them are kept in [`Var::writes`].
//!
//! The syntax tree is dropped after lowering; byte [`Span`]s are kept for every value.

mod blocks;
mod op;

pub use blocks::{Block, Blocks, Terminator};
pub use op::{Arg, ArgKind, BinaryOp, Const, Entry, Key, ListKind, Op, Part, UnaryOp};

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

/// Declares a `u32` index type.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
        impl $name {
            /// The index as a `usize`, for indexing the table it belongs to.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(/// A string interned in [`Module::names`].
    NameId);
id!(/// A function body of a module; `BodyId(0)` is the module's top level.
    BodyId);
id!(/// A value, that is the operation that defines it, within one body.
    ValueId);
id!(/// A basic block of a body; `BlockId(0)` is the entry.
    BlockId);
id!(/// A variable declared by a body.
    VarId);
id!(/// A class of a module.
    ClassId);
id!(/// An import of a module.
    ImportId);

impl BodyId {
    /// The body of the module's top-level statements.
    pub const MODULE: BodyId = BodyId(0);
}

/// A value of a given body of the same module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ValueRef {
    /// The body that defines the value.
    pub body: BodyId,
    /// The value.
    pub value: ValueId,
}

/// A list that most of its kind leave empty, and which then is no more than a pointer.
pub type Few<T> = thin_vec::ThinVec<T>;

/// A half-open range of bytes in the source text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from two byte offsets.
    pub fn new(start: u32, end: u32) -> Self {
        Span { start, end }
    }
    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// The language of a module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Language {
    /// Python 3.
    Python,
    /// JavaScript or TypeScript, with or without JSX.
    JavaScript,
}

/// Interned strings of one module, one after another in one text: a module has many short ones.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: String,
    /// Where each string ends.
    ends: Vec<u32>,
    index: HashTable<NameId>,
}

impl Names {
    /// The id of `text`, interning it at first sight.
    pub fn intern(&mut self, text: &str) -> NameId {
        let hash = hash(text);
        if let Some(&id) = self.index.find(hash, |&id| self.get(id) == text) {
            return id;
        }
        let id = NameId(self.ends.len() as u32);
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        let (all, ends) = (self.text.as_str(), self.ends.as_slice());
        self.index.insert_unique(hash, id, |&id| self::hash(slice(all, ends, id)));
        id
    }
    /// The id of `text` when it occurs in the module.
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.index.find(hash(text), |&id| self.get(id) == text).copied()
    }
    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether nothing was interned.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// The string behind an id of this table.
    #[inline]
    pub fn get(&self, id: NameId) -> &str {
        slice(&self.text, &self.ends, id)
    }
}

#[inline]
fn slice<'a>(text: &'a str, ends: &[u32], id: NameId) -> &'a str {
    let start = id.index().checked_sub(1).map_or(0, |before| ends[before]);
    &text[start as usize..ends[id.index()] as usize]
}

fn hash(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

/// One source file, lowered.
#[derive(Clone, Debug)]
pub struct Module {
    /// The language it is written in.
    pub language: Language,
    /// Interned strings.
    pub names: Names,
    /// All bodies; the first is the module's top level.
    pub bodies: Vec<Body>,
    /// All classes.
    pub classes: Vec<Class>,
    /// Everything imported, in source order.
    pub imports: Vec<Import>,
    /// What the module exports explicitly (JavaScript). Every top-level variable of a Python module is importable
    /// and is looked up in `bodies[0].vars` instead.
    pub exports: Vec<Export>,
    /// Leading directives (`"use server"`, `"use strict"`).
    pub directives: Vec<NameId>,
    /// Byte offset of the first byte of each line.
    pub lines: Vec<u32>,
    /// Length of the source in bytes.
    pub len: u32,
}

impl Module {
    /// The body with this id.
    #[inline]
    pub fn body(&self, id: BodyId) -> &Body {
        &self.bodies[id.index()]
    }
    /// The operation that defines a value.
    #[inline]
    pub fn op(&self, at: ValueRef) -> &Op {
        &self.body(at.body).ops[at.value.index()]
    }
    /// Where a value was written.
    #[inline]
    pub fn span(&self, at: ValueRef) -> Span {
        self.body(at.body).spans[at.value.index()]
    }
    /// The string behind a name of this module.
    #[inline]
    pub fn name(&self, id: NameId) -> &str {
        self.names.get(id)
    }
    /// Gives back the room to grow in: modules stay for the whole run.
    pub(crate) fn shrink(&mut self) {
        self.names.text.shrink_to_fit();
        self.names.ends.shrink_to_fit();
        self.bodies.shrink_to_fit();
        self.classes.shrink_to_fit();
        self.imports.shrink_to_fit();
        self.exports.shrink_to_fit();
        self.lines.shrink_to_fit();
        for class in &mut self.classes {
            class.methods.shrink_to_fit();
            class.fields.shrink_to_fit();
        }
    }
    /// Line and column of a byte offset, both from 1; the column counts bytes.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        (line as u32, offset - self.lines[line - 1] + 1)
    }
}

/// Something imported: `import x from "m"`, `const x = require("m")`, `from m import x`.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module as written: `"express"`, `"./db"`, `"flask.views"`; for a Python relative import the part after
    /// the dots, possibly empty.
    pub module: NameId,
    /// Number of leading dots of a Python relative import, otherwise 0.
    pub level: u8,
    /// Which part of the module is meant.
    pub item: ImportItem,
    /// How it was written.
    pub form: ImportForm,
    /// The whole import, or the call of `require`.
    pub span: Span,
}

/// The part of a module that an import names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportItem {
    /// The module itself: `require("m")`, `import m`, `import * as m`.
    Module,
    /// ESM default import.
    Default,
    /// One name of it.
    Named(NameId),
    /// All names of it: `from m import *`, `export * from "m"`.
    Star,
    /// Nothing: `import "m"`; also the longer path of Python's `import a.b.c` (which binds only `a`).
    Effect,
}

/// How an import was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportForm {
    /// A static import statement.
    Static,
    /// CommonJS `require`.
    Require,
    /// `import()` or `importlib.import_module` with a constant argument.
    Dynamic,
    /// TypeScript `import type`: names types only.
    Type,
}

/// Something exported by a JavaScript module.
#[derive(Clone, Debug)]
pub struct Export {
    /// The exported name: `default`, a plain name, `*` for `export * from`, or `module.exports` for CommonJS's
    /// whole-module export.
    pub name: NameId,
    /// What is exported under it.
    pub value: ExportValue,
    /// Where.
    pub span: Span,
}

/// What an export stands for.
#[derive(Clone, Copy, Debug)]
pub enum ExportValue {
    /// A value computed in some body.
    Value(ValueRef),
    /// A top-level variable, whatever is written to it.
    Var(VarId),
    /// Something imported, passed on.
    Import(ImportId),
}

/// What a body belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyKind {
    /// The module's top-level statements.
    Module,
    /// A function declaration or expression.
    Function,
    /// A method, getter, setter or constructor of a class; [`Body::class`] names the class.
    Method,
    /// An arrow function or a Python lambda.
    Lambda,
    /// The statements of a class: its [`Body::vars`] are the class's fields.
    Class,
}

/// One function's code in SSA form.
#[derive(Clone, Debug)]
pub struct Body {
    /// What it belongs to.
    pub kind: BodyKind,
    /// Its name; for an anonymous function the name of the variable or key it is first bound to, or empty.
    pub name: NameId,
    /// The whole function.
    pub span: Span,
    /// The function's name, or its first token, for pointing at it.
    pub name_span: Span,
    /// The body that it is written in.
    pub parent: Option<BodyId>,
    /// The class it is a method (or the class body) of.
    pub class: Option<ClassId>,
    /// A static or class method.
    pub is_static: bool,
    /// `async`.
    pub is_async: bool,
    /// A generator.
    pub is_generator: bool,
    /// Its parameters, in order, `self` included.
    pub params: Vec<Param>,
    /// Its decorators, outermost first; values of the enclosing body.
    pub decorators: Few<ValueRef>,
    /// The operations. A value's id is its index here.
    pub ops: Vec<Op>,
    /// Where each operation was written.
    pub spans: Vec<Span>,
    /// The basic blocks; the first is the entry.
    pub blocks: Blocks,
    /// The variables that it declares.
    pub vars: Vec<Var>,
    /// `try` regions with their handlers, innermost last.
    pub tries: Few<Try>,
}

impl Body {
    /// The basic block with this id.
    #[inline]
    pub fn block(&self, id: BlockId) -> Block<'_> {
        self.blocks.at(id.index())
    }
}

/// A `try` statement's extent.
#[derive(Clone, Debug)]
pub struct Try {
    /// The protected statements.
    pub body: Span,
    /// The handlers (`catch`, `except`), each with its extent and the value caught.
    pub handlers: Vec<Handler>,
    /// Whether there is a `finally`.
    pub has_finally: bool,
}

/// One handler of a `try`.
#[derive(Clone, Debug)]
pub struct Handler {
    /// Its statements.
    pub body: Span,
    /// The value caught (an [`Op::Caught`]).
    pub caught: ValueId,
    /// Exception types named (Python); empty for a bare one.
    pub types: Vec<ValueId>,
}

/// A variable declared by a body.
#[derive(Clone, Debug)]
pub struct Var {
    /// Its name.
    pub name: NameId,
    /// Every value written to it: the [`Op::Assign`] (or parameter) where this body writes it, the value itself where
    /// a body inside it does ([`Op::StoreOuter`]).
    pub writes: SmallVec<[ValueRef; 1]>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name; empty when it is a destructuring pattern.
    pub name: NameId,
    /// How arguments reach it.
    pub kind: ParamKind,
    /// Its default, a value of the enclosing body where that is where the language evaluates it (Python), otherwise
    /// of the function itself (JavaScript).
    pub default: Option<ValueRef>,
    /// The type it is annotated with, as a value that names it (an import, a class, a member of one).
    pub ty: Option<ValueRef>,
    /// Its decorators (NestJS `@Body()`), values of the enclosing body or of the class body. In Python what
    /// `Annotated[X, …]` says beside the type.
    pub decorators: Few<ValueRef>,
    /// The operation that reads it (an [`Op::Param`]).
    pub value: ValueId,
    /// Where it is declared.
    pub span: Span,
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// By position, or by name in Python.
    Positional,
    /// By name only.
    Keyword,
    /// All further positional arguments.
    Rest,
    /// All further named arguments.
    KeywordRest,
}

/// A class.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its name; empty when anonymous.
    pub name: NameId,
    /// The whole class.
    pub span: Span,
    /// Its name, for pointing at it.
    pub name_span: Span,
    /// The body that it is written in.
    pub parent: BodyId,
    /// The body of its own statements: field initialisers and class-level assignments.
    pub body: BodyId,
    /// Base classes, values of the enclosing body.
    pub bases: Vec<ValueRef>,
    /// Decorators, values of the enclosing body.
    pub decorators: Few<ValueRef>,
    /// Methods by name; `constructor` and `__init__` included. JavaScript's getters and setters are `get x` and
    /// `set x`.
    pub methods: Vec<(NameId, BodyId)>,
    /// Declared fields.
    pub fields: Vec<Field>,
}

/// A declared field of a class.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: NameId,
    /// Its initial value, in the class's body.
    pub value: Option<ValueRef>,
    /// Its annotated type (also set for constructor parameter properties of TypeScript).
    pub ty: Option<ValueRef>,
    /// Its decorators.
    pub decorators: Few<ValueRef>,
    /// Whether it is static. Always true in Python.
    pub is_static: bool,
}
