//! Values in blocks, and functions on them.

use crate::catalogue::quote_ident;

/// A value; `Unknown` where the migrations do not say it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Value>),
    Row(Vec<(String, Value)>),
    Unknown,
}

impl Value {
    /// As text, if it has one.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::Bool(value) => Some(if *value { "t" } else { "f" }.to_owned()),
            Self::Row(fields) => match fields.as_slice() {
                [(_, only)] => only.text(),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        self.text()?.trim().parse().ok()
    }

    /// Whether it is true; `None` for NULL and the unknown.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// `=`: `None` when it is not known.
    pub(crate) fn equals(&self, other: &Value) -> Option<bool> {
        match (self, other) {
            (Self::Unknown | Self::Null, _) | (_, Self::Unknown | Self::Null) => None,
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Array(a), Self::Array(b)) => Some(a == b),
            _ => match (self.integer(), other.integer()) {
                (Some(a), Some(b)) => Some(a == b),
                _ => Some(self.text()? == other.text()?),
            },
        }
    }

    /// IS NOT DISTINCT FROM.
    pub(crate) fn same(&self, other: &Value) -> Option<bool> {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => None,
            (Self::Null, Self::Null) => Some(true),
            (Self::Null, _) | (_, Self::Null) => Some(false),
            _ => self.equals(other),
        }
    }
}

/// `format()`: `%I`, `%L`, `%s`, with positions (`%1$I`); `None` when an argument is not known.
pub(crate) fn format(args: &[Value]) -> Option<String> {
    let template = args.first()?.text()?;
    let mut out = String::with_capacity(template.len());
    let mut chars = template.chars().peekable();
    let mut next = 1usize;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            out.push('%');
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = chars.next_if(|c| c.is_ascii_digit() || *c == '-') {
            digits.push(digit);
        }
        if chars.next_if_eq(&'$').is_some() {
            next = digits.parse().ok()?;
        }
        let kind = chars.next()?;
        let arg = args.get(next)?;
        next += 1;
        if *arg == Value::Unknown {
            return None;
        }
        match kind {
            's' => out.push_str(&if *arg == Value::Null { String::new() } else { arg.text()? }),
            'I' => out.push_str(&quote_ident(&arg.text()?)),
            'L' if *arg == Value::Null => out.push_str("NULL"),
            'L' => out.push_str(&crate::print::quoted(&arg.text()?)),
            _ => return None,
        }
    }
    Some(out)
}

/// LIKE.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    // The classic loop with one place to go back to: linear in practice, at most text × pattern.
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut t, mut p) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some('\\') if pattern.get(p + 1) == Some(&text[t]) => {
                p += 2;
                t += 1;
            }
            Some(c) if *c == '_' || (*c == text[t] && *c != '\\') => {
                p += 1;
                t += 1;
            }
            _ => match &mut back {
                Some((after, from)) => {
                    *from += 1;
                    t = *from;
                    p = *after;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_together_as_format_does() {
        let text = |text: &str| Value::Text(text.to_owned());
        let args =
            [text("ALTER TABLE %I.%I -- %s %L %% %1$s"), text("public"), text("My Table"), text("x"), text("it's")];
        assert_eq!(format(&args).as_deref(), Some("ALTER TABLE public.\"My Table\" -- x 'it''s' % public"));
        assert_eq!(format(&[text("%s"), Value::Unknown]), None);
        assert_eq!(format(&[text("%s")]), None);
    }

    #[test]
    fn patterns_of_like() {
        for (value, pattern, expected) in [
            ("users", "user%", true),
            ("users", "%s", true),
            ("users", "u_ers", true),
            ("users", "%x%", false),
            ("", "%", true),
            ("a%", "a\\%", true),
            ("ab", "a\\%", false),
            ("aaaaab", "%a%b", true),
        ] {
            assert_eq!(like(value, pattern), expected, "{value} {pattern}");
        }
    }
}
