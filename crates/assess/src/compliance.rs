//! From weaknesses to requirements: for which requirements of the usual standards a finding is evidence.
//!
//! The table (`data/compliance.csv`) holds ids, not texts: most standards may not be reprinted. A mapping is *official*
//! when the standard itself publishes it (the CWE lists of the OWASP Top 10 2021 and 2025 and of the API Security Top
//! 10 2023; the archived CWE map of ASVS 5.0.0), and *editorial* otherwise: the judgement of this project, with every
//! id checked to exist. SOC 2, GDPR and ISO 27001 have no such lists, so they are editorial throughout.
//!
//! Wording: a finding is [`EVIDENCE`] a requirement. Nothing here says that a system complies, or that it does not.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lunette_core::assessment::Standard;

/// The words that join a finding or a fix to requirements, in every report.
pub const EVIDENCE: &str = "evidence relevant to";

const TABLE: &str = include_str!("../data/compliance.csv");
const ANCESTORS: &str = include_str!("../data/cwe_parents.csv");

/// A standard: its name in reports, the year that its ids are written with, and a mark that the ids carry in the table
/// and not in reports.
struct Column {
    name: &'static str,
    year: &'static str,
    mark: &'static str,
}

const fn column(name: &'static str, year: &'static str, mark: &'static str) -> Column {
    Column { name, year, mark }
}

/// The standards in the order of the table's columns.
const COLUMNS: [Column; 9] = [
    column("OWASP Top 10 2021", ":2021", ""),
    column("OWASP Top 10 2025", ":2025", ""),
    column("OWASP API Security Top 10 2023", ":2023", ""),
    column("ASVS 5.0.0", "", "V"),
    column("NIST 800-53 r5", "", ""),
    column("SOC 2", "", ""),
    column("GDPR", "", ""),
    column("PCI DSS 4.0.1", "", ""),
    column("ISO 27001:2022", "", ""),
];

/// A requirement's id, and whether its mapping is official.
type Requirement = (&'static str, bool);
type Row = [Vec<Requirement>; COLUMNS.len()];

static ROWS: LazyLock<BTreeMap<u16, Row>> = LazyLock::new(|| lines(TABLE).filter_map(row).collect());
static ANCESTOR: LazyLock<BTreeMap<u16, u16>> = LazyLock::new(|| {
    let pair = |line: &str| {
        let (child, ancestor) = line.split_once(',')?;
        Some((child.parse().ok()?, ancestor.parse().ok()?))
    };
    lines(ANCESTORS).filter_map(pair).collect()
});

/// Lines that hold data: no remarks, not the header.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1)
}

fn row(line: &'static str) -> Option<(u16, Row)> {
    let mut cells = line.split(',');
    let cwe = cells.next()?.parse().ok()?;
    let mut row = Row::default();
    for requirements in &mut row {
        *requirements =
            cells.next()?.split(';').filter(|cell| !cell.is_empty()).map(requirement).collect::<Option<_>>()?;
    }
    cells.next().is_none().then_some((cwe, row))
}

fn requirement(cell: &'static str) -> Option<Requirement> {
    match cell.rsplit_once(':')? {
        (id, "o") => Some((id, true)),
        (id, "e") => Some((id, false)),
        _ => None,
    }
}

/// The names of the standards, in the order that [`standards`] gives them.
pub fn names() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|column| column.name)
}

/// The requirements for which a weakness of these numbers is evidence, by standard; standards without any are left
/// out. `official` holds only when every id listed is mapped by the standard itself. A number without a row is looked
/// up by its ancestor in the CWE hierarchy, which makes the mapping editorial; one without either gives nothing.
pub fn standards(cwe: &[u16]) -> Vec<Standard> {
    let mut found: [Vec<Requirement>; COLUMNS.len()] = Row::default();
    for &number in cwe {
        let exact = ROWS.get(&number);
        let row = exact.or_else(|| ROWS.get(ANCESTOR.get(&number)?));
        let Some(row) = row else { continue };
        for (into, requirements) in found.iter_mut().zip(row) {
            for &(id, official) in requirements {
                let official = official && exact.is_some();
                match into.iter_mut().find(|(known, _)| *known == id) {
                    Some(known) => known.1 |= official,
                    None => into.push((id, official)),
                }
            }
        }
    }
    COLUMNS
        .iter()
        .zip(found)
        .filter(|(_, requirements)| !requirements.is_empty())
        .map(|(column, it)| shown(column, &it))
        .collect()
}

