//! Methods and built-in functions of the languages on constants. `None` where the result cannot be told.
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "texts are capped, and positions are clamped to their lengths"
)]

use lunette_lang::ir::Language;

use super::eval::{MAX_TEXT, number, text_of, truthy};
use crate::constant::Value;

/// Most pieces that a text is split into.
const MAX_PIECES: usize = 64;

fn text(value: String) -> Option<Value> {
    (value.len() <= MAX_TEXT).then_some(Value::Str(value))
}

fn string(args: &[&Value], at: usize) -> Option<String> {
    match args.get(at)? {
        Value::Str(text) => Some(text.clone()),
        _ => None,
    }
}

fn int(args: &[&Value], at: usize) -> Option<i64> {
    match args.get(at)? {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn pieces<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Value> {
    let parts: Vec<Value> = parts.take(MAX_PIECES + 1).map(|part| Value::Str(part.to_owned())).collect();
    (parts.len() <= MAX_PIECES).then_some(Value::List(parts))
}

/// The characters, where JavaScript's positions are theirs.
fn characters(text: &str, language: Language) -> Option<Vec<char>> {
    let plain = language == Language::Python || text.chars().all(|c| c < '\u{10000}');
    plain.then(|| text.chars().collect())
}

/// A position in characters of a byte offset.
fn position(text: &str, at: Option<usize>) -> Value {
    Value::Int(at.map_or(-1, |at| text[..at].chars().count() as i64))
}

/// An element by position: of a text or a list.
pub(crate) fn element(owner: &Value, index: i64, language: Language) -> Option<Value> {
    let pick = |length: usize| {
        let from_end = index < 0 && language == Language::Python;
        usize::try_from(if from_end { index.checked_add(length as i64)? } else { index }).ok()
    };
    match owner {
        Value::List(items) => items.get(pick(items.len())?).cloned(),
        Value::Str(text) => {
            let chars = characters(text, language)?;
            chars.get(pick(chars.len())?).map(|c| Value::Str(c.to_string()))
        }
        _ => None,
    }
}

/// `x[a:b]` and JavaScript's `slice`: negative bounds count from the end.
pub(super) fn slice(owner: &Value, start: Option<i64>, end: Option<i64>, language: Language) -> Option<Value> {
    let range = |length: usize| {
        let clamp =
            |at: i64| (if at < 0 { at.saturating_add(length as i64) } else { at }).clamp(0, length as i64) as usize;
        let (start, end) = (start.map_or(0, clamp), end.map_or(length, clamp));
        start..end.max(start)
    };
    match owner {
        Value::Str(text) => {
            let chars = characters(text, language)?;
            Some(Value::Str(chars[range(chars.len())].iter().collect()))
        }
        Value::List(items) => Some(Value::List(items[range(items.len())].to_vec())),
        _ => None,
    }
}

/// How long a constant is: `len(x)`, `x.length`.
pub(super) fn length(value: &Value, language: Language) -> Option<Value> {
    match value {
        Value::Str(text) => characters(text, language).map(|chars| Value::Int(chars.len() as i64)),
        Value::List(items) => Some(Value::Int(items.len() as i64)),
        _ => None,
    }
}

/// The result of a method of a constant.
pub(super) fn method(base: &Value, name: &str, args: &[&Value], language: Language) -> Option<Value> {
    match (base, language) {
        (Value::Str(base), Language::Python) => python(base, name, args),
        (Value::Str(base), Language::JavaScript) => javascript(base, name, args),
        (Value::List(items), Language::JavaScript) if name == "join" => {
            let separator = if args.is_empty() { ",".to_owned() } else { string(args, 0)? };
            joined(items, &separator, language)
        }
        (Value::Int(number), Language::JavaScript) if name == "toString" && args.is_empty() => text(number.to_string()),
        _ => None,
    }
}

fn joined(items: &[Value], separator: &str, language: Language) -> Option<Value> {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        match item {
            Value::Str(part) => out.push_str(part),
            Value::Null | Value::Undefined if language == Language::JavaScript => {}
            _ if language == Language::JavaScript => out.push_str(&text_of(item, language)?),
            _ => return None,
        }
        if out.len() > MAX_TEXT {
            return None;
        }
    }
    Some(Value::Str(out))
}

fn stripped<'t>(base: &'t str, args: &[&Value], start: bool, end: bool) -> Option<&'t str> {
    let set: Option<String> = if args.is_empty() { None } else { Some(string(args, 0)?) };
    let strips = |c: char| set.as_ref().map_or_else(|| c.is_whitespace(), |set| set.contains(c));
    let base = if start { base.trim_start_matches(strips) } else { base };
    Some(if end { base.trim_end_matches(strips) } else { base })
}

