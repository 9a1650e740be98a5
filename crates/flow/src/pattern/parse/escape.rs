//! What follows a backslash.

use super::{Parsed, Parser};
use crate::pattern::ast::{Assertion, Back, Node};
use crate::pattern::set::{self, Set};

/// What an escape means, inside a class or outside.
pub(super) enum Escape {
    Unit(u32),
    Set(Set),
    Node(Node),
}

impl Parser {
    /// At a backslash outside of classes.
    pub(super) fn escaped(&mut self) -> Parsed<Node> {
        match self.escape(false)? {
            Escape::Unit(unit) => self.literal(unit),
            Escape::Set(set) => self.one_of(&set),
            Escape::Node(node) => Ok(node),
        }
    }

    /// At a backslash.
    pub(super) fn escape(&mut self, in_class: bool) -> Parsed<Escape> {
        self.at += 1;
        let Some(next) = self.peek() else { return Err(self.fault("a backslash at the end")) };
        if let Some(set) = self.class_escape(next) {
            self.at += 1;
            return Ok(Escape::Set(set));
        }
        if !in_class && let Some(node) = self.outside_class(next)? {
            return Ok(Escape::Node(node));
        }
        self.at += 1;
        let unit = match next {
            'n' => 0xA,
            'r' => 0xD,
            't' => 0x9,
            'f' => 0xC,
            'v' => 0xB,
            'b' if in_class => 0x8,
            'a' if !self.javascript() => 0x7,
            'x' => return self.hex(2, 'x'),
            'u' => return self.unicode_escape(),
            'U' if !self.javascript() => return self.hex(8, 'U'),
            'N' if !self.javascript() && self.eat('{') => {
                self.name('}')?;
                // Which one it is changes nothing that is asked of a pattern.
                0x2026
            }
            'c' if self.javascript() => match self.peek() {
                Some(letter)
                    if letter.is_ascii_alphabetic() || (in_class && (letter.is_ascii_digit() || letter == '_')) =>
                {
                    self.at += 1;
                    u32::from(letter) % 32
                }
                _ => {
                    self.at -= 1;
                    0x5C
                }
            },
            'p' | 'P' if self.strict() => return self.property(next == 'P').map(Escape::Set),
            '0'..='7' => return Ok(Escape::Unit(self.octal(next))),
            '8' | '9' if self.javascript() => u32::from(next),
            letter if letter.is_ascii_alphanumeric() && !self.javascript() => {
                return Err(self.fault("an unknown escape"));
            }
            _ => self.units.get(self.at - 1).copied().unwrap_or_default(),
        };
        Ok(Escape::Unit(unit))
    }

    fn class_escape(&self, next: char) -> Option<Set> {
        let python_unicode = !self.javascript() && self.flags.unicode;
        let set = match next.to_ascii_lowercase() {
            'd' => set::digits(python_unicode),
            'w' => set::word(python_unicode),
            's' if self.javascript() => set::space_javascript(),
            's' => set::space_python(python_unicode),
            _ => return None,
        };
        let set = set.below(self.top);
        Some(if next.is_ascii_uppercase() { set.negated(self.top) } else { set })
    }

