//! What a matcher asks first: of a whole file before its places are made, and of a place what costs least.
//!
//! The answer of a matcher does not depend on the order in which its conditions are asked: it is the least of them.

use lunette_flow::api::NodeId;
use lunette_flow::lazy::Regex;

use crate::matcher::{ComesFrom, Condition, Kind, SiteTest, ValueCondition, ValuePath};
use crate::schema::Inside;

/// What a file must be for a matcher to hold anywhere in it.
#[derive(Clone, Debug)]
pub(crate) enum FileTest {
    /// Its path matches, or must not.
    Path(Regex, bool),
    /// It has a handler of a route.
    Handler,
    /// A value in it may be one of these API values.
    Holds(Vec<NodeId>),
}

/// What the conditions of a matcher ask of the file that a place lies in.
pub(crate) fn file_tests(kind: &Kind, all: &[Condition], unless: &[Condition]) -> Vec<FileTest> {
    let local = matches!(kind, Kind::Assign { .. } | Kind::Return | Kind::Compare);
    let mut tests: Vec<FileTest> = Vec::new();
    let paths = |list: &[Condition], wanted: bool| {
        let of = move |condition: &Condition| match condition {
            Condition::InFile(path) => Some(FileTest::Path(path.clone(), wanted)),
            _ => None,
        };
        list.iter().filter_map(of).collect::<Vec<_>>()
    };
    tests.extend(paths(all, true));
    tests.extend(paths(unless, false));
    if all.iter().any(|condition| matches!(condition, Condition::Inside(Inside::Handler, _))) {
        tests.push(FileTest::Handler);
    }
    let values = all.iter().filter_map(|condition| match condition {
        Condition::Value(test) if local => Some(test),
        _ => None,
    });
    tests.extend(values.flat_map(|test| origins(test)).map(FileTest::Holds));
    tests
}

/// The API values of which a condition needs one in the file: of a value that must come from them, since values are
/// followed back within a file.
fn origins(test: &ValueCondition) -> Vec<Vec<NodeId>> {
    let here = matches!(&test.at, ValuePath::Value(steps) | ValuePath::Other(steps) if steps.is_empty());
    let open = test.or_unknown || test.sites.iter().any(|site| matches!(site, SiteTest::Api(_)));
    if !here || open || test.passes_absent() {
        return Vec::new();
    }
    let only_api = |from: &ComesFrom| !from.caught && from.parameter.is_none();
    let needed = |site: &SiteTest| match site {
        SiteTest::ComesFrom(from) if only_api(from) => Some(from.api.clone()),
        _ => None,
    };
    test.sites.iter().filter_map(needed).collect()
}

/// The conditions in the order in which they are asked: each with its place in its list, and whether it is to hold.
pub(crate) fn order(all: &[Condition], unless: &[Condition]) -> Vec<(usize, bool)> {
    let mut order: Vec<(u8, usize, bool)> = Vec::new();
    order.extend(all.iter().enumerate().map(|(at, condition)| (cost(condition), at, true)));
    order.extend(unless.iter().enumerate().map(|(at, condition)| (cost(condition), at, false)));
    order.sort_by_key(|&(cost, ..)| cost);
    order.into_iter().map(|(_, at, wanted)| (at, wanted)).collect()
}

/// The cost of asking a condition of a place, as a rank. What follows a value to a name comes last, in the author's
/// order: the report tells the last way that was found.
fn cost(condition: &Condition) -> u8 {
    match condition {
        Condition::InFile(_) | Condition::Inside(..) | Condition::Version(..) | Condition::Assumed(_) => 0,
        Condition::Name(_) | Condition::ReceiverName(_) | Condition::Route(_) => 1,
        Condition::Result(_) => 2,
        Condition::Value(test) => 2 + test.sites.iter().map(site_cost).max().unwrap_or(1),
        Condition::Project(_) | Condition::Prepared(..) => 6,
        Condition::Way(_) | Condition::TakenByName(_) | Condition::Tied(_) | Condition::Record(..) => 7,
        Condition::FlowsInto(_) => 8,
        Condition::Any(parts) | Condition::All(parts) => parts.iter().map(cost).max().unwrap_or(0),
        Condition::Not(part) => cost(part),
    }
}

/// The cost of a test of where a value stands, as a rank.
pub(crate) fn site_cost(test: &SiteTest) -> u8 {
    match test {
        SiteTest::Api(_) => 0,
        SiteTest::Literal | SiteTest::Named(_) => 1,
        SiteTest::NotConstant => 2,
        SiteTest::ComesFrom(_) | SiteTest::Mentions(_) | SiteTest::Contains(_) | SiteTest::Formatted => 3,
    }
}
