//! Operators on constants, as each language evaluates them. `None` where that cannot be told.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "JavaScript's numbers are these floats; integers are made of them only where that is exact"
)]

use lunette_lang::ir::{BinaryOp, Language, UnaryOp};

use crate::constant::Value;

/// Longest text built.
pub(super) const MAX_TEXT: usize = 4096;

/// The largest integer up to which all integers are exact as floats.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// The truth of a constant.
pub(super) fn truthy(value: &Value, language: Language) -> bool {
    match value {
        Value::List(_) => language == Language::JavaScript || value.is_truthy(),
        // Python's NaN is true.
        Value::Float(number) if language == Language::Python => *number != 0.0,
        _ => value.is_truthy(),
    }
}

/// A number as JavaScript has it: an integer where that is exact.
pub(super) fn number(value: f64) -> Value {
    let whole = value.fract() == 0.0 && value.abs() <= EXACT && !(value == 0.0 && value.is_sign_negative());
    if whole { Value::Int(value as i64) } else { Value::Float(value) }
}

/// A value as text: `str(x)`, `${x}`.
pub(super) fn text_of(value: &Value, language: Language) -> Option<String> {
    let python = language == Language::Python;
    Some(match value {
        Value::Str(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Bool(true) => if python { "True" } else { "true" }.to_owned(),
        Value::Bool(false) => if python { "False" } else { "false" }.to_owned(),
        Value::Null => if python { "None" } else { "null" }.to_owned(),
        Value::Undefined if !python => "undefined".to_owned(),
        _ => return None,
    })
}

/// Applies a binary operator.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value, language: Language) -> Option<Value> {
    use BinaryOp as B;
    match op {
        B::Eq => equal(left, right, language).map(Value::Bool),
        B::NotEq => equal(left, right, language).map(|same| Value::Bool(!same)),
        B::StrictEq => identical(left, right).map(Value::Bool),
        B::StrictNotEq => identical(left, right).map(|same| Value::Bool(!same)),
        B::Is => same_object(left, right).map(Value::Bool),
        B::IsNot => same_object(left, right).map(|same| Value::Bool(!same)),
        B::In => contains(right, left, language).map(Value::Bool),
        B::NotIn => contains(right, left, language).map(|found| Value::Bool(!found)),
        B::Lt | B::LtEq | B::Gt | B::GtEq => order(op, left, right, language).map(Value::Bool),
        B::InstanceOf | B::MatMul => None,
        _ => arithmetic(op, left, right, language),
    }
}

/// Applies a unary operator.
pub(crate) fn unary(op: UnaryOp, value: &Value, language: Language) -> Option<Value> {
    Some(match op {
        UnaryOp::Not => Value::Bool(!truthy(value, language)),
        UnaryOp::Void => Value::Undefined,
        UnaryOp::TypeOf => Value::Str(
            match value {
                Value::Str(_) => "string",
                Value::Int(_) | Value::Float(_) => "number",
                Value::Bool(_) => "boolean",
                Value::Undefined => "undefined",
                _ => "object",
            }
            .to_owned(),
        ),
        UnaryOp::Delete => return None,
        UnaryOp::Neg | UnaryOp::Plus | UnaryOp::BitNot => match (op, numeric(value)?) {
            (UnaryOp::Neg, Value::Int(0)) if language == Language::JavaScript => Value::Float(-0.0),
            (UnaryOp::Neg, Value::Int(number)) => Value::Int(number.checked_neg()?),
            (UnaryOp::Neg, Value::Float(number)) => Value::Float(-number),
            (UnaryOp::Plus, number) => number,
            (UnaryOp::BitNot, Value::Int(number)) if language == Language::Python => Value::Int(!number),
            (UnaryOp::BitNot, Value::Int(number)) => Value::Int(i64::from(!i32::try_from(number).ok()?)),
            _ => return None,
        },
    })
}

/// A number, with truth values taken as numbers.
fn numeric(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Float(_) => Some(value.clone()),
        Value::Bool(value) => Some(Value::Int(i64::from(*value))),
        _ => None,
    }
}

fn as_float(value: &Value) -> Option<f64> {
    numeric(value)?.as_number()
}

