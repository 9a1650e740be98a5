//! The fenced `lunette` block of a rules file: TOML, for what should not depend on how a sentence is put.

use lunette_core::assessment::RuleLine;
use lunette_core::text::code_line;

use super::directive::{Acceptance, ContextKey, Directive, Kind, Selector};
use super::markdown::Block;
use super::{shapes, vocabulary};
use crate::dates;
use crate::paths::PathPattern;
use crate::tree::{self, Key, Node, Value};

/// Keys of a block, for the message on an unknown one.
const KEYS: &str = "exclude, include, only, min_severity, frameworks, offline, accept, withhold, require, context";

/// Reads a block; what is not understood is listed with its line and nothing else is lost.
pub(super) fn read(block: &Block) -> (Vec<Directive>, Vec<RuleLine>) {
    let mut reader = Reader { block, directives: Vec::new(), not_understood: Vec::new() };
    match tree::toml(&block.body) {
        Ok(table) => {
            for (key, value) in table.entries() {
                reader.entry(key, value);
            }
        }
        Err(error) => {
            reader.refuse(
                error.line,
                format!("the lunette block is not valid TOML, so none of it applies: {}", error.message),
            );
        }
    }
    (reader.directives, reader.not_understood)
}

struct Reader<'a> {
    block: &'a Block,
    directives: Vec<Directive>,
    not_understood: Vec<RuleLine>,
}

