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
pub mod template;
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
///
/// A file that holds so much that this stack might not do is lowered on a thread made for it.
pub fn lower(dialect: Dialect, source: &str) -> Lowered {
    let links = nesting::links(source.as_bytes());
    if let Some(line) = nesting::too_deep_with(source, dialect, links) {
        return refused(line, format!("nested deeper than {} levels", nesting::MAX_DEPTH));
    }
    if source.len() >= u32::MAX as usize {
        return refused(1, "larger than 4 GiB".to_owned());
    }
    let needed = nesting::stack_for(links);
    if needed <= STACK_SIZE {
        return lower_here(dialect, source);
    }
    std::thread::scope(|scope| {
        let made = std::thread::Builder::new().stack_size(needed).spawn_scoped(scope, || lower_here(dialect, source));
        match made.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(lowered)) => lowered,
            Ok(Err(_)) => refused(1, GAVE_UP.to_owned()),
            Err(why) => refused(1, format!("no stack of {} MiB to parse it safely: {why}", needed >> 20)),
        }
    })
}

const GAVE_UP: &str = "the parser gave up on this file";

fn refused(line: u32, message: String) -> Lowered {
    Lowered { module: None, errors: vec![SyntaxError { line, message }] }
}

/// Lowers on this thread. The parsers are other people's code with assertions in it: a file that trips one is
/// reported like any other that does not parse.
fn lower_here(dialect: Dialect, source: &str) -> Lowered {
    let lowered = std::panic::catch_unwind(|| match dialect {
        Dialect::Python => python::lower(source),
        _ => javascript::lower(dialect, source),
    });
    lowered.unwrap_or_else(|_| refused(1, GAVE_UP.to_owned()))
}

/// Byte offsets at which lines start.
fn line_starts(source: &str) -> Vec<u32> {
    let breaks = memchr::memchr_iter(b'\n', source.as_bytes());
    std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
}
