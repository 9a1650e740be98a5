//! All rules, loaded, checked and ready to run.

use std::collections::{BTreeMap, BTreeSet};

use lunette_core::coverage::topic_by_id;
use lunette_core::observation::Observations;
use lunette_core::rule::Rule;
use lunette_flow::api::{ApiTrie, NodeId};
use lunette_flow::models::{Models, OneOrMany};
use lunette_flow::taint::Asked;
use lunette_flow::{Facts, Routes};
use lunette_lang::ir::Language;
use regex::RegexSet;
use rustc_hash::FxHashSet;
use serde_saphyr::Spanned;

use crate::cheap::FileTest;
use crate::checks::Check;
use crate::compile::{self, Compiler};
use crate::document::{self, Document, Example};
use crate::document_match::{self, DocumentMatcher};
use crate::error::RuleError;
use crate::matcher::{Kind, Matcher};
use crate::result::RunResult;
use crate::run::Run;
use crate::schema::{FrontMatter, RuleLanguage, TestCode};
use crate::settings::SettingGroup;
use crate::surface::Surface;
use crate::template::Template;

/// The rule files that are part of Lunette: name (`python/py-weak-hash.md`) and text, sorted by name.
pub const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Event ids of the OWASP Logging Vocabulary, one a line.
const EVENTS: &str = include_str!("../data/events.txt");

/// Deepest nesting of the front matter.
const MAX_NESTING: usize = 24;

/// Longest title, in characters.
const MAX_TITLE: usize = 80;

/// What a run is told.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// Ids of rules that are not run.
    pub off: BTreeSet<String>,
    /// Match test code with every rule, not only with those that ask for it.
    pub include_tests: bool,
    /// Major versions of packages, as far as known.
    pub versions: BTreeMap<String, u32>,
    /// What is followed as untrusted data.
    pub taint: lunette_flow::taint::Options,
    /// What other rooms observed.
    pub observations: Observations,
    /// The project's configuration files, as far as they could be read.
    pub documents: Vec<lunette_config::Document>,
}

/// A rule, compiled.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) meta: Rule,
    pub(crate) languages: Vec<Language>,
    pub(crate) include_tests: bool,
    /// Whether its findings are told once, and where.
    pub(crate) once: Option<crate::schema::Once>,
    /// Rules that say the same of the code which a key of a document is about.
    pub(crate) told_by: Vec<String>,
    /// Packages that make it applicable; empty: its language is enough.
    pub(crate) applies: Vec<(Language, String)>,
    pub(crate) message: Option<Template>,
    pub(crate) matchers: Vec<Matcher>,
    /// Observations of other rooms that it asks for.
    pub(crate) checks: Vec<Check>,
    /// Keys of configuration files that it asks about.
    pub(crate) documents: Vec<DocumentMatcher>,
    pub(crate) references: Vec<String>,
    pub(crate) examples: Vec<Example>,
    /// The file that it was read from.
    pub(crate) file: String,
}

/// All rules.
#[derive(Debug)]
pub struct Rulebook {
    pub(crate) compiled: Vec<CompiledRule>,
    pub(crate) groups: Vec<SettingGroup>,
    rules: Vec<Rule>,
    /// The names that matchers ask about where a value gets a name, by language.
    assigned: BTreeMap<u8, RegexSet>,
    /// The API values that matchers ask whole files for.
    pub(crate) held: FxHashSet<NodeId>,
    /// The flows of untrusted data that matchers ask for.
    pub(crate) asked: Asked,
    /// Calls that make an application.
    makers: Vec<NodeId>,
}

