//! The short summary on a terminal: what was found first, with code frames, and where the rest is.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use lunette_core::assessment::RulesState;
use lunette_core::finding::Evidence;
use lunette_core::text::{count, printable, shorten};
use lunette_core::{Assessment, Finding, Severity};

use crate::worker::Terminal;

/// Entries shown with a code frame.
const FRAMES: usize = 6;
/// Further entries shown in a line each.
const LINES: usize = 20;
/// Most steps of a trace in a frame.
const STEPS: usize = 8;
/// Longest source line that is framed; longer ones (minified code) are quoted shortened.
const MAX_LINE: usize = 240;

/// The text of a project file, when it can be read again.
pub(crate) type Source<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The summary of an assessment.
pub(crate) fn summary(assessment: &Assessment, source: Source<'_>, terminal: Terminal) -> String {
    let paint = Paint { color: terminal.color };
    let mut text = String::new();
    let shown: Vec<&Finding> = assessment.entries.iter().filter_map(|entry| first(assessment, &entry.id)).collect();
    for finding in shown.iter().take(FRAMES) {
        text.push_str(&frame(assessment, finding, source, terminal));
        text.push_str("\n\n");
    }
    for finding in shown.iter().skip(FRAMES).take(LINES) {
        let places = places_of(assessment, &finding.id);
        let more = if places > 1 { format!(" and {} more", places - 1) } else { String::new() };
        let severity = paint.severity(finding.risk.severity, &format!("{:8}", finding.risk.severity));
        let _ = writeln!(
            text,
            "{severity} {}: {}  {}{more}",
            finding.rule,
            finding.title,
            printable(&finding.place.to_string())
        );
    }
    if shown.len() > FRAMES + LINES {
        let _ = writeln!(
            text,
            "… and {} more, all in the report",
            count(shown.len() - FRAMES - LINES, "entry").replace("entrys", "entries")
        );
    }
    if shown.len() > FRAMES {
        text.push('\n');
    }
    closing(assessment, paint, &mut text);
    text
}

fn first<'a>(assessment: &'a Assessment, id: &str) -> Option<&'a Finding> {
    assessment.findings.iter().find(|finding| finding.id == id)
}

fn places_of(assessment: &Assessment, id: &str) -> usize {
    assessment.entries.iter().find(|entry| entry.id == id).map_or(1, |entry| entry.findings.len())
}

/// What is told after the findings: the posture, counts, rules, limits, and where to go on.
fn closing(assessment: &Assessment, paint: Paint, text: &mut String) {
    let summary = &assessment.summary;
    let _ = writeln!(text, "{}", paint.bold(&printable(&assessment.project.name)));
    let _ = writeln!(text, "{}", printable(&summary.posture));
    let levels = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let counts: Vec<String> = levels
        .iter()
        .zip(summary.counts)
        .map(|(level, n)| {
            let words = format!("{n} {level}");
            if n > 0 { paint.severity(*level, &words) } else { words }
        })
        .collect();
    let hardening =
        if summary.hardening > 0 { format!(" ({} of them hardening)", summary.hardening) } else { String::new() };
    let _ = writeln!(text, "Findings: {}{hardening}", counts.join(", "));
    if !assessment.withheld.is_empty() {
        let _ = writeln!(
            text,
            "Withheld: {}, by suppressions or the project's rules; listed in the report",
            count(assessment.withheld.len(), "finding")
        );
    }
    let rules = &assessment.rules_read;
    match rules.state {
        RulesState::Absent => {}
        RulesState::Read => {
            let _ = writeln!(
                text,
                "Rules: {} read first, {} understood, {} not",
                printable(&rules.path),
                rules.understood.len(),
                rules.not_understood.len()
            );
        }
        RulesState::Refused => {
            let _ = writeln!(text, "Rules: {} was not read: {}", printable(&rules.path), printable(&rules.note));
        }
    }
    let gaps = assessment.project.skipped.iter().filter(|skipped| skipped.reason.is_gap()).count();
    if gaps > 0 {
        let _ =
            writeln!(text, "Not looked at completely: {}; see Coverage and limits in the report", count(gaps, "file"));
    }
    for notice in assessment.notices.iter().take(5) {
        let place = notice.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let _ = writeln!(text, "Note: {}{}", printable(&place), printable(&notice.message));
    }
    if let Some(reason) = &assessment.incomplete {
        let _ = writeln!(text, "{}", paint.severity(Severity::High, &format!("Incomplete: {}", printable(reason))));
    }
    let _ = writeln!(text, "The whole report: lunette assess … -o report.md (or .json, .sarif)");
}

