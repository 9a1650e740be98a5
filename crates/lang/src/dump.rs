//! A textual form of a lowered module, for tests and for looking at what the lowering understood.
//!
//! Deterministic: the same module gives the same text. One operation a line, with the line and column where it was
//! written (left out for operations that no text stands for, such as phis):
//!
//! ```text
//! body 1 function greet(name, *rest) in 0
//!   b0:
//!     v0 = param 0 name  ; 1:11
//!     v1 = const "Hello "  ; 2:12
//!     v2 = concat("Hello ", v0)  ; 2:12
//!     v3 = return v2  ; 2:5
//! ```

use std::fmt::Write as _;

use crate::ir::{
    Arg, ArgKind, Block, Body, BodyId, Const, Entry, ExportValue, Import, ImportForm, ImportItem, Key, ListKind,
    Module, Op, ParamKind, Part, Span, Terminator, ValueId, ValueRef,
};

/// The textual form of `module`.
pub fn dump(module: &Module) -> String {
    let mut out = Dump { module, text: String::new() };
    out.header();
    for index in 0..module.classes.len() {
        out.class(index);
    }
    for (index, body) in module.bodies.iter().enumerate() {
        out.body(index, body);
    }
    out.text
}

struct Dump<'a> {
    module: &'a Module,
    text: String,
}

