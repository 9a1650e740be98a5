//! The assessment: everything a report shows. Reports render it and decide nothing.

use serde::Serialize;

use crate::access::AccessMatrix;
use crate::coverage::{Area, CoverageRow};
use crate::dependencies::Dependencies;
use crate::finding::{Confidence, Finding};
use crate::place::Place;
use crate::project::Project;
use crate::research::Cited;
use crate::risk::{Risk, Severity};
use crate::rule::{Advice, Nature, Rule};

/// Version of the JSON form of an assessment. Raised when a field changes its meaning or goes away.
pub const SCHEMA_VERSION: &str = "1";

/// A complete assessment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assessment {
    /// Version of this structure, [`SCHEMA_VERSION`].
    pub schema_version: String,
    /// The tool's version.
    pub lunette_version: String,
    /// The date of the assessment (ISO), an input: nothing reads a clock.
    pub date: String,
    /// What was asked.
    pub request: Request,
    /// The project's own rules, read first.
    pub rules_read: RulesRead,
    /// What the platform enforced.
    pub confinement: Confinement,
    /// The project.
    pub project: Project,
    /// The executive summary.
    pub summary: Summary,
    /// Findings that count, numbered and ordered by [`crate::finding::number`].
    pub findings: Vec<Finding>,
    /// Findings withheld by rules or accepted by suppressions: disclosed, not counted.
    pub withheld: Vec<Finding>,
    /// The findings grouped: same rule and severity, one entry. In report order.
    pub entries: Vec<Entry>,
    /// The metadata of the rules that have findings, by id.
    pub rules: Vec<Rule>,
    /// The coverage table: one row per topic of [`crate::coverage::TOPICS`], in order.
    pub coverage: Vec<CoverageRow>,
    /// Per area: what was seen that is sound, and design remarks.
    pub analysis: Vec<AreaNotes>,
    /// One per entry, by horizon and then entry order.
    pub recommendations: Vec<Recommendation>,
    /// Architecture guidelines drawn from this project.
    pub architecture_guidelines: Vec<Guideline>,
    /// Development practices drawn from this project.
    pub development_practices: Vec<Guideline>,
    /// Work for the main Claude instance, one task per entry.
    pub guidance: Guidance,
    /// Logging, KPIs, playbooks, schedule.
    pub monitoring: Monitoring,
    /// What was known of threats, and from when.
    pub intelligence: Intelligence,
    /// Who reaches what in the database; `None` when the project has no SQL that says so.
    pub access: Option<AccessMatrix>,
    /// The packages and what is known against them; `None` when the project has none.
    pub dependencies: Option<Dependencies>,
    /// What would be needed to know, as questions to a person.
    pub unknowns: Vec<Question>,
    /// What was assumed.
    pub assumptions: Vec<String>,
    /// Suggestions for the human reader only; empty when none is relevant.
    pub suggestions: Vec<String>,
    /// Warnings on configuration and suppressions (unused, expired), shown under coverage and limits.
    pub notices: Vec<Notice>,
    /// Whether something that should have been looked at was not: exit code 3.
    pub incomplete: Option<String>,
}

/// What the caller asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The request as given; empty when none was.
    pub text: String,
    /// The kind of assessment.
    pub kind: AssessmentKind,
    /// How the kind was decided: "asked for", "inferred from the request", "default".
    pub kind_source: String,
}

/// Kinds of assessment (R10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssessmentKind {
    /// Vulnerabilities first. The default.
    Vulnerability,
    /// Code quality in matters of security.
    SecureCoding,
    /// Design.
    Architecture,
    /// Standards.
    Compliance,
    /// After or during an incident.
    IncidentResponse,
}

impl AssessmentKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability assessment",
            Self::SecureCoding => "secure coding review",
            Self::Architecture => "architecture analysis",
            Self::Compliance => "compliance check",
            Self::IncidentResponse => "incident response",
        }
    }
}

/// The project's `.claude/rules.md`, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesRead {
    /// Path as shown: `.claude/rules.md`, with `../` when it is the work tree's.
    pub path: String,
    /// Whether it was there and could be read.
    pub state: RulesState,
    /// Why it could not be read, or what was odd about it ("byte order mark", "invalid UTF-8 replaced").
    pub note: String,
    /// SHA-256 of its bytes, hex; empty when absent.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its lines.
    pub lines: usize,
    /// Directives that were understood, with what each changed.
    pub understood: Vec<Understood>,
    /// Sentences that looked like directives and were not understood, or not allowed.
    pub not_understood: Vec<RuleLine>,
}

/// State of the rules file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RulesState {
    /// There is none.
    Absent,
    /// Read.
    Read,
    /// There is something of that name which was not read; the note says why.
    Refused,
}

/// A directive that was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Understood {
    /// Its line.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// What it means to Lunette.
    pub meaning: String,
    /// What it changed in this assessment.
    pub effect: String,
}

/// A line of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its line.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// Why it had no effect.
    pub why: String,
}

