//! Landlock: which files may be read, and that none may be written or executed.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, PathBeneath, PathFd, RestrictSelfAttr, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

/// The newest version that this code was written for. An older kernel leaves out what it does not know.
const NEWEST: ABI = ABI::V10;

/// What is in force.
pub(super) struct Status {
    /// The kernel's version of Landlock.
    pub(super) abi: i32,
    /// Whether threads that were running already are covered.
    pub(super) all_threads: bool,
}

/// Refuses every access that Landlock knows, except reading below `read_below` and of the files `also_read`.
pub(super) fn restrict(read_below: &[&Path], also_read: &[&Path]) -> Result<Status, String> {
    let status = apply(read_below, also_read).map_err(|error| error.to_string())?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err(match status.landlock {
            LandlockStatus::NotEnabled => "built into this kernel, but not enabled".to_owned(),
            LandlockStatus::NotImplemented => "this kernel does not have it (it came with Linux 5.13)".to_owned(),
            LandlockStatus::Available { .. } => "the kernel did not enforce it".to_owned(),
        });
    }
    match status.landlock {
        LandlockStatus::Available { effective_abi, kernel_abi } => {
            Ok(Status { abi: kernel_abi.unwrap_or(effective_abi as i32), all_threads: status.all_threads })
        }
        _ => Err("the kernel did not enforce it".to_owned()),
    }
}

fn apply(read_below: &[&Path], also_read: &[&Path]) -> Result<landlock::RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .all_threads(true)?;
    // A path that cannot be opened gets no rule: then even less may be read, and opening it says why.
    for path in read_below {
        if let Ok(fd) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(fd, AccessFs::ReadFile | AccessFs::ReadDir))?;
        }
    }
    for path in also_read {
        // For a directory the rule would cover all that is below it.
        let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        if let (true, Ok(fd)) = (is_file, PathFd::new(path)) {
            rules = rules.add_rule(PathBeneath::new(fd, AccessFs::ReadFile))?;
        }
    }
    rules.restrict_self()
}
