//! Text of the project can't change the shape of the report. The proof: an assessment whose every text is a trap has
//! the same syntax tree as one whose every text is a word, read by a parser of GitHub's Markdown.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use lunette_core::Assessment;
use lunette_core::finding::{Evidence, Finding, Step};
use lunette_core::place::Place;
use serde_json::Value;

use crate::{markdown, sample, sarif};

/// Blocks, emphasis, links and HTML of a document, in order; not its text.
fn shape(report: &str) -> Vec<String> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.alerts = true;
    let arena = Arena::new();
    let mut out = Vec::new();
    walk(parse_document(&arena, report, &options), 0, &mut out);
    out
}

fn walk<'a>(node: &'a AstNode<'a>, depth: usize, out: &mut Vec<String>) {
    let name = match &node.data.borrow().value {
        NodeValue::Text(_) | NodeValue::Code(_) | NodeValue::SoftBreak | NodeValue::Escaped => None,
        NodeValue::Heading(heading) => Some(format!("heading {}", heading.level)),
        NodeValue::Table(table) => Some(format!("table of {}", table.num_columns)),
        NodeValue::CodeBlock(block) => Some(format!("code of {} lines", block.literal.lines().count())),
        other => Some(format!("{other:?}").split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()),
    };
    if let Some(name) = name {
        out.push(format!("{depth} {name}"));
    }
    for child in node.children() {
        walk(child, depth + 1, out);
    }
}

/// Replaces every text of the assessment that could come from the project or from a person.
fn fill(assessment: &mut Assessment, text: &str) {
    let mut n = 1000;
    let mut next = |place: &mut String| {
        n += 1;
        *place = format!("{text}{n}");
    };
    let a = assessment;
    for finding in a.findings.iter_mut().chain(&mut a.withheld) {
        fill_finding(finding, &mut next);
    }
    next(&mut a.project.name);
    next(&mut a.request.text);
    next(&mut a.request.kind_source);
    next(&mut a.summary.posture);
    for line in a.summary.critical.iter_mut().chain(&mut a.summary.do_first).chain(&mut a.assumptions) {
        next(line);
    }
    for line in a.suggestions.iter_mut().chain(&mut a.monitoring.logging).chain(&mut a.intelligence.limits) {
        next(line);
    }
    for understood in &mut a.rules_read.understood {
        next(&mut understood.text);
        next(&mut understood.effect);
    }
    for line in &mut a.rules_read.not_understood {
        next(&mut line.text);
        next(&mut line.why);
    }
    for entry in &mut a.entries {
        next(&mut entry.title);
        next(&mut entry.business_impact);
    }
    for rule in &mut a.rules {
        next(&mut rule.summary);
    }
    for row in &mut a.coverage {
        next(&mut row.looked_at);
        row.question.iter_mut().for_each(&mut next);
        row.seen.iter_mut().for_each(|place| next(&mut place.path));
    }
    for notes in &mut a.analysis {
        notes.paragraphs.iter_mut().for_each(&mut next);
    }
    for recommendation in &mut a.recommendations {
        next(&mut recommendation.advice.action);
        next(&mut recommendation.advice.developers);
        next(&mut recommendation.advice.verify);
    }
    for task in &mut a.guidance.tasks {
        next(&mut task.instruction);
        next(&mut task.verify);
        task.files.iter_mut().for_each(&mut next);
    }
    for guideline in a.architecture_guidelines.iter_mut().chain(&mut a.guidance.testing) {
        next(&mut guideline.title);
        next(&mut guideline.text);
    }
    for event in &mut a.monitoring.events {
        next(&mut event.name);
        next(&mut event.fields);
        next(&mut event.alert);
        event.at.iter_mut().for_each(|place| next(&mut place.path));
    }
    for playbook in &mut a.monitoring.playbooks {
        next(&mut playbook.title);
        next(&mut playbook.trigger);
    }
    for route in &mut a.project.routes {
        next(&mut route.path);
        next(&mut route.file);
        route.guards.iter_mut().for_each(|guard| next(&mut guard.name));
        route.inputs.iter_mut().for_each(|input| next(&mut input.name));
    }
    for technology in &mut a.project.technologies {
        next(&mut technology.name);
        technology.version.iter_mut().for_each(&mut next);
    }
    for skipped in &mut a.project.skipped {
        next(&mut skipped.path);
        next(&mut skipped.detail);
    }
    for notice in &mut a.notices {
        next(&mut notice.message);
    }
    a.unknowns.iter_mut().for_each(|question| next(&mut question.question));
}

fn fill_finding(finding: &mut Finding, next: &mut dyn FnMut(&mut String)) {
    for text in [&mut finding.title, &mut finding.message, &mut finding.business_impact, &mut finding.advice.action] {
        next(text);
    }
    finding.route.iter_mut().for_each(&mut *next);
    fill_place(&mut finding.place, next);
    let mut step = |step: &mut Step| {
        fill_place(&mut step.place, next);
        next(&mut step.code);
        next(&mut step.note);
    };
    match &mut finding.evidence {
        Evidence::Trace { steps } | Evidence::Catalogue { steps, .. } => steps.iter_mut().for_each(step),
        Evidence::Setting { at, .. } | Evidence::Advisory { at, .. } | Evidence::Secret { at, .. } => step(at),
        Evidence::Absence { looked_for, looked_in, at } => {
            step(at);
            next(looked_for);
            next(looked_in);
        }
    }
    if let Some(suppression) = &mut finding.suppression {
        next(&mut suppression.reason);
    }
}

