//! API paths: names for values of libraries, such as `flask.Flask().config`, kept in a trie.
//!
//! The trie holds every path that models and rules speak of, and nothing else: following a path that nobody asked
//! about leaves the trie and costs nothing. A path starts at a package (or at `builtins` / `globalThis` for names
//! that no scope declares) and goes on by member, by call (`()`, also `new` and a class's instance) or by element
//! (`[]`).

use crate::lazy::Regex;
use compact_str::CompactString;
use lunette_lang::ir::Language;
use rustc_hash::FxHashMap;

/// A node of the trie: one API path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A string of the trie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word(u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
enum Edge {
    Package(Language, Word),
    Member(Word),
    #[default]
    Call,
    Element,
}

/// What a model says of a node besides its place in the trie.
#[derive(Clone, Debug, Default)]
pub struct NodeTraits {
    /// The value is another one by type: a call that returns a known value, a property of a known type.
    pub same_as: Option<NodeId>,
    /// A call that returns its receiver (fluent interfaces).
    pub returns_receiver: bool,
    /// A call that returns one of its arguments unchanged (wrappers): the argument's position.
    pub returns_argument: Option<usize>,
    /// Parameters that a call gives to functions passed to it: argument, parameter, value.
    pub callbacks: Vec<Callback>,
}

/// A parameter of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// First argument position that may hold the callback.
    pub argument: usize,
    /// Whether all later positions may hold one, too.
    pub and_later: bool,
    /// The callback's parameter.
    pub parameter: usize,
    /// What it holds.
    pub value: NodeId,
    /// A callback with this many parameters takes an error before the others.
    pub error_parameters: Option<usize>,
    /// Where not empty: the names of events of which the call's first argument is one, or cannot be told.
    pub events: Box<[String]>,
}

/// A parameter that holds an API value by its name, where no caller is known.
#[derive(Clone, Debug)]
pub struct ParameterHint {
    /// The language.
    pub language: Language,
    /// Names of such parameters.
    pub names: Vec<String>,
    /// What they hold.
    pub value: NodeId,
    /// The package that the project must import somewhere.
    pub imports: String,
}

/// What the functions that certain files export are given.
#[derive(Clone, Debug)]
pub struct FileHint {
    /// The language.
    pub language: Language,
    /// The files, by their path.
    pub file: Regex,
    /// A package that the nearest manifest above the file must ask for, where manifests are known.
    pub depends: Option<String>,
    /// A directive that the file must start with (`use server`).
    pub directive: Option<String>,
    /// Names exported; `*` for all.
    pub exports: Vec<String>,
    /// What the functions' parameters hold, in order.
    pub parameters: Vec<Option<NodeId>>,
}

/// What is given to functions that nobody in the project calls.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// By the parameter's name.
    pub parameters: Vec<ParameterHint>,
    /// By the file that exports the function.
    pub files: Vec<FileHint>,
}

/// The trie.
#[derive(Clone, Debug, Default)]
pub struct ApiTrie {
    /// What is given to functions that nobody in the project calls.
    pub hints: Hints,
    words: Vec<CompactString>,
    word_ids: FxHashMap<CompactString, Word>,
    edges: FxHashMap<(Option<NodeId>, Edge), NodeId>,
    parents: Vec<(Option<NodeId>, Edge)>,
    traits: Vec<NodeTraits>,
}

impl ApiTrie {
    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// The node that a node is by type, or itself.
    pub fn canonical(&self, node: NodeId) -> NodeId {
        self.traits(node).same_as.unwrap_or(node)
    }

    /// The id of a string that occurs in the trie.
    pub fn word(&self, text: &str) -> Option<Word> {
        self.word_ids.get(text).copied()
    }

    fn intern(&mut self, text: &str) -> Word {
        if let Some(&word) = self.word_ids.get(text) {
            return word;
        }
        let word = Word(self.words.len() as u32);
        self.words.push(CompactString::new(text));
        self.word_ids.insert(CompactString::new(text), word);
        word
    }

    fn add(&mut self, from: Option<NodeId>, edge: Edge) -> NodeId {
        if let Some(&node) = self.edges.get(&(from, edge)) {
            return node;
        }
        let node = NodeId(self.parents.len() as u32);
        self.parents.push((from, edge));
        self.traits.push(NodeTraits::default());
        self.edges.insert((from, edge), node);
        node
    }

    /// The node of a package, if anything is asked about it.
    pub fn package(&self, language: Language, name: &str) -> Option<NodeId> {
        self.edges.get(&(None, Edge::Package(language, self.word(name)?))).copied()
    }

    /// The node of a member.
    pub fn member(&self, node: NodeId, name: Word) -> Option<NodeId> {
        self.edges.get(&(Some(node), Edge::Member(name))).copied()
    }

