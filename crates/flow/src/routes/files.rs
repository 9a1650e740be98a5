//! Handlers that a framework finds by the file that exports them.

use lunette_core::project::InputKind;
use lunette_lang::ir::{BinaryOp, BodyId, Key, Op, Span, ValueId};

use super::register::Draft;
use super::scene::{Context, Scene, Strings};
use crate::know::Origin;
use crate::models::FileEntry;
use crate::program::{Site, UnitId};

/// HTTP methods by which handlers tell requests apart.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY"];

impl Scene<'_> {
    /// Routes by file.
    pub(super) fn by_file(&self, drafts: &mut Vec<Draft>) {
        for entry in &self.models.files {
            for unit in self.facts.program.ids() {
                let file = self.facts.program.unit(unit);
                if file.module.language != entry.language {
                    continue;
                }
                let Some(captures) = entry.file.compiled().and_then(|regex| regex.captures(&file.path)) else {
                    continue;
                };
                if entry
                    .spec
                    .depends
                    .as_ref()
                    .is_some_and(|package| !self.facts.program.depends_on(&file.path, package))
                {
                    continue;
                }
                let directive = entry.spec.directive.as_ref();
                if directive
                    .is_some_and(|wanted| !file.module.directives.iter().any(|name| file.module.name(*name) == wanted))
                {
                    continue;
                }
                let path = file_path(entry, captures.name("path").map_or("", |found| found.as_str()));
                self.exports(entry, unit, &path, drafts);
                self.served(entry, unit, &path, drafts);
            }
        }
    }

    fn exports(&self, entry: &FileEntry, unit: UnitId, path: &str, drafts: &mut Vec<Draft>) {
        let module = &self.facts.program.unit(unit).module;
        let mut names: Vec<(String, String)> = Vec::new();
        for (name, method) in &entry.spec.exports {
            if name == "*" {
                names.extend(module.exports.iter().map(|export| (module.name(export.name).to_owned(), method.clone())));
            } else {
                names.push((name.clone(), method.clone()));
            }
        }
        for (name, method) in names {
            let declared = module.exports.iter().find(|export| module.name(export.name) == name);
            let functions: Vec<(UnitId, BodyId)> = self
                .facts
                .known
                .exported(unit, &name)
                .iter()
                .filter_map(|origin| match *origin {
                    Origin::Function(unit, body) => Some((unit, body)),
                    _ => None,
                })
                .collect();
            if functions.is_empty() && (declared.is_none() || entry.spec.exports.contains_key("*")) {
                continue;
            }
            let handler = functions.first().copied();
            let span = match (declared, handler) {
                (_, Some((own, body))) if own == unit => self.facts.program.body(unit, body).name_span,
                (Some(export), _) => export.span,
                (None, _) => Span::default(),
            };
            let at = Site { unit, body: BodyId::MODULE, value: ValueId(0) };
            let shown = match handler {
                Some((unit, body)) if name == "default" => self.handler_name(unit, body),
                _ => name.clone(),
            };
            let path =
                if entry.spec.named { format!("{}/{name}", path.trim_end_matches('/')) } else { path.to_owned() };
            self.file_route(entry, at, span, handler, shown, &method, path, drafts);
        }
    }

    /// Handlers given to a serving call in such a file.
    fn served(&self, entry: &FileEntry, unit: UnitId, path: &str, drafts: &mut Vec<Draft>) {
        for &node in &entry.calls {
            for call in self.facts.calls_of(node).filter(|call| call.site.unit == unit) {
                let mut handlers: Vec<(UnitId, BodyId)> = Vec::new();
                for (argument, _) in self.arguments(call.site, &Context::default()) {
                    handlers.extend(self.functions(argument, &Context::default()));
                }
                let handler = handlers.first().copied();
                let name = handler.map_or_else(
                    || super::register::ANONYMOUS.to_owned(),
                    |(unit, body)| self.handler_name(unit, body),
                );
                let method = entry.spec.method.clone().unwrap_or_else(|| "ANY".to_owned());
                let span = self.facts.program.span(call.site);
                self.file_route(entry, call.site, span, handler, name, &method, path.to_owned(), drafts);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one route")]
    fn file_route(
        &self,
        entry: &FileEntry,
        at: Site,
        span: Span,
        handler: Option<(UnitId, BodyId)>,
        name: String,
        method: &str,
        path: String,
        drafts: &mut Vec<Draft>,
    ) {
        let methods = match handler {
            Some((unit, body)) if method == "ANY" => self.methods_told_apart(unit, body),
            _ => Vec::new(),
        };
        let methods = if methods.is_empty() { vec![method.to_owned()] } else { methods };
        let draft = Draft {
            framework: entry.framework.clone(),
            method: String::new(),
            path: String::new(),
            known: true,
            at,
            written: (at.unit, span),
            routers: Vec::new(),
            handler,
            name,
            guards: Vec::new(),
            inputs: Vec::new(),
            lifted: Vec::new(),
            wrapper: None,
            keeps_end: false,
        };
        self.push_all(&draft, &Strings { values: vec![path], known: true }, &methods, drafts);
    }

    /// The HTTP methods that a handler compares the request's method with, apart from preflight requests.
    fn methods_told_apart(&self, unit: UnitId, body: BodyId) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (unit, body) in self.graph.reached((unit, body), 1) {
            for block in self.facts.program.body(unit, body).blocks.iter() {
                for &value in block.ops {
                    let site = Site { unit, body, value };
                    let Op::Binary(op, left, right) = self.facts.program.op(site) else { continue };
                    if !matches!(op, BinaryOp::Eq | BinaryOp::StrictEq | BinaryOp::NotEq | BinaryOp::StrictNotEq) {
                        continue;
                    }
                    for (one, other) in [(left, right), (right, left)] {
                        let text = self.facts.possible(Site { value: *other, ..site });
                        let Some(method) =
                            text.single_str().filter(|text| METHODS.contains(text) && *text != "OPTIONS")
                        else {
                            continue;
                        };
                        if self.is_method(Site { value: *one, ..site }) && !found.iter().any(|known| known == method) {
                            found.push(method.to_owned());
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether a value is the member `method` of the handler's request.
    fn is_method(&self, site: Site) -> bool {
        let at = self.concrete(site, &Context::default());
        let Op::Load(base, Key::Member(name) | Key::Item(name)) = self.facts.program.op(at) else { return false };
        self.facts.program.unit(at.unit).module.name(*name) == "method"
            && matches!(
                self.facts.program.op(self.concrete(Site { value: *base, ..at }, &Context::default())),
                Op::Param(0)
            )
    }
}

/// The path of a route by its file: prefix, then each segment as the model rewrites it.
fn file_path(entry: &FileEntry, captured: &str) -> String {
    let mut path = entry.spec.prefix.trim_end_matches('/').to_owned();
    for segment in captured.split('/').filter(|segment| !segment.is_empty()) {
        let mut segment = segment.to_owned();
        for (pattern, replacement) in &entry.segments {
            if let Some(pattern) = pattern.compiled() {
                segment = pattern.replace(&segment, replacement.as_str()).into_owned();
            }
        }
        if !segment.is_empty() {
            path.push('/');
            path.push_str(&segment);
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Kinds of input that only exist in requests with a body.
pub(super) fn needs_body(kind: InputKind) -> bool {
    matches!(kind, InputKind::Body | InputKind::Form | InputKind::File)
}
