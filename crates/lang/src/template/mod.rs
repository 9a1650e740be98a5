//! Templates of web pages, lowered to the same representation as code, so that data can be followed into them.
//!
//! A template is a module with one function: its parameters are the variables that it names, its calls are what it puts
//! out (`template-output.raw(value)` as it is, `template-output.written(value)` where the engine escapes) and its filters
//! (`template-output.filters.name(value)`). Models say of these what they say of any library.
//!
//! Limits: parts of a page that other files hold (`include`, `extends`, layouts) are read by themselves; macros and
//! blocks are not told apart from the rest; whether a value stands in an attribute or in a script is not told.

mod expression;
mod scan;

use rustc_hash::FxHashMap;

use crate::build::BodyBuilder;
use crate::ir::{
    Arg, ArgKind, Body, BodyId, BodyKind, Const, Few, Import, ImportForm, ImportId, ImportItem, Key, Language, Module,
    NameId, Names, Op, Param, ParamKind, Span, ValueId,
};
use expression::{Expr, ExprKind};
use scan::{Family, Piece, pieces};

/// The package by whose name models speak of what templates do.
pub const PACKAGE: &str = "template-output";

/// What puts a value out by way of the engine's escaping.
pub const WRITTEN: &str = "written";

/// Largest template, in bytes.
const MAX_LEN: usize = 4 << 20;
/// Deepest nesting of expressions that is lowered.
const MAX_DEPTH: usize = 48;

/// Whether a file is a template, by its name.
pub fn is_template(path: &str) -> bool {
    family_of(path, "").is_some()
}

/// The function of a template's module.
pub const BODY: BodyId = BodyId(1);

/// Lowers a template; `None` when it is none, or puts nothing out. `html` is the language of the program around it: that
/// of pages whose name does not tell their engine.
pub fn lower(path: &str, source: &str, html: Language) -> Option<Module> {
    if source.len() > MAX_LEN {
        return None;
    }
    let (family, language) = family_of(path, source)?;
    let pieces = pieces(family, source);
    if !pieces.iter().any(|piece| matches!(piece, Piece::Output { .. })) {
        return None;
    }
    let mut names = Names::default();
    let name = names.intern(path.rsplit('/').next().unwrap_or(path));
    let whole = Span::new(0, source.len() as u32);
    let module_name = names.intern("");
    let top = BodyBuilder::new(BodyId::MODULE, BodyKind::Module, module_name, whole, None).finish();
    let body = Lowering::new(&mut names, name, whole).all(&pieces);
    let package = names.intern(PACKAGE);
    let import =
        Import { module: package, level: 0, item: ImportItem::Module, form: ImportForm::Static, span: Span::new(0, 0) };
    Some(Module {
        language: language.unwrap_or(html),
        names,
        bodies: vec![top, body],
        classes: Vec::new(),
        imports: vec![import],
        exports: Vec::new(),
        directives: Vec::new(),
        lines: crate::line_starts(source),
        len: source.len() as u32,
    })
}

/// Lowers all templates among the files of a project, given as path and text. A page whose name does not tell its engine
/// belongs to the program in the nearest folder above it.
pub fn lower_all<'t>(files: impl Iterator<Item = (&'t str, &'t str)> + Clone) -> Vec<(&'t str, Module)> {
    let mut code: FxHashMap<&str, [usize; 2]> = FxHashMap::default();
    for (path, _) in files.clone() {
        if let Some(dialect) = crate::Dialect::of_path(path) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            code.entry(folder).or_default()[usize::from(dialect.language() == Language::Python)] += 1;
        }
    }
    let around = |path: &str| {
        let mut folder = path;
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            if let Some([javascript, python]) = code.get(folder) {
                return if python >= javascript { Language::Python } else { Language::JavaScript };
            }
        }
        let [javascript, python] =
            code.get("").copied().unwrap_or_else(|| code.values().fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]]));
        if python >= javascript { Language::Python } else { Language::JavaScript }
    };
    let templates = files.filter(|(path, _)| is_template(path));
    templates.filter_map(|(path, text)| Some((path, lower(path, text, around(path))?))).collect()
}