/// `==`.
pub(super) fn equal(left: &Value, right: &Value, language: Language) -> Option<bool> {
    match (left, right, language) {
        (Value::Undefined, _, Language::Python) | (_, Value::Undefined, Language::Python) => None,
        (Value::Null | Value::Undefined, Value::Null | Value::Undefined, _) => Some(true),
        (Value::Null | Value::Undefined, _, _) | (_, Value::Null | Value::Undefined, _) => Some(false),
        (Value::List(a), Value::List(b), Language::Python) => {
            let mut same = a.len() == b.len();
            for (a, b) in a.iter().zip(b) {
                same &= equal(a, b, language)?;
            }
            Some(same)
        }
        (Value::Str(_), Value::Int(_) | Value::Float(_) | Value::Bool(_), Language::JavaScript)
        | (Value::Int(_) | Value::Float(_) | Value::Bool(_), Value::Str(_), Language::JavaScript) => None,
        (Value::List(_), _, Language::JavaScript) | (_, Value::List(_), Language::JavaScript) => None,
        (Value::Regex { .. }, _, _) | (_, Value::Regex { .. }, _) => None,
        (Value::Str(a), Value::Str(b), _) | (Value::Bytes(a), Value::Bytes(b), _) => Some(a == b),
        _ => match (as_float(left), as_float(right)) {
            (Some(_), Some(_)) => match (numeric(left)?, numeric(right)?) {
                (Value::Int(a), Value::Int(b)) => Some(a == b),
                (a, b) => Some(a.as_number()? == b.as_number()?),
            },
            _ => Some(false),
        },
    }
}

/// `===`.
pub(super) fn identical(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::List(_) | Value::Regex { .. }, _) | (_, Value::List(_) | Value::Regex { .. }) => None,
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            Some(left.as_number()? == right.as_number()?)
        }
        _ => Some(left == right),
    }
}

/// Python's `is`: known for the constants that exist once.
fn same_object(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Undefined, _) | (_, Value::Undefined) => None,
        (Value::Null | Value::Bool(_), _) | (_, Value::Null | Value::Bool(_)) => Some(left == right),
        _ => None,
    }
}

/// `in` for texts and lists.
fn contains(owner: &Value, value: &Value, language: Language) -> Option<bool> {
    match (owner, value, language) {
        (Value::Str(text), Value::Str(part), Language::Python)
        | (Value::Bytes(text), Value::Bytes(part), Language::Python) => Some(text.contains(part.as_str())),
        (Value::List(items), value, Language::Python) => {
            for item in items {
                if equal(item, value, language)? {
                    return Some(true);
                }
            }
            Some(false)
        }
        _ => None,
    }
}

fn order(op: BinaryOp, left: &Value, right: &Value, language: Language) -> Option<bool> {
    let ordering = match (left, right) {
        (Value::Str(a), Value::Str(b)) => {
            // JavaScript compares units of UTF-16, which differs beyond the basic plane.
            if language == Language::JavaScript && [a, b].iter().any(|text| text.chars().any(|c| c > '\u{d7ff}')) {
                return None;
            }
            a.cmp(b)
        }
        _ => match (numeric(left)?, numeric(right)?) {
            (Value::Int(a), Value::Int(b)) => a.cmp(&b),
            (a, b) => match a.as_number()?.partial_cmp(&b.as_number()?) {
                Some(ordering) => ordering,
                None => return Some(false),
            },
        },
    };
    Some(match op {
        BinaryOp::Lt => ordering.is_lt(),
        BinaryOp::LtEq => ordering.is_le(),
        BinaryOp::Gt => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value, language: Language) -> Option<Value> {
    match (left, right) {
        (Value::Str(_), _) | (_, Value::Str(_)) => return texts(op, left, right, language),
        (Value::Bytes(text), Value::Int(count)) | (Value::Int(count), Value::Bytes(text)) if op == BinaryOp::Mul => {
            return repeated(text, *count).map(Value::Bytes);
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            let fits = op == BinaryOp::Add && a.len() + b.len() <= MAX_TEXT;
            return fits.then(|| Value::Bytes(format!("{a}{b}")));
        }
        _ => {}
    }
    let (left, right) = (numeric(left)?, numeric(right)?);
    if language == Language::JavaScript {
        return javascript(op, left.as_number()?, right.as_number()?);
    }
    match (&left, &right) {
        (Value::Int(a), Value::Int(b)) => integers(op, *a, *b),
        _ => floats(op, left.as_number()?, right.as_number()?),
    }
}

fn texts(op: BinaryOp, left: &Value, right: &Value, language: Language) -> Option<Value> {
    match (op, left, right, language) {
        (BinaryOp::Add, Value::Str(_), Value::Str(_), _) | (BinaryOp::Add, _, _, Language::JavaScript) => {
            let (left, right) = (text_of(left, language)?, text_of(right, language)?);
            (left.len() + right.len() <= MAX_TEXT).then(|| Value::Str(left + &right))
        }
        (BinaryOp::Mul, Value::Str(text), Value::Int(count), Language::Python)
        | (BinaryOp::Mul, Value::Int(count), Value::Str(text), Language::Python) => {
            repeated(text, *count).map(Value::Str)
        }
        _ => None,
    }
}

fn repeated(text: &str, count: i64) -> Option<String> {
    let count = usize::try_from(count).unwrap_or(0);
    let fits = text.len().checked_mul(count).is_some_and(|length| length <= MAX_TEXT);
    fits.then(|| text.repeat(count))
}

/// Python's integers, as far as they fit.
fn integers(op: BinaryOp, a: i64, b: i64) -> Option<Value> {
    let shift = u32::try_from(b).ok().filter(|&by| by < 63);
    Some(Value::Int(match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Div if b != 0 => return Some(Value::Float(a as f64 / b as f64)),
        BinaryOp::FloorDiv => floor_div(a, b)?,
        BinaryOp::Mod => a.checked_sub(floor_div(a, b)?.checked_mul(b)?)?,
        BinaryOp::Pow => a.checked_pow(u32::try_from(b).ok()?)?,
        // A bit that is shifted out would not be lost in Python.
        BinaryOp::Shl => a.checked_mul(1i64.checked_shl(shift?)?)?,
        BinaryOp::Shr => a.checked_shr(shift?)?,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        _ => return None,
    }))
}

fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Option<Value> {
    Some(Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        BinaryOp::FloorDiv if b != 0.0 => (a / b).floor(),
        _ => return None,
    }))
}