impl Rulebook {
    /// Loads rule files, given as name and text. The folder in a name is the rule's family. Patterns are entered into
    /// `models`, so this comes before facts are gathered.
    ///
    /// # Errors
    /// Every fault found, not only the first, in order of file and line.
    pub fn load<'t>(
        sources: impl IntoIterator<Item = (&'t str, &'t str)>,
        models: &mut Models,
    ) -> Result<Self, Vec<RuleError>> {
        let mut book = Rulebook {
            compiled: Vec::new(),
            groups: Vec::new(),
            rules: Vec::new(),
            assigned: BTreeMap::new(),
            held: FxHashSet::default(),
            asked: Asked::NOTHING,
            makers: Vec::new(),
        };
        let mut errors = Vec::new();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (file, text) in sources {
            let mut faults = Faults { file, errors: Vec::new() };
            match document::split(file, text) {
                Ok(document) => {
                    if let Some(rule) = book.read(&document, models, &mut faults) {
                        if let Some(other) = files.insert(rule.meta.id.clone(), file.to_owned()) {
                            faults.add(1, format!("`{}` is also the id of {other}", rule.meta.id));
                        }
                        book.compiled.push(rule);
                    }
                }
                Err(error) => faults.errors.push(error),
            }
            errors.extend(faults.errors);
        }
        book.makers = makers(models);
        book.compiled.sort_by(|a, b| a.meta.id.cmp(&b.meta.id));
        book.rules = book.compiled.iter().map(|rule| rule.meta.clone()).collect();
        match book.index_names() {
            Ok(()) if errors.is_empty() => Ok(book),
            Ok(()) => {
                errors.sort();
                Err(errors)
            }
            Err(message) => Err(vec![RuleError { file: "rules".to_owned(), line: 1, message }]),
        }
    }

    /// The rules that are part of Lunette.
    ///
    /// # Errors
    /// As [`Rulebook::load`]; for the rules as released this does not happen.
    pub fn builtin(models: &mut Models) -> Result<Self, Vec<RuleError>> {
        Self::load(BUILTIN.iter().copied(), models)
    }

    /// The rules that are part of Lunette and about one of the wanted languages (`python`, `sql`, …): the others have
    /// nothing to say of a project, and reading them takes longer than assessing a small one.
    ///
    /// # Errors
    /// As [`Rulebook::builtin`].
    pub fn builtin_of(models: &mut Models, wanted: impl Fn(&str) -> bool) -> Result<Self, Vec<RuleError>> {
        let about = |text: &'static str| document::languages(text).is_none_or(|mut languages| languages.any(&wanted));
        Self::load(BUILTIN.iter().copied().filter(|(_, text)| about(text)), models)
    }

    /// The ids of the rules that are part of Lunette, in the order of their files.
    pub fn builtin_ids() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| name.rsplit('/').next().unwrap_or(name).trim_end_matches(".md"))
    }

    /// What is known of every rule, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule's whole page as Markdown: facts, explanation, examples, references.
    pub fn explain(&self, id: &str) -> Option<String> {
        self.compiled.iter().find(|rule| rule.meta.id == id).map(crate::page::page)
    }

    /// Whether a rule looks into a configuration file of this path.
    pub fn reads(&self, path: &str) -> bool {
        self.compiled.iter().flat_map(|rule| &rule.documents).any(|matcher| matcher.file.is_match(path))
    }

    /// The calls that make an application.
    pub(crate) fn makers(&self) -> &[NodeId] {
        &self.makers
    }

    /// The example projects of a rule.
    pub fn examples(&self, id: &str) -> &[Example] {
        self.compiled.iter().find(|rule| rule.meta.id == id).map_or(&[], |rule| &rule.examples)
    }

    /// The file that a rule was read from.
    pub fn file(&self, id: &str) -> Option<&str> {
        self.compiled.iter().find(|rule| rule.meta.id == id).map(|rule| rule.file.as_str())
    }

    /// Whether a rule asks about configuration files with this path: the others need not be read as documents.
    pub fn wants_document(&self, path: &str) -> bool {
        self.compiled.iter().flat_map(|rule| &rule.documents).any(|matcher| matcher.file.is_match(path))
    }

    /// Runs all rules over a program. `models` are those that the rules were loaded with.
    pub fn run(&self, facts: &Facts<'_>, models: &Models, routes: &Routes, context: &RunContext) -> RunResult {
        let surface = Surface::new(facts, routes, &self.makers);
        Run::new(facts, models, routes, surface, self, context).all()
    }

    /// The names that rules ask about where a value gets a name.
    pub(crate) fn assigned_names(&self, language: Language) -> Option<&RegexSet> {
        self.assigned.get(&(language as u8))
    }

    fn index_names(&mut self) -> Result<(), String> {
        for language in [Language::Python, Language::JavaScript] {
            let mut names = BTreeSet::new();
            self.each_matcher(&mut |matcher| match &matcher.kind {
                Kind::Assign { name, .. } if matcher.language == language => _ = names.insert(name.as_str().to_owned()),
                _ => {}
            });
            let set = RegexSet::new(&names).map_err(|error| error.to_string())?;
            self.assigned.insert(language as u8, set);
        }
        let mut asked = Asked::NOTHING;
        let mut held = FxHashSet::default();
        self.each_matcher(&mut |matcher| {
            for test in &matcher.file {
                if let FileTest::Holds(nodes) = test {
                    held.extend(nodes);
                }
            }
            if let Kind::Flow { kinds, from } = &matcher.kind {
                asked.add(*kinds, from);
            }
        });
        self.asked = asked;
        self.held = held;
        Ok(())
    }

    /// Visits all matchers of code, also those inside others.
    fn each_matcher(&self, visit: &mut dyn FnMut(&Matcher)) {
        for rule in &self.compiled {
            for matcher in rule.matchers.iter().chain(rule.documents.iter().flat_map(document_match::code)) {
                matcher.each(visit);
            }
        }
    }

    fn read(&mut self, document: &Document, models: &mut Models, faults: &mut Faults<'_>) -> Option<CompiledRule> {
        let front: FrontMatter = match serde_saphyr::from_str_with_options(&document.front, yaml()) {
            Ok(front) => front,
            Err(error) => {
                let line = error.location().map_or(1, |location| location.line());
                let message = error.without_snippet().to_string();
                faults.add(line, message.lines().next().unwrap_or_default().to_owned());
                return None;
            }
        };
        check(&front, document, faults);
        let languages: Vec<Language> = front
            .languages
            .iter()
            .filter_map(|language| match language {
                RuleLanguage::Python => Some(Language::Python),
                RuleLanguage::Javascript => Some(Language::JavaScript),
                RuleLanguage::Sql | RuleLanguage::Config | RuleLanguage::Packages => None,
            })
            .collect();
        let (observed, others): (Vec<_>, Vec<_>) = front.find.iter().partition(|spec| spec.value.check.is_some());
        let (configured, written): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|spec| spec.value.document.is_some());
        faults.require(written.is_empty() || !languages.is_empty(), 1, || {
            "matchers of code need `python` or `javascript` among `languages`".to_owned()
        });
        let mut matchers = Vec::new();
        let mut applies = Vec::new();
        for &language in &languages {
            let mut compiler = Compiler { models, groups: &mut self.groups, language, risk: front.risk };
            for spec in &written {
                match compiler.matcher(&spec.value) {
                    Ok(matcher) => matchers.push(matcher),
                    Err(message) => faults.add(spec.referenced.line(), message),
                }
            }
            for package in &front.applies {
                applies.push((language, package.clone()));
            }
        }
        if front.applies.is_empty() {
            applies = derive_applies(&matchers, &models.trie, &self.groups);
        }
        let mut checks = Vec::new();
        for spec in &observed {
            match Check::compile(&spec.value, front.message.as_deref(), front.risk) {
                Ok(check) => checks.push(check),
                Err(message) => faults.add(spec.referenced.line(), message),
            }
        }
        let documents = compile::documents(&front, &configured, models, &mut self.groups, &mut |line, fault| {
            faults.add(line, fault);
        });
        let of_code = front.message.as_deref().filter(|_| !written.is_empty());
        let message = match of_code.map(Template::parse).transpose() {
            Ok(message) => message,
            Err(message) => {
                faults.add(1, message);
                None
            }
        };
        let family = faults.file.rsplit('/').nth(1).unwrap_or("custom");
        Some(CompiledRule {
            meta: meta(&front, document, family),
            languages,
            include_tests: front.tests == TestCode::Include,
            once: front.once,
            told_by: front.told_by.clone(),
            applies,
            message,
            matchers,
            checks,
            documents,
            references: front.references,
            examples: document.examples.clone(),
            file: faults.file.to_owned(),
        })
    }
}

