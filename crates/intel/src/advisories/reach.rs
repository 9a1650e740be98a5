//! How far it was shown that a weakness in a package is reached.

use lunette_core::place::Place;
use lunette_core::risk::Exposure;

/// The levels, from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reachability {
    /// No manifest and no lockfile names the package.
    NotDeclared,
    /// A manifest or lockfile names it; no import was found.
    #[default]
    Declared,
    /// The project's code imports it; no call of the functions concerned was found.
    Imported,
    /// The project's code calls a function concerned; that a request gets there was not shown.
    Called,
    /// A request from outside gets to such a call.
    Reached,
}

impl Reachability {
    /// In lower case, for machine-readable reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotDeclared => "not-declared",
            Self::Declared => "declared",
            Self::Imported => "imported",
            Self::Called => "called",
            Self::Reached => "reached",
        }
    }
}

/// What was shown for one package and one advisory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The highest level that was shown.
    pub level: Reachability,
    /// The import or call that shows it.
    pub place: Option<Place>,
    /// The route that gets there (`POST /login`).
    pub route: Option<String>,
    /// Who can use the most exposed such route.
    pub exposure: Option<Exposure>,
    /// Whether the absence of a higher level was shown too: all code of the language was read, nothing in it loads
    /// modules by names that are not known, and the advisory names the functions concerned.
    pub conclusive: bool,
}

impl Reach {
    /// A level without more.
    pub fn level(level: Reachability) -> Self {
        Reach { level, ..Reach::default() }
    }
}
