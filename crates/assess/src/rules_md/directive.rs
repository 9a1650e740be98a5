//! What rules can mean to an assessment.

use lunette_core::finding::Finding;
use lunette_core::risk::Severity;

use super::vocabulary::{Control, Framework, Weakness};
use crate::paths::PathPattern;

/// A directive that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// Its line in the rules file, from 1.
    pub line: usize,
    /// Its text, fit to be shown.
    pub text: String,
    /// What it means to Lunette.
    pub kind: Kind,
}

/// Kinds of directive.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Leave these paths out.
    Exclude(Vec<PathPattern>),
    /// Assess these paths, whatever an earlier rule says.
    Include(Vec<PathPattern>),
    /// Assess nothing but these paths.
    Only(Vec<PathPattern>),
    /// Withhold findings; `paths` empty means everywhere.
    Withhold {
        /// Which findings.
        what: Vec<Selector>,
        /// Where.
        paths: Vec<PathPattern>,
    },
    /// Withhold findings below a severity.
    Floor(Severity),
    /// Frameworks that are in force, or (`in_force: false`) are not.
    Frameworks {
        /// The frameworks.
        names: Vec<&'static Framework>,
        /// Whether they are in force.
        in_force: bool,
    },
    /// No network.
    Offline,
    /// A promise that Lunette keeps anyway.
    Kept(&'static str),
    /// A control that must be in place.
    Require {
        /// The control.
        control: &'static Control,
        /// Routes that it is asked of; empty for all, or when no address names them.
        on: Vec<String>,
        /// Routes that are excepted.
        except: Vec<String>,
        /// Whether it is asked of everything; otherwise the sentence names a part in words that code cannot resolve.
        everywhere: bool,
    },
    /// A risk that its owner accepts.
    Accept(Acceptance),
    /// A statement on the project's circumstances.
    Context {
        /// Which.
        key: ContextKey,
        /// Its value as written.
        value: String,
    },
}

/// An accepted risk.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    /// Which findings.
    pub what: Vec<Selector>,
    /// Where; empty means everywhere.
    pub paths: Vec<PathPattern>,
    /// Last day it holds, ISO.
    pub until: String,
    /// Why.
    pub reason: String,
}

/// Which findings are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// All.
    All,
    /// Those of a rule, by its id.
    Rule(String),
    /// Those with a weakness, by its CWE number.
    Cwe(u16),
    /// Those of a kind named in words.
    Weakness(&'static Weakness),
}

impl Selector {
    /// Whether a finding is meant.
    pub fn covers(&self, finding: &Finding) -> bool {
        match self {
            Self::All => true,
            Self::Rule(id) => finding.rule == *id,
            Self::Cwe(number) => finding.cwe.contains(number),
            Self::Weakness(weakness) => weakness.covers(finding),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::All => "all findings".to_owned(),
            Self::Rule(id) => format!("findings of rule `{id}`"),
            Self::Cwe(number) => format!("CWE-{number} findings"),
            Self::Weakness(weakness) => format!("findings on {}", weakness.name),
        }
    }
}

/// Circumstances that the five dimensions ask for and code cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextKey {
    /// Money or people for security.
    Budget,
    /// Dates.
    Timeline,
    /// How much risk is acceptable.
    RiskTolerance,
    /// Where the project stands.
    Stage,
    /// How sensitive its data are.
    DataSensitivity,
    /// How many use it.
    UserVolume,
}

impl ContextKey {
    /// Every key.
    pub const ALL: [ContextKey; 6] =
        [Self::Budget, Self::Timeline, Self::RiskTolerance, Self::Stage, Self::DataSensitivity, Self::UserVolume];

    /// As a key of `[context]`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Timeline => "timeline",
            Self::RiskTolerance => "risk_tolerance",
            Self::Stage => "stage",
            Self::DataSensitivity => "data_sensitivity",
            Self::UserVolume => "user_volume",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Budget => "security budget",
            Self::Timeline => "timeline",
            Self::RiskTolerance => "risk tolerance",
            Self::Stage => "stage",
            Self::DataSensitivity => "data sensitivity",
            Self::UserVolume => "user volume",
        }
    }
}

impl Directive {
    /// What it means, in a phrase.
    pub fn meaning(&self) -> String {
        match &self.kind {
            Kind::Exclude(paths) => format!("leave out {}", paths_in_words(paths)),
            Kind::Include(paths) => {
                format!("assess {} even where an earlier rule leaves it out", paths_in_words(paths))
            }
            Kind::Only(paths) => format!("assess nothing but {}", paths_in_words(paths)),
            Kind::Withhold { what, paths } => format!("withhold {}{}", selectors_in_words(what), in_paths(paths)),
            Kind::Floor(Severity::Low) => "report every severity".to_owned(),
            Kind::Floor(severity) => format!("withhold findings below {severity}"),
            Kind::Frameworks { names, in_force } => {
                let names: Vec<&str> = names.iter().map(|framework| framework.name).collect();
                format!("{} {}in force", list(&names), if *in_force { "" } else { "not " })
            }
            Kind::Offline => "no network access".to_owned(),
            Kind::Kept(promise) => (*promise).to_owned(),
            Kind::Require { control, on, except, .. } => {
                let named = |word: &str, names: &[String]| {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    if names.is_empty() { String::new() } else { format!("{word}{}", list(&names)) }
                };
                format!("required control: {}{}{}", control.name, named(" on ", on), named(", except on ", except))
            }
            Kind::Accept(accepted) => format!(
                "the risk of {}{} is accepted until {}",
                selectors_in_words(&accepted.what),
                in_paths(&accepted.paths),
                accepted.until
            ),
            Kind::Context { key, value } => format!("{}: {value}", key.words()),
        }
    }
}

fn paths_in_words(paths: &[PathPattern]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", path.text())).collect();
    list(&paths)
}

fn in_paths(paths: &[PathPattern]) -> String {
    if paths.is_empty() { String::new() } else { format!(" in {}", paths_in_words(paths)) }
}

fn selectors_in_words(selectors: &[Selector]) -> String {
    let words: Vec<String> = selectors.iter().map(Selector::words).collect();
    list(&words)
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