/// Whether a text starts or ends with one of those given (Python takes a tuple of them).
fn affixed(args: &[&Value], holds: impl Fn(&str) -> bool) -> Option<Value> {
    match args {
        [Value::Str(affix)] => Some(Value::Bool(holds(affix))),
        [Value::List(affixes)] => {
            let texts: Option<Vec<&str>> = affixes.iter().map(Value::as_str).collect();
            Some(Value::Bool(texts?.into_iter().any(holds)))
        }
        _ => None,
    }
}

fn python(base: &str, name: &str, args: &[&Value]) -> Option<Value> {
    let every = |holds: fn(char) -> bool| Some(Value::Bool(!base.is_empty() && base.chars().all(holds)));
    match name {
        "upper" if args.is_empty() => text(base.to_uppercase()),
        "lower" | "casefold" if args.is_empty() && base.is_ascii() => text(base.to_lowercase()),
        "capitalize" if args.is_empty() && base.is_ascii() => {
            let mut out = base.to_ascii_lowercase();
            out.get_mut(..1).map(str::make_ascii_uppercase);
            text(out)
        }
        "strip" => text(stripped(base, args, true, true)?.to_owned()),
        "lstrip" => text(stripped(base, args, true, false)?.to_owned()),
        "rstrip" => text(stripped(base, args, false, true)?.to_owned()),
        "replace" if args.len() == 2 => replaced(base, &string(args, 0)?, &string(args, 1)?),
        "removeprefix" => text(base.strip_prefix(string(args, 0)?.as_str()).unwrap_or(base).to_owned()),
        "removesuffix" => text(base.strip_suffix(string(args, 0)?.as_str()).unwrap_or(base).to_owned()),
        "split" if args.is_empty() => pieces(base.split_whitespace()),
        "split" if args.len() == 1 => {
            let separator = string(args, 0).filter(|separator| !separator.is_empty())?;
            pieces(base.split(separator.as_str()))
        }
        "split" if args.len() == 2 => {
            let separator = string(args, 0).filter(|separator| !separator.is_empty())?;
            let times = usize::try_from(int(args, 1)?).ok()?.checked_add(1)?;
            pieces(base.splitn(times, separator.as_str()))
        }
        "splitlines" if args.is_empty() => pieces(base.lines()),
        "startswith" => affixed(args, |affix| base.starts_with(affix)),
        "endswith" => affixed(args, |affix| base.ends_with(affix)),
        "find" if args.len() == 1 => Some(position(base, base.find(string(args, 0)?.as_str()))),
        "rfind" if args.len() == 1 => Some(position(base, base.rfind(string(args, 0)?.as_str()))),
        "index" if args.len() == 1 => {
            let at = base.find(string(args, 0)?.as_str())?;
            Some(position(base, Some(at)))
        }
        "count" if args.len() == 1 => {
            let part = string(args, 0).filter(|part| !part.is_empty())?;
            Some(Value::Int(base.matches(part.as_str()).count() as i64))
        }
        "join" => match args {
            [Value::List(items)] => joined(items, base, Language::Python),
            _ => None,
        },
        "isdigit" | "isdecimal" | "isnumeric" if base.is_ascii() => every(|c| c.is_ascii_digit()),
        "isalpha" if base.is_ascii() => every(|c| c.is_ascii_alphabetic()),
        "isalnum" if base.is_ascii() => every(|c| c.is_ascii_alphanumeric()),
        "isspace" => every(char::is_whitespace),
        "isupper" if base.is_ascii() => Some(Value::Bool(
            base.chars().any(|c| c.is_ascii_uppercase()) && !base.chars().any(|c| c.is_ascii_lowercase()),
        )),
        "islower" if base.is_ascii() => Some(Value::Bool(
            base.chars().any(|c| c.is_ascii_lowercase()) && !base.chars().any(|c| c.is_ascii_uppercase()),
        )),
        _ => None,
    }
}