impl Dump<'_> {
    /// Appends one line.
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn header(&mut self) {
        let module = self.module;
        for (index, import) in module.imports.iter().enumerate() {
            let line = format!("import {index} {}", self.import(import));
            self.line(&line);
        }
        for export in &module.exports {
            let value = match export.value {
                ExportValue::Value(at) => reference(at),
                ExportValue::Var(var) => format!("var {}", self.var(BodyId::MODULE, var.index())),
                ExportValue::Import(id) => format!("import {}", id.0),
            };
            let line = format!("export {} = {value}", module.name(export.name));
            self.line(&line);
        }
        for &directive in &module.directives {
            let line = format!("directive {:?}", module.name(directive));
            self.line(&line);
        }
    }

    fn import(&self, import: &Import) -> String {
        let dots = ".".repeat(usize::from(import.level));
        let item = match import.item {
            ImportItem::Module => "module".to_owned(),
            ImportItem::Default => "default".to_owned(),
            ImportItem::Named(name) => format!("named {}", self.module.name(name)),
            ImportItem::Star => "star".to_owned(),
            ImportItem::Effect => "effect".to_owned(),
        };
        let form = match import.form {
            ImportForm::Static => "",
            ImportForm::Require => " require",
            ImportForm::Dynamic => " dynamic",
            ImportForm::Type => " type",
        };
        format!("\"{dots}{}\" {item}{form}{}", self.module.name(import.module), self.place(import.span))
    }

    fn class(&mut self, index: usize) {
        let module = self.module;
        let class = &module.classes[index];
        let mut line = format!("class {index} {} body {}", module.name(class.name), class.body.0);
        let list = |values: &[ValueRef]| values.iter().map(|&at| reference(at)).collect::<Vec<_>>().join(", ");
        if !class.bases.is_empty() {
            let _ = write!(line, " bases({})", list(&class.bases));
        }
        if !class.decorators.is_empty() {
            let _ = write!(line, " decorators({})", list(&class.decorators));
        }
        self.line(&line);
        for &(name, body) in &class.methods {
            let line = format!("  method {} body {}", module.name(name), body.0);
            self.line(&line);
        }
        for field in &class.fields {
            let mut line =
                format!("  field {}{}", if field.is_static { "static " } else { "" }, module.name(field.name));
            if let Some(ty) = field.ty {
                let _ = write!(line, ": {}", reference(ty));
            }
            if let Some(value) = field.value {
                let _ = write!(line, " = {}", reference(value));
            }
            if !field.decorators.is_empty() {
                let _ = write!(line, " decorators({})", list(&field.decorators));
            }
            self.line(&line);
        }
    }

    fn body(&mut self, index: usize, body: &Body) {
        let header = self.body_header(index, body);
        self.line(&header);
        for var in &body.vars {
            // Only the variables that other bodies may see are of interest here; the others are in the assignments.
            if var.writes.iter().any(|at| at.body.index() != index) {
                let writes: Vec<_> = var.writes.iter().map(|&at| reference(at)).collect();
                let line = format!("  var {} written by {}", self.module.name(var.name), writes.join(", "));
                self.line(&line);
            }
        }
        for region in &body.tries {
            let mut line = format!("  try{}", self.range(region.body));
            for handler in &region.handlers {
                let types: Vec<_> = handler.types.iter().map(|&ty| value(ty)).collect();
                let _ = write!(
                    line,
                    " except({}) {} at{}",
                    types.join(", "),
                    value(handler.caught),
                    self.range(handler.body)
                );
            }
            if region.has_finally {
                line.push_str(" finally");
            }
            self.line(&line);
        }
        for (at, block) in body.blocks.iter().enumerate() {
            self.block(index, body, at, block);
        }
    }

    fn body_header(&self, index: usize, body: &Body) -> String {
        let mut line = format!("body {index} ");
        for (set, word) in [(body.is_static, "static "), (body.is_async, "async "), (body.is_generator, "generator ")] {
            if set {
                line.push_str(word);
            }
        }
        let _ = write!(line, "{} {}", format!("{:?}", body.kind).to_lowercase(), self.module.name(body.name));
        if !body.params.is_empty() {
            let params: Vec<_> = body.params.iter().map(|param| self.param(param)).collect();
            let _ = write!(line, "({})", params.join(", "));
        }
        if let Some(class) = body.class {
            let _ = write!(line, " of class {}", class.0);
        }
        if let Some(parent) = body.parent {
            let _ = write!(line, " in {}", parent.0);
        }
        if !body.decorators.is_empty() {
            let decorators: Vec<_> = body.decorators.iter().map(|&at| reference(at)).collect();
            let _ = write!(line, " decorators({})", decorators.join(", "));
        }
        line
    }

    fn param(&self, param: &crate::ir::Param) -> String {
        let prefix = match param.kind {
            ParamKind::Positional => "",
            ParamKind::Keyword => "/",
            ParamKind::Rest => "*",
            ParamKind::KeywordRest => "**",
        };
        let mut text = String::new();
        for &decorator in &param.decorators {
            let _ = write!(text, "@{} ", reference(decorator));
        }
        let _ = write!(text, "{prefix}{}", self.module.name(param.name));
        if let Some(ty) = param.ty {
            let _ = write!(text, ": {}", reference(ty));
        }
        if let Some(default) = param.default {
            let _ = write!(text, " = {}", reference(default));
        }
        text
    }

    fn block(&mut self, index: usize, body: &Body, at: usize, block: Block<'_>) {
        let mut line = format!("  b{at}:");
        if !block.preds.is_empty() {
            let preds: Vec<_> = block.preds.iter().map(|pred| format!("b{}", pred.0)).collect();
            let _ = write!(line, " from {}", preds.join(", "));
        }
        self.line(&line);
        for &id in block.ops {
            let op = self.op(index, &body.ops[id.index()]);
            let line = format!("    {} = {op}{}", value(id), self.place(body.spans[id.index()]));
            self.line(&line);
        }
        let end = match block.end {
            // `Return` and `Throw` are shown by their operations, `End` by there being nothing.
            Terminator::End | Terminator::Return | Terminator::Throw => return,
            Terminator::Jump(to) => format!("    jump b{}", to.0),
            Terminator::Branch { cond, then, other } => {
                format!("    if {} b{} else b{}", value(cond), then.0, other.0)
            }
        };
        self.line(&end);
    }

    fn op(&self, body: usize, op: &Op) -> String {
        let name = |id| self.module.name(id);
        match op {
            Op::Const(constant) => format!("const {}", self.constant(*constant)),
            Op::Param(index) => {
                let param = self.module.bodies[body].params.get(*index as usize);
                format!("param {index} {}", param.map_or("?", |param| name(param.name)))
            }
            Op::This => "this".to_owned(),
            Op::Super => "super".to_owned(),
            Op::Phi(operands) => format!("phi({})", values(operands)),
            Op::Assign(var, from) => format!("{} := {}", self.var(BodyId(body as u32), var.index()), value(*from)),
            Op::Import(id) => format!("import {}", id.0),
            Op::Global(global) => format!("global {}", name(*global)),
            Op::Outer(outer, var) => format!("outer {}.{}", outer.0, self.var(*outer, var.index())),
            Op::StoreOuter(outer, var, from) => {
                format!("outer {}.{} := {}", outer.0, self.var(*outer, var.index()), value(*from))
            }
            Op::Load(base, key) => format!("{}{}", value(*base), self.key(*key)),
            Op::Store(base, key, from) => format!("{}{} := {}", value(*base), self.key(*key), value(*from)),
            Op::Slice(base, [from, to]) => {
                let bound = |bound: &Option<ValueId>| bound.map(value).unwrap_or_default();
                format!("{}[{}:{}]", value(*base), bound(from), bound(to))
            }
            Op::Concat(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.part(*part)).collect();
                format!("concat({})", parts.join(", "))
            }
            Op::Binary(operator, left, right) => format!("{operator:?}({}, {})", value(*left), value(*right)),
            Op::Unary(operator, operand) => format!("{operator:?}({})", value(*operand)),
            Op::Call { callee, args, new } => {
                let word = if *new { "new" } else { "call" };
                format!("{word} {}({})", value(*callee), self.args(args))
            }
            Op::Closure(id) => format!("closure {} {}", id.0, name(self.module.body(*id).name)),
            Op::Class(id) => format!("class {} {}", id.0, name(self.module.classes[id.index()].name)),
            Op::List(ListKind::List, items) => format!("list({})", self.args(items)),
            Op::List(ListKind::Tuple, items) => format!("tuple({})", self.args(items)),
            Op::List(ListKind::Set, items) => format!("set({})", self.args(items)),
            Op::Dict(entries) => {
                let entries: Vec<_> = entries.iter().map(|entry| self.entry(*entry)).collect();
                format!("dict({})", entries.join(", "))
            }
            Op::Await(of) => format!("await {}", value(*of)),
            Op::Yield(of) => format!("yield {}", value(*of)),
            Op::Element(of) => format!("element {}", value(*of)),
            Op::Enter(of) => format!("enter {}", value(*of)),
            Op::Caught => "caught".to_owned(),
            Op::Return(of) => format!("return {}", value(*of)),
            Op::Throw(of) => format!("throw {}", value(*of)),
            Op::Mix(of) => format!("mix({})", values(of)),
        }
    }

    fn constant(&self, constant: Const) -> String {
        match constant {
            Const::Null => "null".to_owned(),
            Const::Undefined => "undefined".to_owned(),
            Const::Bool(truth) => truth.to_string(),
            Const::Int(number) => number.to_string(),
            Const::Float(number) => format!("{number:?}"),
            Const::Str(text) => format!("{:?}", self.module.name(text)),
            Const::Bytes(text) => format!("b{:?}", self.module.name(text)),
            Const::Regex(pattern, flags) => format!("/{}/{}", self.module.name(pattern), self.module.name(flags)),
        }
    }

    fn key(&self, key: Key) -> String {
        match key {
            Key::Member(name) => format!(".{}", self.module.name(name)),
            Key::Item(name) => format!("[{:?}]", self.module.name(name)),
            Key::Index(index) => format!("[{index}]"),
            Key::Value(at) => format!("[{}]", value(at)),
        }
    }

    fn part(&self, part: Part) -> String {
        match part {
            Part::Text(text) => format!("{:?}", self.module.name(text)),
            Part::Value(at) => value(at),
        }
    }

    fn entry(&self, entry: Entry) -> String {
        match entry {
            Entry::Pair(key, at) => format!("{}: {}", self.key(key), value(at)),
            Entry::Spread(at) => format!("**{}", value(at)),
        }
    }

    fn args(&self, args: &[Arg]) -> String {
        let texts: Vec<_> = args
            .iter()
            .map(|arg| match arg.kind {
                ArgKind::Positional => value(arg.value),
                ArgKind::Named(name) => format!("{}={}", self.module.name(name), value(arg.value)),
                ArgKind::Spread => format!("*{}", value(arg.value)),
                ArgKind::SpreadNamed => format!("**{}", value(arg.value)),
            })
            .collect();
        texts.join(", ")
    }

    fn var(&self, body: BodyId, var: usize) -> &str {
        let body = self.module.bodies.get(body.index());
        body.and_then(|body| body.vars.get(var)).map_or("?", |var| self.module.name(var.name))
    }

    /// The comment that says where something was written.
    fn place(&self, span: Span) -> String {
        if span == Span::default() {
            return String::new();
        }
        let (line, column) = self.module.position(span.start);
        format!("  ; {line}:{column}")
    }

    fn range(&self, span: Span) -> String {
        let (start, end) = (self.module.position(span.start), self.module.position(span.end));
        format!(" {}:{}..{}:{}", start.0, start.1, end.0, end.1)
    }
}

fn value(id: ValueId) -> String {
    format!("v{}", id.0)
}

fn values(ids: &[ValueId]) -> String {
    ids.iter().map(|&id| value(id)).collect::<Vec<_>>().join(", ")
}

fn reference(at: ValueRef) -> String {
    format!("{}:v{}", at.body.0, at.value.0)
}
