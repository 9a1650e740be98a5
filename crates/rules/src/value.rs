//! Tests of one value, with three answers: what it may be is known in part.

use lunette_flow::Value;
use lunette_flow::lazy::Regex;
use lunette_flow::pattern::Anchoring;
use lunette_flow::pattern::{self, Verdict};
use lunette_lang::ir::Language;

use crate::schema::{Backtracking, ConstantKind, Scalar};

/// A test of a constant.
#[derive(Clone, Debug)]
pub(crate) enum ValueTest {
    In(Vec<Scalar>, bool),
    NotIn(Vec<Scalar>, bool),
    Null,
    Matches(Regex),
    NotMatches(Regex),
    Truthy,
    Falsy,
    LessThan(f64),
    GreaterThan(f64),
    ShorterThan(usize),
    LongerThan(usize),
    Constant(ConstantKind),
    Backtracking(SlowPattern),
}

/// A regular expression whose failing matches take long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SlowPattern {
    pub(crate) growth: Backtracking,
    pub(crate) language: Language,
    pub(crate) how: Anchoring,
}

/// What is known of a value that is no constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// An object, a function, a class: true in both languages, equal to no constant.
    Object,
}

impl ValueTest {
    /// Whether a constant passes.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::In(scalars, ignore_case) => scalars.iter().any(|scalar| equal(scalar, value, *ignore_case)),
            Self::NotIn(scalars, ignore_case) => !scalars.iter().any(|scalar| equal(scalar, value, *ignore_case)),
            Self::Null => matches!(value, Value::Null | Value::Undefined),
            Self::Matches(regex) => text(value).is_some_and(|text| regex.is_match(text)),
            Self::NotMatches(regex) => text(value).is_some_and(|text| !regex.is_match(text)),
            Self::Truthy => value.is_truthy(),
            Self::Falsy => !value.is_truthy(),
            Self::LessThan(limit) => value.as_number().is_some_and(|number| number < *limit),
            Self::GreaterThan(limit) => value.as_number().is_some_and(|number| number > *limit),
            Self::ShorterThan(limit) => value.as_str().is_some_and(|text| text.chars().count() < *limit),
            Self::LongerThan(limit) => value.as_str().is_some_and(|text| text.chars().count() > *limit),
            Self::Constant(kind) => match kind {
                ConstantKind::Any => true,
                ConstantKind::String => value.as_str().is_some(),
                ConstantKind::Number => value.as_number().is_some(),
                ConstantKind::Bool => matches!(value, Value::Bool(_)),
                ConstantKind::Regex => matches!(value, Value::Regex { .. }),
            },
            Self::Backtracking(slow) => slow.accepts(value),
        }
    }

    /// Whether something that is no constant passes.
    pub(crate) fn accepts_shape(&self, shape: Shape) -> bool {
        match shape {
            Shape::Object => matches!(self, Self::Truthy | Self::NotIn(..)),
        }
    }
}

impl SlowPattern {
    fn accepts(self, value: &Value) -> bool {
        let Some(regex) = pattern::Regex::of(value, self.language) else { return false };
        match pattern::verdict(&regex, self.how) {
            Verdict::Exponential { .. } => self.growth != Backtracking::Polynomial,
            Verdict::Polynomial { .. } => self.growth != Backtracking::Exponential,
            Verdict::Safe | Verdict::Unknown(_) => false,
        }
    }
}

/// The text that a regular expression is matched against: of a string, or the source of a regular expression.
fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Regex { pattern, .. } => Some(pattern),
        other => other.as_str(),
    }
}

fn equal(scalar: &Scalar, value: &Value, ignore_case: bool) -> bool {
    match (scalar, value) {
        (Scalar::Bool(a), Value::Bool(b)) => a == b,
        (Scalar::Int(a), Value::Int(b)) => a == b,
        (Scalar::Int(number), value @ Value::Float(_)) => same(Value::Int(*number).as_number(), value.as_number()),
        (Scalar::Float(number), value) => same(Some(*number), value.as_number()),
        (Scalar::Str(a), Value::Str(b) | Value::Bytes(b)) => {
            if ignore_case {
                a.eq_ignore_ascii_case(b)
            } else {
                a == b
            }
        }
        _ => false,
    }
}

/// Numbers as written: nothing was computed, so equal means equal.
fn same(a: Option<f64>, b: Option<f64>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.total_cmp(&b).is_eq())
}