/// One finding as a compiler would show it.
fn frame(assessment: &Assessment, finding: &Finding, source: Source<'_>, terminal: Terminal) -> String {
    let level = match finding.risk.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low => Level::NOTE,
    };
    let verdict = format!("{} · {}", finding.risk.severity, finding.confidence.as_str());
    let title = printable(&format!("{}  [{verdict}]", finding.title));
    let text = source(&finding.place.path);
    let mut group =
        level.primary_title(title).id(finding.rule.as_str()).elements(Vec::<annotate_snippets::Element<'_>>::new());
    group = match snippet(finding, text.as_deref()) {
        Some(snippet) => group.element(snippet),
        None => group.element(annotate_snippets::Origin::path(printable(&finding.place.to_string()))),
    };
    group = group.element(Level::NOTE.no_name().message(printable(&finding.message)));
    for text in way(finding) {
        group = group.element(Level::NOTE.with_name("trace").message(text));
    }
    for (name, text) in notes(assessment, finding) {
        group = group.element(Level::HELP.with_name(name).message(text));
    }
    let renderer = if terminal.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(terminal.width).render(&[group])
}

/// The steps of a trace, numbered, the middle of long ones left out.
fn way(finding: &Finding) -> Vec<String> {
    let Evidence::Trace { steps } = &finding.evidence else { return Vec::new() };
    if steps.len() < 2 {
        return Vec::new();
    }
    let over = steps.len().saturating_sub(STEPS);
    let head = if over == 0 { steps.len() } else { STEPS / 2 };
    let mut lines = Vec::new();
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| !(head + 1..head + over).contains(at)) {
        lines.push(if over > 0 && at == head {
            format!("… {} more, all in the report", count(over, "step"))
        } else {
            let note = if step.note.is_empty() { String::new() } else { format!(" ({})", step.note) };
            printable(&format!("{}. {}: {}{}", at + 1, step.place, shorten(step.code.trim(), 90), shorten(&note, 120)))
        });
    }
    lines
}

/// The footer lines of a frame: where from, what to do, where more is.
fn notes(assessment: &Assessment, finding: &Finding) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(route) = &finding.route {
        lines.push(("from", route.clone()));
    }
    let places = places_of(assessment, &finding.id);
    if places > 1 {
        lines.push(("also", format!("{} of the same kind", count(places - 1, "other place"))));
    }
    lines.push(("help", finding.advice.action.clone()));
    lines.push(("more", format!("lunette explain {}", finding.rule)));
    lines.into_iter().map(|(name, text)| (name, printable(&shorten(&text, 400)))).collect()
}

/// The source around a finding; `None` when there is none to show (whole files, minified or hostile lines).
fn snippet<'a>(finding: &Finding, text: Option<&'a str>) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let place = &finding.place;
    if place.line == 0 {
        return None;
    }
    let text = text?;
    let line = text.lines().nth(place.line as usize - 1)?;
    if line.len() > MAX_LINE
        || printable(line) != line.replace('\t', " ")
        || matches!(finding.evidence, Evidence::Secret { .. })
    {
        return None;
    }
    let clamp = |column: u32| {
        (0..=(column.saturating_sub(1) as usize).min(line.len()))
            .rev()
            .find(|&at| line.is_char_boundary(at))
            .unwrap_or(0)
    };
    let start = clamp(place.column);
    let end = if place.end_line == place.line { clamp(place.end_column) } else { line.len() };
    let annotation = AnnotationKind::Primary.span(start..end.max(start)).label(String::new());
    Some(Snippet::source(line).line_start(place.line as usize).path(printable(&place.path)).annotation(annotation))
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn style(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    fn severity(self, severity: Severity, text: &str) -> String {
        let color = match severity {
            Severity::Critical => AnsiColor::BrightRed,
            Severity::High => AnsiColor::Red,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::Cyan,
        };
        self.style(color.on_default().bold(), text)
    }
}
