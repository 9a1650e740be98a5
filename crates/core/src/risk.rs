//! From findings to risk: an ordinal method with named factors and a published table.
//!
//! Likelihood (1 to 4) starts at the exposure and is moved by exploit evidence, preconditions and barriers. Impact
//! (1 to 4) is the worst of confidentiality, integrity and availability, the first two shifted by the class of the
//! data. The severity is read from [`MATRIX`]. The frame (likelihood × impact, technical and business impact) is the
//! OWASP Risk Rating Methodology's; its averaging of sixteen factors is not used, because it is not monotone in
//! practice and rates an administrator-only flaw like an open one. The meaning of likelihood (initiation, then
//! adverse impact) is NIST SP 800-30r1's. Confidence is a separate axis and never enters here.

use serde::{Deserialize, Serialize};

macro_rules! factor {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $score:literal, $words:literal;)+ } default $default:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }
        impl $name {
            /// Every value, from the least to the most severe.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            /// Its number in the method.
            pub fn score(self) -> i8 { match self { $(Self::$variant => $score,)+ } }
            /// In words, for a `because` line.
            pub fn words(self) -> &'static str { match self { $(Self::$variant => $words,)+ } }
        }
        impl Default for $name { fn default() -> Self { Self::$default } }
    };
}

factor! {
    /// Who can reach the place: likelihood starts here.
    Exposure {
        /// No path from an entry point reaches it. A hard cap of 1.
        NotReached = 1, "no entry point reaches it";
        /// Only from inside: workers, scripts, operators.
        InternalOnly = 2, "reached only from inside";
        /// Privileged users.
        Privileged = 2, "reached only with a privileged account";
        /// Any signed-in user.
        Authenticated = 3, "needs a signed-in user";
        /// Signed-in, but anybody can sign up.
        SelfSignup = 3, "needs an account, which anyone can create";
        /// Anybody.
        Unauthenticated = 4, "reachable without a session";
    } default NotReached
}
factor! {
    /// Evidence that it is being or can readily be exploited.
    Exploit {
        /// None.
        NoneKnown = 0, "no exploit known";
        /// A public exploit, or EPSS at or above the 95th percentile.
        Public = 1, "a public exploit exists";
        /// In CISA's catalogue of known exploited vulnerabilities.
        Kev = 1, "known to be exploited (CISA KEV)";
    } default NoneKnown
}
factor! {
    /// What is needed besides reaching the place.
    Precondition {
        /// Access to the host.
        HostAccess = -2, "needs access to the host first";
        /// A victim's action, or a second secret.
        NeedsVictimOrSecret = -1, "needs a victim's action or a second secret";
        /// A particular state, or a race.
        StateOrRace = -1, "needs a particular state, repetition or a race";
        /// Nothing.
        SingleRequest = 0, "one request suffices";
    } default SingleRequest
}
factor! {
    /// A barrier seen in the code.
    Barrier {
        /// A strong one in another layer.
        StrongOtherLayer = -2, "a strong barrier stands in another layer";
        /// A partial one.
        Partial = -1, "a partial barrier stands in the way";
        /// None.
        None = 0, "no barrier on the path";
    } default None
}
factor! {
    /// Loss of confidentiality.
    Confidentiality {
        /// None.
        None = 0, "no data is exposed";
        /// Technical detail only.
        TechnicalOnly = 1, "technical detail is exposed";
        /// Few records.
        FewRecords = 2, "few records are exposed";
        /// Many records.
        ManyRecords = 3, "many records are exposed";
        /// Bulk records or credentials.
        BulkOrCredentials = 4, "records in bulk or credentials are exposed";
    } default None
}
factor! {
    /// Loss of integrity.
    Integrity {
        /// None.
        None = 0, "nothing can be changed";
        /// Cosmetic.
        Cosmetic = 1, "cosmetic changes are possible";
        /// Few records.
        FewRecords = 2, "few records can be changed";
        /// Many records.
        ManyRecords = 3, "many records can be changed";
        /// Code execution or administration; never lowered by the class of the data.
        CodeExecOrAdmin = 4, "code execution or administrative control";
    } default None
}
factor! {
    /// Loss of availability.
    Availability {
        /// None.
        None = 0, "availability is untouched";
        /// For one user.
        OneUser = 1, "one user is affected";
        /// Degraded.
        Degraded = 2, "the service is degraded";
        /// Down.
        ServiceDown = 3, "the service can be brought down";
    } default None
}
factor! {
    /// Class of the data at stake; shifts confidentiality and integrity.
    DataClass {
        /// Public.
        Public = -2, "public data";
        /// Internal.
        Internal = -1, "internal data";
        /// Personal data or secrets.
        PersonalOrSecret = 0, "personal data or secrets";
        /// Payment, health, special categories.
        Regulated = 1, "regulated data (payment, health, special categories)";
    } default PersonalOrSecret
}

macro_rules! level {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the levels are what their names say")]
        pub enum $name { $($variant,)+ }
        impl $name {
            /// Every value, from the least to the most.
            pub const ALL: [$name; 4] = [$($name::$variant,)+];
            /// The word as it stands in reports.
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => stringify!($variant),)+ } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }
    };
}

