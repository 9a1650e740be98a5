//! Matchers on configuration files: `document: <path>`, `key: <way to a value>`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use lunette_config::{Document, Entry, KeyPath, Node, Span, Value as Content, select};
use lunette_core::finding::{Confidence, Draft, Evidence, Finding, Step, Why};
use lunette_core::rule::RiskProfile;
use lunette_core::text::{code_line, printable, shorten};
use lunette_flow::Value;
use lunette_flow::lazy::Regex;
use lunette_flow::program::{Target, UnitId};
use rustc_hash::FxHashMap;

use crate::book::CompiledRule;
use crate::finding::{conceal, redacted};
use crate::matcher::{Matcher, ProjectTest};
use crate::run::Run;
use crate::schema::Scalar;
use crate::setting_value::{constant, is_reference, measure, of_scalar};
use crate::template::Template;
use crate::value::ValueTest;

/// Most keys of one document that a matcher looks at. No configuration has as many; in one made to have more, looking up
/// other keys for each of them would take time that grows with the square.
const MAX_KEYS: usize = 1_000;

/// Longest value in a message.
const MAX_VALUE: usize = 60;

/// A matcher on keys of configuration files.
#[derive(Clone, Debug)]
pub(crate) struct DocumentMatcher {
    pub(crate) file: Regex,
    pub(crate) key: KeyPath,
    /// What holds when the key is not there.
    pub(crate) default: Option<Scalar>,
    /// The key must not be there.
    pub(crate) missing: bool,
    /// Tables that say the same things as the whole file, for one purpose. What they do not say is as the file says.
    pub(crate) also_below: Option<KeyPath>,
    pub(crate) all: Vec<Test>,
    pub(crate) unless: Vec<Test>,
    pub(crate) message: Template<String>,
    pub(crate) title: Option<Template<String>>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) risk: RiskProfile,
    pub(crate) secret: Option<String>,
}

/// A condition on a key.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Setting(Box<SettingTest>),
    /// The last key's name.
    Name(Regex),
    InFile(Regex),
    Code(Box<Code>),
    Project(Box<ProjectTest>),
    /// About code, in a project that has none.
    Untold,
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
}

/// A test of the value, or of that of another key.
#[derive(Clone, Debug)]
pub(crate) struct SettingTest {
    pub(crate) key: Option<KeyPath>,
    pub(crate) default: Option<Scalar>,
    pub(crate) tests: Vec<ValueTest>,
    pub(crate) presence: Option<bool>,
    pub(crate) or_absent: bool,
}

/// Code that belongs to a key.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) folder: String,
    pub(crate) entry: Option<KeyPath>,
    pub(crate) has: Vec<Matcher>,
}

/// A key of a document as a matcher sees it.
struct Seen<'d> {
    document: &'d Document,
    /// Where keys are looked up: the table that the matcher is at, and the whole document.
    bases: Vec<&'d Node>,
    /// The keys that lead to it, from the first base.
    keys: Vec<String>,
    /// The value as written; `None` when the key is not there.
    node: Option<&'d Node>,
    /// What to point at; `None`: the file.
    span: Option<Span>,
}

/// The documents of a run, with what was found out about the code beside them.
pub(crate) struct Documents<'a, 'r, 'f> {
    run: &'r Run<'a, 'f>,
    list: &'r [Document],
    /// The modules in which a matcher finds something.
    having: RefCell<FxHashMap<*const Matcher, Rc<BTreeSet<u32>>>>,
}

impl<'a, 'r, 'f> Documents<'a, 'r, 'f> {
    pub(crate) fn new(run: &'r Run<'a, 'f>, list: &'r [Document]) -> Self {
        Documents { run, list, having: RefCell::default() }
    }

    /// The findings of a rule, one for each place, and how many documents it looked at; `None` when it asks for none
    /// that is there. Beside each the code that its key is about.
    pub(crate) fn findings(&self, rule: &CompiledRule) -> (Vec<(Finding, Vec<String>)>, Option<usize>) {
        let mut best: BTreeMap<lunette_core::Place, (Finding, Vec<String>)> = BTreeMap::new();
        let mut files = BTreeSet::new();
        for matcher in &rule.documents {
            for document in self.list.iter().filter(|document| self.is_meant(matcher, document)) {
                files.insert(&document.path);
                for seen in
                    seen(matcher, document).into_iter().take(MAX_KEYS).filter(|seen| self.accepts(matcher, seen))
                {
                    let finding = finding(rule, matcher, &seen);
                    match best.get(&finding.place) {
                        Some((known, _)) if known.confidence >= finding.confidence => {}
                        _ => _ = best.insert(finding.place.clone(), (finding, self.about(matcher, &seen))),
                    }
                }
            }
        }
        (best.into_values().collect(), (!files.is_empty()).then_some(files.len()))
    }

