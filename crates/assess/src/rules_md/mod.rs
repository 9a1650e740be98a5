//! Understanding `.claude/rules.md` (R7): what it asks of an assessment, what it cannot ask, what was not understood.
//!
//! Rules are paramount and they are text. A sentence has an effect only when one strict pattern explains all of it, or
//! when it stands in a fenced `lunette` block; nothing else in the file can act, whatever it says. Rules can make the
//! assessment smaller or stricter. They cannot widen what Lunette may do, and they cannot make it say what is not so:
//! what they hide is counted and named in the report.

mod block;
mod directive;
#[cfg(test)]
mod effect_tests;
mod effects;
mod markdown;
mod refuse;
mod shapes;
mod statements;
#[cfg(test)]
mod tests;
pub mod vocabulary;
mod words;

use lunette_core::assessment::RuleLine;
use lunette_core::text::code_line;

pub use directive::{Acceptance, ContextKey, Directive, Kind, Selector};
pub use effects::Effects;
use markdown::Sentence;
use shapes::{Context, Outcome};
use words::Unfit;

/// Lines that were not understood and are listed; the rest are counted in the last.
const MAX_LISTED: usize = 100;

/// What a rules file asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directives {
    /// What was understood, in the order of the file. The index of a directive here identifies it.
    pub items: Vec<Directive>,
    /// Lines that look like directives for an assessment and are none, or ask for what rules cannot do.
    pub not_understood: Vec<RuleLine>,
    /// Sentences that do not concern a security assessment ("use tabs").
    pub other: usize,
}

/// Understands a rules file, with no knowledge of which names are rules.
pub fn understand(text: &str) -> Directives {
    understand_with(text, &|_| false)
}

/// Understands a rules file. `known_rule` tells rule ids from other names in code spans, so that "ignore `py-debug`"
/// needs no noun; without it such a sentence is not acted upon.
pub fn understand_with(text: &str, known_rule: &dyn Fn(&str) -> bool) -> Directives {
    let document = markdown::read(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut directives = Directives::default();
    for sentence in &document.sentences {
        directives.take(sentence, known_rule);
    }
    for block in &document.blocks {
        let (items, not_understood) = block::read(block);
        directives.items.extend(items);
        directives.not_understood.extend(not_understood);
    }
    if let Some((line, what, lines)) = document.unclosed {
        let shown = text.lines().nth(line - 1).unwrap_or_default();
        let why = format!("this {what} is never closed, so the {lines} lines after it are not read as directives");
        directives.not_understood.push(RuleLine { line, text: code_line(shown), why });
    }
    directives.items.sort_by_key(|directive| directive.line);
    directives.not_understood.sort_by_key(|line| line.line);
    directives.cap();
    directives
}

/// Statements on circumstances in a request: budget, timeline, risk tolerance, stage, data, users.
pub fn context_of(request: &str) -> Vec<(ContextKey, String)> {
    let mut found: Vec<(ContextKey, String)> = Vec::new();
    for sentence in markdown::read(request).sentences {
        if let Ok(words) = words::prepare(&sentence.text)
            && let Some((key, value)) = statements::context(&words.plain)
            && !found.iter().any(|(known, _)| *known == key)
        {
            found.push((key, value));
        }
    }
    found
}

/// Frameworks that a request names.
pub fn frameworks_of(request: &str) -> Vec<&'static vocabulary::Framework> {
    let mut found = Vec::new();
    for sentence in markdown::read(request).sentences {
        let Ok(words) = words::prepare(&sentence.text) else { continue };
        for slot in words.slots {
            if let words::Slot::Framework(index) = slot
                && let Some(framework) = vocabulary::FRAMEWORKS.get(index)
                && !found.contains(&framework)
            {
                found.push(framework);
            }
        }
    }
    found
}

/// What came of one sentence.
enum Read {
    Directives(Vec<Kind>),
    Refused(String),
    Unknown { looks_like_directive: bool },
}

