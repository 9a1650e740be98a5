//! What a call calls, as far as that is known: told by where its callee comes from, without looking anything up.

use lunette_lang::ir::{Op, ValueId};

use super::calls::BodyKey;
use super::scan::Scan;
use crate::api::NodeId;
use crate::know::Origin;

/// What a call calls: nothing is known of it when there are neither API values nor functions.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a>(&'a [Origin]);

impl<'a> Target<'a> {
    /// The API values called.
    pub(crate) fn api(self) -> impl Iterator<Item = NodeId> + use<'a> {
        self.0.iter().filter_map(|origin| match *origin {
            Origin::Api(node, _) => Some(node),
            _ => None,
        })
    }

    /// The functions of the project that are called.
    pub(crate) fn functions(self) -> impl Iterator<Item = BodyKey> + use<'a> {
        self.0.iter().filter_map(|origin| match *origin {
            Origin::Function(unit, body) => Some((unit, body)),
            _ => None,
        })
    }

    /// Whether anything is known of it.
    pub(crate) fn is_known(self) -> bool {
        self.0.iter().any(|origin| matches!(origin, Origin::Api(..) | Origin::Function(..)))
    }
}

impl<'a> Scan<'_, 'a> {
    /// What is called by what this value is.
    pub(crate) fn target(&self, callee: ValueId) -> Target<'a> {
        Target(self.origins(callee))
    }

    /// What a call calls; `None` for what is no call.
    pub(crate) fn called(&self, call: ValueId) -> Option<Target<'a>> {
        match *self.op(call) {
            Op::Call { callee, .. } => Some(self.target(callee)),
            _ => None,
        }
    }
}
