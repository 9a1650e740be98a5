//! Where a fact of the catalogue comes from: the statement that made it so.

use std::ops::Deref;
use std::sync::Arc;

use lunette_core::place::Place;
use serde::{Deserialize, Serialize};

/// The statement that made something so, shared by everything that it made.
///
/// Origins never make two catalogues differ: any two are equal. Compare their fields where the place matters.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Origin(Arc<Source>);

/// A statement's place and the beginning of its text. Lines and columns count from 1, columns in bytes; the end is one past
/// the last byte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Path of the file, relative to the project's root; empty for what the engine seeded or a live database holds.
    pub path: String,
    /// First line; 0 when not known.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// The statement's text on one line, white space collapsed, at most [`Origin::EXCERPT`] characters.
    pub excerpt: String,
    /// Number of the statement in the replay, from 1: orders origins in time. 0 for seeded facts.
    pub sequence: u32,
}

impl Origin {
    /// Longest excerpt kept, in characters.
    pub const EXCERPT: usize = 160;

    /// An origin of that source.
    pub fn new(source: Source) -> Self {
        Origin(Arc::new(source))
    }

    /// An origin that knows only the place.
    pub fn of_place(place: &Place) -> Self {
        Origin::new(Source {
            path: place.path.clone(),
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            ..Source::default()
        })
    }

    /// Whether it names a statement of the project (and not the seed or a live database).
    pub fn is_known(&self) -> bool {
        self.0.line != 0 && !self.0.path.is_empty()
    }

    /// Its place.
    pub fn place(&self) -> Place {
        Place {
            path: self.0.path.clone(),
            line: self.0.line,
            column: self.0.column,
            end_line: self.0.end_line,
            end_column: self.0.end_column,
        }
    }
}

impl Deref for Origin {
    type Target = Source;

    fn deref(&self) -> &Source {
        &self.0
    }
}

impl PartialEq for Origin {
    fn eq(&self, _: &Origin) -> bool {
        true
    }
}

impl Eq for Origin {}
