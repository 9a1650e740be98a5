//! A rule file taken apart: front matter, explanation, example projects.

use crate::error::RuleError;

/// A rule file, split but not yet understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document {
    /// The front matter's YAML, with as many lines before it as in the file, so that its line numbers are the file's.
    pub(crate) front: String,
    /// The Markdown after it, without the examples.
    pub(crate) explanation: String,
    /// First paragraph of the explanation, on one line.
    pub(crate) summary: String,
    /// Whether there is a `## How to fix`.
    pub(crate) has_fix: bool,
    /// Example projects, in order.
    pub(crate) examples: Vec<Example>,
}

/// A small project in a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Whether it stands under `## Vulnerable` (otherwise `## Safe`).
    pub vulnerable: bool,
    /// Its sub-heading; empty when there is none.
    pub name: String,
    /// Line of its first code block in the rule file.
    pub line: u32,
    /// Path and text of each file.
    pub files: Vec<(String, String)>,
    /// Path and line of places marked in the block's info string (`finds=3,5`), for files that take no comments.
    pub marks: Vec<(String, u32)>,
}

impl Example {
    /// Path and line of every place where `rule` must find something.
    pub fn expected(&self, rule: &str) -> Vec<(String, u32)> {
        let mut expected = self.marks.clone();
        for (path, text) in &self.files {
            let marked = text.lines().enumerate().filter(|(_, line)| expects(line, rule));
            expected.extend(marked.map(|(at, _)| (path.clone(), at as u32 + 1)));
        }
        expected.sort();
        expected
    }
}

/// Whether a line ends in a comment that expects a finding of this rule.
fn expects(line: &str, rule: &str) -> bool {
    let Some((before, ids)) = line.rsplit_once("finds:") else { return false };
    let comment = ["#", "//", "/*", "--", "<!--", ";"].iter().any(|opening| before.trim_end().ends_with(opening));
    let ids = ids.trim().trim_end_matches("*/").trim_end_matches("-->");
    comment && ids.split(',').any(|id| id.trim() == rule)
}

/// Splits a rule file.
pub(crate) fn split(file: &str, text: &str) -> Result<Document, RuleError> {
    let fault = |line: usize, message: &str| RuleError {
        file: file.to_owned(),
        line: line as u32,
        message: message.to_owned(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.lines().collect();
    if lines.first().map(|line| line.trim_end()) != Some("---") {
        return Err(fault(1, "a rule file starts with `---` and YAML front matter"));
    }
    let end = lines.iter().skip(1).position(|line| line.trim_end() == "---").map(|at| at + 1);
    let end = end.ok_or_else(|| fault(1, "the front matter is not closed by `---`"))?;
    let front = format!("\n{}\n", lines[1..end].join("\n"));
    let mut body = Body::default();
    for (at, line) in lines.iter().enumerate().skip(end + 1) {
        body.line(line, at + 1).map_err(|message| fault(at + 1, message))?;
    }
    if let Some((_, line)) = body.fence {
        return Err(fault(line as usize, "the code block is not closed"));
    }
    let summary = first_paragraph(&body.explanation);
    Ok(Document {
        front,
        explanation: body.explanation.trim().to_owned(),
        summary,
        has_fix: body.has_fix,
        examples: body.examples,
    })
}

/// The languages that a rule file says it is about, without reading the rest of it. `None` when it is not told on one
/// line near the top, as every shipped rule does.
pub(crate) fn languages(text: &str) -> Option<impl Iterator<Item = &str>> {
    let line = text.lines().take(MAX_LANGUAGES_LINE).find_map(|line| line.strip_prefix("languages:"))?;
    let list = line.trim_start().strip_prefix('[')?.split(']').next()?;
    Some(list.split(',').map(str::trim))
}

/// The line up to which `languages` is looked for.
const MAX_LANGUAGES_LINE: usize = 12;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Explanation,
    Vulnerable,
    Safe,
}

#[derive(Default)]
struct Body {
    section: Section,
    heading: String,
    /// The next code block starts a new example.
    fresh: bool,
    explanation: String,
    has_fix: bool,
    examples: Vec<Example>,
    /// Path (none for a block that is no file) and first line of the open code block.
    fence: Option<(Option<String>, u32)>,
    code: String,
}

impl Body {
    fn line(&mut self, line: &str, number: usize) -> Result<(), &'static str> {
        if let Some((path, _)) = &self.fence {
            if line.trim_end() == "```" {
                if let Some(path) = path.clone() {
                    self.close(path);
                }
                self.fence = None;
            } else {
                self.code.push_str(line);
                self.code.push('\n');
            }
            if self.section == Section::Explanation {
                self.explain(line);
            }
            return Ok(());
        }
        if let Some(info) = line.strip_prefix("```") {
            self.open(info, number)?;
        } else if let Some(heading) = line.strip_prefix("## ") {
            self.section = match heading.trim() {
                "Vulnerable" => Section::Vulnerable,
                "Safe" => Section::Safe,
                _ => Section::Explanation,
            };
            self.has_fix |= heading.trim() == "How to fix";
            self.heading.clear();
            self.fresh = true;
        } else if let Some(heading) = line.strip_prefix("### ")
            && self.section != Section::Explanation
        {
            heading.trim().clone_into(&mut self.heading);
            self.fresh = true;
        }
        if self.section == Section::Explanation {
            self.explain(line);
        }
        Ok(())
    }

    fn explain(&mut self, line: &str) {
        self.explanation.push_str(line);
        self.explanation.push('\n');
    }

    fn open(&mut self, info: &str, number: usize) -> Result<(), &'static str> {
        self.code.clear();
        if self.section == Section::Explanation {
            self.fence = Some((None, number as u32));
            return Ok(());
        }
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        let file = words.iter().find_map(|word| word.strip_prefix("file="));
        let marks = words.iter().find_map(|word| word.strip_prefix("finds=")).unwrap_or_default();
        let marks: Vec<u32> = marks
            .split(',')
            .filter(|mark| !mark.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| "`finds=` is followed by line numbers, separated by commas")?;
        let path = match (file, language) {
            (Some(path), _) if !path.is_empty() => path.to_owned(),
            (None, "py" | "js" | "ts" | "tsx" | "jsx" | "mjs" | "cjs") => format!("app.{language}"),
            _ => return Err("an example's code block needs `file=<path>` or the language `py`, `js` or `ts`"),
        };
        if self.fresh {
            self.examples.push(Example {
                vulnerable: self.section == Section::Vulnerable,
                name: self.heading.clone(),
                line: number as u32,
                files: Vec::new(),
                marks: Vec::new(),
            });
            self.fresh = false;
        }
        if self.examples.last().is_some_and(|example| example.files.iter().any(|(other, _)| *other == path)) {
            return Err("two files of one example have the same path; start a new example with `### …`");
        }
        if let Some(example) = self.examples.last_mut() {
            example.marks.extend(marks.into_iter().map(|line| (path.clone(), line)));
        }
        self.fence = Some((Some(path), number as u32));
        Ok(())
    }

    fn close(&mut self, path: String) {
        let text = std::mem::take(&mut self.code);
        if let Some(example) = self.examples.last_mut() {
            example.files.push((path, text));
        }
    }
}

