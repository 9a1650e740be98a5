//! Explanations hold: each begins where data enters and ends where it does harm, and each step leads to the next.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lunette_core::finding::Why;
use lunette_flow::Facts;
use lunette_flow::know::Origin;
use lunette_flow::models::Models;
use lunette_flow::program::{ImportMap, Program, Site, Unit, UnitId};
use lunette_flow::taint::{FlowStep, Options, Taint};
use lunette_lang::Dialect;
use lunette_lang::ir::{BodyId, ClassId, Op, ValueId};

use super::flows;

type BodyKey = (UnitId, BodyId);

/// Walks every explanation; how many there were.
pub(super) fn check(facts: &Facts<'_>, taint: &Taint<'_>) -> usize {
    let calls = calls(facts);
    for flow in taint.flows() {
        let steps = taint.explain(flow);
        let at = |step: &FlowStep| format!("{} {:?} {}", facts.place(step.site), step.why, step.note);
        let told = || steps.iter().map(at).collect::<Vec<_>>().join("\n");
        assert_eq!(
            steps.first().map(|step| (step.why, step.site)),
            Some((Why::Source, flow.source.site)),
            "{}",
            told()
        );
        assert_eq!(steps.last().map(|step| (step.why, step.site)), Some((Why::Sink, flow.sink)), "{}", told());
        for pair in steps.windows(2) {
            let [one, next] = pair else { continue };
            assert!(leads(&calls, one, next), "{}\ndoes not lead to\n{}\nin\n{}", at(one), at(next), told());
        }
    }
    taint.flows().len()
}

/// Whether one step leads to the next: within a body, by a call or a return, or through something kept.
fn leads(calls: &BTreeSet<(BodyKey, BodyKey)>, one: &FlowStep, next: &FlowStep) -> bool {
    let body = |site: Site| (site.unit, site.body);
    let (from, to) = (body(one.site), body(next.site));
    let is_kept = one.why == Why::Field && one.note.starts_with("kept") || next.note.contains("are not shown");
    from == to || calls.contains(&(from, to)) || calls.contains(&(to, from)) || is_kept
}