impl Reader<'_> {
    fn line(&self, line: u32) -> usize {
        self.block.line + (line.max(1) as usize) - 1
    }

    fn text(&self, line: u32) -> String {
        code_line(self.block.body.lines().nth((line.max(1) as usize) - 1).unwrap_or_default())
    }

    fn refuse(&mut self, line: u32, why: impl Into<String>) {
        self.not_understood.push(RuleLine { line: self.line(line), text: self.text(line), why: why.into() });
    }

    fn push(&mut self, line: u32, kind: Kind) {
        self.directives.push(Directive { line: self.line(line), text: self.text(line), kind });
    }

    fn entry(&mut self, key: &Key, value: &Node) {
        match key.text.as_str() {
            "exclude" => self.paths(value, Kind::Exclude),
            "include" => self.paths(value, Kind::Include),
            "only" => self.paths(value, Kind::Only),
            "min_severity" => match value.text().and_then(shapes::severity) {
                Some(severity) => self.push(key.line, Kind::Floor(severity)),
                None => self.refuse(key.line, "min_severity is one of \"low\", \"medium\", \"high\", \"critical\""),
            },
            "frameworks" => self.frameworks(key, value),
            "offline" => match value.text() {
                Some("true") => self.push(key.line, Kind::Offline),
                Some("false") => self.refuse(key.line, "rules cannot allow network access"),
                _ => self.refuse(key.line, "offline is true or left out"),
            },
            "accept" => self.tables(key, value, Self::accept),
            "withhold" => self.tables(key, value, Self::withhold),
            "require" => self.tables(key, value, Self::require),
            "context" => self.context(key, value),
            other => self.refuse(key.line, format!("unknown key `{}`; known are {KEYS}", code_line(other))),
        }
    }

    /// Patterns of a list, in one directive; those that are no patterns are listed.
    fn patterns(&mut self, value: &Node) -> Vec<PathPattern> {
        let mut patterns = Vec::new();
        for item in value.items_or_self() {
            match item
                .text()
                .ok_or_else(|| format!("a path is a string, not {}", item.kind()))
                .and_then(PathPattern::new)
            {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => self.refuse(item.line, why),
            }
        }
        patterns
    }

    fn paths(&mut self, value: &Node, make: fn(Vec<PathPattern>) -> Kind) {
        let patterns = self.patterns(value);
        if !patterns.is_empty() {
            self.push(value.line, make(patterns));
        }
    }

    fn frameworks(&mut self, key: &Key, value: &Node) {
        let mut names = Vec::new();
        for item in value.items_or_self() {
            match item.text().map(|name| (name, vocabulary::framework_by_name(name))) {
                Some((_, Some(framework))) if !names.contains(&framework) => names.push(framework),
                Some((_, Some(_))) => {}
                Some((name, None)) => {
                    self.refuse(item.line, format!("`{}` is not a framework that Lunette knows", code_line(name)));
                }
                None => self.refuse(item.line, "a framework is a string"),
            }
        }
        if !names.is_empty() {
            self.push(key.line, Kind::Frameworks { names, in_force: true });
        }
    }

    fn tables(&mut self, key: &Key, value: &Node, read: fn(&mut Self, u32, &Node)) {
        match &value.value {
            Value::List(items) if items.iter().all(|item| matches!(item.value, Value::Map(_))) => {
                for item in items {
                    let line = item.entries().first().map_or(item.line, |(first, _)| first.line);
                    read(self, line, item);
                }
            }
            _ => self.refuse(key.line, format!("`{0}` is written as tables: [[{0}]]", key.text)),
        }
    }

    /// Lists the keys of a table that are not among `known`.
    fn unknown_keys(&mut self, table: &Node, known: &[&str]) {
        for (key, _) in table.entries().iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            self.refuse(key.line, format!("unknown key `{}`; known are {}", code_line(&key.text), known.join(", ")));
        }
    }

    fn selectors(&mut self, table: &Node) -> Vec<Selector> {
        let mut out = Vec::new();
        for item in table.get("rule").map(Node::items_or_self).unwrap_or_default() {
            out.extend(item.text().map(|rule| Selector::Rule(rule.to_owned())));
        }
        for item in table.get("cwe").map(Node::items_or_self).unwrap_or_default() {
            let number = item
                .text()
                .map(|text| text.trim_start_matches(['C', 'W', 'E', 'c', 'w', 'e', '-']))
                .and_then(|text| text.parse().ok());
            match number {
                Some(number) => out.push(Selector::Cwe(number)),
                None => self.refuse(item.line, "cwe is a number, as in cwe = 79"),
            }
        }
        out
    }

    fn accept(&mut self, line: u32, table: &Node) {
        self.unknown_keys(table, &["rule", "cwe", "path", "reason", "until"]);
        let what = self.selectors(table);
        let paths = table.get("path").map(|paths| self.patterns(paths)).unwrap_or_default();
        let reason = table.text_of("reason").unwrap_or_default().trim().to_owned();
        let until = table.text_of("until").unwrap_or_default().to_owned();
        if what.is_empty() {
            self.refuse(line, "an accepted risk must name a rule or a cwe");
        } else if reason.is_empty() {
            self.refuse(line, "an accepted risk needs a reason");
        } else if !dates::is_iso(&until) {
            self.refuse(line, "an accepted risk needs a last day: until = \"2027-01-31\"");
        } else if table.get("path").is_some() && paths.is_empty() {
            // The path was refused: without it the acceptance would cover more than was meant.
        } else {
            self.push(line, Kind::Accept(Acceptance { what, paths, until, reason }));
        }
    }

    fn withhold(&mut self, line: u32, table: &Node) {
        self.unknown_keys(table, &["rule", "cwe", "path"]);
        let what = self.selectors(table);
        let paths = table.get("path").map(|paths| self.patterns(paths)).unwrap_or_default();
        if what.is_empty() {
            self.refuse(line, "name the rule or the cwe to withhold");
        } else if table.get("path").is_none() || !paths.is_empty() {
            self.push(line, Kind::Withhold { what, paths });
        }
    }

    fn require(&mut self, line: u32, table: &Node) {
        self.unknown_keys(table, &["control", "on", "except"]);
        let names = |key: &str| {
            let items = table.get(key).map(Node::items_or_self).unwrap_or_default();
            items.iter().filter_map(|item| item.text().map(str::to_owned)).collect::<Vec<_>>()
        };
        let (on, except) = (names("on"), names("except"));
        if let Some(control) = table.text_of("control").and_then(vocabulary::control_by_id) {
            self.push(line, Kind::Require { control, on, except, everywhere: true });
        } else {
            let known: Vec<&str> = vocabulary::CONTROLS.iter().map(|control| control.id).collect();
            self.refuse(line, format!("control is one of {}", known.join(", ")));
        }
    }

    fn context(&mut self, key: &Key, value: &Node) {
        if !matches!(value.value, Value::Map(_)) {
            self.refuse(key.line, "context is a table: [context]");
            return;
        }
        for (name, value) in value.entries() {
            let known = ContextKey::ALL.into_iter().find(|known| known.id() == name.text);
            match (known, value.text().map(str::trim).filter(|text| !text.is_empty())) {
                (Some(key), Some(text)) => {
                    self.push(name.line, Kind::Context { key, value: lunette_core::text::shorten(text, 200) });
                }
                (Some(_), None) => self.refuse(name.line, "the value is a string or a number"),
                (None, _) => {
                    let ids: Vec<&str> = ContextKey::ALL.iter().map(|key| key.id()).collect();
                    self.refuse(
                        name.line,
                        format!("unknown key `{}`; known are {}", code_line(&name.text), ids.join(", ")),
                    );
                }
            }
        }
    }
}