/// JavaScript's numbers.
fn javascript(op: BinaryOp, a: f64, b: f64) -> Option<Value> {
    let bits = |value: f64| (value.fract() == 0.0).then_some(value as i64).and_then(|value| i32::try_from(value).ok());
    Some(match op {
        BinaryOp::Add => number(a + b),
        BinaryOp::Sub => number(a - b),
        BinaryOp::Mul => number(a * b),
        BinaryOp::Div => number(a / b),
        BinaryOp::Mod => number(a % b),
        BinaryOp::Pow => number(a.powf(b)),
        BinaryOp::Shl => Value::Int(i64::from(bits(a)?.wrapping_shl(u32::try_from(bits(b)?).ok()?))),
        // `>>>` is this operation, too: they differ on negative numbers.
        BinaryOp::Shr if a >= 0.0 => Value::Int(i64::from(bits(a)?.wrapping_shr(u32::try_from(bits(b)?).ok()?))),
        BinaryOp::BitAnd => Value::Int(i64::from(bits(a)? & bits(b)?)),
        BinaryOp::BitOr => Value::Int(i64::from(bits(a)? | bits(b)?)),
        BinaryOp::BitXor => Value::Int(i64::from(bits(a)? ^ bits(b)?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn py(op: BinaryOp, a: i64, b: i64) -> Option<Value> {
        binary(op, &Value::Int(a), &Value::Int(b), Language::Python)
    }

    #[test]
    fn division_is_that_of_the_language() {
        assert_eq!(py(BinaryOp::FloorDiv, 7, -2), Some(Value::Int(-4)));
        assert_eq!(py(BinaryOp::FloorDiv, -7, 2), Some(Value::Int(-4)));
        assert_eq!(py(BinaryOp::Mod, -7, 2), Some(Value::Int(1)));
        assert_eq!(py(BinaryOp::Mod, 7, -2), Some(Value::Int(-1)));
        assert_eq!(py(BinaryOp::Div, 7, 2), Some(Value::Float(3.5)));
        assert_eq!(py(BinaryOp::Div, 7, 0), None);
        assert_eq!(py(BinaryOp::FloorDiv, i64::MIN, -1), None);
        assert_eq!(py(BinaryOp::Shl, 1, 62), Some(Value::Int(1 << 62)));
        assert_eq!(py(BinaryOp::Shl, 2, 62), None);
        let js = |op, a, b| binary(op, &Value::Int(a), &Value::Int(b), Language::JavaScript);
        assert_eq!(js(BinaryOp::Div, 7, 2), Some(Value::Float(3.5)));
        assert_eq!(js(BinaryOp::Div, 8, 2), Some(Value::Int(4)));
        assert_eq!(js(BinaryOp::Mod, -7, 2), Some(Value::Int(-1)));
        assert_eq!(js(BinaryOp::Shr, -1, 1), None);
    }

    #[test]
    fn equality_is_that_of_the_language() {
        let (one, text) = (Value::Int(1), Value::Str("1".to_owned()));
        assert_eq!(equal(&one, &text, Language::Python), Some(false));
        assert_eq!(equal(&one, &text, Language::JavaScript), None);
        assert_eq!(equal(&Value::Bool(true), &one, Language::Python), Some(true));
        assert_eq!(identical(&Value::Bool(true), &one), Some(false));
        assert_eq!(equal(&Value::Null, &Value::Undefined, Language::JavaScript), Some(true));
        assert_eq!(identical(&Value::Null, &Value::Undefined), Some(false));
        assert!(truthy(&Value::List(Vec::new()), Language::JavaScript));
        assert!(!truthy(&Value::List(Vec::new()), Language::Python));
    }
}
