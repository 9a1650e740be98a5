//! From the YAML form to matchers: patterns become nodes of the trie, expressions are compiled, what cannot mean
//! anything is refused.

use lunette_core::finding::Confidence;
use lunette_core::project::{InputKind, Proves};
use lunette_core::rule::RiskProfile;
use lunette_flow::access::{AccessPath, StepInto};
use lunette_flow::api::NodeId;
use lunette_flow::models::{Models, OneOrMany};
use lunette_lang::ir::Language;
use regex::Regex;

use crate::schema::{
    AbsentSpec, AssignKind, CatchSpec, ConditionSpec, FunctionSpec, Inside, MatcherSpec, ProjectSpec, ResultUse,
    RouteSpec, Scope,
};
use crate::settings::SettingGroup;
use crate::template::Template;
use crate::value::ValueTest;

/// Where a condition's value is: at the match's own value, or along an access path from the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValuePath {
    Value(Vec<StepInto>),
    Access(AccessPath),
    /// At the other operand of a comparison.
    Other(Vec<StepInto>),
}

/// A compiled matcher, for one language.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) language: Language,
    pub(crate) kind: Kind,
    pub(crate) all: Vec<Condition>,
    pub(crate) unless: Vec<Condition>,
    pub(crate) message: Option<Template>,
    pub(crate) title: Option<String>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) risk: RiskProfile,
    pub(crate) secret: Option<String>,
    pub(crate) point_at: Option<ValuePath>,
}

/// What a matcher looks for.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Call(Vec<NodeId>),
    Read(Vec<NodeId>),
    Write { nodes: Vec<NodeId>, key: Option<Regex> },
    Import { modules: Vec<String>, named: Vec<String> },
    Setting { names: Vec<String> },
    MissingSetting { names: Vec<String>, when: Vec<NodeId> },
    Absent(Box<Absent>),
    Route(RouteTest),
    Function(FunctionTest),
    Catch(CatchTest),
    Assign { name: Regex, kinds: Vec<AssignKind> },
    Return,
    Compare,
}