/// Which bodies may run which: calls, and functions that are passed to calls.
fn calls(facts: &Facts<'_>) -> BTreeSet<(BodyKey, BodyKey)> {
    let mut found = BTreeSet::new();
    for unit in facts.program.ids() {
        for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
            let id = BodyId(u32::try_from(at).unwrap());
            for (index, op) in body.ops.iter().enumerate() {
                let Op::Call { callee, args, .. } = op else { continue };
                let site = |value: ValueId| Site { unit, body: id, value };
                let call = site(ValueId(u32::try_from(index).unwrap()));
                found.extend(
                    facts.call_at(call).into_iter().flat_map(|call| &call.functions).map(|&to| ((unit, id), to)),
                );
                let named = args.iter().flat_map(|arg| facts.strings(site(arg.value)));
                found.extend(named.flat_map(|name| rendered(facts, &name)).map(|page| ((unit, id), page)));
                // `f.call(x)` and `f.bind(x)` run what the method is read from.
                let receiver = facts.receiver(call);
                for value in [*callee].into_iter().chain(args.iter().map(|arg| arg.value)).map(site).chain(receiver) {
                    for origin in facts.known.origins(value) {
                        match *origin {
                            Origin::Function(to, body) => _ = found.insert(((unit, id), (to, body))),
                            Origin::Class(to, class) => {
                                found.extend(constructors(facts, to, class).into_iter().map(|body| ((unit, id), body)));
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }
    found
}

/// The templates that a text may name.
fn rendered(facts: &Facts<'_>, name: &str) -> Vec<BodyKey> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = last(name);
    let is_named = |path: &str| last(path) == wanted || last(path).starts_with(&format!("{wanted}."));
    let pages = facts.program.ids().filter(|&unit| {
        let path = &facts.program.unit(unit).path;
        !wanted.is_empty() && lunette_lang::template::is_template(path) && is_named(path)
    });
    pages.map(|unit| (unit, lunette_lang::template::BODY)).collect()
}

/// The methods of a class and of its bases: a constructor may be theirs.
fn constructors(facts: &Facts<'_>, unit: UnitId, class: ClassId) -> Vec<BodyKey> {
    let mut classes = vec![(unit, class)];
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&(unit, class)) = classes.get(at) {
        at += 1;
        let class = &facts.program.unit(unit).module.classes[class.index()];
        found.extend(class.methods.iter().map(|&(_, body)| (unit, body)));
        for base in &class.bases {
            for origin in facts.known.origins(Site { unit, body: base.body, value: base.value }) {
                if let Origin::Class(unit, class) = *origin
                    && !classes.contains(&(unit, class))
                {
                    classes.push((unit, class));
                }
            }
        }
    }
    found
}

#[test]
fn ways_through_files_fields_and_callbacks_hold() {
    let base = "import web\nclass Base:\n    def __init__(self, v):\n        self.v = v\n    def go(self):\n        web.run(self.v)\n";
    let app = "import web\nfrom base import Base\nclass Own(Base):\n    pass\ndef read():\n    return web.query['a']\ndef f():\n    Own(read()).go()\n";
    assert_eq!(flows(&[("base.py", base), ("app.py", app)]), ["base.py:6 run"]);
    let data = "const web = require('web');\nlet kept;\nexports.each = (xs, f) => { xs.forEach((x) => f(x)); };\nexports.keep = (x) => { kept = x; };\nexports.use = () => web.run(kept);\n";
    let main = "const web = require('web');\nconst { each, keep, use } = require('./data');\neach(web.query.list, (x) => { web.open(x); keep({ inner: x }.inner); });\nPromise.resolve(web.query.p).then((p) => web.send(p));\nuse();\n";
    assert_eq!(flows(&[("data.js", data), ("main.js", main)]), ["data.js:5 run", "main.js:3 file", "main.js:4 page"]);
}

/// The explanations of all flows in the corpora, with the models as released.
#[test]
fn ways_in_the_corpora_hold() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../corpora");
    let root = std::env::var_os("LUNETTE_CORPORA").map_or(beside, PathBuf::from);
    let models = Models::builtin().unwrap();
    let run = move || {
        let corpora = folders(&root);
        if corpora.is_empty() {
            println!("SKIPPED: no corpora in {}", root.display());
        }
        for corpus in corpora {
            // A folder of nothing but folders is one of projects.
            let inner = folders(&corpus);
            let is_collection = !inner.is_empty() && std::fs::read_dir(&corpus).unwrap().count() == inner.len();
            let projects = if is_collection { inner } else { vec![corpus.clone()] };
            let told: Vec<Option<usize>> = projects.iter().map(|folder| check_folder(&models, folder)).collect();
            let skipped = told.iter().filter(|told| told.is_none()).count();
            println!(
                "{}: {} explanations walked, {skipped} projects SKIPPED: too large",
                corpus.display(),
                told.iter().flatten().sum::<usize>()
            );
        }
    };
    std::thread::Builder::new().stack_size(lunette_lang::STACK_SIZE).spawn(run).unwrap().join().unwrap();
}

/// The folders in a folder, sorted; none when it is not there.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir() && !path.is_symlink()).collect();
    found.sort();
    found
}

/// Most source files of a project that is walked: this is a test, not a measurement.
const MAX_FILES: usize = 2_000;

fn check_folder(models: &Models, folder: &Path) -> Option<usize> {
    let mut units = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if lunette_lang::template::is_template(&name)
                && let Ok(text) = std::fs::read_to_string(&path)
                && let Some(module) = lunette_lang::template::lower(&name, &text, lunette_lang::ir::Language::Python)
            {
                units.push(Unit { path: name, text, module });
            } else if let (Some(dialect), Ok(text)) = (Dialect::of_path(&name), std::fs::read_to_string(&path))
                && let Some(module) = lunette_lang::lower(dialect, &text).module
            {
                units.push(Unit { path: name, text, module });
            }
        }
        if units.len() > MAX_FILES {
            return None;
        }
    }
    let program = Program::new(units, &ImportMap::default());
    let facts = Facts::new(&program, &models.trie);
    let routes = lunette_flow::routes(&facts, models);
    Some(check(&facts, &Taint::new(&facts, models, &routes, Options::default())))
}
