//! Routes registered by calls and by decorators.

use lunette_core::project::{GuardUse, Input, Proves};
use lunette_lang::ir::{BodyId, BodyKind, ClassId, Key, Op, Span, ValueRef};

use super::includes::is_include;
use super::routers::module_router;
use super::scene::{Context, Scene, Strings};
use crate::api::NodeId;
use crate::know::Origin;
use crate::models::Entry;
use crate::program::{Site, UnitId};

/// A route before prefixes and the guards of its routers are applied.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) framework: String,
    pub(super) method: String,
    pub(super) path: String,
    /// Whether method and path are known from constants.
    pub(super) known: bool,
    /// What registers it, for the order in which things run.
    pub(super) at: Site,
    /// Where that is written.
    pub(super) written: (UnitId, Span),
    /// The routers that it is registered on; none for what serves by itself.
    pub(super) routers: Vec<Site>,
    pub(super) handler: Option<(UnitId, BodyId)>,
    pub(super) name: String,
    pub(super) guards: Vec<GuardUse>,
    pub(super) inputs: Vec<Input>,
    pub(super) lifted: Vec<Proves>,
    /// What a wrapper of the handler gave back, which is what is called for a request.
    pub(super) wrapper: Option<(UnitId, BodyId)>,
    /// Whether a path `/` below a prefix keeps its slash.
    pub(super) keeps_end: bool,
}

/// Something registered as a handler.
#[derive(Clone, Debug)]
pub(super) enum Handler {
    Function(UnitId, BodyId),
    View(UnitId, ClassId),
    /// Not code of the project, or not known; by name.
    Other(String),
}

pub(super) const ANONYMOUS: &str = "<anonymous>";