fn family_of(path: &str, source: &str) -> Option<(Family, Option<Language>)> {
    let (_, extension) = path.rsplit_once('.')?;
    let javascript = Some(Language::JavaScript);
    Some(match extension {
        "html" | "htm" | "xhtml" | "tpl" | "tmpl" => {
            let family = if source.contains("<%=") || source.contains("<%-") {
                Family::Ejs
            } else if source.contains("{{#") || source.contains("{{/") || source.contains("{{{") {
                Family::Mustache
            } else {
                Family::Jinja
            };
            (family, None)
        }
        "jinja" | "jinja2" | "j2" => (Family::Jinja, Some(Language::Python)),
        "njk" | "nunjucks" | "nunj" | "swig" | "twig" | "liquid" => (Family::Jinja, javascript),
        "hbs" | "handlebars" | "mustache" | "hjs" => (Family::Mustache, javascript),
        "ejs" | "eta" => (Family::Ejs, javascript),
        "pug" | "jade" => (Family::Pug, javascript),
        _ => return None,
    })
}

struct Lowering<'n> {
    names: &'n mut Names,
    builder: BodyBuilder,
    params: Vec<Param>,
    bound: FxHashMap<String, ValueId>,
    /// The elements of the blocks around the piece, innermost last.
    within: Vec<ValueId>,
    output: ValueId,
}

impl<'n> Lowering<'n> {
    fn new(names: &'n mut Names, name: NameId, whole: Span) -> Self {
        let mut builder = BodyBuilder::new(BODY, BodyKind::Function, name, whole, Some(BodyId::MODULE));
        let output = builder.emit(Op::Import(ImportId(0)), Span::new(0, 0));
        Lowering { names, builder, params: Vec::new(), bound: FxHashMap::default(), within: Vec::new(), output }
    }

    fn all(mut self, pieces: &[Piece]) -> Body {
        for piece in pieces {
            match piece {
                Piece::Output { value, raw, span } => {
                    if let Some(value) = self.value(value, 0) {
                        self.put_out(if *raw { "raw" } else { WRITTEN }, value, *span);
                    }
                }
                Piece::Bind { name, value, element } => {
                    if let Some(of) = self.value(value, 0) {
                        let of = if *element { self.builder.emit(Op::Element(of), value.span) } else { of };
                        self.bound.insert(name.clone(), of);
                    }
                }
                Piece::Within(value) => {
                    let of = self.value(value, 0).unwrap_or(self.output);
                    let element = self.builder.emit(Op::Element(of), value.span);
                    self.within.push(element);
                }
                Piece::Leave => _ = self.within.pop(),
            }
        }
        let mut body = self.builder.finish();
        body.params = self.params;
        body
    }

    fn put_out(&mut self, how: &str, value: ValueId, span: Span) {
        let key = Key::Member(self.names.intern(how));
        let callee = self.builder.emit(Op::Load(self.output, key), span);
        let args = vec![Arg { value, kind: ArgKind::Positional }];
        self.builder.emit(Op::Call { callee, args: args.into(), new: false }, span);
    }

    fn variable(&mut self, name: &str, span: Span) -> ValueId {
        if let Some(&value) = self.bound.get(name) {
            return value;
        }
        if let Some(&element) = self.within.last() {
            if matches!(name, "this") {
                return element;
            }
            let key = Key::Member(self.names.intern(name));
            return self.builder.emit(Op::Load(element, key), span);
        }
        let value = self.builder.emit(Op::Param(self.params.len() as u32), span);
        let name_id = self.names.intern(name);
        self.params.push(Param {
            name: name_id,
            kind: ParamKind::Positional,
            default: None,
            ty: None,
            decorators: Few::new(),
            value,
            span,
        });
        self.bound.insert(name.to_owned(), value);
        value
    }

    fn value(&mut self, expr: &Expr, depth: usize) -> Option<ValueId> {
        if depth > MAX_DEPTH {
            return None;
        }
        let span = expr.span;
        Some(match &expr.kind {
            ExprKind::Name(name) => self.variable(name, span),
            ExprKind::Member(of, key) => {
                let of = self.value(of, depth + 1)?;
                let key = Key::Member(self.names.intern(key));
                self.builder.emit(Op::Load(of, key), span)
            }
            ExprKind::Element(of) => {
                let of = self.value(of, depth + 1)?;
                self.builder.emit(Op::Element(of), span)
            }
            ExprKind::Call(of, args) => {
                let callee = self.value(of, depth + 1)?;
                let args = self.arguments(args, depth);
                self.builder.emit(Op::Call { callee, args: args.into(), new: false }, span)
            }
            ExprKind::Filter(name, of, args) => {
                let of = self.value(of, depth + 1)?;
                if matches!(name.as_str(), "safe" | "raw" | "safeseq" | "noescape") {
                    self.put_out("raw", of, span);
                    return None;
                }
                let mut given = vec![Arg { value: of, kind: ArgKind::Positional }];
                given.extend(self.arguments(args, depth));
                let filters = Key::Member(self.names.intern("filters"));
                let filters = self.builder.emit(Op::Load(self.output, filters), span);
                let name = Key::Member(self.names.intern(name));
                let callee = self.builder.emit(Op::Load(filters, name), span);
                self.builder.emit(Op::Call { callee, args: given.into(), new: false }, span)
            }
            ExprKind::Mix(parts) => {
                let values: Vec<ValueId> = parts.iter().filter_map(|part| self.value(part, depth + 1)).collect();
                match values.as_slice() {
                    [] => return None,
                    [one] => *one,
                    _ => self.builder.emit(Op::Mix(values.into()), span),
                }
            }
        })
    }

