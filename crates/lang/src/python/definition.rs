//! Functions, lambdas and classes.

use ruff_python_ast::{
    Decorator, Expr, ExprLambda, Parameter, ParameterWithDefault, Parameters, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::lowerer::{Lowerer, span};
use crate::ir::{BodyId, BodyKind, Class, ClassId, Const, Few, Field, NameId, Op, Param, ParamKind, ValueId, ValueRef};

impl Lowerer<'_> {
    pub(super) fn function(&mut self, node: &StmtFunctionDef) {
        let decorators = self.decorators(&node.decorator_list);
        let params = self.parameters(&node.parameters);
        let name = self.names.intern(&node.name);
        let class = self.current.class;
        let kind = if class.is_some() { BodyKind::Method } else { BodyKind::Function };
        let is_static =
            class.is_some() && (is_implicitly_static(&node.name) || node.decorator_list.iter().any(makes_static));

        let id = self.begin(kind, name, node.range, node.name.range);
        let body = &mut self.current.builder.body;
        body.class = class;
        body.is_static = is_static;
        body.is_async = node.is_async;
        body.decorators = decorators;
        self.bind_parameters(params);
        self.statements(&node.body);
        self.end();

        if let Some(class) = class {
            self.classes[class.index()].methods.push((name, id));
        }
        let closure = self.emit(Op::Closure(id), node.name.range);
        self.write(name, closure, node.name.range);
    }

    /// Lowers a lambda that is bound to `name`, if to anything.
    pub(super) fn lambda(&mut self, node: &ExprLambda, name: Option<NameId>) -> ValueId {
        let params = node.parameters.as_ref().map(|parameters| self.parameters(parameters)).unwrap_or_default();
        let name = name.unwrap_or_else(|| self.names.intern(""));
        let keyword = TextRange::at(node.start(), TextSize::of("lambda"));
        let id = self.begin(BodyKind::Lambda, name, node.range, keyword);
        self.bind_parameters(params);
        let value = self.expr(&node.body);
        self.emit(Op::Return(value), node.body.range());
        self.end();
        self.emit(Op::Closure(id), node.range)
    }

    fn decorators(&mut self, decorators: &[Decorator]) -> Few<ValueRef> {
        let mut values = Few::with_capacity(decorators.len());
        for decorator in decorators {
            let value = self.expr(&decorator.expression);
            values.push(self.at(value));
        }
        values
    }

    /// Lowers defaults and annotations in the enclosing body. The parameters get their values in
    /// [`Self::bind_parameters`].
    fn parameters(&mut self, parameters: &Parameters) -> Vec<Param> {
        let mut params = Vec::with_capacity(parameters.len());
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            params.push(self.parameter_with_default(parameter, ParamKind::Positional));
        }
        if let Some(rest) = &parameters.vararg {
            params.push(self.parameter(rest, ParamKind::Rest));
        }
        for parameter in &parameters.kwonlyargs {
            params.push(self.parameter_with_default(parameter, ParamKind::Keyword));
        }
        if let Some(rest) = &parameters.kwarg {
            params.push(self.parameter(rest, ParamKind::KeywordRest));
        }
        params
    }

    fn parameter_with_default(&mut self, node: &ParameterWithDefault, kind: ParamKind) -> Param {
        let mut param = self.parameter(&node.parameter, kind);
        if let Some(default) = &node.default {
            let value = self.named_expr(default, Some(param.name));
            param.default = Some(self.at(value));
        }
        param
    }

    fn parameter(&mut self, node: &Parameter, kind: ParamKind) -> Param {
        let name = self.names.intern(&node.name);
        let (mut ty, mut decorators) = (None, Few::new());
        if let Some(annotation) = &node.annotation {
            let value = self.annotation(annotation);
            ty = Some(self.at(value));
            decorators = self.metadata(annotation);
        }
        Param { name, kind, default: None, ty, decorators, value: ValueId(0), span: span(node.range) }
    }

    fn bind_parameters(&mut self, params: Vec<Param>) {
        let builder = &mut self.current.builder;
        for (index, mut param) in params.into_iter().enumerate() {
            param.value = builder.emit(Op::Param(index as u32), param.span);
            let var = builder.declare(param.name);
            builder.define(var, param.value);
            builder.body.params.push(param);
        }
    }

    pub(super) fn class(&mut self, node: &StmtClassDef) {
        let decorators = self.decorators(&node.decorator_list);
        let mut bases = Vec::new();
        if let Some(arguments) = &node.arguments {
            for arg in self.args(arguments) {
                // Keywords are the metaclass and what it takes.
                if matches!(arg.kind, crate::ir::ArgKind::Positional) {
                    bases.push(self.at(arg.value));
                }
            }
        }
        let name = self.names.intern(&node.name);
        let parent = self.current.builder.id();
        let id = ClassId(self.classes.len() as u32);
        let name_span = span(node.name.range);
        let (methods, fields) = (Vec::new(), Vec::new());
        let class =
            Class { name, span: span(node.range), name_span, parent, body: parent, bases, decorators, methods, fields };
        self.classes.push(class);

        let body = self.begin(BodyKind::Class, name, node.range, node.name.range);
        self.classes[id.index()].body = body;
        self.current.class = Some(id);
        self.current.builder.body.class = Some(id);
        self.unwritten_class_names();
        self.statements(&node.body);
        self.classes[id.index()].fields = self.fields(body);
        self.end();

        let value = self.emit(Op::Class(id), node.name.range);
        self.write(name, value, node.name.range);
    }

    /// The fields of the class whose body ends here: its variables, except those that only methods were written to.
    fn fields(&mut self, body: BodyId) -> Vec<Field> {
        let mut fields = Vec::new();
        for index in 0..self.current.builder.body.vars.len() {
            let var = crate::ir::VarId(index as u32);
            let name = self.current.builder.body.vars[index].name;
            // A comprehension's variable is none of the class.
            if self.current.builder.lookup(name) != Some(var) {
                continue;
            }
            let ty = self.current.annotations.get(&name).copied();
            let writes = &self.current.builder.body.vars[index].writes;
            let is_method = |at: &ValueRef| {
                at.body == body
                    && matches!(self.op(at.value), Op::Assign(_, from) if matches!(self.op(*from), Op::Closure(id) if self.is_method(*id)))
            };
            if !writes.is_empty() && writes.iter().all(is_method) || writes.is_empty() && ty.is_none() {
                continue;
            }
            let value = if writes.is_empty() { None } else { Some(self.current.builder.read(var)) };
            let value = value.filter(|&value| *self.op(value) != Op::Const(Const::Undefined));
            let value = value.map(|value| self.at(value));
            fields.push(Field { name, value, ty, decorators: Few::new(), is_static: true });
        }
        fields
    }

    /// Whether a body was defined by `def` in the class that is being lowered.
    fn is_method(&self, id: BodyId) -> bool {
        self.finished(id).is_some_and(|body| body.kind == BodyKind::Method && body.class == self.current.class)
    }
}

/// Methods that Python makes static or class methods by their names.
fn is_implicitly_static(name: &str) -> bool {
    matches!(name, "__new__" | "__init_subclass__" | "__class_getitem__")
}

fn makes_static(decorator: &Decorator) -> bool {
    matches!(&decorator.expression, Expr::Name(name) if matches!(name.id.as_str(), "staticmethod" | "classmethod"))
}
