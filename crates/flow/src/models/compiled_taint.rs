//! What models say of untrusted data, with API paths as nodes and access paths parsed.

use crate::lazy::Regex;
use lunette_lang::ir::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Models;
use super::schema::{
    Clause, ComponentSpec, FlowSpec, Good, KindSpec, ModelFile, OneOrMany, Shape, SinkSpec, SourceSpec, TestSpec,
    WhenSpec,
};
use crate::access::AccessPath;
use crate::api::NodeId;
use crate::constant::Value;
use crate::models::Scalar;
use crate::pattern::Anchoring;
use crate::taint::{KindSet, SourceKind};

/// A kind of harm.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) does: String,
    pub(crate) probes: Vec<String>,
    pub(crate) harmless_without: Vec<String>,
    pub(crate) harmless_prefix: Option<Regex>,
    pub(crate) harmless_after: Option<Regex>,
    pub(crate) cleared_by_name: Option<Regex>,
    /// Names of entries, in every spelling.
    pub(crate) fields: Vec<String>,
    pub(crate) fields_like: Option<Regex>,
}

/// All that models say of untrusted data.
#[derive(Debug, Default)]
pub(crate) struct TaintModels {
    pub(crate) kinds: Vec<Kind>,
    /// Kinds that only objects do.
    pub(crate) objects_only: KindSet,
    /// Kinds that a number below a fixed one does not do.
    pub(crate) bounded: KindSet,
    /// Kinds that only a few values do.
    pub(crate) exact: KindSet,
    /// Kinds that texts of limited length cannot do.
    pub(crate) bounded_length: KindSet,
    /// Kinds that callers of a library do on purpose when they pass the whole value.
    pub(crate) named_by_callers: KindSet,
    /// Kinds that any value does, however it is spelt.
    pub(crate) any_value: KindSet,
    /// Kinds of which only the choice counts: whatever the value is turned into, who sent it has chosen.
    pub(crate) decides: KindSet,
    /// Kinds that a quoted literal does not do.
    pub(crate) quoted: KindSet,
    /// Kinds, and those that are like them.
    likes: Vec<(KindSet, KindSet)>,
    pub(crate) sources: FxHashMap<NodeId, SourceKind>,
    /// Sources only where the route's path varies.
    pub(crate) varying: FxHashSet<NodeId>,
    /// Sources that only code in browsers has.
    pub(crate) in_browser: FxHashSet<NodeId>,
    pub(crate) source_calls: FxHashMap<NodeId, Vec<SourceCall>>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) sinks_of: FxHashMap<NodeId, Vec<u32>>,
    pub(crate) writes_of: FxHashMap<NodeId, Vec<u32>>,
    pub(crate) returns_of: FxHashMap<String, Vec<u32>>,
    /// Sinks by a method's name, where nothing is known of the object.
    pub(crate) unknown_sinks: FxHashMap<Language, FxHashMap<String, Vec<u32>>>,
    /// Parts of library objects that are made of the whole, with what they clear.
    pub(crate) parts: FxHashMap<NodeId, KindSet>,
    pub(crate) flows: FxHashMap<NodeId, Vec<Flow>>,
    pub(crate) tests: FxHashMap<NodeId, Vec<Test>>,
    pub(crate) components: FxHashMap<NodeId, Vec<Component>>,
    /// Kinds that a normalised value does not do which begins with something fixed.
    pub(crate) inside: KindSet,
    /// Calls that normalise a path.
    pub(crate) normalisers: FxHashSet<NodeId>,
    /// Calls that never come back.
    pub(crate) exits: FxHashSet<NodeId>,
    pub(crate) conventions: Vec<Convention>,
    /// Names of entries that a mapping from outside must not replace, and the kinds of harm that ask so.
    pub(crate) guarded_keys: Option<(KindSet, Regex)>,
    /// Calls that render templates of the project.
    pub(crate) renders: FxHashMap<NodeId, Vec<Render>>,
    /// Calls that turn the escaping of templates off, with their conditions.
    pub(crate) escapes_off: FxHashMap<NodeId, Vec<Vec<When>>>,
}

/// A place at a call: an access path, or a parameter of the function found there.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) path: AccessPath,
    pub(crate) parameter: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) at: Vec<AccessPath>,
    pub(crate) key: Option<Regex>,
    pub(crate) keys: bool,
    pub(crate) kinds: KindSet,
    pub(crate) deep: bool,
    /// Entries do the harm: those that the kinds name.
    pub(crate) fields: bool,
    pub(crate) statement: Option<AccessPath>,
    pub(crate) clause: Option<Clause>,
    pub(crate) where_unescaped: bool,
    pub(crate) when: Vec<When>,
    pub(crate) unless: Vec<When>,
}