    fn arguments(&mut self, args: &[Expr], depth: usize) -> Vec<Arg> {
        let values = args.iter().map(|arg| self.value(arg, depth + 1));
        let values: Vec<Option<ValueId>> = values.collect();
        let mut given = Vec::new();
        for value in values {
            let value = value.unwrap_or_else(|| self.builder.constant(Const::Null, Span::default()));
            given.push(Arg { value, kind: ArgKind::Positional });
        }
        given
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;

    /// What a template puts out, by line: how, and the parameters that it reads.
    fn outputs(path: &str, source: &str) -> Vec<(u32, String)> {
        let Some(module) = lower(path, source, Language::Python) else { return Vec::new() };
        assert_eq!(crate::verify(&module), Ok(()));
        let body = module.body(BODY);
        let mut found = Vec::new();
        for (at, op) in body.ops.iter().enumerate() {
            if let Op::Call { callee, .. } = op
                && let Op::Load(_, Key::Member(name)) = &body.ops[callee.index()]
            {
                let name = module.name(*name).to_owned();
                if matches!(name.as_str(), "raw" | "written") {
                    found.push((module.position(body.spans[at].start).0, name));
                }
            }
        }
        found
    }

    fn named(path: &str, source: &str) -> Vec<String> {
        let module = lower(path, source, Language::Python).expect("a template");
        module.body(BODY).params.iter().map(|param| module.name(param.name).to_owned()).collect()
    }

    #[test]
    fn what_is_escaped_is_told_from_what_is_not() {
        let raw = |line| (line, "raw".to_owned());
        let written = |line| (line, "written".to_owned());
        let jinja = "{{ a }}\n{{ b | safe }}\n{% autoescape false %}{{ c }}{% endautoescape %}\n{# {{ d|safe }} #}{% raw %}{{ e|safe }}{% endraw %}";
        assert_eq!(outputs("x.html", jinja), [written(1), raw(2), raw(3)]);
        assert_eq!(outputs("x.ejs", "<%= a %>\n<%- b %><%- include('c', {d}) %><%# <%- e %>"), [written(1), raw(2)]);
        assert_eq!(outputs("x.hbs", "{{a}}\n{{{b}}}{{& c}}{{! {{{d}}} }}"), [written(1), raw(2), raw(2)]);
        assert_eq!(
            outputs("x.pug", "p= a\np!= b\n  | text #{c} !{d}\na(href=e) f != g"),
            [written(1), raw(2), raw(3), written(3)]
        );
        assert_eq!(outputs("x.html", "<b>no template</b>"), []);
    }

    #[test]
    fn loops_lead_back_to_the_list() {
        assert_eq!(named("x.html", "{% for post in posts %}{{ post.text|safe }}{% endfor %}"), ["posts"]);
        assert_eq!(named("x.hbs", "{{#each posts}}{{{text}}}{{/each}}{{title}}"), ["posts", "title"]);
        assert_eq!(named("x.ejs", "<% posts.forEach(function(post) { %><%- post.text %><% }) %>"), ["posts"]);
        assert_eq!(named("x.ejs", "<% for (const post of posts) { %><%- post.text %><% } %>"), ["posts"]);
        assert_eq!(named("x.pug", "each post in posts\n  p!= post.text"), ["posts"]);
    }

    #[test]
    fn any_text_is_read() {
        for path in ["x.html", "x.ejs", "x.hbs", "x.pug"] {
            for source in [
                "{{",
                "{%",
                "<%",
                "<%-",
                "{{{",
                "{{#each",
                "!=",
                "p!=",
                "{% for x in %}{{",
                "é{{ü|é}}",
                "- é",
                "{{-}}",
                "<%=é%>",
                "{{/x}}{{a}}",
                "each é in ü\n!{é",
            ] {
                let _ = outputs(path, source);
            }
        }
    }
}