#[derive(Clone, Debug)]
pub(crate) struct Absent {
    pub(crate) when: Matcher,
    pub(crate) none: Vec<Matcher>,
    pub(crate) scope: Scope,
    pub(crate) looked_for: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RouteTest {
    pub(crate) methods: Vec<String>,
    pub(crate) path: Option<Regex>,
    pub(crate) framework: Vec<String>,
    pub(crate) lacks: Vec<Proves>,
    pub(crate) has: Vec<Proves>,
    pub(crate) inputs: Vec<InputKind>,
    pub(crate) input_name: Option<Regex>,
    pub(crate) handler: Option<FunctionTest>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FunctionTest {
    pub(crate) handler: Option<bool>,
    pub(crate) name: Option<Regex>,
    pub(crate) parameters: Option<usize>,
    pub(crate) parameter_name: Option<Regex>,
    pub(crate) is_async: Option<bool>,
    pub(crate) calls: Option<Vec<NodeId>>,
    pub(crate) lacks_calls: Vec<NodeId>,
    pub(crate) catches: Option<bool>,
    pub(crate) throws: Option<bool>,
    pub(crate) passed_to: Option<Vec<NodeId>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct CatchTest {
    pub(crate) empty: Option<bool>,
    pub(crate) broad: Option<bool>,
    pub(crate) body_calls: Option<Vec<NodeId>>,
}

/// A compiled condition.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Value(Box<ValueCondition>),
    FlowsInto(Regex),
    Inside(Inside, Option<Regex>),
    Name(Regex),
    ReceiverName(Regex),
    InFile(Regex),
    Result(ResultUse),
    Route(Box<RouteTest>),
    Project(Box<ProjectTest>),
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Clone, Debug)]
pub(crate) struct ValueCondition {
    pub(crate) at: ValuePath,
    /// As the author wrote it.
    pub(crate) path: String,
    pub(crate) tests: Vec<ValueTest>,
    pub(crate) sites: Vec<SiteTest>,
    /// Required presence (`present`) or absence (`absent`).
    pub(crate) presence: Option<bool>,
    pub(crate) or_absent: bool,
    pub(crate) or_unknown: bool,
    pub(crate) if_known: bool,
}

/// A test of where a value stands, not of what it is.
#[derive(Clone, Debug)]
pub(crate) enum SiteTest {
    Api(Vec<NodeId>),
    Named(Regex),
    Literal,
    NotConstant,
    ComesFrom(ComesFrom),
    Mentions(Regex),
    Formatted,
}

#[derive(Clone, Debug)]
pub(crate) struct ComesFrom {
    pub(crate) caught: bool,
    pub(crate) broad: bool,
    pub(crate) api: Vec<NodeId>,
    pub(crate) parameter: Option<Regex>,
    pub(crate) member: Option<Regex>,
}

#[derive(Clone, Debug)]
pub(crate) struct ProjectTest {
    pub(crate) calls: Vec<NodeId>,
    pub(crate) reads: Vec<NodeId>,
    pub(crate) imports: Vec<String>,
    pub(crate) has: Vec<Matcher>,
    pub(crate) routes: Option<RouteTest>,
}

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
        Ok(Matcher {
            language: self.language,
            kind,
            all: self.conditions(&spec.all, default)?,
            unless: self.conditions(&spec.unless, default)?,
            message: spec.message.as_deref().map(Template::parse).transpose()?,
            title: spec.title.clone(),
            confidence: spec.confidence,
            risk: spec.risk.map_or(self.risk, |risk| risk.apply(self.risk)),
            secret: spec.secret.clone(),
            point_at: spec.point_at.as_deref().map(ValuePath::parse).transpose()?,
        })
    }

    fn kind(&mut self, spec: &MatcherSpec) -> Compiled<Kind> {
        Ok(if let Some(patterns) = &spec.call {
            Kind::Call(self.nodes(patterns)?)
        } else if let Some(patterns) = &spec.read {
            Kind::Read(self.nodes(patterns)?)
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
            Kind::Route(self.route(route)?)
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

    /// Makes sure that a model describes the settings that `name` belongs to, and that its ways in are tracked.
    fn setting(&mut self, name: &str) -> Compiled<()> {
        let (group, key) = name.split_once('.').ok_or_else(|| format!("a setting is `<model's name>.<key>`, not `{name}`"))?;
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
            has: spec.has.clone(),
            inputs: spec.inputs.clone(),
            input_name: spec.input_name.as_deref().map(regex).transpose()?,
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
            passed_to: spec.passed_to.as_ref().map(|patterns| self.nodes(patterns)).transpose()?,
        })
    }

    fn catch(&mut self, spec: &CatchSpec) -> Compiled<CatchTest> {
        Ok(CatchTest {
            empty: spec.empty,
            broad: spec.broad,
            body_calls: spec.body_calls.as_ref().map(|patterns| self.nodes(patterns)).transpose()?,
        })
    }

    fn conditions(&mut self, specs: &[ConditionSpec], default: Option<&str>) -> Compiled<Vec<Condition>> {
        specs.iter().map(|spec| self.condition(spec, default)).collect()
    }

    fn condition(&mut self, spec: &ConditionSpec, default: Option<&str>) -> Compiled<Condition> {
        let mut found: Vec<Condition> = Vec::new();
        if let Some(value) = self.value_condition(spec, default)? {
            found.push(value);
        }
        if let Some(names) = &spec.flows_into {
            found.push(Condition::FlowsInto(regex(names)?));
        }
        match (&spec.inside, &spec.name) {
            (Some(inside), name) => found.push(Condition::Inside(*inside, name.as_deref().map(regex).transpose()?)),
            (None, Some(name)) => found.push(Condition::Name(regex(name)?)),
            (None, None) => {}
        }
        if let Some(name) = &spec.receiver_name {
            found.push(Condition::ReceiverName(regex(name)?));
        }
        if let Some(path) = &spec.in_file {
            found.push(Condition::InFile(regex(path)?));
        }
        if let Some(result) = spec.result {
            found.push(Condition::Result(result));
        }
        if let Some(route) = &spec.route {
            found.push(Condition::Route(Box::new(self.route(route)?)));
        }
        if let Some(project) = &spec.project {
            found.push(Condition::Project(Box::new(self.project(project)?)));
        }
        if let Some(any) = &spec.any {
            found.push(Condition::Any(self.conditions(any, default)?));
        }
        if let Some(all) = &spec.all {
            found.push(Condition::All(self.conditions(all, default)?));
        }
        if let Some(not) = &spec.not {
            found.push(Condition::Not(Box::new(self.condition(not, default)?)));
        }
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err("one condition asks one thing; write several list items".to_owned()),
            (None, _) => Err("a condition is empty".to_owned()),
        }
    }

    fn project(&mut self, spec: &ProjectSpec) -> Compiled<ProjectTest> {
        let has = spec.has.iter().flatten().map(|spec| self.matcher(spec)).collect::<Compiled<Vec<_>>>()?;
        let test = ProjectTest {
            calls: self.optional_nodes(spec.calls.as_ref())?,
            reads: self.optional_nodes(spec.reads.as_ref())?,
            imports: spec.imports.as_ref().map(strings).unwrap_or_default(),
            has,
            routes: spec.routes.as_ref().map(|spec| self.route(spec)).transpose()?,
        };
        let asks = !test.calls.is_empty() || !test.reads.is_empty() || !test.imports.is_empty() || !test.has.is_empty();
        if asks || test.routes.is_some() { Ok(test) } else { Err("`project` asks nothing".to_owned()) }
    }

    fn value_condition(&mut self, spec: &ConditionSpec, default: Option<&str>) -> Compiled<Option<Condition>> {
        let tests = value_tests(spec)?;
        let sites = self.site_tests(spec)?;
        let presence = match (yes(spec.present, "present")?, yes(spec.absent, "absent")?) {
            (true, true) => return Err("a value cannot be both present and absent".to_owned()),
            (true, false) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        if tests.is_empty() && sites.is_empty() && presence.is_none() {
            return match &spec.at {
                Some(at) => Err(format!("nothing is asked of `{at}`")),
                None if spec.ignore_case || spec.or_absent || spec.or_unknown || spec.if_known => {
                    Err("`ignore-case`, `or-absent`, `or-unknown` and `if-known` go with a test of a value".to_owned())
                }
                None => Ok(None),
            };
        }
        let path = spec.at.as_deref().or(default).ok_or("`at` is missing: say which value is tested")?;
        Ok(Some(Condition::Value(Box::new(ValueCondition {
            at: ValuePath::parse(path)?,
            path: path.to_owned(),
            tests,
            sites,
            presence,
            or_absent: spec.or_absent,
            or_unknown: spec.or_unknown,
            if_known: spec.if_known,
        }))))
    }

    fn site_tests(&mut self, spec: &ConditionSpec) -> Compiled<Vec<SiteTest>> {
        let mut sites = Vec::new();
        if let Some(patterns) = &spec.api {
            sites.push(SiteTest::Api(self.nodes(patterns)?));
        }
        if let Some(name) = &spec.named {
            sites.push(SiteTest::Named(regex(name)?));
        }
        if yes(spec.literal, "literal")? {
            sites.push(SiteTest::Literal);
        }
        if yes(spec.not_constant, "not-constant")? {
            sites.push(SiteTest::NotConstant);
        }
        if let Some(from) = &spec.comes_from {
            let test = ComesFrom {
                caught: from.caught,
                broad: from.broad,
                api: self.optional_nodes(from.api.as_ref())?,
                parameter: from.parameter.as_deref().map(regex).transpose()?,
                member: from.member.as_deref().map(regex).transpose()?,
            };
            if !test.caught && test.api.is_empty() && test.parameter.is_none() {
                return Err("`comes-from` needs `caught`, `api` or `parameter`".to_owned());
            }
            if test.broad && !test.caught {
                return Err("`broad` goes with `caught`".to_owned());
            }
            sites.push(SiteTest::ComesFrom(test));
        }
        if let Some(name) = &spec.mentions {
            sites.push(SiteTest::Mentions(regex(name)?));
        }
        if yes(spec.formatted, "formatted")? {
            sites.push(SiteTest::Formatted);
        }
        Ok(sites)
    }
}

