//! The bill of materials in `CycloneDX` 1.6 (JSON).
//!
//! The same inventory gives the same bytes: there is no time in it but the one that is given, and the serial number is made
//! of the content.

mod build;
pub(crate) mod model;

pub use build::cyclonedx;
pub(crate) use build::{project, reference, root_of};

use sha2::{Digest as _, Sha256};

/// What the documents say of themselves besides the packages.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The project's name, for want of one in its manifests: the folder's.
    pub project: &'a str,
    /// Lunette's version.
    pub tool_version: &'a str,
    /// When it is made (RFC 3339, UTC). `CycloneDX` may do without; `OpenVEX` may not.
    pub timestamp: Option<&'a str>,
}

/// A UUID made of content: version 8 of RFC 9562 with SHA-256, as its appendix B.2 shows.
pub(crate) fn uuid_of(content: &str) -> String {
    let hash = Sha256::digest(content.as_bytes());
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().fold(String::new(), |mut out, byte| {
        use std::fmt::Write as _;
        let _ = write!(out, "{byte:02x}");
        out
    });
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
