//! One run of all rules over one program.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use lunette_core::finding::Finding;
use lunette_flow::api::NodeId;
use lunette_flow::lazy::Regex;
use lunette_flow::models::Models;
use lunette_flow::program::{Site, Target, UnitId};
use lunette_flow::taint::{Asked, Options, Taint};
use lunette_flow::{Facts, Routes};
use lunette_lang::ir::{BodyId, ImportId, Language, Op, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::book::{CompiledRule, Rulebook, RunContext};
use crate::checked::Checked;
use crate::checks;
use crate::document_match::Documents;
use crate::group::told_once;
use crate::matcher::{Absent, Kind, Matcher, ProjectTest};
use crate::places::{Matches, Places};
use crate::record::Records;
use crate::result::RunResult;
use crate::schema::Scope;
use crate::settings::Settings;
use crate::spot::{self, Spot};
use crate::surface::Surface;
use crate::taint::Rank;
use crate::uses::Uses;

/// The calls and objects that matchers find, by the matcher's place in the rulebook and whether test code counts.
type Makers = FxHashMap<(*const Matcher, bool), Rc<FxHashSet<Site>>>;

/// State of one run.
pub(crate) struct Run<'a, 'f> {
    pub(crate) facts: &'a Facts<'f>,
    pub(crate) surface: Surface<'a>,
    pub(crate) book: &'a Rulebook,
    pub(crate) settings: Settings,
    pub(crate) uses: Uses,
    models: &'a Models,
    routes: &'a Routes,
    context: &'a RunContext,
    /// Untrusted data, followed when it is first asked for.
    taint: OnceCell<Taint<'a>>,
    /// Whether each module is test code.
    tests: Vec<bool>,
    pub(crate) places: Places,
    functions: OnceCell<Vec<Spot>>,
    /// Kinds of records, gathered when the first matcher asks.
    pub(crate) records: OnceCell<Records>,
    /// Whether a body ties what it touches to the caller, of those that were asked about.
    pub(crate) ties: RefCell<FxHashMap<(UnitId, BodyId), bool>>,
    /// Pages of which a rule has told already that they put values out unescaped.
    pages: RefCell<BTreeSet<String>>,
    packages: Vec<(Language, String)>,
    /// Whether test code counts for the rule that is being asked.
    include_tests: Cell<bool>,
    /// Answers to questions about the whole project, by the question's place in the rulebook.
    answers: RefCell<FxHashMap<(*const ProjectTest, bool), bool>>,
    /// The calls and objects that matchers inside conditions find, by the matcher's place in the rulebook.
    pub(crate) makers: RefCell<Makers>,
}

impl<'a, 'f> Run<'a, 'f> {
    pub(crate) fn new(
        facts: &'a Facts<'f>,
        models: &'a Models,
        routes: &'a Routes,
        surface: Surface<'a>,
        book: &'a Rulebook,
        context: &'a RunContext,
    ) -> Self {
        let program = facts.program;
        let tests = program.units.iter().map(|unit| lunette_flow::is_test_path(&unit.path)).collect();
        let mut packages = Vec::new();
        for unit in program.ids() {
            let module = &program.unit(unit).module;
            for at in 0..module.imports.len() {
                if let Target::Package(package) = program.target(unit, ImportId(at as u32)) {
                    packages.push((module.language, package.clone()));
                }
            }
        }
        packages.sort_by(|a, b| (a.0 as u8, &a.1).cmp(&(b.0 as u8, &b.1)));
        packages.dedup();
        Run {
            facts,
            surface,
            book,
            settings: Settings::gather(facts, &book.groups),
            uses: Uses::default(),
            models,
            routes,
            context,
            taint: OnceCell::new(),
            tests,
            places: Places::default(),
            functions: OnceCell::new(),
            records: OnceCell::new(),
            ties: RefCell::default(),
            pages: RefCell::default(),
            packages,
            include_tests: Cell::new(false),
            answers: RefCell::default(),
            makers: RefCell::default(),
        }
    }

    pub(crate) fn all(&self) -> RunResult {
        // It takes more memory while it is made than all else here, and little once it is there: so it comes first.
        if self.book.asked != Asked::NOTHING {
            self.taint();
        }
        let mut result = RunResult::default();
        let documents = Documents::new(self, &self.context.documents);
        let mut doubled: Vec<(&CompiledRule, usize, Vec<String>)> = Vec::new();
        for rule in &self.book.compiled {
            if self.context.off.contains(&rule.meta.id) {
                continue;
            }
            self.include_tests.set(rule.include_tests || self.context.include_tests);
            let (mut findings, sites) = self.rule(rule);
            findings.extend(checks::findings(rule, &self.context.observations));
            let observed = checks::looked_at(rule, &self.context.observations);
            let (configured, read) = documents.findings(rule);
            for (finding, about) in configured {
                if !rule.told_by.is_empty() {
                    doubled.push((rule, result.findings.len() + findings.len(), about));
                }
                findings.push(finding);
            }
            let applicable = self.applies(rule) || observed.is_some() || read.is_some();
            let sites = sites + observed.unwrap_or(0) + read.unwrap_or(0);
            result.checked.push(Checked { rule: rule.meta.id.clone(), applicable, sites });
            result.findings.extend(findings);
        }
        leave_out_doubled(&mut result.findings, &doubled);
        result.cut = self.taint.get().map_or(0, Taint::cut);
        result
    }

    /// A rule's findings: one per place, the surest, and the number of places looked at.
    fn rule(&self, rule: &CompiledRule) -> (Vec<Finding>, usize) {
        let mut best: BTreeMap<(UnitId, Span), (Rank, Option<String>, Finding)> = BTreeMap::new();
        let mut sites = 0;
        for matcher in &rule.matchers {
            let (looked_at, accepted) = self.matches(matcher);
            let asked = match &matcher.kind {
                Kind::Absent(absent) => &absent.when.kind,
                kind => kind,
            };
            sites += match asked {
                Kind::Flow { kinds, .. } => self.taint().places(*kinds),
                _ => looked_at,
            };
            for (spot, found) in accepted {
                let finding = self.finding(rule, matcher, &spot, &found);
                let place = (spot.unit, self.pointed(matcher, &spot));
                let rank = self.rank(&spot, &finding);
                match best.get(&place) {
                    Some((known, ..)) if *known >= rank => {}
                    _ => _ = best.insert(place, (rank, self.group_of(&spot, rule.once), finding)),
                }
            }
        }
        let known = self.pages.borrow().clone();
        let found = best.into_values().map(|(_, group, finding)| (group, finding));
        let fresh =
            found.filter(|(group, _)| rule.once.is_some() || group.as_ref().is_none_or(|page| !known.contains(page)));
        let (groups, findings) = told_once(fresh);
        if rule.once.is_none() {
            self.pages.borrow_mut().extend(groups);
        }
        (findings, sites)
    }

    /// Asks a matcher at each place that its kind names, one by one.
    pub(crate) fn ask_each(&self, matcher: &Matcher) -> Matches {
        let mut looked_at = 0;
        let mut accepted = Vec::new();
        for (spot, likely) in self.spots(matcher).filter(|(spot, _)| self.counts(spot.unit)) {
            looked_at += 1;
            if let Some(mut found) = self.judge(matcher, &spot) {
                found.likely |= likely;
                accepted.push((spot, found));
            }
        }
        (looked_at, accepted)
    }

    /// The places that a matcher's kind names, each with whether something had to be assumed for it. They are made one
    /// by one.
    fn spots<'s>(&'s self, matcher: &'s Matcher) -> Box<dyn Iterator<Item = (Spot, bool)> + 's> {
        let language = matcher.language;
        match &matcher.kind {
            Kind::Call(nodes) => certain(self.calls(nodes).into_iter()),
            Kind::Read { nodes, key: Some(key) } => certain(self.member_reads(nodes, key).into_iter()),
            Kind::Read { nodes, key: None } => {
                let reads = move |&node: &NodeId| {
                    self.facts.reads_of(node).map(move |read| Spot::of_use(self.facts, read, node))
                };
                certain(nodes.iter().flat_map(reads))
            }
            Kind::Write { nodes, key } => {
                let named = move |spot: &Spot| match (key, &spot.name) {
                    (None, _) => true,
                    (Some(key), Some(name)) => key.is_match(name),
                    (Some(_), None) => false,
                };
                let writes = move |&node: &NodeId| {
                    self.facts.writes_of(node).map(move |write| Spot::of_use(self.facts, write, node))
                };
                certain(nodes.iter().flat_map(writes).filter(named))
            }
            Kind::Import { modules, named } => certain(spot::imports(self.facts, language, modules, named).into_iter()),
            Kind::Setting { names } => certain(names.iter().flat_map(|name| self.set(name))),
            Kind::MissingSetting { names, when } => {
                let missing =
                    names.iter().all(|name| !self.settings.of(name).iter().any(|written| self.counts(written.unit)));
                let likely = names.iter().any(|name| self.settings.is_open(name));
                let name = names.first().map(|name| key_of(name));
                let spots = if missing { self.calls(when) } else { Vec::new() };
                Box::new(spots.into_iter().map(move |spot| (Spot { name: name.clone(), ..spot }, likely)))
            }
            Kind::Absent(absent) => Box::new(self.absent(absent).into_iter()),
            Kind::Route(test) => {
                let passing =
                    move |at: &usize| self.surface.language(*at) == Some(language) && self.route_passes(*at, test);
                certain((0..self.surface.routes.len()).filter(passing).filter_map(|at| self.route_spot(at)))
            }
            Kind::Function(test) => {
                let functions = self.functions.get_or_init(|| spot::functions(self.facts));
                let passing = move |spot: &&Spot| {
                    self.language(spot.unit) == language
                        && spot.function.is_some_and(|body| self.function_passes(spot.unit, body, test))
                };
                let place = move |spot: Spot| {
                    // The check that is left out, rather than the function.
                    let skipped = test
                        .skips_check
                        .as_ref()
                        .zip(spot.function)
                        .and_then(|(test, body)| self.skipped_check(spot.unit, body, test));
                    match skipped {
                        Some(span) => Spot { function: None, span, ..spot },
                        None => spot,
                    }
                };
                certain(functions.iter().filter(passing).cloned().map(place))
            }
            Kind::Catch(test) => certain(self.catches(language, test).into_iter()),
            Kind::Flow { kinds, from } => Box::new(self.flows(language, *kinds, from).into_iter()),
            // Asked file by file.
            Kind::Assign { .. } | Kind::Return | Kind::Compare => Box::new(std::iter::empty()),
        }
    }

    /// Untrusted data of the program, followed at the first call.
    pub(crate) fn taint(&self) -> &Taint<'a> {
        self.taint.get_or_init(|| {
            let options = Options { asked: self.book.asked, ..self.context.taint };
            Taint::new(self.facts, self.models, self.routes, options)
        })
    }

    fn calls(&self, nodes: &[NodeId]) -> Vec<Spot> {
        nodes
            .iter()
            .flat_map(|&node| self.facts.calls_of(node).map(move |call| Spot::of_call(self.facts, call, node)))
            .collect()
    }

    fn set(&self, name: &str) -> Vec<Spot> {
        let spot = |written: &crate::settings::Written| Spot {
            value: Some(written.value),
            name: Some(key_of(name)),
            ..Spot::new(written.unit, written.body, written.span)
        };
        self.settings.of(name).iter().map(spot).collect()
    }

    /// Places where something should be and is not.
    fn absent(&self, absent: &Absent) -> Vec<(Spot, bool)> {
        let (_, needing) = self.matches(&absent.when);
        let mut there: Vec<Spot> = Vec::new();
        if !needing.is_empty() {
            there.extend(absent.none.iter().flat_map(|matcher| self.matches(matcher).1).map(|(spot, _)| spot));
        }
        needing
            .into_iter()
            .filter(|(spot, _)| !there.iter().any(|other| self.satisfies(spot, other, absent.scope)))
            .map(|(spot, found)| (spot, found.likely))
            .collect()
    }

    fn satisfies(&self, needing: &Spot, other: &Spot, scope: Scope) -> bool {
        match scope {
            Scope::Project => true,
            Scope::File => needing.unit == other.unit,
            Scope::Route => needing.unit == other.unit || self.meet(needing, other),
            Scope::Function => {
                let around = self.facts.program.body(needing.unit, needing.body).span;
                // In the same function, in one inside it, or called with the function that needs it.
                let related =
                    needing.body == other.body || around.contains(other.span) || other.span.contains(needing.span);
                needing.unit == other.unit && related
            }
            Scope::Object => {
                // A function may be given several objects, and what it does counts for each.
                let owners = |spot: &Spot| {
                    let called = spot.call.and_then(|site| self.facts.call_at(site));
                    let objects = called.into_iter().flat_map(|call| call.api.iter().map(|(_, object)| *object));
                    objects.chain([spot.call, spot.object].into_iter().flatten()).collect::<Vec<_>>()
                };
                let mine = owners(needing);
                // An object that came in by a parameter nobody is known to pass may be any object.
                let anyones = other.object.is_some_and(|object| matches!(self.facts.program.op(object), Op::Param(_)));
                anyones || owners(other).iter().any(|site| mine.contains(site))
            }
        }
    }

    /// A route as a place: where it is registered.
    fn route_spot(&self, at: usize) -> Option<Spot> {
        let route = &self.surface.routes[at];
        let unit = self.facts.program.find(&route.file)?;
        let module = &self.facts.program.unit(unit).module;
        let start = *module.lines.get((route.line as usize).saturating_sub(1))?;
        let end = module.lines.get(route.line as usize).map_or(module.len, |next| next.saturating_sub(1));
        let text = self.facts.program.source(unit, Span::new(start, end));
        let indent = (text.len() - text.trim_start().len()) as u32;
        let span = Span::new(start + indent, (start + text.trim_end().len() as u32).max(start + indent));
        Some(Spot {
            route: Some(at),
            name: Some(format!("{} {}", route.method, route.path)),
            ..Spot::new(unit, BodyId::MODULE, span)
        })
    }

    /// The body of a route's handler.
    pub(crate) fn handler_of(&self, route: usize) -> Option<(UnitId, BodyId)> {
        self.surface.handler(route)
    }

    /// Reads of members of API values, by the member's name.
    fn member_reads(&self, nodes: &[NodeId], key: &Regex) -> Vec<Spot> {
        let mut found = Vec::new();
        for &node in nodes {
            for read in self.facts.reads_of(node) {
                for user in self.uses.of(self.facts.program, read.site) {
                    let Op::Load(base, at) = self.facts.program.op(user) else { continue };
                    let name =
                        self.facts.key_text(user, *at).filter(|name| *base == read.site.value && key.is_match(name));
                    if let Some(name) = name {
                        let span = self.facts.program.span(user);
                        found.push(Spot {
                            value: Some(user),
                            name: Some(name),
                            ..Spot::new(user.unit, user.body, span)
                        });
                    }
                }
            }
        }
        found
    }

    /// The major version of a package, when it is known.
    pub(crate) fn version_of(&self, package: &str) -> Option<u32> {
        self.context.versions.get(package).copied()
    }

    /// Whether the project has something; asked for every place, so answered once.
    pub(crate) fn project_has(&self, test: &ProjectTest) -> bool {
        let question = (std::ptr::from_ref(test), self.include_tests.get());
        let known = self.answers.borrow().get(&question).copied();
        known.unwrap_or_else(|| {
            let answer = self.look_for(test);
            self.answers.borrow_mut().insert(question, answer);
            answer
        })
    }

    fn look_for(&self, test: &ProjectTest) -> bool {
        let imported = |wanted: &String| {
            self.packages.iter().any(|(_, package)| {
                package
                    .strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
            })
        };
        test.calls.iter().any(|&node| self.facts.calls_of(node).any(|call| self.counts(call.site.unit)))
            || test.reads.iter().any(|&node| self.facts.reads_of(node).any(|read| self.counts(read.site.unit)))
            || test.imports.iter().any(imported)
            || test.has.iter().any(|matcher| !self.matches(matcher).1.is_empty())
            || test
                .routes
                .as_ref()
                .is_some_and(|wanted| (0..self.surface.routes.len()).any(|at| self.route_passes(at, wanted)))
    }

    fn applies(&self, rule: &CompiledRule) -> bool {
        let languages = &rule.languages;
        let present =
            |language: &Language| self.facts.program.units.iter().any(|unit| unit.module.language == *language);
        if rule.matchers.is_empty() || !languages.iter().any(present) {
            return false;
        }
        rule.applies.is_empty()
            || rule.applies.iter().any(|(language, package)| {
                self.packages.iter().any(|(of, imported)| {
                    of == language
                        && imported
                            .strip_prefix(package.as_str())
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
                })
            })
    }

    pub(crate) fn language(&self, unit: UnitId) -> Language {
        self.facts.program.unit(unit).module.language
    }

    pub(crate) fn counts(&self, unit: UnitId) -> bool {
        self.tests_count() || !self.tests[unit.0 as usize]
    }

    /// Whether test code counts for the rule that is being asked.
    pub(crate) fn tests_count(&self) -> bool {
        self.include_tests.get()
    }
}

/// Places for which nothing had to be assumed.
fn certain<'s>(spots: impl Iterator<Item = Spot> + 's) -> Box<dyn Iterator<Item = (Spot, bool)> + 's> {
    Box::new(spots.map(|spot| (spot, false)))
}

/// A setting's own name: `SECRET_KEY` for `flask.SECRET_KEY`.
fn key_of(setting: &str) -> String {
    setting.split_once('.').map_or(setting, |(_, key)| key).to_owned()
}

/// Leaves out what is told of a key when one of the rules that say the same has a finding in the code which the key is about.
fn leave_out_doubled(findings: &mut Vec<Finding>, doubled: &[(&CompiledRule, usize, Vec<String>)]) {
    let told = |rule: &CompiledRule, about: &[String]| {
        findings.iter().any(|found| rule.told_by.contains(&found.rule) && about.contains(&found.place.path))
    };
    let out: BTreeSet<usize> =
        doubled.iter().filter(|(rule, _, about)| told(rule, about)).map(|(_, at, _)| *at).collect();
    let mut at = 0;
    findings.retain(|_| {
        at += 1;
        !out.contains(&(at - 1))
    });
}
