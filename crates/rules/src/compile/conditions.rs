//! Conditions.

use super::{Compiled, Compiler, regex, strings, yes};
use crate::cheap;
use crate::matcher::{ComesFrom, Condition, ProjectTest, SiteTest, ValueCondition, ValuePath};
use crate::schema::{ConditionSpec, ProjectSpec};
use crate::value::{SlowPattern, ValueTest};
use lunette_lang::ir::Language;

impl Compiler<'_> {
    pub(super) fn conditions(&mut self, specs: &[ConditionSpec], default: Option<&str>) -> Compiled<Vec<Condition>> {
        specs.iter().map(|spec| self.condition(spec, default)).collect()
    }

    fn condition(&mut self, spec: &ConditionSpec, default: Option<&str>) -> Compiled<Condition> {
        if spec.key.is_some() || spec.default.is_some() || spec.code.is_some() {
            return Err("`key`, `default` and `code` are conditions of a `document`".to_owned());
        }
        let mut found: Vec<Condition> = Vec::new();
        if spec.prepared.is_none()
            && let Some(value) = self.value_condition(spec, default)?
        {
            found.push(value);
        }
        if let Some(names) = &spec.flows_into {
            found.push(Condition::FlowsInto(regex(names)?));
        }
        if let Some(way) = &spec.way {
            found.push(Condition::Way(regex(way)?));
        }
        found.extend(spec.assumed.map(Condition::Assumed));
        if let Some(name) = &spec.taken_by_name {
            found.push(Condition::TakenByName(regex(name)?));
        }
        if let Some(wanted) = spec.tied {
            found.push(Condition::Tied(wanted));
        }
        if let Some(record) = &spec.record {
            found.push(Condition::Record(record.owned, record.named.as_deref().map(regex).transpose()?));
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
        if let Some(version) = &spec.version {
            found.push(Condition::Version(version.package.clone(), version.below));
        }
        if let Some(prepared) = &spec.prepared {
            if prepared.by.is_empty() {
                return Err("`prepared` needs matchers under `by`".to_owned());
            }
            let by = prepared.by.iter().map(|spec| self.matcher(spec)).collect::<Compiled<_>>()?;
            found.push(Condition::Prepared(ValuePath::parse(&prepared.at)?, by, prepared.chain));
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

    pub(super) fn project(&mut self, spec: &ProjectSpec) -> Compiled<ProjectTest> {
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
        let tests = value_tests(spec, self.language)?;
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
                None if spec.ignore_case || spec.or_absent || spec.or_unknown || spec.if_known || spec.surely => {
                    Err("`ignore-case`, `or-absent`, `or-unknown`, `if-known` and `surely` go with a test of a value"
                        .to_owned())
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
            surely: spec.surely,
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
                direct: from.direct,
                unchecked: from.unchecked,
                leading: from.leading,
                entries: from.entries,
                through: self.optional_nodes(from.through.as_ref())?,
                uncalled: from.uncalled,
            };
            if !test.caught && test.api.is_empty() && test.parameter.is_none() {
                return Err("`comes-from` needs `caught`, `api` or `parameter`".to_owned());
            }
            if test.uncalled && test.parameter.is_none() {
                return Err("`uncalled` goes with `parameter`".to_owned());
            }
            if test.broad && !test.caught {
                return Err("`broad` goes with `caught`".to_owned());
            }
            if (test.unchecked || test.leading || test.entries || !test.through.is_empty()) && !test.direct {
                return Err("`unchecked`, `leading`, `entries` and `through` go with `direct`".to_owned());
            }
            sites.push(SiteTest::ComesFrom(test));
        }
        if let Some(name) = &spec.mentions {
            sites.push(SiteTest::Mentions(regex(name)?));
        }
        if let Some(text) = &spec.contains {
            sites.push(SiteTest::Contains(regex(text)?));
        }
        if yes(spec.formatted, "formatted")? {
            sites.push(SiteTest::Formatted);
        }
        sites.sort_by_key(cheap::site_cost);
        Ok(sites)
    }
}

pub(super) fn value_tests(spec: &ConditionSpec, language: Language) -> Compiled<Vec<ValueTest>> {
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
    match (spec.backtracking, spec.anchoring) {
        (Some(growth), how) => {
            tests.push(ValueTest::Backtracking(SlowPattern { growth, language, how: how.unwrap_or_default() }));
        }
        (None, Some(_)) => return Err("`anchoring` goes with `backtracking`".to_owned()),
        (None, None) => {}
    }
    Ok(tests)
}
