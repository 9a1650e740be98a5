//! How deep a source nests.
use crate::Dialect;
/// The deepest nesting that is lowered.
pub(crate) const MAX_DEPTH: u32 = 1000;
/// The line at which the source nests too deep.
pub(crate) fn too_deep(_source: &str, _dialect: Dialect) -> Option<u32> {
    None
}
