//! Routers: their prefixes, how they are mounted in each other, and what is applied to all their routes.

use lunette_core::project::{GuardUse, Proves};
use lunette_lang::ir::{BodyId, Op, ValueId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::limit::{Limit, join};
use super::mounts::{children_of, excluded, fill, first_path, handles_errors, itself};
use super::scene::{Context, Scene, Strings};
use crate::models::{Mount, Use};
use crate::program::{Site, UnitId};

/// Most chains of mounts that one router is served through.
const MAX_CHAINS: usize = 48;
/// Longest chain of mounts.
const MAX_CHAIN: usize = 16;

/// One router mounted in another.
#[derive(Clone, Debug)]
pub(super) struct Mounted {
    pub(super) parent: Site,
    /// Prefixes given by the mount; empty for none.
    pub(super) prefix: Strings,
    pub(super) replaces: bool,
    /// The mounting call, and the position of the child among its arguments.
    pub(super) at: Site,
    pub(super) argument: usize,
    pub(super) guards: Vec<GuardUse>,
}

/// A guard applied to a router's routes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Applied {
    pub(super) guard: GuardUse,
    pub(super) at: Site,
    pub(super) argument: usize,
    pub(super) limits: Vec<Limit>,
    pub(super) everywhere: bool,
    pub(super) whole_application: bool,
}

/// All routers of a program, by the site that made each.
#[derive(Debug, Default)]
pub(super) struct Routers {
    prefixes: FxHashMap<Site, Strings>,
    excluded: FxHashMap<Site, Vec<String>>,
    own_guards: FxHashMap<Site, Vec<GuardUse>>,
    mounts: FxHashMap<Site, Vec<Mounted>>,
    applied: FxHashMap<Site, Vec<Applied>>,
    whole: Vec<(Vec<Site>, Applied)>,
}

/// One link of a chain: a router, and how the next one is mounted in it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) router: Site,
    pub(super) prefix: String,
    pub(super) known: bool,
    pub(super) mount: Option<Mounted>,
}

impl Routers {
    pub(super) fn new(scene: &Scene) -> Self {
        let mut routers = Routers::default();
        for mount in &scene.models.mounts {
            for &node in &mount.calls {
                for call in scene.facts.calls_of(node) {
                    for context in scene.contexts(call.site) {
                        routers.mount(scene, mount, call.site, &context);
                    }
                }
            }
        }
        for used in &scene.models.uses {
            for &node in &used.calls {
                for call in scene.facts.calls_of(node) {
                    for context in scene.contexts(call.site) {
                        routers.apply(scene, used, call.site, &context);
                    }
                }
            }
        }
        routers.apply_decorated(scene);
        routers.share(scene);
        routers.set_prefixes(scene);
        for list in routers.applied.values_mut() {
            list.sort_by_cached_key(|applied| {
                (scene.facts.place(applied.at), applied.argument, applied.guard.name.clone())
            });
        }
        routers.gather_whole();
        routers
    }

