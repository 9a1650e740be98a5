//! SQL statements with placeholders: which column each placeholder is compared with, or gives its value.
//!
//! Read by tokens, not by grammar: a statement of any dialect that this does not understand has fewer placeholders.

use crate::models::Clause;

/// Longest statement that is read, in bytes.
const MAX_LENGTH: usize = 32 * 1024;
/// Most placeholders of a statement.
const MAX_PLACEHOLDERS: usize = 256;

/// A placeholder with its column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Placeholder {
    /// Its position among the bound values, from 0, or its name.
    pub(crate) key: String,
    pub(crate) column: String,
    pub(crate) clause: Clause,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Word(String),
    /// Position or name.
    Bound(String),
    /// `=`, `<`, `(`, `,` …
    Sign(char),
}

/// The placeholders of a statement whose column can be told.
pub(crate) fn placeholders(statement: &str) -> Vec<Placeholder> {
    if statement.len() > MAX_LENGTH {
        return Vec::new();
    }
    let tokens = tokens(statement);
    let mut found = Vec::new();
    let mut clause = Clause::Where;
    let mut columns: Vec<String> = Vec::new();
    let mut inserted: Option<usize> = None;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "where" | "having" | "on" | "from" | "returning" | "limit" | "offset" | "using" => {
                    (clause, inserted) = (Clause::Where, None);
                }
                "set" => (clause, inserted) = (Clause::Set, None),
                "into" => columns = listed_columns(&tokens[at + 1..]),
                "values" => (clause, inserted, depth) = (Clause::Set, Some(0), 0),
                _ => {}
            },
            Token::Sign('(') => {
                depth += 1;
                if depth == 1 && inserted.is_some() {
                    inserted = Some(0);
                }
            }
            Token::Sign(')') => depth = depth.saturating_sub(1),
            Token::Sign(',') if depth == 1 => inserted = inserted.map(|position| position + 1),
            Token::Sign(_) => {}
            Token::Bound(key) => {
                let column = match inserted {
                    Some(position) => columns.get(position).cloned(),
                    None => compared(&tokens[..at]),
                };
                if let Some(column) = column
                    && found.len() < MAX_PLACEHOLDERS
                {
                    found.push(Placeholder { key: key.clone(), column, clause });
                }
            }
        }
    }
    found
}

/// The column before the operator that a placeholder stands behind: `o.id =`, `lower(name) = lower(`, `id = ANY(`.
fn compared(before: &[Token]) -> Option<String> {
    let mut operator = false;
    for token in before.iter().rev().take(8) {
        match token {
            Token::Sign('=') => operator = true,
            Token::Sign('(' | ')') => {}
            Token::Word(word) if operator => return Some(last_part(word)),
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "in" | "is" => operator = true,
                "lower" | "upper" | "any" | "cast" | "uuid" | "binary" | "trim" | "unhex" | "uuid_to_bin" => {}
                _ => return None,
            },
            Token::Sign(_) | Token::Bound(_) => return None,
        }
    }
    None
}

