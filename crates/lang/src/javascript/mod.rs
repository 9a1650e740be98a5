//! JavaScript and TypeScript, with or without JSX, to IR.
//!
//! oxc parses and resolves scopes; the tree is then walked once. Conventions that the IR leaves open:
//!
//! - A getter or setter of a class is the method `get x` or `set x`, as JavaScript itself names it. A getter in an
//!   object literal is an entry with what it returns.
//! - A class's methods have the class's body as their parent, its fields are that body's variables.
//! - A variable that several bodies write is read as [`Op::Outer`](crate::ir::Op::Outer) in its own body too.
//! - Optional chaining is lowered as plain loads and calls.
//! - The rest of an array pattern is a slice, that of an object pattern a mapping that spreads the object.
//! - `for (k in o)` gives a [`Op::Mix`](crate::ir::Op::Mix) of the object; whether a loop over something goes on is a
//!   mix of that thing.
//! - Assigning to a name that nothing declares stores a member of the global `globalThis`.
//! - `import.meta`, `new.target` and the callee of an `import()` whose argument is not constant (`import`) are globals
//!   of these names, as are the types `string`, `number`, `boolean` and `bigint`.
//! - Directives of functions are unused string constants at their entry.

mod chains;
mod classes;
mod commonjs;
mod context;
mod control;
mod expressions;
mod functions;
mod jsx;
mod modules;
mod operators;
mod patterns;
mod scopes;
mod statements;
#[cfg(test)]
mod tests;
mod types;
mod typescript;

use context::Lower;
use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use scopes::Scopes;

use crate::build::BodyBuilder;
use crate::ir::{Body, BodyId, BodyKind, Language, Module, Span};
use crate::{Dialect, Lowered, MAX_ERRORS, SyntaxError, line_starts, nesting};

/// Lowers one file.
pub(crate) fn lower(dialect: Dialect, source: &str) -> Lowered {
    let allocator = Allocator::default();
    let lines = line_starts(source);
    let parsed = parse(&allocator, dialect, source);
    let mut errors = errors_of(&parsed, &lines);
    if parsed.panicked {
        return Lowered { module: None, errors };
    }
    let program: &Program<'_> = allocator.alloc(parsed.program);
    let scoping = SemanticBuilder::new().build(program).semantic.into_scoping();
    let mut lower = Lower::new(source, Scopes::new(scoping, program));
    lower.program(program);
    if let Some(offset) = lower.cut {
        let message = "nested too deep to be followed further".to_owned();
        errors.insert(0, SyntaxError { line: line_of(&lines, offset), message });
        errors.truncate(MAX_ERRORS);
    }
    Lowered { module: Some(lower.module(program, lines)), errors }
}

/// Parses with the grammars that the dialect may mean, and takes the first without errors or else the one that
/// understood most. Files named `.js` may be modules or scripts, and now and then hold typed JavaScript.
fn parse<'a>(allocator: &'a Allocator, dialect: Dialect, source: &'a str) -> ParserReturn<'a> {
    let javascript = SourceType::unambiguous().with_jsx(true);
    let (ts, tsx) = (SourceType::ts(), SourceType::tsx());
    let grammars: &[SourceType] = match dialect {
        Dialect::TypeScript => &[ts, tsx, ts.with_script(true), SourceType::d_ts()],
        Dialect::Tsx => &[tsx, ts, tsx.with_script(true)],
        _ => &[javascript, javascript.with_script(true), tsx],
    };
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let mut best = Parser::new(allocator, source, grammars[0]).with_options(options).parse();
    for grammar in &grammars[1..] {
        if !best.panicked && !best.diagnostics.has_errors() {
            break;
        }
        // TypeScript's grammar has to be safe for the source, too.
        if dialect == Dialect::JavaScript
            && grammar.is_typescript()
            && nesting::too_deep(source, Dialect::Tsx).is_some()
        {
            break;
        }
        let next = Parser::new(allocator, source, *grammar).with_options(options).parse();
        let badness = |parsed: &ParserReturn<'_>| (parsed.panicked, parsed.diagnostics.errors().count());
        if badness(&next) < badness(&best) {
            best = next;
        }
    }
    best
}

fn line_of(lines: &[u32], offset: u32) -> u32 {
    lines.partition_point(|&start| start <= offset).max(1) as u32
}

fn errors_of(parsed: &ParserReturn<'_>, lines: &[u32]) -> Vec<SyntaxError> {
    let errors = parsed.diagnostics.errors().map(|error| {
        let offset = error.labels.first().map_or(0, oxc_span::LabeledSpan::offset);
        SyntaxError { line: line_of(lines, offset), message: error.message.to_string() }
    });
    let mut errors: Vec<SyntaxError> = errors.collect();
    errors.sort_by_key(|error| error.line);
    errors.truncate(MAX_ERRORS);
    errors
}

impl<'a> Lower<'a> {
    /// Lowers a whole program into the module's body.
    fn program(&mut self, program: &'a Program<'a>) {
        self.scopes.begin(program.scope_id.get(), BodyId::MODULE);
        self.imports(&program.body);
        self.statements(&program.body);
    }

    /// The finished module.
    fn module(mut self, program: &'a Program<'a>, lines: Vec<u32>) -> Module {
        let directives = program.directives.iter().map(|directive| self.names.intern(&directive.directive)).collect();
        self.finish_module();
        self.sort_imports();
        let empty = self.names.intern("");
        let bodies = std::mem::take(&mut self.bodies).into_iter().map(|body| body.unwrap_or_else(|| no_body(empty)));
        let mut module = Module {
            language: Language::JavaScript,
            bodies: bodies.collect(),
            names: self.names,
            classes: self.classes,
            imports: self.imports,
            exports: self.exports,
            directives,
            lines,
            len: self.source.len() as u32,
        };
        module.shrink();
        module
    }
}

/// Stands for a body that was begun and not finished, which does not happen.
fn no_body(name: crate::ir::NameId) -> Body {
    BodyBuilder::new(BodyId::MODULE, BodyKind::Function, name, Span::default(), Some(BodyId::MODULE)).finish()
}
