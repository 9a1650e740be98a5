//! Markdown to sentences: list items, prose and headings with their line; fences and comments set apart.
//!
//! Only as much of Markdown as decides what is a directive: text in HTML comments, ordinary code fences and indented
//! code is not. Nothing here can fail; what never closes runs to the end of the file and is reported.

/// What a rules file holds.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Sentences in order.
    pub(super) sentences: Vec<Sentence>,
    /// Bodies of ```` ```lunette ```` fences.
    pub(super) blocks: Vec<Block>,
    /// Line of a fence or comment that is never closed, with what it is and how many lines it takes in.
    pub(super) unclosed: Option<(usize, &'static str, usize)>,
}

/// A sentence.
#[derive(Debug)]
pub(super) struct Sentence {
    /// Line of its first word, from 1.
    pub(super) line: usize,
    /// Its text.
    pub(super) text: String,
    /// The line that introduces the list it stands in ("Do not scan:"), or the heading above.
    pub(super) intro: Option<String>,
    /// Whether it is a heading or introduces a list: those are not listed when they are not understood.
    pub(super) heading: bool,
}

/// The body of a `lunette` fence.
#[derive(Debug)]
pub(super) struct Block {
    /// Line of its first line of content.
    pub(super) line: usize,
    /// Its text.
    pub(super) body: String,
}

struct Fence {
    mark: char,
    length: usize,
    line: usize,
    block: Option<Block>,
}

/// The paragraph or list item being collected.
#[derive(Default)]
struct Pending {
    text: String,
    /// Offset in `text` where each source line begins, with its number.
    starts: Vec<(usize, usize)>,
    /// Indentation of the list item; `None` for prose.
    item: Option<usize>,
    /// Characters of the line added last.
    last: usize,
}

/// A line of prose shorter than this was not wrapped at a margin.
const UNWRAPPED: usize = 60;

#[derive(Default)]
struct Scanner {
    document: Document,
    pending: Pending,
    heading: Option<String>,
    /// Introductions in force: indentation of the item that gives it (-1 for prose) and its text.
    intros: Vec<(isize, String)>,
    in_list: bool,
    after_blank: bool,
}

/// Reads a rules file into sentences and blocks.
pub(super) fn read(text: &str) -> Document {
    let mut scanner = Scanner { after_blank: true, ..Scanner::default() };
    let mut fence: Option<Fence> = None;
    let mut comment: Option<usize> = None;
    let mut number = 0;
    let front_matter = front_matter_lines(text);
    for line in text.lines() {
        number += 1;
        if number <= front_matter {
            continue;
        }
        if let Some(open) = &mut fence {
            if closes(line, open) {
                scanner.document.blocks.extend(fence.take().and_then(|fence| fence.block));
            } else if let Some(block) = &mut open.block {
                block.body.push_str(line);
                block.body.push('\n');
            }
            continue;
        }
        let visible = strip_comments(line, number, &mut comment);
        match opens(&visible, number) {
            Some(open) => {
                scanner.flush();
                fence = Some(open);
            }
            None => scanner.line(&visible, number),
        }
    }
    scanner.flush();
    if let Some(open) = fence {
        scanner.document.unclosed = Some((open.line, "code fence", number - open.line));
        scanner.document.blocks.extend(open.block);
    } else if let Some(line) = comment {
        scanner.document.unclosed = Some((line, "comment", number - line));
    }
    scanner.document
}

/// YAML front matter between `---` lines at the very top, as number of lines.
fn front_matter_lines(text: &str) -> usize {
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return 0;
    }
    lines.take(100).position(|line| line.trim_end() == "---").map_or(0, |at| at + 2)
}

fn opens(line: &str, number: usize) -> Option<Fence> {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = line.chars().take_while(|&c| c == mark).count();
    let info = line[length..].trim();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let ours = info.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("lunette"));
    let block = ours.then(|| Block { line: number + 1, body: String::new() });
    Some(Fence { mark, length, line: number, block })
}

fn closes(line: &str, fence: &Fence) -> bool {
    let line = line.trim();
    line.chars().count() >= fence.length && line.chars().all(|c| c == fence.mark)
}