impl Directives {
    fn take(&mut self, sentence: &Sentence, known_rule: &dyn Fn(&str) -> bool) {
        let line = sentence.line;
        let text = code_line(&sentence.text);
        match read(sentence, known_rule) {
            Read::Directives(kinds) => {
                self.items.extend(kinds.into_iter().map(|kind| Directive { line, text: text.clone(), kind }));
            }
            // A heading such as "Accepted risks" is no broken directive; one that asks for what cannot be is listed.
            Read::Refused(why) if sentence.heading && !why.starts_with("rules cannot") => {}
            Read::Refused(why) => self.not_understood.push(RuleLine { line, text, why }),
            Read::Unknown { .. } if sentence.heading => {}
            Read::Unknown { looks_like_directive: true } => {
                let why = "mentions the assessment, and is no directive that Lunette understands".to_owned();
                self.not_understood.push(RuleLine { line, text, why });
            }
            Read::Unknown { looks_like_directive: false } => self.other += 1,
        }
    }

    fn cap(&mut self) {
        if self.not_understood.len() > MAX_LISTED {
            let more = self.not_understood.len() - MAX_LISTED;
            self.not_understood.truncate(MAX_LISTED);
            if let Some(last) = self.not_understood.last_mut() {
                last.why = format!("{} (and {more} more lines that are not listed)", last.why);
            }
        }
    }
}

fn read(sentence: &Sentence, known_rule: &dyn Fn(&str) -> bool) -> Read {
    let alone = read_text(&sentence.text, known_rule);
    let Read::Unknown { .. } = alone else { return alone };
    // "Do not scan:" above a list, or a heading "Out of scope", completes its items.
    let Some(intro) = &sentence.intro else { return alone };
    let intro = intro.rsplit(". ").next().unwrap_or(intro);
    for joined in [format!("{intro} {}", sentence.text), format!("{intro}: {}", sentence.text)] {
        let Ok(words) = words::prepare(&joined) else { continue };
        let context = Context { words: &words, known_rule };
        if let Some(outcome) = shapes::understand(&context).or_else(|| statements::acceptance(&words)) {
            return outcome.into();
        }
    }
    alone
}

fn read_text(text: &str, known_rule: &dyn Fn(&str) -> bool) -> Read {
    let words = match words::prepare(text) {
        Ok(words) => words,
        Err(unfit) => return read_unfit(text, unfit),
    };
    let context = Context { words: &words, known_rule };
    if let Some(outcome) = shapes::understand(&context) {
        return outcome.into();
    }
    if let Some(why) = refuse::refused(&words) {
        return Read::Refused(why.to_owned());
    }
    if let Some(outcome) = statements::acceptance(&words) {
        return outcome.into();
    }
    if let Some((key, value)) = statements::context(&words.plain) {
        let mut kinds = vec![Kind::Context { key, value }];
        kinds.extend(statements::frameworks(&words));
        return Read::Directives(kinds);
    }
    if let Some(kind) = statements::frameworks(&words) {
        return Read::Directives(vec![kind]);
    }
    if let Some(outcome) = statements::requirement(&words) {
        return outcome.into();
    }
    Read::Unknown { looks_like_directive: refuse::looks_like_directive(&words.norm) }
}

/// A sentence that is too long, or that shows people something else than it holds.
fn read_unfit(text: &str, unfit: Unfit) -> Read {
    let head: String = text.chars().filter(|c| !c.is_control()).take(2_000).collect::<String>().to_lowercase();
    if !refuse::looks_like_directive(&head) && unfit == Unfit::TooLong {
        return Read::Unknown { looks_like_directive: false };
    }
    Read::Refused(match unfit {
        Unfit::TooLong => "the sentence is too long to be a directive".to_owned(),
        Unfit::Hidden => "the sentence holds control or direction characters: it may not be what it shows".to_owned(),
    })
}

impl From<Outcome> for Read {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(kind) => Read::Directives(vec![kind]),
            Err(why) => Read::Refused(why),
        }
    }
}