fn shown(column: &Column, requirements: &[Requirement]) -> Standard {
    let id = |id: &str| format!("{}{}", id.strip_prefix(column.mark).unwrap_or(id), column.year);
    Standard {
        name: column.name.to_owned(),
        ids: requirements.iter().map(|(it, _)| id(it)).collect(),
        official: requirements.iter().all(|(_, official)| *official),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

    use super::*;

    fn check(cwe: &[u16], name: &str, expected: &str) {
        let found = standards(cwe);
        let standard = found.iter().find(|standard| standard.name == name);
        let shown = standard.map_or(String::new(), |it| {
            format!("{} {}", it.ids.join(" "), if it.official { "official" } else { "editorial" })
        });
        assert_eq!(shown, expected, "CWE {cwe:?}, {name}");
    }

    #[test]
    fn every_line_parses() {
        assert_eq!(ROWS.len(), lines(TABLE).count());
        assert_eq!(ANCESTOR.len(), lines(ANCESTORS).count());
        assert_eq!(ROWS.len(), 123);
        assert!(row("89,A03:x,,,,,,,,").is_none(), "an unknown flag is an error");
        assert!(row("89,A03:o").is_none(), "so are missing cells");
        assert!(row("89,,,,,,,,,,").is_none(), "and cells too many");
    }

    #[test]
    fn ids_have_the_shape_of_their_standard() {
        let shapes = [
            r"^A(0[1-9]|10)$",
            r"^(A(0[1-9]|10)|X01)$",
            r"^API([1-9]|10)$",
            r"^V\d{1,2}\.\d{1,2}\.\d{1,2}$",
            r"^[A-Z]{2}-\d{1,2}(\(\d{1,2}\))?$",
            r"^(CC\d\.\d|[AC]1\.\d)$",
            r"^Art\. \d{1,2}(\(\d\)(\([a-z]\))?)?$",
            r"^\d{1,2}\.\d{1,2}\.\d{1,2}$",
            r"^A\.[5-8]\.\d{1,2}$",
        ];
        let shapes = shapes.map(|shape| regex::Regex::new(shape).unwrap());
        for (cwe, row) in ROWS.iter() {
            for ((shape, requirements), column) in shapes.iter().zip(row).zip(COLUMNS) {
                for (id, _) in requirements {
                    assert!(shape.is_match(id), "CWE-{cwe}, {}: {id}", column.name);
                }
            }
        }
    }

    #[test]
    fn standards_without_published_lists_are_never_official() {
        for (cwe, row) in ROWS.iter() {
            assert!(row[4..].iter().flatten().all(|(_, official)| !official), "CWE-{cwe}");
        }
    }

    #[test]
    fn every_ancestor_has_a_row_and_no_descendant_does() {
        for (child, ancestor) in ANCESTOR.iter() {
            assert!(ROWS.contains_key(ancestor), "CWE-{ancestor}");
            assert!(!ROWS.contains_key(child), "CWE-{child} has a row of its own");
        }
    }

    #[test]
    fn lookups() {
        check(&[89], "OWASP Top 10 2021", "A03:2021 official");
        check(&[89], "OWASP Top 10 2025", "A05:2025 official");
        check(&[89], "ASVS 5.0.0", "1.2.4 official");
        check(&[89], "PCI DSS 4.0.1", "6.2.4 editorial");
        check(&[89], "OWASP API Security Top 10 2023", "");
        check(&[639], "GDPR", "Art. 5(1)(f) Art. 25(2) Art. 32(1)(b) editorial");
        check(&[613], "ASVS 5.0.0", "7.3.1 7.3.2 7.4.1 9.2.1 editorial");
        check(&[400], "OWASP Top 10 2025", "X01:2025 official");
    }

    #[test]
    fn several_weaknesses_are_joined_without_repeats() {
        check(&[79, 89], "OWASP Top 10 2021", "A03:2021 official");
        check(&[89, 352], "OWASP Top 10 2021", "A03:2021 A01:2021 official");
    }

    #[test]
    fn an_ancestor_stands_in_and_is_editorial() {
        check(&[564], "OWASP Top 10 2021", "A03:2021 editorial");
        check(&[259], "ASVS 5.0.0", "13.3.1 editorial");
        assert!(standards(&[65_000]).is_empty());
        assert!(standards(&[]).is_empty());
    }

    /// The table is made from facts kept outside the repository; where they are at hand, every cell must agree.
    #[test]
    fn the_table_agrees_with_the_research() {
        let outside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/cwe_map.csv");
        let Ok(text) = std::fs::read_to_string(outside) else {
            println!("SKIPPED: {outside} is not here");
            return;
        };
        let rows: Vec<Vec<String>> = text.lines().map(fields).collect();
        let at = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        let columns = [
            ("owasp_top10_2021", "conf_2021"),
            ("owasp_top10_2025", "conf_2025"),
            ("owasp_api_2023", "conf_api"),
            ("asvs_5_0_0", "conf_asvs"),
            ("nist_800_53_r5", "conf_nist"),
            ("soc2_tsc_2017r2022", "conf_soc2"),
            ("gdpr", "conf_gdpr"),
            ("pci_dss_4_0_1", "conf_pci"),
            ("iso27001_2022", "conf_iso"),
        ];
        assert_eq!(rows.len() - 1, ROWS.len());
        for source in &rows[1..] {
            let row = &ROWS[&source[0].trim_start_matches("CWE-").parse().unwrap()];
            for ((ids, letters), requirements) in columns.iter().zip(row) {
                let ids = source[at(ids)].replace("(next steps)", "");
                let ours: Vec<&str> = requirements.iter().map(|(id, _)| *id).collect();
                assert_eq!(ids, ours.join(";"), "{}", source[0]);
                // One letter may stand for all ids of a cell.
                let letters: Vec<&str> = source[at(letters)].split(';').collect();
                for (place, (id, official)) in requirements.iter().enumerate() {
                    let letter = letters.get(place).unwrap_or(&letters[0]);
                    assert_eq!(*official, ["O", "A"].contains(letter), "{}: {id}", source[0]);
                }
            }
        }
    }

    /// Fields of a line of comma-separated values; quotes only around whole fields.
    fn fields(line: &str) -> Vec<String> {
        let mut out = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => out.push(String::new()),
                c => out.last_mut().unwrap().push(c),
            }
        }
        out
    }
}
