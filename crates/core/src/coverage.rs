//! What a complete assessment looks at: six areas, 33 topics, each answered in every report.

use serde::Serialize;

use crate::place::Place;

/// The six areas of the specification's comprehensive assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Backend vulnerability assessment.
    Vulnerability,
    /// Secure coding practices.
    Coding,
    /// API security.
    Api,
    /// Data protection.
    Data,
    /// Infrastructure security.
    Infrastructure,
    /// Security monitoring; reported under Architecture Security.
    Monitoring,
}

impl Area {
    /// Every area, in the order of the report's parts.
    pub const ALL: [Area; 6] =
        [Self::Vulnerability, Self::Coding, Self::Monitoring, Self::Data, Self::Infrastructure, Self::Api];

    /// The title of the report's part that the area is shown in.
    pub fn part(self) -> &'static str {
        match self {
            Self::Vulnerability => "Vulnerability Assessment",
            Self::Coding => "Secure Coding Review",
            Self::Monitoring => "Architecture Security",
            Self::Data => "Data Protection Analysis",
            Self::Infrastructure => "Infrastructure Security",
            Self::Api => "API Security Assessment",
        }
    }
}

/// A row of the coverage table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// Stable id.
    pub id: &'static str,
    /// The area it belongs to.
    pub area: Area,
    /// As it stands in the table.
    pub label: &'static str,
}

const fn topic(id: &'static str, area: Area, label: &'static str) -> Topic {
    Topic { id, area, label }
}

/// The 33 topics: the sub-items of step 4 of the specification, in its order, with encryption at rest and in transit
/// as two rows because they have different evidence.
pub const TOPICS: [Topic; 33] = {
    use Area::{Api, Coding, Data, Infrastructure, Monitoring, Vulnerability};
    [
        topic(
            "owasp-top-10",
            Vulnerability,
            "OWASP Top 10 (path traversal, SSRF, XSS, redirect, XXE, deserialisation, prototype pollution, ReDoS, races)",
        ),
        topic("injection", Vulnerability, "injection (SQL, NoSQL, command, code, template, LDAP, XPath, header, log)"),
        topic(
            "business-logic",
            Vulnerability,
            "business logic (ownership, function-level authorisation, mass assignment, replay)",
        ),
        topic("misconfiguration", Vulnerability, "security misconfiguration"),
        topic("dependencies", Vulnerability, "vulnerable and malicious dependencies"),
        topic("input-validation", Coding, "input validation"),
        topic("output-encoding", Coding, "output encoding"),
        topic("error-handling", Coding, "error handling"),
        topic("logging-security", Coding, "logging security"),
        topic("session-management", Coding, "session management"),
        topic("cryptography", Coding, "cryptography"),
        topic("rate-limiting", Api, "rate limiting"),
        topic("authentication", Api, "authentication"),
        topic("authorization", Api, "authorisation"),
        topic("cors", Api, "CORS"),
        topic("security-headers", Api, "security headers"),
        topic("api-versioning", Api, "API versioning and inventory"),
        topic("encryption-at-rest", Data, "encryption at rest"),
        topic("encryption-in-transit", Data, "encryption in transit"),
        topic("pii-handling", Data, "personal data and where it flows"),
        topic("data-masking", Data, "data masking"),
        topic("backup", Data, "backup strategy"),
        topic("retention", Data, "retention policy"),
        topic("server-hardening", Infrastructure, "server hardening"),
        topic("containers", Infrastructure, "container security"),
        topic("secrets-management", Infrastructure, "secrets management"),
        topic("environment", Infrastructure, "environment configuration"),
        topic("network", Infrastructure, "network exposure"),
        topic("intrusion-detection", Monitoring, "intrusion detection"),
        topic("security-logging", Monitoring, "security logging"),
        topic("audit-trails", Monitoring, "audit trails"),
        topic("threat-detection", Monitoring, "threat detection"),
        topic("incident-response", Monitoring, "incident response planning"),
    ]
};

/// The topic with this id.
pub fn topic_by_id(id: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.id == id)
}

/// A filled row of the coverage table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoverageRow {
    /// The topic's id.
    pub topic: String,
    /// What came of it.
    pub status: Status,
    /// What was looked at, with numbers of this project: "12 routes, 3 cookie settings".
    pub looked_at: String,
    /// Ids of the findings that belong to it.
    pub findings: Vec<String>,
    /// What to ask a person, where code cannot answer.
    pub question: Option<String>,
    /// Positive evidence: controls that were seen.
    pub seen: Vec<Place>,
}

/// The four answers a coverage row can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// At least one finding.
    Finding,
    /// Looked at with rules that apply, nothing found.
    CheckedClean,
    /// Nothing in the project that it could apply to.
    NotApplicable,
    /// Cannot be seen in code, or this version has no check for it; there is a question to ask.
    NotCheckable,
}

impl Status {
    /// As it stands in the table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::CheckedClean => "checked and clean",
            Self::NotApplicable => "not applicable",
            Self::NotCheckable => "not checkable from code",
        }
    }
}
