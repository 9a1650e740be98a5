//! From the YAML form to matchers: patterns become nodes of the trie, expressions are compiled, what cannot mean
//! anything is refused.

mod conditions;
mod documents;

pub(crate) use documents::documents;

use lunette_core::rule::RiskProfile;
use lunette_flow::api::NodeId;
use lunette_flow::lazy::Regex;
use lunette_flow::models::{Models, OneOrMany};
use lunette_flow::taint::{KindSet, SourceKind};
use lunette_lang::ir::Language;

use crate::cheap;
use crate::matcher::{Absent, CatchTest, FunctionTest, Kind, Matcher, RouteTest, SkipsCheck, ValuePath};
use crate::schema::{AbsentSpec, AssignKind, CatchSpec, FunctionSpec, MatcherSpec, RouteSpec};
use crate::settings::SettingGroup;
use crate::template::Template;

/// Compiles the matchers of one rule for one language.
pub(crate) struct Compiler<'a> {
    pub(crate) models: &'a mut Models,
    pub(crate) groups: &'a mut Vec<SettingGroup>,
    pub(crate) language: Language,
    pub(crate) risk: RiskProfile,
}

type Compiled<T> = Result<T, String>;

impl Compiler<'_> {
    /// Compiles a matcher.
    pub(crate) fn matcher(&mut self, spec: &MatcherSpec) -> Compiled<Matcher> {
        check_companions(spec)?;
        let kind = self.kind(spec)?;
        let default = (!matches!(
            kind,
            Kind::Call(_) | Kind::Import { .. } | Kind::Absent(_) | Kind::Route(_) | Kind::Function(_) | Kind::Catch(_)
        ))
        .then_some("value");
        let (all, unless) = (self.conditions(&spec.all, default)?, self.conditions(&spec.unless, default)?);
        Ok(Matcher {
            language: self.language,
            file: cheap::file_tests(&kind, &all, &unless),
            order: cheap::order(&all, &unless),
            kind,
            all,
            unless,
            message: spec.message.as_deref().map(Template::parse).transpose()?,
            title: spec.title.clone(),
            confidence: spec.confidence,
            risk: spec.risk.map_or(self.risk, |risk| risk.apply(self.risk)),
            secret: spec.secret.clone(),
            point_at: spec.point_at.as_deref().map(ValuePath::parse).transpose()?,
        })
    }

    fn kind(&mut self, spec: &MatcherSpec) -> Compiled<Kind> {
        if spec.check.is_some() || spec.document.is_some() {
            return Err("`check` and `document` are matchers of a rule, not parts of others".to_owned());
        }
        Ok(if let Some(patterns) = &spec.call {
            Kind::Call(self.nodes(patterns)?)
        } else if let Some(patterns) = &spec.read {
            Kind::Read { nodes: self.nodes(patterns)?, key: spec.key.as_deref().map(whole).transpose()? }
        } else if let Some(patterns) = &spec.write {
            Kind::Write { nodes: self.nodes(patterns)?, key: spec.key.as_deref().map(whole).transpose()? }
        } else if let Some(modules) = &spec.import {
            let named = spec.named.as_ref().map(strings).unwrap_or_default();
            Kind::Import { modules: strings(modules), named }
        } else if let Some(names) = &spec.setting {
            let names = strings(names);
            for name in &names {
                self.setting(name)?;
            }
            match &spec.when {
                Some(when) => Kind::MissingSetting { names, when: self.nodes(when)? },
                None => Kind::Setting { names },
            }
        } else if let Some(absent) = &spec.absent {
            self.absent(absent)?
        } else if let Some(route) = &spec.route {
            Kind::Route(Box::new(self.route(route)?))
        } else if let Some(function) = &spec.function {
            Kind::Function(self.function(function)?)
        } else if let Some(catch) = &spec.catch {
            Kind::Catch(self.catch(catch)?)
        } else if let Some(name) = &spec.assign {
            let all = [
                AssignKind::Variable,
                AssignKind::ClassAttribute,
                AssignKind::Attribute,
                AssignKind::Key,
                AssignKind::Argument,
            ];
            Kind::Assign { name: regex(name)?, kinds: spec.kinds.clone().unwrap_or_else(|| all.to_vec()) }
        } else if let Some(harms) = &spec.flow {
            Kind::Flow { kinds: self.harms(harms)?, from: sources(spec.from.as_ref())? }
        } else if spec.compare.is_some() {
            Kind::Compare
        } else {
            Kind::Return
        })
    }

    fn absent(&mut self, spec: &AbsentSpec) -> Compiled<Kind> {
        if spec.none.is_empty() {
            return Err("`absent` needs matchers under `none`".to_owned());
        }
        Ok(Kind::Absent(Box::new(Absent {
            when: self.matcher(&spec.when)?,
            none: spec.none.iter().map(|spec| self.matcher(spec)).collect::<Compiled<_>>()?,
            scope: spec.scope,
            looked_for: spec.looked_for.clone(),
        })))
    }

    fn nodes(&mut self, patterns: &OneOrMany) -> Compiled<Vec<NodeId>> {
        let mut nodes = self.models.patterns(self.language, patterns)?;
        nodes.sort_unstable();
        nodes.dedup();
        if nodes.is_empty() { Err("the pattern is empty".to_owned()) } else { Ok(nodes) }
    }

    fn optional_nodes(&mut self, patterns: Option<&OneOrMany>) -> Compiled<Vec<NodeId>> {
        patterns.map_or_else(|| Ok(Vec::new()), |patterns| self.nodes(patterns))
    }

    /// The kinds of harm with these names.
    fn harms(&self, names: &OneOrMany) -> Compiled<KindSet> {
        let mut set = KindSet::default();
        for name in names {
            set |= self.models.harm(name).ok_or_else(|| {
                let known = self.models.harms().collect::<Vec<_>>().join(", ");
                format!("there is no kind of harm `{name}`; known are {known}")
            })?;
        }
        if set.is_empty() { Err("`flow` names no kind of harm".to_owned()) } else { Ok(set) }
    }

    /// Makes sure that a model describes the settings that `name` belongs to, and that its ways in are tracked.
    fn setting(&mut self, name: &str) -> Compiled<()> {
        let (group, key) =
            name.split_once('.').ok_or_else(|| format!("a setting is `<model's name>.<key>`, not `{name}`"))?;
        if key.is_empty() {
            return Err(format!("the key is missing in `{name}`"));
        }
        if self.groups.iter().any(|known| known.language == self.language && known.name == group) {
            return Ok(());
        }
        let language = self.language;
        let specs: Vec<_> = self
            .models
            .files
            .iter()
            .filter(|file| Language::from(file.language) == language)
            .flat_map(|file| file.settings.iter().filter(|spec| spec.name == group).cloned())
            .collect();
        if specs.is_empty() {
            return Err(format!("no model describes settings named `{group}`"));
        }
        let mut made = SettingGroup { language, name: group.to_owned(), ..SettingGroup::default() };
        for spec in specs {
            made.of.extend(self.models.pattern(language, &spec.of)?);
            for method in &spec.update {
                made.update.extend(self.models.pattern(language, &format!("{}.{method}", spec.of))?);
            }
            for method in &spec.from_object {
                made.from_object.extend(self.models.pattern(language, &format!("{}.{method}", spec.of))?);
            }
        }
        self.groups.push(made);
        Ok(())
    }

    fn route(&mut self, spec: &RouteSpec) -> Compiled<RouteTest> {
        Ok(RouteTest {
            methods: spec.methods.iter().map(|method| method.to_ascii_uppercase()).collect(),
            path: spec.path.as_deref().map(regex).transpose()?,
            framework: spec.framework.as_ref().map(strings).unwrap_or_default(),
            lacks: spec.lacks.clone(),
            no_guard_named: spec.no_guard_named.as_deref().map(regex).transpose()?,
            guard_named: spec.guard_named.as_deref().map(regex).transpose()?,
            has: spec.has.clone(),
            siblings_have: spec.siblings_have.clone(),
            no_path: spec.no_path.as_deref().map(regex).transpose()?,
            inputs: spec.inputs.clone(),
            input_name: spec.input_name.as_deref().map(regex).transpose()?,
            no_input_named: spec.no_input_named.as_deref().map(regex).transpose()?,
            for_role: spec.for_role.as_deref().map(regex).transpose()?,
            handler: spec.handler.as_ref().map(|spec| self.function(spec)).transpose()?,
        })
    }

    fn function(&mut self, spec: &FunctionSpec) -> Compiled<FunctionTest> {
        Ok(FunctionTest {
            handler: spec.handler,
            name: spec.name.as_deref().map(regex).transpose()?,
            parameters: spec.parameters,
            parameter_name: spec.parameter_name.as_deref().map(regex).transpose()?,
            is_async: spec.is_async,
            calls: spec.calls.as_ref().map(|patterns| self.nodes(patterns)).transpose()?,
            lacks_calls: self.optional_nodes(spec.lacks_calls.as_ref())?,
            catches: spec.catches,
            throws: spec.throws,
            awaits: spec.awaits,
            passed_to: spec.passed_to.as_ref().map(|patterns| self.nodes(patterns)).transpose()?,
            skips_check: match &spec.skips_check {
                Some(spec) => {
                    Some(Box::new(SkipsCheck { parameter: regex(&spec.parameter)?, call: regex(&spec.call)? }))
                }
                None => None,
            },
        })
    }

    fn catch(&mut self, spec: &CatchSpec) -> Compiled<CatchTest> {
        Ok(CatchTest {
            empty: spec.empty,
            broad: spec.broad,
            body_calls: spec.body_calls.as_ref().map(|patterns| self.nodes(patterns)).transpose()?,
        })
    }
}

