//! Message templates: text with `{placeholder}`s, checked when a rule is loaded.

use lunette_flow::access::AccessPath;

use crate::matcher::ValuePath;

/// A message with placeholders.
#[derive(Clone, Debug)]
pub(crate) struct Template<S = Slot> {
    parts: Vec<Part<S>>,
}

#[derive(Clone, Debug)]
enum Part<S> {
    Text(String),
    Slot(S),
}

/// What a placeholder stands for.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// What is called, as written.
    Callee,
    /// The source text at an access path.
    At(ValuePath),
    /// The name that the match is about: variable, key, setting.
    Name,
    /// The route that reaches the place.
    Route,
    /// The function around it.
    Function,
    /// What the value flows into.
    Sink,
    /// Where untrusted data enters: what kind of data, and how it is written.
    Source,
}

impl Template {
    /// Reads a template. `{{` and `}}` stand for braces.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Template::with(text, slot)
    }
}

impl Template<String> {
    /// Reads a template whose placeholders are names of an observation's details.
    pub(crate) fn named(text: &str) -> Result<Self, String> {
        Template::with(text, |name| {
            let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if fits {
                Ok(name.to_owned())
            } else {
                Err(format!("`{{{name}}}` is no placeholder: they are names in lower case"))
            }
        })
    }
}

impl<S> Template<S> {
    fn with(text: &str, slot: impl Fn(&str) -> Result<S, String>) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some((name, after)) = from.strip_prefix('{').and_then(|from| from.split_once('}')) {
                parts.push(Part::Text(std::mem::take(&mut literal)));
                parts.push(Part::Slot(slot(name)?));
                rest = after;
            } else {
                return Err(format!("a brace of the message `{text}` has no partner"));
            }
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        Ok(Template { parts })
    }

    /// The text with every placeholder filled.
    pub(crate) fn fill(&self, mut value: impl FnMut(&S) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Slot(slot) => value(slot),
            })
            .collect()
    }
}

fn slot(name: &str) -> Result<Slot, String> {
    Ok(match name {
        "callee" => Slot::Callee,
        "name" | "setting" | "key" => Slot::Name,
        "route" => Slot::Route,
        "function" => Slot::Function,
        "sink" => Slot::Sink,
        "source" => Slot::Source,
        path => match ValuePath::parse(path) {
            Ok(path) => Slot::At(path),
            Err(_) => {
                return Err(format!(
                    "`{{{path}}}` is no placeholder: there are callee, name, setting, key, value, route, function, source, sink and access paths such as arg[0]"
                ));
            }
        },
    })
}

impl ValuePath {
    /// Reads `value`, `value.key`, `other`, or an access path.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let steps = |steps: &str| format!("return{steps}").parse::<AccessPath>().map(|path| path.steps);
        match (text.strip_prefix("value"), text.strip_prefix("other")) {
            (Some(rest), _) => Ok(ValuePath::Value(steps(rest)?)),
            (_, Some(rest)) => Ok(ValuePath::Other(steps(rest)?)),
            _ => Ok(ValuePath::Access(text.parse()?)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn placeholders_are_filled_and_faulty_ones_refused() {
        let template = Template::parse("`{callee}` sets {{x}} to {arg[1].secure}").unwrap();
        let filled = template.fill(|slot| if matches!(slot, Slot::Callee) { "f".into() } else { "1".into() });
        assert_eq!(filled, "`f` sets {x} to 1");
        for faulty in ["{nope}", "{callee", "callee}", "{}"] {
            assert!(Template::parse(faulty).is_err(), "{faulty}");
        }
    }
}
