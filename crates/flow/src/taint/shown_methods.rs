//! What methods called on a value, or with it, show of it: `x.startsWith("/a/")`, `/^\d+$/.test(x)`.

use lunette_lang::ir::{Arg, Op, Part, ValueId};

use super::KindSet;
use super::guards::{Marks, Shown, State, show};
use super::scan::Scan;
use super::texts;
use crate::constant::Value;
use crate::methods::is_strict_test;
use crate::pattern::Anchoring;

impl Scan<'_, '_> {
    pub(super) fn method_shows(&mut self, name: &str, base: ValueId, args: &[Arg], truth: bool, state: &mut State) {
        match (name, args) {
            (name, []) if is_strict_test(name) && truth => {
                let kinds = KindSet::ALL.without(self.env.models.taint.any_value);
                show(state, Shown::harmless(self.canon[base.index()], kinds));
            }
            ("startswith" | "startsWith", [prefix, ..]) if truth => {
                for value in self.spellings(base) {
                    if self.is_normal(value) {
                        let inside = Shown::harmless(value, self.env.models.taint.inside);
                        show(state, Shown { unless: Some(prefix.value), ..inside });
                    }
                }
                let prefixes = self.texts_of(prefix.value);
                let Some(kinds) =
                    prefixes.iter().map(|text| texts::beginning(&self.env.models.taint, text)).reduce(|a, b| a & b)
                else {
                    return;
                };
                show(state, Shown::harmless(self.canon[base.index()], kinds));
                if let [prefix] = prefixes.as_slice() {
                    self.mark(base, prefix, Marks::BEGINS, state);
                }
                // A telling part that begins with something fixed.
                for shown in self.whole_of(base) {
                    show(state, shown);
                }
            }
            ("endswith" | "endsWith", [suffix, ..]) if truth && self.constant(suffix.value).is_some() => {
                if let Some(suffix) = self.text(suffix.value) {
                    self.mark(base, &suffix, Marks::ENDS, state);
                }
                for shown in self.whole_of(base) {
                    show(state, shown);
                }
            }
            ("includes" | "has" | "contains" | "hasOwnProperty" | "__contains__", [item]) => {
                for shown in self.membership(item.value, base, truth) {
                    show(state, shown);
                }
            }
            ("test", [subject]) => self.regex_shows(base, subject.value, truth, state),
            ("match" | "search", [pattern]) => self.regex_shows(pattern.value, base, truth, state),
            _ => {}
        }
    }

    fn regex_shows(&mut self, pattern: ValueId, subject: ValueId, truth: bool, state: &mut State) {
        let constant = self.constant(pattern);
        let Some(pattern @ Value::Regex { .. }) = constant.as_deref() else { return };
        let kept = self.state.patterns.of(&self.env.models.taint, pattern, self.module.language, Anchoring::Anywhere);
        let kinds = if truth { kept.refused } else { kept.caught };
        for value in self.spellings(subject) {
            show(state, Shown::harmless(value, kinds));
        }
    }

    /// The texts that a value is: one, or all of a literal list.
    fn texts_of(&self, value: ValueId) -> Vec<String> {
        match self.constant(value).as_deref() {
            Some(Value::Str(text)) => vec![text.clone()],
            Some(Value::List(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            // What is configured has a fixed beginning, too.
            _ => match self.op(self.plain(value)) {
                Op::Concat(parts) => {
                    let fixed = parts.iter().map(|part| match part {
                        Part::Text(text) => Some(self.name(*text).to_owned()),
                        Part::Value(value) => self.text(*value),
                    });
                    fixed.collect::<Option<String>>().into_iter().collect()
                }
                _ => Vec::new(),
            },
        }
    }
}