/// The part of a line that is outside HTML comments.
fn strip_comments(line: &str, number: usize, open: &mut Option<usize>) -> String {
    let mut rest = line;
    let mut visible = String::with_capacity(line.len());
    loop {
        if open.is_some() {
            let Some(end) = rest.find("-->") else { return visible };
            *open = None;
            rest = &rest[end + 3..];
        } else {
            let Some(start) = rest.find("<!--") else {
                visible.push_str(rest);
                return visible;
            };
            visible.push_str(&rest[..start]);
            *open = Some(number);
            rest = &rest[start + 4..];
        }
    }
}

impl Scanner {
    fn line(&mut self, line: &str, number: usize) {
        let line = line.trim_end();
        let mut body = line.trim_start();
        let mut indent = indentation(line);
        while let Some(rest) = body.strip_prefix('>') {
            body = rest.trim_start();
            indent = 0;
        }
        if body.is_empty() {
            self.flush();
            self.after_blank = true;
            return;
        }
        let after_blank = std::mem::take(&mut self.after_blank);
        if let Some(heading) = heading(body) {
            self.flush();
            self.set_heading(heading, number);
        } else if body.len() >= 2 && (body.bytes().all(|b| b == b'=') || body.bytes().all(|b| b == b'-')) {
            let text = std::mem::take(&mut self.pending);
            if text.item.is_none() && !text.text.is_empty() {
                let line = text.starts.first().map_or(number, |start| start.1);
                self.set_heading(&text.text, line);
            }
        } else if let Some(item) = list_item(body) {
            self.flush();
            self.in_list = true;
            self.pending.item = Some(indent);
            self.append(item, number);
        } else if indent >= 4 && !self.in_list && self.pending.text.is_empty() {
            // Indented code.
            self.after_blank = after_blank;
        } else {
            if after_blank && indent == 0 {
                self.in_list = false;
                self.intros.clear();
            }
            // Prose that is not wrapped, one statement a line, is what people write without thinking of Markdown.
            let is_new = self.pending.item.is_none()
                && self.pending.last < UNWRAPPED
                && body.starts_with(|c: char| c.is_uppercase() || c == '`');
            if is_new {
                self.flush();
            }
            self.append(body, number);
        }
    }

    fn append(&mut self, text: &str, number: usize) {
        if !self.pending.text.is_empty() {
            self.pending.text.push(' ');
        }
        self.pending.starts.push((self.pending.text.len(), number));
        self.pending.text.push_str(text);
        self.pending.last = text.chars().count();
    }

    fn set_heading(&mut self, text: &str, line: usize) {
        self.intros.clear();
        self.in_list = false;
        self.heading = Some(text.to_owned());
        self.document.sentences.push(Sentence { line, text: text.to_owned(), intro: None, heading: true });
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if pending.text.is_empty() {
            return;
        }
        let level = pending.item.map_or(-1, usize::cast_signed);
        self.intros.retain(|&(at, _)| at < level);
        let intro = match pending.item {
            Some(_) => self.intros.last().map(|intro| intro.1.clone()).or_else(|| self.heading.clone()),
            None => self.heading.clone(),
        };
        let text = pending.text.trim_end();
        let introduces = text.trim_end_matches(['*', '_']).ends_with(':');
        if introduces {
            self.intros.push((level, text.trim_end_matches(['*', '_', ':', ' ']).to_owned()));
        }
        let pieces = sentences(text);
        let last = pieces.len().saturating_sub(1);
        for (index, (offset, sentence)) in pieces.into_iter().enumerate() {
            let at = pending.starts.partition_point(|&(start, _)| start <= offset).saturating_sub(1);
            let line = pending.starts.get(at).map_or(1, |start| start.1);
            let heading = introduces && index == last;
            self.document.sentences.push(Sentence { line, text: sentence.to_owned(), intro: intro.clone(), heading });
        }
    }
}

fn indentation(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

fn heading(line: &str) -> Option<&str> {
    let level = line.bytes().take_while(|&b| b == b'#').count();
    let rest = &line[level..];
    ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| rest.trim().trim_end_matches('#').trim_end())
}

