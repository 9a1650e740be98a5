//! What the rules looked at: a topic without findings is clean only where something was judged.

/// What a rule looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The rule's id.
    pub rule: String,
    /// Whether the project has anything that the rule is about: its language and its package.
    pub applicable: bool,
    /// Number of places that it looked at.
    pub sites: usize,
}