fn first_paragraph(markdown: &str) -> String {
    markdown
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty() && !line.starts_with('#'))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RULE: &str = "---\nid: x\n---\nWhat is\nwrong.\n\nMore.\n\n## How to fix\n```py\nfix()\n```\n\n## Vulnerable\n\
        ```py file=a.py\nbad()\n```\n```py file=b.py\nworse()\n```\n### second\n```py\nbad()\n```\n## Safe\n```js\ngood()\n```\n";

    #[test]
    fn sections_and_example_projects_are_told_apart() {
        let document = split("x.md", RULE).unwrap();
        assert_eq!(document.front, "\nid: x\n");
        assert_eq!(document.summary, "What is wrong.");
        assert!(document.has_fix && document.explanation.contains("fix()") && !document.explanation.contains("bad()"));
        let shape: Vec<_> = document
            .examples
            .iter()
            .map(|example| {
                let paths: Vec<_> = example.files.iter().map(|(path, _)| path.as_str()).collect();
                (example.vulnerable, example.name.as_str(), example.line, paths.join(" "))
            })
            .collect();
        assert_eq!(
            shape,
            [
                (true, "", 15, "a.py b.py".to_owned()),
                (true, "second", 22, "app.py".to_owned()),
                (false, "", 26, "app.js".to_owned())
            ]
        );
    }

    #[test]
    fn languages_are_told_without_reading_the_file() {
        let told = |text| languages(text).map(Iterator::collect::<Vec<_>>);
        assert_eq!(told("---\nid: x\nlanguages: [sql, python]  # both\n"), Some(vec!["sql", "python"]));
        assert_eq!(told("---\nid: x\n---\n"), None);
    }

    #[test]
    fn marks_are_comments_at_the_end_of_a_line() {
        assert!(expects("x()  # finds: py-a", "py-a"));
        assert!(expects("x();  // finds: js-b, js-a", "js-a"));
        assert!(expects("create table t();  -- finds: sql-a", "sql-a"));
        assert!(!expects("x()  # finds: py-ab", "py-a"));
        assert!(!expects("print('finds: py-a')", "py-a"));
    }

    #[test]
    fn files_without_comments_are_marked_beside_their_path() {
        let text = "---\n---\nwhy\n## Vulnerable\n```json file=package.json finds=2,3\n{\n1\n2}\n```\n";
        let document = split("x.md", text).unwrap();
        assert_eq!(
            document.examples[0].expected("any"),
            [("package.json".to_owned(), 2), ("package.json".to_owned(), 3)]
        );
        assert_eq!(split("x.md", &text.replace("2,3", "two")).unwrap_err().line, 5);
    }

    #[test]
    fn faults_are_told_with_their_line() {
        for (text, line) in [
            ("id: x\n", 1),
            ("---\nid: x\n", 1),
            ("---\n---\ntext\n## Safe\n```py\nx\n", 5),
            ("---\n---\n## Safe\n```\nx\n```\n", 4),
            ("---\n---\n## Safe\n```py\nx\n```\n```py\ny\n```\n", 7),
        ] {
            assert_eq!(split("x.md", text).unwrap_err().line, line, "{text}");
        }
    }
}