    /// The node of what a call (or construction) gives.
    pub fn call(&self, node: NodeId) -> Option<NodeId> {
        self.edges.get(&(Some(node), Edge::Call)).copied()
    }

    /// The node of an element.
    pub fn element(&self, node: NodeId) -> Option<NodeId> {
        self.edges.get(&(Some(node), Edge::Element)).copied()
    }

    /// What models say of a node.
    pub fn traits(&self, node: NodeId) -> &NodeTraits {
        &self.traits[node.0 as usize]
    }

    /// For models: what they say of a node.
    pub fn traits_mut(&mut self, node: NodeId) -> &mut NodeTraits {
        &mut self.traits[node.0 as usize]
    }

    /// The node one step up, unless it is a package.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.parents[node.0 as usize].0
    }

    /// Adds a path such as `flask.Flask().config`, `@nestjs/common.Controller`, `[socket.io].Server()`, `eval`.
    ///
    /// # Errors
    /// Says what is wrong with the path, for the model's or the rule's author.
    pub fn insert(&mut self, language: Language, path: &str) -> Result<NodeId, String> {
        let (package, rest) = split_package(path)?;
        let word = self.intern(package);
        let root = self.add(None, Edge::Package(language, word));
        self.insert_below(root, rest)
    }

    /// Adds steps (`.run`, `().config`, `[]`) below a node.
    ///
    /// # Errors
    /// Says what is wrong with the steps.
    pub fn insert_below(&mut self, node: NodeId, steps: &str) -> Result<NodeId, String> {
        let mut node = node;
        let mut rest = steps;
        while !rest.is_empty() {
            node = self.canonical(node);
            if let Some(after) = rest.strip_prefix("()") {
                node = self.add(Some(node), Edge::Call);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("[]") {
                node = self.add(Some(node), Edge::Element);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '(', '[']).unwrap_or(after.len());
                let (name, after) = after.split_at(end);
                if name.is_empty() {
                    return Err(format!("a name is missing in `{steps}`"));
                }
                let word = self.intern(name);
                node = self.add(Some(node), Edge::Member(word));
                rest = after;
            } else {
                return Err(format!("expected `.name`, `()` or `[]` at `{rest}`"));
            }
        }
        Ok(node)
    }

    /// The path of a node, as models write it.
    pub fn path(&self, node: NodeId) -> String {
        let (parent, edge) = self.parents[node.0 as usize];
        let mut text = parent.map(|parent| self.path(parent)).unwrap_or_default();
        match edge {
            Edge::Package(_, word) => text.push_str(&self.words[word.0 as usize]),
            Edge::Member(word) => {
                text.push('.');
                text.push_str(&self.words[word.0 as usize]);
            }
            Edge::Call => text.push_str("()"),
            Edge::Element => text.push_str("[]"),
        }
        text
    }

    /// The last name on a node's path: `run` for `flask.Flask().run`.
    pub fn last_name(&self, node: NodeId) -> &str {
        match self.parents[node.0 as usize] {
            (_, Edge::Package(_, word) | Edge::Member(word)) => &self.words[word.0 as usize],
            (Some(parent), _) => self.last_name(parent),
            (None, _) => "",
        }
    }
}

/// Splits a path into its package and the steps after it.
fn split_package(path: &str) -> Result<(&str, &str), String> {
    if let Some(quoted) = path.strip_prefix('[') {
        let (package, rest) = quoted.split_once(']').ok_or_else(|| format!("`]` is missing in `{path}`"))?;
        return Ok((package, rest));
    }
    let scope = if path.starts_with('@') { path.find('/').map_or(0, |at| at + 1) } else { 0 };
    let end = path[scope..].find(['.', '(', '[']).map_or(path.len(), |at| scope + at);
    if end == 0 {
        return Err("the path is empty".to_owned());
    }
    Ok(path.split_at(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_round_trip() {
        let mut trie = ApiTrie::default();
        for path in
            ["flask.Flask().config", "@nestjs/common.Controller", "fs/promises.readFile", "express()", "a.b[].c"]
        {
            let node = trie.insert(Language::JavaScript, path).unwrap();
            assert_eq!(trie.path(node), path);
        }
        let node = trie.insert(Language::JavaScript, "[socket.io].Server().on").unwrap();
        assert_eq!(trie.last_name(node), "on");
    }

    #[test]
    fn faulty_paths_are_refused() {
        let mut trie = ApiTrie::default();
        for path in ["", "a..b", "a(b)", "[x.y"] {
            assert!(trie.insert(Language::Python, path).is_err(), "{path}");
        }
    }
}