/// A matcher has one kind, and only the keys that go with it.
fn check_companions(spec: &MatcherSpec) -> Compiled<()> {
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
    ];
    let given: Vec<&str> = kinds.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let [kind] = given[..] else {
        let names = kinds.map(|(name, _)| name).join(", ");
        return Err(format!("a matcher has exactly one of {names}; this one has {}", given.len()));
    };
    for (name, given, with) in [
        ("key", spec.key.is_some(), "write"),
        ("named", spec.named.is_some(), "import"),
        ("missing", spec.missing.is_some(), "setting"),
        ("when", spec.when.is_some(), "setting"),
        ("kinds", spec.kinds.is_some(), "assign"),
    ] {
        if given && kind != with {
            return Err(format!("`{name}` goes with `{with}`, not with `{kind}`"));
        }
    }
    yes(spec.returned, "return")?;
    yes(spec.compare, "compare")?;
    if yes(spec.missing, "missing")? != spec.when.is_some() {
        return Err("`missing: true` and `when` go together".to_owned());
    }
    Ok(())
}

fn value_tests(spec: &ConditionSpec) -> Compiled<Vec<ValueTest>> {
    let fold = spec.ignore_case;
    let mut tests = Vec::new();
    tests.extend(spec.is.clone().map(|scalar| ValueTest::In(vec![scalar], fold)));
    tests.extend(spec.one_of.clone().map(|scalars| ValueTest::In(scalars, fold)));
    tests.extend(spec.not_in.clone().map(|scalars| ValueTest::NotIn(scalars, fold)));
    let expression = |text: &String| regex(&if fold { format!("(?i){text}") } else { text.clone() });
    tests.extend(spec.matches.as_ref().map(expression).transpose()?.map(ValueTest::Matches));
    tests.extend(spec.not_matches.as_ref().map(expression).transpose()?.map(ValueTest::NotMatches));
    for (given, name, test) in [
        (spec.is_null, "is-null", ValueTest::Null),
        (spec.truthy, "truthy", ValueTest::Truthy),
        (spec.falsy, "falsy", ValueTest::Falsy),
    ] {
        if yes(given, name)? {
            tests.push(test);
        }
    }
    tests.extend(spec.less_than.map(ValueTest::LessThan));
    tests.extend(spec.greater_than.map(ValueTest::GreaterThan));
    tests.extend(spec.shorter_than.map(ValueTest::ShorterThan));
    tests.extend(spec.longer_than.map(ValueTest::LongerThan));
    tests.extend(spec.constant.map(ValueTest::Constant));
    Ok(tests)
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