/// A matcher has one kind, and only the keys that go with it.
pub(crate) fn check_companions(spec: &MatcherSpec) -> Compiled<()> {
    let kinds = [
        ("call", spec.call.is_some()),
        ("read", spec.read.is_some()),
        ("write", spec.write.is_some()),
        ("import", spec.import.is_some()),
        ("setting", spec.setting.is_some()),
        ("absent", spec.absent.is_some()),
        ("route", spec.route.is_some()),
        ("function", spec.function.is_some()),
        ("catch", spec.catch.is_some()),
        ("assign", spec.assign.is_some()),
        ("return", spec.returned.is_some()),
        ("compare", spec.compare.is_some()),
        ("flow", spec.flow.is_some()),
        ("check", spec.check.is_some()),
        ("document", spec.document.is_some()),
    ];
    let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let [kind] = given[..] else {
        let names = kinds.map(|(name, _)| name).join(", ");
        return Err(format!("a matcher has exactly one of {names}; this one has {}", given.len()));
    };
    if spec.key.is_some() && !matches!(kind, "read" | "write" | "document") {
        return Err(format!("`key` goes with `read`, `write` or `document`, not with `{kind}`"));
    }
    if spec.missing.is_some() && !matches!(kind, "setting" | "document") {
        return Err(format!("`missing` goes with `setting` or `document`, not with `{kind}`"));
    }
    for (name, given, with) in [
        ("named", spec.named.is_some(), "import"),
        ("default", spec.default.is_some(), "document"),
        ("also-below", spec.also_below.is_some(), "document"),
        ("when", spec.when.is_some(), "setting"),
        ("kinds", spec.kinds.is_some(), "assign"),
        ("from", spec.from.is_some(), "flow"),
        ("action", spec.action.is_some(), "check"),
        ("verify", spec.verify.is_some(), "check"),
    ] {
        if given && kind != with {
            return Err(format!("`{name}` goes with `{with}`, not with `{kind}`"));
        }
    }
    yes(spec.returned, "return")?;
    yes(spec.compare, "compare")?;
    if yes(spec.missing, "missing")? != spec.when.is_some() && kind != "document" {
        return Err("`missing: true` and `when` go together".to_owned());
    }
    Ok(())
}

