//! What each operation gives, apart from calls.

use std::rc::Rc;

use lunette_lang::ir::{
    ArgKind, BinaryOp, BlockId, Const, Entry, Key, Language, ListKind, NameId, Op, Part, Terminator, UnaryOp, ValueId,
};

use super::certain;
use super::contents::{Constants, Content, Effect, MAX_ENTRIES, MapKind, Slot, put, slot};
use super::eval;
use super::kinds::part;
use super::machine::{BOTTOM, Machine, NONE};
use super::methods;
use crate::constant::{self, Value};

/// How much source of an operation is looked at: those of a long chain all begin with the same.
const MAX_SOURCE: usize = 1024;

impl Machine<'_> {
    pub(super) fn transfer(&mut self, block: BlockId, value: ValueId, op: &Op) {
        match op {
            Op::Const(constant) => self.literal(value, *constant),
            Op::Assign(var, from) => {
                self.copy(value, *from);
                if let Some(alias) = self.method_of(*from) {
                    self.lose(alias);
                }
                if self.captured.binary_search(var).is_ok() {
                    self.lose_value(*from);
                }
            }
            Op::Await(from) => self.copy(value, *from),
            Op::StoreOuter(_, _, from) => {
                self.lose_value(*from);
                self.set_cell(value, self.cells[from.index()]);
            }
            Op::Outer(owner, var) => {
                self.ask(value, |this, site| certain::variable(this.program, this.known, site.unit, *owner, *var));
            }
            Op::Import(import) => self.ask(value, |this, site| {
                let at = certain::imported(this.program, site.unit, *import)?;
                constant::certain(this.program, this.known, at)
            }),
            Op::Load(base, key) => self.load(value, *base, *key),
            Op::Store(base, key, from) => self.store(*base, *key, *from, value),
            Op::Slice(base, bounds) => self.slice(value, *base, *bounds),
            Op::Concat(parts) => {
                let text = self.concat(value, parts);
                self.set_constant(value, text);
            }
            Op::Binary(op, left, right) => self.binary(value, *op, *left, *right),
            Op::Unary(op, operand) => self.unary(value, *op, *operand),
            Op::Call { callee, args, new } => self.call(value, *callee, args, *new),
            Op::List(kind, items) => {
                let content = self.list(*kind, items);
                if self.is_root(value) {
                    self.set_cell(value, BOTTOM);
                    self.make(value, content);
                } else {
                    self.set_cell(value, BOTTOM);
                    for item in items {
                        self.lose_value(item.value);
                    }
                }
            }
            Op::Dict(entries) => {
                self.set_cell(value, BOTTOM);
                let content = self.dict(entries);
                if self.is_root(value) {
                    self.make(value, content);
                } else {
                    for entry in entries {
                        let (Entry::Pair(_, held) | Entry::Spread(held)) = *entry;
                        self.lose_value(held);
                    }
                }
            }
            Op::Element(from) => self.element(value, *from),
            Op::Yield(from) | Op::Enter(from) => {
                self.lose_value(*from);
                self.set_cell(value, BOTTOM);
            }
            Op::Mix(values) => {
                // Whether a loop goes on, or a sequence fits a pattern, is asked without getting at it.
                let asks = matches!(self.body.block(block).end, Terminator::Branch { cond, .. } if cond == value);
                if !asks {
                    for &value in values {
                        self.lose_value(value);
                    }
                }
                self.set_cell(value, BOTTOM);
            }
            // Nothing reads a container after it was returned, and what catches it when thrown is not followed.
            Op::Throw(from) => {
                self.lose_value(*from);
                self.set_cell(value, BOTTOM);
            }
            Op::Phi(_)
            | Op::Return(_)
            | Op::Param(_)
            | Op::This
            | Op::Super
            | Op::Global(_)
            | Op::Closure(_)
            | Op::Class(_)
            | Op::Caught => {
                self.set_cell(value, BOTTOM);
            }
        }
    }

    pub(super) fn is_root(&self, value: ValueId) -> bool {
        self.alias[value.index()] != NONE && self.roots.binary_search(&value).is_ok()
    }

    pub(super) fn name(&self, name: NameId) -> String {
        self.module.name(name).to_owned()
    }

    fn copy(&mut self, value: ValueId, from: ValueId) {
        self.set_cell(value, self.cells[from.index()]);
        self.set_alias(value, self.alias[from.index()]);
    }

    fn literal(&mut self, value: ValueId, constant: Const) {
        if self.cells[value.index()] != 0 {
            return;
        }
        let constant = match constant {
            Const::Null => Value::Null,
            Const::Undefined => Value::Undefined,
            Const::Bool(value) => Value::Bool(value),
            Const::Int(value) => Value::Int(value),
            Const::Float(value) => Value::Float(value),
            Const::Str(name) => Value::Str(self.name(name)),
            Const::Bytes(name) => Value::Bytes(self.name(name)),
            Const::Regex(pattern, flags) => Value::Regex { pattern: self.name(pattern), flags: self.name(flags) },
        };
        self.set_constant(value, Some(constant));
    }

    /// The constant that a key is, and whether it is a member's name.
    fn key(&self, key: Key) -> (Option<Value>, bool) {
        match key {
            Key::Member(name) => (Some(Value::Str(self.name(name))), true),
            Key::Item(name) => (Some(Value::Str(self.name(name))), false),
            Key::Index(index) => (Some(Value::Int(i64::from(index))), false),
            Key::Value(value) => (self.constant(value).cloned(), false),
        }
    }

    fn load(&mut self, value: ValueId, base: ValueId, key: Key) {
        let alias = self.alias[base.index()];
        let language = self.language;
        if alias != NONE {
            let (key, member) = self.key(key);
            // In JavaScript what is no element or property is undefined; in Python it is an exception.
            let absent = (language == Language::JavaScript).then_some(Value::Undefined);
            let content = Rc::clone(&self.state[alias as usize]);
            if member && !matches!(&key, Some(Value::Str(name)) if self.is_data(&content, name)) {
                // A method; the call of it does what it does.
                return self.set_cell(value, BOTTOM);
            }
            let effect = match &*content {
                // What that gives may write to the store: `config["section"]["key"] = value`.
                Content::Map(MapKind::Store(_), _) => Effect::Loses,
                content => content.load(key.as_ref(), member, self),
            };
            return self.give(value, effect, Some(alias), absent);
        }
        self.set_alias(value, NONE);
        let Some(owner) = self.constant(base) else { return self.set_cell(value, BOTTOM) };
        let found = match self.key(key) {
            (Some(Value::Int(index)), _) => methods::element(owner, index, language),
            (Some(Value::Str(name)), _) if name == "length" && language == Language::JavaScript => {
                methods::length(owner, language)
            }
            _ => None,
        };
        self.set_constant(value, found);
    }

    fn store(&mut self, base: ValueId, key: Key, from: ValueId, value: ValueId) {
        self.set_cell(value, self.cells[from.index()]);
        let alias = self.alias[base.index()];
        if alias == NONE {
            return self.lose_value(from);
        }
        let (key, member) = self.key(key);
        let language = self.language;
        let before = Rc::clone(&self.state[alias as usize]);
        if matches!(*before, Content::Lost | Content::Unmade) {
            return self.lose_value(from);
        }
        if !self.content_mut(alias).store(key.as_ref(), member, from, language) {
            self.lose_value(from);
            self.lose_within(&before);
            self.lose(alias);
        }
    }

    fn slice(&mut self, value: ValueId, base: ValueId, bounds: [Option<ValueId>; 2]) {
        let mut ends = [None, None];
        let mut known = true;
        for (end, bound) in ends.iter_mut().zip(bounds) {
            match bound.map(|bound| self.constant(bound)) {
                None | Some(Some(Value::Null | Value::Undefined)) => {}
                Some(Some(Value::Int(at))) => *end = Some(*at),
                Some(_) => known = false,
            }
        }
        // A slice with a step is written with two colons.
        let source = self.source(value);
        let stepped =
            self.language == Language::Python && (source.len() > MAX_SOURCE || source.matches(':').count() > 1);
        known &= !stepped;
        let alias = self.alias[base.index()];
        if alias != NONE {
            let effect = match &*self.state[alias as usize] {
                Content::List(kind @ (ListKind::List | ListKind::Tuple), items) if known => {
                    Effect::New(Content::List(*kind, part(items, ends)))
                }
                _ => Effect::Unknown,
            };
            return self.give(value, effect, Some(alias), None);
        }
        let found = self
            .constant(base)
            .filter(|_| known)
            .and_then(|owner| methods::slice(owner, ends[0], ends[1], self.language));
        self.set_constant(value, found);
    }

    fn source(&self, value: ValueId) -> &str {
        self.program.source(self.unit, self.body.spans[value.index()])
    }

    /// A joined text. Formats other than the plain one are not in the representation; they are told by the source.
    fn concat(&self, value: ValueId, parts: &[Part]) -> Option<Value> {
        let mut text = String::new();
        for part in parts {
            match *part {
                Part::Text(name) => text.push_str(self.module.name(name)),
                Part::Value(part) => text.push_str(&eval::text_of(self.constant(part)?, self.language)?),
            }
            if text.len() > eval::MAX_TEXT {
                return None;
            }
        }
        (self.language == Language::JavaScript || is_plain_format(self.source(value))).then_some(Value::Str(text))
    }

    fn binary(&mut self, value: ValueId, op: BinaryOp, left: ValueId, right: ValueId) {
        let language = self.language;
        let alias = self.alias[left.index()];
        let is_tuple = matches!(self.content(left), Some(Content::List(ListKind::Tuple, _)));
        if alias != NONE && !is_tuple && !is_comparison(op) && is_augmented(self.source(value), language) {
            return self.augment(value, op, alias, right);
        }
        let folded = match (op, self.content(left), self.content(right)) {
            (BinaryOp::In | BinaryOp::NotIn, _, Some(content)) => {
                let found = content.holds(self.constant(left), self);
                found.map(|found| Value::Bool(found == (op == BinaryOp::In)))
            }
            (BinaryOp::Add, Some(Content::List(kind, a)), Some(Content::List(other, b)))
                if kind == other && language == Language::Python =>
            {
                let (kind, all) = (*kind, a.iter().chain(b).copied().collect());
                let effect = Effect::New(Content::List(kind, all));
                return self.give(value, effect, None, None);
            }
            (_, None, None) => match (self.constant(left), self.constant(right)) {
                (Some(left), Some(right)) => eval::binary(op, left, right, language),
                _ => None,
            },
            (BinaryOp::Eq | BinaryOp::StrictEq | BinaryOp::Is, Some(_), None) => {
                self.is_nothing(right).then_some(Value::Bool(false))
            }
            (BinaryOp::NotEq | BinaryOp::StrictNotEq | BinaryOp::IsNot, Some(_), None) => {
                self.is_nothing(right).then_some(Value::Bool(true))
            }
            _ => None,
        };
        if folded.is_none() && !is_comparison(op) {
            // The result may hold what the operands hold.
            for operand in [left, right] {
                if let Some(content) = self.content(operand).cloned() {
                    self.lose_within(&content);
                }
            }
            if self.is_root(value) {
                self.make(value, Content::Lost);
            }
        }
        self.set_constant(value, folded);
    }

    fn is_nothing(&self, value: ValueId) -> bool {
        matches!(self.constant(value), Some(Value::Null | Value::Undefined))
    }

    /// `xs += ys` in Python, which changes the list itself.
    fn augment(&mut self, value: ValueId, op: BinaryOp, alias: u32, right: ValueId) {
        let more = match (&*self.state[alias as usize], self.content(right).and_then(Content::sequence)) {
            (Content::List(ListKind::List, items), Some(more))
                if op == BinaryOp::Add && items.len() + more.len() <= MAX_ENTRIES =>
            {
                Some(more.to_vec())
            }
            _ => None,
        };
        if let (Some(more), Content::List(_, items)) = (more, self.content_mut(alias)) {
            items.extend(more);
        } else {
            self.lose_value(right);
            self.lose(alias);
        }
        self.set_cell(value, BOTTOM);
        self.set_alias(value, alias);
    }

    fn unary(&mut self, value: ValueId, op: UnaryOp, operand: ValueId) {
        match op {
            UnaryOp::Delete => {
                if let Op::Load(base, key) = self.body.ops[operand.index()]
                    && self.alias[base.index()] != NONE
                {
                    let alias = self.alias[base.index()];
                    let (key, language) = (self.key(key).0, self.language);
                    let before = Rc::clone(&self.state[alias as usize]);
                    if !matches!(*before, Content::Lost | Content::Unmade)
                        && !self.content_mut(alias).delete(key.as_ref(), language)
                    {
                        self.lose_within(&before);
                        self.lose(alias);
                    }
                }
                self.set_cell(value, BOTTOM);
            }
            UnaryOp::Not => {
                let truth = self.truth(operand);
                self.set_constant(value, truth.map(|truth| Value::Bool(!truth)));
            }
            _ => {
                let folded = self.constant(operand).and_then(|operand| eval::unary(op, operand, self.language));
                self.set_constant(value, folded);
            }
        }
    }

    fn element(&mut self, value: ValueId, from: ValueId) {
        let alias = self.alias[from.index()];
        if alias == NONE {
            return self.set_cell(value, BOTTOM);
        }
        let content = Rc::clone(&self.state[alias as usize]);
        let effect = content.elements();
        // A starred target stands for several elements: the value is none of them itself.
        self.lose_within(&content);
        if let Effect::Gives(values) = effect {
            self.forward(value, values);
        }
        self.set_cell(value, BOTTOM);
    }

    fn list(&self, kind: ListKind, items: &[lunette_lang::ir::Arg]) -> Content {
        let mut all = Vec::with_capacity(items.len().min(MAX_ENTRIES));
        for item in items {
            match (item.kind, self.content(item.value)) {
                (ArgKind::Positional, _) => all.push(item.value),
                // The elements of a set may be the same.
                (_, Some(Content::List(_, more))) if kind == ListKind::Set => all.extend(more.iter().copied()),
                (_, Some(content)) => match content.sequence() {
                    Some(more) => all.extend(more),
                    None => return Content::Lost,
                },
                _ => return Content::Lost,
            }
            if all.len() > MAX_ENTRIES {
                return Content::Lost;
            }
        }
        Content::List(kind, all)
    }

    fn dict(&self, entries: &[Entry]) -> Content {
        let kind = if self.language == Language::Python { MapKind::Dict } else { MapKind::Object };
        let mut all = Vec::with_capacity(entries.len().min(MAX_ENTRIES));
        for entry in entries {
            let fits = match *entry {
                Entry::Pair(key, value) => {
                    let slot = self.key(key).0.and_then(|key| slot(&key, kind));
                    // What it inherits is not followed.
                    let slot = slot.filter(|slot| kind == MapKind::Dict || *slot != Slot::Text("__proto__".into()));
                    put(&mut all, slot, value)
                }
                Entry::Spread(from) => match self.content(from) {
                    Some(Content::Map(found, more)) if *found == kind => {
                        more.iter().all(|(slot, value)| put(&mut all, Some(slot.clone()), *value))
                    }
                    _ => false,
                },
            };
            if !fits {
                return Content::Lost;
            }
        }
        Content::Map(kind, all)
    }
}

