//! Lines of the files that observations point at.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use lunette_core::place::Place;

/// Texts by path, cut into lines when one is asked for.
pub(crate) struct Texts<'a>(BTreeMap<&'a str, (&'a str, OnceCell<Vec<&'a str>>)>);

impl<'a> Texts<'a> {
    /// Of paths and texts.
    pub(crate) fn new(files: &[(&'a str, &'a str)]) -> Self {
        Texts(files.iter().map(|(path, text)| (*path, (*text, OnceCell::new()))).collect())
    }

    /// The line that a place begins in, as it stands; empty for a file as a whole.
    pub(crate) fn line(&self, place: &Place) -> &'a str {
        let line = || {
            let (text, lines) = self.0.get(place.path.as_str())?;
            let lines = lines.get_or_init(|| text.lines().collect());
            lines.get(usize::try_from(place.line).ok()?.checked_sub(1)?).copied()
        };
        line().unwrap_or_default()
    }

    /// The line that a place begins in, as evidence.
    pub(crate) fn code(&self, place: &Place) -> String {
        without_credentials(&lunette_core::text::code_line(self.line(place)))
    }
}

/// Addresses in a line without the name and password in them.
fn without_credentials(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|c: char| c == '/' || c.is_whitespace() || c == '"' || c == '\'').unwrap_or(after.len());
        let host = after[..end].rfind('@').map_or(0, |at| at + 1);
        if host > 0 {
            out.push_str("…@");
        }
        out.push_str(&after[host..end]);
        rest = &after[end..];
    }
    out.push_str(rest);
    let secret = ["_authToken", "_auth", "_password"].iter().find_map(|key| Some(out.find(key)? + key.len()));
    match secret {
        Some(at) if out[at..].trim_start().starts_with('=') => format!("{}=…", &out[..at]),
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_carry_no_credentials() {
        let texts =
            Texts::new(&[("a", "one\n  index = https://me:pw@x.org/simple https://y.org\n//x/:_authToken=abc\n")]);
        assert_eq!(texts.code(&Place::line("a", 2)), "index = https://…@x.org/simple https://y.org");
        assert_eq!(texts.code(&Place::line("a", 3)), "//x/:_authToken=…");
        assert_eq!(texts.code(&Place::line("a", 9)), "");
        assert_eq!(texts.code(&Place::file("a")), "");
        assert_eq!(texts.code(&Place::line("b", 1)), "");
    }
}