fn replaced(base: &str, from: &str, to: &str) -> Option<Value> {
    if from.is_empty() || base.matches(from).count().saturating_mul(to.len()) > MAX_TEXT {
        return None;
    }
    text(base.replace(from, to))
}

/// JavaScript's relative position: negative ones count from the end.
fn javascript(base: &str, name: &str, args: &[&Value]) -> Option<Value> {
    let language = Language::JavaScript;
    let optional = |at: usize| if args.len() > at { int(args, at).map(Some) } else { Some(None) };
    match name {
        "toUpperCase" | "toLocaleUpperCase" if args.is_empty() => text(base.to_uppercase()),
        "toLowerCase" | "toLocaleLowerCase" if args.is_empty() => text(base.to_lowercase()),
        "trim" => text(base.trim().to_owned()),
        "trimStart" => text(base.trim_start().to_owned()),
        "trimEnd" => text(base.trim_end().to_owned()),
        "toString" | "valueOf" if args.is_empty() => text(base.to_owned()),
        "concat" => {
            let parts: Option<Vec<String>> = args.iter().map(|arg| text_of(arg, language)).collect();
            text(format!("{base}{}", parts?.concat()))
        }
        "replace" | "replaceAll" if args.len() == 2 => {
            let (from, to) = (string(args, 0)?, string(args, 1)?);
            if to.contains('$') || from.is_empty() {
                return None;
            }
            if name == "replace" { text(base.replacen(&from, &to, 1)) } else { replaced(base, &from, &to) }
        }
        "split" if args.is_empty() => pieces(std::iter::once(base)),
        "split" if args.len() == 1 => {
            let separator = string(args, 0)?;
            if separator.is_empty() {
                let chars: Vec<String> = characters(base, language)?.iter().map(char::to_string).collect();
                return pieces(chars.iter().map(String::as_str));
            }
            pieces(base.split(separator.as_str()))
        }
        "startsWith" if args.len() == 1 => Some(Value::Bool(base.starts_with(string(args, 0)?.as_str()))),
        "endsWith" if args.len() == 1 => Some(Value::Bool(base.ends_with(string(args, 0)?.as_str()))),
        "includes" if args.len() == 1 => Some(Value::Bool(base.contains(string(args, 0)?.as_str()))),
        "indexOf" if args.len() == 1 && base.is_ascii() => Some(position(base, base.find(string(args, 0)?.as_str()))),
        "lastIndexOf" if args.len() == 1 && base.is_ascii() => {
            Some(position(base, base.rfind(string(args, 0)?.as_str())))
        }
        "charAt" => {
            let chars = characters(base, language)?;
            let at = usize::try_from(optional(0)?.unwrap_or(0)).ok();
            text(at.and_then(|at| chars.get(at)).map(char::to_string).unwrap_or_default())
        }
        "at" => {
            let chars = characters(base, language)?;
            let at = optional(0)?.unwrap_or(0);
            let at = usize::try_from(if at < 0 { at + chars.len() as i64 } else { at }).ok();
            Some(at.and_then(|at| chars.get(at)).map_or(Value::Undefined, |c| Value::Str(c.to_string())))
        }
        "charCodeAt" | "codePointAt" => {
            let chars = characters(base, language)?;
            let c = chars.get(usize::try_from(optional(0)?.unwrap_or(0)).ok()?)?;
            Some(Value::Int(i64::from(*c as u32)))
        }
        "slice" => slice(&Value::Str(base.to_owned()), optional(0)?, optional(1)?, language),
        "substring" => {
            let length = characters(base, language)?.len() as i64;
            let (a, b) = (optional(0)?.unwrap_or(0).clamp(0, length), optional(1)?.unwrap_or(length).clamp(0, length));
            slice(&Value::Str(base.to_owned()), Some(a.min(b)), Some(a.max(b)), language)
        }
        "substr" => {
            let length = characters(base, language)?.len() as i64;
            let start = optional(0)?.unwrap_or(0);
            let start = (if start < 0 { start.saturating_add(length) } else { start }).clamp(0, length);
            let end = start.saturating_add(optional(1)?.unwrap_or(length).max(0)).min(length);
            slice(&Value::Str(base.to_owned()), Some(start), Some(end), language)
        }
        "repeat" => {
            let count = usize::try_from(int(args, 0)?).ok()?;
            let fits = base.len().checked_mul(count).is_some_and(|length| length <= MAX_TEXT);
            fits.then(|| Value::Str(base.repeat(count)))
        }
        _ => None,
    }
}