    fn mount(&mut self, scene: &Scene, mount: &Mount, call: Site, context: &Context) {
        let parents: Vec<Site> = match &mount.parent {
            Some(path) => scene.follow(call, path, context, None),
            None => scene.facts.receiver(call).into_iter().collect(),
        };
        let mut parents: Vec<Site> =
            parents.into_iter().flat_map(|site| scene.routers(site, context)).map(|(_, made)| made).collect();
        if !mount.includes.is_empty() {
            parents.push(module_router(call.unit));
        }
        if parents.is_empty() {
            return;
        }
        let prefix = first_path(scene, mount, call, context);
        let guards: Vec<GuardUse> = mount
            .guards
            .iter()
            .flat_map(|path| scene.follow(call, path, context, None))
            .flat_map(|site| scene.guard_uses(site, context, call))
            .collect();
        let mut children: Vec<(Site, usize, Strings)> = Vec::new();
        if let Some(folder) = &mount.folder {
            for (child, own) in super::folders::folder_children(scene, mount, folder, call, context) {
                let prefix = if prefix.values.is_empty() {
                    own
                } else {
                    let values = prefix
                        .values
                        .iter()
                        .flat_map(|first| own.values.iter().map(move |second| join(first, second, false)))
                        .collect();
                    Strings { values, known: prefix.known && own.known }
                };
                children.push((child, 0, prefix));
            }
        } else if let Some(child) = &mount.child {
            for (position, site) in scene.follow(call, child, context, None).into_iter().enumerate() {
                let included = super::includes::included(scene, &mount.includes, site, context);
                for made in children_of(scene, mount, site, context, 3).into_iter().chain(included.map(module_router)) {
                    children.push((made, position, prefix.clone()));
                }
            }
        }
        for (child, argument, prefix) in children {
            for &parent in parents.iter().filter(|parent| **parent != child) {
                let mounted = Mounted {
                    parent,
                    prefix: prefix.clone(),
                    replaces: mount.replaces_prefix && !prefix.values.is_empty(),
                    at: context.caller.unwrap_or(call),
                    argument,
                    guards: guards.clone(),
                };
                let list = self.mounts.entry(child).or_default();
                if list.len() < MAX_CHAINS
                    && !list.iter().any(|known| known.parent == parent && known.prefix.values == mounted.prefix.values)
                {
                    list.push(mounted);
                }
            }
        }
    }

    fn apply(&mut self, scene: &Scene, used: &Use, call: Site, context: &Context) {
        if let Some((path, names)) = &used.when {
            let given: Vec<String> = scene
                .follow(call, path, context, None)
                .into_iter()
                .flat_map(|site| scene.strings(site, context).values)
                .collect();
            if !given.iter().any(|name| names.contains(name)) {
                return;
            }
        }
        if used.needs.as_ref().is_some_and(|path| scene.follow(call, path, context, None).is_empty()) {
            return;
        }
        let routers: Vec<Site> = match &used.router {
            Some(path) => scene.follow(call, path, context, None),
            None => scene.facts.receiver(call).into_iter().collect(),
        };
        let paths: Vec<Site> = used
            .path
            .iter()
            .flat_map(|path| scene.follow(call, path, context, None))
            .filter(|site| scene.looks_like_path(*site, context))
            .collect();
        let limits: Vec<String> = paths.iter().flat_map(|site| scene.strings(*site, context).values).collect();
        let mut guards: Vec<(usize, GuardUse)> = Vec::new();
        if used.functions.is_empty()
            && let Some(callee) = scene.callee(call)
        {
            guards.extend(itself(scene, callee, call).map(|guard| (0, guard)));
        }
        for (position, site) in
            used.functions.iter().flat_map(|path| scene.follow(call, path, context, None)).enumerate()
        {
            if paths.contains(&site)
                || !scene.routers(site, context).is_empty()
                || handles_errors(scene, used, site, context)
            {
                continue;
            }
            if used.values_only && !scene.is_library_guard(site, context) {
                continue;
            }
            guards.extend(scene.guard_uses(site, context, call).into_iter().map(|guard| (position, guard)));
        }
        if let Some(proves) = used.proves {
            let named =
                scene.arguments(call, context).first().and_then(|(site, _)| scene.strings(*site, context).values.pop());
            let name = named.or_else(|| scene.facts.name_of(call)).unwrap_or_default();
            guards = vec![(0, GuardUse { name, proves, place: scene.facts.place(call) })];
        }
        if used.proving {
            guards.retain(|(_, guard)| guard.proves != Proves::Unknown);
        }
        for router in routers {
            for (_, made) in scene.routers(router, context) {
                for (argument, guard) in &guards {
                    self.add(made, used, guard.clone(), call, *argument, &limits);
                }
            }
        }
    }

    fn add(&mut self, router: Site, used: &Use, guard: GuardUse, at: Site, argument: usize, paths: &[String]) {
        let limits = paths.iter().map(|path| Limit::new(path)).collect();
        let applied = Applied {
            guard,
            at,
            argument,
            limits,
            everywhere: used.everywhere,
            whole_application: used.whole_application,
        };
        self.applied.entry(router).or_default().push(applied);
    }

