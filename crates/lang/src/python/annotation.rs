//! Type annotations.

use ruff_python_ast::{Expr, ExprBinOp, ExprStringLiteral, ExprSubscript, ModExpression, Operator};
use ruff_python_parser::{Parsed, parse_string_annotation};
use ruff_text_size::Ranged;

use super::lowerer::Lowerer;
use crate::ir::{Arg, ArgKind, Few, Key, ListKind, Op, ValueId, ValueRef};
use crate::{Dialect, nesting};

/// Generic types that say how a type is used rather than what it is.
const WRAPPERS: &[&str] =
    &["Annotated", "ClassVar", "Final", "NotRequired", "Optional", "ReadOnly", "Required", "Union"];

impl Lowerer<'_> {
    /// Lowers an annotation to a value that names the type.
    pub(super) fn annotation(&mut self, annotation: &Expr) -> ValueId {
        match annotation {
            Expr::Name(name) => {
                let id = self.names.intern(&name.id);
                self.read_late(id, name.range)
            }
            Expr::Attribute(node) => {
                let base = self.annotation(&node.value);
                let name = self.names.intern(&node.attr);
                self.emit(Op::Load(base, Key::Member(name)), node.range)
            }
            Expr::StringLiteral(text) => match self.parse_annotation(text) {
                Some(parsed) => self.annotation(&parsed.syntax().body),
                None => self.string(text.value.to_str(), text.range),
            },
            Expr::BinOp(node) if node.op == Operator::BitOr => self.annotation(first_of_union(node)),
            Expr::Subscript(node) => self.generic(node),
            _ => self.expr(annotation),
        }
    }

    fn generic(&mut self, node: &ExprSubscript) -> ValueId {
        let arguments = match &*node.slice {
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            single => std::slice::from_ref(single),
        };
        if is_wrapper(&node.value)
            && let Some(first) = arguments.iter().find(|argument| !argument.is_none_literal_expr())
        {
            return self.annotation(first);
        }
        let base = self.annotation(&node.value);
        let key = if let [argument] = arguments {
            self.annotation(argument)
        } else {
            let values: Vec<ValueId> = arguments.iter().map(|argument| self.annotation(argument)).collect();
            let items = values.into_iter().map(|value| Arg { value, kind: ArgKind::Positional }).collect();
            self.emit(Op::List(ListKind::Tuple, items), node.slice.range())
        };
        self.emit(Op::Load(base, Key::Value(key)), node.range)
    }

    /// The further arguments of `Annotated[X, …]`, in order.
    pub(super) fn metadata(&mut self, annotation: &Expr) -> Few<ValueRef> {
        match annotation {
            Expr::StringLiteral(text) => match self.parse_annotation(text) {
                Some(parsed) => self.metadata(&parsed.syntax().body),
                None => Few::new(),
            },
            Expr::BinOp(node) if node.op == Operator::BitOr => self.metadata(first_of_union(node)),
            Expr::Subscript(node) if is_wrapper(&node.value) => {
                let Expr::Tuple(tuple) = &*node.slice else { return self.metadata(&node.slice) };
                if last_name(&node.value) != Some("Annotated") {
                    return tuple.elts.first().map(|first| self.metadata(first)).unwrap_or_default();
                }
                let mut found = Few::new();
                for argument in tuple.elts.iter().skip(1) {
                    let value = self.expr(argument);
                    found.push(self.at(value));
                }
                found
            }
            _ => Few::new(),
        }
    }

    /// Parses an annotation written as a string.
    fn parse_annotation(&self, text: &ExprStringLiteral) -> Option<Parsed<ModExpression>> {
        let [literal] = text.value.as_slice() else { return None };
        // The scan of the file does not look into strings.
        let inner = self.source.get(literal.content_range().to_std_range())?;
        if nesting::too_deep(inner, Dialect::Python).is_some() {
            return None;
        }
        parse_string_annotation(self.source, literal).ok()
    }
}

/// The first type of `X | Y | None` that is not `None`.
fn first_of_union(union: &ExprBinOp) -> &Expr {
    let mut first = &*union.right;
    let mut rest = union;
    loop {
        let (left, right) = (&*rest.left, &*rest.right);
        if !right.is_none_literal_expr() {
            first = right;
        }
        match left {
            Expr::BinOp(inner) if inner.op == Operator::BitOr => rest = inner,
            _ => return if left.is_none_literal_expr() { first } else { left },
        }
    }
}

/// The last name of a dotted path.
fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

fn is_wrapper(generic: &Expr) -> bool {
    last_name(generic).is_some_and(|name| WRAPPERS.contains(&name))
}
