//! Reads regular expressions of JavaScript (with the leniencies of browsers) and of Python's `re`.

mod class;
mod escape;
mod groups;

use rustc_hash::FxHashMap;

use super::ast::{Assertion, Greed, Node, Regex, Repeat, SetId};
use super::set::{self, Set};
use super::{Dialect, Unreadable};

/// Deepest nesting read; recursion over the tree is bounded by it.
pub(super) const MAX_DEPTH: u32 = 100;
/// Longest pattern read, in characters.
const MAX_LENGTH: usize = 20_000;
/// Most different sets of characters in one pattern.
const MAX_SETS: usize = 2_000;
/// Counts above this one are taken as this one.
const MAX_COUNT: u32 = 65_535;

type Parsed<T> = Result<T, Unreadable>;

#[derive(Clone, Copy, Debug)]
struct Flags {
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
    verbose: bool,
    /// JavaScript: `u` or `v`. Python: classes are those of Unicode.
    unicode: bool,
    /// JavaScript's `v`.
    nested_classes: bool,
}

struct Parser {
    units: Vec<u32>,
    at: usize,
    dialect: Dialect,
    flags: Flags,
    utf16: bool,
    /// The highest unit there is.
    top: u32,
    sets: Vec<Set>,
    known: FxHashMap<Set, SetId>,
    groups: u32,
    /// Groups of the whole pattern (JavaScript: tells references from octal escapes).
    all_groups: u32,
    names: Vec<(String, u32)>,
    /// Names that are referred to before their groups: the reference's place in `forward`.
    has_names: bool,
    depth: u32,
}

pub(super) fn parse(pattern: &str, flags: &str, dialect: Dialect) -> Parsed<Regex> {
    let mut parser = Parser::new(pattern, flags, dialect)?;
    let root = parser.alternation()?;
    if parser.at < parser.units.len() {
        return Err(parser.fault("`)` without `(`"));
    }
    let word = parser.word_for_boundary();
    let word = parser.intern(word)?;
    let breaks = parser.breaks();
    let breaks = parser.intern(breaks)?;
    Ok(Regex {
        root,
        groups: parser.groups,
        sets: parser.sets,
        dialect,
        sticky: dialect == Dialect::JavaScript && flags.contains('y'),
        utf16: parser.utf16,
        word,
        breaks,
    })
}

impl Parser {
    fn new(pattern: &str, letters: &str, dialect: Dialect) -> Parsed<Self> {
        let has = |letter: char| letters.contains(letter);
        let javascript = dialect == Dialect::JavaScript;
        let bytes = !javascript && has('b');
        let flags = Flags {
            ignore_case: has('i'),
            multiline: has('m'),
            dot_all: has('s'),
            verbose: !javascript && has('x'),
            unicode: if javascript { has('u') || has('v') } else { !bytes && !has('a') },
            nested_classes: javascript && has('v'),
        };
        let utf16 = javascript && !flags.unicode;
        if pattern.len() > 4 * MAX_LENGTH {
            return Err(Unreadable { reason: "too long", at: 0 });
        }
        let units: Vec<u32> = if utf16 {
            pattern.encode_utf16().map(u32::from).collect()
        } else {
            pattern.chars().map(u32::from).collect()
        };
        if units.len() > MAX_LENGTH {
            return Err(Unreadable { reason: "too long", at: 0 });
        }
        let top = match (utf16, bytes) {
            (true, _) => 0xFFFF,
            (_, true) => 0xFF,
            _ => 0x10_FFFF,
        };
        let mut parser = Parser {
            units,
            at: 0,
            dialect,
            flags,
            utf16,
            top,
            sets: Vec::new(),
            known: FxHashMap::default(),
            groups: 0,
            all_groups: 0,
            names: Vec::new(),
            has_names: false,
            depth: 0,
        };
        if javascript {
            parser.count_groups();
        }
        Ok(parser)
    }

    /// Counts the capturing groups ahead: JavaScript decides by them what `\1` and `\k` mean.
    fn count_groups(&mut self) {
        let (mut at, mut in_class) = (0, false);
        let unit = |at: usize| self.units.get(at).copied().and_then(char::from_u32);
        while let Some(now) = self.units.get(at) {
            match char::from_u32(*now) {
                Some('\\') => at += 1,
                Some('[') => in_class = true,
                Some(']') => in_class = false,
                Some('(') if !in_class => match (unit(at + 1), unit(at + 2), unit(at + 3)) {
                    (Some('?'), Some('<'), Some(next)) if next != '=' && next != '!' => {
                        self.all_groups += 1;
                        self.has_names = true;
                    }
                    (Some('?'), ..) => {}
                    _ => self.all_groups += 1,
                },
                _ => {}
            }
            at += 1;
        }
    }

    fn fault(&self, reason: &'static str) -> Unreadable {
        Unreadable { reason, at: self.at }
    }

    fn javascript(&self) -> bool {
        self.dialect == Dialect::JavaScript
    }

    /// JavaScript's strict grammar (`u` and `v`).
    fn strict(&self) -> bool {
        self.javascript() && self.flags.unicode
    }

