//! The project's own rules: the first file that is opened.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use lunette_core::assessment::RulesState;
use sha2::{Digest, Sha256};

use crate::decode;
use crate::door::{Dir, Kind, Refusal};
use crate::plan::Plan;

/// Where the rules are, below the root.
pub const RULES_PATH: &str = ".claude/rules.md";

/// Largest rules file that is read, in bytes.
const CAP: u64 = 1024 * 1024;

/// The project's rules file, or its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesFile {
    /// As shown: `.claude/rules.md`, with `../` when it is the work tree's.
    pub path: String,
    /// Whether it was there and could be read.
    pub state: RulesState,
    /// Why it was not read, what was odd about it, or where it comes from; may be empty.
    pub note: String,
    /// SHA-256 of its bytes in hex; empty when it was not read.
    pub sha256: String,
    /// Its size in bytes, 0 when it was not read.
    pub bytes: u64,
    /// Its lines.
    pub lines: usize,
    /// Its text: byte order mark left out, line ends `\n`, invalid UTF-8 replaced.
    pub text: String,
}

impl RulesFile {
    /// Reads the rules of the root that `dir` is. They are the first file opened below it; only when there are none
    /// does the work tree's file apply.
    pub(crate) fn read(dir: &Dir, plan: &Plan) -> Self {
        let own = Self::read_in(dir, RULES_PATH.to_owned());
        let Some(parent) = plan.parent.as_ref().filter(|_| own.state == RulesState::Absent) else {
            return own;
        };
        let mut rules = match (&parent.refused, Dir::open(&parent.top)) {
            (Some(why), _) => Self::without_text(parent.shown(), RulesState::Refused, why.clone()),
            (None, Ok(top)) => Self::read_in(&top, parent.shown()),
            (None, Err(error)) => Self::without_text(parent.shown(), RulesState::Refused, crate::door::words(&error)),
        };
        let from = "the assessed directory has no rules of its own; these are of the git work tree it lies in";
        rules.note = if rules.note.is_empty() { from.to_owned() } else { format!("{}; {from}", rules.note) };
        rules
    }

    fn read_in(dir: &Dir, path: String) -> Self {
        match dir.read_below(Path::new(RULES_PATH), CAP) {
            Ok(bytes) => Self::of(path, &bytes),
            Err(Refusal::Absent) => {
                let note = match dir.kind(OsStr::new(".claude")) {
                    Some(Kind::File | Kind::Other(_)) => ".claude is not a directory",
                    _ => "",
                };
                Self::without_text(path, RulesState::Absent, note.to_owned())
            }
            Err(refusal) => Self::without_text(path, RulesState::Refused, refusal.detail()),
        }
    }

    fn of(path: String, bytes: &[u8]) -> Self {
        let decoded = decode::lossy(bytes);
        let mut notes = decoded.notes;
        if decoded.text.trim().is_empty() {
            notes.push("empty");
        }
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(bytes) {
            let _ = write!(sha256, "{byte:02x}");
        }
        Self {
            path,
            state: RulesState::Read,
            note: notes.join("; "),
            sha256,
            bytes: bytes.len() as u64,
            lines: decoded.text.lines().count(),
            text: decoded.text,
        }
    }

    fn without_text(path: String, state: RulesState, note: String) -> Self {
        Self { path, state, note, sha256: String::new(), bytes: 0, lines: 0, text: String::new() }
    }
}