impl Scene<'_> {
    /// Routes registered by calls.
    pub(super) fn called(&self, drafts: &mut Vec<Draft>) {
        for entry in &self.models.entries {
            for &node in &entry.calls {
                for call in self.facts.calls_of(node) {
                    for context in self.contexts(call.site) {
                        match &entry.each {
                            None => self.register_call(entry, node, call.site, &context, None, drafts),
                            Some(path) => {
                                for site in self.follow(call.site, path, &context, None) {
                                    let items = self.list(self.concrete(site, &context)).unwrap_or_else(|| vec![site]);
                                    for item in items {
                                        self.register_call(entry, node, call.site, &context, Some(item), drafts);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn register_call(
        &self,
        entry: &Entry,
        node: NodeId,
        call: Site,
        context: &Context,
        each: Option<Site>,
        drafts: &mut Vec<Draft>,
    ) {
        let Some(paths) = self.paths(entry, call, context, each) else { return };
        let mut handlers = Vec::new();
        for path in &entry.handlers {
            for site in self.follow(call, path, context, each) {
                self.flatten(site, context, 3, &mut handlers);
            }
        }
        handlers.dedup();
        handlers.retain(|site| !self.is_no_handler(*site, context));
        let Some(last) = handlers.pop() else { return };
        let mut guards: Vec<GuardUse> = Vec::new();
        for site in entry.guards.iter().flat_map(|path| self.follow(call, path, context, each)) {
            guards.extend(self.guard_uses(site, context, call));
        }
        for site in handlers {
            guards.extend(self.guard_uses(site, context, call));
        }
        if let Some(schema) = &entry.schema
            && let Some(site) = self.follow(call, schema, context, each).first()
        {
            guards.push(GuardUse {
                name: "schema".to_owned(),
                proves: Proves::Validated,
                place: self.facts.place(*site),
            });
        }
        let mut handler = self.handler(last, context);
        let mut wrapper = None;
        if let Handler::Function(unit, body) = handler
            && let Some(wrapped) = self.wrapped(last, context, (unit, body))
        {
            wrapper = Some((unit, body));
            guards.extend(self.checked_around((unit, body)));
            handler = Handler::Function(wrapped.0, wrapped.1);
        }
        let mut lifted = Vec::new();
        self.declared(entry, call, context, each, &mut guards, &mut lifted);
        if let Handler::Function(unit, body) = handler {
            let decorators = &self.facts.program.body(unit, body).decorators;
            guards.extend(self.decorator_guards(unit, decorators));
            lifted.extend(self.lifted(unit, decorators));
        }
        let at = context.caller.unwrap_or(call);
        let draft = Draft {
            framework: entry.framework.clone(),
            method: String::new(),
            path: String::new(),
            known: paths.known,
            at,
            written: (at.unit, self.registration_span(at, each)),
            routers: self.routers_of(entry, call, context),
            handler: None,
            name: wrapper.and_then(|_| self.name_given(last)).unwrap_or_default(),
            guards,
            inputs: Vec::new(),
            lifted,
            wrapper,
            keeps_end: false,
        };
        let methods = self.methods(entry, Some(node), call, context, each);
        self.expand(entry, &draft, &paths, methods, &handler, drafts);
    }

    /// What a registration itself says of authentication.
    fn declared(
        &self,
        entry: &Entry,
        call: Site,
        context: &Context,
        each: Option<Site>,
        guards: &mut Vec<GuardUse>,
        lifted: &mut Vec<Proves>,
    ) {
        for site in entry.auth.iter().flat_map(|path| self.follow(call, path, context, each)) {
            let at = self.concrete(site, context);
            let entry = |name: &str| self.facts.entry(at, name).sites().first().copied();
            let text = |site: Site| self.strings(site, context).values.pop();
            let mode = entry("mode").and_then(text);
            if self.facts.possible(at).single() == Some(&crate::Value::Bool(false))
                || matches!(mode.as_deref(), Some("try" | "optional"))
            {
                lifted.extend([Proves::Authenticated, Proves::Authorized]);
                continue;
            }
            let strategy = entry("strategy").or_else(|| entry("strategies")).and_then(text).or_else(|| text(at));
            let asks_more = entry("scope").or_else(|| entry("access")).is_some();
            if let Some(name) = strategy.or_else(|| asks_more.then(|| "scope".to_owned())) {
                let proves = if asks_more { Proves::Authorized } else { Proves::Authenticated };
                guards.push(GuardUse { name, proves, place: self.facts.place(at) });
            }
        }
    }

    /// The line to show: of a chained call the member's, of one of several registrations its own.
    fn registration_span(&self, call: Site, each: Option<Site>) -> Span {
        if let Some(each) = each
            && each.unit == call.unit
        {
            return self.facts.program.span(each);
        }
        let span = self.facts.program.span(call);
        let Some(callee) = self.callee(call) else { return span };
        let Op::Load(_, Key::Member(name)) = self.facts.program.op(callee) else { return span };
        let end = self.facts.program.span(callee).end;
        let start = end.saturating_sub(self.facts.program.unit(call.unit).module.name(*name).len() as u32);
        if span.start < start && end <= span.end { Span::new(start, span.end) } else { span }
    }

    fn routers_of(&self, entry: &Entry, call: Site, context: &Context) -> Vec<Site> {
        let sites = match &entry.router {
            Some(path) => self.follow(call, path, context, None),
            None => self.facts.receiver(call).into_iter().collect(),
        };
        let mut routers: Vec<Site> =
            sites.into_iter().flat_map(|site| self.routers(site, context)).map(|(_, made)| made).collect();
        if entry.module_router {
            routers.push(module_router(call.unit));
        }
        routers.sort_unstable();
        routers.dedup();
        routers
    }

    /// The paths of a registration; `None` when it gives none, and so is none.
    fn paths(&self, entry: &Entry, call: Site, context: &Context, each: Option<Site>) -> Option<Strings> {
        let mut unknown = None;
        for path in &entry.path {
            let mut all = Strings { values: Vec::new(), known: true };
            for site in self.follow(call, path, context, each) {
                let strings = self.strings(site, context);
                if strings.values.is_empty() {
                    unknown = Some(site);
                } else {
                    all.known &= strings.known;
                    all.values.extend(strings.values);
                }
            }
            if !all.values.is_empty() {
                return Some(all);
            }
        }
        let site = unknown?;
        let known = self.origins(site, context);
        if known.iter().any(|origin| matches!(origin, Origin::Function(..) | Origin::Class(..))) {
            return None;
        }
        Some(Strings { values: vec![self.placeholder(site)], known: false })
    }

    fn flatten(&self, site: Site, context: &Context, depth: u32, into: &mut Vec<Site>) {
        match self.list(self.concrete(site, context)).filter(|_| depth > 0) {
            Some(items) => items.into_iter().for_each(|item| self.flatten(item, context, depth - 1, into)),
            None => into.push(site),
        }
    }

    /// Names of routes, options and the like among the arguments.
    fn is_no_handler(&self, site: Site, context: &Context) -> bool {
        let at = self.concrete(site, context);
        if self
            .models
            .mounts
            .iter()
            .any(|mount| !mount.includes.is_empty() && is_include(self, &mount.includes, at, context))
        {
            return true;
        }
        matches!(self.facts.program.op(at), Op::Const(_) | Op::Concat(_) | Op::Dict(_))
    }

    /// The HTTP methods told by a registration; empty when it tells none.
    fn methods(
        &self,
        entry: &Entry,
        node: Option<NodeId>,
        call: Site,
        context: &Context,
        each: Option<Site>,
    ) -> Strings {
        match (&entry.method, node) {
            (Some(method), Some(node)) if method == "name" => {
                return Strings { values: vec![self.facts.trie.last_name(node).to_ascii_uppercase()], known: true };
            }
            (Some(method), _) => return Strings { values: vec![method.clone()], known: true },
            (None, _) => {}
        }
        for path in &entry.methods {
            for site in self.follow(call, path, context, each) {
                let strings = self.strings(site, context);
                let values: Vec<String> = strings
                    .values
                    .iter()
                    .map(|method| if method == "*" { "ANY".to_owned() } else { method.to_ascii_uppercase() })
                    .collect();
                if values.is_empty() {
                    if matches!(self.facts.possible(site).single(), Some(crate::Value::Null)) {
                        continue;
                    }
                    return Strings { values: vec!["ANY".to_owned()], known: false };
                }
                return Strings { values, known: strings.known };
            }
        }
        Strings { values: Vec::new(), known: true }
    }

    /// What a value registered as a handler is.
    fn handler(&self, site: Site, context: &Context) -> Handler {
        let name = || self.facts.name_of(site).unwrap_or_else(|| ANONYMOUS.to_owned());
        for origin in self.origins(site, context) {
            match origin {
                Origin::Function(unit, body) => return Handler::Function(unit, body),
                Origin::Class(unit, class) if self.view_of(unit, class).is_some() => return Handler::View(unit, class),
                Origin::Api(node, made) if self.models.views.iter().any(|view| view.via.contains(&node)) => {
                    // `Class.as_view("name")`: the class is the receiver of the call that made the view.
                    let Some(receiver) = self.facts.receiver(made) else { continue };
                    for origin in self.origins(receiver, context) {
                        if let Origin::Class(unit, class) = origin {
                            return Handler::View(unit, class);
                        }
                    }
                }
                _ => {}
            }
        }
        // A handler wrapped by something unknown: `asyncHandler(async (req, res) => …)`.
        let at = self.concrete(site, context);
        if let Op::Call { args, .. } = self.facts.program.op(at) {
            for arg in args.iter().rev() {
                let inner = Site { value: arg.value, ..at };
                if let Some((unit, body)) = self.functions(inner, context).first().copied() {
                    return Handler::Function(unit, body);
                }
            }
        }
        Handler::Other(name())
    }

    /// One draft for every path and method.
    fn expand(
        &self,
        entry: &Entry,
        draft: &Draft,
        paths: &Strings,
        methods: Strings,
        handler: &Handler,
        drafts: &mut Vec<Draft>,
    ) {
        let known = draft.known && methods.known;
        let draft = Draft { known, ..draft.clone() };
        match handler {
            Handler::View(unit, class) => {
                self.expand_view(entry, &draft, paths, &methods.values, (*unit, *class), drafts);
            }
            Handler::Function(unit, body) => {
                let methods = self.methods_or_default(entry, methods.values);
                let own = self.handler_name(*unit, *body);
                let name = if own == ANONYMOUS && !draft.name.is_empty() { draft.name.clone() } else { own };
                self.push_all(&Draft { handler: Some((*unit, *body)), name, ..draft }, paths, &methods, drafts);
            }
            Handler::Other(name) => {
                let methods = self.methods_or_default(entry, methods.values);
                self.push_all(&Draft { name: name.clone(), ..draft }, paths, &methods, drafts);
            }
        }
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    fn methods_or_default(&self, entry: &Entry, methods: Vec<String>) -> Vec<String> {
        match (methods.is_empty(), entry.default_methods.is_empty()) {
            (false, _) => methods,
            (true, false) => entry.default_methods.clone(),
            (true, true) => vec!["ANY".to_owned()],
        }
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    pub(super) fn push_all(&self, draft: &Draft, paths: &Strings, methods: &[String], drafts: &mut Vec<Draft>) {
        for path in &paths.values {
            for method in methods {
                drafts.push(Draft { path: path.clone(), method: method.clone(), ..draft.clone() });
            }
        }
    }

    fn expand_view(
        &self,
        entry: &Entry,
        draft: &Draft,
        paths: &Strings,
        methods: &[String],
        class: (UnitId, ClassId),
        drafts: &mut Vec<Draft>,
    ) {
        let view = self.view(class.0, class.1);
        for (method, unit, body) in &view.methods {
            let asked = methods.is_empty() || methods.iter().any(|asked| asked == method || asked == "ANY");
            if asked {
                self.push_view(draft, class, &view, method, (*unit, *body), paths, drafts);
            }
        }
        if let Some((unit, body)) = view.dispatch.filter(|_| view.methods.is_empty()) {
            let methods = if methods.is_empty() { view.listed.clone() } else { methods.to_vec() };
            for method in self.methods_or_default(entry, methods) {
                self.push_view(draft, class, &view, &method, (unit, body), paths, drafts);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one route")]
    fn push_view(
        &self,
        draft: &Draft,
        class: (UnitId, ClassId),
        view: &super::views::View,
        method: &str,
        handler: (UnitId, BodyId),
        paths: &Strings,
        drafts: &mut Vec<Draft>,
    ) {
        let module = &self.facts.program.unit(class.0).module;
        let function = self.facts.program.body(handler.0, handler.1);
        let name = format!(
            "{}.{}",
            module.name(module.classes[class.1.index()].name),
            self.handler_name(handler.0, handler.1)
        );
        let mut draft = Draft { handler: Some(handler), name, ..draft.clone() };
        draft.guards.extend(view.guards.iter().cloned());
        draft.guards.extend(self.decorator_guards(handler.0, &function.decorators));
        draft.lifted.extend(self.lifted(handler.0, &function.decorators));
        self.push_all(&draft, paths, &[method.to_owned()], drafts);
    }

    /// A function's name, or its class's for a callable object.
    pub(super) fn handler_name(&self, unit: UnitId, body: BodyId) -> String {
        let module = &self.facts.program.unit(unit).module;
        let name = module.name(module.body(body).name);
        if name.is_empty() { ANONYMOUS.to_owned() } else { name.to_owned() }
    }

    /// Routes registered by decorators.
    pub(super) fn decorated(&self, drafts: &mut Vec<Draft>) {
        if self.models.entries.iter().all(|entry| entry.decorators.is_empty()) {
            return;
        }
        for unit in self.facts.program.ids() {
            let module = &self.facts.program.unit(unit).module;
            for (at, body) in module.bodies.iter().enumerate() {
                if body.kind == BodyKind::Method {
                    continue;
                }
                self.decorated_with(unit, &body.decorators, &Handler::Function(unit, BodyId(at as u32)), drafts);
            }
            for (at, class) in module.classes.iter().enumerate() {
                let class_id = ClassId(at as u32);
                if !class.decorators.is_empty() && self.view_of(unit, class_id).is_some() {
                    self.decorated_with(unit, &class.decorators, &Handler::View(unit, class_id), drafts);
                }
            }
        }
    }

    fn decorated_with(&self, unit: UnitId, decorators: &[ValueRef], handler: &Handler, drafts: &mut Vec<Draft>) {
        for (position, decorator) in decorators.iter().enumerate() {
            let site = Site { unit, body: decorator.body, value: decorator.value };
            let Some(callee) = self.callee(site) else { continue };
            for (node, _) in self.facts.api(callee) {
                for entry in self.models.entries.iter().filter(|entry| entry.decorators.contains(&node)) {
                    // Only what stands below the registering decorator wraps the function that it registers.
                    self.register_decorator(entry, node, site, handler, &decorators[position + 1..], drafts);
                }
            }
        }
    }

    fn register_decorator(
        &self,
        entry: &Entry,
        node: NodeId,
        site: Site,
        handler: &Handler,
        inner: &[ValueRef],
        drafts: &mut Vec<Draft>,
    ) {
        for context in self.contexts(site) {
            let paths = self.paths(entry, site, &context, None);
            let paths = paths.unwrap_or(Strings { values: vec![String::new()], known: true });
            let mut guards = Vec::new();
            for guard in entry.guards.iter().flat_map(|path| self.follow(site, path, &context, None)) {
                guards.extend(self.guard_uses(guard, &context, site));
            }
            guards.extend(self.decorator_guards(site.unit, inner));
            let mut inputs = Vec::new();
            if let (Some(arguments), Handler::Function(unit, body)) = (&entry.arguments, handler) {
                self.argument_inputs(arguments, *unit, *body, &paths.values, &mut inputs, &mut guards);
            }
            let draft = Draft {
                framework: entry.framework.clone(),
                method: String::new(),
                path: String::new(),
                known: paths.known,
                at: site,
                written: (site.unit, self.facts.program.span(site)),
                routers: self.routers_of(entry, site, &context),
                handler: None,
                name: String::new(),
                guards,
                inputs,
                lifted: self.lifted(site.unit, inner),
                wrapper: None,
                keeps_end: true,
            };
            let methods = self.methods(entry, Some(node), site, &context, None);
            self.expand(entry, &draft, &paths, methods, handler, drafts);
        }
    }
}