    /// Escapes that are no characters: assertions and references.
    fn outside_class(&mut self, next: char) -> Parsed<Option<Node>> {
        let python = !self.javascript();
        let assertion = match next {
            'b' => Assertion::Boundary,
            'B' => Assertion::NotBoundary,
            'A' if python => Assertion::TextStart,
            'Z' if python => Assertion::TextEnd,
            'k' if self.javascript() && (self.has_names || self.strict()) && self.peek_at(1) == Some('<') => {
                self.at += 2;
                let name = self.name('>')?;
                return self.back_to_name(&name).map(Some);
            }
            '1'..='9' => return self.back_to_number(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(Node::Assert(assertion)))
    }

    /// At the digits of `\12`: a reference, or nothing when it is an octal escape.
    fn back_to_number(&mut self) -> Parsed<Option<Node>> {
        let digits: String = (0..5).map_while(|ahead| self.peek_at(ahead)).take_while(char::is_ascii_digit).collect();
        let octal = |c: char| ('0'..='7').contains(&c);
        let (length, group) = if self.javascript() {
            let group = digits.parse().unwrap_or(u32::MAX);
            if group > self.all_groups {
                return if self.strict() {
                    Err(self.fault("a reference to a group that is not there"))
                } else {
                    Ok(None)
                };
            }
            (digits.len(), group)
        } else {
            if digits.len() >= 3 && digits.chars().take(3).all(octal) {
                return Ok(None);
            }
            let digits: String = digits.chars().take(2).collect();
            (digits.len(), digits.parse().unwrap_or(u32::MAX))
        };
        if !self.javascript() && group > self.groups {
            return Err(self.fault("a reference to a group that is not there"));
        }
        self.at += length;
        Ok(Some(Node::Back(Back { group, ignore_case: self.flags.ignore_case })))
    }

    pub(super) fn back_to_name(&mut self, name: &str) -> Parsed<Node> {
        match self.names.iter().find(|(known, _)| known == name) {
            Some(&(_, group)) => Ok(Node::Back(Back { group, ignore_case: self.flags.ignore_case })),
            // JavaScript: a group further on has matched nothing yet, and so does the reference.
            None if self.javascript() => Ok(Node::Empty),
            None => Err(self.fault("a reference to a group that is not there")),
        }
    }

    /// After the first digit.
    fn octal(&mut self, first: char) -> u32 {
        let mut value = first.to_digit(8).unwrap_or(0);
        let most = if first > '3' { 1 } else { 2 };
        for _ in 0..most {
            match self.peek().and_then(|c| c.to_digit(8)) {
                Some(digit) => {
                    value = value * 8 + digit;
                    self.at += 1;
                }
                None => break,
            }
        }
        value
    }

    fn hex_digits(&self, ahead: usize, count: usize) -> Option<u32> {
        (ahead..ahead + count)
            .try_fold(0_u32, |value, at| Some(value.wrapping_mul(16) + self.peek_at(at)?.to_digit(16)?))
    }

    /// After `\x` and its like. JavaScript takes the letter for itself when no number follows.
    fn hex(&mut self, count: usize, letter: char) -> Parsed<Escape> {
        match self.hex_digits(0, count) {
            Some(value) => {
                self.at += count;
                Ok(Escape::Unit(value.min(self.top)))
            }
            None if self.javascript() && !self.strict() => Ok(Escape::Unit(u32::from(letter))),
            None => Err(self.fault("an escape without its number")),
        }
    }

    /// After `\u`.
    fn unicode_escape(&mut self) -> Parsed<Escape> {
        if self.strict() && self.eat('{') {
            let digits = self.name('}')?;
            let value = u32::from_str_radix(&digits, 16).ok().filter(|&value| value <= self.top);
            return value.map(Escape::Unit).ok_or_else(|| self.fault("an escape without its number"));
        }
        let first = self.hex(4, 'u')?;
        let Escape::Unit(high @ 0xD800..=0xDBFF) = first else { return Ok(first) };
        let paired = self.strict() && self.peek() == Some('\\') && self.peek_at(1) == Some('u');
        if let Some(low @ 0xDC00..=0xDFFF) = self.hex_digits(2, 4).filter(|_| paired) {
            self.at += 6;
            return Ok(Escape::Unit(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)));
        }
        Ok(Escape::Unit(high))
    }

    /// After `\p`.
    fn property(&mut self, negative: bool) -> Parsed<Set> {
        if !self.eat('{') {
            return Err(self.fault("a property without its name"));
        }
        let name = self.name('}')?;
        let set = Set::property(&name).ok_or_else(|| self.fault("an unknown property"))?;
        Ok(if negative { set.negated(self.top) } else { set })
    }
}
