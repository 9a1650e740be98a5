//! Matchers as they are asked: what a rule's YAML says, with patterns as nodes of the trie and expressions compiled.

use lunette_core::finding::Confidence;
use lunette_core::project::{InputKind, Proves};
use lunette_core::rule::RiskProfile;
use lunette_flow::access::{AccessPath, Start, StepInto};
use lunette_flow::api::NodeId;
use lunette_flow::lazy::Regex;
use lunette_flow::taint::{KindSet, SourceKind};
use lunette_lang::ir::Language;

use crate::cheap::FileTest;
use crate::schema::{AssignKind, Inside, Owned, ResultUse, Scope};
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

impl ValuePath {
    /// Whether it names several values, of which one has to pass: `arg[*]`, `arg[0][]`.
    pub(crate) fn is_plural(&self) -> bool {
        let (many, steps) = match self {
            Self::Value(steps) | Self::Other(steps) => (false, steps),
            Self::Access(path) => (matches!(path.start, Start::ArgsFrom(_) | Start::ArgsMiddle(_)), &path.steps),
        };
        many || steps.contains(&StepInto::Element)
    }
}

/// A compiled matcher, for one language.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) language: Language,
    pub(crate) kind: Kind,
    pub(crate) all: Vec<Condition>,
    pub(crate) unless: Vec<Condition>,
    /// What its conditions ask of a whole file.
    pub(crate) file: Vec<FileTest>,
    /// The order in which its conditions are asked: the place of each in `all` (with `true`) or `unless`.
    pub(crate) order: Vec<(usize, bool)>,
    pub(crate) message: Option<Template>,
    pub(crate) title: Option<String>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) risk: RiskProfile,
    pub(crate) secret: Option<String>,
    pub(crate) point_at: Option<ValuePath>,
}

impl Matcher {
    /// Visits this matcher and all that are inside it.
    pub(crate) fn each(&self, visit: &mut dyn FnMut(&Matcher)) {
        visit(self);
        if let Kind::Absent(absent) = &self.kind {
            absent.when.each(visit);
            absent.none.iter().for_each(|matcher| matcher.each(visit));
        }
        self.all.iter().chain(&self.unless).for_each(|condition| condition.each_matcher(visit));
    }
}

/// What a matcher looks for.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Call(Vec<NodeId>),
    Read {
        nodes: Vec<NodeId>,
        key: Option<Regex>,
    },
    Write {
        nodes: Vec<NodeId>,
        key: Option<Regex>,
    },
    Import {
        modules: Vec<String>,
        named: Vec<String>,
    },
    Setting {
        names: Vec<String>,
    },
    MissingSetting {
        names: Vec<String>,
        when: Vec<NodeId>,
    },
    Absent(Box<Absent>),
    Route(Box<RouteTest>),
    Function(FunctionTest),
    Catch(CatchTest),
    Assign {
        name: Regex,
        kinds: Vec<AssignKind>,
    },
    Return,
    Compare,
    /// Flows of untrusted data that do one of these kinds of harm, from sources of these kinds.
    Flow {
        kinds: KindSet,
        from: Vec<SourceKind>,
    },
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
    pub(crate) no_path: Option<Regex>,
    pub(crate) framework: Vec<String>,
    pub(crate) lacks: Vec<Proves>,
    pub(crate) no_guard_named: Option<Regex>,
    pub(crate) guard_named: Option<Regex>,
    pub(crate) has: Vec<Proves>,
    pub(crate) siblings_have: Vec<Proves>,
    pub(crate) inputs: Vec<InputKind>,
    pub(crate) input_name: Option<Regex>,
    pub(crate) no_input_named: Option<Regex>,
    pub(crate) for_role: Option<Regex>,
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
    pub(crate) awaits: Option<bool>,
    pub(crate) passed_to: Option<Vec<NodeId>>,
    pub(crate) skips_check: Option<Box<SkipsCheck>>,
}

/// A check that is made only when a parameter is given.
#[derive(Clone, Debug)]
pub(crate) struct SkipsCheck {
    pub(crate) parameter: Regex,
    pub(crate) call: Regex,
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
    /// A text on the way of untrusted data matches.
    Way(Regex),
    /// Whether a call on the way of untrusted data was assumed to pass it on.
    Assumed(bool),
    /// The data was taken by such a name of its own.
    TakenByName(Regex),
    /// The code ties what it touches to the caller.
    Tied(bool),
    Record(Option<Owned>, Option<Regex>),
    Inside(Inside, Option<Regex>),
    Name(Regex),
    ReceiverName(Regex),
    InFile(Regex),
    Result(ResultUse),
    Route(Box<RouteTest>),
    Project(Box<ProjectTest>),
    /// A package's major version is below this one.
    Version(String, u32),
    /// The value at this path was made by, or had called on it, what one of the matchers finds; with `true` the calls
    /// further up the chain count, too.
    Prepared(ValuePath, Vec<Matcher>, bool),
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    fn each_matcher(&self, visit: &mut dyn FnMut(&Matcher)) {
        match self {
            Self::Project(test) => test.has.iter().for_each(|matcher| matcher.each(visit)),
            Self::Prepared(_, by, _) => by.iter().for_each(|matcher| matcher.each(visit)),
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.each_matcher(visit)),
            Self::Not(part) => part.each_matcher(visit),
            _ => {}
        }
    }
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
    pub(crate) surely: bool,
}

impl ValueCondition {
    /// Whether nothing given passes.
    pub(crate) fn passes_absent(&self) -> bool {
        self.presence == Some(false) || self.or_absent
    }
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
    Contains(Regex),
    Formatted,
}

#[derive(Clone, Debug)]
pub(crate) struct ComesFrom {
    pub(crate) caught: bool,
    pub(crate) broad: bool,
    pub(crate) api: Vec<NodeId>,
    pub(crate) parameter: Option<Regex>,
    pub(crate) member: Option<Regex>,
    pub(crate) direct: bool,
    pub(crate) unchecked: bool,
    pub(crate) leading: bool,
    pub(crate) entries: bool,
    pub(crate) through: Vec<NodeId>,
    pub(crate) uncalled: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ProjectTest {
    pub(crate) calls: Vec<NodeId>,
    pub(crate) reads: Vec<NodeId>,
    pub(crate) imports: Vec<String>,
    pub(crate) has: Vec<Matcher>,
    pub(crate) routes: Option<RouteTest>,
}
