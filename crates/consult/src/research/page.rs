//! A fetched page, reduced to what can be quoted.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::client::Response;

/// Longest text kept of a page, in characters.
const MAX_TEXT: usize = 20_000;
/// Longest title, in characters.
const MAX_TITLE: usize = 160;

/// A page with what is needed to cite it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Where it came from, after redirects.
    pub url: String,
    /// When it was fetched (ISO, UTC; the day, or the time as well).
    pub fetched: String,
    /// The day of the run that fetched it (ISO): it is used again on that day only.
    pub day: String,
    /// SHA-256 of its body, hex.
    pub sha256: String,
    /// Its title; empty when it has none.
    pub title: String,
    /// Its text, without markup and scripts, white space collapsed; JSON as it came.
    pub text: String,
}

impl Page {
    /// The page of a response.
    pub(super) fn of(response: Response, day: &str, fetched: &str) -> Self {
        let raw = String::from_utf8_lossy(&response.body);
        let is_html = response.media_type.contains("html") || raw.trim_start().starts_with("<!");
        let (title, text) = if is_html {
            let (title, text) = html(&raw);
            (title, short(&text, MAX_TEXT))
        } else if response.media_type.contains("json") {
            // To be read by a parser; the client's cap bounds it.
            (String::new(), raw.into_owned())
        } else {
            (String::new(), short(&raw, MAX_TEXT))
        };
        Page {
            url: response.url,
            fetched: fetched.to_owned(),
            day: day.to_owned(),
            sha256: hex(&Sha256::digest(&response.body)),
            title: short(&title, MAX_TITLE),
            text,
        }
    }

    /// The citation: title, address, day and the beginning of the hash.
    pub fn citation(&self) -> String {
        let title = if self.title.is_empty() { "page" } else { &self.title };
        format!(
            "{title} ({}, fetched {}, sha256 {}…)",
            self.url,
            self.fetched,
            self.sha256.get(..12).unwrap_or(&self.sha256)
        )
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// White space collapsed, control characters out, cut to a length.
fn short(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut room = most;
    for word in text.split_whitespace() {
        let word: String = word.chars().filter(|c| !c.is_control()).take(room).collect();
        if room == 0 {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        room = room.saturating_sub(word.chars().count() + 1);
        out.push_str(&word);
    }
    out
}

/// Title and text of HTML. Elements are only told apart as far as text needs it: this is for quoting, not for rendering.
fn html(raw: &str) -> (String, String) {
    let mut text = String::with_capacity(raw.len() / 2);
    let mut title = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let name: String = rest[1..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '!' || *c == '-')
            .take(12)
            .collect::<String>()
            .to_ascii_lowercase();
        let end = match name.as_str() {
            name if name.starts_with("!--") => rest.find("-->").map(|at| at + 3),
            "script" | "style" | "noscript" | "template" | "svg" => after_closing(rest, &name),
            "title" => {
                let end = after_closing(rest, "title");
                let inner = rest.split_once('>').map_or("", |(_, inner)| inner);
                if title.is_empty() {
                    inner.split('<').next().unwrap_or_default().clone_into(&mut title);
                }
                end
            }
            _ => rest.find('>').map(|at| at + 1),
        };
        text.push(' ');
        rest = end.map_or("", |end| &rest[end..]);
    }
    text.push_str(rest);
    (entities(&title), entities(&text))
}

/// Where the text goes on after the end of an element.
fn after_closing(from: &str, name: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = from[at..].find("</") {
        at += found + 2;
        if from.as_bytes()[at..].get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes())) {
            return from[at..].find('>').map(|end| at + end + 1);
        }
    }
    None
}

fn entities(text: &str) -> String {
    // `&amp;` last: what it makes must not be read again.
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (name, character)| text.replace(name, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(media_type: &str, body: &str) -> Page {
        let response = Response {
            url: "https://example.org/".into(),
            media_type: media_type.into(),
            body: body.as_bytes().to_vec(),
        };
        Page::of(response, "2026-11-24", "2026-11-24")
    }

    #[test]
    fn text_is_taken_from_markup() {
        let page = page(
            "text/html",
            "<!doctype html><TITLE>A &amp; B</TITLE><script>if (a < b) alert('x')</script><style>p{}</style><!-- <b>no</b> --><p>One\n<b>two</b>&nbsp;&lt;3",
        );
        assert_eq!((page.title.as_str(), page.text.as_str()), ("A & B", "One two <3"));
        assert_eq!(page.sha256.len(), 64);
    }

    #[test]
    fn broken_and_endless_markup_ends() {
        for body in ["<", "<script>", "<!--", "<title", "</", "<p", "a<b<c", "<script></scrip", "<é"] {
            let page = page("text/html", body);
            assert!(page.text.len() <= body.len(), "{body}");
        }
        let long = page("text/plain", &"word ".repeat(100_000));
        assert!(long.text.chars().count() <= MAX_TEXT);
        assert_eq!(page("text/plain", "a\u{1b}[31mb \u{7}c").text, "a[31mb c");
    }
}
