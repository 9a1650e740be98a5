//! Matchers on configuration files.

use lunette_config::KeyPath;
use lunette_core::rule::RiskProfile;
use lunette_flow::models::Models;
use lunette_lang::ir::Language;
use serde_saphyr::Spanned;

use super::conditions::value_tests;
use super::{Compiled, Compiler, check_companions, regex, yes};
use crate::document_match::{Code, DocumentMatcher, SettingTest, Test};
use crate::schema::{CodeSpec, ConditionSpec, FrontMatter, MatcherSpec, RuleLanguage};
use crate::settings::SettingGroup;
use crate::template::Template;

/// Compiles the matchers of a rule on configuration files. What they ask of code is compiled where there are models of its
/// language; `fault` is told what is wrong, with the line.
pub(crate) fn documents(
    front: &FrontMatter,
    specs: &[&Spanned<MatcherSpec>],
    models: &mut Models,
    groups: &mut Vec<SettingGroup>,
    fault: &mut dyn FnMut(u64, String),
) -> Vec<DocumentMatcher> {
    let language = Language::JavaScript;
    let has_models = models.files.iter().any(|file| Language::from(file.language) == language);
    let asks = front.languages.contains(&RuleLanguage::Javascript) && has_models;
    let mut compiler = asks.then_some(Compiler { models, groups, language, risk: front.risk });
    let mut matchers = Vec::new();
    for spec in specs {
        match document(&spec.value, front.message.as_deref(), front.risk, &mut compiler) {
            Ok(matcher) => matchers.push(matcher),
            Err(message) => fault(spec.referenced.line(), message),
        }
    }
    matchers
}

/// Compiles a matcher whose `document` is given. Without a `compiler` for code nothing can be told of the code that a key
/// is about: its models were not loaded, because the project has none.
fn document(
    spec: &MatcherSpec,
    message: Option<&str>,
    risk: RiskProfile,
    compiler: &mut Option<Compiler<'_>>,
) -> Compiled<DocumentMatcher> {
    check_companions(spec)?;
    if spec.point_at.is_some() {
        return Err("`point-at` is about code, not about a `document`".to_owned());
    }
    let key = spec.key.as_deref().ok_or("`document` needs a `key`")?;
    let missing = yes(spec.missing, "missing")?;
    if missing && spec.default.is_some() {
        return Err("`missing` and `default` exclude each other".to_owned());
    }
    let message = spec.message.as_deref().or(message).unwrap_or_default();
    Ok(DocumentMatcher {
        file: regex(spec.document.as_deref().unwrap_or_default())?,
        key: KeyPath::parse(key)?,
        default: spec.default.clone(),
        missing,
        also_below: spec.also_below.as_deref().map(KeyPath::parse).transpose()?,
        all: tests(&spec.all, compiler)?,
        unless: tests(&spec.unless, compiler)?,
        message: Template::named(message)?,
        title: spec.title.as_deref().map(Template::named).transpose()?,
        confidence: spec.confidence,
        risk: spec.risk.map_or(risk, |change| change.apply(risk)),
        secret: spec.secret.clone(),
    })
}

fn tests(specs: &[ConditionSpec], compiler: &mut Option<Compiler<'_>>) -> Compiled<Vec<Test>> {
    specs.iter().map(|spec| test(spec, compiler)).collect()
}

fn test(spec: &ConditionSpec, compiler: &mut Option<Compiler<'_>>) -> Compiled<Test> {
    refuse_code(spec)?;
    let mut found = Vec::new();
    if let Some(setting) = setting(spec)? {
        found.push(Test::Setting(Box::new(setting)));
    }
    if let Some(name) = &spec.name {
        found.push(Test::Name(regex(name)?));
    }
    if let Some(path) = &spec.in_file {
        found.push(Test::InFile(regex(path)?));
    }
    if let Some(code) = &spec.code {
        found.push(code_test(code, compiler)?);
    }
    if let Some(project) = &spec.project {
        found.push(match compiler {
            Some(compiler) => Test::Project(Box::new(compiler.project(project)?)),
            None => Test::Untold,
        });
    }
    if let Some(any) = &spec.any {
        found.push(Test::Any(tests(any, compiler)?));
    }
    if let Some(all) = &spec.all {
        found.push(Test::All(tests(all, compiler)?));
    }
    if let Some(not) = &spec.not {
        found.push(Test::Not(Box::new(test(not, compiler)?)));
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err("one condition asks one thing; write several list items".to_owned()),
        (None, _) => Err("a condition is empty".to_owned()),
    }
}

/// Conditions that only code can fulfil.
fn refuse_code(spec: &ConditionSpec) -> Compiled<()> {
    for (name, given) in [
        ("at", spec.at.is_some()),
        ("api", spec.api.is_some()),
        ("named", spec.named.is_some()),
        ("comes-from", spec.comes_from.is_some()),
        ("mentions", spec.mentions.is_some()),
        ("contains", spec.contains.is_some()),
        ("formatted", spec.formatted.is_some()),
        ("literal", spec.literal.is_some()),
        ("not-constant", spec.not_constant.is_some()),
        ("flows-into", spec.flows_into.is_some()),
        ("way", spec.way.is_some()),
        ("assumed", spec.assumed.is_some()),
        ("inside", spec.inside.is_some()),
        ("receiver-name", spec.receiver_name.is_some()),
        ("result", spec.result.is_some()),
        ("route", spec.route.is_some()),
        ("version", spec.version.is_some()),
        ("prepared", spec.prepared.is_some()),
        ("or-unknown", spec.or_unknown),
        ("if-known", spec.if_known),
        ("surely", spec.surely),
    ] {
        if given {
            return Err(format!("`{name}` is about code, not about a `document`"));
        }
    }
    Ok(())
}

fn setting(spec: &ConditionSpec) -> Compiled<Option<SettingTest>> {
    let tests = value_tests(spec, Language::JavaScript)?;
    let presence = match (yes(spec.present, "present")?, yes(spec.absent, "absent")?) {
        (true, true) => return Err("a value cannot be both present and absent".to_owned()),
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    if tests.is_empty() && presence.is_none() {
        return match &spec.key {
            Some(key) => Err(format!("nothing is asked of `{key}`")),
            None if spec.default.is_some() || spec.or_absent => {
                Err("`default` and `or-absent` go with a test of a value".to_owned())
            }
            None => Ok(None),
        };
    }
    if spec.default.is_some() && spec.key.is_none() {
        return Err("`default` goes with `key`; the matcher's own stands beside its `key`".to_owned());
    }
    let key = spec.key.as_deref().map(KeyPath::parse).transpose()?;
    Ok(Some(SettingTest { key, default: spec.default.clone(), tests, presence, or_absent: spec.or_absent }))
}

fn code_test(spec: &CodeSpec, compiler: &mut Option<Compiler<'_>>) -> Compiled<Test> {
    if spec.has.is_empty() {
        return Err("`code` needs matchers under `has`".to_owned());
    }
    let Some(compiler) = compiler else { return Ok(Test::Untold) };
    Ok(Test::Code(Box::new(Code {
        folder: spec.folder.trim_matches('/').to_owned(),
        entry: spec.entry.as_deref().map(KeyPath::parse).transpose()?,
        has: spec.has.iter().map(|spec| compiler.matcher(spec)).collect::<Compiled<_>>()?,
    })))
}