/// The columns that an `INSERT INTO t (…)` lists; what follows `INTO` is given.
fn listed_columns(after: &[Token]) -> Vec<String> {
    let mut tokens = after.iter().skip_while(|token| **token != Token::Sign('(')).skip(1);
    let before = after.iter().take(3).take_while(|token| **token != Token::Sign('(')).count();
    // `INTO t VALUES (…)`, `INTO t SELECT … (`: no list of columns.
    if before > 2 {
        return Vec::new();
    }
    let mut columns = Vec::new();
    for token in tokens.by_ref() {
        match token {
            Token::Word(word) => columns.push(last_part(word)),
            Token::Sign(',') => {}
            _ => break,
        }
    }
    columns
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

fn tokens(statement: &str) -> Vec<Token> {
    let bytes = statement.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut position) = (0, 0_usize);
    let mut next = || {
        position += 1;
        (position - 1).to_string()
    };
    while at < bytes.len() {
        let rest = &bytes[at..];
        match rest[0] {
            b'\'' => {
                let end = rest[1..].iter().position(|&byte| byte == b'\'').map_or(rest.len(), |end| end + 2);
                found.push(Token::Sign('\''));
                at += end;
            }
            b'?' => {
                found.push(Token::Bound(next()));
                at += 1;
            }
            b'$' | b':' | b'@'
                if rest.get(1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                    && (at == 0 || bytes[at - 1] != b':') =>
            {
                let name = word(&rest[1..]);
                let key = match (rest[0], name.parse::<usize>()) {
                    (b'$', Ok(number)) => number.saturating_sub(1).to_string(),
                    _ => name.to_owned(),
                };
                found.push(Token::Bound(key));
                at += 1 + name.len();
            }
            b':' => {
                // A cast: `$1::uuid`, `id::text`.
                let colons = rest.iter().take_while(|byte| **byte == b':').count();
                at += colons + if colons == 2 { word(&rest[2..]).len() } else { 0 };
            }
            b'%' if rest.get(1) == Some(&b's') => {
                found.push(Token::Bound(next()));
                at += 2;
            }
            b'%' if rest.get(1) == Some(&b'(') => {
                let name = word(&rest[2..]);
                found.push(Token::Bound(name.to_owned()));
                at += 2 + name.len() + if rest.get(2 + name.len()) == Some(&b')') { 2 } else { 0 };
            }
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'"' | b'`' | b'[') => {
                let name = quoted_name(rest);
                found.push(Token::Word(name.chars().filter(|c| !matches!(c, '"' | '`' | '[' | ']')).collect()));
                at += name.len().max(1);
            }
            byte => {
                if byte.is_ascii_graphic() {
                    found.push(Token::Sign(byte as char));
                }
                at += 1;
            }
        }
    }
    found
}

/// The letters, digits and underscores at the beginning.
fn word(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or("")
}

/// A name with its qualifiers and quotes.
fn quoted_name(bytes: &[u8]) -> &str {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(*byte, b'_' | b'"' | b'`' | b'[' | b']' | b'.');
    let end = bytes.iter().position(|byte| !part(byte)).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(statement: &str) -> Vec<(String, String, bool)> {
        placeholders(statement)
            .into_iter()
            .map(|found| (found.key, found.column, found.clause == Clause::Where))
            .collect()
    }

    fn expect(statement: &str, expected: &[(&str, &str, bool)]) {
        let expected: Vec<_> =
            expected.iter().map(|(key, column, select)| ((*key).to_owned(), (*column).to_owned(), *select)).collect();
        assert_eq!(told(statement), expected, "{statement}");
    }

    #[test]
    fn every_kind_of_placeholder() {
        expect(
            "SELECT * FROM orders o WHERE o.id = $1 AND o.user_id = $2",
            &[("0", "id", true), ("1", "user_id", true)],
        );
        expect("DELETE FROM `notes` WHERE `id` = ?", &[("0", "id", true)]);
        expect("SELECT a FROM t WHERE id=%s AND n = %s", &[("0", "id", true), ("1", "n", true)]);
        expect("SELECT a FROM t WHERE id = %(oid)s", &[("oid", "id", true)]);
        expect("SELECT a FROM t WHERE id = :id::uuid LIMIT 1", &[("id", "id", true)]);
        expect("SELECT a FROM t WHERE id = ANY($1::int[])", &[("0", "id", true)]);
        expect("SELECT a FROM t WHERE lower(mail) = lower(?)", &[("0", "mail", true)]);
    }

    #[test]
    fn values_given_to_columns() {
        expect("INSERT INTO users (name, role) VALUES ($1, $2)", &[("0", "name", false), ("1", "role", false)]);
        expect("INSERT INTO t (a, b, c) VALUES (?, now(), ?)", &[("0", "a", false), ("1", "c", false)]);
        expect("UPDATE users SET role = ?, seen = now() WHERE id = ?", &[("0", "role", false), ("1", "id", true)]);
    }

    #[test]
    fn what_is_not_told() {
        expect("INSERT INTO t VALUES (?, ?)", &[]);
        expect("SELECT a FROM t LIMIT ? OFFSET ?", &[]);
        expect("SELECT 'id = ?' FROM t WHERE a > ?", &[]);
        expect("UPDATE w SET balance = balance - ? WHERE id = ?", &[("1", "id", true)]);
        assert!(placeholders(&"WHERE id = ? ".repeat(10_000)).is_empty());
        for odd in ["'", "?", "%(", "%(a", "$", ":::", "\u{e9}?", "\"", "(((((", "INTO"] {
            placeholders(odd);
        }
    }
}