/// A call that renders a template.
#[derive(Clone, Debug)]
pub(crate) struct Render {
    pub(crate) template: Vec<AccessPath>,
    pub(crate) context: Vec<AccessPath>,
}

#[derive(Debug)]
pub(crate) struct When {
    pub(crate) at: AccessPath,
    pub(crate) is_in: Vec<Value>,
    pub(crate) matches: Option<Regex>,
    pub(crate) truthy: Option<bool>,
    pub(crate) present: Option<bool>,
    pub(crate) shape: Option<Shape>,
    /// It must be one of these API values; empty when nothing is asked.
    pub(crate) api: Vec<NodeId>,
    pub(crate) or_absent: bool,
    pub(crate) or_unknown: bool,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) from: Vec<AccessPath>,
    pub(crate) to: Spot,
    pub(crate) clears: KindSet,
    pub(crate) restores: KindSet,
    pub(crate) same: bool,
    pub(crate) copy: bool,
    pub(crate) deep: bool,
    pub(crate) when: Vec<When>,
    pub(crate) replaces: Option<AccessPath>,
}

#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) at: Vec<AccessPath>,
    pub(crate) good: Good,
    pub(crate) clears: KindSet,
    pub(crate) pattern: Option<AccessPath>,
    pub(crate) anchoring: Anchoring,
    pub(crate) normalised: bool,
}

/// [`ConventionSpec`].
#[derive(Debug)]
pub(crate) struct Convention {
    pub(crate) bases: Vec<NodeId>,
    pub(crate) method: Regex,
    pub(crate) from: usize,
    pub(crate) kind: SourceKind,
}

#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) of: AccessPath,
    pub(crate) clears: KindSet,
    pub(crate) normalised: bool,
}

/// What of a call is untrusted.
#[derive(Clone, Debug)]
pub(crate) struct SourceCall {
    pub(crate) spot: Spot,
    pub(crate) kind: SourceKind,
    /// Where not empty: the events of which the call's first argument must name one, where it can be told.
    pub(crate) events: Vec<String>,
}

impl TaintModels {
    /// The bit of a kind.
    pub(crate) fn kind(&self, name: &str) -> Option<KindSet> {
        let at = self.kinds.iter().position(|kind| kind.name == name)?;
        Some(KindSet::one(at))
    }

    pub(crate) fn add_kinds(&mut self, specs: &[KindSpec]) -> Result<(), String> {
        for spec in specs {
            if self.kind(&spec.name).is_some() {
                return Err(format!("the kind `{}` is there already", spec.name));
            }
            if self.kinds.len() >= KindSet::MAX {
                return Err(format!("there are more than {} kinds", KindSet::MAX));
            }
            let kind = Kind {
                name: spec.name.clone(),
                does: spec.does.clone(),
                probes: spec.probes.clone(),
                harmless_without: spec.harmless_without.clone(),
                harmless_prefix: optional_regex(spec.harmless_prefix.as_deref())?,
                harmless_after: optional_regex(spec.harmless_after.as_deref())?,
                cleared_by_name: optional_regex(spec.cleared_by_name.as_deref())?,
                fields: spec.fields.iter().flat_map(|name| spellings(name)).collect(),
                fields_like: optional_regex(spec.fields_like.as_deref())?,
            };
            if let Some(like) = &spec.like {
                let like =
                    self.kind(like).ok_or_else(|| format!("there is no kind `{like}` before `{}`", spec.name))?;
                self.likes.push((like, KindSet::one(self.kinds.len())));
            }
            if let Some(keys) = optional_regex(spec.guarded_keys.as_deref())? {
                self.guarded_keys = Some((KindSet::one(self.kinds.len()), keys));
            }
            if spec.objects_only {
                self.objects_only |= KindSet::one(self.kinds.len());
            }
            if spec.harmless_inside {
                self.inside |= KindSet::one(self.kinds.len());
            }
            if spec.bounded {
                self.bounded |= KindSet::one(self.kinds.len());
            }
            if spec.bounded_length {
                self.bounded_length |= KindSet::one(self.kinds.len());
            }
            if spec.named_by_callers {
                self.named_by_callers |= KindSet::one(self.kinds.len());
            }
            if spec.exact {
                self.exact |= KindSet::one(self.kinds.len());
            }
            if spec.any_value {
                self.any_value |= KindSet::one(self.kinds.len());
            }
            if !spec.fields.is_empty() {
                self.decides |= KindSet::one(self.kinds.len());
            }
            if spec.harmless_quoted {
                self.quoted |= KindSet::one(self.kinds.len());
            }
            self.kinds.push(kind);
        }
        Ok(())
    }

