//! How deep a source nests, told by scanning its bytes, before any parser recurses into it.
//!
//! Two measures, because the stack must not overflow on any input:
//!
//! * [`too_deep`] follows strings, comments, templates and brackets, and estimates the depth of the syntax tree from
//!   above. It refuses what no person writes. Where a byte scan cannot know (is this `/` a division?), it guesses.
//! * [`stack_needed`] knows nothing of the language: it counts everything that could deepen a tree, wherever it
//!   stands, and so cannot be deceived. Sources with a high count are lowered on a thread with as much stack. Such
//!   stack is only reserved; it costs memory when it is used, which `too_deep` prevents for plain bombs.

mod javascript;
mod python;

use crate::Dialect;

/// The deepest nesting that is lowered: brackets, indentation and operators of one expression taken together.
pub(crate) const MAX_DEPTH: u32 = 10_000;

/// Stack that one level of nesting may take at most in parsing, lowering and dropping, in bytes. Measured by the
/// tests of both lowerings; builds without optimisation have several times larger frames.
const FRAME: usize = if cfg!(debug_assertions) { 16 << 10 } else { 4 << 10 };

/// How many links the opening of type arguments counts as.
const TYPE_ARGUMENTS: u32 = MAX_DEPTH / 1000;

/// The line, from 1, at which `source` nests deeper than [`MAX_DEPTH`].
pub(crate) fn too_deep(source: &str, dialect: Dialect) -> Option<u32> {
    too_deep_with(source, dialect, links(source.as_bytes()))
}

/// [`too_deep`] of a source whose links were counted.
pub(crate) fn too_deep_with(source: &str, dialect: Dialect, links: usize) -> Option<u32> {
    let bytes = source.as_bytes();
    // Most files have not enough in them.
    let enough = if dialect == Dialect::Python { MAX_DEPTH } else { MAX_DEPTH / TYPE_ARGUMENTS };
    if links <= enough as usize {
        return None;
    }
    let offset = match dialect {
        Dialect::Python => python::too_deep(bytes),
        _ => javascript::too_deep(bytes, dialect),
    }?;
    Some(bytes[..offset.min(bytes.len())].split(|&byte| byte == b'\n').count() as u32)
}

/// An upper bound of the stack that parsing and lowering `source` can take, in bytes.
#[cfg(test)]
pub(crate) fn stack_needed(source: &str) -> usize {
    stack_for(links(source.as_bytes()))
}

/// The stack for a source with so many links.
pub(crate) fn stack_for(links: usize) -> usize {
    // What any file takes, however flat, and what may deepen it.
    (256 << 10) + links * FRAME
}

/// How many words and marks there are that could deepen a tree, whatever they stand for.
pub(crate) fn links(bytes: &[u8]) -> usize {
    let mut links = 0;
    let mut before = 0;
    for &byte in bytes {
        let class = CLASSES[usize::from(byte)];
        links += usize::from(class >> 1 | class & !before & WORD);
        before = class;
    }
    links
}

const WORD: u8 = 1;
const MARK: u8 = 2;

/// For each byte whether it belongs to a word, or is a mark that could deepen a tree by itself.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        if is_word(byte) {
            classes[byte as usize] = WORD;
        } else if byte.is_ascii_punctuation() && !matches!(byte, b')' | b'}' | b';' | b',') {
            classes[byte as usize] = MARK;
        }
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

/// Whether a byte belongs to a name, keyword or number.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Counts levels and links. A *level* is opened and closed (a bracket); a *link* deepens the tree until its level is
/// closed or its element ends (an operator). `K` tells what opened a level.
struct Meter<K> {
    levels: Vec<Level<K>>,
    total: u32,
}

struct Level<K> {
    kind: K,
    links: u32,
    /// Links that a comma does not end: `lambda a, b: lambda c, d: …`.
    sticky: u32,
    /// How many of these are type arguments that may have been opened.
    types: u32,
}

impl<K: Copy> Meter<K> {
    fn new(root: K) -> Self {
        Meter { levels: vec![Level { kind: root, links: 0, sticky: 0, types: 0 }], total: 0 }
    }

    /// What opened the current level.
    fn kind(&self) -> K {
        self.levels[self.levels.len() - 1].kind
    }

    /// How many levels are open, the root not counted.
    fn depth(&self) -> usize {
        self.levels.len() - 1
    }

    fn is_too_deep(&self) -> bool {
        self.total > MAX_DEPTH
    }

    fn open(&mut self, kind: K) {
        self.levels.push(Level { kind, links: 0, sticky: 0, types: 0 });
        self.total += 1;
    }

    /// Closes the current level, unless it is the root.
    fn close(&mut self) {
        if self.depth() > 0
            && let Some(level) = self.levels.pop()
        {
            self.total -= 1 + level.links + level.sticky;
        }
    }

    fn link(&mut self) {
        let last = self.levels.len() - 1;
        self.levels[last].links += 1;
        self.total += 1;
    }

    fn sticky_link(&mut self) {
        let last = self.levels.len() - 1;
        self.levels[last].sticky += 1;
        self.total += 1;
    }

