//! Places of the project as SARIF locations.

use std::fmt::Write;

use lunette_core::finding::Step;
use lunette_core::place::Place;

use super::model::{ArtifactLocation, Location, Message, PhysicalLocation, Region};

/// A path relative to the root as a relative URI reference (RFC 3986): what isn't unreserved is percent-encoded, so
/// that no path can look like a scheme, a query or an absolute path.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (at, segment) in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".").enumerate() {
        if at > 0 {
            out.push('/');
        }
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~!$()+,;=@".contains(&byte) {
                out.push(char::from(byte));
            } else {
                // Writing to a string can't fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    // A reference must not be empty: the root itself.
    if out.is_empty() { ".".to_owned() } else { out }
}

/// The location of a result: always with a region, because code scanning wants one. A whole file is its first line.
pub(super) fn location(place: &Place, code: Option<&str>) -> Location {
    let mut location = bare(place, code);
    location.physical_location.region.get_or_insert(Region {
        start_line: 1,
        start_column: None,
        end_line: None,
        end_column: None,
    });
    location
}

/// A location with a region only where the place has a line.
pub(super) fn bare(place: &Place, code: Option<&str>) -> Location {
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&place.path) },
            region: (place.line > 0).then(|| region(place, code)),
        },
        message: None,
    }
}

/// The location of a step, with what happens there.
pub(super) fn step(step: &Step) -> Location {
    let mut location = location(&step.place, Some(&step.code));
    let text = match (step.code.is_empty(), step.note.is_empty()) {
        (_, true) => step.code.clone(),
        (true, false) => step.note.clone(),
        (false, false) => format!("{}: {}", step.note, step.code),
    };
    location.message = (!text.is_empty()).then(|| Message::text(super::plain(&text)));
    location
}

/// A region. Places count columns in bytes, SARIF in UTF-16 units: the two agree on a line that is ASCII, and only
/// then columns are given. The line is known from the evidence's code, which escapes what is hidden.
fn region(place: &Place, code: Option<&str>) -> Region {
    let end_line = place.end_line.max(place.line);
    let same_line = end_line == place.line;
    let ascii = code.is_some_and(|code| !code.is_empty() && code.is_ascii() && !code.contains("\\u{"));
    let columns = ascii && place.column > 0 && (!same_line || place.end_column > place.column);
    Region {
        start_line: place.line,
        start_column: columns.then_some(place.column),
        end_line: (!same_line).then_some(end_line),
        end_column: (columns && same_line).then_some(place.end_column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_references() {
        for (path, expected) in [
            ("src/a b.ts", "src/a%20b.ts"),
            ("src/[id]/route.ts", "src/%5Bid%5D/route.ts"),
            ("http://x/y", "http%3A/x/y"),
            ("C:\\x", "C%3A%5Cx"),
            ("a?b#c%d", "a%3Fb%23c%25d"),
            ("/abs", "abs"),
            ("\u{e9}\n", "%C3%A9%0A"),
            ("../.claude/rules.md", "../.claude/rules.md"),
            ("", "."),
        ] {
            assert_eq!(uri(path), expected, "{path:?}");
        }
    }

    #[test]
    fn columns_only_where_bytes_are_characters() {
        let place = Place { path: "a".into(), line: 2, column: 3, end_line: 2, end_column: 9 };
        let columns = |place: &Place, code| {
            let region = region(place, code);
            (region.start_column, region.end_line, region.end_column)
        };
        assert_eq!(columns(&place, Some("let a = 1")), (Some(3), None, Some(9)));
        assert_eq!(columns(&place, Some("let \u{e9} = 1")), (None, None, None));
        assert_eq!(columns(&place, Some("let \\u{202e} = 1")), (None, None, None));
        assert_eq!(columns(&place, None), (None, None, None));
        assert_eq!(columns(&Place::line("a", 2), Some("x")), (None, None, None));
        let long = Place { end_line: 4, end_column: 1, ..place };
        assert_eq!(columns(&long, Some("f(")), (Some(3), Some(4), None));
    }
}
