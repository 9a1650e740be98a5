//! Small pieces of prose. Backticks mark code and are the only markup used; whatever comes from the assessed project
//! stands between backticks, made safe by [`code`].

use std::hash::Hash;

use lunette_core::place::Place;
use lunette_core::text::{printable, shorten};
use rustc_hash::FxHashSet;

/// Longest piece of a project's own text inside a sentence, in characters.
const MAX_CODE: usize = 80;

/// Text of the project as inline code: printable, short, and without the mark that would end it.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", shorten(&printable(text).replace('`', "'"), MAX_CODE))
}

/// A place as inline code.
pub(super) fn at(place: &Place) -> String {
    code(&place.to_string())
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(super) fn list<T: AsRef<str>>(items: &[T], most: usize) -> String {
    let shown: Vec<&str> = items.iter().take(most).map(AsRef::as_ref).collect();
    let rest = items.len() - shown.len();
    if rest > 0 {
        return format!("{} and {rest} more", shown.join(", "));
    }
    match shown.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The items without repeats, in order of first appearance.
pub(super) fn distinct<T: Hash + Eq + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = FxHashSet::default();
    items.into_iter().filter(|item| seen.insert(item.clone())).collect()
}

/// The text with a capital letter first and a full stop last; empty stays empty.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}

/// The text without its final full stop, to be continued.
pub(super) fn clause(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

/// Sentences joined into a paragraph; empty ones are left out.
pub(super) fn paragraph<T: AsRef<str>>(sentences: &[T]) -> String {
    let sentences: Vec<String> = sentences.iter().map(|it| sentence(it.as_ref())).filter(|it| !it.is_empty()).collect();
    sentences.join(" ")
}

/// `is` or `are`, and the like.
pub(super) fn verb<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

/// The text with each `{name}` replaced, in one pass: what is put in is not looked at again. Nothing when a name has
/// no value.
pub(super) fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&value(name)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// A topic's label without its explanation in brackets: "injection (SQL, …)" is "injection".
pub(super) fn short_label(label: &str) -> &str {
    label.split_once(" (").map_or(label, |(short, _)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_cannot_be_left_from_inside() {
        assert_eq!(code("GET /a"), "`GET /a`");
        assert_eq!(code("a` [x](y) \n\u{202e}"), "`a' [x](y) \\u{a}\\u{202e}`");
        assert_eq!(code(&"x".repeat(500)).chars().count(), MAX_CODE + 2);
    }

    #[test]
    fn lists() {
        assert_eq!(list::<&str>(&[], 3), "");
        assert_eq!(list(&["a"], 3), "a");
        assert_eq!(list(&["a", "b"], 3), "a and b");
        assert_eq!(list(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }

    #[test]
    fn placeholders_are_filled_once() {
        let value = |name: &str| (name == "a").then(|| "{b}".to_owned());
        assert_eq!(fill("x {a} y", value).as_deref(), Some("x {b} y"));
        assert_eq!(fill("x {b}", value), None);
        assert_eq!(fill("plain", value).as_deref(), Some("plain"));
    }

    #[test]
    fn sentences() {
        assert_eq!(sentence("set it"), "Set it.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(paragraph(&["a", "", "b."]), "A. B.");
        assert_eq!(distinct([1, 2, 1]), [1, 2]);
        assert_eq!(short_label("injection (SQL)"), "injection");
    }
}
