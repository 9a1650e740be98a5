//! Text of the assessed project, made inert in Markdown.
//!
//! Everything a template prints goes through [`prose`] unless it says otherwise, so that a path, a line of code or a
//! message can't open a link, a heading, a table cell, an HTML element or a mention. The one piece of Markdown that
//! texts may bring along is the code span, because names read better in it; it is taken apart here and built anew,
//! so that it is always closed.

use lunette_core::text::printable;

/// A text as running Markdown text on one line.
///
/// White space is collapsed, hidden characters are shown, pairs of backticks are kept as code spans, and addresses,
/// mentions and e-mail addresses become code spans, because renderers make links of them.
pub(crate) fn prose(text: &str) -> String {
    escape_start(inline(text))
}

fn inline(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text.as_str();
    while let Some(open) = rest.find('`') {
        words(&rest[..open], &mut out);
        let run = backticks(&rest[open..]);
        let after = &rest[open + run..];
        if let Some(close) = closing_run(after, run) {
            push_code(after[..close].trim(), &mut out);
            rest = &after[close + run..];
        } else {
            out.extend(std::iter::repeat_n("\\`", run));
            rest = after;
        }
    }
    words(rest, &mut out);
    out
}

/// A text as the content of a table cell, where no block can begin.
pub(crate) fn cell(text: &str) -> String {
    pipes(&inline(text))
}

/// Escapes what would end a table cell. GitHub and `CommonMark` tables take `\|` for `|` in code spans too.
pub(crate) fn pipes(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// A text as a code span. Empty stays empty, because two backticks are no code span.
pub(crate) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_code(one_line(text).trim(), &mut out);
    out
}

/// Lines as a fenced block, with a fence longer than any run of backticks in them.
pub(crate) fn fence(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let lines: Vec<String> = text.lines().map(|line| printable(line).trim_end().to_owned()).collect();
    format!("{fence}text\n{}\n{fence}", lines.join("\n"))
}

/// One line without hidden characters, white space collapsed.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&printable(word));
    }
    out
}

/// One line without hidden characters, spaces kept: for cells that are already padded.
pub(crate) fn one_line_keeping_indent(text: &str) -> String {
    printable(&text.replace(['\r', '\n'], " "))
}

fn push_code(content: &str, out: &mut String) {
    if content.is_empty() {
        return;
    }
    // Two spans side by side would be read as one with a longer fence, and their contents could fall out of it.
    if out.ends_with('`') {
        out.push(' ');
    }
    let fence = "`".repeat(longest_run(content) + 1);
    let pad = if content.starts_with('`') || content.ends_with('`') { " " } else { "" };
    out.push_str(&fence);
    out.push_str(pad);
    out.push_str(content);
    out.push_str(pad);
    out.push_str(&fence);
}

fn backticks(text: &str) -> usize {
    text.bytes().take_while(|&byte| byte == b'`').count()
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Where a run of exactly `run` backticks begins.
fn closing_run(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let length = backticks(&text[at + found..]);
        if length == run {
            return Some(at + found);
        }
        at += found + length;
    }
    None
}

/// Text without backticks, word by word.
fn words(text: &str, out: &mut String) {
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if is_linkish(word) {
            let inner = word.trim_matches(|c: char| "()[]{}<>\"',.;:!?*_~".contains(c));
            // Trimming takes from both ends only, so the word is the inner part with something around it.
            let start = word.find(inner).unwrap_or(0);
            characters(&word[..start], out);
            push_code(inner, out);
            characters(&word[start + inner.len()..], out);
        } else {
            characters(word, out);
        }
    }
}

/// Whether a renderer could make a link or a mention of the word: addresses, `www.`, e-mail, `@name`.
fn is_linkish(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ["://", "www.", "mailto:", "xmpp:"].iter().any(|mark| lower.contains(mark))
        || lower.as_bytes().windows(2).any(|pair| pair[0] == b'@' && pair[1].is_ascii_alphanumeric())
}