/// What the platform enforced while the project was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confinement {
    /// Whether the kernel enforced reading only.
    pub enforced: bool,
    /// What was in force, in words: "Landlock ABI 7", "seccomp".
    pub by: Vec<String>,
    /// What was not, and why.
    pub missing: Vec<String>,
}

/// The executive summary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The posture in a few sentences with facts.
    pub posture: String,
    /// Findings by severity: critical, high, medium, low.
    pub counts: [usize; 4],
    /// Of these, how many are hardening.
    pub hardening: usize,
    /// The critical findings in a line each (or the highest there are, said so).
    pub critical: Vec<String>,
    /// What to do first, in order.
    pub do_first: Vec<String>,
}

/// Findings of one rule and severity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The id of its first finding.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// Title.
    pub title: String,
    /// Area in which it is analysed.
    pub area: Area,
    /// Nature.
    pub nature: Nature,
    /// CWE numbers.
    pub cwe: Vec<u16>,
    /// The highest risk of its findings.
    pub risk: Risk,
    /// The highest confidence of its findings.
    pub confidence: Confidence,
    /// What it means for the business.
    pub business_impact: String,
    /// Ids of all its findings, in order.
    pub findings: Vec<String>,
    /// Requirements for which it is evidence.
    pub standards: Vec<Standard>,
}

/// Requirements of one standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standard {
    /// "OWASP Top 10 2025", "ASVS 5.0.0", "NIST 800-53 r5", "SOC 2", "GDPR", "PCI DSS 4.0.1", "ISO 27001:2022".
    pub name: String,
    /// Ids of its requirements.
    pub ids: Vec<String>,
    /// Whether the mapping is the standard's own (otherwise it is editorial).
    pub official: bool,
}

/// Remarks on an area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AreaNotes {
    /// The area.
    pub area: Area,
    /// Paragraphs, each with facts of the project.
    pub paragraphs: Vec<String>,
}

/// When to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Horizon {
    /// Critical and High.
    Immediate,
    /// Medium.
    ShortTerm,
    /// Low and strategic.
    LongTerm,
}

impl Horizon {
    /// The horizon of a severity (R24).
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Immediate,
            Severity::Medium => Self::ShortTerm,
            Severity::Low => Self::LongTerm,
        }
    }
}

/// A recommendation: closes one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recommendation {
    /// Horizon.
    pub horizon: Horizon,
    /// The entry that it closes.
    pub entry: String,
    /// Severity of the entry.
    pub severity: Severity,
    /// What to do.
    pub advice: Advice,
    /// Requirements for which doing it is evidence.
    pub standards: Vec<Standard>,
    /// Due date (ISO), from the severity.
    pub due: String,
}

/// A guideline drawn from the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guideline {
    /// Heading.
    pub title: String,
    /// The guideline, with the facts that call for it.
    pub text: String,
}

/// Guidance for implementation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Guidance {
    /// Tasks for the main Claude instance, one per entry, in order.
    pub tasks: Vec<Task>,
    /// How to test.
    pub testing: Vec<Guideline>,
    /// How to prepare to detect and respond.
    pub response: Vec<Guideline>,
    /// How to prepare for audits.
    pub compliance: Vec<Guideline>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    /// The entry.
    pub entry: String,
    /// What to do, as an instruction.
    pub instruction: String,
    /// Files to change.
    pub files: Vec<String>,
    /// How to verify.
    pub verify: String,
}

/// The monitoring framework.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Monitoring {
    /// Remarks on the logging that is there.
    pub logging: Vec<String>,
    /// Events to log.
    pub events: Vec<Event>,
    /// Key figures.
    pub kpis: Vec<Kpi>,
    /// Incident playbooks.
    pub playbooks: Vec<Playbook>,
    /// Dates of the next assessments.
    pub schedule: Vec<Scheduled>,
}

/// An event to log, of the OWASP Logging Vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Where the log call belongs.
    pub at: Vec<Place>,
    /// Fields to record.
    pub fields: String,
    /// When to alert.
    pub alert: String,
    /// Entries whose abuse it would show.
    pub closes: Vec<String>,
}

/// A key figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kpi {
    /// Its name.
    pub name: String,
    /// Its value today.
    pub today: String,
    /// The target.
    pub target: String,
}

/// A playbook for a kind of incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Playbook {
    /// The incident.
    pub title: String,
    /// What sets it off.
    pub trigger: String,
    /// Steps: triage, contain, eradicate, recover, keep as evidence, notify.
    pub steps: Vec<Guideline>,
    /// Entries that it belongs to.
    pub entries: Vec<String>,
}

/// A date in the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    /// ISO date.
    pub date: String,
    /// What is due.
    pub what: String,
}

/// What was known of threats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Intelligence {
    /// Sources used, with their dates.
    pub sources: Vec<String>,
    /// What was not researched and why.
    pub limits: Vec<String>,
    /// What was researched on the web, each claim with the page that it was read from.
    pub context: Vec<Cited>,
    /// Every address that was asked on the web; none when offline.
    pub sent: Vec<String>,
}

/// A question to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What it is about.
    pub about: String,
    /// The question.
    pub question: String,
}

/// A remark of the tool on its own inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
}
