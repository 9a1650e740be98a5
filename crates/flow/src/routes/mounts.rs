//! What one mounting call says: the prefix, the routers mounted, the guard that is applied.

use lunette_core::project::GuardUse;
use lunette_lang::ir::Op;

use super::scene::{Context, Scene, Strings};
use crate::know::Origin;
use crate::models::{Mount, TemplatePart, Use};
use crate::program::Site;

/// The prefix that a mount gives: the first of its access paths that may be one.
pub(super) fn first_path(scene: &Scene, mount: &Mount, call: Site, context: &Context) -> Strings {
    for path in &mount.prefix {
        for site in scene.follow(call, path, context, None) {
            let strings = scene.strings(site, context);
            if !strings.values.is_empty() {
                return strings;
            }
            let known = !scene.origins(site, context).iter().all(|origin| matches!(origin, Origin::Literal(_)));
            let name = scene.facts.name_of(site).unwrap_or_default().to_ascii_lowercase();
            let speaks_of_path = ["prefix", "path", "base", "root", "url", "route", "version", "endpoint"]
                .iter()
                .any(|word| name.contains(word));
            if !known
                && speaks_of_path
                && !matches!(scene.facts.program.op(scene.concrete(site, context)), Op::Call { .. })
            {
                return Strings { values: vec![format!("/{}", scene.placeholder(site))], known: false };
            }
        }
    }
    Strings::default()
}

/// The routers that a mounted value is, or gives to the function that it is.
pub(super) fn children_of(scene: &Scene, mount: &Mount, site: Site, context: &Context, depth: u32) -> Vec<Site> {
    let mut found: Vec<Site> = scene.routers(site, context).into_iter().map(|(_, made)| made).collect();
    if let Some(parameter) = mount.child_parameter {
        for (unit, body) in scene.functions(site, context) {
            if let Some(param) = scene.facts.program.body(unit, body).params.get(parameter) {
                found.push(Site { unit, body, value: param.value });
            }
        }
    }
    for origin in scene.origins(site, context) {
        if let Origin::Module(unit) = origin {
            for name in ["default", "module.exports"] {
                for origin in scene.facts.known.exported(unit, name) {
                    if let Origin::Api(node, made) = *origin
                        && scene.models.routers.contains_key(&node)
                    {
                        found.push(made);
                    }
                }
            }
        }
    }
    if found.is_empty() && depth > 0 {
        for item in scene.list(scene.concrete(site, context)).unwrap_or_default() {
            found.extend(children_of(scene, mount, item, context, depth - 1));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The called value itself as a guard: `CSRFProtect(app)`, `csrf.init_app(app)`.
pub(super) fn itself(scene: &Scene, callee: Site, call: Site) -> Option<GuardUse> {
    for (node, _) in scene.facts.api(callee) {
        let mut at = Some(node);
        while let Some(node) = at {
            if let Some(&proves) = scene.models.guards.get(&node) {
                let name = match scene.facts.trie.last_name(node) {
                    "" => scene.facts.name_of(callee).unwrap_or_default(),
                    name => name.to_owned(),
                };
                return Some(GuardUse { name, proves, place: scene.facts.place(call) });
            }
            at = scene.facts.trie.parent(node);
        }
    }
    None
}

pub(super) fn handles_errors(scene: &Scene, used: &Use, site: Site, context: &Context) -> bool {
    let Some(count) = used.error_parameters else { return false };
    let functions = scene.functions(site, context);
    !functions.is_empty()
        && functions.iter().all(|(unit, body)| scene.facts.program.body(*unit, *body).params.len() == count)
}

/// Paths left out of a prefix: strings, or objects with a `path`.
pub(super) fn excluded(scene: &Scene, call: Site, path: &crate::access::AccessPath) -> Vec<String> {
    let context = Context::default();
    let mut all = Vec::new();
    for site in scene.follow(call, path, &context, None) {
        for item in scene.list(scene.concrete(site, &context)).unwrap_or_else(|| vec![site]) {
            let inner = scene.facts.entry(scene.concrete(item, &context), "path").sites().to_vec();
            for site in if inner.is_empty() { vec![item] } else { inner } {
                all.extend(scene.strings(site, &context).values);
            }
        }
    }
    all
}

pub(super) fn fill(scene: &Scene, parts: &[TemplatePart], call: Site, context: &Context) -> Option<Strings> {
    let mut all = Strings { values: vec![String::new()], known: true };
    for part in parts {
        let more = match part {
            TemplatePart::Text(text) => Strings { values: vec![text.clone()], known: true },
            TemplatePart::Path(path) => {
                let site = scene.follow(call, path, context, None).first().copied()?;
                let strings = scene.strings(site, context);
                if strings.values.is_empty() {
                    if matches!(scene.facts.possible(site).single(), Some(crate::Value::Null | crate::Value::Undefined))
                    {
                        return None;
                    }
                    Strings { values: vec![scene.placeholder(site)], known: false }
                } else {
                    strings
                }
            }
        };
        let values = all
            .values
            .iter()
            .flat_map(|first| more.values.iter().map(move |second| format!("{first}{second}")))
            .take(16)
            .collect();
        all = Strings { values, known: all.known && more.known };
    }
    Some(all)
}
