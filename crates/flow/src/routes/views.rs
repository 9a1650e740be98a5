//! Classes whose methods are handlers: views named by HTTP method, and views whose decorated methods are routes.

use lunette_core::project::GuardUse;
use lunette_lang::ir::{BodyId, ClassId};

use super::register::Draft;
use super::scene::{Context, Scene, Strings};
use crate::know::Origin;
use crate::models::ViewClass;
use crate::program::{Site, UnitId};

/// Longest chain of base classes.
const MAX_BASES: u32 = 8;

/// A view class taken apart.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// HTTP method and the method of the class that handles it.
    pub(super) methods: Vec<(String, UnitId, BodyId)>,
    /// The method that handles all.
    pub(super) dispatch: Option<(UnitId, BodyId)>,
    /// HTTP methods that the class lists.
    pub(super) listed: Vec<String>,
    pub(super) guards: Vec<GuardUse>,
}

impl Scene<'_> {
    /// The model of view classes that a class falls under.
    pub(super) fn view_of(&self, unit: UnitId, class: ClassId) -> Option<&ViewClass> {
        if self.models.views.is_empty() {
            return None;
        }
        self.lineage(unit, class).into_iter().find_map(|(unit, class)| {
            let bases = &self.facts.program.unit(unit).module.classes[class.index()].bases;
            bases.iter().find_map(|base| {
                let site = Site { unit, body: base.body, value: base.value };
                self.facts.known.origins(site).iter().find_map(|origin| match *origin {
                    Origin::Api(node, _) => self.models.views.iter().find(|view| view.bases.contains(&node)),
                    _ => None,
                })
            })
        })
    }

    /// A class and its bases in the project, nearest first.
    pub(super) fn lineage(&self, unit: UnitId, class: ClassId) -> Vec<(UnitId, ClassId)> {
        let mut all = vec![(unit, class)];
        let mut next = 0;
        while next < all.len() && all.len() < MAX_BASES as usize {
            let (unit, class) = all[next];
            next += 1;
            for base in &self.facts.program.unit(unit).module.classes[class.index()].bases {
                for origin in self.facts.known.origins(Site { unit, body: base.body, value: base.value }) {
                    if let Origin::Class(unit, class) = *origin
                        && !all.contains(&(unit, class))
                    {
                        all.push((unit, class));
                    }
                }
            }
        }
        all
    }

    /// The value of a class attribute, from the class or its bases.
    pub(super) fn attribute(&self, lineage: &[(UnitId, ClassId)], name: &str) -> Option<Site> {
        lineage.iter().find_map(|&(unit, class)| {
            let module = &self.facts.program.unit(unit).module;
            let field = module.classes[class.index()].fields.iter().find(|field| module.name(field.name) == name)?;
            field.value.map(|at| Site { unit, body: at.body, value: at.value })
        })
    }

    pub(super) fn view(&self, unit: UnitId, class: ClassId) -> View {
        let mut view = View::default();
        let Some(model) = self.view_of(unit, class) else { return view };
        let lineage = self.lineage(unit, class);
        for &(unit, class) in &lineage {
            let module = &self.facts.program.unit(unit).module;
            for &(name, body) in &module.classes[class.index()].methods {
                let name = module.name(name);
                if model.spec.methods.iter().any(|method| method == name) {
                    let method = name.to_ascii_uppercase();
                    if !view.methods.iter().any(|(known, ..)| *known == method) {
                        view.methods.push((method, unit, body));
                    }
                } else if model.spec.dispatch.as_deref() == Some(name) && view.dispatch.is_none() {
                    view.dispatch = Some((unit, body));
                }
            }
        }
        if let Some(site) = model.spec.methods_attribute.as_ref().and_then(|name| self.attribute(&lineage, name)) {
            view.listed = self.strings(site, &Context::default()).values;
        }
        for name in &model.spec.guards_attribute {
            if let Some(site) = self.attribute(&lineage, name) {
                view.guards.extend(self.guard_uses(site, &Context::default(), site));
            }
        }
        let declared = &self.facts.program.unit(unit).module.classes[class.index()];
        view.guards.extend(self.decorator_guards(unit, &declared.decorators));
        view
    }

    /// Routes registered by decorators on methods of view classes.
    pub(super) fn exposed(&self, drafts: &mut Vec<Draft>) {
        if self.models.views.iter().all(|view| view.decorators.is_empty()) {
            return;
        }
        for unit in self.facts.program.ids() {
            let module = &self.facts.program.unit(unit).module;
            for (at, class) in module.classes.iter().enumerate() {
                let class_id = ClassId(at as u32);
                let Some(model) = self.view_of(unit, class_id).filter(|view| !view.decorators.is_empty()) else {
                    continue;
                };
                let prefix = self.class_prefix(model, unit, class_id);
                for &(name, body) in &class.methods {
                    for (position, decorator) in module.body(body).decorators.iter().enumerate() {
                        let site = Site { unit, body: decorator.body, value: decorator.value };
                        let Some(callee) = self.callee(site) else { continue };
                        if !self.facts.api(callee).iter().any(|(node, _)| model.decorators.contains(node)) {
                            continue;
                        }
                        let inner = &module.body(body).decorators[position + 1..];
                        let name = format!("{}.{}", module.name(class.name), module.name(name));
                        self.expose(model, site, &prefix, (unit, body), name, inner, drafts);
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one route")]
    fn expose(
        &self,
        model: &ViewClass,
        site: Site,
        prefix: &Strings,
        handler: (UnitId, BodyId),
        name: String,
        inner: &[lunette_lang::ir::ValueRef],
        drafts: &mut Vec<Draft>,
    ) {
        let context = Context::default();
        let given = model.path.iter().flat_map(|path| self.follow(site, path, &context, None)).next();
        let path =
            given.map_or(Strings { values: vec![String::new()], known: true }, |site| self.strings(site, &context));
        let mut methods: Vec<String> = model
            .decorator_methods
            .iter()
            .flat_map(|path| self.follow(site, path, &context, None))
            .flat_map(|site| self.strings(site, &context).values)
            .collect();
        if methods.is_empty() {
            methods.push("GET".to_owned());
        }
        let draft = Draft {
            framework: model.framework.clone(),
            method: String::new(),
            path: String::new(),
            known: prefix.known && path.known,
            at: site,
            written: (site.unit, self.facts.program.span(site)),
            routers: Vec::new(),
            handler: Some(handler),
            name,
            guards: self.decorator_guards(handler.0, inner),
            inputs: Vec::new(),
            lifted: self.lifted(handler.0, inner),
            wrapper: None,
            keeps_end: true,
        };
        let values = prefix
            .values
            .iter()
            .flat_map(|first| path.values.iter().map(move |second| super::limit::join(first, second, true)))
            .collect();
        self.push_all(&draft, &Strings { values, known: true }, &methods, drafts);
    }

    fn class_prefix(&self, model: &ViewClass, unit: UnitId, class: ClassId) -> Strings {
        let lineage = self.lineage(unit, class);
        for (name, pattern) in &model.spec.prefix_attributes {
            if let Some(site) = self.attribute(&lineage, name) {
                let strings = self.strings(site, &Context::default());
                let values: Vec<String> = strings.values.iter().map(|text| pattern.replace("{}", text)).collect();
                if !values.is_empty() {
                    return Strings { values, known: strings.known };
                }
            }
        }
        let module = &self.facts.program.unit(unit).module;
        let name = module.name(module.classes[class.index()].name).to_ascii_lowercase();
        Strings { values: vec![format!("/{name}")], known: true }
    }
}
