//! Regular expressions of models and rules: checked when they are read, compiled when they are first asked. A project
//! meets few of them, and compiling all takes longer than assessing a small project.

use std::sync::OnceLock;

/// A regular expression that compiles itself at its first use.
#[derive(Clone, Debug)]
pub struct Regex {
    text: String,
    compiled: OnceLock<Option<regex::Regex>>,
}

impl Regex {
    /// Checks an expression.
    ///
    /// # Errors
    /// What is wrong with it, on several lines.
    pub fn new(text: &str) -> Result<Self, String> {
        regex_syntax::Parser::new().parse(text).map_err(|error| error.to_string())?;
        Ok(Regex { text: text.to_owned(), compiled: OnceLock::new() })
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches somewhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(text))
    }

    /// The compiled expression; `None` for one that grows beyond the matcher's limit of size, which matches nothing.
    pub fn compiled(&self) -> Option<&regex::Regex> {
        self.compiled.get_or_init(|| regex::Regex::new(&self.text).ok()).as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn faults_are_told_at_once_and_matches_are_those_of_regex() {
        assert!(Regex::new("(").unwrap_err().contains("unclosed group"));
        let lazy = Regex::new(r"(?i)^pass(word)?\b").unwrap();
        for text in ["Password", "pass word", "passport", "xpass"] {
            assert_eq!(lazy.is_match(text), regex::Regex::new(lazy.as_str()).unwrap().is_match(text), "{text}");
        }
    }
}