/// The result of a built-in function.
pub(super) fn builtin(name: &str, args: &[&Value], language: Language) -> Option<Value> {
    match (language, name, args) {
        (Language::Python, "len", [value]) => length(value, language),
        (Language::Python, "str", [value]) => text(text_of(value, language)?),
        (Language::JavaScript, "String", [value]) => text(text_of(value, language)?),
        (Language::Python, "bool", [value]) | (Language::JavaScript, "Boolean", [value]) => {
            Some(Value::Bool(truthy(value, language)))
        }
        (Language::Python, "int", [Value::Int(value)]) => Some(Value::Int(*value)),
        (Language::Python, "int", [Value::Float(value)]) if value.abs() < 1e15 => Some(Value::Int(*value as i64)),
        (Language::Python, "int", [Value::Bool(value)]) => Some(Value::Int(i64::from(*value))),
        (Language::Python, "int", [Value::Str(digits)]) => digits.trim().parse().ok().map(Value::Int),
        (Language::Python, "float", [Value::Int(_) | Value::Float(_)]) => Some(Value::Float(args[0].as_number()?)),
        (Language::Python, "abs", [Value::Int(value)]) => Some(Value::Int(value.checked_abs()?)),
        (Language::Python, "ord", [Value::Str(c)]) => {
            let mut chars = c.chars();
            let code = i64::from(chars.next()? as u32);
            chars.next().is_none().then_some(Value::Int(code))
        }
        (Language::Python, "chr", [Value::Int(code)]) => {
            Some(Value::Str(char::from_u32(u32::try_from(*code).ok()?)?.to_string()))
        }
        (Language::Python, "min" | "max", [Value::Int(a), Value::Int(b)]) => {
            Some(Value::Int(if name == "min" { *a.min(b) } else { *a.max(b) }))
        }
        (Language::JavaScript, "Number", [Value::Int(_) | Value::Float(_)]) => Some(args[0].clone()),
        (Language::JavaScript, "Number" | "parseInt" | "parseFloat", [Value::Str(digits)]) => {
            // The languages' own spellings of numbers differ; plain digits are the same everywhere.
            let plain = !digits.is_empty() && digits.len() < 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok().map(Value::Int)).flatten()
        }
        (Language::JavaScript, "isNaN", [Value::Int(_)]) => Some(Value::Bool(false)),
        (Language::JavaScript, "isNaN", [Value::Float(value)]) => Some(Value::Bool(value.is_nan())),
        _ => None,
    }
}

/// The result of a function of JavaScript's `Math`.
pub(super) fn math(name: &str, args: &[&Value]) -> Option<Value> {
    let numbers: Vec<f64> = args.iter().map(|value| value.as_number()).collect::<Option<_>>()?;
    Some(number(match (name, numbers.as_slice()) {
        ("floor", [x]) => x.floor(),
        ("ceil", [x]) => x.ceil(),
        ("trunc", [x]) => x.trunc(),
        ("abs", [x]) => x.abs(),
        ("sqrt", [x]) => x.sqrt(),
        ("pow", [x, y]) => x.powf(*y),
        ("max", [x, y]) => x.max(*y),
        ("min", [x, y]) => x.min(*y),
        _ => return None,
    }))
}