/// `y`, `no` and `on` are words, not truth values; deeper than any sensible rule is refused before it costs stack.
fn yaml() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_depth: MAX_NESTING },
    }
}

struct Faults<'a> {
    file: &'a str,
    errors: Vec<RuleError>,
}

impl Faults<'_> {
    fn add(&mut self, line: u64, message: String) {
        let line = u32::try_from(line).unwrap_or(u32::MAX).max(1);
        self.errors.push(RuleError { file: self.file.to_owned(), line, message });
    }

    fn require(&mut self, holds: bool, line: u64, message: impl FnOnce() -> String) {
        if !holds {
            self.add(line, message());
        }
    }
}

fn meta(front: &FrontMatter, document: &Document, family: &str) -> Rule {
    Rule {
        id: front.id.value.clone(),
        family: family.to_owned(),
        title: front.title.value.clone(),
        cwe: front.cwe.value.clone(),
        topic: front.topic.value.clone(),
        nature: front.nature,
        confidence: front.confidence,
        risk: front.risk,
        advice: front.advice.value.clone(),
        events: front.events.value.clone(),
        summary: document.summary.clone(),
        explanation: document.explanation.clone(),
        since: front.since.clone(),
    }
}

/// The checks of a rule's metadata that the YAML form cannot express.
fn check(front: &FrontMatter, document: &Document, faults: &mut Faults<'_>) {
    let line = |at: &Spanned<String>| at.referenced.line();
    let id = &front.id.value;
    let stem = faults.file.rsplit('/').next().unwrap_or_default().trim_end_matches(".md").to_owned();
    let kebab =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    faults.require(kebab, line(&front.id), || format!("the id `{id}` is not in kebab-case"));
    faults.require(stem == *id, line(&front.id), || format!("the file is named `{stem}.md`, the rule `{id}`"));
    let title = &front.title.value;
    faults.require(!title.trim().is_empty() && title.chars().count() <= MAX_TITLE, line(&front.title), || {
        format!("the title has 1 to {MAX_TITLE} characters")
    });
    faults.require(!front.languages.is_empty(), 1, || "`languages` is empty".to_owned());
    faults.require(!front.cwe.value.is_empty() && !front.cwe.value.contains(&0), front.cwe.referenced.line(), || {
        "`cwe` names at least one weakness".to_owned()
    });
    faults.require(topic_by_id(&front.topic.value).is_some(), line(&front.topic), || {
        format!("there is no topic `{}`", front.topic.value)
    });
    let advice = &front.advice.value;
    for (name, text) in [
        ("action", &advice.action),
        ("control", &advice.control),
        ("layer", &advice.layer),
        ("effort", &advice.effort),
        ("performance", &advice.performance),
        ("developers", &advice.developers),
        ("verify", &advice.verify),
    ] {
        faults.require(!text.trim().is_empty(), front.advice.referenced.line(), || format!("`advice.{name}` is empty"));
    }
    for event in &front.events.value {
        let known = EVENTS.lines().any(|known| known == event);
        faults.require(known, front.events.referenced.line(), || {
            format!("`{event}` is not in the OWASP Logging Vocabulary")
        });
    }
    faults.require(!front.since.is_empty(), 1, || "`since` is empty".to_owned());
    faults.require(!front.find.is_empty(), 1, || "`find` has no matcher".to_owned());
    for spec in &front.find {
        let told = front.message.is_some() || spec.value.message.is_some();
        faults
            .require(told, spec.referenced.line(), || "the matcher has no `message`, and the rule has none".to_owned());
    }
    faults.require(!document.summary.is_empty(), 1, || "the explanation is missing".to_owned());
    faults.require(document.has_fix, 1, || "`## How to fix` is missing".to_owned());
}

