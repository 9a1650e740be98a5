//! Pages rendered from templates: which call renders which template of the program, and whether engines escape.

use lunette_lang::ir::{Arg, ArgKind, Language, ValueId};
use lunette_lang::template;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::calls::{BodyKey, Gives, Invocation};
use super::scan::Scan;
use crate::facts::{Facts, Found};
use crate::models::{Models, When};
use crate::program::{Site, UnitId};

/// Most templates that one call is taken to render.
const MAX_TEMPLATES: usize = 4;

/// What is rendered where.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    of_call: FxHashMap<Site, SmallVec<[BodyKey; 1]>>,
    /// Languages in which the project has turned the escaping of templates off.
    unescaped: Vec<Language>,
}

impl Templates {
    pub(crate) fn new(facts: &Facts<'_>, models: &Models) -> Self {
        let mut templates = Templates::default();
        let index = Index::new(facts);
        if index.by_stem.is_empty() {
            return templates;
        }
        for (&node, render) in &models.taint.renders {
            for call in facts.calls_of(node) {
                for path in render.iter().flat_map(|render| &render.template) {
                    let found = facts.follow(call.site, path);
                    for name in found.sites().iter().flat_map(|&site| facts.strings(site)) {
                        let known = templates.of_call.entry(call.site).or_default();
                        for body in index.named(facts, &name, call.site.unit) {
                            if !known.contains(&body) && known.len() < MAX_TEMPLATES {
                                known.push(body);
                            }
                        }
                    }
                }
            }
        }
        for (&node, whens) in &models.taint.escapes_off {
            for call in facts.calls_of(node) {
                if whens.iter().any(|when| when.iter().all(|when| holds(facts, call.site, when))) {
                    templates.unescaped.push(facts.program.unit(call.site.unit).module.language);
                }
            }
        }
        templates
    }

    /// The templates that a call renders.
    pub(crate) fn of(&self, call: Site) -> &[BodyKey] {
        self.of_call.get(&call).map_or(&[], SmallVec::as_slice)
    }

    /// Whether the project has turned the escaping of templates off.
    pub(crate) fn is_unescaped(&self, language: Language) -> bool {
        self.unescaped.contains(&language)
    }
}

/// Whether a condition holds for a call, by what constants tell.
fn holds(facts: &Facts<'_>, call: Site, when: &When) -> bool {
    match facts.follow(call, &when.at) {
        Found::Absent => when.present.map_or(when.or_absent, |present| !present),
        Found::Unknown => when.present.unwrap_or(when.or_unknown),
        Found::Sites(sites) => {
            let fits = |site: &Site| {
                let possible = facts.possible(*site);
                possible.values.iter().any(|value| {
                    when.truthy.is_none_or(|wanted| value.is_truthy() == wanted)
                        && (when.is_in.is_empty() || when.is_in.contains(value))
                })
            };
            when.present.unwrap_or_else(|| sites.iter().any(fits))
        }
    }
}

/// Templates by the last part of their names, with and without the ending.
struct Index<'p> {
    by_stem: FxHashMap<&'p str, Vec<UnitId>>,
}

impl<'p> Index<'p> {
    fn new(facts: &Facts<'p>) -> Self {
        let mut by_stem: FxHashMap<&str, Vec<UnitId>> = FxHashMap::default();
        for unit in facts.program.ids() {
            let path = facts.program.unit(unit).path.as_str();
            if template::is_template(path) {
                let name = path.rsplit('/').next().unwrap_or(path);
                let mut stem = name;
                loop {
                    by_stem.entry(stem).or_default().push(unit);
                    match stem.rsplit_once('.') {
                        Some((shorter, _)) if !shorter.is_empty() => stem = shorter,
                        _ => break,
                    }
                }
            }
        }
        Index { by_stem }
    }

    /// The templates that a name may mean: of several those next to the code that names them.
    fn named(&self, facts: &Facts<'_>, name: &str, from: UnitId) -> Vec<BodyKey> {
        let name = name.trim_start_matches("./").trim_start_matches('/');
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
        let code = &facts.program.unit(from).path;
        let path_of = |unit: &UnitId| facts.program.unit(*unit).path.as_str();
        let fits = |unit: &&UnitId| {
            let above = path_of(unit).rsplit_once('/').map_or("", |(above, _)| above);
            folder.is_empty() || above == folder || above.strip_suffix(folder).is_some_and(|rest| rest.ends_with('/'))
        };
        let found: Vec<UnitId> = self.by_stem.get(last).into_iter().flatten().filter(fits).copied().collect();
        let nearness = |unit: &UnitId| shared(path_of(unit), code);
        let nearest = found.iter().map(nearness).max().unwrap_or(0);
        found.into_iter().filter(|unit| nearness(unit) == nearest).map(|unit| (unit, template::BODY)).collect()
    }
}

/// How many folders two paths share from their beginning.
fn shared(a: &str, b: &str) -> usize {
    let folders = |path: &'_ str| path.rsplit_once('/').map(|(above, _)| above.to_owned()).unwrap_or_default();
    let (a, b) = (folders(a), folders(b));
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b && !a.is_empty()).count()
}

impl Scan<'_, '_> {
    /// The templates that a call renders, as functions called with the variables that they name.
    pub(crate) fn renders(&mut self, value: ValueId, args: &[Arg], found: &mut SmallVec<[Invocation; 1]>) {
        let site = self.site(value);
        let env = self.env;
        let bodies = env.templates.of(site);
        if bodies.is_empty() {
            return;
        }
        let Some(target) = self.called(value).filter(|target| target.is_known()) else { return };
        let mut contexts = Vec::new();
        for render in target.api().filter_map(|node| env.models.taint.renders.get(&node)).flatten() {
            for path in &render.context {
                contexts.extend(self.along(value, path));
            }
        }
        // Variables given by name: `render("page.html", posts=posts)`.
        let mut named = Vec::new();
        for arg in args {
            match arg.kind {
                ArgKind::Named(name) => {
                    named.push((self.name(name).to_owned(), arg.value, self.used(arg.value, value)));
                }
                ArgKind::SpreadNamed => contexts.push((arg.value, self.used(arg.value, value))),
                _ => {}
            }
        }
        for &of in bodies {
            let module = &env.facts.program.unit(of.0).module;
            let mut passed = Vec::new();
            for (at, param) in module.body(of.1).params.iter().enumerate() {
                let name = module.name(param.name);
                for (given, from, facts) in &named {
                    if given == name && !facts.is_empty() {
                        passed.push((at as u32, *from, facts.clone()));
                    }
                }
                let key = self.state.pools.paths.key(name);
                for (from, facts) in &contexts {
                    let facts = self.under(facts, key);
                    if !facts.is_empty() {
                        passed.push((at as u32, *from, facts));
                    }
                }
            }
            found.push(Invocation { of, passed, gives: Gives::Nothing });
        }
    }
}