level! {
    /// How likely it is that the weakness is used: the rows of the matrix.
    Likelihood { Unlikely, Possible, Likely, Expected }
}
level! {
    /// How bad it is when it is used: the columns of the matrix.
    Impact { Minor, Moderate, Major, Severe }
}
level! {
    /// The verdict: read from the matrix.
    Severity { Low, Medium, High, Critical }
}

/// Severity by likelihood (rows, Unlikely first) and impact (columns, Minor first).
pub const MATRIX: [[Severity; 4]; 4] = {
    use Severity::{Critical, High, Low, Medium};
    [[Low, Low, Low, Medium], [Low, Low, Medium, High], [Low, Medium, High, Critical], [Low, Medium, High, Critical]]
};

/// SARIF `security-severity` in tenths per cell, laid out as [`MATRIX`]; inside GitHub's bands for the severity.
pub const SECURITY_SEVERITY: [[u8; 4]; 4] = [[10, 20, 29, 40], [20, 39, 55, 70], [29, 55, 75, 91], [39, 69, 89, 100]];

/// The factors of likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is its type's doc")]
pub struct LikelihoodFactors {
    pub exposure: Exposure,
    pub exploit: Exploit,
    pub precondition: Precondition,
    pub barrier: Barrier,
}

/// The factors of impact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is its type's doc")]
pub struct ImpactFactors {
    pub confidentiality: Confidentiality,
    pub integrity: Integrity,
    pub availability: Availability,
    pub data: DataClass,
}

/// A judged risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// The factors of likelihood.
    pub likelihood_factors: LikelihoodFactors,
    /// The factors of impact.
    pub impact_factors: ImpactFactors,
    /// Row of the matrix.
    pub likelihood: Likelihood,
    /// Column of the matrix.
    pub impact: Impact,
    /// Cell of the matrix.
    pub severity: Severity,
    /// SARIF `security-severity`, in tenths (75 = 7.5).
    pub security_severity: u8,
    /// Why: one line for the likelihood, one for the impact, each naming the factors that decided. Those who know
    /// the place (a route, a table) add to it.
    pub because: Vec<String>,
}

impl Risk {
    /// Judges the factors by the published table.
    pub fn judge(likelihood_factors: LikelihoodFactors, impact_factors: ImpactFactors) -> Self {
        let likelihood = likelihood_factors.judge();
        let impact = impact_factors.judge();
        let (row, column) = (likelihood as usize, impact as usize);
        Risk {
            likelihood_factors,
            impact_factors,
            likelihood,
            impact,
            severity: MATRIX[row][column],
            security_severity: SECURITY_SEVERITY[row][column],
            because: vec![likelihood_factors.because(likelihood), impact_factors.because(impact)],
        }
    }

    /// `security-severity` as SARIF wants it: `"7.5"`.
    pub fn security_severity_text(&self) -> String {
        format!("{}.{}", self.security_severity / 10, self.security_severity % 10)
    }
}

/// The level with this number, counted from 1; what lies outside counts as the nearest end.
fn level<T: Copy>(levels: [T; 4], number: i8) -> T {
    let [first, second, third, fourth] = levels;
    match number {
        ..=1 => first,
        2 => second,
        3 => third,
        4.. => fourth,
    }
}

impl LikelihoodFactors {
    /// Exposure + exploit + precondition + barrier, clamped to 1..=4; what nothing reaches stays at 1.
    pub fn judge(self) -> Likelihood {
        if self.exposure == Exposure::NotReached {
            return Likelihood::Unlikely;
        }
        let sum = self.exposure.score() + self.exploit.score() + self.precondition.score() + self.barrier.score();
        level(Likelihood::ALL, sum)
    }

    fn because(self, verdict: Likelihood) -> String {
        let mut reasons = vec![self.exposure.words()];
        if self.exposure != Exposure::NotReached {
            if self.exploit != Exploit::NoneKnown {
                reasons.push(self.exploit.words());
            }
            reasons.push(self.precondition.words());
            reasons.push(self.barrier.words());
        }
        format!("{verdict} because: {}", reasons.join(" · "))
    }
}

impl ImpactFactors {
    /// The worst of C, I and A; C and I shifted by the data class where there is any loss, not below 1.
    pub fn judge(self) -> Impact {
        level(Impact::ALL, self.scores().into_iter().max().unwrap_or(1))
    }

    fn scores(self) -> [i8; 3] {
        let shift = |score: i8| if score == 0 { 0 } else { (score + self.data.score()).clamp(1, 4) };
        let integrity = match self.integrity {
            Integrity::CodeExecOrAdmin => 4,
            other => shift(other.score()),
        };
        [shift(self.confidentiality.score()), integrity, self.availability.score()]
    }

    fn because(self, verdict: Impact) -> String {
        let scores = self.scores();
        let worst = scores.into_iter().max().unwrap_or(0);
        let words = [self.confidentiality.words(), self.integrity.words(), self.availability.words()];
        let mut reasons: Vec<&str> = words
            .into_iter()
            .zip(scores)
            .filter(|&(_, score)| score == worst && score > 0)
            .map(|(word, _)| word)
            .collect();
        if reasons.is_empty() {
            reasons.push("no loss by itself");
        } else if scores[0] == worst || (scores[1] == worst && self.integrity != Integrity::CodeExecOrAdmin) {
            reasons.push(self.data.words());
        }
        format!("{verdict} because: {}", reasons.join(" · "))
    }
}
