//! Qualified names and function signatures; written and read as Postgres prints them, so that they can be map keys in JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A qualified name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Name {
    /// Schema.
    pub schema: String,
    /// Name within the schema.
    pub name: String,
}

impl Name {
    /// A name in a schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Name { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.to_string()
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (schema, rest) = identifier(&text).ok_or_else(|| format!("no name: {text}"))?;
        let rest = rest.strip_prefix('.').ok_or_else(|| format!("no schema: {text}"))?;
        match identifier(rest) {
            Some((name, "")) => Ok(Name { schema, name }),
            _ => Err(format!("no qualified name: {text}")),
        }
    }
}

/// What identifies a function: its name and the types of its input arguments, as `format_type` prints them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Signature {
    /// Schema.
    pub schema: String,
    /// Name within the schema.
    pub name: String,
    /// Types of the input arguments (IN, INOUT, VARIADIC).
    pub args: Vec<String>,
}

impl Signature {
    /// The name without the arguments.
    pub fn name(&self) -> Name {
        Name::new(&self.schema, &self.name)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", quote_ident(&self.schema), quote_ident(&self.name), self.args.join(", "))
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> String {
        signature.to_string()
    }
}

impl TryFrom<String> for Signature {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("no signature: {text}");
        let (schema, rest) = identifier(&text).ok_or_else(wrong)?;
        let (name, rest) = rest.strip_prefix('.').and_then(identifier).ok_or_else(wrong)?;
        let args = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(wrong)?;
        Ok(Signature { schema, name, args: split_types(args) })
    }
}

/// Types of a comma-separated list; commas in quotes and parentheses do not count.
fn split_types(list: &str) -> Vec<String> {
    let (mut types, mut depth, mut quoted, mut from) = (Vec::new(), 0u32, false, 0);
    for (at, sign) in list.char_indices() {
        match sign {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                types.push(list[from..at].trim().to_owned());
                from = at + 1;
            }
            _ => {}
        }
    }
    let rest = list[from..].trim();
    if !rest.is_empty() {
        types.push(rest.to_owned());
    }
    types
}

/// The identifier at the beginning of the text (unquoted), and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c != '"' {
                name.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '"') {
                name.push('"');
                chars.next();
            } else {
                return Some((name, &rest[at + 1..]));
            }
        }
        return None;
    }
    let end = text.find(['.', '(']).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// An identifier as Postgres's `quote_ident` prints it: quoted where it is not lower-case letters, digits and underscores,
/// or is a keyword that is not free to be a name.
pub fn quote_ident(name: &str) -> std::borrow::Cow<'_, str> {
    let mut bytes = name.bytes();
    let plain = bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && KEYWORDS.binary_search(&name).is_err();
    if plain { name.into() } else { format!("\"{}\"", name.replace('"', "\"\"")).into() }
}

/// Keywords of Postgres 15 that `quote_ident` quotes: reserved, those that may name types or functions, and those that may
/// name columns but not functions or types. Sorted.
#[rustfmt::skip] // a word list, not code: one word a line would fill three screens
const KEYWORDS: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between", "bigint",
    "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce", "collate", "collation",
    "column", "concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float", "for", "foreign", "freeze",
    "from", "full", "grant", "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout", "int",
    "integer", "intersect", "interval", "into", "is", "isnull", "join", "lateral", "leading", "least", "left", "like",
    "limit", "localtime", "localtimestamp", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null",
    "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing",
    "position", "precision", "primary", "real", "references", "returning", "right", "row", "select", "session_user",
    "setof", "similar", "smallint", "some", "substring", "symmetric", "table", "tablesample", "then", "time", "timestamp",
    "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar", "variadic",
    "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest",
    "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn names_and_signatures_are_read_back() {
        for (schema, name) in [("public", "users"), ("public", "user"), ("Odd.One", "a \"b\" (c)"), ("x", "é")] {
            let made = Name::new(schema, name);
            assert_eq!(Name::try_from(made.to_string()), Ok(made));
        }
        let signature = Signature {
            schema: "public".into(),
            name: "My fn".into(),
            args: vec!["integer".into(), "\"A, b\"".into(), "timestamp with time zone".into()],
        };
        assert_eq!(signature.to_string(), "public.\"My fn\"(integer, \"A, b\", timestamp with time zone)");
        assert_eq!(Signature::try_from(signature.to_string()), Ok(signature));
        let none = Signature { schema: "auth".into(), name: "uid".into(), args: Vec::new() };
        assert_eq!(Signature::try_from("auth.uid()".to_owned()), Ok(none));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in ["", "users", ".users", "\"open.users", "a.b.c", "a."] {
            assert!(Name::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(Signature::try_from("a.b".to_owned()).is_err());
    }
}
