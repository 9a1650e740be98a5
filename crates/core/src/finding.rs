//! Findings and the evidence that they stand on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::place::Place;
use crate::risk::Risk;
use crate::rule::{Advice, Nature};

mod advisory;

pub use advisory::AdvisoryRow;

/// How sure a finding is. A separate axis: it never changes severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A heuristic says so; a person should look.
    Tentative,
    /// The facts say so, one link is assumed.
    Firm,
    /// The whole chain is in the code or the configuration.
    Confirmed,
}

impl Confidence {
    /// Lower-case word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tentative => "tentative",
            Self::Firm => "firm",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What a finding stands on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// A path of code from cause to effect; never empty.
    Trace {
        /// The steps, in order.
        steps: Vec<Step>,
    },
    /// A setting or an API call with the value that makes it a finding.
    Setting {
        /// What is set: `flask.SESSION_COOKIE_SECURE`, `jwt.verify algorithms`.
        name: String,
        /// Its value, as written (redacted if secret).
        value: String,
        /// Where.
        at: Step,
    },
    /// A fact of the replayed database catalogue.
    Catalogue {
        /// The object: `public.invoices`.
        object: String,
        /// What is true of it.
        fact: String,
        /// The statements that made it so.
        steps: Vec<Step>,
    },
    /// Published advisories against a package in use.
    Advisory {
        /// The id of the one that is worst here: `GHSA-…`, `CVE-…`.
        id: String,
        /// The package as a purl.
        purl: String,
        /// All of them, the worst first.
        advisories: Vec<AdvisoryRow>,
        /// Where the package is declared.
        at: Step,
    },
    /// A secret, redacted.
    Secret {
        /// What kind of secret.
        what: String,
        /// The redacted form.
        redacted: String,
        /// Where.
        at: Step,
    },
    /// Something that should be there and is not.
    Absence {
        /// What was looked for.
        looked_for: String,
        /// Where it was looked for, in words.
        looked_in: String,
        /// The place that makes it needed (where the application is created).
        at: Step,
    },
}

impl Evidence {
    /// All steps of the evidence, in order.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Trace { steps } | Self::Catalogue { steps, .. } => steps,
            Self::Setting { at, .. }
            | Self::Advisory { at, .. }
            | Self::Secret { at, .. }
            | Self::Absence { at, .. } => std::slice::from_ref(at),
        }
    }
}

/// One step of evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// Its part in the story.
    pub why: Why,
    /// The source line, trimmed, shortened to 160 characters, control characters escaped, secrets redacted.
    pub code: String,
    /// A short note: what happens here.
    pub note: String,
}

/// A step's part in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Outside input enters.
    Source,
    /// A value is assigned.
    Assign,
    /// A value is passed to a call.
    Call,
    /// A value is returned.
    Return,
    /// A value goes into or comes out of a field or key.
    Field,
    /// A check on the way.
    Guard,
    /// A sanitiser on the way.
    Barrier,
    /// The dangerous use.
    Sink,
    /// The place itself is the evidence.
    Here,
}

/// A finding: one rule, one place, with evidence, risk and advice.
///
/// Built only through [`Finding::new`], which asks for evidence; hence `non_exhaustive`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Short id, `LN-` and the first letters of the fingerprint; unique within an assessment.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// Title of the finding (the rule's, or more specific).
    pub title: String,
    /// One or two sentences with the facts of this place.
    pub message: String,
    /// Where to point at.
    pub place: Place,
    /// What it stands on.
    pub evidence: Evidence,
    /// How sure it is.
    pub confidence: Confidence,
    /// Vulnerability or hardening.
    pub nature: Nature,
    /// CWE numbers, leaf first.
    pub cwe: Vec<u16>,
    /// Coverage topic id.
    pub topic: String,
    /// How bad, and why.
    pub risk: Risk,
    /// What it means for the business, in a sentence with facts of this project.
    pub business_impact: String,
    /// What to do.
    pub advice: Advice,
    /// Route through which it is reached (`GET /orders/:id`), when known.
    pub route: Option<String>,
    /// Events that would show its abuse.
    pub events: Vec<String>,
    /// Stable identity, 64 hex digits: does not depend on line numbers.
    pub fingerprint: String,
    /// Whether it is about an application or about what users of a package pass to it.
    pub mode: Mode,
    /// Why it is not counted, when it is not.
    pub suppression: Option<Suppression>,
    /// Present in the baseline file given.
    pub in_baseline: bool,
    /// Properties that machine-readable reports carry along: names that other tools use for the same thing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// Who is taken to give the data that a finding is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Those who use the application.
    #[default]
    Application,
    /// Those who call a package's exported functions: whether they pass on untrusted data is theirs to know.
    Library,
}

