//! `lunette mcp`.

use std::path::Path;

use lunette_assess::Options;

use super::plan;
use crate::exit::{Failure, Status};
use crate::sandbox;

/// Serves coding agents. The whole process is confined: it only reads below the root, and answers on the pipes it was
/// started with.
pub(crate) fn serve(root: &Path, date: Option<&str>) -> Result<Status, Failure> {
    let date = crate::date::resolve(date)?;
    let plan = plan(root)?;
    let parent: Vec<&Path> = plan.parent_rules.as_deref().into_iter().collect();
    let confinement = sandbox::confine(&[plan.root.as_path()], &parent);
    let options = Options { date, confinement, ..Options::default() };
    lunette_consult::serve(plan, options).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(Status::FINE)
}
