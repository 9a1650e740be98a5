//! The only door to the disk: rules first, confinement, caps and the skip ledger.
//!
//! **Invariants.**
//! - `.claude/rules.md` is the first file opened below the root: a [`Root`] cannot be had without having read it.
//! - Every open is confined to the root by the kernel (`openat2` with `RESOLVE_BENEATH`), or by opening one name at a
//!   time without following links where the kernel cannot. What is read is what was examined: type, size and content
//!   come from one descriptor.
//! - Only regular files are read, never more than their cap, and opening never blocks.
//! - Reading never fails: what was not read is in the skip ledger with its reason. The ledger is bounded.
//! - Nothing here writes.
//! - Same tree, same result: no order of the file system reaches it.
//!
//! Version-control data (`.git`, `.hg`, `.svn`, `.jj`) is never entered and not in the ledger.

mod content;
mod decode;
mod door;
mod ignores;
mod ledger;
mod plan;
pub mod redact;
mod root;
mod rules;
mod vendored;
mod walk;

#[cfg(all(test, unix))]
mod hostile_tests;
#[cfg(all(test, unix))]
mod rules_tests;
#[cfg(all(test, unix))]
mod walk_tests;

pub use plan::{OpenError, Plan};
pub use redact::redact;
pub use root::Root;
pub use rules::{RULES_PATH, RulesFile};
pub use walk::{Caps, Listed, SourceFile, Tree, WalkOptions, Want};