/// The packages that a rule's matchers speak of; empty when one of them needs no package.
fn derive_applies(matchers: &[Matcher], trie: &ApiTrie, groups: &[SettingGroup]) -> Vec<(Language, String)> {
    let mut packages = BTreeSet::new();
    for matcher in matchers {
        let mut nodes: Vec<NodeId> = Vec::new();
        let mut modules: Vec<String> = Vec::new();
        match &matcher.kind {
            Kind::Call(of) | Kind::Read { nodes: of, .. } | Kind::Write { nodes: of, .. } => nodes.extend(of),
            Kind::MissingSetting { when, .. } => nodes.extend(when),
            Kind::Absent(absent) => match &absent.when.kind {
                Kind::Call(of) | Kind::Read { nodes: of, .. } | Kind::Write { nodes: of, .. } => nodes.extend(of),
                _ => return Vec::new(),
            },
            Kind::Import { modules: named, .. } => modules.extend(named.iter().cloned()),
            Kind::Setting { names } => {
                let of = |name: &String| name.split_once('.').map(|(group, _)| group.to_owned());
                let named: Vec<String> = names.iter().filter_map(of).collect();
                nodes.extend(
                    groups
                        .iter()
                        .filter(|group| group.language == matcher.language && named.contains(&group.name))
                        .flat_map(|group| &group.of),
                );
            }
            Kind::Route(_)
            | Kind::Function(_)
            | Kind::Catch(_)
            | Kind::Assign { .. }
            | Kind::Return
            | Kind::Compare
            | Kind::Flow { .. } => return Vec::new(),
        }
        modules.extend(nodes.into_iter().map(|node| package_of(trie, node)));
        if modules.iter().any(|module| matches!(module.as_str(), "builtins" | "globalThis")) {
            return Vec::new();
        }
        packages.extend(modules.into_iter().map(|module| (matcher.language as u8, module)));
    }
    let language = |code: u8| if code == Language::Python as u8 { Language::Python } else { Language::JavaScript };
    packages.into_iter().map(|(code, module)| (language(code), module)).collect()
}

fn package_of(trie: &ApiTrie, node: NodeId) -> String {
    let mut at = node;
    while let Some(parent) = trie.parent(at) {
        at = parent;
    }
    trie.path(at)
}

/// The calls that make an application or a part of one, by the models: their results hold routes.
fn makers(models: &mut Models) -> Vec<NodeId> {
    let routers: Vec<(Language, OneOrMany)> = models
        .files
        .iter()
        .flat_map(|file| file.routers.iter().map(|spec| (file.language.into(), spec.value.clone())))
        .collect();
    let mut found = Vec::new();
    for (language, values) in routers {
        // The models were checked when they were loaded; a value that is no call is made by nothing.
        for node in models.patterns(language, &values).unwrap_or_default() {
            found.extend(models.trie.parent(node));
        }
    }
    found
}
