//! Strings put together: f-strings, `+`, `%` and `.format`.

use ruff_python_ast::{
    Expr, ExprBinOp, ExprFString, ExprTString, FStringPart, InterpolatedElement, InterpolatedStringElement,
    InterpolatedStringElements, Operator,
};
use ruff_text_size::{Ranged, TextRange};

use super::format::{self, Field, First, Piece, Step};
use super::lowerer::{Lowerer, from_start};
use crate::ir::{Arg, ArgKind, BinaryOp, Const, Entry, Key, ListKind, NameId, Op, Part, ValueId};

/// A joined string has at most this many parts taken over from another one.
const MAX_INLINED_PARTS: usize = 8;

/// Arguments are looked up in at most this many. (Python itself took no more than 255 before 3.7.)
const MAX_ARGUMENTS: usize = 255;

/// Through at most this many loops the type of a variable is traced back.
const MAX_LOOPS: usize = 8;

/// Parts of a string being put together; neighbouring texts are one part.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
    text: String,
}

/// An operand of a `+`.
pub(super) struct Pieces {
    /// What it adds to the string, if it turns out to be one.
    pub(super) parts: Vec<Part>,
    /// Whether it is known to be a string.
    pub(super) is_string: bool,
}

impl Lowerer<'_> {
    fn flush(&mut self, parts: &mut Parts) {
        if !parts.text.is_empty() {
            let text = self.names.intern(&parts.text);
            parts.parts.push(Part::Text(text));
            parts.text.clear();
        }
    }

    fn push_value(&mut self, parts: &mut Parts, value: ValueId) {
        self.flush(parts);
        parts.parts.push(Part::Value(value));
    }

    fn finish(&mut self, mut parts: Parts) -> Vec<Part> {
        self.flush(&mut parts);
        parts.parts
    }

    /// A string of these parts: a constant if all are texts.
    pub(super) fn concat(&mut self, parts: Vec<Part>, range: TextRange) -> ValueId {
        if parts.iter().any(|part| matches!(part, Part::Value(_))) {
            let mut merged = Parts::default();
            for part in parts {
                match part {
                    Part::Text(text) => merged.text.push_str(self.names.get(text)),
                    Part::Value(value) => self.push_value(&mut merged, value),
                }
            }
            let parts = self.finish(merged);
            return self.emit(Op::Concat(parts.into()), range);
        }
        let mut text = String::new();
        for part in parts {
            if let Part::Text(part) = part {
                text.push_str(self.names.get(part));
            }
        }
        self.string(&text, range)
    }

    pub(super) fn f_string(&mut self, node: &ExprFString) -> ValueId {
        let parts = self.f_string_parts(node);
        self.concat(parts, node.range)
    }

    fn f_string_parts(&mut self, node: &ExprFString) -> Vec<Part> {
        let mut parts = Parts::default();
        for part in node.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => parts.text.push_str(literal.as_str()),
                FStringPart::FString(string) => self.interpolated(&string.elements, &mut parts),
            }
        }
        self.finish(parts)
    }

    /// A template string is an object that keeps texts and values apart; how it is put together is up to others.
    pub(super) fn t_string(&mut self, node: &ExprTString) -> ValueId {
        let mut parts = Parts::default();
        for string in node.value.as_slice() {
            self.interpolated(&string.elements, &mut parts);
        }
        let parts = self.finish(parts);
        let values =
            parts.into_iter().filter_map(|part| if let Part::Value(value) = part { Some(value) } else { None });
        let values = values.collect();
        self.emit(Op::Mix(values), node.range)
    }

    fn interpolated(&mut self, elements: &InterpolatedStringElements, parts: &mut Parts) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => parts.text.push_str(&literal.value),
                InterpolatedStringElement::Interpolation(element) => self.interpolation(element, parts),
            }
        }
    }

    fn interpolation(&mut self, element: &InterpolatedElement, parts: &mut Parts) {
        if let Some(debug) = &element.debug_text {
            parts.text.push_str(debug.as_str());
        }
        let mut value = self.expr(&element.expression);
        let mut spec_values = Vec::new();
        if let Some(spec) = &element.format_spec {
            let mut spec_parts = Parts::default();
            self.interpolated(&spec.elements, &mut spec_parts);
            if let Some(kind) = format::numeric(&spec_parts.text) {
                value = self.convert(kind, value, element.range);
            }
            spec_values = spec_parts.parts;
        }
        self.push_value(parts, value);
        // A computed format gives only widths and the like, but may hold any text.
        parts.parts.extend(spec_values.into_iter().filter(|part| matches!(part, Part::Value(_))));
    }

    /// A number formatted as such, `%d` or `{:.2f}`: what is no number raises.
    fn convert(&mut self, kind: &str, value: ValueId, range: TextRange) -> ValueId {
        let callee = self.builtin(kind, range);
        self.emit(Op::Call { callee, args: Box::new([Arg { value, kind: ArgKind::Positional }]), new: false }, range)
    }

    pub(super) fn bin_op(&mut self, node: &ExprBinOp) -> ValueId {
        if node.op == Operator::Add {
            return self.add(node);
        }
        let left = self.expr(&node.left);
        let right = self.expr(&node.right);
        self.binary(node.op, left, right, node.range)
    }

    /// A chain of `+`. As soon as one operand is known to be a string, all are.
    fn add(&mut self, node: &ExprBinOp) -> ValueId {
        let mut operands = vec![(&*node.right, node.range)];
        let mut left = &*node.left;
        while let Expr::BinOp(inner) = left
            && inner.op == Operator::Add
        {
            operands.push((&*inner.right, inner.range));
            left = &*inner.left;
        }
        let first = self.pieces(left);
        let mut pieces = vec![(first, left.range())];
        for (operand, range) in operands.into_iter().rev() {
            pieces.push((self.pieces(operand), range));
        }
        if pieces.iter().any(|(piece, _)| piece.is_string) {
            let parts = pieces.into_iter().flat_map(|(piece, _)| piece.parts).collect();
            return self.concat(parts, node.range);
        }
        let mut sum = None;
        for (piece, range) in pieces {
            let value = self.single(piece, range);
            sum = Some(match sum {
                None => value,
                Some(sum) => self.emit(Op::Binary(BinaryOp::Add, sum, value), range),
            });
        }
        sum.unwrap_or_else(|| self.string("", node.range))
    }

    /// Lowers an operand of a `+`.
    pub(super) fn pieces(&mut self, expr: &Expr) -> Pieces {
        match expr {
            Expr::StringLiteral(literal) => {
                let text = self.names.intern(literal.value.to_str());
                Pieces { parts: vec![Part::Text(text)], is_string: true }
            }
            Expr::FString(node) => Pieces { parts: self.f_string_parts(node), is_string: true },
            _ => {
                let value = self.expr(expr);
                let parts = match self.op(value) {
                    Op::Concat(parts) if parts.len() <= MAX_INLINED_PARTS => parts.to_vec(),
                    _ => vec![Part::Value(value)],
                };
                Pieces { parts, is_string: self.is_string(value) }
            }
        }
    }

    /// The value of an operand that is not joined to others.
    pub(super) fn single(&mut self, pieces: Pieces, range: TextRange) -> ValueId {
        match pieces.parts.as_slice() {
            &[Part::Value(value)] => value,
            _ => self.concat(pieces.parts, range),
        }
    }

    /// What a value is called by assignments.
    fn unassigned(&self, mut value: ValueId) -> ValueId {
        while let Op::Assign(_, from) = *self.op(value) {
            value = from;
        }
        value
    }

    /// The text of a value that is a literal string.
    pub(super) fn literal_text(&self, value: ValueId) -> Option<NameId> {
        match *self.op(self.unassigned(value)) {
            Op::Const(Const::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a value is known to be a string. What was a string before a loop is one in the loop.
    pub(super) fn is_string(&mut self, value: ValueId) -> bool {
        let mut value = self.unassigned(value);
        for _ in 0..MAX_LOOPS {
            match self.op(value) {
                Op::Phi(values) if values.is_empty() => match self.current.builder.initial(value) {
                    Some(initial) => value = self.unassigned(initial),
                    None => return false,
                },
                Op::Phi(values) => return values.iter().all(|&value| self.is_plain_string(value)),
                _ => return self.is_plain_string(value),
            }
        }
        false
    }

    fn is_plain_string(&self, value: ValueId) -> bool {
        match self.op(self.unassigned(value)) {
            Op::Const(Const::Str(_)) | Op::Concat(_) => true,
            Op::Call { callee, .. } => match *self.op(*callee) {
                Op::Global(name) => matches!(self.names.get(name), "str" | "repr" | "ascii" | "chr" | "hex" | "oct"),
                Op::Load(base, Key::Member(method)) => {
                    let base = self.op(self.unassigned(base));
                    matches!(base, Op::Const(Const::Str(_)) | Op::Concat(_))
                        && matches!(
                            self.names.get(method),
                            "join" | "replace" | "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "title"
                        )
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// `left % right`: formatting when the left side is a string.
    pub(super) fn modulo(&mut self, left: ValueId, right: ValueId, range: TextRange) -> ValueId {
        if let Some(text) = self.literal_text(left) {
            let pieces = format::percent(self.names.get(text));
            let parts = pieces.and_then(|pieces| self.percent(&pieces, right, range));
            return match parts {
                Some(parts) => self.concat(parts, range),
                None => self.emit(Op::Mix(Box::new([left, right])), range),
            };
        }
        if self.is_string(left) {
            return self.emit(Op::Mix(Box::new([left, right])), range);
        }
        self.emit(Op::Binary(BinaryOp::Mod, left, right), range)
    }

    fn percent(&mut self, pieces: &[Piece], right: ValueId, range: TextRange) -> Option<Vec<Part>> {
        let fields = pieces.iter().filter(|piece| matches!(piece, Piece::Field(_))).count();
        let tuple = match self.op(self.unassigned(right)) {
            Op::List(ListKind::Tuple, items) => Some(items.clone()),
            _ => None,
        };
        if tuple.as_ref().is_some_and(|items| items.len() != fields) {
            return None;
        }
        let mut parts = Parts::default();
        let mut next = 0;
        for piece in pieces {
            let field = match piece {
                Piece::Text(text) => {
                    parts.text.push_str(text);
                    continue;
                }
                Piece::Field(field) => field,
            };
            let mut value = match &field.first {
                First::Name(name) => self.item(right, name, range),
                First::Index(_) => match &tuple {
                    Some(items) if items[next].kind == ArgKind::Positional => items[next].value,
                    Some(_) => return None,
                    None if fields == 1 => right,
                    None => self.emit(Op::Load(right, from_start(next)), range),
                },
            };
            next += 1;
            if let Some(kind) = field.numeric {
                value = self.convert(kind, value, range);
            }
            self.push_value(&mut parts, value);
        }
        Some(self.finish(parts))
    }

    /// An item of a mapping, directly when it is a literal.
    fn item(&mut self, mapping: ValueId, name: &str, range: TextRange) -> ValueId {
        let key = Key::Item(self.names.intern(name));
        if let Op::Dict(entries) = self.op(mapping)
            && entries.len() <= MAX_ARGUMENTS
        {
            let found = entries.iter().rev().find_map(|entry| match entry {
                Entry::Pair(found, value) if *found == key => Some(*value),
                _ => None,
            });
            if let Some(value) = found {
                return value;
            }
        }
        self.emit(Op::Load(mapping, key), range)
    }

    /// `text.format(args)`; `base` is the text's value.
    pub(super) fn format(&mut self, base: ValueId, text: NameId, args: &[Arg], range: TextRange) -> ValueId {
        let pieces = format::braces(self.names.get(text)).filter(|_| args.len() <= MAX_ARGUMENTS);
        let mut parts = Parts::default();
        if pieces.is_some_and(|pieces| self.format_pieces(&pieces, args, &mut parts, range).is_some()) {
            let parts = self.finish(parts);
            return self.concat(parts, range);
        }
        let values = std::iter::once(base).chain(args.iter().map(|arg| arg.value)).collect();
        self.emit(Op::Mix(values), range)
    }

    fn format_pieces(&mut self, pieces: &[Piece], args: &[Arg], parts: &mut Parts, range: TextRange) -> Option<()> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.text.push_str(text),
                Piece::Field(field) => {
                    let mut value = self.format_field(field, args, range)?;
                    if let Some(kind) = field.numeric {
                        value = self.convert(kind, value, range);
                    }
                    self.push_value(parts, value);
                    for inner in &field.spec {
                        let value = self.format_field(inner, args, range)?;
                        self.push_value(parts, value);
                    }
                }
            }
        }
        Some(())
    }

    /// The value of a replacement field.
    fn format_field(&mut self, field: &Field, args: &[Arg], range: TextRange) -> Option<ValueId> {
        let mut value = match &field.first {
            First::Index(index) => {
                let positional = args.iter().filter(|arg| matches!(arg.kind, ArgKind::Positional | ArgKind::Spread));
                let positional: Vec<&Arg> = positional.collect();
                match positional.iter().position(|arg| arg.kind == ArgKind::Spread) {
                    Some(spread) if *index >= spread => {
                        self.emit(Op::Load(positional[spread].value, from_start(index - spread)), range)
                    }
                    _ => positional.get(*index)?.value,
                }
            }
            First::Name(name) => {
                let id = self.names.intern(name);
                let named = args.iter().find(|arg| arg.kind == ArgKind::Named(id));
                match named.or_else(|| args.iter().rev().find(|arg| arg.kind == ArgKind::SpreadNamed))? {
                    Arg { value, kind: ArgKind::SpreadNamed } => self.item(*value, name, range),
                    Arg { value, .. } => *value,
                }
            }
        };
        for step in &field.steps {
            let key = match step {
                Step::Member(name) => Key::Member(self.names.intern(name)),
                Step::Item(name) => Key::Item(self.names.intern(name)),
                Step::Index(index) => Key::Index(*index),
            };
            value = self.emit(Op::Load(value, key), range);
        }
        Some(value)
    }
}