    /// A `<` that may open type arguments. Parsers try: they read on as if it did until that proves wrong, and again
    /// from each further `<`, in time and memory that grow with the square of the number of `<` in a row.
    fn open_types(&mut self) {
        let last = self.levels.len() - 1;
        self.levels[last].types += 1;
        self.levels[last].sticky += TYPE_ARGUMENTS;
        self.total += TYPE_ARGUMENTS;
    }

    /// A `>`, which closes type arguments if any are open.
    fn close_types(&mut self) {
        let last = self.levels.len() - 1;
        if self.levels[last].types > 0 {
            self.levels[last].types -= 1;
            self.levels[last].sticky -= TYPE_ARGUMENTS;
            self.total -= TYPE_ARGUMENTS;
        }
    }

    /// A comma: the next element starts.
    fn end_element(&mut self) {
        let last = self.levels.len() - 1;
        self.total -= std::mem::take(&mut self.levels[last].links);
    }

    /// The end of a statement.
    fn end_statement(&mut self) {
        self.end_element();
        let last = self.levels.len() - 1;
        self.levels[last].types = 0;
        self.total -= std::mem::take(&mut self.levels[last].sticky);
    }
}

/// The offset behind a string literal whose opening quote of `width` bytes (1 or 3) is at `start`. A string of width 1
/// ends at the end of the line at the latest.
fn skip_string(bytes: &[u8], start: usize, width: usize) -> usize {
    let quote = bytes[start];
    let mut at = start + width;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\n' if width == 1 => return at,
            byte if byte == quote && is_run(bytes, at, quote, width) => return at + width,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether `width` bytes from `at` on are all `byte`.
fn is_run(bytes: &[u8], at: usize, byte: u8, width: usize) -> bool {
    bytes.get(at..at + width).is_some_and(|run| run.iter().all(|&found| found == byte))
}

/// The offset of the first byte from `start` on that is not part of a word.
fn word_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&byte| !is_word(byte)).map_or(bytes.len(), |length| start + length)
}

/// The offset of the next newline from `start` on, or the end.
fn line_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, MARK, WORD, links, stack_needed, too_deep};
    use crate::Dialect;

    #[test]
    fn links_count_words_and_marks() {
        assert_eq!(links(b"a + bc.d(1);  x = y"), 4 + 3 + 3);
        assert_eq!(links("été".as_bytes()), 1);
        assert_eq!((CLASSES[b'(' as usize], CLASSES[b'z' as usize], CLASSES[b' ' as usize]), (MARK, WORD, 0));
        assert!(stack_needed("((((") > stack_needed("(("));
    }

    #[track_caller]
    fn accepted(dialect: Dialect, source: &str) {
        assert!(source.len() > 100_000, "the test is too small to tell anything");
        assert_eq!(too_deep(source, dialect), None);
    }

    #[test]
    fn long_flat_python_is_accepted() {
        for line in [
            "x = f(a, b + c)[0].d if e else 'f'\n",
            "if a:\n    b()\nelif c:\n    d()\nelse:\n    e()\n",
            "    'key': [1, -2, (3, 4)], # it's\n",
            "def f(a: int = 1, *b, **c) -> list[str]:\n    '''(((('''\n    return f'{a!r:>{b}} {{' + rf\"\\{c}\"\n",
            "@a.b(c)\nclass D(E):\n\tf = lambda x, y: x ** -y\n",
            "a = b; c = not d; ",
            "x = \"\"\"it's {\n\"\"\" + '\\'('\n",
        ] {
            accepted(Dialect::Python, &line.repeat(10_000));
        }
        let open = format!("x = (\n{}", "def f():\n    return a.b(c)\n".repeat(10_000));
        accepted(Dialect::Python, &open);
    }

    #[test]
    fn long_flat_javascript_is_accepted() {
        for line in [
            "const a = b.c(d, e => f)[0] ? g : `h${i}`\n",
            "if(a){b()}else if(c){d()}else e();",
            "function f(a,b){return a/b/c}var d=/[/'\"`(]/g;x=y",
            "class A { #b = 1; get c() { return this.#b } static d() {} }\n",
            "a = { b: 1, 'c': [2, 3], d() {}, ...e }\n",
            "for (let i = 0; i < n; i++) { if (i < m) continue }\n",
            "switch (a) { case 1: b(); break; default: c() }\n",
            "const e = <div className=\"f\" {...g}>it's {h ? <i/> : <b>j</b>}; k</div>\n",
        ] {
            accepted(Dialect::JavaScript, &line.repeat(4_000));
        }
        let element = "<li key=\"a\">it's {b} (c)</li>\n".repeat(5_000);
        accepted(Dialect::JavaScript, &format!("const l = (<ul>{element}</ul>)\n"));
        let union = "  | 'some-name'\n".repeat(10_000);
        accepted(Dialect::TypeScript, &format!("type Names =\n{union};\n"));
        let typed = "export const f = async <T extends A<B<C>>>(x: Map<string, T[]>): Promise<T> => g<T>(x as U)!\n";
        accepted(Dialect::TypeScript, &typed.repeat(2_000));
    }
}