/// What is known of whether something holds: that it may hold, that it may not, and whether there is more than what
/// is known.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Truth {
    pub(crate) yes: bool,
    pub(crate) no: bool,
    pub(crate) open: bool,
}

/// How far a wish is fulfilled. Ordered: a conjunction is the least of its parts, a disjunction the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Outcome {
    /// Not.
    Fails,
    /// Nothing is known.
    Unknown,
    /// By what is known, but not all is known, or not on every path.
    Likely,
    /// Certainly.
    Certain,
}

impl Truth {
    pub(crate) fn certain(holds: bool) -> Self {
        Truth { yes: holds, no: !holds, open: false }
    }

    pub(crate) fn unknown() -> Self {
        Truth { yes: false, no: false, open: true }
    }

    pub(crate) fn add(&mut self, holds: bool) {
        self.yes |= holds;
        self.no |= !holds;
    }

    /// How far it is `wanted`. What is known only in part decides when all of it agrees against the wish.
    pub(crate) fn outcome(self, wanted: bool) -> Outcome {
        let (for_it, against) = if wanted { (self.yes, self.no) } else { (self.no, self.yes) };
        match (for_it, against, self.open) {
            (true, false, false) => Outcome::Certain,
            (true, _, _) => Outcome::Likely,
            (false, true, _) => Outcome::Fails,
            (false, false, true) => Outcome::Unknown,
            (false, false, false) => Outcome::Fails,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Outcome::{Certain, Fails, Likely, Unknown};
    use super::*;

    #[test]
    fn constants_are_compared_by_type() {
        let one = |scalar| ValueTest::In(vec![scalar], false);
        assert!(one(Scalar::Bool(true)).accepts(&Value::Bool(true)));
        assert!(!one(Scalar::Int(1)).accepts(&Value::Bool(true)));
        assert!(one(Scalar::Int(2)).accepts(&Value::Float(2.0)));
        assert!(one(Scalar::Str("a".into())).accepts(&Value::Bytes("a".into())));
        assert!(ValueTest::In(vec![Scalar::Str("MD5".into())], true).accepts(&Value::Str("md5".into())));
        assert!(!ValueTest::NotMatches(Regex::new("x").unwrap()).accepts(&Value::Int(3)), "a number has no text");
        assert!(ValueTest::NotIn(vec![Scalar::Int(1)], false).accepts(&Value::Null));
    }

    #[test]
    fn expressions_are_read_in_the_language_of_the_rule() {
        use Backtracking::{Any, Exponential, Polynomial};
        use Language::{JavaScript, Python};
        let slow = |growth, language, how, value: &Value| {
            ValueTest::Backtracking(SlowPattern { growth, language, how }).accepts(value)
        };
        let regex = |pattern: &str| Value::Regex { pattern: pattern.into(), flags: String::new() };
        let text = |pattern: &str| Value::Str(pattern.into());
        assert!(slow(Exponential, JavaScript, Anchoring::Anywhere, &regex("^(a+)+$")));
        assert!(!slow(Polynomial, JavaScript, Anchoring::Anywhere, &regex("^(a+)+$")));
        assert!(slow(Any, JavaScript, Anchoring::Anywhere, &text("\\s+$")));
        assert!(!slow(Any, Python, Anchoring::Start, &text("\\s+$")), "starts at one place only");
        assert!(
            slow(Exponential, Python, Anchoring::Anywhere, &text("(?>(?:a+)+b)c")),
            "a group that JavaScript does not know"
        );
        assert!(!slow(Any, JavaScript, Anchoring::Anywhere, &text("(?>(?:a+)+b)c")));
        assert!(slow(Exponential, Python, Anchoring::Start, &Value::Bytes("\n ( a+ )+ # letters\n \\Z".into())));
        assert!(!slow(Any, JavaScript, Anchoring::Anywhere, &Value::Int(3)));
    }

    #[test]
    fn what_is_known_in_part_decides_only_what_it_can() {
        let truth = |yes, no, open| Truth { yes, no, open };
        let both = |truth: Truth| (truth.outcome(true), truth.outcome(false));
        assert_eq!(both(truth(true, false, false)), (Certain, Fails));
        assert_eq!(both(truth(true, true, false)), (Likely, Likely));
        assert_eq!(both(truth(true, false, true)), (Likely, Fails));
        assert_eq!(both(truth(false, true, true)), (Fails, Likely));
        assert_eq!(both(truth(false, false, true)), (Unknown, Unknown));
        assert_eq!(both(truth(false, false, false)), (Fails, Fails), "no value, no answer");
    }
}