    /// Kinds that are cleared or restored, with those that are like them.
    fn kinds_cleared(&self, names: &OneOrMany) -> Result<KindSet, String> {
        let mut set = self.kinds_named(names)?;
        for &(kind, like) in &self.likes {
            if set.contains(kind) {
                set |= like;
            }
        }
        Ok(set)
    }

    fn kinds_named(&self, names: &OneOrMany) -> Result<KindSet, String> {
        let mut set = KindSet::default();
        for name in names {
            set |= match name.as_str() {
                "all" => KindSet::ALL.without(self.decides),
                name => self.kind(name).ok_or_else(|| format!("there is no kind `{name}` in kinds.yml"))?,
            };
        }
        Ok(set)
    }
}

impl Models {
    /// Compiles what a model says of untrusted data.
    pub(super) fn compile_taint(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        for spec in &file.sources {
            self.compile_source(spec, language)?;
        }
        for spec in &file.sinks {
            self.compile_sink(spec, language)?;
        }
        for spec in &file.flows {
            self.compile_flow(spec, language)?;
        }
        for spec in &file.tests {
            self.compile_test(spec, language)?;
        }
        for spec in &file.components {
            self.compile_component(spec, language)?;
        }
        self.compile_templates(file, language)?;
        let normalisers = self.patterns(language, &file.normalises)?;
        self.taint.normalisers.extend(normalisers);
        let exits = self.patterns(language, &file.exits)?;
        self.taint.exits.extend(exits);
        for spec in &file.conventions {
            let convention = Convention {
                bases: self.patterns(language, &spec.base)?,
                method: Regex::new(&spec.method).map_err(|error| format!("`{}`: {error}", spec.method))?,
                from: spec.parameters_from,
                kind: spec.kind,
            };
            self.taint.conventions.push(convention);
        }
        Ok(())
    }

    fn compile_templates(&mut self, file: &ModelFile, language: Language) -> Result<(), String> {
        for spec in &file.renders {
            let parsed =
                |texts: &OneOrMany| texts.iter().map(|text| text.parse()).collect::<Result<Vec<AccessPath>, String>>();
            let render = Render { template: parsed(&spec.template)?, context: parsed(&spec.context)? };
            for node in self.patterns(language, &spec.call)? {
                self.taint.renders.entry(node).or_default().push(render.clone());
            }
        }
        for spec in &file.escapes_off {
            for node in self.patterns(language, &spec.call)? {
                let whens = self.whens(language, &spec.when)?;
                self.taint.escapes_off.entry(node).or_default().push(whens);
            }
        }
        Ok(())
    }

    fn compile_source(&mut self, spec: &SourceSpec, language: Language) -> Result<(), String> {
        if spec.value.iter().next().is_none() && spec.call.iter().next().is_none() {
            return Err("a source needs either `value` or `call`".to_owned());
        }
        for node in self.patterns(language, &spec.value)? {
            self.taint.sources.insert(node, spec.kind);
            if spec.where_path_varies {
                self.taint.varying.insert(node);
            }
            if spec.in_browser {
                self.taint.in_browser.insert(node);
            }
        }
        let mut spots = spec.at.iter().map(|text| spot(text)).collect::<Result<Vec<_>, _>>()?;
        if spots.is_empty() {
            spots.push(spot("return")?);
        }
        let events: Vec<String> = spec.events.iter().cloned().collect();
        let of = |spot| SourceCall { spot, kind: spec.kind, events: events.clone() };
        for node in self.patterns(language, &spec.call)? {
            self.taint.source_calls.entry(node).or_default().extend(spots.iter().cloned().map(of));
        }
        Ok(())
    }

    fn compile_sink(&mut self, spec: &SinkSpec, language: Language) -> Result<(), String> {
        let sink = Sink {
            at: paths(&spec.at, "arg[0]")?,
            key: optional_regex(spec.key.as_deref())?,
            keys: spec.keys,
            kinds: self.taint.kinds_named(&spec.kind)?,
            deep: spec.deep,
            fields: spec.fields,
            statement: spec.statement.as_deref().map(str::parse).transpose()?,
            clause: spec.clause,
            where_unescaped: spec.where_unescaped,
            when: self.whens(language, &spec.when)?,
            unless: self.whens(language, &spec.unless)?,
        };
        let at = self.taint.sinks.len() as u32;
        let calls = self.patterns(language, &spec.call)?;
        let writes = self.patterns(language, &spec.write)?;
        let unknown: Vec<String> = spec.unknown.iter().cloned().collect();
        if calls.is_empty() && writes.is_empty() && unknown.is_empty() && spec.handler_return.is_none() {
            return Err("a sink needs `call`, `unknown`, `write` or `handler-return`".to_owned());
        }
        for name in unknown {
            self.taint.unknown_sinks.entry(language).or_default().entry(name).or_default().push(at);
        }
        for node in calls {
            self.taint.sinks_of.entry(node).or_default().push(at);
        }
        for node in writes {
            self.taint.writes_of.entry(node).or_default().push(at);
        }
        if let Some(framework) = &spec.handler_return {
            self.taint.returns_of.entry(framework.clone()).or_default().push(at);
        }
        self.taint.sinks.push(sink);
        Ok(())
    }