    /// Hooks that decorate their function: `@app.before_request`.
    fn apply_decorated(&mut self, scene: &Scene) {
        if scene.models.uses.iter().all(|used| used.decorators.is_empty()) {
            return;
        }
        for unit in scene.facts.program.ids() {
            let module = &scene.facts.program.unit(unit).module;
            for (at, body) in module.bodies.iter().enumerate() {
                for decorator in &body.decorators {
                    let site = Site { unit, body: decorator.body, value: decorator.value };
                    let callee = scene.callee(site).unwrap_or(site);
                    for (node, object) in scene.facts.api(callee) {
                        let Some(used) = scene.models.uses.iter().find(|used| used.decorators.contains(&node)) else {
                            continue;
                        };
                        let body_id = BodyId(at as u32);
                        let guard = GuardUse {
                            name: module.name(body.name).to_owned(),
                            proves: scene.verdict(unit, body_id),
                            place: scene.facts.program.place(unit, body.name_span),
                        };
                        self.add(object, used, guard, site, 0, &[]);
                    }
                }
            }
        }
    }

    /// What functions apply that share the outer router holds there, too.
    fn share(&mut self, scene: &Scene) {
        let context = Context::default();
        let mut shared: FxHashSet<(UnitId, BodyId)> = FxHashSet::default();
        for node in scene.models.mounts.iter().flat_map(|mount| &mount.shared_through) {
            for call in scene.facts.calls_of(*node) {
                for (argument, _) in scene.arguments(call.site, &context) {
                    shared.extend(scene.functions(argument, &context));
                }
            }
        }
        let mut inner: Vec<Site> =
            self.mounts.keys().filter(|site| shared.contains(&(site.unit, site.body))).copied().collect();
        inner.sort_unstable();
        // One round for each level of nesting.
        for _ in 0..MAX_CHAIN {
            let mut more: Vec<(Site, Applied)> = Vec::new();
            for child in &inner {
                for parent in self.mounts[child].iter().map(|mount| mount.parent).filter(|parent| parent != child) {
                    let known = self.applied(parent);
                    more.extend(
                        self.applied(*child)
                            .iter()
                            .filter(|applied| !known.contains(applied))
                            .map(|applied| (parent, applied.clone())),
                    );
                }
            }
            if more.is_empty() {
                return;
            }
            for (parent, applied) in more {
                let list = self.applied.entry(parent).or_default();
                if !list.contains(&applied) {
                    list.push(applied);
                }
            }
        }
    }

    fn set_prefixes(&mut self, scene: &Scene) {
        for call in &scene.facts.calls {
            let Op::Call { .. } = scene.facts.program.op(call.site) else { continue };
            for (node, made) in scene.facts.api(call.site) {
                let Some(router) = scene.models.routers.get(&node).filter(|_| made == call.site) else { continue };
                let context = Context::default();
                for template in &router.prefix {
                    if let Some(prefix) = fill(scene, &template.0, call.site, &context) {
                        self.prefixes.insert(made, prefix);
                        break;
                    }
                }
                let guards: Vec<GuardUse> = router
                    .guards
                    .iter()
                    .flat_map(|path| scene.follow(call.site, path, &context, None))
                    .flat_map(|site| scene.guard_uses(site, &context, call.site))
                    .collect();
                if !guards.is_empty() {
                    self.own_guards.insert(made, guards);
                }
            }
        }
        for model in &scene.models.prefix_calls {
            for call in scene.facts.calls_of(model.call) {
                let arguments = scene.arguments(call.site, &Context::default());
                let Some((first, _)) = arguments.first() else { continue };
                let prefix = scene.strings(*first, &Context::default());
                let Some(receiver) = scene.facts.receiver(call.site) else { continue };
                for (_, made) in scene.routers(receiver, &Context::default()) {
                    let prefix = if prefix.values.is_empty() {
                        Strings { values: vec![scene.placeholder(*first)], known: false }
                    } else {
                        prefix.clone()
                    };
                    self.prefixes.insert(made, prefix);
                    if let Some(exclude) = &model.exclude {
                        self.excluded.insert(made, excluded(scene, call.site, exclude));
                    }
                }
            }
        }
    }