fn fill_place(place: &mut Place, next: &mut dyn FnMut(&mut String)) {
    next(&mut place.path);
}

fn filled(text: &str) -> Assessment {
    let mut assessment = sample::assessment();
    fill(&mut assessment, text);
    assessment
}

const TRAPS: &[&str] = &[
    "# x",
    "\n# x\n",
    "\n\n---\n\n",
    "===\nx",
    "> x",
    "- x",
    "* x",
    "1. x",
    "1) x",
    "| a | b |",
    "|---|---|\n",
    "`",
    "``",
    "```\n# x\n```",
    "~~~\nx",
    "`a`b`",
    "a`` `b",
    "<b>x</b>",
    "<!-- x",
    "<script>alert(1)</script>",
    "<a@b.example>",
    "<http://evil.example>",
    "</td></tr>",
    "[x](http://evil.example)",
    "![x](x)",
    "[x][y]",
    "[x]: http://evil.example\n",
    "[^1]",
    "[^1]: x",
    "[ ] x",
    "- [x] y",
    "*x*",
    "**x**",
    "_x_",
    "__x__",
    "~~x~~",
    "$x$",
    "$$x$$",
    "\\",
    "\\`",
    "\\|",
    "\\\\|",
    "http://evil.example",
    "www.evil.example",
    "x@evil.example",
    "@everyone",
    "(http://evil.example)",
    "\"www.evil.example\"",
    "&lt;b>",
    "&#60;b>",
    "&copy;",
    "\u{202e}x",
    "\u{1b}[2J",
    "\u{0}",
    "\u{2028}# x",
    "x\ty",
    "    x",
    "\r# x",
    "> [!NOTE]\n> x",
    "`a`http://evil.example",
    "`x`www.evil.example`",
    "*http://evil.example*",
    "x  ",
    "x\\",
];

#[test]
fn no_text_changes_the_shape_of_the_report() {
    let expected = shape(&markdown(&filled("word")));
    for kind in ["Link", "Image", "HtmlBlock", "HtmlInline", "FootnoteReference", "Math"] {
        assert!(!expected.iter().any(|node| node.ends_with(kind)), "{kind} in the harmless report");
    }
    for trap in TRAPS {
        check(trap, &expected);
    }
}

#[test]
fn no_mixture_of_special_characters_does_either() {
    const ALPHABET: &[&str] = &[
        "`", "``", "*", "_", "[", "]", "(", ")", "<", ">", "|", "#", "-", "+", "=", "~", "!", "\\", "&", ";", ":", "@",
        "$", "\n", " ", "a", "1", ".", "/", "www.", "http://", "b>",
    ];
    let expected = shape(&markdown(&filled("word")));
    let mut seed = 7u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..150 {
        let length = 1 + random(12);
        let trap: String = (0..length).map(|_| ALPHABET[random(ALPHABET.len())]).collect();
        check(&trap, &expected);
    }
}

/// Every row of a table has as many cells as its head: parsers drop what is over, so the shape can't tell.
fn rows_are_whole(report: &str) -> bool {
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut width = None;
    let mut fence: Option<String> = None;
    for line in report.lines() {
        if let Some(open) = &fence {
            fence = (line != open).then(|| open.clone());
        } else if line.starts_with("```") && line.ends_with("text") {
            fence = line.strip_suffix("text").map(str::to_owned);
        } else if line.starts_with('|') {
            if *width.get_or_insert(cells(line)) != cells(line) {
                return false;
            }
        } else {
            width = None;
        }
    }
    true
}

#[track_caller]
fn check(trap: &str, expected: &[String]) {
    let report = markdown(&filled(trap));
    assert!(rows_are_whole(&report), "{trap:?} breaks a row\n{report}");
    let found = shape(&report);
    if found != expected {
        let at = found.iter().zip(expected).position(|(a, b)| a != b).unwrap_or(expected.len().min(found.len()));
        panic!("{trap:?} changes node {at}: {:?} instead of {:?}\n{report}", found.get(at), expected.get(at));
    }
    assert!(report.chars().all(|c| c == '\n' || !c.is_control()), "{trap:?}");
    assert!(!report.contains(['\u{202e}', '\u{2028}']), "{trap:?}");
}

#[test]
fn no_text_becomes_a_link_or_an_address_in_sarif() {
    for trap in TRAPS {
        let log: Value = serde_json::from_str(&sarif(&filled(trap))).unwrap();
        each(&log, "", &mut |name, text| match name {
            "uri" => assert!(
                text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~!$()+,;=@%/".contains(&b))
                    && !text.starts_with('/'),
                "{trap:?}: {text}"
            ),
            "text" if !text.contains("Fix: ") => {
                assert!(!text.contains("](") && !text.contains('\u{1b}'), "{trap:?}: {text}");
            }
            _ => {}
        });
    }
}

fn each(value: &Value, name: &str, visit: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(name, text),
        Value::Array(items) => items.iter().for_each(|item| each(item, name, visit)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| each(field, name, visit)),
        _ => {}
    }
}
