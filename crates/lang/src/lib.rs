//! JavaScript/TypeScript (by oxc) and Python (by ruff's parser) lowered to one intermediate representation.
//!
//! **Invariant.** Lowering never fails: a file that does not parse yields what could be understood and its
//! diagnostics, or no module and the reason. This is the only crate that knows a syntax tree.

mod build;
mod dump;
pub mod ir;
mod javascript;
mod nesting;
mod python;
mod verify;

pub use dump::dump;
use ir::{Language, Module};
pub use verify::verify;

/// What lowering one file gave.
#[derive(Debug)]
pub struct Lowered {
    /// The module, or `None` when nothing of the file could be understood.
    pub module: Option<Module>,
    /// What the parser complained of, in source order; at most [`MAX_ERRORS`].
    pub errors: Vec<SyntaxError>,
}

/// One complaint of a parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: u32,
    /// What is wrong, in the parser's words.
    pub message: String,
}

/// At most this many syntax errors are kept per file.
pub const MAX_ERRORS: usize = 5;

/// The stack that a thread calling [`lower`] must have, in bytes (64 MiB).
///
/// Parsers and lowering recurse as deep as the source nests. Sources that nest deeper than this stack bears are
/// refused with a [`SyntaxError`] before they are parsed. Ordinary code needs less than 1 MiB.
pub const STACK_SIZE: usize = 64 << 20;

/// The dialect of a source file, by which the parser is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Python 3, any version the parser knows.
    Python,
    /// JavaScript, module or script decided by content; JSX allowed.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
}

impl Dialect {
    /// The dialect by a file name's extension.
    pub fn of_path(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        Some(match extension {
            "py" | "pyw" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            _ => return None,
        })
    }

    /// The language that the dialect belongs to.
    pub fn language(self) -> Language {
        match self {
            Self::Python => Language::Python,
            _ => Language::JavaScript,
        }
    }
}

/// Lowers one file, on a thread with a stack of [`STACK_SIZE`]. Never fails and never panics on any input.
pub fn lower(dialect: Dialect, source: &str) -> Lowered {
    if let Some(line) = nesting::too_deep(source, dialect) {
        let message = format!("nested deeper than {} levels", nesting::MAX_DEPTH);
        return Lowered { module: None, errors: vec![SyntaxError { line, message }] };
    }
    match dialect {
        Dialect::Python => python::lower(source),
        _ => javascript::lower(dialect, source),
    }
}

/// Byte offsets at which lines start.
fn line_starts(source: &str) -> Vec<u32> {
    let breaks = source.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect()
}
