//! What stands in parentheses.

use super::{Parsed, Parser};
use crate::pattern::ast::{Either, Look, Node};

impl Parser {
    /// At `(`. Nothing for comments and flags.
    pub(super) fn group(&mut self) -> Parsed<Option<Node>> {
        self.at += 1;
        if !self.eat('?') {
            return self.capture(None).map(Some);
        }
        if self.eat(':') {
            return self.rest().map(Some);
        }
        for (mark, behind, negative) in
            [("=", false, false), ("!", false, true), ("<=", true, false), ("<!", true, true)]
        {
            if self.eat_all(mark) {
                let body = self.rest()?;
                return Ok(Some(Node::Look(Box::new(Look { behind, negative, body }))));
            }
        }
        if self.javascript() {
            if self.eat('<') {
                let name = self.name('>')?;
                return self.capture(Some(name)).map(Some);
            }
            return self.flagged();
        }
        if self.eat('#') {
            while self.take().is_some_and(|unit| unit != u32::from(')')) {}
            return Ok(None);
        }
        if self.eat('>') {
            return Ok(Some(Node::Atomic(Box::new(self.rest()?))));
        }
        if self.eat_all("P<") {
            let name = self.name('>')?;
            return self.capture(Some(name)).map(Some);
        }
        if self.eat_all("P=") {
            let name = self.name(')')?;
            return self.back_to_name(&name).map(Some);
        }
        if self.eat('(') {
            return self.conditional().map(Some);
        }
        self.flagged()
    }

    fn capture(&mut self, name: Option<String>) -> Parsed<Node> {
        self.groups += 1;
        let index = self.groups;
        self.names.extend(name.map(|name| (name, index)));
        let body = self.rest()?;
        Ok(Node::Group(index, Box::new(body)))
    }

    /// The alternatives up to the closing parenthesis. Flags set inside end there.
    fn rest(&mut self) -> Parsed<Node> {
        let flags = self.flags;
        let body = self.alternation()?;
        self.flags = flags;
        if self.eat(')') { Ok(body) } else { Err(self.fault("`(` without `)`")) }
    }

    pub(super) fn name(&mut self, end: char) -> Parsed<String> {
        let mut name = String::new();
        while let Some(next) = self.peek() {
            self.at += 1;
            if next == end {
                return if name.is_empty() { Err(self.fault("a name is empty")) } else { Ok(name) };
            }
            if matches!(next, ')' | '(' | '<' | '>') || name.len() > 200 {
                break;
            }
            name.push(next);
        }
        Err(self.fault("a name has no end"))
    }

    /// `(?i)`, `(?i:…)`, `(?-i:…)`, `(?i-s:…)`.
    fn flagged(&mut self) -> Parsed<Option<Node>> {
        let (before, mut flags, mut on) = (self.flags, self.flags, true);
        while let Some(next) = self.peek() {
            self.at += 1;
            match next {
                'i' => flags.ignore_case = on,
                'm' => flags.multiline = on,
                's' => flags.dot_all = on,
                'x' if !self.javascript() => flags.verbose = on,
                'a' if !self.javascript() => flags.unicode = !on,
                'u' | 'L' if !self.javascript() => {}
                '-' if on => on = false,
                ':' => {
                    self.flags = flags;
                    let body = self.rest()?;
                    self.flags = before;
                    return Ok(Some(body));
                }
                ')' if !self.javascript() && on => {
                    // From here on: Python wants them at the start, and took them anywhere before 3.11.
                    self.flags = flags;
                    return Ok(None);
                }
                _ => break,
            }
        }
        Err(self.fault("an unknown kind of group"))
    }

    /// After `(?(`.
    fn conditional(&mut self) -> Parsed<Node> {
        let name = self.name(')')?;
        let group = match name.parse::<u32>() {
            Ok(number) => number,
            Err(_) => self.names.iter().find(|(known, _)| *known == name).map_or(0, |(_, index)| *index),
        };
        if group == 0 {
            return Err(self.fault("a condition on a group that is not there"));
        }
        let flags = self.flags;
        let yes = self.sequence()?;
        let no = if self.eat('|') { self.sequence()? } else { Node::Empty };
        self.flags = flags;
        if !self.eat(')') {
            return Err(self.fault("a condition with more than two branches, or without its end"));
        }
        Ok(Node::Either(Box::new(Either { group, yes, no })))
    }
}