/// The kinds of sources that names and groups stand for.
fn sources(names: Option<&OneOrMany>) -> Compiled<Vec<SourceKind>> {
    let group = |holds: fn(SourceKind) -> bool| SourceKind::ALL.into_iter().filter(|&kind| holds(kind)).collect();
    let mut found: Vec<SourceKind> = Vec::new();
    for name in names.into_iter().flatten() {
        found.extend::<Vec<_>>(match name.as_str() {
            "any" => group(|_| true),
            "remote" => group(SourceKind::is_remote),
            "local" => {
                group(|kind| matches!(kind, SourceKind::Environment | SourceKind::Arguments | SourceKind::Stored))
            }
            name => {
                let kind = SourceKind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
                    let known = SourceKind::ALL.map(SourceKind::as_str).join(", ");
                    format!("there is no kind of source `{name}`; known are remote, local, any, {known}")
                })?;
                vec![kind]
            }
        });
    }
    if names.is_none() {
        found = group(SourceKind::is_remote);
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() { Err("`from` names no source".to_owned()) } else { Ok(found) }
}

/// A key that is given as `true` or not at all.
fn yes(given: Option<bool>, name: &str) -> Compiled<bool> {
    match given {
        None => Ok(false),
        Some(true) => Ok(true),
        Some(false) => Err(format!("`{name}` is `true` or left out")),
    }
}

/// Compiles a regular expression of a rule.
pub(crate) fn regex(text: &str) -> Compiled<Regex> {
    Regex::new(text).map_err(|error| format!("`{text}`: {error}"))
}

/// A regular expression that must match a whole text.
fn whole(text: &str) -> Compiled<Regex> {
    regex(text)?;
    regex(&format!("^(?:{text})$"))
}

fn strings(list: &OneOrMany) -> Vec<String> {
    list.iter().cloned().collect()
}
