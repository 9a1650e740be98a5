//! SQL and PL/pgSQL bodies as tokens, for what can be said of them without a grammar.

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) kind: Kind<'a>,
    /// Offset of its first byte in the text.
    pub(crate) at: usize,
}

/// Kinds of tokens. Comments and white space are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// A word or number, in lower case, or a quoted identifier as it is.
    Word(String),
    /// A string's text between its quotes, as written.
    Text(&'a str),
    /// Any other character; `||` and `:=` are one.
    Sign(&'a str),
}

impl Token<'_> {
    /// Whether it is this word.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(found) if found == word)
    }

    /// Whether it is this sign.
    pub(crate) fn sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The word.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The tokens of a text. Anything can be read; what does not end, ends with the text.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        let rest = &text[at..];
        let kind = match bytes[at] {
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            b'\'' => {
                at = quoted(bytes, at, b'\'');
                Kind::Text(text[from + 1..].get(..at.saturating_sub(from + 2)).unwrap_or_default())
            }
            b'"' => {
                at = quoted(bytes, at, b'"');
                Kind::Word(text[from + 1..].get(..at.saturating_sub(from + 2)).unwrap_or_default().to_owned())
            }
            b'$' if tag(rest).is_some() => {
                let tag = tag(rest).unwrap_or_default();
                let body = &rest[tag.len()..];
                let end = body.find(tag).unwrap_or(body.len());
                at += tag.len() + end + tag.len().min(body.len() - end);
                Kind::Text(&body[..end])
            }
            b if b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80 => {
                while at < bytes.len()
                    && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'$') || bytes[at] >= 0x80)
                {
                    at += 1;
                }
                Kind::Word(text[from..at].to_lowercase())
            }
            _ => {
                let two = rest.get(..2).filter(|two| matches!(*two, "||" | ":=" | "::" | "=>" | "<>" | "!=" | "->"));
                at += two.map_or(1, str::len);
                Kind::Sign(&text[from..at])
            }
        };
        found.push(Token { kind, at: from });
    }
    found
}

/// End of a quoted text that begins at `at`; doubled quotes are part of it.
fn quoted(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    at += 1;
    while at < bytes.len() {
        if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    // As if the quote that is missing stood behind the text.
    bytes.len() + 1
}

/// The dollar quote at the beginning of the text: `$$`, `$body$`.
fn tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let name = &text[1..end];
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
        && !name.starts_with(|c: char| c.is_ascii_digit());
    fits.then(|| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_and_quotes_are_seen() {
        let found = tokens("Select 'it''s' -- no\n/* x */ \"Col\" || $q$a 'b'$q$ ;");
        let kinds: Vec<_> = found.into_iter().map(|token| token.kind).collect();
        let word = |word: &str| Kind::Word(word.to_owned());
        let expected = vec![
            word("select"),
            Kind::Text("it''s"),
            word("Col"),
            Kind::Sign("||"),
            Kind::Text("a 'b'"),
            Kind::Sign(";"),
        ];
        assert_eq!(kinds, expected);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            prop_assert!(tokens(&text).into_iter().all(|token| token.at < text.len()));
        }

        #[test]
        fn quotes_that_do_not_end_are_read(text in "['\"$a-c\\s|-]{0,60}") {
            prop_assert!(tokens(&text).len() <= text.len());
        }
    }
}
