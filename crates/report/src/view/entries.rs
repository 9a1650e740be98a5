//! The six parts of the analysis: notes, vulnerabilities, hardening, coverage.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lunette_core::assessment::{Assessment, Entry};
use lunette_core::coverage::{Area, CoverageRow, TOPICS};
use lunette_core::finding::{AdvisoryRow, Evidence, Finding};
use lunette_core::place::Place;
use lunette_core::rule::Nature;
use lunette_core::text::shorten;
use serde::Serialize;

use super::{Cut, IDS, Index, NAMED, PLACES, evidence, sentence};

/// Longest explanation of a rule in the report, in characters; `lunette explain` prints the whole.
const SUMMARY: usize = 420;
/// Advisories of one finding that are shown.
const ADVISORIES: usize = 12;

/// A part of the analysis.
#[derive(Serialize)]
pub(super) struct Part<'a> {
    area: Area,
    title: &'static str,
    notes: Vec<&'a str>,
    vulnerabilities: Vec<EntryView<'a>>,
    hardening: Vec<EntryView<'a>>,
    coverage: Vec<Row<'a>>,
}

/// An entry with its evidence.
#[derive(Serialize)]
pub(super) struct EntryView<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    likelihood: &'static str,
    impact: &'static str,
    confidence: &'static str,
    tags: Vec<String>,
    /// Its findings, in number.
    count: usize,
    /// How many of them stand in the baseline.
    in_baseline: usize,
    /// What the rule is about; none when an entry above has said it.
    summary: Option<String>,
    /// The entry that explains the rule, when it isn't this one.
    explained_at: Option<&'a str>,
    /// What holds for all findings that are shown.
    message: Option<&'a str>,
    /// What differs from finding to finding.
    each: Vec<Each<'a>>,
    /// Where something was looked for and not found, when it is the same for all.
    looked: Option<Looked<'a>>,
    /// The route of a single finding whose message doesn't name it.
    route: Option<&'a str>,
    blocks: Vec<String>,
    /// The advisories of a single finding that is not told by itself.
    advisories: Option<Cut<AdvisoryLine<'a>>>,
    /// Findings of the entry that are not shown with their places.
    more: Cut<&'a str>,
    fix: &'a str,
}

#[derive(Serialize)]
struct Each<'a> {
    id: &'a str,
    place: String,
    message: &'a str,
    code: &'a str,
    /// Its trace, for the first few that have one.
    block: Option<String>,
    /// Its advisories, when there are several.
    advisories: Option<Cut<AdvisoryLine<'a>>>,
}

/// An advisory as a line of a table.
#[derive(Serialize)]
struct AdvisoryLine<'a> {
    id: &'a str,
    alias: Option<&'a str>,
    package: &'a str,
    version: &'a str,
    severity: &'static str,
    rated_by: &'a str,
    deadline: &'a str,
    shown: &'a str,
    evidence: String,
    fixed: Option<&'a str>,
    summary: &'a str,
}

#[derive(Serialize, PartialEq, Eq, Clone, Copy)]
struct Looked<'a> {
    looked_for: &'a str,
    looked_in: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    label: &'static str,
    status: &'static str,
    looked_at: &'a str,
    findings: Cut<&'a str>,
    question: Option<&'a str>,
    seen: Cut<String>,
}

pub(super) fn parts<'a>(assessment: &'a Assessment, index: &Index<'a>) -> Vec<Part<'a>> {
    let mut explained = BTreeMap::new();
    let mut out = Vec::new();
    for area in Area::ALL {
        let mut entries = |nature: Nature| -> Vec<EntryView<'a>> {
            let wanted = assessment.entries.iter().filter(|entry| entry.area == area && entry.nature == nature);
            wanted.map(|entry| entry_view(assessment, index, entry, &mut explained)).collect()
        };
        let vulnerabilities = entries(Nature::Vulnerability);
        let hardening = entries(Nature::Hardening);
        let notes = assessment.analysis.iter().filter(|notes| notes.area == area);
        out.push(Part {
            area,
            title: area.part(),
            notes: notes.flat_map(|notes| &notes.paragraphs).map(String::as_str).collect(),
            vulnerabilities,
            hardening,
            coverage: coverage(assessment, area),
        });
    }
    out
}

fn entry_view<'a>(
    assessment: &'a Assessment,
    index: &Index<'a>,
    entry: &'a Entry,
    explained: &mut BTreeMap<&'a str, &'a str>,
) -> EntryView<'a> {
    let all = index.findings(entry);
    let shown = &all[..all.len().min(PLACES)];
    let message = common(shown.iter().map(|finding| finding.message.trim()));
    let explained_at = explained.get(entry.rule.as_str()).copied();
    explained.entry(&entry.rule).or_insert(&entry.id);
    let rule = assessment.rules.iter().find(|rule| rule.id == entry.rule);
    let summary = rule
        .map(|rule| rule.summary.trim())
        .filter(|summary| explained_at.is_none() && !summary.is_empty() && message != Some(*summary));
    EntryView {
        id: &entry.id,
        title: &entry.title,
        severity: entry.risk.severity.as_str(),
        likelihood: entry.risk.likelihood.as_str(),
        impact: entry.risk.impact.as_str(),
        confidence: entry.confidence.as_str(),
        tags: tags(entry),
        count: entry.findings.len(),
        in_baseline: all.iter().filter(|finding| finding.in_baseline).count(),
        summary: summary.map(|summary| shorten(summary, SUMMARY)),
        explained_at,
        message: message.filter(|message| !message.is_empty()),
        each: if message.is_some() { Vec::new() } else { each(shown) },
        looked: common(shown.iter().map(|finding| looked(finding))).flatten(),
        route: match shown {
            [one] => one.route.as_deref().filter(|route| !one.message.contains(route)),
            _ => None,
        },
        advisories: shown.first().filter(|_| message.is_some()).and_then(|finding| advisories(finding)),
        blocks: if message.is_some() { evidence::blocks(shown) } else { Vec::new() },
        more: Cut::of(all.iter().skip(PLACES).map(|finding| finding.id.as_str()), IDS),
        // Where it differs from place to place, each message says it.
        fix: common(shown.iter().map(|finding| sentence(&finding.advice.action))).unwrap_or_default(),
    }
}

