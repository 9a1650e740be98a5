//! A configuration file with its path: what it says under a key, and where.

use lunette_core::Place;

use crate::dotenv::dotenv;
use crate::tree::{self, Key, Lines, Node, ParseError, Span, Value};

/// A syntax of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// TOML.
    Toml,
    /// YAML; a file may hold several documents.
    Yaml,
    /// JSON, with the comments and trailing commas that tools tolerate.
    Json,
    /// `NAME=value` lines.
    Dotenv,
}

impl Format {
    /// The format that a file's name tells.
    pub fn of_path(path: &str) -> Option<Format> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == ".env" || name.starts_with(".env.") || name == ".dev.vars" {
            return Some(Format::Dotenv);
        }
        match name.rsplit_once('.')?.1 {
            "toml" => Some(Format::Toml),
            "yml" | "yaml" => Some(Format::Yaml),
            "json" | "jsonc" => Some(Format::Json),
            "env" => Some(Format::Dotenv),
            _ => None,
        }
    }
}

/// A configuration file, read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its path in the project, with `/`.
    pub path: String,
    /// Its syntax.
    pub format: Format,
    /// Its documents: one, but for YAML.
    pub roots: Vec<Node>,
    text: String,
    lines: Lines,
}

/// A value that a path of keys leads to.
#[derive(Clone, Debug)]
pub struct Entry<'d> {
    /// The keys on the way, as the document has them.
    pub keys: Vec<&'d str>,
    /// The last key; `None` for an element of a list.
    pub key: Option<&'d Key>,
    /// The value.
    pub node: &'d Node,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// A [`ParseError`] with the line of the first mistake.
    pub fn parse(path: &str, format: Format, text: &str) -> Result<Document, ParseError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let roots = match format {
            Format::Toml => vec![tree::toml(text)?],
            Format::Json => vec![tree::json(text)?],
            Format::Dotenv => vec![dotenv(text)?],
            Format::Yaml => tree::yaml(text)?,
        };
        Ok(Document { path: path.to_owned(), format, roots, text: text.to_owned(), lines: Lines::new(text) })
    }

    /// The value under keys joined by dots: `auth.jwt_expiry`.
    pub fn get(&self, keys: &str) -> Option<&Node> {
        let path = KeyPath::parse(keys).ok()?;
        self.select(&path).into_iter().next().map(|entry| entry.node)
    }

    /// All values that a path leads to, in the order of the document.
    pub fn select(&self, path: &KeyPath) -> Vec<Entry<'_>> {
        self.roots.iter().flat_map(|root| select(root, path)).collect()
    }

    /// The place of a part of the text.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.lines.position(span.start as usize);
        let (end_line, end_column) = self.lines.position(span.end as usize);
        Place { path: self.path.clone(), line, column, end_line, end_column }
    }

    /// The text of a part.
    pub fn source(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// A line of the text, from 1; empty when there is none.
    pub fn line(&self, line: u32) -> &str {
        let start = (line as usize).checked_sub(1).and_then(|at| self.lines.start(at));
        start.and_then(|start| self.text.get(start..)).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }
}

/// All values that a path leads to from a node.
pub fn select<'d>(node: &'d Node, path: &KeyPath) -> Vec<Entry<'d>> {
    let mut found = vec![Entry { keys: Vec::new(), key: None, node }];
    for part in &path.0 {
        found = found.iter().flat_map(|entry| below(entry, part)).collect();
    }
    found
}

fn below<'d>(entry: &Entry<'d>, part: &Part) -> Vec<Entry<'d>> {
    let child = |key: &'d Key, node: &'d Node| {
        let keys = entry.keys.iter().copied().chain([key.text.as_str()]).collect();
        Entry { keys, key: Some(key), node }
    };
    match (part, &entry.node.value) {
        (Part::Key(name), Value::Map(entries)) => {
            entries.iter().filter(|(key, _)| key.text == *name).map(|(key, node)| child(key, node)).collect()
        }
        (Part::Any, Value::Map(entries)) => entries.iter().map(|(key, node)| child(key, node)).collect(),
        (Part::Element, Value::List(items)) => {
            items.iter().map(|node| Entry { keys: entry.keys.clone(), key: None, node }).collect()
        }
        _ => Vec::new(),
    }
}

/// A way to values of a document: keys joined by dots, `*` for any key, `[]` for the elements of a list, double quotes
/// around a key with dots: `functions.*.verify_jwt`, `auth.additional_redirect_urls[]`, `"a.b".c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Key(String),
    Any,
    Element,
}

impl KeyPath {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<KeyPath, String> {
        let fault = || format!("`{text}` is no path of keys");
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (key, after) = if let Some(quoted) = rest.strip_prefix('"') {
                let (key, after) = quoted.split_once('"').ok_or_else(fault)?;
                (Part::Key(key.to_owned()), after)
            } else {
                let (key, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
                if key.is_empty() {
                    return Err(fault());
                }
                (if key == "*" { Part::Any } else { Part::Key(key.to_owned()) }, after)
            };
            parts.push(key);
            rest = after;
            while let Some(after) = rest.strip_prefix("[]") {
                parts.push(Part::Element);
                rest = after;
            }
            if rest.is_empty() {
                return Ok(KeyPath(parts));
            }
            rest = rest.strip_prefix('.').ok_or_else(fault)?;
        }
    }

