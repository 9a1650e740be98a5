//! Evidence as the lines of a code block: numbered steps, aligned columns.

use lunette_core::finding::{Evidence, Finding, Step, Why};
use lunette_core::text::shorten;

/// Most steps of one trace that are shown; the middle of longer ones is left to the JSON and SARIF.
const STEPS: usize = 14;
/// Findings of one entry whose whole trace is shown.
pub(super) const TRACES: usize = 3;
/// Longest code in a column, in characters: longer lines don't push the notes of the others away.
const CODE_WIDTH: usize = 60;
/// Longest place in a column.
const PLACE_WIDTH: usize = 48;

/// Blocks for the findings of one entry that are shown.
///
/// One finding has its whole evidence. Of several, the first traces are shown whole, and the others in a line each.
pub(super) fn blocks(findings: &[&Finding]) -> Vec<String> {
    match findings {
        [] => Vec::new(),
        [one] => vec![lines(&one.evidence)],
        several => {
            let rest: Vec<&Finding> = several.iter().copied().filter(|f| !is_path(&f.evidence)).collect();
            let paths: Vec<&Finding> = several.iter().copied().filter(|f| is_path(&f.evidence)).collect();
            let rows: Vec<Vec<String>> = paths.iter().skip(TRACES).chain(&rest).map(|f| row(f)).collect();
            let traces = paths.iter().take(TRACES).map(|f| format!("{}\n{}", f.id, lines(&f.evidence)));
            let rows = Some(table(&rows)).filter(|rows| !rows.is_empty());
            traces.chain(rows).collect()
        }
    }
}

/// Whether the evidence is a way through the code, and not a single place.
pub(super) fn is_path(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::Trace { .. } | Evidence::Catalogue { .. }) && evidence.steps().len() > 1
}

/// The evidence as a block.
pub(super) fn lines(evidence: &Evidence) -> String {
    // Two steps that say the same of the same place are one to a reader.
    let mut steps: Vec<&Step> = evidence.steps().iter().collect();
    steps.dedup_by(|b, a| (&a.place, a.why, &a.note) == (&b.place, b.why, &b.note));
    let mut rows = Vec::new();
    let hidden = steps.len().saturating_sub(STEPS);
    let head = if hidden == 0 { steps.len() } else { STEPS / 2 };
    let named = steps.iter().any(|step| step.why != Why::Here);
    let width = steps.len().to_string().len();
    for (at, &step) in steps.iter().enumerate() {
        if hidden > 0 && (head..head + hidden).contains(&at) {
            if at == head {
                rows.push(vec![format!("{:width$}  … {hidden} steps more, all in the JSON and SARIF", "")]);
            }
            continue;
        }
        let mut cells = Vec::new();
        if steps.len() > 1 {
            cells.push(format!("{:>width$}", at + 1));
        }
        if named {
            cells.push(word(step.why).to_owned());
        }
        cells.extend(place_and_code(step));
        cells.push(arrow(&remark(evidence, step)));
        rows.push(cells);
    }
    table(&rows)
}

/// One finding of several in a line: its id, where it ends, and where it came from.
fn row(finding: &Finding) -> Vec<String> {
    let steps = finding.evidence.steps();
    let at = steps.iter().find(|step| step.place == finding.place).or(steps.last());
    let mut cells = vec![finding.id.clone()];
    match at {
        Some(step) => cells.extend(place_and_code(step)),
        None => cells.push(finding.place.to_string()),
    }
    let mut remarks = Vec::new();
    if let (true, Some(first)) = (is_path(&finding.evidence), steps.first()) {
        remarks.push(format!("from {}", first.place));
    } else if let Some(step) = at {
        remarks.push(remark(&finding.evidence, step));
    }
    remarks.extend(finding.route.clone());
    remarks.retain(|remark| !remark.is_empty());
    cells.push(arrow(&remarks.join(", ")));
    cells
}

fn place_and_code(step: &Step) -> [String; 2] {
    [step.place.to_string(), shorten(&step.code, 120)]
}

fn remark(evidence: &Evidence, step: &Step) -> String {
    let shown = |text: &str| text.len() > name_length(text) && step.code.contains(text);
    let fact = match evidence {
        // The line itself says it: `app.run = app.run(debug=True)` would say it twice.
        Evidence::Setting { value, .. } if shown(value) => String::new(),
        Evidence::Setting { name, value, .. } if name.is_empty() => value.clone(),
        Evidence::Setting { name, value, .. } if value.is_empty() => name.clone(),
        Evidence::Setting { name, value, .. } => format!("{name} = {value}"),
        Evidence::Advisory { id, purl, advisories, .. } if advisories.len() < 2 => format!("{id} in {purl}"),
        Evidence::Advisory { purl, .. } => purl.clone(),
        Evidence::Secret { what, redacted, .. } => {
            let fact = format!("{what}: {redacted}");
            return if step.note.is_empty() || step.note == *what { fact } else { format!("{fact}; {}", step.note) };
        }
        Evidence::Trace { .. } | Evidence::Catalogue { .. } | Evidence::Absence { .. } => String::new(),
    };
    match (fact.is_empty(), step.note.is_empty()) {
        (true, _) => step.note.clone(),
        (false, true) => fact,
        (false, false) => format!("{fact}; {}", step.note),
    }
}

