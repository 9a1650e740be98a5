//! Values of configuration files as constants that tests can ask: switches, numbers, durations, sizes, references.

use lunette_config::{Node, Value as Content};
use lunette_flow::Value;

use crate::schema::Scalar;

/// Whether a text stands for something that is set elsewhere: `env(NAME)`, `${NAME}`, `{{ name }}`.
pub(crate) fn is_reference(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("env(") || text.contains("${") || text.contains("{{") || text.starts_with("secret(")
}

/// A duration in seconds (`1h30m`, `500ms`) or a size in bytes (`50MiB`, `1GB`).
pub(crate) fn measure(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match rest[..letters].to_ascii_lowercase().as_str() {
            "ns" => 1e-9,
            "us" => 1e-6,
            "ms" => 1e-3,
            "" | "s" | "b" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "tb" => 1e12,
            "kib" => 1_024.0,
            "mib" => 1_048_576.0,
            "gib" => 1_073_741_824.0,
            "tib" => 1_099_511_627_776.0,
            _ => return None,
        };
        sum += number * unit;
        any = true;
        rest = rest[letters..].trim_start();
    }
    any.then_some(sum)
}

/// What a node is as a constant. Text stays text also when it looks like a number: an identifier may have any digits.
pub(crate) fn constant(node: &Node) -> Value {
    match &node.value {
        Content::Null => Value::Null,
        Content::Text(text) => Value::Str(text.clone()),
        Content::Plain(text) => plain(text),
        Content::List(items) => Value::List(items.iter().map(constant).collect()),
        // A table is true and equals no scalar.
        Content::Map(entries) => Value::List(entries.iter().map(|(_, node)| constant(node)).collect()),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.replace('_', "");
    match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(number), _) => Value::Int(number),
        (_, Ok(number)) if digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            Value::Float(number)
        }
        _ => Value::Str(text.to_owned()),
    }
}

pub(crate) fn of_scalar(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Bool(value) => Value::Bool(*value),
        Scalar::Int(value) => Value::Int(*value),
        Scalar::Float(value) => Value::Float(*value),
        Scalar::Str(value) => Value::Str(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_measured() {
        let near = |text: &str, wanted: f64| {
            assert!(measure(text).is_some_and(|value| (value - wanted).abs() < 1e-6), "{text}");
        };
        near("1h30m", 5_400.0);
        near("500ms", 0.5);
        near("50MiB", 52_428_800.0);
        near("1 GB", 1e9);
        near("86400", 86_400.0);
        for text in ["", "h", "1x", "never", "1h!"] {
            assert!(measure(text).is_none(), "{text}");
        }
    }

    #[test]
    fn plain_scalars_become_constants() {
        assert_eq!(plain("3_600"), Value::Int(3_600));
        assert_eq!(plain("true"), Value::Bool(true));
        assert_eq!(plain("1.5"), Value::Float(1.5));
        assert_eq!(plain("infinity"), Value::Str("infinity".to_owned()));
        assert_eq!(plain("on"), Value::Str("on".to_owned()));
    }

    #[test]
    fn references_are_told_from_values() {
        assert!(is_reference("env(SECRET)") && is_reference("pre-${X}"));
        assert!(!is_reference("environment") && !is_reference("s3cr3t"));
    }
}
