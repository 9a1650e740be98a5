//! Access paths: how models and rules point at a value near a call.
//!
//! The same grammar everywhere: a start (`arg[0]`, `arg[name]`, `arg[0/name]`, `arg[1..]`, `arg[*]`, `receiver`,
//! `return`, `each`, `made.arg[0]` for an argument of the call that made the receiver, `chained.arg[0]` for one of the
//! call right before in a chain), then steps: `.key` for an
//! entry of a literal mapping, `[]` for its elements.

use std::str::FromStr;

/// A parsed access path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessPath {
    /// Look at the call that made the receiver, not at the call itself.
    pub made: bool,
    /// Look at the call whose result the receiver is: `status(404)` in `res.status(404).json()`.
    pub chained: bool,
    /// Where it starts.
    pub start: Start,
    /// The steps from there.
    pub steps: Vec<StepInto>,
}

/// Where an access path starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Start {
    /// An argument, by position, by name, or by whichever was used.
    Arg {
        /// Its position.
        position: Option<usize>,
        /// Its name.
        name: Option<String>,
    },
    /// All arguments from a position on.
    ArgsFrom(usize),
    /// All arguments from a position to the one before the last.
    ArgsMiddle(usize),
    /// The last argument.
    LastArg,
    /// The object that a method is called on.
    Receiver,
    /// What the call gives.
    Return,
    /// One of several registrations in one call (entries of models that say `each`).
    Each,
}

/// A step into a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepInto {
    /// The entry under a key.
    Key(String),
    /// Every element.
    Element,
}

impl FromStr for AccessPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let made = text.strip_prefix("made.");
        let chained = text.strip_prefix("chained.");
        let (start, rest) = parse_start(made.or(chained).unwrap_or(text))?;
        Ok(AccessPath { made: made.is_some(), chained: chained.is_some(), start, steps: parse_steps(rest)? })
    }
}

fn parse_start(text: &str) -> Result<(Start, &str), String> {
    for (word, start) in [("receiver", Start::Receiver), ("return", Start::Return), ("each", Start::Each)] {
        if let Some(rest) = text.strip_prefix(word) {
            return Ok((start, rest));
        }
    }
    let inner = text
        .strip_prefix("arg[")
        .ok_or_else(|| format!("`{text}` does not start with `arg[…]`, `receiver` or `return`"))?;
    let (inner, rest) = inner.split_once(']').ok_or_else(|| format!("`]` is missing in `{text}`"))?;
    let start = match inner {
        "*" => Start::ArgsFrom(0),
        "-1" => Start::LastArg,
        _ => {
            if let Some(from) = inner.strip_suffix("..-1") {
                Start::ArgsMiddle(from.parse().map_err(|_| format!("`{from}` is not a position"))?)
            } else if let Some(from) = inner.strip_suffix("..") {
                Start::ArgsFrom(from.parse().map_err(|_| format!("`{from}` is not a position"))?)
            } else {
                let (position, name) = inner.split_once('/').unwrap_or((inner, ""));
                match position.parse() {
                    Ok(position) => {
                        Start::Arg { position: Some(position), name: (!name.is_empty()).then(|| name.to_owned()) }
                    }
                    Err(_) if name.is_empty() && !inner.is_empty() => {
                        Start::Arg { position: None, name: Some(inner.to_owned()) }
                    }
                    Err(_) => return Err(format!("`{inner}` is neither a position nor a name")),
                }
            }
        }
    };
    Ok((start, rest))
}

fn parse_steps(mut rest: &str) -> Result<Vec<StepInto>, String> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push(StepInto::Element);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, after) = after.split_at(end);
            if key.is_empty() {
                return Err("a key is missing".to_owned());
            }
            steps.push(StepInto::Key(key.to_owned()));
            rest = after;
        } else {
            return Err(format!("expected `.key` or `[]` at `{rest}`"));
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_form_parses() {
        let arg = |position, name: Option<&str>| Start::Arg { position, name: name.map(str::to_owned) };
        for (text, start, steps) in [
            ("arg[0]", arg(Some(0), None), 0),
            ("arg[secure]", arg(None, Some("secure")), 0),
            ("arg[2/view_func]", arg(Some(2), Some("view_func")), 0),
            ("arg[1..]", Start::ArgsFrom(1), 0),
            ("arg[1..-1]", Start::ArgsMiddle(1), 0),
            ("arg[-1]", Start::LastArg, 0),
            ("arg[*][].path", Start::ArgsFrom(0), 2),
            ("receiver", Start::Receiver, 0),
            ("return.app", Start::Return, 1),
        ] {
            let path: AccessPath = text.parse().unwrap();
            assert_eq!((path.start, path.steps.len()), (start, steps), "{text}");
        }
        assert!("made.arg[0].prefix".parse::<AccessPath>().unwrap().made);
        assert!("chained.arg[0]".parse::<AccessPath>().unwrap().chained);
    }

    #[test]
    fn faulty_paths_are_refused() {
        for text in ["", "arg", "arg[", "arg[]", "arg[a/b]", "arg[0]x", "arg[0].."] {
            assert!(text.parse::<AccessPath>().is_err(), "{text}");
        }
    }
}
