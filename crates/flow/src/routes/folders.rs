//! Routers mounted by folder: a plugin that loads every file below one.

use lunette_lang::ir::Op;

use super::scene::{Context, Scene, Strings};
use crate::know::Origin;
use crate::models::Mount;
use crate::program::{Site, UnitId};

/// The files below a folder that a mount names, each with the router that it is given and its prefix.
pub(super) fn folder_children(
    scene: &Scene,
    mount: &Mount,
    folder: &crate::access::AccessPath,
    call: Site,
    context: &Context,
) -> Vec<(Site, Strings)> {
    let first = scene.arguments(call, context).first().map(|(site, _)| *site);
    let is_plugin = first.is_some_and(|site| {
        scene
            .origins(site, context)
            .iter()
            .any(|origin| matches!(origin, Origin::Api(node, _) if mount.folder_plugins.contains(node)))
    });
    let Some(at) = scene.follow(call, folder, context, None).first().copied().filter(|_| is_plugin) else {
        return Vec::new();
    };
    let Some(folder) = folder_of(scene, at, context) else { return Vec::new() };
    let keeps_names = mount.folder_names.as_ref().is_none_or(|path| {
        !scene
            .follow(call, path, context, None)
            .into_iter()
            .any(|site| scene.facts.possible(site).single() == Some(&crate::Value::Bool(false)))
    });
    let mut found = Vec::new();
    for unit in scene.facts.program.ids() {
        let Some(rest) = scene.facts.program.unit(unit).path.strip_prefix(&folder) else { continue };
        let names = rest.rsplit_once('/').map_or("", |(folders, _)| folders);
        let own: Vec<String> =
            mount.folder_prefix.iter().flat_map(|name| exported_strings(scene, unit, name)).collect();
        let prefix = match own.first() {
            Some(own) => own.clone(),
            None if keeps_names && !names.is_empty() => format!("/{names}"),
            None => String::new(),
        };
        for name in ["default", "module.exports"] {
            for origin in scene.facts.known.exported(unit, name) {
                if let Origin::Function(unit, body) = *origin
                    && let Some(param) = scene.facts.program.body(unit, body).params.first()
                {
                    let child = Site { unit, body, value: param.value };
                    if !found.iter().any(|(known, _)| *known == child) {
                        found.push((child, Strings { values: vec![prefix.clone()], known: true }));
                    }
                }
            }
        }
    }
    found
}

fn exported_strings(scene: &Scene, unit: UnitId, name: &str) -> Vec<String> {
    let literals = scene.facts.known.exported(unit, name).iter().filter_map(|origin| match *origin {
        Origin::Literal(site) => Some(site),
        _ => None,
    });
    literals.flat_map(|site| scene.strings(site, &Context::default()).values).collect()
}

/// A folder told by a constant path, or by joining constants to the folder of the file.
fn folder_of(scene: &Scene, site: Site, context: &Context) -> Option<String> {
    let at = scene.concrete(site, context);
    let pieces: Vec<String> = match scene.facts.program.op(at) {
        Op::Call { .. } => {
            scene.arguments(at, context).into_iter().flat_map(|(site, _)| scene.strings(site, context).values).collect()
        }
        _ => scene
            .strings(at, context)
            .values
            .into_iter()
            .take(1)
            .map(|text| text.rsplit('}').next().unwrap_or_default().to_owned())
            .collect(),
    };
    if pieces.is_empty() {
        return None;
    }
    let here = scene.facts.program.unit(site.unit).path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<String> = here.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    for piece in pieces {
        for part in piece.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part.to_owned()),
            }
        }
    }
    Some(if parts.is_empty() { String::new() } else { format!("{}/", parts.join("/")) })
}
