//! What is known against the packages, and whether it matters for this project: `CycloneDX` VEX and `OpenVEX`.
//!
//! "Not affected" is said only where it was shown: the project itself asks for the package, no other package needs it, all
//! code was read, and none of it calls the functions concerned. "Affected" is said where a call was found. Everything else
//! is under investigation.

mod cyclonedx;
mod openvex;

pub use cyclonedx::cyclonedx;
pub use openvex::openvex;

use crate::advisories::{Held, Known, Reachability};
use crate::packages::{Inventory, Package};

/// What is said of a weakness in this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Shown to be called, or harmful by being there.
    Affected,
    /// Shown not to be called.
    NotAffected,
    /// Neither.
    UnderInvestigation,
}

/// Which packages other packages need, by their index.
struct Needed(Vec<bool>);

impl Needed {
    fn new(inventory: &Inventory) -> Self {
        let mut out = vec![false; inventory.packages.len()];
        for (from, edges) in inventory.edges.iter().enumerate() {
            for at in edges.iter().filter(|at| **at != from) {
                if let Some(needed) = out.get_mut(*at) {
                    *needed = true;
                }
            }
        }
        Needed(out)
    }

    /// What is said of an advisory that holds.
    fn status(&self, inventory: &Inventory, held: &Held) -> Status {
        if held.found.malicious || held.reach.level >= Reachability::Called {
            return Status::Affected;
        }
        let alone = held.packages.iter().all(|at| {
            let direct = inventory.packages.get(*at).is_some_and(|package| package.direct);
            direct && self.0.get(*at) == Some(&false)
        });
        let shown = held.settled && held.reach.conclusive && !held.found.symbols.is_empty();
        if shown && alone { Status::NotAffected } else { Status::UnderInvestigation }
    }
}

/// What is said of each advisory that holds, in their order.
pub fn statuses(inventory: &Inventory, known: &Known) -> Vec<Status> {
    let needed = Needed::new(inventory);
    known.held.iter().map(|held| needed.status(inventory, held)).collect()
}

fn packages<'i>(inventory: &'i Inventory, held: &Held) -> Vec<&'i Package> {
    held.packages.iter().filter_map(|at| inventory.packages.get(*at)).collect()
}

/// Why the status is what it is.
fn reason(status: Status, held: &Held, packages: &[&Package]) -> String {
    let at = held.reach.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
    let symbols = held.found.symbols.join(", ");
    match status {
        Status::Affected if held.found.malicious => "The package itself is malicious.".to_owned(),
        Status::Affected => match &held.reach.route {
            Some(route) => format!("{route} gets to a call of the functions concerned{at}."),
            None => format!("The project's code calls the functions concerned{at}."),
        },
        Status::NotAffected => {
            format!(
                "All code was read; none of it calls the functions concerned ({symbols}), and no other package needs this one."
            )
        }
        Status::UnderInvestigation if packages.iter().all(|package| package.dev) => {
            "The package is for development only; whether its functions concerned are run was not shown.".to_owned()
        }
        Status::UnderInvestigation => match held.reach.level {
            Reachability::Imported => {
                format!("The package is imported{at}; whether the functions concerned are called was not shown.")
            }
            _ => "No call of the functions concerned was found; that there is none was not shown.".to_owned(),
        },
    }
}

/// What to do, in a sentence.
fn action(held: &Held, packages: &[&Package]) -> String {
    use crate::version::Version;
    if held.found.malicious {
        return "Remove the package and treat the machines that installed it as compromised.".to_owned();
    }
    let version = |package: &&&Package| {
        Version::parse(package.ecosystem, package.version.as_ref().or(package.bound.as_ref())?).ok()
    };
    let newest = packages.iter().filter_map(|package| version(&package)).max();
    let name = packages.first().map(|package| package.name.clone()).unwrap_or_default();
    match newest.and_then(|newest| held.found.fix_for(&newest).map(str::to_owned)) {
        Some(fix) => format!("Raise {name} to {fix} or later."),
        None => format!("No fix is published: replace {name}, or keep untrusted data from the functions concerned."),
    }
}