/// Whether an operator only compares.
pub(super) fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp as B;
    matches!(
        op,
        B::Eq
            | B::NotEq
            | B::StrictEq
            | B::StrictNotEq
            | B::Lt
            | B::LtEq
            | B::Gt
            | B::GtEq
            | B::In
            | B::NotIn
            | B::Is
            | B::IsNot
            | B::InstanceOf
    )
}

/// Whether an operation is written as one that changes its left side: `xs += ys`. An equals sign outside of brackets
/// and texts cannot stand in any other operation.
pub(super) fn is_augmented(source: &str, language: Language) -> bool {
    let (mut depth, mut quote) = (0i32, None);
    for byte in source.bytes().take(MAX_SOURCE) {
        match (byte, quote) {
            (_, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'"' | b'\'', None) => quote = Some(byte),
            (b'(' | b'[' | b'{', None) => depth += 1,
            (b')' | b']' | b'}', None) => depth -= 1,
            (b'=', None) if depth == 0 => return language == Language::Python,
            _ => {}
        }
    }
    false
}

/// Whether a text put together by Python's source is what its parts say: no conversions, widths or precisions.
fn is_plain_format(source: &str) -> bool {
    if source.len() > MAX_SOURCE {
        return false;
    }
    let bytes = source.as_bytes();
    let mut brace = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'%' if !matches!(bytes.get(at + 1), Some(b's' | b'd' | b' ' | b'%') | None) => return false,
            b'{' => brace = true,
            b'}' => brace = false,
            b':' | b'!' | b'=' if brace => return false,
            _ => {}
        }
    }
    // A format kept in a variable is not seen here.
    source.starts_with(['"', '\'']) || !(source.contains(".format") || source.contains('%'))
}