    /// What applies to whole applications, each with the routers at whose root it does.
    pub(super) fn whole_application(&self) -> &[(Vec<Site>, Applied)] {
        &self.whole
    }

    fn gather_whole(&mut self) {
        let mut all: Vec<(Site, Applied)> = Vec::new();
        for (router, list) in &self.applied {
            all.extend(
                list.iter().filter(|applied| applied.whole_application).map(|applied| (*router, applied.clone())),
            );
        }
        all.sort_by_key(|(router, applied)| (*router, applied.at));
        let roots = |router: Site| {
            self.chains(router).iter().filter_map(|chain| chain.first().map(|link| link.router)).collect()
        };
        self.whole = all.into_iter().map(|(router, applied)| (roots(router), applied)).collect();
    }

    pub(super) fn applied(&self, router: Site) -> &[Applied] {
        self.applied.get(&router).map_or(&[], Vec::as_slice)
    }

    pub(super) fn own_guards(&self, router: Site) -> &[GuardUse] {
        self.own_guards.get(&router).map_or(&[], Vec::as_slice)
    }

    /// Whether a path is left out of a router's prefix.
    pub(super) fn is_excluded(&self, router: Site, path: &str) -> bool {
        let trim = |text: &str| text.trim_matches('/').to_owned();
        self.excluded.get(&router).is_some_and(|list| list.iter().any(|excluded| trim(excluded) == trim(path)))
    }

    /// The chains of routers that lead to one, outermost first. A router mounted nowhere is a chain of its own.
    pub(super) fn chains(&self, router: Site) -> Vec<Vec<Link>> {
        let mut chains = Vec::new();
        self.climb(router, None, &mut Vec::new(), &mut chains);
        for chain in &mut chains {
            chain.reverse();
        }
        chains
    }

    fn climb(
        &self,
        router: Site,
        mounted: Option<&(Mounted, String, bool)>,
        below: &mut Vec<Link>,
        chains: &mut Vec<Vec<Link>>,
    ) {
        if chains.len() >= MAX_CHAINS || below.len() >= MAX_CHAIN || below.iter().any(|link| link.router == router) {
            return;
        }
        let own = self.prefixes.get(&router).cloned().unwrap_or(Strings { values: vec![String::new()], known: true });
        let mounts = self.mounts.get(&router).map_or(&[][..], Vec::as_slice);
        // How the router below is mounted here belongs to the link of this router.
        let through = |own: &str, own_known: bool| {
            let (mount, prefix, known) = match mounted.cloned() {
                Some((mount, prefix, known)) => (Some(mount), prefix, known),
                None => (None, String::new(), true),
            };
            Link { router, prefix: join(own, &prefix, false), known: known && own_known, mount }
        };
        if mounts.iter().all(|mount| mount.parent == router) {
            for value in &own.values {
                below.push(through(value, own.known));
                chains.push(below.clone());
                below.pop();
            }
            return;
        }
        for mount in mounts {
            let none = [String::new()];
            let prefixes = if mount.prefix.values.is_empty() { &none[..] } else { &mount.prefix.values[..] };
            for prefix in prefixes {
                let own: &[String] = if mount.replaces { &none } else { &own.values };
                for value in own {
                    below.push(through(value, true));
                    let known = mount.prefix.known || mount.prefix.values.is_empty();
                    self.climb(mount.parent, Some(&(mount.clone(), prefix.clone(), known)), below, chains);
                    below.pop();
                }
            }
        }
    }
}

/// A module as a router.
pub(super) fn module_router(unit: UnitId) -> Site {
    Site { unit, body: BodyId::MODULE, value: ValueId(u32::MAX) }
}
