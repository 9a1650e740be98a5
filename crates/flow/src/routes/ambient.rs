//! What guards all routes of a framework, wherever they are registered: providers of a container, a file that the
//! framework runs before every route, names in settings.

use lunette_core::project::{GuardUse, Proves};

use super::limit::Limit;
use super::scene::{Context, Scene};
use crate::know::Origin;
use crate::models::Ambient;
use crate::program::{Site, UnitId};

/// A guard of all routes of a framework below some paths.
#[derive(Debug)]
struct Ambience {
    framework: String,
    guard: GuardUse,
    /// Paths that it is limited to; none when it is not.
    limits: Vec<Limit>,
    /// Paths below which it does not apply.
    except: Vec<Limit>,
}

/// All of a program.
#[derive(Debug, Default)]
pub(super) struct Ambients {
    all: Vec<Ambience>,
}

impl Ambients {
    pub(super) fn new(scene: &Scene) -> Self {
        let mut ambients = Ambients::default();
        for model in &scene.models.ambient {
            ambients.registered(scene, model);
            ambients.by_file(scene, model);
            ambients.by_setting(scene, model);
        }
        ambients
    }

    /// The guards of a framework's route.
    pub(super) fn of<'a>(&'a self, framework: &'a str, path: &str) -> impl Iterator<Item = &'a GuardUse> {
        let path: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        self.all
            .iter()
            .filter(move |ambience| ambience.framework == framework && ambience.covers(&path))
            .map(|ambience| &ambience.guard)
    }

    fn add(&mut self, model: &Ambient, guard: GuardUse, limits: Vec<Limit>, except: Vec<Limit>) {
        self.all.push(Ambience { framework: model.framework.clone(), guard, limits, except });
    }

    fn registered(&mut self, scene: &Scene, model: &Ambient) {
        let context = Context::default();
        for call in model.calls.iter().flat_map(|&node| scene.facts.calls_of(node)) {
            let lists = model.each.iter().flat_map(|path| scene.follow(call.site, path, &context, None));
            let items = lists.flat_map(|site| scene.list(scene.concrete(site, &context)).unwrap_or_else(|| vec![site]));
            for item in items {
                let meant = model.when.as_ref().is_none_or(|(path, wanted)| {
                    scene
                        .follow(call.site, path, &context, Some(item))
                        .into_iter()
                        .any(|site| scene.facts.is_api(site, *wanted))
                });
                if !meant {
                    continue;
                }
                for site in model.functions.iter().flat_map(|path| scene.follow(call.site, path, &context, Some(item)))
                {
                    for guard in scene.guard_uses(site, &context, item) {
                        self.add(model, guard, Vec::new(), Vec::new());
                    }
                }
            }
        }
    }

    fn by_file(&mut self, scene: &Scene, model: &Ambient) {
        let Some(file) = &model.file else { return };
        for unit in scene.facts.program.ids() {
            let path = &scene.facts.program.unit(unit).path;
            if !file.is_match(path)
                || model.spec.depends.as_ref().is_some_and(|package| !scene.facts.program.depends_on(path, package))
            {
                continue;
            }
            let (limits, except) = limits(scene, model, unit);
            for name in &model.spec.exports {
                if let Some(guard) = exported_guard(scene, unit, name) {
                    self.add(model, guard, limits.clone(), except.clone());
                    break;
                }
            }
        }
    }

    fn by_setting(&mut self, scene: &Scene, model: &Ambient) {
        let (Some(variable), Some(holds), Some(proves)) = (&model.spec.variable, &model.holds, model.spec.proves)
        else {
            return;
        };
        for unit in scene.facts.program.ids() {
            let module = &scene.facts.program.unit(unit).module;
            let body = module.body(lunette_lang::ir::BodyId::MODULE);
            for &value in body.blocks.ops() {
                let lunette_lang::ir::Op::Assign(var, _) = body.ops[value.index()] else { continue };
                if module.name(body.vars[var.index()].name) != variable {
                    continue;
                }
                let site = Site { unit, body: lunette_lang::ir::BodyId::MODULE, value };
                if let Some(name) =
                    scene.strings(site, &Context::default()).values.into_iter().find(|name| holds.is_match(name))
                {
                    let name = name.rsplit('.').next().unwrap_or(&name).to_owned();
                    self.add(model, GuardUse { name, proves, place: scene.facts.place(site) }, Vec::new(), Vec::new());
                }
            }
        }
    }
}

