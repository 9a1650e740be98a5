//! Where bytes of a text stand in its file.

use lunette_core::place::Place;

use crate::catalogue::Origin;

/// Beginnings of a text's lines.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<u32>,
    /// Line and column of the first character.
    at: (u32, u32),
}

impl Lines {
    pub(crate) fn new(text: &str, at: (u32, u32)) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1));
        Lines { starts, at }
    }

    /// Line and column of a byte, from 1.
    pub(crate) fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let column = offset - self.starts[line - 1] + 1;
        if line == 1 { (self.at.0, self.at.1 + column - 1) } else { (self.at.0 + line as u32 - 1, column) }
    }
}

/// Where a text that is run stands: at an offset within a file, or (a string put together) at one statement of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site<'a> {
    pub(crate) path: &'a str,
    pub(crate) lines: &'a Lines,
    /// Offset of the text within the file.
    pub(crate) base: u32,
    /// The statement that all of the text is put down to.
    pub(crate) fixed: Option<&'a Origin>,
}

impl Site<'_> {
    /// The place of a range of the text.
    pub(crate) fn place(&self, start: u32, end: u32) -> Place {
        if let Some(origin) = self.fixed {
            return origin.place();
        }
        let (line, column) = self.lines.position(self.base + start);
        let (end_line, end_column) = self.lines.position(self.base + end);
        Place { path: self.path.to_owned(), line, column, end_line, end_column }
    }

    /// Line and column of a byte of the text.
    pub(crate) fn position(&self, offset: u32) -> (u32, u32) {
        match self.fixed {
            Some(origin) => (origin.line, origin.column),
            None => self.lines.position(self.base + offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_the_beginning_of_the_file() {
        let lines = Lines::new("a\nbc\n", (1, 1));
        assert_eq!((lines.position(0), lines.position(2), lines.position(3)), ((1, 1), (2, 1), (2, 2)));
        let inner = Lines::new("a\nbc", (10, 5));
        assert_eq!((inner.position(0), inner.position(3)), ((10, 5), (11, 2)));
    }
}