fn list_item(line: &str) -> Option<&str> {
    let rest = if let Some(rest) = line.strip_prefix(['-', '*', '+']) {
        rest
    } else {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        line[digits..].strip_prefix(['.', ')'])?
    };
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let unchecked = ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest);
    Some(unchecked)
}

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 8] = ["e.g", "i.e", "etc", "vs", "approx", "cf", "no", "incl"];

/// Splits a block at sentence ends outside code spans; yields byte offset and text.
fn sentences(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut in_code = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '`' {
            in_code = !in_code;
        }
        let followed = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        if in_code || !followed || !matches!(c, '.' | '!' | '?' | ';') {
            continue;
        }
        let word = text[start..at].rsplit([' ', '(']).next().unwrap_or_default();
        if c == '.' && ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            continue;
        }
        push(text, start, at, &mut out);
        start = at + c.len_utf8();
    }
    push(text, start, text.len(), &mut out);
    out
}

fn push<'a>(text: &'a str, start: usize, end: usize, out: &mut Vec<(usize, &'a str)>) {
    let piece = &text[start..end];
    let trimmed = piece.trim();
    if !trimmed.is_empty() {
        out.push((start + (piece.len() - piece.trim_start().len()), trimmed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(usize, &str)]) {
        let found = read(text);
        let sentences: Vec<_> =
            found.sentences.iter().filter(|s| !s.heading).map(|s| (s.line, s.text.as_str())).collect();
        assert_eq!(sentences, expected, "{text}");
    }

    #[test]
    fn items_and_prose_become_sentences_with_lines() {
        check(
            "# Rules\n\n- Use tabs\n- Ignore `legacy/`. It is\n  old.\n\nProse e.g. this, goes\non. Second one\n",
            &[
                (3, "Use tabs"),
                (4, "Ignore `legacy/`"),
                (4, "It is old"),
                (7, "Prose e.g. this, goes on"),
                (8, "Second one"),
            ],
        );
    }

    #[test]
    fn short_lines_are_statements_and_wrapped_prose_is_not_cut() {
        check("Ignore `a/`\nUse tabs\nand spaces\n", &[(1, "Ignore `a/`"), (2, "Use tabs and spaces")]);
        let wrapped = "The scanner of this project must never look at the folder that is called\nLegacy";
        check(wrapped, &[(1, &wrapped.replace('\n', " "))]);
    }

    #[test]
    fn code_and_comments_are_not_sentences() {
        check("```sh\nignore x\n```\n<!-- ignore\ny --> yes <!-- z -->\n\n    ignore indented\n", &[(5, "yes")]);
        check("````md\n```lunette\nexclude = []\n```\n````\nafter\n", &[(6, "after")]);
        assert!(read("````md\n```lunette\nexclude = []\n```\n````\n").blocks.is_empty());
    }

    #[test]
    fn a_lunette_fence_is_a_block() {
        let document = read("text\n```lunette\nexclude = [\"a\"]\n```\n~~~Lunette\nb = 1\n");
        assert_eq!(document.blocks.len(), 2);
        assert_eq!((document.blocks[0].line, document.blocks[0].body.as_str()), (3, "exclude = [\"a\"]\n"));
        assert_eq!(document.unclosed, Some((5, "code fence", 1)));
    }

    #[test]
    fn introductions_reach_their_items() {
        let document = read("## Out of scope\n\n- `a/`\n\nDo not scan:\n- `b/`\n  1. `c/`\n\nOther\n");
        let intros: Vec<_> = document
            .sentences
            .iter()
            .filter(|s| !s.heading)
            .map(|s| (s.text.as_str(), s.intro.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(
            intros,
            [("`a/`", "Out of scope"), ("`b/`", "Do not scan"), ("`c/`", "Do not scan"), ("Other", "Out of scope"),]
        );
    }

    #[test]
    fn front_matter_is_skipped() {
        check("---\npaths: [\"src\"]\n---\nHello\n", &[(4, "Hello")]);
    }
}
