//! The suppression comment: `lunette: ignore[rule-id, …] reason="…" until=YYYY-MM-DD`.
//!
//! The grammar is anchored at both ends and both fields are mandatory. What does not fit suppresses nothing, and a
//! notice says why.

use std::collections::BTreeSet;

use lunette_core::assessment::Notice;
use lunette_core::place::Place;
use lunette_core::text::code_line;
use lunette_read::SourceFile;

use super::comments::{self, Comment, MARKER};
use crate::dates;

/// Notices on one file; the rest are counted.
const MAX_NOTICES: usize = 20;

/// A suppression written beside the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// The file.
    pub path: String,
    /// Line of the comment.
    pub line: u32,
    /// Line whose findings are meant: the comment's own, or the next one when it stands alone.
    pub target: u32,
    /// Rules that are meant.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
    /// Last day it holds, ISO.
    pub until: String,
}

/// The suppressions in a set of files, with notices on comments that are none.
pub fn collect(files: &[SourceFile]) -> (Vec<Inline>, Vec<Notice>) {
    let mut found = Vec::new();
    let mut notices = Vec::new();
    for file in files.iter().filter(|file| file.text.contains(MARKER) && !is_prose(&file.path)) {
        let comments = comments::comments(&file.path, &file.text);
        let mut told = unseen(file, &comments);
        let alone: BTreeSet<u32> =
            comments.iter().filter(|comment| comment.alone).map(|comment| comment.line).collect();
        for comment in &comments {
            match parse(&comment.body) {
                Ok((rules, reason, until)) => {
                    let mut target = comment.line;
                    if comment.alone {
                        target += 1;
                        // Comments may be stacked above one line.
                        while alone.contains(&target) {
                            target += 1;
                        }
                    }
                    found.push(Inline { path: file.path.clone(), line: comment.line, target, rules, reason, until });
                }
                Err(why) => told.push(notice(file, comment.line, format!("this comment suppresses nothing: {why}"))),
            }
        }
        if told.len() > MAX_NOTICES {
            let more = told.len() - MAX_NOTICES;
            told.truncate(MAX_NOTICES);
            told.push(Notice {
                message: format!("{more} more suppression comments in this file have no effect"),
                place: Some(Place::file(&file.path)),
            });
        }
        notices.extend(told);
    }
    (found, notices)
}

/// Documents that may well explain suppressions, and have no findings.
fn is_prose(path: &str) -> bool {
    [".md", ".mdx", ".rst", ".txt", ".adoc"].iter().any(|extension| path.ends_with(extension))
}

fn notice(file: &SourceFile, line: u32, message: String) -> Notice {
    Notice { message, place: Some(Place::line(&file.path, line)) }
}

/// Lines that hold what looks like a suppression and are no comment that the scan sees.
fn unseen(file: &SourceFile, comments: &[Comment]) -> Vec<Notice> {
    let mut notices = Vec::new();
    let seen: BTreeSet<u32> = comments.iter().map(|comment| comment.line).collect();
    for (index, line) in file.text.lines().enumerate() {
        let number = index as u32 + 1;
        if line.contains("lunette: ignore[") && !seen.contains(&number) {
            let message = "this suppression is not at the start of a comment, so it has no effect".to_owned();
            notices.push(notice(file, number, message));
        }
    }
    notices
}

/// Rules, reason, last day.
type Parsed = (Vec<String>, String, String);

