//! SQL in the examples of rules: fenced blocks that name a file, cut into statements.

use std::path::PathBuf;

/// The SQL of one example, in the order of its files.
pub(crate) struct Example {
    /// Rule and heading.
    pub(crate) name: String,
    pub(crate) statements: Vec<String>,
}

/// All examples with SQL of the rules in `rules/supabase`.
pub(crate) fn all() -> Vec<Example> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules/supabase");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(file).expect("a rule");
        let rule = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        of(&rule, &text, &mut found);
    }
    found
}

fn of(rule: &str, text: &str, found: &mut Vec<Example>) {
    let (mut heading, mut block): (String, Option<String>) = (String::new(), None);
    let mut sql = String::new();
    let mut fenced = false;
    let mut flush = |heading: &str, sql: &mut String| {
        if !sql.is_empty() {
            found.push(Example { name: format!("{rule}: {heading}"), statements: split(sql) });
            sql.clear();
        }
    };
    for line in text.lines() {
        if let Some(info) = line.strip_prefix("```") {
            if fenced {
                if let Some(block) = block.take() {
                    sql.push_str(&block);
                    sql.push_str("\n;\n");
                }
            } else if info.starts_with("sql") && info.contains("file=") {
                block = Some(String::new());
            }
            fenced = !fenced;
        } else if let Some(block) = block.as_mut() {
            block.push_str(line);
            block.push('\n');
        } else if !fenced && line.starts_with('#') {
            flush(&heading, &mut sql);
            line.trim_start_matches('#').trim().clone_into(&mut heading);
        }
    }
    flush(&heading, &mut sql);
}

/// Cuts SQL at the semicolons that stand outside quotes, dollar quotes and comments.
pub(crate) fn split(sql: &str) -> Vec<String> {
    let bytes = sql.as_bytes();
    let (mut statements, mut from, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let rest = &sql[at..];
        let skipped = match bytes[at] {
            b'\'' | b'"' => closing(rest, &rest[..1], 1),
            b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => closing(rest, "*/", 2),
            b'$' => {
                let tag = rest[1..].find('$').map(|end| &rest[..end + 2]);
                let tag = tag.filter(|tag| tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_'));
                tag.map_or(1, |tag| closing(rest, tag, tag.len()))
            }
            b';' => {
                statements.push(&sql[from..at]);
                from = at + 1;
                1
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += skipped.max(1);
    }
    statements.push(&sql[from..]);
    let says_something = |statement: &&str| {
        statement.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
    };
    statements.into_iter().filter(says_something).map(str::to_owned).collect()
}

/// Length up to the end of `mark`, looked for after the first `skip` bytes.
fn closing(rest: &str, mark: &str, skip: usize) -> usize {
    rest[skip..].find(mark).map_or(rest.len(), |end| skip + end + mark.len())
}

#[test]
fn statements_are_cut_where_they_end() {
    let sql = "select ';', \"a;b\"; -- one; two\ncreate function f() as $x$ begin; end; $x$; /* ; */ select '$$;'\n;\n-- end\n";
    assert_eq!(split(sql).len(), 3, "{:?}", split(sql));
}
