//! Comments that hold a marker of ours, told from strings that merely contain its text.
//!
//! A cheap lexical scan, per family of languages, that knows strings, templates, regular expressions and comments. It
//! runs only over files in which the marker's text occurs. Where it is unsure it misses the comment: a marker that is
//! not seen leaves the finding in the report, and is told as a notice.

/// What a marker begins with, right after the comment's token.
pub(super) const MARKER: &str = "lunette:";

/// A comment that begins with the marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// Line that it begins on, from 1.
    pub(super) line: u32,
    /// Whether nothing but space stands before it on its line.
    pub(super) alone: bool,
    /// Its text after the marker.
    pub(super) body: String,
}

/// What a family of languages looks like to the scan.
#[derive(Clone, Copy)]
struct Syntax {
    line: &'static [&'static str],
    block: Option<(&'static str, &'static str)>,
    quotes: &'static str,
    /// Strings may run over lines (SQL).
    multiline: bool,
    /// A backslash escapes in strings.
    escapes: bool,
    /// `"""` and `'''`.
    triple: bool,
    /// Template literals with `${}` and regular expression literals.
    javascript: bool,
    /// A line comment must stand at the line's start or after space.
    spaced: bool,
}

const HASH: Syntax = Syntax {
    line: &["#"],
    block: None,
    quotes: "\"'",
    multiline: false,
    escapes: true,
    triple: false,
    javascript: false,
    spaced: true,
};
const PYTHON: Syntax = Syntax { triple: true, spaced: false, ..HASH };
const JAVASCRIPT: Syntax = Syntax { line: &["//"], block: Some(("/*", "*/")), javascript: true, spaced: false, ..HASH };
const C_LIKE: Syntax = Syntax { javascript: false, ..JAVASCRIPT };
const TERRAFORM: Syntax = Syntax { line: &["#", "//"], quotes: "\"", ..C_LIKE };
const SQL: Syntax = Syntax { line: &["--"], multiline: true, escapes: false, ..C_LIKE };
const MARKUP: Syntax = Syntax { line: &[], block: Some(("<!--", "-->")), quotes: "", multiline: false, ..HASH };

fn syntax(path: &str) -> Syntax {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "py" | "pyi" | "pyw" => PYTHON,
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" | "vue" | "svelte" => JAVASCRIPT,
        "json" | "jsonc" | "json5" | "java" | "go" | "c" | "rs" | "kt" | "php" | "scss" | "prisma" => C_LIKE,
        "tf" | "tfvars" | "hcl" => TERRAFORM,
        "sql" => SQL,
        "html" | "htm" | "xml" | "md" | "svg" => MARKUP,
        _ => HASH,
    }
}

/// The comments with a marker in a file, in order.
pub(super) fn comments(path: &str, text: &str) -> Vec<Comment> {
    if !text.contains(MARKER) {
        return Vec::new();
    }
    let mut scan = Scan {
        syntax: syntax(path),
        text,
        at: 0,
        line: 1,
        line_start: 0,
        templates: Vec::new(),
        last: '\n',
        found: Vec::new(),
    };
    scan.run();
    scan.found
}

