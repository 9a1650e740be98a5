//! Places in the assessed project.

use serde::Serialize;

/// A range of text in a file of the project. Lines and columns count from 1; columns count bytes.
///
/// `line == 0` means the file as a whole (a missing setting, a file that could not be read).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Path relative to the project's root, with `/` as separator.
    pub path: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

impl Place {
    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Place { path: path.into(), line: 0, column: 0, end_line: 0, end_column: 0 }
    }

    /// A whole line.
    pub fn line(path: impl Into<String>, line: u32) -> Self {
        Place { path: path.into(), line, column: 1, end_line: line, end_column: 1 }
    }
}

impl std::fmt::Display for Place {
    /// `path:line`, or the path alone for a whole file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 { f.write_str(&self.path) } else { write!(f, "{}:{}", self.path, self.line) }
    }
}
