//! Places of the kinds that a large project has very many of: values that get a name, comparisons, returns. They are
//! gathered once for all rules, kept small, and asked file by file: in a file in which a matcher cannot hold they are
//! only counted.

use std::cell::OnceCell;

use lunette_flow::Facts;
use lunette_flow::api::NodeId;
use lunette_flow::know::Origin;
use lunette_flow::lazy::Regex;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{BodyId, Language};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::book::Rulebook;
use crate::cheap::FileTest;
use crate::judge::Match;
use crate::matcher::{Kind, Matcher};
use crate::run::Run;
use crate::spot::{self, Assigned, Compared, Returned, Spot};

/// A place that becomes a [`Spot`] only when its conditions are asked.
pub(crate) trait Place: Copy {
    /// As how many spots it is judged.
    const SPOTS: usize;

    /// The file that it lies in.
    fn unit(self) -> UnitId;

    /// As places to judge.
    fn spots(self, facts: &Facts<'_>) -> impl Iterator<Item = Spot>;
}

/// What a matcher looked at and where it holds.
pub(crate) type Matches = (usize, Vec<(Spot, Match)>);

/// The places of a program; each kind is gathered when the first matcher asks for it.
#[derive(Debug, Default)]
pub(crate) struct Places {
    assigned: OnceCell<Assignments>,
    returned: OnceCell<Vec<Returned>>,
    compared: OnceCell<Vec<Compared>>,
    /// In which files a value may be which API value, of those that matchers ask files for.
    held: OnceCell<FxHashSet<(UnitId, NodeId)>>,
}

/// Values that get a name.
#[derive(Debug, Default)]
pub(crate) struct Assignments {
    all: Vec<Assigned>,
    /// Those whose name an expression matches, by language and expression.
    by_name: FxHashMap<(Language, String), Vec<u32>>,
}

impl Assignments {
    /// Gathers those that some rule asks about. Every name is looked at once, in however many files it is.
    fn new(facts: &Facts<'_>, book: &Rulebook) -> Self {
        let mut found = Assignments::default();
        let mut lists: FxHashMap<Language, Vec<Vec<u32>>> = FxHashMap::default();
        // Which expressions match: by name, with its place in `meets`.
        let mut of_name: FxHashMap<(Language, &str), usize> = FxHashMap::default();
        let mut meets: Vec<Vec<usize>> = Vec::new();
        for unit in facts.program.ids() {
            let module = &facts.program.unit(unit).module;
            let Some(set) = book.assigned_names(module.language) else { continue };
            let lists = lists.entry(module.language).or_insert_with(|| vec![Vec::new(); set.len()]);
            let mut of_id: Vec<Option<usize>> = vec![None; module.names.len()];
            spot::assignments(facts, unit, &mut |item: Assigned| {
                let at = *of_id[item.name.index()].get_or_insert_with(|| {
                    let name = module.name(item.name);
                    *of_name.entry((module.language, name)).or_insert_with(|| {
                        meets.push(set.matches(name).iter().collect());
                        meets.len() - 1
                    })
                });
                if !meets[at].is_empty() {
                    meets[at].iter().for_each(|&expression| lists[expression].push(found.all.len() as u32));
                    found.all.push(item);
                }
            });
        }
        found.all.shrink_to_fit();
        for (language, lists) in lists {
            let names = book.assigned_names(language).map_or(&[][..], |set| set.patterns());
            found.by_name.extend(names.iter().zip(lists).map(|(name, list)| ((language, name.clone()), list)));
        }
        found
    }

    fn named(&self, language: Language, name: &Regex) -> impl Iterator<Item = Assigned> {
        let list = self.by_name.get(&(language, name.as_str().to_owned()));
        list.into_iter().flatten().map(|&at| self.all[at as usize])
    }
}

/// In which files a value may be which of these API values.
fn held(facts: &Facts<'_>, wanted: &FxHashSet<NodeId>) -> FxHashSet<(UnitId, NodeId)> {
    let mut found = FxHashSet::default();
    for unit in facts.program.ids() {
        for (at, body) in facts.program.unit(unit).module.bodies.iter().enumerate() {
            for &value in body.blocks.ops() {
                for origin in facts.known.origins(Site { unit, body: BodyId(at as u32), value }) {
                    if let Origin::Api(node, _) = origin
                        && wanted.contains(node)
                    {
                        found.insert((unit, *node));
                    }
                }
            }
        }
    }
    found
}

impl Run<'_, '_> {
    /// The places where a matcher holds, and how many it looked at.
    pub(crate) fn matches(&self, matcher: &Matcher) -> Matches {
        match &matcher.kind {
            Kind::Assign { name, kinds } => {
                let all = self.places.assigned.get_or_init(|| Assignments::new(self.facts, self.book));
                self.ask_files(matcher, all.named(matcher.language, name).filter(|item| kinds.contains(&item.kind)))
            }
            Kind::Return => {
                let all = self.places.returned.get_or_init(|| spot::returns(self.facts));
                self.ask_files(matcher, all.iter().copied())
            }
            Kind::Compare => {
                let all = self.places.compared.get_or_init(|| spot::comparisons(self.facts));
                self.ask_files(matcher, all.iter().copied())
            }
            _ => self.ask_each(matcher),
        }
    }

    fn ask_files<P: Place>(&self, matcher: &Matcher, places: impl Iterator<Item = P>) -> Matches {
        let mut looked_at = 0;
        let mut accepted = Vec::new();
        // The file that the last place lies in: whether it counts, and whether the matcher may hold there.
        let mut file: Option<(UnitId, bool, bool)> = None;
        for place in places {
            let unit = place.unit();
            let (_, counts, may_hold) = file.filter(|(known, ..)| *known == unit).unwrap_or_else(|| {
                let counts = self.language(unit) == matcher.language && self.counts(unit);
                (unit, counts, counts && self.may_hold(matcher, unit))
            });
            file = Some((unit, counts, may_hold));
            looked_at += if counts { P::SPOTS } else { 0 };
            if may_hold {
                let judged = place.spots(self.facts).filter_map(|spot| Some((self.judge(matcher, &spot)?, spot)));
                accepted.extend(judged.map(|(found, spot)| (spot, found)));
            }
        }
        (looked_at, accepted)
    }

    /// Whether a matcher may hold somewhere in a file.
    fn may_hold(&self, matcher: &Matcher, unit: UnitId) -> bool {
        matcher.file.iter().all(|test| match test {
            FileTest::Path(path, wanted) => path.is_match(&self.facts.program.unit(unit).path) == *wanted,
            FileTest::Handler => self.surface.has_handler(unit),
            FileTest::Holds(nodes) => {
                let held = self.places.held.get_or_init(|| held(self.facts, &self.book.held));
                nodes.iter().any(|&node| held.contains(&(unit, node)))
            }
        })
    }
}
