//! Python to IR.
use crate::Lowered;
pub(crate) fn lower(_source: &str) -> Lowered { Lowered { module: None, errors: Vec::new() } }
