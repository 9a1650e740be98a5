//! Finding a call by its place in the code.

use lunette_lang::ir::{BodyId, ValueId};

use crate::facts::Call;
use crate::program::{Program, Site};

/// Where in the list of calls the one at a site is.
#[derive(Debug, Default)]
pub(crate) struct CallSites {
    /// Body, value and place in the list, of one unit after another, in order.
    list: Vec<(BodyId, ValueId, u32)>,
    /// Where those of each unit begin.
    units: Vec<u32>,
}

impl CallSites {
    /// `calls` are in the order of units.
    pub(crate) fn new(program: &Program, calls: &[Call]) -> Self {
        let places = calls.iter().enumerate().map(|(at, call)| (call.site.body, call.site.value, at as u32));
        let mut list: Vec<_> = places.collect();
        let mut units = Vec::with_capacity(program.units.len() + 1);
        units.push(0);
        for unit in program.ids() {
            let first = units.last().map_or(0, |&first: &u32| first as usize);
            let next = first + calls[first..].iter().take_while(|call| call.site.unit == unit).count();
            list[first..next].sort_unstable();
            units.push(next as u32);
        }
        CallSites { list, units }
    }

    pub(crate) fn at(&self, site: Site) -> Option<u32> {
        let unit = site.unit.0 as usize;
        let of_unit = &self.list[self.units[unit] as usize..self.units[unit + 1] as usize];
        let found = of_unit.binary_search_by_key(&(site.body, site.value), |&(body, value, _)| (body, value)).ok()?;
        Some(of_unit[found].2)
    }
}
