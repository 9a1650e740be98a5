//! What is known of the assessed project before it is judged.

use serde::Serialize;

use crate::place::Place;
use crate::risk::Exposure;

/// The project as it was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Project {
    /// Its name: from a manifest, else the folder's.
    pub name: String,
    /// Lines and files by language, most lines first.
    pub languages: Vec<LanguageCount>,
    /// Technologies, by kind and name.
    pub technologies: Vec<Technology>,
    /// Entry points, by file and line.
    pub routes: Vec<Route>,
    /// The five dimensions of the specification's project assessment, in its order.
    pub dimensions: Vec<Dimension>,
    /// Files that were read.
    pub files_read: usize,
    /// Lines in them.
    pub lines: usize,
    /// Files and folders that were not read or not understood, with the reason; by path.
    pub skipped: Vec<Skipped>,
}

/// A language's share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LanguageCount {
    /// Its name: "TypeScript".
    pub name: String,
    /// Files.
    pub files: usize,
    /// Lines.
    pub lines: usize,
    /// Whether Lunette analyses it (false: counted only).
    pub analysed: bool,
}

/// A technology in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Technology {
    /// Its usual name: "Express".
    pub name: String,
    /// What kind of thing it is.
    pub kind: TechnologyKind,
    /// The version, from the lockfile if there is one, otherwise the range asked for.
    pub version: Option<String>,
    /// What shows it.
    pub evidence: Vec<Place>,
}

/// Kinds of technology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the kinds are what their names say")]
pub enum TechnologyKind {
    Runtime,
    Framework,
    Platform,
    DataStore,
    Security,
    Authentication,
    Validation,
    Logging,
    Testing,
    Container,
    Ci,
    Infrastructure,
    Messaging,
    Integration,
}

/// An HTTP route, RPC or edge function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Route {
    /// `GET`, `POST`, …, or `ANY`.
    pub method: String,
    /// Full path with mounts applied, parameters as the framework writes them: `/orders/:id`, `/orders/<int:id>`.
    pub path: String,
    /// The handler's name, or `<anonymous>`.
    pub handler: String,
    /// The framework that serves it: `express`, `flask`, `supabase`.
    pub framework: String,
    /// File that registers it, relative to the root.
    pub file: String,
    /// Line that registers it.
    pub line: u32,
    /// Where the handler's code is.
    pub handler_place: Option<Place>,
    /// Guards in force, in the order they run.
    pub guards: Vec<GuardUse>,
    /// Inputs that the handler reads.
    pub inputs: Vec<Input>,
    /// Who can reach it, by the guards in force.
    pub exposure: Exposure,
    /// Whether method and path were fully resolved from constants.
    pub resolved: bool,
}

/// A guard in force on a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuardUse {
    /// Its name as written: `requireUser`, `login_required`.
    pub name: String,
    /// What it proves.
    pub proves: Proves,
    /// Where it is applied.
    pub place: Place,
}

/// What a guard or middleware does for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proves {
    /// The caller is signed in.
    Authenticated,
    /// The caller has a privilege.
    Authorized,
    /// The request carries no forged origin.
    Csrf,
    /// Requests are limited in rate.
    RateLimit,
    /// Inputs are validated.
    Validated,
    /// Security headers are set.
    Headers,
    /// Cross-origin policy is set.
    Cors,
    /// Anything else, or not known.
    Unknown,
}

/// An input that a handler reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Input {
    /// Its name; `*` for the whole collection.
    pub name: String,
    /// Where it comes from in the request.
    pub kind: InputKind,
}

/// Parts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the kinds are what their names say")]
pub enum InputKind {
    Path,
    Query,
    Body,
    Form,
    Header,
    Cookie,
    File,
}

/// One of the five dimensions: Size, Scope, Complexity, Context, Stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its values.
    pub facts: Vec<Fact>,
}

/// A value with its evidence. `value: None` is printed as "not stated".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What is told: "routes".
    pub label: String,
    /// Its value.
    pub value: Option<String>,
    /// What shows it: places in the project, or none when the value counts the whole tree.
    pub evidence: Vec<Place>,
    /// Where it comes from in words: "counted", "request", "rules.md line 4".
    pub source: String,
}

/// Something that was not read, or not understood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Path relative to the root, control characters escaped.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
    /// More on it: the system's error, a size, a line.
    pub detail: String,
}

/// Why a file was not read or not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Listed in `.gitignore` or `.lunetteignore`.
    Ignored,
    /// Left out by the project's rules.
    Rules,
    /// Third-party code kept in the tree.
    Vendored,
    /// Produced by a tool.
    Generated,
    /// Minified code.
    Minified,
    /// Not text.
    Binary,
    /// Larger than the cap.
    TooLarge,
    /// Below the depth cap, or nested deeper than can be analysed.
    TooDeep,
    /// Over the cap on the number of files.
    TooMany,
    /// A symbolic link: links are not followed, the detail tells where it leads.
    Symlink,
    /// A FIFO, socket or device.
    NotRegular,
    /// Permission denied or another error of the system.
    Unreadable,
    /// Not valid UTF-8.
    Encoding,
    /// Did not parse; what was understood was used.
    Syntax,
    /// A language or format that Lunette does not analyse.
    Unsupported,
    /// Analysis of the file was cut short.
    Budget,
}

impl SkipReason {
    /// In words, for reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ignored => "ignored by .gitignore or .lunetteignore",
            Self::Rules => "left out by rules.md",
            Self::Vendored => "third-party code",
            Self::Generated => "generated code",
            Self::Minified => "minified code",
            Self::Binary => "not text",
            Self::TooLarge => "larger than the cap",
            Self::TooDeep => "nested too deep",
            Self::TooMany => "over the cap on files",
            Self::Symlink => "symbolic link, not followed",
            Self::NotRegular => "not a regular file",
            Self::Unreadable => "could not be read",
            Self::Encoding => "not valid UTF-8",
            Self::Syntax => "did not parse completely",
            Self::Unsupported => "not analysed by this version",
            Self::Budget => "analysis cut short",
        }
    }

    /// Whether the gap makes the assessment incomplete (exit code 3 when it concerns the whole project, and named in
    /// the report's limits): something that should have been read was not.
    pub fn is_gap(self) -> bool {
        matches!(
            self,
            Self::TooLarge
                | Self::TooDeep
                | Self::TooMany
                | Self::Unreadable
                | Self::Encoding
                | Self::Syntax
                | Self::Budget
        )
    }
}