    /// The next character; half a surrogate pair reads as the replacement character.
    fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.units.get(self.at + ahead).map(|&unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn take(&mut self) -> Option<u32> {
        let unit = self.units.get(self.at).copied();
        self.at += usize::from(unit.is_some());
        unit
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn eat_all(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c));
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn intern(&mut self, set: Set) -> Parsed<SetId> {
        if let Some(&id) = self.known.get(&set) {
            return Ok(id);
        }
        if self.sets.len() >= MAX_SETS {
            return Err(self.fault("too many different characters"));
        }
        let id = SetId(self.sets.len() as u16);
        self.known.insert(set.clone(), id);
        self.sets.push(set);
        Ok(id)
    }

    /// One character of a set; the set as written, before case is ignored.
    fn one_of(&mut self, set: &Set) -> Parsed<Node> {
        let set = if self.flags.ignore_case { set.folded().below(self.top) } else { set.clone().below(self.top) };
        Ok(Node::Set(self.intern(set)?))
    }

    fn literal(&mut self, unit: u32) -> Parsed<Node> {
        self.one_of(&Set::one(unit))
    }

    fn breaks(&self) -> Set {
        match self.dialect {
            Dialect::JavaScript => Set::of(vec![(0xA, 0xA), (0xD, 0xD), (0x2028, 0x2029)]),
            Dialect::Python => Set::one(0xA),
        }
    }

    fn word_for_boundary(&self) -> Set {
        set::word(!self.javascript() && self.flags.unicode).below(self.top)
    }

    fn alternation(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("nested too deeply"));
        }
        let mut branches = Vec::new();
        let mut plain = true;
        loop {
            plain &= !matches!((self.peek(), self.peek_at(1)), (Some('.' | '('), _) | (Some('['), Some('^')));
            branches.push(self.sequence()?);
            if !self.eat('|') {
                break;
            }
        }
        self.depth -= 1;
        // Python makes one class of alternatives that are single characters, so `\w|\d` has one way only.
        if plain
            && !self.javascript()
            && branches.len() > 1
            && branches.iter().all(|branch| matches!(branch, Node::Set(_)))
        {
            let one = |set: Set, branch: &Node| match branch {
                Node::Set(id) => set.union(&self.sets[id.index()]),
                _ => set,
            };
            let set = branches.iter().fold(Set::default(), one);
            return Ok(Node::Set(self.intern(set)?));
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            Some(last) => {
                branches.push(last);
                Node::Alt(branches)
            }
            None => Node::Empty,
        })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut items = Vec::new();
        loop {
            if self.flags.verbose {
                self.skip_blanks();
            }
            let Some(next) = self.peek() else { break };
            if matches!(next, '|' | ')') {
                break;
            }
            let Some(term) = self.term(next)? else { continue };
            if self.flags.verbose {
                self.skip_blanks();
            }
            items.push(self.quantified(term)?);
        }
        Ok(match items.pop() {
            None => Node::Empty,
            Some(only) if items.is_empty() => only,
            Some(last) => {
                items.push(last);
                Node::Concat(items)
            }
        })
    }

    fn skip_blanks(&mut self) {
        while let Some(next) = self.peek() {
            if next == '#' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
            } else if next.is_ascii_whitespace() || next == '\u{b}' {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// One term without its quantifier. Nothing for what stands for nothing (comments, flags).
    fn term(&mut self, next: char) -> Parsed<Option<Node>> {
        Ok(Some(match next {
            '(' => return self.group(),
            '[' => self.class()?,
            '\\' => self.escaped()?,
            '.' => {
                self.at += 1;
                let set = if self.flags.dot_all { Set::all(self.top) } else { self.breaks().negated(self.top) };
                Node::Set(self.intern(set)?)
            }
            '^' => {
                self.at += 1;
                Node::Assert(if self.flags.multiline { Assertion::LineStart } else { Assertion::TextStart })
            }
            '$' => {
                self.at += 1;
                Node::Assert(match (self.flags.multiline, self.dialect) {
                    (true, _) => Assertion::LineEnd,
                    (false, Dialect::JavaScript) => Assertion::TextEnd,
                    (false, Dialect::Python) => Assertion::TextEndOrBreak,
                })
            }
            '*' | '+' | '?' => return Err(self.fault("nothing to repeat")),
            '{' if self.javascript() && (self.strict() || self.counts(self.at).is_some()) => {
                return Err(self.fault("nothing to repeat"));
            }
            ']' | '}' if self.strict() => return Err(self.fault("bracket without its partner")),
            _ => {
                let unit = self.take().unwrap_or_default();
                self.literal(unit)?
            }
        }))
    }

    fn quantified(&mut self, body: Node) -> Parsed<Node> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.counts(self.at) {
                Some((min, max, end)) => {
                    self.at = end - 1;
                    (min, max)
                }
                None => return Ok(body),
            },
            _ => return Ok(body),
        };
        self.at += 1;
        if max.is_some_and(|max| max < min) {
            return Err(self.fault("the most is less than the least"));
        }
        let greed = if self.eat('?') {
            Greed::Lazy
        } else if !self.javascript() && self.eat('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err(self.fault("repeated repetition"));
        }
        Ok(Node::Repeat(Box::new(Repeat { body, min, max, greed })))
    }

    /// `{3}`, `{3,}`, `{3,5}` and Python's `{,5}` at a place: least, most, and where it ends.
    fn counts(&self, start: usize) -> Option<(u32, Option<u32>, usize)> {
        let unit = |at: usize| self.units.get(at).copied().and_then(char::from_u32);
        let number = |mut at: usize| {
            let (start, mut value) = (at, 0_u32);
            while let Some(digit) = unit(at).and_then(|c| c.to_digit(10)) {
                value = value.saturating_mul(10).saturating_add(digit).min(MAX_COUNT);
                at += 1;
            }
            ((at > start).then_some(value), at)
        };
        let (min, at) = number(start + 1);
        match unit(at)? {
            '}' => Some((min?, min, at + 1)),
            ',' => {
                let (max, at) = number(at + 1);
                let open = self.dialect == Dialect::Python && max.is_some();
                let min = min.or(open.then_some(0))?;
                (unit(at)? == '}').then_some((min, max, at + 1))
            }
            _ => None,
        }
    }
}
