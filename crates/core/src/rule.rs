//! Rules: what is looked for, why it matters and what to do. Read from `rules/<family>/<rule>.md`.

use serde::{Deserialize, Serialize};

use crate::finding::Confidence;
use crate::risk::{
    Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, ImpactFactors, Integrity, LikelihoodFactors,
    Precondition, Risk,
};

/// What a rule is, without how it matches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Stable id, kebab-case, unique over all families.
    pub id: String,
    /// The folder it lives in: `python`, `javascript`, …
    pub family: String,
    /// Short title, as a finding's heading.
    pub title: String,
    /// Weaknesses by CWE number, the one leaf that fits best first.
    pub cwe: Vec<u16>,
    /// The row of the coverage table that it answers for: an id of [`crate::coverage::TOPICS`].
    pub topic: String,
    /// Vulnerability or hardening.
    pub nature: Nature,
    /// How sure a match is by itself.
    pub confidence: Confidence,
    /// Default risk factors.
    pub risk: RiskProfile,
    /// What to do.
    pub advice: Advice,
    /// Events of the OWASP Logging Vocabulary that would show its abuse.
    pub events: Vec<String>,
    /// First paragraph of the explanation: what is wrong and why it matters.
    pub summary: String,
    /// The whole explanation as Markdown, without examples.
    pub explanation: String,
    /// Version of Lunette that introduced it.
    pub since: String,
}

/// Whether a finding is a flaw that can be used, or a missing layer of defence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// Can be used against the system as it stands.
    Vulnerability,
    /// A layer that is missing; no direct use is shown.
    Hardening,
}

/// A rule's default factors of risk (see [`crate::risk`]); the facts of the place refine them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RiskProfile {
    /// Exposure; absent: from the route that reaches the place, or the project's widest exposure.
    #[serde(default)]
    pub exposure: Option<Exposure>,
    /// Exploit evidence.
    #[serde(default)]
    pub exploit: Exploit,
    /// What an attacker needs besides a request.
    #[serde(default)]
    pub precondition: Precondition,
    /// Barriers in the way.
    #[serde(default)]
    pub barrier: Barrier,
    /// Loss of confidentiality.
    #[serde(default)]
    pub confidentiality: Confidentiality,
    /// Loss of integrity.
    #[serde(default)]
    pub integrity: Integrity,
    /// Loss of availability.
    #[serde(default)]
    pub availability: Availability,
    /// Class of the data at stake.
    #[serde(default)]
    pub data: DataClass,
}

impl RiskProfile {
    /// The risk. Where nobody knows who reaches the place, it is taken to be reached from inside only.
    pub fn judge(self) -> Risk {
        Risk::judge(
            LikelihoodFactors {
                exposure: self.exposure.unwrap_or(Exposure::InternalOnly),
                exploit: self.exploit,
                precondition: self.precondition,
                barrier: self.barrier,
            },
            ImpactFactors {
                confidentiality: self.confidentiality,
                integrity: self.integrity,
                availability: self.availability,
                data: self.data,
            },
        )
    }
}

/// What to do about a finding: every recommendation carries these (R23).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Advice {
    /// The action in one imperative sentence: "Set `Secure` on the session cookie".
    pub action: String,
    /// The control by its usual name: "parameterised query", "cookie attributes".
    pub control: String,
    /// The layer of defence it sits in: "application", "edge", "data access", "configuration", "supply chain".
    pub layer: String,
    /// Effort in plain words: "10 minutes", "half a day".
    pub effort: String,
    /// Effect on performance, in plain words.
    pub performance: String,
    /// What it means for developers.
    pub developers: String,
    /// How to verify that it is fixed, without exploiting anything.
    pub verify: String,
}
