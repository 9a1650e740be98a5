//! Research on the web: what is asked, and what came of it.
//!
//! The process that reads a project cannot reach the network; it hands [`Ask`]s to one that can and gets [`Researched`]
//! back. An ask has room for public facts only: there is no field that could carry code, a path or a text of the project.
//! Who sends it holds it against public data first.

use serde::{Deserialize, Serialize};

/// Most questions of one run.
pub const MAX_ASKS: usize = 24;

/// A question about public facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "about")]
pub enum Ask {
    /// What is said of an advisory today, whether it is exploited, how likely that is.
    Advisory {
        /// Its id: `GHSA-…`, `CVE-…`, `PYSEC-…`.
        id: String,
    },
    /// Whether a published version that has fixes is still offered.
    Version {
        /// The registry: `npm` or `PyPI`.
        ecosystem: String,
        /// The package, which a public advisory names.
        package: String,
        /// The version, which a public advisory names as fixed.
        version: String,
    },
    /// Until when a release of a product gets fixes.
    Release {
        /// The product, as its publisher's calendar calls it: `nodejs`, `python`.
        product: String,
        /// The release: `18`, `3.9`.
        release: String,
    },
}

/// A claim and the page that it was read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cited {
    /// What it is about: an advisory, a package, a release.
    pub about: String,
    /// The claim. Words of the page stand between quotation marks.
    pub claim: String,
    /// The page's address, after redirects.
    pub url: String,
    /// When it was fetched (ISO, UTC).
    pub fetched: String,
    /// SHA-256 of what the server sent, hex.
    pub sha256: String,
}

/// What came of research.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Researched {
    /// Claims, each with its page, in order.
    pub claims: Vec<Cited>,
    /// What could not be found out, and why, in sentences.
    pub failures: Vec<String>,
    /// Every address that was asked, in order: all that left the machine.
    pub sent: Vec<String>,
}
