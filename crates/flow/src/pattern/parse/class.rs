//! Classes in brackets, JavaScript's nested ones (`v`) included.

use super::escape::Escape;
use super::{MAX_DEPTH, Parsed, Parser};
use crate::pattern::ast::Node;
use crate::pattern::set::Set;

/// One thing in a class.
enum Item {
    Unit(u32),
    Set(Set),
}

impl Parser {
    /// At `[`.
    pub(super) fn class(&mut self) -> Parsed<Node> {
        let set = self.class_set()?;
        Ok(Node::Set(self.intern(set)?))
    }

    fn class_set(&mut self) -> Parsed<Set> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("nested too deeply"));
        }
        let negative = self.eat('^');
        let set = if self.flags.nested_classes { self.nested()? } else { self.plain()? };
        self.depth -= 1;
        let set = if self.flags.ignore_case { set.folded() } else { set }.below(self.top);
        Ok(if negative { set.negated(self.top) } else { set })
    }

    fn plain(&mut self) -> Parsed<Set> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut first = true;
        loop {
            match self.peek() {
                None => return Err(self.fault("`[` without `]`")),
                Some(']') if !first || self.javascript() => {
                    self.at += 1;
                    return Ok(Set::of(ranges));
                }
                Some(_) => {}
            }
            first = false;
            let start = self.class_item()?;
            let is_range = self.peek() == Some('-') && self.peek_at(1).is_some_and(|c| c != ']');
            match start {
                Item::Unit(start) if is_range => {
                    self.at += 1;
                    match self.class_item()? {
                        Item::Unit(end) if end < start => return Err(self.fault("a range that goes down")),
                        Item::Unit(end) => ranges.push((start, end)),
                        Item::Set(set) => {
                            ranges.extend([(start, start), (u32::from('-'), u32::from('-'))]);
                            ranges.extend(set.ranges());
                        }
                    }
                }
                Item::Unit(unit) => ranges.push((unit, unit)),
                Item::Set(set) => ranges.extend(set.ranges()),
            }
        }
    }

    fn class_item(&mut self) -> Parsed<Item> {
        if self.peek() == Some('\\') {
            return match self.escape(true)? {
                Escape::Unit(unit) => Ok(Item::Unit(unit)),
                Escape::Set(set) => Ok(Item::Set(set)),
                Escape::Node(_) => Err(self.fault("an unknown escape")),
            };
        }
        self.take().map(Item::Unit).ok_or_else(|| self.fault("`[` without `]`"))
    }

    /// The content of a class with `v`: unions, `--` and `&&`.
    fn nested(&mut self) -> Parsed<Set> {
        let mut set = Set::default();
        loop {
            if self.eat(']') {
                return Ok(set);
            }
            if self.eat_all("--") {
                let right = self.operand()?;
                set = set.intersection(&right.negated(self.top));
            } else if self.eat_all("&&") {
                let right = self.operand()?;
                set = set.intersection(&right);
            } else {
                let right = self.operand()?;
                set = set.union(&right);
            }
        }
    }

    fn operand(&mut self) -> Parsed<Set> {
        match self.peek() {
            None => return Err(self.fault("`[` without `]`")),
            Some('[') => return self.class_set(),
            Some('\\') if self.peek_at(1) == Some('q') && self.peek_at(2) == Some('{') => {
                self.at += 3;
                let texts = self.name('}')?;
                // Strings in a class: those of one character are kept.
                let single = texts.split('|').filter_map(|text| {
                    let mut chars = text.chars();
                    chars.next().filter(|_| chars.next().is_none())
                });
                return Ok(Set::of(single.map(|c| (u32::from(c), u32::from(c))).collect()));
            }
            Some(_) => {}
        }
        let start = match self.class_item()? {
            Item::Set(set) => return Ok(set),
            Item::Unit(unit) => unit,
        };
        let is_range = self.peek() == Some('-') && self.peek_at(1) != Some('-');
        if !is_range {
            return Ok(Set::one(start));
        }
        self.at += 1;
        match self.class_item()? {
            Item::Unit(end) if end >= start => Ok(Set::of(vec![(start, end)])),
            _ => Err(self.fault("a range that goes down")),
        }
    }
}
