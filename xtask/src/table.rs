//! A table that prints as aligned text and as Markdown.

use std::fmt::Write as _;

/// One corpus's results.
#[derive(Default)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Lines below the table.
    pub(crate) notes: Vec<String>,
    /// Long listings, on the terminal only.
    pub(crate) listing: Vec<String>,
}

impl Section {
    /// An empty table.
    pub(crate) fn new(title: impl Into<String>, head: &[&str]) -> Self {
        Self { title: title.into(), head: head.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    /// Aligned columns: the first to the left, the others to the right.
    pub(crate) fn text(&self) -> String {
        let rows: Vec<&Vec<String>> = std::iter::once(&self.head).chain(&self.rows).collect();
        let width =
            |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let mut out = format!("{}\n", self.title);
        for row in &rows {
            let cells: Vec<String> = row
                .iter()
                .enumerate()
                .map(
                    |(at, cell)| {
                        if at == 0 { format!("{cell:<0$}", width(at)) } else { format!("{cell:>0$}", width(at)) }
                    },
                )
                .collect();
            let _ = writeln!(out, "  {}", cells.join("  ").trim_end());
        }
        for line in self.notes.iter().chain(&self.listing) {
            let _ = writeln!(out, "  {line}");
        }
        out
    }

    /// The table without its listings.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            format!("| {} |", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
        };
        let mut out = format!("## {}\n\n{}\n|{}\n", self.title, line(&self.head), "---|".repeat(self.head.len()));
        for row in &self.rows {
            let _ = writeln!(out, "{}", line(row));
        }
        for note in &self.notes {
            let _ = write!(out, "\n{note}\n");
        }
        out
    }
}

/// `part` of `total` in percent.
pub(crate) fn percent(part: u64, total: u64) -> String {
    if total == 0 { "–".to_owned() } else { format!("{:.1}%", 100.0 * number(part) / number(total)) }
}

/// `count` in a thousand lines.
pub(crate) fn per_kloc(count: u64, lines: u64) -> String {
    if lines == 0 { "–".to_owned() } else { format!("{:.2}", 1000.0 * number(count) / number(lines)) }
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