fn characters(text: &str, out: &mut String) {
    let mut previous = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            '<' => out.push_str("&lt;"),
            '&' if next.is_ascii_alphanumeric() || next == '#' => out.push_str("&amp;"),
            '\\' if !next.is_alphanumeric() => out.push_str("\\\\"),
            // Within a word an underscore never begins an emphasis.
            '_' if previous.is_alphanumeric() && next.is_alphanumeric() => out.push('_'),
            '*' | '_' | '~' | '$' | '[' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        previous = c;
    }
}

/// Escapes what would begin a block if the text stood at the beginning of a line.
fn escape_start(text: String) -> String {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A list item needs white space, or nothing, after its marker.
    let open = |at: usize| bytes.get(at).is_none_or(|&byte| byte == b' ');
    let at = match bytes.get(digits) {
        Some(b'.' | b')') if digits > 0 && open(digits + 1) => digits,
        Some(b'+') if digits == 0 && open(1) => 0,
        Some(b'-') if digits == 0 && (open(1) || bytes.get(1) == Some(&b'-')) => 0,
        Some(b'#' | b'=' | b'>' | b'|' | b':') if digits == 0 => 0,
        _ => return text,
    };
    format!("{}\\{}", &text[..at], &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(prose(text), expected);
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        check(
            "41 of 46 routes sit behind `requireUser`, e.g. GET /orders/:id.",
            "41 of 46 routes sit behind `requireUser`, e.g. GET /orders/:id.",
        );
        check("snake_case & a > b, C:\\temp, 100% of (x)", "snake_case & a > b, C:\\temp, 100% of (x)");
    }

    #[test]
    fn markup_is_escaped() {
        check("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>");
        check(
            "[a](b) ![c](d) *e* __init__ ~~f~~ $g$",
            "\\[a](b) !\\[c](d) \\*e\\* \\_\\_init\\_\\_ \\~\\~f\\~\\~ \\$g\\$",
        );
        check("&lt; &#60; \\*", "&amp;lt; &amp;#60; \\\\\\*");
        check("a\n\n# b\r\n\tc", "a # b c");
    }

    #[test]
    fn block_starts_are_escaped() {
        for (text, expected) in [
            ("# a", "\\# a"),
            ("- a", "\\- a"),
            ("> a", "\\> a"),
            ("1. a", "1\\. a"),
            ("12) a", "12\\) a"),
            ("===", "\\==="),
            ("| a |", "\\| a |"),
            ("~~~", "\\~\\~\\~"),
            ("3 a", "3 a"),
            ("* a", "\\* a"),
            ("0.1.0", "0.1.0"),
            ("-5", "-5"),
            ("--", "\\--"),
            ("-", "\\-"),
            ("1.", "1\\."),
            ("+1", "+1"),
            ("+ a", "\\+ a"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn code_spans_are_closed_and_kept_apart() {
        check("a `b", "a \\`b");
        check("a `` b ` c", "a \\`\\` b \\` c");
        check("`` a`b `` and `<i>`", "``a`b`` and `<i>`");
        check("`a``b`", "```a``b```");
        check("`a`http://x", "`a` `http://x`");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\n`b``c"), "```a `b``c```");
        assert_eq!(code(" \n"), "");
    }

    #[test]
    fn addresses_and_mentions_are_no_links() {
        check("see (https://evil.example/a_b_c), ok", "see (`https://evil.example/a_b_c`), ok");
        check("@team WWW.evil.example a@b.example", "`@team` `WWW.evil.example` `a@b.example`");
        check("://", "\\:`//`");
    }

    #[test]
    fn cells_and_fences_hold() {
        assert_eq!(cell("a|b `c|d`\ne"), "a\\|b `c\\|d` e");
        assert_eq!(cell("> 20"), "> 20");
        assert_eq!(fence("a\n```\n\u{1b}[2J````b"), "`````text\na\n```\n\\u{1b}[2J````b\n`````");
    }

    #[test]
    fn hidden_characters_are_shown() {
        check("a\u{202e}b\u{0}", "a\\u{202e}b\\u{0}");
    }
}
