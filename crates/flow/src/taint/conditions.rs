//! Conditions that models put on a call: which values an argument may have, what it is made of.

use lunette_lang::ir::{Key, Op, ValueId};
use rustc_hash::FxHashMap;

use super::binding::values;
use super::scan::Scan;
use crate::access::StepInto;
use crate::constant::Value;
use crate::know::Origin;
use crate::methods::Method;
use crate::models::{Shape, When};
use crate::program::Site;

impl Scan<'_, '_> {
    /// Whether all conditions on a call hold.
    pub(crate) fn holds(&self, value: ValueId, when: &[When]) -> bool {
        when.iter().all(|when| self.holds_one(value, when))
    }

    fn holds_one(&self, value: ValueId, when: &When) -> bool {
        use crate::facts::Found;
        let site = self.site(value);
        // The elements of a list that this body makes, wherever they are put in.
        if let [step] = when.at.steps.as_slice()
            && !when.at.made
            && !when.at.chained
        {
            let lists = values(self, value, &when.at);
            let mut elements: Vec<ValueId> = lists.iter().flat_map(|&list| self.elements_of(list)).collect();
            if let StepInto::Key(key) = step {
                let at = key.parse::<usize>().ok();
                elements = at.and_then(|at| elements.get(at).copied()).into_iter().collect();
            }
            if !elements.is_empty() {
                return elements.iter().any(|&element| self.value_fits(self.site(element), when));
            }
        }
        let sites = match self.env.facts.follow(site, &when.at) {
            Found::Absent => return when.present.map_or(when.or_absent, |present| !present),
            Found::Unknown => return when.present.unwrap_or(when.or_unknown),
            Found::Sites(sites) => sites,
        };
        if let Some(present) = when.present {
            return present;
        }
        sites.iter().any(|&site| self.value_fits(site, when))
    }

    /// What this body puts into a list: written in it, or added later.
    fn elements_of(&self, list: ValueId) -> Vec<ValueId> {
        let canon = self.canon[list.index()];
        let mut found = Vec::new();
        if let Op::List(_, items) = self.op(canon) {
            found.extend(items.iter().map(|item| item.value));
        }
        found.extend(self.added.get_or_init(|| self.find_added()).get(&canon).into_iter().flatten());
        found
    }

    /// What is added to each object by methods such as `append`, in order.
    fn find_added(&self) -> FxHashMap<ValueId, Vec<ValueId>> {
        let mut added: FxHashMap<ValueId, Vec<ValueId>> = FxHashMap::default();
        for value in self.order.iter().flat_map(|&block| self.body.block(block).ops) {
            if let Op::Call { callee, args, .. } = self.op(*value)
                && let Op::Load(base, Key::Member(name)) = self.op(*callee)
                && self.method(*name) == Some(Method::Adds)
            {
                added.entry(self.canon[base.index()]).or_default().extend(args.iter().map(|arg| arg.value));
            }
        }
        added
    }

    fn value_fits(&self, site: Site, when: &When) -> bool {
        if !when.api.is_empty() {
            let found = self.env.facts.api(site);
            return if found.is_empty() {
                when.or_unknown
            } else {
                found.iter().any(|(node, _)| when.api.contains(node))
            };
        }
        if let Some(shape) = when.shape {
            let facts = self.env.facts;
            return facts.known.origins(site).iter().any(|origin| match *origin {
                Origin::Function(..) => shape == Shape::Function,
                Origin::Literal(literal) => match facts.program.op(literal) {
                    Op::List(..) => shape == Shape::List,
                    Op::Dict(_) => shape == Shape::Mapping,
                    Op::Concat(_) | Op::Const(lunette_lang::ir::Const::Str(_)) => shape == Shape::Text,
                    _ => false,
                },
                _ => false,
            }) || (when.or_unknown && facts.known.origins(site).is_empty());
        }
        let possible = self.env.facts.possible(site);
        if possible.values.is_empty() {
            return when.or_unknown;
        }
        possible.values.iter().any(|value| {
            when.truthy.is_none_or(|wanted| value.is_truthy() == wanted)
                && (when.is_in.is_empty() || when.is_in.contains(value))
                && when.matches.as_ref().is_none_or(|regex| match value {
                    Value::Str(text) | Value::Bytes(text) => regex.is_match(text),
                    Value::Regex { pattern, .. } => regex.is_match(pattern),
                    _ => false,
                })
        }) || (!possible.complete && when.or_unknown)
    }
}
