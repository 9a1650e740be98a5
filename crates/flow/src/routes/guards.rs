//! Values used as middleware, decorator, hook or dependency, and what each proves.

use lunette_core::Place;
use lunette_core::project::{GuardUse, Proves};
use lunette_lang::ir::{BodyId, ClassId, Op, ValueId, ValueRef};

use super::scene::{Context, Scene};
use super::verdict::sounds_like_guard;
use crate::know::Origin;
use crate::program::{Site, Target, UnitId};

/// Methods by which a class guards requests.
const GUARD_METHODS: [&str; 6] = ["canActivate", "has_permission", "use", "__call__", "dispatch", "handle"];
/// Deepest nesting of lists of guards.
const MAX_NESTING: u32 = 4;

/// What a value is as a guard.
enum Kind {
    /// It proves this.
    Proves(Proves),
    /// A part of a library that is no guard (a body parser), or no function at all.
    Nothing,
}

impl Scene<'_> {
    /// The guards that a value stands for: one, several for a list, none for what is known not to be one.
    /// `at` is what applies them: a value is placed where it is made, which need not be there.
    pub(super) fn guard_uses(&self, site: Site, context: &Context, at: Site) -> Vec<GuardUse> {
        let mut found = Vec::new();
        self.add_guards(site, context, MAX_NESTING, &mut found);
        let within = self.facts.program.place(at.unit, self.facts.program.span(at));
        for guard in &mut found {
            let start = |place: &Place| (place.line, place.column);
            let end = (guard.place.end_line, guard.place.end_column);
            let inside = guard.place.path == within.path
                && start(&within) <= start(&guard.place)
                && end <= (within.end_line, within.end_column);
            if !inside {
                guard.place = within.clone();
            }
        }
        found
    }

    fn add_guards(&self, site: Site, context: &Context, depth: u32, into: &mut Vec<GuardUse>) {
        if depth == 0 {
            return;
        }
        let concrete = self.concrete(site, context);
        if let Some(items) = self.list(concrete) {
            for item in items {
                self.add_guards(item, context, depth - 1, into);
            }
            return;
        }
        let Kind::Proves(proves) = self.classify(site, concrete, context) else { return };
        let named = self.guard_name(site, concrete, context);
        let Some(name) = named.or_else(|| self.facts.name_of(site)).or_else(|| self.facts.name_of(concrete)) else {
            // A function written in place has no name; it matters only for what it proves.
            if proves != Proves::Unknown {
                into.push(GuardUse { name: "<anonymous>".to_owned(), proves, place: self.facts.place(site) });
            }
            return;
        };
        into.push(GuardUse { name, proves, place: self.facts.place(site) });
    }

    /// The name of a guard where the last name in its expression is not it: a chain of calls is named by the first, a
    /// wrapped function by itself.
    fn guard_name(&self, site: Site, concrete: Site, context: &Context) -> Option<String> {
        let callee = self.callee(concrete)?;
        self.origins(site, context).into_iter().find_map(|origin| match origin {
            Origin::Api(_, made) if made != concrete && self.callee(made).is_some() => self.facts.name_of(made),
            Origin::Function(unit, body) if !self.facts.api(callee).is_empty() => {
                let name = self.handler_name(unit, body);
                (name != super::register::ANONYMOUS).then_some(name)
            }
            _ => None,
        })
    }

    /// Whether a value is something that models name a guard.
    pub(super) fn is_library_guard(&self, site: Site, context: &Context) -> bool {
        self.origins(site, context)
            .iter()
            .any(|origin| matches!(origin, Origin::Api(node, _) if self.models.guards.contains_key(node)))
    }

    fn classify(&self, site: Site, concrete: Site, context: &Context) -> Kind {
        let origins = self.origins(site, context);
        let mut best: Option<Proves> = None;
        let mut library = false;
        for &origin in &origins {
            let proves = match origin {
                Origin::Api(node, _) => {
                    library = true;
                    self.models.guards.get(&node).copied()
                }
                Origin::Function(unit, body) if self.names_privilege(concrete) && self.tests_privilege(unit, body) => {
                    Some(Proves::Authorized)
                }
                Origin::Function(unit, body) => Some(self.verdict(unit, body)),
                Origin::Class(unit, class) | Origin::Instance(unit, class) => self.class_proves(unit, class, 4),
                Origin::Module(_) | Origin::Literal(_) => None,
            };
            if let Some(proves) = proves
                && best.is_none_or(|known| known == Proves::Unknown)
            {
                best = Some(proves);
            }
        }
        if let Some(proves) = best {
            return Kind::Proves(proves);
        }
        let named = self.facts.name_of(concrete).is_some_and(|name| sounds_like_guard(&name));
        if named {
            return Kind::Proves(Proves::Unknown);
        }
        let foreign = library || self.is_of_package(concrete, 8);
        if foreign || matches!(self.facts.program.op(concrete), Op::Const(_) | Op::Dict(_) | Op::Concat(_)) {
            return Kind::Nothing;
        }
        Kind::Proves(Proves::Unknown)
    }

    /// Whether a guard is made by a call that is given names: of roles, of rights.
    fn names_privilege(&self, made: Site) -> bool {
        let Op::Call { args, .. } = self.facts.program.op(made) else { return false };
        args.first()
            .is_some_and(|arg| !self.strings(Site { value: arg.value, ..made }, &Context::default()).values.is_empty())
    }

    /// Whether a value is made by a library about which nothing is known.
    fn is_of_package(&self, site: Site, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let to = |value: ValueId| Site { value, ..site };
        match self.facts.program.op(site) {
            Op::Import(import) => matches!(self.facts.program.target(site.unit, *import), Target::Package(_)),
            Op::Call { callee, .. } => self.is_of_package(to(*callee), depth - 1),
            Op::Load(base, _) => self.is_of_package(to(*base), depth - 1),
            Op::Assign(_, from) | Op::Await(from) => self.is_of_package(to(*from), depth - 1),
            Op::Outer(owner, var) => {
                let writes = &self.facts.program.body(site.unit, *owner).vars[var.index()].writes;
                writes.first().is_some_and(|write| {
                    self.is_of_package(Site { unit: site.unit, body: write.body, value: write.value }, depth - 1)
                })
            }
            _ => false,
        }
    }

    /// What a class proves whose instances guard requests: by its base, or by what its method does.
    fn class_proves(&self, unit: UnitId, class: ClassId, depth: u32) -> Option<Proves> {
        if depth == 0 {
            return None;
        }
        let module = &self.facts.program.unit(unit).module;
        let declared = &module.classes[class.index()];
        let own = declared.methods.iter().find(|(name, _)| GUARD_METHODS.contains(&module.name(*name)));
        let own = own.map(|(_, body)| self.verdict(unit, *body));
        if let Some(proves) = own
            && proves != Proves::Unknown
        {
            return Some(proves);
        }
        for base in &declared.bases {
            let site = Site { unit, body: base.body, value: base.value };
            for &origin in self.facts.known.origins(site) {
                let inherited = match origin {
                    Origin::Api(node, _) => self.models.guards.get(&node).copied(),
                    Origin::Class(unit, class) => self.class_proves(unit, class, depth - 1),
                    _ => None,
                };
                if inherited.is_some_and(|proves| proves != Proves::Unknown) {
                    return inherited;
                }
            }
        }
        own
    }

    /// Guards among decorators: the values of one function or class.
    pub(super) fn decorator_guards(&self, unit: UnitId, decorators: &[ValueRef]) -> Vec<GuardUse> {
        let mut found = Vec::new();
        for decorator in decorators {
            let site = Site { unit, body: decorator.body, value: decorator.value };
            if self.is_registration(site) {
                continue;
            }
            // `@guard` is the function itself; `@guard(…)` is what its call gives, or else the function called.
            let mut guards = self.guard_uses(site, &Context::default(), site);
            if guards.iter().all(|guard| guard.proves == Proves::Unknown)
                && let Op::Call { callee, .. } = self.facts.program.op(site)
            {
                let called = self.guard_uses(Site { value: *callee, ..site }, &Context::default(), site);
                if !called.is_empty() {
                    guards = called;
                }
            }
            found.extend(guards);
        }
        found
    }

    /// Whether a decorator registers a route, a hook or an error handler, and so is no guard.
    pub(super) fn is_registration(&self, decorator: Site) -> bool {
        let callee = match self.facts.program.op(decorator) {
            Op::Call { callee, .. } => Site { value: *callee, ..decorator },
            _ => decorator,
        };
        self.facts.known.origins(callee).iter().any(|origin| {
            let Origin::Api(node, made) = *origin else { return false };
            !self.models.guards.contains_key(&node)
                && (self.models.entries.iter().any(|entry| entry.decorators.contains(&node))
                    || self.models.uses.iter().any(|used| used.decorators.contains(&node))
                    || self.models.routers.keys().any(|router| self.facts.trie.parent(node) == Some(*router))
                        && made != callee)
        })
    }

    /// What decorators lift: `@csrf.exempt`, `@Public()`.
    pub(super) fn lifted(&self, unit: UnitId, decorators: &[ValueRef]) -> Vec<Proves> {
        let mut lifted = Vec::new();
        for decorator in decorators {
            let site = Site { unit, body: decorator.body, value: decorator.value };
            for value in [Some(site), self.callee(site)].into_iter().flatten() {
                for &origin in self.facts.known.origins(value) {
                    let Origin::Api(node, made) = origin else { continue };
                    for exemption in self.models.exemptions.iter().filter(|exemption| exemption.nodes.contains(&node)) {
                        let named = exemption.key.as_ref().is_none_or(|key| {
                            let first = self.arguments(made, &Context::default()).first().map(|(site, _)| *site);
                            first.is_some_and(|first| {
                                self.strings(first, &Context::default()).values.iter().any(|text| key.is_match(text))
                            })
                        });
                        if named {
                            lifted.extend(exemption.lifts.iter().copied());
                        }
                    }
                }
            }
        }
        lifted
    }

    pub(super) fn callee(&self, call: Site) -> Option<Site> {
        match self.facts.program.op(call) {
            Op::Call { callee, .. } => Some(Site { value: *callee, ..call }),
            _ => None,
        }
    }

    /// The functions that a value may be; a module stands for its default export.
    pub(super) fn functions(&self, site: Site, context: &Context) -> Vec<(UnitId, BodyId)> {
        let mut found = Vec::new();
        for origin in self.origins(site, context) {
            match origin {
                Origin::Function(unit, body) => found.push((unit, body)),
                Origin::Module(unit) => {
                    for name in ["default", "module.exports"] {
                        found.extend(self.facts.known.exported(unit, name).iter().filter_map(|origin| match *origin {
                            Origin::Function(unit, body) => Some((unit, body)),
                            _ => None,
                        }));
                    }
                }
                _ => {}
            }
        }
        found
    }
}
