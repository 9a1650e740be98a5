//! How urgent a known weakness is: its vector, whether it is exploited, how likely that is, and until when to act.

mod bod;
mod cvss;
mod risk;

pub use bod::{Deadline, SOURCE, TABLE, deadline};
pub use cvss::{Level, Score, worst};
pub use risk::{Assumption, Basis, Urgency, basis_words, factors, likelihood_words, urgency};