/// The value that all have, if they have one.
fn common<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn each<'a>(findings: &[&'a Finding]) -> Vec<Each<'a>> {
    let mut blocks = 0;
    let one = |finding: &&'a Finding| {
        let step = finding.evidence.steps().iter().find(|step| step.place == finding.place);
        let traced = evidence::is_path(&finding.evidence) && blocks < evidence::TRACES;
        blocks += usize::from(traced);
        Each {
            id: &finding.id,
            place: finding.place.to_string(),
            message: finding.message.trim(),
            code: step.map_or("", |step| step.code.as_str()),
            block: traced.then(|| evidence::lines(&finding.evidence)),
            advisories: advisories(finding),
        }
    };
    findings.iter().map(one).collect()
}

/// The advisories of a finding that tells of several.
fn advisories(finding: &Finding) -> Option<Cut<AdvisoryLine<'_>>> {
    let rows = finding.advisories();
    (rows.len() > 1).then(|| Cut::of(rows.iter().map(advisory), ADVISORIES))
}

fn advisory(row: &AdvisoryRow) -> AdvisoryLine<'_> {
    let mut evidence: Vec<String> = row.kev.iter().map(|since| format!("exploited, CISA KEV {since}")).collect();
    evidence.extend(row.epss.iter().map(|score| epss(row, score)));
    evidence.extend(
        row.suppression
            .iter()
            .map(|accepted| format!("accepted until {}", accepted.until.as_deref().unwrap_or("further notice"))),
    );
    if row.in_baseline {
        evidence.push("in the baseline".to_owned());
    }
    AdvisoryLine {
        id: &row.id,
        alias: row.aliases.iter().find(|alias| alias.starts_with("CVE-")).map(String::as_str),
        package: &row.package,
        version: &row.version,
        severity: row.severity.as_str(),
        rated_by: &row.rated_by,
        deadline: deadline(&row.deadline),
        shown: &row.shown,
        evidence: evidence.join("; "),
        fixed: row.fixed.as_deref(),
        summary: &row.summary,
    }
}

/// `EPSS 14.6 %, percentile 96.3, 2026-08-16`.
fn epss(row: &AdvisoryRow, score: &str) -> String {
    let tenths =
        |text: &str| text.split_once('.').map_or(text.to_owned(), |(whole, rest)| format!("{whole}.{rest:.1}"));
    let mut out = format!("EPSS {} %", tenths(score));
    if let Some(percentile) = &row.epss_percentile {
        let _ = write!(out, ", percentile {}", tenths(percentile));
    }
    if let Some(day) = &row.epss_as_of {
        let _ = write!(out, ", {day}");
    }
    out
}

/// CISA's keys of a deadline, in words; a key that is none is shown as it is.
fn deadline(key: &str) -> &str {
    match key {
        "FSU" => "next upgrade",
        "60D" => "60 days",
        "14D" => "14 days",
        "3D" => "3 days",
        "3DF" => "3 days, with forensics",
        other => other,
    }
}

fn looked(finding: &Finding) -> Option<Looked<'_>> {
    match &finding.evidence {
        Evidence::Absence { looked_for, looked_in, .. } => Some(Looked { looked_for, looked_in }),
        _ => None,
    }
}

/// Weaknesses and the categories of the OWASP Top 10 in their usual short form: `CWE-89`, `A05:2025`.
fn tags(entry: &Entry) -> Vec<String> {
    let mut tags: Vec<String> = entry.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    for standard in &entry.standards {
        if let Some(year) = standard.name.strip_prefix("OWASP Top 10 ") {
            tags.extend(
                standard.ids.iter().map(|id| if id.contains(':') { id.clone() } else { format!("{id}:{year}") }),
            );
        }
    }
    tags
}

fn coverage(assessment: &Assessment, area: Area) -> Vec<Row<'_>> {
    TOPICS
        .iter()
        .filter(|topic| topic.area == area)
        .filter_map(|topic| assessment.coverage.iter().find(|r| r.topic == topic.id).map(|r| (topic.label, r)))
        .map(|(label, r)| row(label, r))
        .collect()
}

fn row<'a>(label: &'static str, row: &'a CoverageRow) -> Row<'a> {
    Row {
        label,
        status: row.status.words(),
        looked_at: row.looked_at.trim(),
        findings: Cut::of(row.findings.iter().map(String::as_str), NAMED),
        question: row.question.as_deref().map(str::trim).filter(|question| !question.is_empty()),
        seen: Cut::of(row.seen.iter().map(Place::to_string), 3),
    }
}
