//! JSX: an element is a mix of the values that go into it.

use oxc_ast::ast::{JSXAttributeItem, JSXAttributeValue, JSXChild, JSXElement, JSXExpressionContainer, JSXFragment};

use super::context::Lower;
use crate::ir::{Op, ValueId};

impl<'a> Lower<'a> {
    /// An element with everything inside it.
    pub(super) fn jsx_element(&mut self, element: &'a JSXElement<'a>) -> ValueId {
        let mut values = Vec::new();
        self.element_values(element, &mut values);
        self.emit(Op::Mix(values.into()), element.span)
    }

    /// A fragment with everything inside it.
    pub(super) fn jsx_fragment(&mut self, fragment: &'a JSXFragment<'a>) -> ValueId {
        let mut values = Vec::new();
        self.children_values(&fragment.children, &mut values);
        self.emit(Op::Mix(values.into()), fragment.span)
    }

    fn element_values(&mut self, element: &'a JSXElement<'a>, values: &mut Vec<ValueId>) {
        self.deeper(element.span, |this| {
            for attribute in &element.opening_element.attributes {
                match attribute {
                    JSXAttributeItem::SpreadAttribute(spread) => values.push(this.expr(&spread.argument)),
                    JSXAttributeItem::Attribute(attribute) => match &attribute.value {
                        Some(JSXAttributeValue::ExpressionContainer(container)) => this.container(container, values),
                        Some(JSXAttributeValue::Element(element)) => this.element_values(element, values),
                        Some(JSXAttributeValue::Fragment(fragment)) => {
                            this.children_values(&fragment.children, values);
                        }
                        Some(JSXAttributeValue::StringLiteral(_)) | None => {}
                    },
                }
            }
            this.children_values(&element.children, values);
        });
    }

    fn children_values(&mut self, children: &'a [JSXChild<'a>], values: &mut Vec<ValueId>) {
        for child in children {
            match child {
                JSXChild::Text(_) => {}
                JSXChild::Element(element) => self.element_values(element, values),
                JSXChild::Fragment(fragment) => {
                    self.deeper(fragment.span, |this| this.children_values(&fragment.children, values));
                }
                JSXChild::ExpressionContainer(container) => self.container(container, values),
                JSXChild::Spread(spread) => values.push(self.expr(&spread.expression)),
            }
        }
    }

    fn container(&mut self, container: &'a JSXExpressionContainer<'a>, values: &mut Vec<ValueId>) {
        if let Some(expression) = container.expression.as_expression() {
            values.push(self.expr(expression));
        }
    }
}
