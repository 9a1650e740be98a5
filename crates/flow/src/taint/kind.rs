//! Kinds of harm and kinds of sources.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use lunette_core::project::InputKind;
use serde::Deserialize;

/// A set of kinds of harm (`sql`, `path`, …; `models/kinds.yml`), one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindSet(u64);

impl KindSet {
    /// Every kind.
    pub const ALL: KindSet = KindSet(u64::MAX);
    /// Most kinds there can be.
    pub const MAX: usize = 64;

    /// The kind with this index.
    pub fn one(index: usize) -> Self {
        KindSet(1 << index)
    }

    /// Whether no kind is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is in it.
    pub fn contains(self, other: KindSet) -> bool {
        self.0 & other.0 == other.0
    }

    /// The kinds of this set that are not in `other`.
    #[must_use]
    pub fn without(self, other: KindSet) -> Self {
        KindSet(self.0 & !other.0)
    }

    /// The indices of its kinds.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::MAX).filter(move |at| self.0 & (1 << at) != 0)
    }
}

impl BitOr for KindSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        KindSet(self.0 | other.0)
    }
}

impl BitOrAssign for KindSet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for KindSet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        KindSet(self.0 & other.0)
    }
}

impl BitAndAssign for KindSet {
    fn bitand_assign(&mut self, other: Self) {
        self.0 &= other.0;
    }
}

impl Not for KindSet {
    type Output = Self;
    fn not(self) -> Self {
        KindSet(!self.0)
    }
}

/// Where untrusted data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// The query string.
    Query,
    /// The parsed body of a request.
    Body,
    /// A field of a form.
    Form,
    /// The path.
    Path,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// An uploaded file or its name.
    File,
    /// Any other part of a request (its URL as a whole).
    Request,
    /// Arguments of a remote call or of a GraphQL field.
    Rpc,
    /// A message of a socket.
    Socket,
    /// A message of a queue or an event.
    Message,
    /// The answer of another server.
    Response,
    /// What was stored in the database before.
    Database,
    /// The content of a file.
    Stored,
    /// Environment variables.
    Environment,
    /// Command-line arguments, standard input.
    Arguments,
    /// A parameter of a function that a package exports.
    Library,
}

impl SourceKind {
    /// Every kind, in order.
    pub const ALL: [SourceKind; 17] = [
        Self::Query,
        Self::Body,
        Self::Form,
        Self::Path,
        Self::Header,
        Self::Cookie,
        Self::File,
        Self::Request,
        Self::Rpc,
        Self::Socket,
        Self::Message,
        Self::Response,
        Self::Database,
        Self::Stored,
        Self::Environment,
        Self::Arguments,
        Self::Library,
    ];

    /// Whether somebody outside can send it at will.
    pub fn is_remote(self) -> bool {
        self <= Self::Message
    }

    /// Whether whoever runs the program sets it.
    pub fn is_local(self) -> bool {
        matches!(self, Self::Environment | Self::Arguments)
    }

    /// Its name, as rules and models write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Body => "body",
            Self::Form => "form",
            Self::Path => "path",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::File => "file",
            Self::Request => "request",
            Self::Rpc => "rpc",
            Self::Socket => "socket",
            Self::Message => "message",
            Self::Response => "response",
            Self::Database => "database",
            Self::Stored => "stored",
            Self::Environment => "environment",
            Self::Arguments => "arguments",
            Self::Library => "library",
        }
    }

    /// What it is, in the words of a report.
    pub fn words(self) -> &'static str {
        match self {
            Self::Query => "the query string",
            Self::Body => "the request's body",
            Self::Form => "a form field",
            Self::Path => "the request's path",
            Self::Header => "a request header",
            Self::Cookie => "a cookie",
            Self::File => "an uploaded file",
            Self::Request => "the request",
            Self::Rpc => "the arguments of a remote call",
            Self::Socket => "a socket's message",
            Self::Message => "a message",
            Self::Response => "another server's answer",
            Self::Database => "data stored earlier",
            Self::Stored => "a file's content",
            Self::Environment => "the environment",
            Self::Arguments => "the command line",
            Self::Library => "a parameter of an exported function",
        }
    }
}

/// Which kinds of harm somebody wants to know of, for each kind of source. The default: all of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked([KindSet; SourceKind::ALL.len()]);

impl Asked {
    /// Nothing yet.
    pub const NOTHING: Asked = Asked([KindSet(0); SourceKind::ALL.len()]);

    /// Asks about these kinds of harm by data from these sources.
    pub fn add(&mut self, kinds: KindSet, from: &[SourceKind]) {
        for &source in from {
            self.0[source as usize] |= kinds;
        }
    }

    /// The kinds of harm asked about for a kind of source.
    #[inline]
    pub fn of(&self, source: SourceKind) -> KindSet {
        self.0[source as usize]
    }
}

impl Default for Asked {
    fn default() -> Self {
        Asked([KindSet::ALL; SourceKind::ALL.len()])
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<InputKind> for SourceKind {
    fn from(kind: InputKind) -> Self {
        match kind {
            InputKind::Path => Self::Path,
            InputKind::Query => Self::Query,
            InputKind::Body => Self::Body,
            InputKind::Form => Self::Form,
            InputKind::Header => Self::Header,
            InputKind::Cookie => Self::Cookie,
            InputKind::File => Self::File,
        }
    }
}
