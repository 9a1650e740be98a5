//! Findings that one change removes are told once: those of a rule that says so, and the values of one page that an engine
//! puts out unescaped because escaping is off altogether.

use std::collections::BTreeMap;

use lunette_core::finding::Finding;
use lunette_flow::program::Site;
use lunette_lang::ir::{Key, Op};
use lunette_lang::template;

use crate::run::Run;
use crate::schema::Once;
use crate::spot::Spot;

impl Run<'_, '_> {
    /// What a finding is told together with; `None` when it stands for itself.
    pub(crate) fn group_of(&self, spot: &Spot, once: Option<Once>) -> Option<String> {
        let path = &self.facts.program.unit(spot.unit).path;
        match once {
            Some(Once::Project) => Some(String::new()),
            Some(Once::File) => Some(path.clone()),
            None => self.is_written(spot).then(|| path.clone()),
        }
    }

    /// Whether the place is a value that a template puts out by way of an engine that would escape it.
    fn is_written(&self, spot: &Spot) -> bool {
        let Some(call) = spot.call.filter(|_| template::is_template(&self.facts.program.unit(spot.unit).path)) else {
            return false;
        };
        let Op::Call { callee, .. } = self.facts.program.op(call) else { return false };
        let name = match self.facts.program.op(Site { value: *callee, ..call }) {
            Op::Load(_, Key::Member(name)) => self.facts.program.unit(call.unit).module.name(*name),
            _ => "",
        };
        name == template::WRITTEN
    }
}

/// Of each group the surest finding, at its first place, with how many others there are; and the groups.
pub(crate) fn told_once(findings: impl Iterator<Item = (Option<String>, Finding)>) -> (Vec<String>, Vec<Finding>) {
    let mut kept: Vec<Finding> = Vec::new();
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (group, finding) in findings {
        let Some(group) = group else {
            kept.push(finding);
            continue;
        };
        if let Some((at, more)) = groups.get_mut(&group) {
            *more += 1;
            if finding.confidence > kept[*at].confidence {
                kept[*at] = finding;
            }
        } else {
            groups.insert(group, (kept.len(), 0));
            kept.push(finding);
        }
    }
    for &(at, more) in groups.values().filter(|(_, more)| *more > 0) {
        let (places, same) = if more == 1 { ("place", "is the same") } else { ("places", "are the same") };
        let message = &mut kept[at].message;
        *message = format!("{message} {more} more {places} {same}.");
    }
    (groups.into_keys().collect(), kept)
}