/// The length of the name or number that a text begins with: values of one word are worth showing beside their setting.
fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '"' | '\'' | '-')).unwrap_or(text.len())
}

fn arrow(remark: &str) -> String {
    if remark.is_empty() { String::new() } else { format!("→ {remark}") }
}

fn word(why: Why) -> &'static str {
    match why {
        Why::Source => "source",
        Why::Assign => "assign",
        Why::Call => "call",
        Why::Return => "return",
        Why::Field => "field",
        Why::Guard => "guard",
        Why::Barrier => "barrier",
        Why::Sink => "sink",
        Why::Here => "here",
    }
}

/// Rows with their cells aligned; a cell wider than its column's cap doesn't widen the column.
fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| crate::escape::one_line_keeping_indent(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cap = if column + 2 >= columns { CODE_WIDTH } else { PLACE_WIDTH };
        let cells = rows.iter().filter(|row| row.len() > 1).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).filter(|&width| width <= cap).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut out = String::new();
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                out.push_str("  ");
            }
            out.push_str(cell);
            let pad = widths[at].saturating_sub(cell.chars().count());
            out.extend(std::iter::repeat_n(' ', pad));
        }
        out.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lunette_core::place::Place;

    fn step(line: u32, why: Why, code: &str, note: &str) -> Step {
        Step { place: Place::line("src/a.ts", line), why, code: code.into(), note: note.into() }
    }

    #[test]
    fn steps_are_numbered_and_aligned() {
        let steps = vec![
            step(12, Why::Source, "const { q } = req.query", ""),
            step(15, Why::Call, "search(q)", "src/b.ts:38"),
            step(141, Why::Sink, "pool.query(sql)", ""),
        ];
        assert_eq!(
            lines(&Evidence::Trace { steps }),
            "1  source  src/a.ts:12   const { q } = req.query\n\
             2  call    src/a.ts:15   search(q)                → src/b.ts:38\n\
             3  sink    src/a.ts:141  pool.query(sql)"
        );
    }

    #[test]
    fn long_traces_lose_their_middle_and_say_so() {
        let steps = (1..=40).map(|line| step(line, Why::Assign, "x", "")).collect();
        let text = lines(&Evidence::Trace { steps });
        assert_eq!(text.lines().count(), STEPS + 1);
        assert!(text.contains("… 26 steps more, all in the JSON and SARIF"), "{text}");
        assert!(text.ends_with("40  assign  src/a.ts:40  x"), "{text}");
    }

    #[test]
    fn a_line_break_in_code_makes_no_new_line() {
        let text = lines(&Evidence::Trace { steps: vec![step(1, Why::Here, "a\nb\u{1b}c", "")] });
        assert_eq!(text, "src/a.ts:1  a b\\u{1b}c");
    }

    #[test]
    fn what_the_line_says_is_not_said_again() {
        let at = step(3, Why::Here, "app.run(debug=True)", "");
        let setting = |name: &str, value: &str| {
            lines(&Evidence::Setting { name: name.into(), value: value.into(), at: at.clone() })
        };
        assert_eq!(setting("app.run", "app.run(debug=True)"), "src/a.ts:3  app.run(debug=True)");
        assert_eq!(setting("", "async"), "src/a.ts:3  app.run(debug=True)  → async");
        let secret = |note: &str| {
            let at = step(3, Why::Here, "key", note);
            lines(&Evidence::Secret { what: "secret key".into(), redacted: "<redacted>".into(), at })
        };
        assert_eq!(secret("secret key"), "src/a.ts:3  key  → secret key: <redacted>");
        assert_eq!(secret("signs sessions"), "src/a.ts:3  key  → secret key: <redacted>; signs sessions");
        let twice = vec![
            step(1, Why::Source, "x", ""),
            step(2, Why::Call, "f(x)", "passed"),
            step(2, Why::Call, "f(x)", "passed"),
            step(2, Why::Sink, "f(x)", ""),
        ];
        assert_eq!(lines(&Evidence::Trace { steps: twice }).lines().count(), 3);
    }

    #[test]
    fn a_setting_shows_its_value() {
        let at = step(3, Why::Here, "app.run(debug=True)", "");
        let evidence = Evidence::Setting { name: "debug".into(), value: "True".into(), at };
        assert_eq!(lines(&evidence), "src/a.ts:3  app.run(debug=True)  → debug = True");
    }
}
