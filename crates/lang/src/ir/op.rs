//! Operations: what a value is defined by.

use super::{BodyId, ClassId, ImportId, NameId, ValueId, VarId};

/// A constant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Const {
    /// `None`, `null`.
    Null,
    /// `undefined`, or a variable read before it is written.
    Undefined,
    /// A truth value.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(NameId),
    /// A byte string (invalid UTF-8 replaced).
    Bytes(NameId),
    /// A regular expression literal: pattern and flags.
    Regex(NameId, NameId),
}

/// How a key is given in a load, a store or a mapping literal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Key {
    /// A member: `x.name`.
    Member(NameId),
    /// An index with a constant string: `x["name"]`, `{name: …}`, `{"name": …}`.
    Item(NameId),
    /// An index with a constant integer; one that does not fit is a computed index.
    Index(i32),
    /// A computed index.
    Value(ValueId),
}

/// A piece of a joined string.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Part {
    /// Literal text.
    Text(NameId),
    /// A value, converted to a string.
    Value(ValueId),
}

/// An argument of a call.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Arg {
    /// The value passed.
    pub value: ValueId,
    /// How it is passed.
    pub kind: ArgKind,
}

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgKind {
    /// By position.
    Positional,
    /// By name.
    Named(NameId),
    /// `*args`, `...args`.
    Spread,
    /// `**kwargs`.
    SpreadNamed,
}

/// The kind of a literal sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListKind {
    /// A list or array.
    List,
    /// A tuple.
    Tuple,
    /// A set.
    Set,
}

/// An entry of a literal mapping.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Entry {
    /// `key: value`.
    Pair(Key, ValueId),
    /// `...value`, `**value`.
    Spread(ValueId),
}

/// A binary operator. String joins are [`Op::Concat`] where one side is known to be a string, else `Add`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the operators are named as in both languages' grammars")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Shl,
    Shr,
    BitAnd,
    BitOr,
    BitXor,
    MatMul,
    Eq,
    NotEq,
    StrictEq,
    StrictNotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    In,
    NotIn,
    Is,
    IsNot,
    InstanceOf,
}

/// A unary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the operators are named as in both languages' grammars")]
pub enum UnaryOp {
    Not,
    Neg,
    Plus,
    BitNot,
    TypeOf,
    Void,
    Delete,
}

/// An operation. It defines one value (which may be of no use, as for a store).
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// A constant.
    Const(Const),
    /// Parameter `n` of this body (after its default was applied).
    Param(u32),
    /// `this` (JavaScript). In an arrow function ([`super::BodyKind::Lambda`]) it is that of the nearest body around it that
    /// is none. Python's `self` is an ordinary parameter.
    This,
    /// `super`: the base of the class that encloses the body.
    Super,
    /// One of several values, by the block that ran before: aligned with [`super::Block::preds`].
    Phi(Box<[ValueId]>),
    /// A plain copy, kept where a name matters: an assignment to the variable `VarId` of this body.
    Assign(VarId, ValueId),
    /// Something imported.
    Import(ImportId),
    /// A name that no scope of the module declares: a built-in, a global, or something from a star import.
    Global(NameId),
    /// A variable of an enclosing body, whatever was written to it. Also of this very body where the order of its
    /// writes cannot be told: when inner bodies write to it, or when the body is too large.
    Outer(BodyId, VarId),
    /// A write to a variable of an enclosing body.
    StoreOuter(BodyId, VarId, ValueId),
    /// Reads a key.
    Load(ValueId, Key),
    /// Writes a key: base, key, value.
    Store(ValueId, Key, ValueId),
    /// A slice: `x[a:b]`; base, bounds.
    Slice(ValueId, [Option<ValueId>; 2]),
    /// A string put together: template literals, f-strings, `+` on strings, `%` and `.format` with a literal format.
    Concat(Box<[Part]>),
    /// A binary operation.
    Binary(BinaryOp, ValueId, ValueId),
    /// A unary operation.
    Unary(UnaryOp, ValueId),
    /// A call. For a method call `callee` is the [`Op::Load`] of the method.
    Call {
        /// What is called.
        callee: ValueId,
        /// The arguments, in order.
        args: Box<[Arg]>,
        /// `new C(…)`.
        new: bool,
    },
    /// A function value.
    Closure(BodyId),
    /// A class value.
    Class(ClassId),
    /// A literal sequence; spread elements are [`ArgKind::Spread`].
    List(ListKind, Box<[Arg]>),
    /// A literal mapping or object.
    Dict(Box<[Entry]>),
    /// `await`.
    Await(ValueId),
    /// `yield`.
    Yield(ValueId),
    /// An element of an iterable: `for x in xs`, destructuring's rest, comprehension variables.
    Element(ValueId),
    /// What a context manager yields: `with x as y`.
    Enter(ValueId),
    /// The value caught by a handler.
    Caught,
    /// Returns a value.
    Return(ValueId),
    /// Raises a value.
    Throw(ValueId),
    /// A value from several others in a way not modelled: comprehensions' results, JSX, unknown syntax.
    Mix(Box<[ValueId]>),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of a million lines has two million operations and more: each byte here is two megabytes there.
    #[test]
    fn operations_are_small() {
        assert_eq!(size_of::<Op>(), 24);
        assert_eq!(size_of::<Entry>(), 12);
    }
}