    /// The files of the code that a key is about, as the conditions name them.
    fn about(&self, matcher: &DocumentMatcher, seen: &Seen<'_>) -> Vec<String> {
        let program = self.run.facts.program;
        let code = matcher.all.iter().filter_map(|test| if let Test::Code(code) = test { Some(code) } else { None });
        let units = code.flat_map(|code| self.code_of(code, matcher, seen));
        units.map(|unit| program.unit(unit).path.clone()).collect()
    }

    fn is_meant(&self, matcher: &DocumentMatcher, document: &Document) -> bool {
        matcher.file.is_match(&document.path) && (self.run.tests_count() || !lunette_flow::is_test_path(&document.path))
    }

    fn accepts(&self, matcher: &DocumentMatcher, seen: &Seen<'_>) -> bool {
        if matcher.missing != (seen.node.is_none() && matcher.default.is_none()) {
            return false;
        }
        let holds = |test: &Test| self.holds(test, matcher, seen);
        matcher.all.iter().all(|test| holds(test) == Some(true))
            && matcher.unless.iter().all(|test| holds(test) == Some(false))
    }

    /// Whether a condition holds; `None` when that cannot be told.
    fn holds(&self, test: &Test, matcher: &DocumentMatcher, seen: &Seen<'_>) -> Option<bool> {
        let each = |parts: &[Test], decides: bool| {
            let answers: Vec<_> = parts.iter().map(|part| self.holds(part, matcher, seen)).collect();
            if answers.contains(&Some(decides)) {
                Some(decides)
            } else {
                (!answers.contains(&None)).then_some(!decides)
            }
        };
        match test {
            Test::Setting(test) => setting_holds(test, matcher, seen),
            Test::Name(name) => Some(seen.keys.last().is_some_and(|key| name.is_match(key))),
            Test::InFile(path) => Some(path.is_match(&seen.document.path)),
            Test::Code(code) => self.code_holds(code, matcher, seen),
            Test::Project(test) => Some(self.run.project_has(test)),
            Test::Untold => None,
            Test::Any(parts) => each(parts, true),
            Test::All(parts) => each(parts, false),
            Test::Not(part) => self.holds(part, matcher, seen).map(|holds| !holds),
        }
    }

