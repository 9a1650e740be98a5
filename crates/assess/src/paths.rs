//! Path patterns as people write them in rules and configuration: `legacy/`, `*.min.js`, `src/**/gen.py`.
//!
//! The meaning is that of `.gitignore`: a pattern without an inner slash matches at any depth, one with an inner or
//! leading slash is anchored at the root, and what matches a folder matches everything below it.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Longest pattern that is accepted, in bytes.
const MAX_PATTERN: usize = 512;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    set: GlobSet,
}

impl PathPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// In words, when it is empty, too long, leads out of the root or is not a valid glob.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut set = GlobSetBuilder::new();
        for glob in globs(text)? {
            set.add(glob);
        }
        let set = set.build().map_err(|error| format!("not a valid pattern: {}", error.kind()))?;
        Ok(PathPattern { text: text.trim().to_owned(), set })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a path relative to the root, with `/`, is meant.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }
}

/// The globs of a pattern: for itself, and for what is below it.
pub(crate) fn globs(text: &str) -> Result<[Glob; 2], String> {
    let trimmed = text.trim();
    let unrooted = trimmed.strip_prefix("./").unwrap_or(trimmed);
    let body = unrooted.trim_matches('/');
    if body.len() > MAX_PATTERN {
        return Err(format!("the pattern is longer than {MAX_PATTERN} bytes"));
    }
    if body.is_empty() || body == "." {
        return Err("the pattern names nothing below the root".to_owned());
    }
    if body.split('/').any(|part| part == "..") || body.starts_with('~') {
        return Err("the pattern leads out of the project's root".to_owned());
    }
    let anchored = body.contains('/') || unrooted.starts_with('/') || trimmed.starts_with("./");
    let base = if anchored || body.starts_with("**") { body.to_owned() } else { format!("**/{body}") };
    let build = |glob: &str| {
        let mut builder = GlobBuilder::new(glob);
        builder.literal_separator(true).backslash_escape(true);
        builder.build().map_err(|error| format!("not a valid pattern: {}", error.kind()))
    };
    Ok([build(&base)?, build(&format!("{base}/**"))?])
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PathPattern {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn patterns_mean_what_gitignore_means() {
        for (pattern, path, expected) in [
            ("legacy/", "legacy/a.py", true),
            ("legacy/", "src/legacy/a.py", true),
            ("legacy", "legacy/deep/er/a.py", true),
            ("legacy/", "legacy2/a.py", false),
            ("/legacy", "src/legacy/a.py", false),
            ("./legacy", "legacy/a.py", true),
            ("*.min.js", "public/js/x.min.js", true),
            ("src/*.js", "src/a.js", true),
            ("src/*.js", "src/deep/a.js", false),
            ("src/**/gen.py", "src/a/b/gen.py", true),
            ("legacy/hash.py", "legacy/hash.py", true),
            ("legacy/hash.py", "other/legacy/hash.py", false),
            ("**/test/**", "a/test/b.py", true),
            ("{a,b}/", "b/x.js", true),
        ] {
            assert_eq!(PathPattern::new(pattern).unwrap().matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_cannot_be_a_path_below_the_root_is_refused() {
        for pattern in ["", "/", ".", "../other", "a/../../b", "~/x", "[", &"a".repeat(600)] {
            assert!(PathPattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
