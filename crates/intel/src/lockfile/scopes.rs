//! Nested folders of installed packages: who gets which copy of a name (npm's and bun's way of looking up).

use rustc_hash::FxHashMap;

use super::Lock;
use crate::document::Node;
use crate::packages::Need;

/// Steps up that one look-up may take. Real trees nest a dozen deep.
const MAX_STEPS: usize = 128;

/// Folders inside folders. Scope 0 is the project; scope `n + 1` is package `n`.
pub(super) struct Scopes<'t> {
    parents: Vec<u32>,
    children: FxHashMap<(u32, &'t str), u32>,
}

impl<'t> Scopes<'t> {
    /// Only the project.
    pub(super) fn new() -> Self {
        Scopes { parents: vec![0], children: FxHashMap::default() }
    }

    /// Adds the next package below a scope and gives its own scope.
    pub(super) fn add(&mut self, parent: u32) -> u32 {
        self.parents.push(parent);
        self.parents.len() as u32 - 1
    }

    /// Says that a name in a scope means this package's scope.
    pub(super) fn name(&mut self, parent: u32, name: &'t str, scope: u32) {
        self.children.insert((parent, name), scope);
    }

    /// The package that a name means for what lies in a scope.
    pub(super) fn find(&self, scope: u32, name: &str) -> Option<u32> {
        let mut at = scope;
        for _ in 0..MAX_STEPS {
            if let Some(found) = self.children.get(&(at, name)) {
                return found.checked_sub(1);
            }
            if at == 0 {
                return None;
            }
            at = *self.parents.get(at as usize)?;
        }
        None
    }

    /// Adds edges for a table of dependencies.
    pub(super) fn edges(
        &self,
        lock: &mut Lock,
        package: u32,
        table: &[(crate::document::Key<'_>, Node<'_>)],
        need: Need,
    ) {
        for (key, range) in table {
            if let Some(found) = self.find(package + 1, &key.text)
                && found != package
            {
                lock.edges[package as usize].push((found, need));
                if let Some(range) = range.text() {
                    let asked = &mut lock.packages[found as usize].asked;
                    if let Err(at) = asked.binary_search_by(|known| known.as_str().cmp(range)) {
                        asked.insert(at, range.to_owned());
                    }
                }
            }
        }
    }
}
