//! What a room other than the flow engine observed. A rule that asks for the check turns it into a finding.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::finding::{Confidence, Evidence};
use crate::place::Place;
use crate::risk::{Availability, Barrier, Confidentiality, DataClass, Exploit, Exposure, Integrity, Precondition};
use crate::rule::RiskProfile;

/// One observation: a check that holds at a place, with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The check's name, `room/name`: `sql/rls-disabled`. A rule's matcher names it.
    pub check: String,
    /// Where to point at.
    pub place: Place,
    /// What identifies the finding besides rule and path (see [`crate::finding::Draft::anchor`]): the object's name, never
    /// a line number.
    pub anchor: String,
    /// What it stands on.
    pub evidence: Evidence,
    /// Facts by name; they fill the `{slots}` of the rule's message and title.
    pub details: BTreeMap<String, String>,
    /// How sure it is, where that differs from the rule's own.
    pub confidence: Option<Confidence>,
    /// Factors of risk that the facts of the place decide.
    pub risk: RiskFacts,
    /// Properties that machine-readable reports carry along (`splinter`, `object`).
    pub properties: BTreeMap<String, String>,
}

/// What the rooms other than the flow engine observed in one project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    /// The observations.
    pub list: Vec<Observation>,
    /// How many things each room looked at (tables, packages), by the room's name. A room that is not here had nothing to
    /// look at, and its rules do not apply.
    pub looked_at: BTreeMap<String, usize>,
}

impl Observations {
    /// Adds what another room observed.
    pub fn extend(&mut self, other: Observations) {
        self.list.extend(other.list);
        for (room, number) in other.looked_at {
            *self.looked_at.entry(room).or_default() += number;
        }
    }
}

/// Factors of risk known from facts, or set by one matcher of a rule; what is `None` is the rule's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RiskFacts {
    /// Exposure.
    pub exposure: Option<Exposure>,
    /// Exploit evidence.
    pub exploit: Option<Exploit>,
    /// What an attacker needs besides a request.
    pub precondition: Option<Precondition>,
    /// Barriers in the way.
    pub barrier: Option<Barrier>,
    /// Loss of confidentiality.
    pub confidentiality: Option<Confidentiality>,
    /// Loss of integrity.
    pub integrity: Option<Integrity>,
    /// Loss of availability.
    pub availability: Option<Availability>,
    /// Class of the data at stake.
    pub data: Option<DataClass>,
}

impl RiskFacts {
    /// A rule's profile with what the facts decide.
    pub fn apply(self, to: RiskProfile) -> RiskProfile {
        RiskProfile {
            exposure: self.exposure.or(to.exposure),
            exploit: self.exploit.unwrap_or(to.exploit),
            precondition: self.precondition.unwrap_or(to.precondition),
            barrier: self.barrier.unwrap_or(to.barrier),
            confidentiality: self.confidentiality.unwrap_or(to.confidentiality),
            integrity: self.integrity.unwrap_or(to.integrity),
            availability: self.availability.unwrap_or(to.availability),
            data: self.data.unwrap_or(to.data),
        }
    }
}
