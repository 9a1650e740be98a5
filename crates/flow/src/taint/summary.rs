//! What a function does with what it is given, so that its callers need not look again.

use super::KindSet;
use super::fact::Fact;

/// The summary of one body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    /// What its result holds, by root.
    pub(crate) returns: Vec<Fact>,
    /// What it puts into objects that it was passed: parameter and what that then holds.
    pub(crate) fills: Vec<(u32, Fact)>,
    /// What its result says of its parameters.
    pub(crate) shows: Vec<Shows>,
    /// Kinds of harm that each parameter's data may still do further down.
    pub(crate) reach: Vec<KindSet>,
}

/// What the result of a function says of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shows {
    /// The parameter.
    pub(crate) param: u32,
    /// Kinds that it cannot do when the result is true.
    pub(crate) when_true: KindSet,
    /// When it is false.
    pub(crate) when_false: KindSet,
    /// When the function returns at all.
    pub(crate) always: KindSet,
}

/// Most facts kept of a result.
pub(crate) const MAX_RETURNS: usize = 48;
