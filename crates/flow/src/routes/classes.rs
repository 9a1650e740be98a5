//! Controllers: decorated classes whose decorated methods are handlers.

use lunette_core::project::{GuardUse, Input};
use lunette_lang::ir::{BodyId, ClassId, ValueRef};

use super::limit::join;
use super::register::Draft;
use super::scene::{Context, Scene, Strings};
use crate::know::Origin;
use crate::models::ClassEntry;
use crate::program::{Site, UnitId};

impl Scene<'_> {
    /// Routes of controllers.
    pub(super) fn controllers(&self, drafts: &mut Vec<Draft>) {
        for entry in &self.models.classes {
            let applications = self.applications(entry);
            for unit in self.facts.program.ids() {
                let module = &self.facts.program.unit(unit).module;
                for (at, class) in module.classes.iter().enumerate() {
                    let found = class
                        .decorators
                        .iter()
                        .find_map(|decorator| self.decorator(unit, *decorator, &entry.decorators));
                    let Some(site) = found else { continue };
                    let routers = nearest(&applications, &self.facts.program.unit(unit).path, self);
                    self.controller(entry, site, (unit, ClassId(at as u32)), &routers, drafts);
                }
            }
        }
    }

    /// The decorator's site, if it is one of some API values, called or not.
    fn decorator(&self, unit: UnitId, decorator: ValueRef, nodes: &[crate::api::NodeId]) -> Option<Site> {
        let site = Site { unit, body: decorator.body, value: decorator.value };
        let callee = self.callee(site).unwrap_or(site);
        self.facts.api(callee).iter().any(|(node, _)| nodes.contains(node)).then_some(site)
    }

    /// The applications that serve such classes, by the call that made each.
    fn applications(&self, entry: &ClassEntry) -> Vec<Site> {
        let mut made: Vec<Site> = self
            .facts
            .calls
            .iter()
            .filter(|call| {
                self.facts
                    .api(call.site)
                    .iter()
                    .any(|(node, made)| entry.application.contains(node) && *made == call.site)
            })
            .map(|call| call.site)
            .collect();
        made.dedup();
        made
    }

    fn controller(
        &self,
        entry: &ClassEntry,
        decorator: Site,
        class: (UnitId, ClassId),
        routers: &[Site],
        drafts: &mut Vec<Draft>,
    ) {
        let context = Context::default();
        let given = self.first(decorator, &entry.prefix, &context, None);
        let mut prefix = Strings { values: Vec::new(), known: true };
        for site in given {
            let strings = self.strings(site, &context);
            if !strings.values.is_empty() {
                prefix.known &= strings.known;
                prefix.values.extend(strings.values);
            } else if !matches!(self.facts.program.op(self.concrete(site, &context)), lunette_lang::ir::Op::Dict(_)) {
                prefix.known = false;
                prefix.values.push(self.placeholder(site));
            }
        }
        if prefix.values.is_empty() {
            prefix.values.push(String::new());
        }
        let class_versions = self.versions(
            entry,
            entry.version.iter().flat_map(|path| self.follow(decorator, path, &context, None)).collect(),
        );
        let lineage = self.lineage(class.0, class.1);
        let class_guards: Vec<GuardUse> = lineage
            .iter()
            .flat_map(|(unit, class)| {
                self.guards_of(entry, *unit, &self.facts.program.unit(*unit).module.classes[class.index()].decorators)
            })
            .collect();
        let module = &self.facts.program.unit(class.0).module;
        let class_lifts = self.lifted(class.0, &module.classes[class.1.index()].decorators);
        let mut seen = Vec::new();
        for (unit, class) in lineage {
            let module = &self.facts.program.unit(unit).module;
            for &(name, body) in &module.classes[class.index()].methods {
                let name = module.name(name).to_owned();
                if seen.contains(&name) {
                    continue;
                }
                for decorated in &module.body(body).decorators {
                    let Some((site, method)) = self.method_decorator(entry, unit, *decorated) else { continue };
                    let draft = Draft {
                        framework: entry.framework.clone(),
                        method,
                        path: String::new(),
                        known: prefix.known,
                        at: site,
                        written: (unit, self.facts.program.span(site)),
                        routers: routers.to_vec(),
                        handler: Some((unit, body)),
                        name: name.clone(),
                        guards: class_guards
                            .iter()
                            .cloned()
                            .chain(self.guards_of(entry, unit, &module.body(body).decorators))
                            .collect(),
                        inputs: self.decorated_inputs(entry, unit, body),
                        lifted: class_lifts
                            .iter()
                            .copied()
                            .chain(self.lifted(unit, &module.body(body).decorators))
                            .collect(),
                        wrapper: None,
                        keeps_end: false,
                    };
                    let own = self.own_versions(entry, unit, &module.body(body).decorators);
                    self.push_method(entry, &draft, &prefix, own.as_ref().unwrap_or(&class_versions), drafts);
                }
                seen.push(name);
            }
        }
    }

    fn push_method(
        &self,
        entry: &ClassEntry,
        draft: &Draft,
        prefix: &Strings,
        versions: &[String],
        drafts: &mut Vec<Draft>,
    ) {
        let context = Context::default();
        let mut paths = Strings { values: Vec::new(), known: true };
        for site in self.first(draft.at, &entry.path, &context, None) {
            let strings = self.strings(site, &context);
            paths.known &= strings.known;
            if strings.values.is_empty()
                && !matches!(self.facts.program.op(self.concrete(site, &context)), lunette_lang::ir::Op::Dict(_))
            {
                paths.values.push(self.placeholder(site));
            }
            paths.values.extend(strings.values);
        }
        if paths.values.is_empty() {
            paths = Strings { values: vec![String::new()], known: true };
        }
        let none = [String::new()];
        for version in if versions.is_empty() { &none[..] } else { versions } {
            for first in &prefix.values {
                for second in &paths.values {
                    let version = if version.is_empty() { String::new() } else { format!("/v{version}") };
                    let path = join(&join(&version, first, false), second, false);
                    drafts.push(Draft { path, known: draft.known && paths.known, ..draft.clone() });
                }
            }
        }
    }

    fn method_decorator(&self, entry: &ClassEntry, unit: UnitId, decorator: ValueRef) -> Option<(Site, String)> {
        let site = Site { unit, body: decorator.body, value: decorator.value };
        let callee = self.callee(site)?;
        let method = self.facts.api(callee).iter().find_map(|(node, _)| entry.methods.get(node).cloned())?;
        Some((site, method))
    }

    /// Versions that stand in the path; none where versioning is told elsewhere.
    fn versions(&self, entry: &ClassEntry, sites: Vec<Site>) -> Vec<String> {
        if self.versions_elsewhere(entry) {
            return Vec::new();
        }
        let context = Context::default();
        let mut versions: Vec<String> =
            sites.into_iter().flat_map(|site| self.strings(site, &context).values).collect();
        for version in &mut versions {
            if entry.neutral.contains(version) {
                version.clear();
            }
        }
        versions
    }

    fn own_versions(&self, entry: &ClassEntry, unit: UnitId, decorators: &[ValueRef]) -> Option<Vec<String>> {
        let site =
            decorators.iter().find_map(|decorator| self.decorator(unit, *decorator, &entry.version_decorators))?;
        let first = self.arguments(site, &Context::default()).first().map(|(site, _)| *site)?;
        Some(self.versions(entry, vec![first]))
    }

    fn versions_elsewhere(&self, entry: &ClassEntry) -> bool {
        let Some(kind) = &entry.version_kind else { return false };
        entry.version_calls.iter().flat_map(|node| self.facts.calls_of(*node)).any(|call| {
            self.follow(call.site, kind, &Context::default(), None)
                .into_iter()
                .any(|site| self.facts.api(site).iter().any(|(node, _)| entry.version_elsewhere.contains(node)))
        })
    }

    /// Guards that decorators of a class or method apply, also through decorators of the project that combine others.
    fn guards_of(&self, entry: &ClassEntry, unit: UnitId, decorators: &[ValueRef]) -> Vec<GuardUse> {
        let mut found = Vec::new();
        for decorator in decorators {
            let site = Site { unit, body: decorator.body, value: decorator.value };
            let callee = self.callee(site).unwrap_or(site);
            if self.facts.api(callee).iter().any(|(node, _)| entry.guards.contains(node)) {
                for (argument, _) in self.arguments(site, &Context::default()) {
                    found.extend(self.guard_uses(argument, &Context::default(), site));
                }
                continue;
            }
            if let Some(proves) = self.facts.api(callee).iter().find_map(|(node, _)| self.models.guards.get(node)) {
                let name = self.facts.name_of(callee).unwrap_or_default();
                found.push(GuardUse { name, proves: *proves, place: self.facts.place(site) });
                continue;
            }
            for origin in self.facts.known.origins(callee) {
                let Origin::Function(unit, body) = *origin else { continue };
                for (unit, body) in self.graph.reached((unit, body), 1) {
                    found.extend(self.combined(entry, unit, body));
                }
            }
        }
        found
    }

    /// Guards applied by a decorator of the project: `applyDecorators(UseGuards(…))`.
    fn combined(&self, entry: &ClassEntry, unit: UnitId, body: BodyId) -> Vec<GuardUse> {
        let mut found = Vec::new();
        for &node in &entry.guards {
            for call in self.facts.calls_of(node).filter(|call| (call.site.unit, call.site.body) == (unit, body)) {
                for (argument, _) in self.arguments(call.site, &Context::default()) {
                    found.extend(self.guard_uses(argument, &Context::default(), call.site));
                }
            }
        }
        found
    }

    /// Inputs that decorated parameters read.
    fn decorated_inputs(&self, entry: &ClassEntry, unit: UnitId, body: BodyId) -> Vec<Input> {
        let mut inputs = Vec::new();
        for param in &self.facts.program.body(unit, body).params {
            for decorator in &param.decorators {
                let site = Site { unit, body: decorator.body, value: decorator.value };
                let callee = self.callee(site).unwrap_or(site);
                let Some(kind) = self.facts.api(callee).iter().find_map(|(node, _)| entry.inputs.get(node).copied())
                else {
                    continue;
                };
                let arguments = self.arguments(site, &Context::default());
                let names = arguments
                    .first()
                    .map(|(site, _)| self.strings(*site, &Context::default()).values)
                    .unwrap_or_default();
                inputs.push(Input { name: names.into_iter().next().unwrap_or_else(|| "*".to_owned()), kind });
            }
        }
        inputs
    }
}

/// The application nearest to a file: made in the deepest folder that the file lies below; else the only one there is.
fn nearest(applications: &[Site], path: &str, scene: &Scene) -> Vec<Site> {
    let folder = |site: &Site| {
        let own = &scene.facts.program.unit(site.unit).path;
        own.rfind('/').map_or(String::new(), |at| own[..=at].to_owned())
    };
    let above: Vec<&Site> = applications.iter().filter(|site| path.starts_with(&folder(site))).collect();
    match above.iter().map(|site| folder(site).len()).max() {
        Some(deepest) => above.into_iter().filter(|site| folder(site).len() == deepest).copied().take(1).collect(),
        None if applications.len() == 1 => applications.to_vec(),
        None => Vec::new(),
    }
}