    /// The code that a key is about.
    fn code_of(&self, code: &Code, matcher: &DocumentMatcher, seen: &Seen<'_>) -> Vec<UnitId> {
        let keys: Vec<&str> = seen.keys.iter().map(String::as_str).collect();
        let here = seen.document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let entry = code.entry.as_ref().and_then(|path| look_up(seen, &path.along(&keys))).and_then(Node::text);
        let mut names = matcher.key.names(&keys).into_iter();
        let parts = code.folder.split('/').map(|part| if part == "*" { names.next().unwrap_or(part) } else { part });
        let folder = join(here, &parts.collect::<Vec<_>>().join("/"));
        let entry = entry.map(|path| join(here, path));
        let program = self.run.facts.program;
        program
            .ids()
            .filter(|&unit| {
                let path = &program.unit(unit).path;
                entry.as_ref().is_some_and(|entry| entry == path)
                    || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
            .collect()
    }

    /// Whether the code that a key is about, or what it imports, has something. `None` when there is no such code.
    fn code_holds(&self, code: &Code, matcher: &DocumentMatcher, seen: &Seen<'_>) -> Option<bool> {
        let program = self.run.facts.program;
        let mut open = self.code_of(code, matcher, seen);
        if open.is_empty() {
            return None;
        }
        let mut units: BTreeSet<u32> = open.iter().map(|unit| unit.0).collect();
        while let Some(unit) = open.pop() {
            for target in program.targets(unit) {
                if let Target::Unit(imported) = target
                    && units.insert(imported.0)
                {
                    open.push(*imported);
                }
            }
        }
        Some(code.has.iter().any(|matcher| !self.having(matcher).is_disjoint(&units)))
    }

    fn having(&self, matcher: &Matcher) -> Rc<BTreeSet<u32>> {
        let question = std::ptr::from_ref(matcher);
        if let Some(known) = self.having.borrow().get(&question) {
            return Rc::clone(known);
        }
        let (_, found) = self.run.matches(matcher);
        let answer: Rc<BTreeSet<u32>> = Rc::new(found.iter().map(|(spot, _)| spot.unit.0).collect());
        self.having.borrow_mut().insert(question, Rc::clone(&answer));
        answer
    }
}

/// The matchers of code in the conditions of a matcher.
pub(crate) fn code(matcher: &DocumentMatcher) -> Vec<&Matcher> {
    fn within<'m>(test: &'m Test, found: &mut Vec<&'m Matcher>) {
        match test {
            Test::Code(code) => found.extend(&code.has),
            Test::Project(test) => found.extend(&test.has),
            Test::Any(parts) | Test::All(parts) => parts.iter().for_each(|part| within(part, found)),
            Test::Not(part) => within(part, found),
            Test::Setting(_) | Test::Name(_) | Test::InFile(_) | Test::Untold => {}
        }
    }
    let mut found = Vec::new();
    matcher.all.iter().chain(&matcher.unless).for_each(|test| within(test, &mut found));
    found
}

/// A path from a folder, with `.` and `..` resolved.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The keys of a document that a matcher looks at.
fn seen<'d>(matcher: &DocumentMatcher, document: &'d Document) -> Vec<Seen<'d>> {
    let mut all = Vec::new();
    for root in &document.roots {
        let given = |bases: &[&'d Node], entry: Entry<'d>| Seen {
            document,
            bases: bases.to_vec(),
            keys: entry.keys.iter().map(|&key| key.to_owned()).collect(),
            node: Some(entry.node),
            span: Some(entry.key.map_or(entry.node.span, |key| together(key.span, entry.node.span))),
        };
        let found = select(root, &matcher.key);
        if matcher.missing || matcher.default.is_some() {
            all.extend(not_given(matcher, document, root, &found));
        }
        all.extend(found.into_iter().map(|entry| given(&[root], entry)));
        for base in matcher.also_below.iter().flat_map(|path| select(root, path)) {
            all.extend(select(base.node, &matcher.key).into_iter().map(|entry| given(&[base.node, root], entry)));
        }
    }
    all
}

/// The places where a key is not there: in every table in which it could be.
fn not_given<'d>(
    matcher: &DocumentMatcher,
    document: &'d Document,
    root: &'d Node,
    found: &[Entry<'d>],
) -> Vec<Seen<'d>> {
    let nothing = |keys: Vec<String>, span| Seen { document, bases: vec![root], keys, node: None, span };
    let Some(parent) = matcher.key.parent().filter(|_| matcher.key.is_plural()) else {
        if !found.is_empty() {
            return Vec::new();
        }
        let mut above = matcher.key.parent();
        while let Some(path) = above {
            if let Some(key) = select(root, &path).into_iter().find_map(|entry| entry.key) {
                return vec![nothing(vec![matcher.key.to_string()], Some(key.span))];
            }
            above = path.parent();
        }
        return vec![nothing(vec![matcher.key.to_string()], None)];
    };
    let whole = matcher.key.to_string();
    let last = whole.rsplit('.').next().unwrap_or_default().to_owned();
    let lacking = select(root, &parent)
        .into_iter()
        .filter(|entry| matches!(entry.node.value, Content::Map(_)) && entry.node.get(&last).is_none());
    lacking
        .map(|entry| {
            let keys = entry.keys.iter().map(|&key| key.to_owned()).chain([last.clone()]).collect();
            nothing(keys, entry.key.map(|key| key.span))
        })
        .collect()
}

/// From a key to the end of its value, where the value follows the key.
fn together(key: Span, value: Span) -> Span {
    if value.start >= key.end { Span { start: key.start, end: value.end } } else { key }
}

fn look_up<'d>(seen: &Seen<'d>, path: &KeyPath) -> Option<&'d Node> {
    seen.bases.iter().find_map(|base| select(base, path).into_iter().next()).map(|entry| entry.node)
}