    /// The path with the keys that `*` stood for in the beginning of another one put in: of `functions.*.entrypoint` and
    /// the keys `functions`, `hook`, `verify_jwt` that is `functions.hook.entrypoint`.
    #[must_use]
    pub fn along(&self, keys: &[&str]) -> KeyPath {
        let mut parts = self.0.clone();
        let mut at = 0;
        for part in &mut parts {
            match part {
                Part::Element => continue,
                Part::Any if at < keys.len() => *part = Part::Key(keys[at].to_owned()),
                Part::Key(name) if keys.get(at).is_some_and(|key| key == name) => {}
                _ => break,
            }
            at += 1;
        }
        KeyPath(parts)
    }

    /// The keys that `*` stands for in keys that the path led along.
    pub fn names<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        let steps = self.0.iter().filter(|part| !matches!(part, Part::Element));
        steps.zip(keys).filter(|(part, _)| matches!(part, Part::Any)).map(|(_, key)| *key).collect()
    }

    /// The path without its last step; `None` when there would be nothing left.
    pub fn parent(&self) -> Option<KeyPath> {
        (self.0.len() > 1).then(|| KeyPath(self.0[..self.0.len() - 1].to_vec()))
    }

    /// Whether it may lead to several values.
    pub fn is_plural(&self) -> bool {
        self.0.iter().any(|part| !matches!(part, Part::Key(_)))
    }
}

impl std::fmt::Display for KeyPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Element => f.write_str("[]")?,
                part => {
                    let name = if let Part::Key(name) = part { name.as_str() } else { "*" };
                    let dot = if at == 0 { "" } else { "." };
                    if name.contains('.') { write!(f, "{dot}\"{name}\"")? } else { write!(f, "{dot}{name}")? }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const CONFIG: &str = "[api]\nschemas = [\"public\", \"private\"]\n\n[functions.hook]\nverify_jwt = false\n[functions.'a.b']\nverify_jwt = true\n[auth.email]\notp_expiry = 1_800\n";

    #[test]
    fn values_are_found_with_their_places() {
        let document = Document::parse("supabase/config.toml", Format::Toml, CONFIG).unwrap();
        let expiry = document.get("auth.email.otp_expiry").unwrap();
        assert_eq!(document.source(expiry.span), "1_800");
        let place = document.place(expiry.span);
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (9, 14, 9, 19));
        assert_eq!(document.line(9), "otp_expiry = 1_800");
        assert!(document.get("auth.email.otp_length").is_none());
    }

    #[test]
    fn patterns_find_every_key_and_every_element() {
        let document = Document::parse("config.toml", Format::Toml, CONFIG).unwrap();
        let select = |path: &str| {
            let found = document.select(&KeyPath::parse(path).unwrap());
            found
                .iter()
                .map(|entry| (entry.keys.join("/"), entry.node.text().unwrap_or_default().to_owned()))
                .collect::<Vec<_>>()
        };
        let pair = |keys: &str, text: &str| (keys.to_owned(), text.to_owned());
        assert_eq!(
            select("functions.*.verify_jwt"),
            [pair("functions/hook/verify_jwt", "false"), pair("functions/a.b/verify_jwt", "true")]
        );
        assert_eq!(select("api.schemas[]"), [pair("api/schemas", "public"), pair("api/schemas", "private")]);
        assert_eq!(select("functions.\"a.b\".verify_jwt"), [pair("functions/a.b/verify_jwt", "true")]);
    }

    #[test]
    fn paths_follow_the_keys_of_another() {
        let path = KeyPath::parse("functions.*.entrypoint").unwrap();
        assert_eq!(path.along(&["functions", "hook", "verify_jwt"]).to_string(), "functions.hook.entrypoint");
        let other = KeyPath::parse("auth.enabled").unwrap();
        assert_eq!(other.along(&["functions", "hook"]), other);
        assert_eq!(path.parent().unwrap().to_string(), "functions.*");
        assert_eq!(path.names(&["functions", "hook", "verify_jwt"]), ["hook"]);
    }

    #[test]
    fn faulty_paths_are_refused() {
        for faulty in ["", ".", "a.", "a..b", "[]", "a[b]", "\"a", "a[]b"] {
            assert!(KeyPath::parse(faulty).is_err(), "{faulty}");
        }
    }

    #[test]
    fn formats_are_told_by_name() {
        for (path, format) in [
            ("supabase/config.toml", Some(Format::Toml)),
            (".env.local", Some(Format::Dotenv)),
            ("a/.env", Some(Format::Dotenv)),
            ("prod.env", Some(Format::Dotenv)),
            ("x.yaml", Some(Format::Yaml)),
            ("deno.jsonc", Some(Format::Json)),
            ("Makefile", None),
            ("a.env/readme", None),
        ] {
            assert_eq!(Format::of_path(path), format, "{path}");
        }
    }
}
