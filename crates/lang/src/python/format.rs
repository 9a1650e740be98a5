//! The two languages of format strings: `%` (printf style) and `{}` (`str.format`).
//!
//! Sources: the Python library reference, "printf-style String Formatting" and "Format String Syntax".

/// A piece of a format string.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Field(Field),
}

/// A place in a format string that a value is put into.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    /// Which argument.
    pub(super) first: First,
    /// What of it.
    pub(super) steps: Vec<Step>,
    /// The built-in (`int` or `float`) by whose rules it is formatted, when it must be a number.
    pub(super) numeric: Option<&'static str>,
    /// Fields in its format.
    pub(super) spec: Vec<Field>,
}

/// An argument of a format string.
#[derive(Debug, PartialEq)]
pub(super) enum First {
    Index(usize),
    Name(String),
}

/// A step from an argument to a part of it.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Member(String),
    Item(String),
    Index(i32),
}

/// The built-in that a format specification (`05d`, `.2f`) converts by.
pub(super) fn numeric(spec: &str) -> Option<&'static str> {
    match spec.bytes().last()? {
        b'd' | b'b' | b'o' | b'x' | b'X' => Some("int"),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => Some("float"),
        _ => None,
    }
}

/// Parses a `%` format. `None` when it is not one, or takes widths from arguments.
pub(super) fn percent(format: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    let mut index = 0;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            text.push('%');
            rest = behind;
            continue;
        }
        let mut first = First::Index(index);
        if let Some(inner) = rest.strip_prefix('(') {
            let end = inner.find(')')?;
            first = First::Name(inner[..end].to_owned());
            rest = &inner[end + 1..];
        }
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || "#-+ .hlL".contains(c));
        let numeric = match rest.chars().next()? {
            'd' | 'i' | 'o' | 'u' | 'x' | 'X' => Some("int"),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => Some("float"),
            'c' | 'r' | 's' | 'a' => None,
            _ => return None,
        };
        rest = &rest[1..];
        index += 1;
        push_text(&mut pieces, &mut text);
        pieces.push(Piece::Field(Field { first, steps: Vec::new(), numeric, spec: Vec::new() }));
    }
    text.push_str(rest);
    push_text(&mut pieces, &mut text);
    Some(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &mut String) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text)));
    }
}

/// Parses a `{}` format. `None` when it is not one.
pub(super) fn braces(format: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    let mut automatic = 0;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = behind;
            continue;
        }
        if brace == "}" {
            return None;
        }
        let end = closing_brace(rest)?;
        push_text(&mut pieces, &mut text);
        pieces.push(Piece::Field(field(&rest[..end], &mut automatic, true)?));
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    push_text(&mut pieces, &mut text);
    Some(pieces)
}

/// The offset of the brace that closes a field, which may hold fields in its format.
fn closing_brace(field: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in field.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn field(text: &str, automatic: &mut usize, may_nest: bool) -> Option<Field> {
    let (path, spec) = text.split_once(':').unwrap_or((text, ""));
    let path = path.split_once('!').map_or(path, |(path, _)| path);
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (first, mut rest) = path.split_at(end);
    let first = if first.is_empty() {
        *automatic += 1;
        First::Index(*automatic - 1)
    } else {
        first.parse().map_or_else(|_| First::Name(first.to_owned()), First::Index)
    };
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, behind) = inner.split_once(']')?;
            steps.push(index.parse().map_or_else(|_| Step::Item(index.to_owned()), Step::Index));
            rest = behind;
        } else {
            let inner = rest.strip_prefix('.')?;
            let (member, behind) = inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()));
            steps.push(Step::Member(member.to_owned()));
            rest = behind;
        }
    }
    let mut inner = Vec::new();
    if may_nest {
        let mut spec = spec;
        while let Some((_, behind)) = spec.split_once('{') {
            let (nested, behind) = behind.split_once('}')?;
            inner.push(field(nested, automatic, false)?);
            spec = behind;
        }
    }
    let numeric = if spec.ends_with('}') { None } else { numeric(spec) };
    Some(Field { first, steps, numeric, spec: inner })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shape(pieces: Option<Vec<Piece>>) -> Option<String> {
        let shape = |field: &Field| {
            let first = match &field.first {
                First::Index(index) => index.to_string(),
                First::Name(name) => name.clone(),
            };
            format!("<{first}{}{}{}>", "+".repeat(field.steps.len()), field.numeric.unwrap_or(""), field.spec.len())
        };
        Some(
            pieces?
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Field(field) => shape(field),
                })
                .collect(),
        )
    }

    #[test]
    fn percent_formats() {
        let check = |format: &str, expected: Option<&str>| assert_eq!(shape(percent(format)).as_deref(), expected);
        check("a%sb%%c", Some("a<00>b%c"));
        check("%(user)s = %(id)5.2d", Some("<user0> = <idint0>"));
        check("%-10s|%+.3f", Some("<00>|<1float0>"));
        check("100%", None);
        check("%*d", None);
        check("%é", None);
        check("", Some(""));
    }

    #[test]
    fn brace_formats() {
        let check = |format: &str, expected: Option<&str>| assert_eq!(shape(braces(format)).as_deref(), expected);
        check("a{}b{}", Some("a<00>b<10>"));
        check("{0.name[key][3]} {{x}} {who!r:>{width}}", Some("<0+++0> {x} <who1>"));
        check("{n:05d}", Some("<nint0>"));
        check("{", None);
        check("}", None);
        check("{a[}", None);
        check("{:{}}é", Some("<01>é"));
    }
}