struct Scan<'a> {
    syntax: Syntax,
    text: &'a str,
    at: usize,
    line: u32,
    /// Offset at which the line begins.
    line_start: usize,
    /// Open braces inside each open `${`.
    templates: Vec<u32>,
    /// Last character that was not space: tells a regular expression from a division.
    last: char,
    found: Vec<Comment>,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if self.comment() {
                continue;
            }
            if self.syntax.quotes.contains(c) {
                self.string(c);
            } else if self.syntax.javascript && c == '`' {
                self.step(c);
                self.template();
            } else if self.syntax.javascript && c == '/' && self.regex_may_start() {
                self.regex();
            } else if let Some(depth) = self.templates.last_mut()
                && matches!(c, '{' | '}')
            {
                if c == '{' {
                    *depth += 1;
                } else if *depth == 0 {
                    self.templates.pop();
                    self.step(c);
                    self.template();
                    continue;
                } else {
                    *depth -= 1;
                }
                self.step(c);
            } else {
                self.step(c);
            }
        }
    }

    /// Moves over one character.
    fn step(&mut self, c: char) {
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
        if !c.is_whitespace() {
            self.last = c;
        }
    }

    /// Moves over a known number of bytes.
    fn skip(&mut self, bytes: usize) {
        let end = self.at + bytes;
        while self.at < end {
            match self.rest().chars().next() {
                Some(c) => self.step(c),
                None => break,
            }
        }
    }

    fn comment(&mut self) -> bool {
        let rest = self.rest();
        let line = self.syntax.line.iter().find(|token| rest.starts_with(**token));
        if let Some(token) = line
            && (!self.syntax.spaced
                || self.text[self.line_start..self.at].ends_with([' ', '\t'])
                || self.at == self.line_start)
        {
            let end = rest.find('\n').unwrap_or(rest.len());
            self.keep(&rest[token.len()..end]);
            self.at += end;
            return true;
        }
        if let Some((open, close)) = self.syntax.block
            && rest.starts_with(open)
        {
            let body = &rest[open.len()..];
            let end = body.find(close).unwrap_or(body.len());
            self.keep(&body[..end]);
            let last = self.last;
            self.skip((open.len() + end + close.len()).min(rest.len()));
            self.last = last;
            return true;
        }
        false
    }

    fn keep(&mut self, comment: &str) {
        let first = comment.lines().next().unwrap_or_default().trim_start();
        if let Some(body) = first.strip_prefix(MARKER) {
            let alone = self.text[self.line_start..self.at].trim().is_empty();
            self.found.push(Comment { line: self.line, alone, body: body.trim().to_owned() });
        }
    }

    fn string(&mut self, quote: char) {
        let triple: &str = if quote == '"' { "\"\"\"" } else { "'''" };
        if self.syntax.triple && self.rest().starts_with(triple) {
            self.skip(3);
            while !self.rest().is_empty() && !self.rest().starts_with(triple) {
                self.escape_or_step();
            }
            self.skip(3);
            return;
        }
        self.step(quote);
        while let Some(c) = self.rest().chars().next() {
            if c == '\n' && !self.syntax.multiline {
                return;
            }
            if c == quote {
                self.step(c);
                return;
            }
            self.escape_or_step();
        }
    }

    /// Moves over a character of a string, or over an escape and what it escapes.
    fn escape_or_step(&mut self) {
        let mut chars = self.rest().chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), Some(escaped)) if self.syntax.escapes => {
                self.step('\\');
                self.step(escaped);
            }
            (Some(c), _) => self.step(c),
            (None, _) => {}
        }
    }

    /// The text of a template literal, up to its end or the next `${`.
    fn template(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if c == '`' {
                self.step(c);
                return;
            }
            if self.rest().starts_with("${") {
                self.skip(2);
                self.templates.push(0);
                return;
            }
            self.escape_or_step();
        }
    }

    fn regex_may_start(&self) -> bool {
        if "(,=:[!&|?{};+-*%<>~^\n".contains(self.last) {
            return true;
        }
        let before = self.text[..self.at].trim_end();
        ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "yield", "await"]
            .iter()
            .any(|word| {
                before.strip_suffix(word).is_some_and(|head| {
                    !head.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '.')
                })
            })
    }

    fn regex(&mut self) {
        self.step('/');
        let mut in_class = false;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\n' => return,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    self.step(c);
                    return;
                }
                _ => {}
            }
            self.escape_or_step();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, lines: &[(u32, bool)]) {
        let found: Vec<(u32, bool)> =
            comments(path, text).iter().map(|comment| (comment.line, comment.alone)).collect();
        assert_eq!(found, lines, "{path}: {text}");
    }

    #[test]
    fn comments_are_found_and_strings_are_not() {
        check("a.py", "x = 1  # lunette: ignore[a]\n# lunette: b\n", &[(1, false), (2, true)]);
        check("a.py", "x = '# lunette: no'\ny = \"\"\"\n# lunette: no\n\"\"\"  # lunette: yes\n", &[(4, false)]);
        check("a.py", "x = 'it\\'s # lunette: no'\nz = r'\\' # lunette: yes\n", &[]);
        check("a.py", "#lunette: yes\n# see lunette: no\n", &[(1, true)]);
        check(
            "a.js",
            "f('// lunette: no', `// lunette: no ${g('`')} // lunette: no`) // lunette: yes\n",
            &[(1, false)],
        );
        check("a.js", "const r = /[/'\"]\\/ \\/\\/ lunette: no/; // lunette: yes\n", &[(1, false)]);
        check("a.js", "a = b / c // lunette: yes\n/* lunette: yes\n more */ x()\n", &[(1, false), (2, true)]);
        check("a.tsx", "<p>don't</p>\n{/* lunette: yes */}\n", &[(2, false)]);
        check("a.js", "`${ {a: `// lunette: no`}.a } ` // lunette: yes\n", &[(1, false)]);
        check("a.sql", "select '-- lunette: no\n-- lunette: no' -- lunette: yes\n", &[(2, false)]);
        check("a.yml", "a: b#c # lunette: yes\nurl: x#lunette: no\n", &[(1, false)]);
        check("Dockerfile", "# lunette: yes\nRUN echo '# lunette: no'\n", &[(1, true)]);
        check("a.html", "<!-- lunette: yes --><p>", &[(1, true)]);
        check("a.tf", "x = \"# lunette: no\" // lunette: yes\n", &[(1, false)]);
    }

    #[test]
    fn unfinished_things_end_with_the_file() {
        for text in ["\"", "'''", "`${", "/* lunette: x", "/a", "`${{{{", "'\\"] {
            let with_marker = format!("{text}\u{e9}lunette:");
            let _ = comments("a.js", &with_marker);
            let _ = comments("a.py", &with_marker);
            let _ = comments("a.sql", &with_marker);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(256) })]

        /// Any text is scanned to its end, and comments lie in it.
        #[test]
        fn any_text_is_scanned(
            extension in proptest::sample::select(&["py", "js", "sql", "yml", "html", "tf", "json"][..]),
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..20),
        ) {
            let text = format!("{}lunette:", pieces.concat());
            let lines = text.lines().count() as u32;
            for comment in comments(&format!("a.{extension}"), &text) {
                proptest::prop_assert!((1..=lines).contains(&comment.line));
            }
        }
    }

    const PIECES: &[&str] = &[
        "\n",
        "\"",
        "'",
        "`",
        "\\",
        "/",
        "//",
        "/*",
        "*/",
        "#",
        "--",
        "<!--",
        "-->",
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        "\"\"\"",
        "'''",
        "é",
        "return ",
        "x",
        " ",
        "lunette: ignore[a]",
    ];
}