fn parse(body: &str) -> Result<Parsed, String> {
    let rest = body.strip_prefix("ignore").ok_or("after `lunette:` comes `ignore[rule-id]`")?;
    let rest = rest.strip_prefix('[').ok_or("name the rules: `ignore[rule-id]`")?;
    let (ids, rest) = rest.split_once(']').ok_or("the list of rules is not closed with `]`")?;
    let rules = ids.split(',').map(|id| rule_id(id.trim())).collect::<Result<Vec<_>, _>>()?;
    let (mut reason, mut until) = (None, None);
    let mut rest = rest.trim();
    while !rest.is_empty() {
        if let Some(text) = rest.strip_prefix("reason=\"") {
            let (text, after) = text.split_once('"').ok_or("the reason is not closed with `\"`")?;
            set(&mut reason, text, "reason")?;
            rest = after.trim_start();
        } else if let Some(text) = rest.strip_prefix("until=") {
            let (text, after) = text.split_once(' ').unwrap_or((text, ""));
            set(&mut until, text, "until")?;
            rest = after.trim_start();
        } else {
            return Err(format!("`{}` is neither reason=\"…\" nor until=YYYY-MM-DD", code_line(rest)));
        }
    }
    let reason = reason.filter(|reason| !reason.trim().is_empty()).ok_or("a reason is missing: reason=\"…\"")?;
    let until = until.ok_or("a last day is missing: until=YYYY-MM-DD")?;
    if !dates::is_iso(&until) {
        return Err(format!("`{}` is not a day: until=YYYY-MM-DD", code_line(&until)));
    }
    Ok((rules, reason, until))
}

fn rule_id(id: &str) -> Result<String, String> {
    let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(id.to_owned()) } else { Err(format!("`{}` is not the id of a rule", code_line(id))) }
}

fn set(field: &mut Option<String>, text: &str, name: &str) -> Result<(), String> {
    if field.replace(text.to_owned()).is_some() { Err(format!("{name} is given twice")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
            bytes: text.len() as u64,
            lines: text.lines().count(),
        }
    }

    #[test]
    fn the_grammar_is_anchored() {
        let rules = vec!["a-b".to_owned(), "c".to_owned()];
        assert_eq!(
            parse("ignore[a-b, c] reason=\"why not\" until=2027-01-31").unwrap(),
            (rules, "why not".to_owned(), "2027-01-31".to_owned())
        );
        assert!(parse("ignore[a] until=2027-01-31 reason=\"x\"").is_ok());
        for (body, why) in [
            ("disable", "after `lunette:`"),
            ("ignore", "name the rules"),
            ("ignore[]", "not the id"),
            ("ignore[*] reason=\"x\" until=2027-01-31", "not the id"),
            ("ignore[a", "not closed"),
            ("ignore[a] until=2027-01-31", "a reason is missing"),
            ("ignore[a] reason=\" \" until=2027-01-31", "a reason is missing"),
            ("ignore[a] reason=\"x\"", "a last day is missing"),
            ("ignore[a] reason=\"x\" until=tomorrow", "not a day"),
            ("ignore[a] reason=\"x\" until=2027-02-30", "not a day"),
            ("ignore[a] reason=\"x until=2027-01-31", "not closed"),
            ("ignore[a] reason=\"x\" until=2027-01-31 please", "neither"),
            ("ignore[a] reason=\"x\" reason=\"y\" until=2027-01-31", "given twice"),
        ] {
            let found = parse(body).unwrap_err();
            assert!(found.contains(why), "{body}: {found}");
        }
    }

    #[test]
    fn a_comment_alone_means_the_next_line_that_is_no_such_comment() {
        let text = "# lunette: ignore[a] reason=\"x\" until=2027-01-31\n# lunette: ignore[b] reason=\"x\" until=2027-01-31\nx()\ny()  # lunette: ignore[c] reason=\"x\" until=2027-01-31\n";
        let (found, notices) = collect(&[file("a.py", text)]);
        assert_eq!(found.iter().map(|inline| inline.target).collect::<Vec<_>>(), [3, 3, 4]);
        assert!(notices.is_empty());
    }

    #[test]
    fn what_suppresses_nothing_is_told() {
        let (found, notices) = collect(&[file("a.py", "x = '# lunette: ignore[a]'\n# lunette: ignore[a]\n")]);
        assert!(found.is_empty());
        let told: Vec<String> =
            notices.iter().map(|notice| format!("{} {}", notice.place.as_ref().unwrap(), notice.message)).collect();
        assert_eq!(
            told,
            [
                "a.py:1 this suppression is not at the start of a comment, so it has no effect",
                "a.py:2 this comment suppresses nothing: a reason is missing: reason=\"…\"",
            ]
        );
        let many = "# lunette: nothing\n".repeat(100);
        assert_eq!(collect(&[file("a.py", &many)]).1.len(), 21);
    }
}
