//! Comprehensions and generator expressions.

use ruff_python_ast::{Comprehension, Expr};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use super::lowerer::Lowerer;
use crate::ir::{ListKind, Op, ValueId};

impl Lowerer<'_> {
    /// Lowers a comprehension; `elements` are the expressions that make up an element.
    pub(super) fn comprehension(
        &mut self,
        generators: &[Comprehension],
        elements: &[&Expr],
        range: TextRange,
    ) -> ValueId {
        let filtered = generators.iter().any(|generator| !generator.ifs.is_empty());
        // Where conditions do not hold, nothing is added to what starts as an empty collection.
        let skip = filtered.then(|| (self.emit(Op::List(ListKind::List, Box::default()), range), self.new_block()));
        self.current.comprehensions.push(FxHashMap::default());
        for generator in generators {
            let iterable = self.expr(&generator.iter);
            let element = self.emit(Op::Element(iterable), generator.iter.range());
            self.declare_comprehension_vars(&generator.target);
            self.assign(&generator.target, element);
            let Some((_, skip)) = skip else { continue };
            for condition in &generator.ifs {
                let holds = self.new_block();
                self.condition(condition, holds, skip);
                self.enter(holds);
            }
        }
        let values = elements.iter().map(|element| self.expr(element)).collect();
        self.current.comprehensions.pop();
        let result = self.emit(Op::Mix(values), range);
        let Some((empty, skip)) = skip else { return result };
        let mut ways = vec![empty; self.current.builder.preds(skip).len()];
        self.jump(skip);
        ways.push(result);
        self.join(skip, ways, range)
    }

    fn declare_comprehension_vars(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => {
                let id = self.names.intern(&name.id);
                let var = self.current.builder.declare_new(id);
                if let Some(scope) = self.current.comprehensions.last_mut() {
                    scope.insert(id, var);
                }
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.declare_comprehension_vars(target)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.declare_comprehension_vars(target)),
            Expr::Starred(starred) => self.declare_comprehension_vars(&starred.value),
            _ => {}
        }
    }
}