impl Ambience {
    fn covers(&self, path: &[String]) -> bool {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        (self.limits.is_empty() || self.limits.iter().any(|limit| limit.covers(&path)))
            && !self.except.iter().any(|limit| limit.covers(&path))
    }
}

/// The guard that a file exports under a name.
fn exported_guard(scene: &Scene, unit: UnitId, name: &str) -> Option<GuardUse> {
    let place = || lunette_core::Place::line(scene.facts.program.unit(unit).path.clone(), 1);
    let mut found = None;
    for origin in scene.facts.known.exported(unit, name) {
        let proves = match *origin {
            Origin::Function(unit, body) => scene.verdict(unit, body),
            Origin::Api(node, made) => {
                // `export default auth((request) => …)`: what the function given does.
                scene.models.guards.get(&node).copied().unwrap_or_else(|| given_verdict(scene, made))
            }
            _ => continue,
        };
        let better = found.as_ref().is_none_or(|known: &GuardUse| known.proves == Proves::Unknown);
        if better {
            let place = match *origin {
                Origin::Function(unit, body) => {
                    scene.facts.program.place(unit, scene.facts.program.body(unit, body).name_span)
                }
                Origin::Api(_, made) => scene.facts.place(made),
                _ => place(),
            };
            found = Some(GuardUse {
                name: if name == "default" { "middleware".to_owned() } else { name.to_owned() },
                proves,
                place,
            });
        }
    }
    found
}

/// What a function does that a call is given.
fn given_verdict(scene: &Scene, call: Site) -> Proves {
    let context = Context::default();
    let given = scene.arguments(call, &context);
    let functions = given.iter().flat_map(|(site, _)| scene.functions(*site, &context));
    let mut verdicts = functions.map(|(unit, body)| scene.verdict(unit, body));
    verdicts.find(|proves| *proves != Proves::Unknown).unwrap_or(Proves::Unknown)
}

/// The paths that a file limits its guard to, and those that it leaves out.
fn limits(scene: &Scene, model: &Ambient, unit: UnitId) -> (Vec<Limit>, Vec<Limit>) {
    let (mut limits, mut except) = (Vec::new(), Vec::new());
    let Some((export, key)) = &model.spec.limits else { return (limits, except) };
    let context = Context::default();
    for origin in scene.facts.known.exported(unit, export) {
        let Origin::Literal(site) = *origin else { continue };
        for site in scene.facts.entry(site, key).sites() {
            let items = scene.list(scene.concrete(*site, &context)).unwrap_or_else(|| vec![*site]);
            for item in items {
                let source = scene
                    .facts
                    .entry(scene.concrete(item, &context), "source")
                    .sites()
                    .first()
                    .copied()
                    .unwrap_or(item);
                for pattern in scene.strings(source, &context).values {
                    matched(&pattern, &mut limits, &mut except);
                }
            }
        }
    }
    (limits, except)
}

/// A pattern of paths: `/api/:path*`, `/api/(.*)`, and `/((?!login|_next).*)`, which leaves some out.
fn matched(pattern: &str, limits: &mut Vec<Limit>, except: &mut Vec<Limit>) {
    if let Some((before, inner)) = pattern.split_once("((?!")
        && let Some((alternatives, _)) = inner.split_once(')')
    {
        limits.push(Limit::new(&format!("{before}*")));
        let plain = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'))
        };
        except.extend(alternatives.split('|').filter(plain).map(|part| Limit::new(&format!("{before}{part}"))));
        return;
    }
    let plain = pattern.replace("(.*)", "*");
    let segments =
        plain.split('/').map(|part| if part.starts_with(':') && part.ends_with(['*', '+']) { "*" } else { part });
    limits.push(Limit::new(&segments.collect::<Vec<_>>().join("/")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, path: &str) -> bool {
        let (mut limits, mut except) = (Vec::new(), Vec::new());
        matched(pattern, &mut limits, &mut except);
        let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        limits.iter().any(|limit| limit.covers(&path)) && !except.iter().any(|limit| limit.covers(&path))
    }

    #[test]
    fn patterns_of_paths() {
        assert!(covers("/api/admin/:path*", "/api/admin/users/1"));
        assert!(covers("/api/admin/:path*", "/api/admin"));
        assert!(!covers("/api/admin/:path*", "/api/items"));
        assert!(covers("/api/(.*)", "/api/x"));
        assert!(covers("/((?!login|_next/static|favicon.ico).*)", "/api/x"));
        assert!(!covers("/((?!login|_next/static).*)", "/login"));
        assert!(covers("/dashboard", "/dashboard"));
    }
}
