//! Python to IR.
//!
//! How Python's constructs are told in terms of the [IR](crate::ir), where there was a choice:
//!
//! * A module-level variable that no function writes to is read flow-sensitively at module level; one that a function
//!   writes to (`global`) is read as [`Op::Outer`](crate::ir::Op::Outer) everywhere. The same goes for `nonlocal`.
//! * Comprehensions are part of the enclosing body. They run once: the variable is an
//!   [`Op::Element`](crate::ir::Op::Element), conditions are branches, the result is an
//!   [`Op::Mix`](crate::ir::Op::Mix) of the elements.
//! * Loops over an iterable branch on an `Op::Mix` of it: whether there is a further element is not known.
//! * Awaiting is left implicit in `async for` and `async with`.
//! * Handlers are reached through a chain of type tests from all blocks of the `try` body. A `finally` is lowered once;
//!   what returns, breaks or continues through it has an exceptional edge to it and goes on directly.
//! * Decorators are kept in [`Body::decorators`](crate::ir::Body::decorators) and not applied: the name is bound to
//!   the plain function or class.
//! * Types: `Optional[X]`, `Union[X, …]`, `X | None`, `Annotated[X, …]`, `Final[X]` and the like are `X`; the further
//!   arguments of `Annotated` are the parameter's decorators (FastAPI puts `Depends(…)` there). Any other `G[X]` is a
//!   load of the computed key `X` from `G`.

mod annotation;
mod assign;
mod call;
mod compound;
mod comprehension;
mod definition;
mod exceptions;
mod expression;
mod format;
mod import;
mod lowerer;
mod pattern;
mod scope;
mod statement;
mod strings;
#[cfg(test)]
mod tests;

use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{Parsed, parse_unchecked_source};

use self::lowerer::Lowerer;
use crate::{Lowered, MAX_ERRORS, SyntaxError, line_starts};

/// Lowers one file of Python.
pub(crate) fn lower(source: &str) -> Lowered {
    let parsed = parse_unchecked_source(source, PySourceType::Python);
    let lines = line_starts(source);
    let errors = errors(&parsed, &lines);
    let statements = &parsed.syntax().body;
    if statements.is_empty() && !errors.is_empty() {
        return Lowered { module: None, errors };
    }
    Lowered { module: Some(Lowerer::module(source, lines, statements)), errors }
}

fn errors(parsed: &Parsed<ModModule>, lines: &[u32]) -> Vec<SyntaxError> {
    let mut errors: Vec<_> = parsed.errors().iter().collect();
    errors.sort_by_key(|error| error.location.start());
    let errors = errors.into_iter().take(MAX_ERRORS);
    errors
        .map(|error| {
            let offset = error.location.start().to_u32();
            let line = lines.partition_point(|&start| start <= offset) as u32;
            SyntaxError { line, message: error.error.to_string() }
        })
        .collect()
}
