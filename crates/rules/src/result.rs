//! What a run of all rules gave.

use lunette_core::finding::Finding;

use crate::checked::Checked;

/// What a run gave.
#[derive(Clone, Debug, Default)]
pub struct RunResult {
    /// The findings, in order of rule and place; not yet numbered.
    pub findings: Vec<Finding>,
    /// What each rule looked at, in the rules' order.
    pub checked: Vec<Checked>,
    /// In how many functions not all untrusted data was followed.
    pub cut: usize,
}

impl RunResult {
    /// Adds what a run of the same rules gave over another part of the project.
    pub fn add(&mut self, part: RunResult) {
        self.findings.extend(part.findings);
        self.cut += part.cut;
        if self.checked.is_empty() {
            self.checked = part.checked;
            return;
        }
        for (known, more) in self.checked.iter_mut().zip(part.checked) {
            known.applicable |= more.applicable;
            known.sites += more.sites;
        }
    }
}