impl Mode {
    /// Lower-case word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Library => "library",
        }
    }
}

/// Why a finding is withheld or accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Where the suppression is written: a comment, `lunette.toml`, or a line of `.claude/rules.md`.
    pub by: SuppressedBy,
    /// The reason given.
    pub reason: String,
    /// Until when (ISO date), when limited.
    pub until: Option<String>,
    /// The place of the suppression.
    pub place: Place,
}

/// What kind of text withholds a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressedBy {
    /// A comment beside the code.
    Comment,
    /// An entry of `lunette.toml`.
    Config,
    /// A sentence or directive of the project's rules.
    Rules,
}

/// Everything [`Finding::new`] needs besides the evidence.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The rule.
    pub rule: String,
    /// Title.
    pub title: String,
    /// Message.
    pub message: String,
    /// Place.
    pub place: Place,
    /// Confidence.
    pub confidence: Confidence,
    /// Nature.
    pub nature: Nature,
    /// CWE numbers.
    pub cwe: Vec<u16>,
    /// Topic.
    pub topic: String,
    /// Risk.
    pub risk: Risk,
    /// Advice.
    pub advice: Advice,
    /// Route.
    pub route: Option<String>,
    /// Events.
    pub events: Vec<String>,
    /// What identifies the finding besides rule and path: the text of the code pointed at and the name of the
    /// function around it. Never a line number.
    pub anchor: String,
}

impl Finding {
    /// Builds a finding. The fingerprint comes from rule, path and anchor; [`number`] makes it unique.
    pub fn new(draft: Draft, evidence: Evidence) -> Self {
        let fingerprint = hash(&[&draft.rule, &draft.place.path, &draft.anchor]);
        let mut finding = Finding {
            id: String::new(),
            rule: draft.rule,
            title: draft.title,
            message: draft.message,
            place: draft.place,
            evidence,
            confidence: draft.confidence,
            nature: draft.nature,
            cwe: draft.cwe,
            topic: draft.topic,
            risk: draft.risk,
            business_impact: String::new(),
            advice: draft.advice,
            route: draft.route,
            events: draft.events,
            fingerprint,
            mode: Mode::Application,
            suppression: None,
            in_baseline: false,
            properties: BTreeMap::new(),
        };
        finding.identify_advisories();
        finding
    }
}

fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Orders findings (severity, then hardening after vulnerabilities, then rule and place), makes equal fingerprints
/// unique by their order of occurrence, and gives each its short id.
pub fn number(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (&a.fingerprint, &a.place).cmp(&(&b.fingerprint, &b.place)));
    let mut previous = String::new();
    let mut occurrence = 0u32;
    for finding in findings.iter_mut() {
        if finding.fingerprint == previous {
            occurrence += 1;
            finding.fingerprint = hash(&[&previous, &occurrence.to_string()]);
        } else {
            previous.clone_from(&finding.fingerprint);
            occurrence = 0;
        }
    }
    findings.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
    let codes: Vec<String> = findings.iter().map(|finding| letters(&finding.fingerprint)).collect();
    for (at, finding) in findings.iter_mut().enumerate() {
        let shared = |other: Option<&String>| other.map_or(0, |other| common_prefix(&codes[at], other));
        let neighbour = shared(at.checked_sub(1).and_then(|i| codes.get(i))).max(shared(codes.get(at + 1)));
        let length = ID_LETTERS.max(neighbour + 1).min(codes[at].len());
        finding.id = format!("LN-{}", &codes[at][..length]);
    }
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
}

/// Letters of a finding's short id; more only where two would be the same.
const ID_LETTERS: usize = 5;

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count()
}

/// The fingerprint in Crockford's base 32, which has no letters that are easily confused; order-preserving.
fn letters(fingerprint: &str) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits = 0u32;
    let mut held = 0u32;
    let mut out = String::new();
    for digit in fingerprint.chars().filter_map(|c| c.to_digit(16)) {
        bits = (bits << 4) | digit;
        held += 4;
        if held >= 5 {
            held -= 5;
            out.push(char::from(ALPHABET[(bits >> held) as usize & 31]));
            bits &= (1 << held) - 1;
        }
    }
    out
}

impl Finding {
    fn sort_key(&self) -> impl Ord + '_ {
        (std::cmp::Reverse(self.risk.severity), self.nature, &self.rule, &self.place, &self.fingerprint)
    }
}

#[cfg(test)]
mod tests;
