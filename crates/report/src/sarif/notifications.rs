//! What the run has to say of itself: files that could not be analysed, the project's rules, what was cut.

use lunette_core::Assessment;
use lunette_core::assessment::RulesState;
use lunette_core::place::Place;
use lunette_core::project::Skipped;

use super::model::{Descriptor, DescriptorReference, Location, Message, Notification};
use super::rules::pascal_case;
use super::{Limits, places, sentence};

/// The kinds of notification, in the order of their descriptors.
#[derive(Clone, Copy)]
enum Kind {
    Incomplete,
    FileNotAnalysed,
    Limit,
    RulesFile,
    RulesLine,
    Notice,
}

/// Each kind's id, what it tells, and what to do about it.
const KINDS: [(Kind, &str, &str, &str); 6] = [
    (
        Kind::Incomplete,
        "assessment-incomplete",
        "The assessment is incomplete.",
        "Remove the cause that is named and assess again.",
    ),
    (
        Kind::FileNotAnalysed,
        "file-not-analysed",
        "A file was not analysed, or not completely.",
        "Look at the file by hand, or make it readable and assess again.",
    ),
    (
        Kind::Limit,
        "format-limit",
        "Something was left out because of a limit of the format's readers.",
        "Read the JSON of the same assessment: it has everything.",
    ),
    (
        Kind::RulesFile,
        "rules-file",
        "The project's rules file was looked for first.",
        "Compare the hash with the file you meant to be in force.",
    ),
    (
        Kind::RulesLine,
        "rules-line",
        "A line of the project's rules had no effect.",
        "Say it in words that are understood, or as a directive in a fenced block.",
    ),
    (
        Kind::Notice,
        "configuration-notice",
        "A remark on configuration or suppressions.",
        "Mend or remove what the remark names.",
    ),
];

pub(super) fn descriptors() -> Vec<Descriptor> {
    let descriptor = |(_, id, text, help): &(Kind, &str, &str, &str)| Descriptor {
        id: (*id).to_owned(),
        name: pascal_case(id),
        short_description: Some(Message::text(*text)),
        full_description: Some(Message::text(*text)),
        help: Some(Message::text(*help)),
        ..Descriptor::default()
    };
    KINDS.iter().map(descriptor).collect()
}

fn notification(kind: Kind, level: &'static str, text: &str, locations: Vec<Location>) -> Notification {
    let index = kind as usize;
    Notification {
        descriptor: DescriptorReference { id: KINDS[index].1.to_owned(), index: Some(index), tool_component: None },
        level,
        message: Message::text(sentence(text)),
        locations,
    }
}

/// Gaps in what was analysed, and what was cut.
pub(super) fn execution(assessment: &Assessment, limits: Limits, cuts: Vec<String>) -> Vec<Notification> {
    let mut out = Vec::new();
    if let Some(why) = &assessment.incomplete {
        out.push(notification(Kind::Incomplete, "error", why, Vec::new()));
    }
    out.extend(cuts.into_iter().map(|cut| notification(Kind::Limit, "warning", &cut, Vec::new())));
    let mut gaps: Vec<&Skipped> = assessment.project.skipped.iter().filter(|skip| skip.reason.is_gap()).collect();
    gaps.sort();
    let over = gaps.len().saturating_sub(limits.notifications);
    for gap in gaps.iter().take(limits.notifications) {
        let detail = if gap.detail.is_empty() { String::new() } else { format!(" ({})", gap.detail) };
        let text = format!("{}: {}{detail}", gap.path, gap.reason.words());
        let place = places::bare(&Place::file(gap.path.as_str()), None);
        out.push(notification(Kind::FileNotAnalysed, "warning", &text, vec![place]));
    }
    if over > 0 {
        let text = format!("{over} more files were not analysed, or not completely; the JSON names all");
        out.push(notification(Kind::FileNotAnalysed, "warning", &text, Vec::new()));
    }
    out
}

/// The project's rules, and remarks on configuration.
pub(super) fn configuration(assessment: &Assessment) -> Vec<Notification> {
    let rules = &assessment.rules_read;
    let place =
        |line: usize| Place { line: u32::try_from(line).unwrap_or(u32::MAX), ..Place::line(rules.path.as_str(), 0) };
    let at = |line: usize| vec![places::bare(&place(line), None)];
    let note = if rules.note.is_empty() { String::new() } else { format!(" ({})", rules.note) };
    let mut out = Vec::new();
    out.push(match rules.state {
        RulesState::Read => {
            let text = format!(
                "{} was read first: sha256 {}, {} lines, {} directives understood, {} without effect{note}",
                rules.path,
                rules.sha256,
                rules.lines,
                rules.understood.len(),
                rules.not_understood.len()
            );
            notification(Kind::RulesFile, "note", &text, at(0))
        }
        RulesState::Absent => {
            let text = format!("{} was looked for first and is absent{note}", rules.path);
            notification(Kind::RulesFile, "note", &text, Vec::new())
        }
        RulesState::Refused => {
            let text = format!("{} is there and was not read{note}", rules.path);
            notification(Kind::RulesFile, "warning", &text, at(0))
        }
    });
    for line in &rules.not_understood {
        let text = format!("Line {} of {} had no effect: {}: {}", line.line, rules.path, line.why, line.text);
        out.push(notification(Kind::RulesLine, "warning", &text, at(line.line)));
    }
    for notice in &assessment.notices {
        let locations = notice.place.iter().map(|place| places::bare(place, None)).collect();
        out.push(notification(Kind::Notice, "warning", &notice.message, locations));
    }
    out
}