fn setting_holds(test: &SettingTest, matcher: &DocumentMatcher, seen: &Seen<'_>) -> Option<bool> {
    let keys: Vec<&str> = seen.keys.iter().map(String::as_str).collect();
    let (node, default) = match &test.key {
        Some(key) => (look_up(seen, &key.along(&keys)), &test.default),
        None => (seen.node, &matcher.default),
    };
    if let Some(presence) = test.presence {
        return Some(node.is_some() == presence && test.tests.is_empty());
    }
    let Some(value) = node.map(constant).or_else(|| default.as_ref().map(of_scalar)) else {
        return Some(test.or_absent);
    };
    let mut holds = true;
    for test in &test.tests {
        // What a reference stands for is not told here; only its text is.
        let asks_text = matches!(test, ValueTest::Matches(_) | ValueTest::NotMatches(_));
        if !asks_text && value.as_str().is_some_and(is_reference) {
            return None;
        }
        let measured = match test {
            ValueTest::LessThan(_) | ValueTest::GreaterThan(_) => value.as_str().and_then(measure).map(Value::Float),
            _ => None,
        };
        holds &= test.accepts(measured.as_ref().unwrap_or(&value));
    }
    Some(holds)
}

fn finding(rule: &CompiledRule, matcher: &DocumentMatcher, seen: &Seen<'_>) -> Finding {
    let document = seen.document;
    let secret = matcher.secret.as_ref().and_then(|_| seen.node?.text());
    let value = match (seen.node, &matcher.default) {
        (Some(node), _) => shown(document.source(node.span), secret),
        (None, Some(default)) => format!("{} (when it is not set)", default_text(default)),
        (None, None) => "not set".to_owned(),
    };
    let key = seen.keys.join(".");
    let name = seen.keys.last().map_or("", String::as_str);
    let keys: Vec<&str> = seen.keys.iter().map(String::as_str).collect();
    let each = matcher.key.names(&keys).first().map_or(name, |each| each);
    let fill = |template: &Template<String>| {
        template.fill(|slot| match slot.as_str() {
            "key" => printable(&shorten(&key, MAX_VALUE)),
            "name" => printable(&shorten(name, MAX_VALUE)),
            "each" => printable(&shorten(each, MAX_VALUE)),
            "value" => value.clone(),
            "file" => printable(&document.path),
            _ => "unknown".to_owned(),
        })
    };
    let place = seen.span.map_or_else(|| lunette_core::Place::file(document.path.clone()), |span| document.place(span));
    let at = Step {
        place: place.clone(),
        why: Why::Here,
        code: code_line(&lunette_read::redact(&conceal(document.line(place.line), secret))),
        note: matcher.secret.clone().unwrap_or_default(),
    };
    let evidence = match (&matcher.secret, secret, seen.node) {
        (Some(what), Some(text), _) => Evidence::Secret { what: what.clone(), redacted: redacted(text), at },
        (_, _, Some(_)) => Evidence::Setting { name: key.clone(), value: value.clone(), at },
        _ => {
            let default = matcher
                .default
                .as_ref()
                .map_or_else(String::new, |default| format!(", which is {} by default", default_text(default)));
            Evidence::Absence {
                looked_for: format!("{key}{default}"),
                looked_in: format!("the file {}", document.path),
                at,
            }
        }
    };
    let anchor = match seen.node {
        // An element of a list has no name of its own.
        Some(node) if seen.span == Some(node.span) => {
            format!("{key}: {}", value.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        _ => key.clone(),
    };
    let meta = &rule.meta;
    let draft = Draft {
        rule: meta.id.clone(),
        title: matcher.title.as_ref().map_or_else(|| meta.title.clone(), fill),
        message: fill(&matcher.message),
        place,
        confidence: matcher.confidence.unwrap_or(meta.confidence),
        nature: meta.nature,
        cwe: meta.cwe.clone(),
        topic: meta.topic.clone(),
        risk: matcher.risk.judge(),
        advice: meta.advice.clone(),
        route: None,
        events: meta.events.clone(),
        anchor,
    };
    Finding::new(draft, evidence)
}

fn default_text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Str(value) => format!("\"{value}\""),
    }
}

/// A value's source for a message: on one line, short, redacted.
fn shown(source: &str, secret: Option<&str>) -> String {
    let text = conceal(source, secret);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&printable(&lunette_read::redact(&text)), MAX_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_folders_are() {
        assert_eq!(join("supabase", "functions/a"), "supabase/functions/a");
        assert_eq!(join("supabase", "./functions/../x/index.ts"), "supabase/x/index.ts");
        assert_eq!(join("", "../a"), "a");
    }
}