    fn compile_flow(&mut self, spec: &FlowSpec, language: Language) -> Result<(), String> {
        let clears = self.taint.kinds_cleared(&spec.clears)?;
        for node in self.patterns(language, &spec.read)? {
            self.taint.parts.insert(node, clears);
        }
        for node in self.patterns(language, &spec.call)? {
            let flow = Flow {
                from: spec.from.iter().map(|text| text.parse()).collect::<Result<_, String>>()?,
                to: spot(spec.to.as_deref().unwrap_or("return"))?,
                clears: self.taint.kinds_cleared(&spec.clears)?,
                restores: self.taint.kinds_cleared(&spec.restores)?,
                same: spec.same,
                copy: spec.copy,
                deep: spec.deep,
                when: self.whens(language, &spec.when)?,
                replaces: spec.replaces.as_deref().map(str::parse).transpose()?,
            };
            self.taint.flows.entry(node).or_default().push(flow);
        }
        Ok(())
    }

    fn compile_test(&mut self, spec: &TestSpec, language: Language) -> Result<(), String> {
        for node in self.patterns(language, &spec.call)? {
            let test = Test {
                at: paths(&spec.at, "arg[0]")?,
                good: spec.good,
                clears: self.taint.kinds_cleared(&spec.clears)?,
                pattern: spec.pattern.as_deref().map(str::parse).transpose()?,
                anchoring: spec.anchoring,
                normalised: spec.normalised,
            };
            self.taint.tests.entry(node).or_default().push(test);
        }
        Ok(())
    }

    fn compile_component(&mut self, spec: &ComponentSpec, language: Language) -> Result<(), String> {
        let clears = self.taint.kinds_cleared(&spec.clears)?;
        let of: AccessPath = spec.of.as_deref().unwrap_or("arg[0]").parse()?;
        for node in self.patterns(language, &spec.value)? {
            self.taint.components.entry(node).or_default().push(Component {
                of: of.clone(),
                clears,
                normalised: spec.normalised,
            });
        }
        Ok(())
    }

    fn whens(&mut self, language: Language, specs: &[WhenSpec]) -> Result<Vec<When>, String> {
        specs.iter().map(|spec| self.when(language, spec)).collect()
    }

    fn when(&mut self, language: Language, spec: &WhenSpec) -> Result<When, String> {
        let value = |scalar: &Scalar| match scalar {
            Scalar::Bool(value) => Value::Bool(*value),
            Scalar::Int(value) => Value::Int(*value),
            Scalar::Text(text) => Value::Str(text.clone()),
        };
        Ok(When {
            at: spec.at.parse()?,
            is_in: spec.is_in.iter().map(value).collect(),
            matches: optional_regex(spec.matches.as_deref())?,
            truthy: spec.truthy,
            present: spec.present,
            shape: spec.shape,
            api: self.patterns(language, &spec.api)?,
            or_absent: spec.or_absent,
            or_unknown: spec.or_unknown,
        })
    }
}

fn spot(text: &str) -> Result<Spot, String> {
    let Some((path, rest)) = text.split_once(".parameter[") else {
        return Ok(Spot { path: text.parse()?, parameter: None });
    };
    let index = rest.strip_suffix(']').and_then(|index| index.parse().ok());
    let index = index.ok_or_else(|| format!("`{text}` does not end in `.parameter[n]`"))?;
    Ok(Spot { path: path.parse()?, parameter: Some(index) })
}

fn paths(texts: &OneOrMany, otherwise: &str) -> Result<Vec<AccessPath>, String> {
    let paths: Vec<AccessPath> = texts.iter().map(|text| text.parse()).collect::<Result<_, String>>()?;
    if paths.is_empty() { Ok(vec![otherwise.parse()?]) } else { Ok(paths) }
}

/// A name in snake case, as it is and in camel case.
fn spellings(name: &str) -> Vec<String> {
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' if !camel.is_empty() => upper = true,
            c if upper => {
                camel.extend(c.to_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    let mut all = vec![name.to_owned()];
    if camel != name {
        all.push(camel);
    }
    all
}

fn optional_regex(text: Option<&str>) -> Result<Option<Regex>, String> {
    text.map(|text| Regex::new(text).map_err(|error| format!("`{text}`: {error}"))).transpose()
}
