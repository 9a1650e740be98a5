//! The statements that a migration runs, in the order in which they are written.

use lunette_core::Place;
use lunette_flow::program::{Site, UnitId};
use lunette_lang::ir::{
    ArgKind, BinaryOp, BlockId, Body, BodyId, BodyKind, Const, Key, Language, Op, Part, Span, Terminator, ValueId,
};

use super::tools::{Statement, Text, fits};
use super::values::{FrameId, Frames, Given, Held, Untold};
use super::{Piece, Unread};

/// Deepest nesting of helpers.
const MAX_NESTED: u32 = 8;
/// Most bodies entered for one file.
const MAX_FRAMES: usize = 2_000;
/// Most texts of one file.
const MAX_PIECES: usize = 5_000;
/// Deepest nesting of loops over literal lists.
const MAX_LOOPS: u32 = 3;

/// Words that statements begin with, to tell them from expressions: `knex.raw("now()")` is a default.
const BEGINNINGS: &[&str] = &[
    "alter",
    "analyze",
    "begin",
    "call",
    "comment",
    "commit",
    "create",
    "delete",
    "do",
    "drop",
    "execute",
    "grant",
    "insert",
    "lock",
    "merge",
    "reassign",
    "refresh",
    "reindex",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "select",
    "set",
    "start",
    "truncate",
    "update",
    "vacuum",
    "with",
];

/// Databases other than Postgres by the names that migrations ask for.
const OTHERS: &[&str] = &[
    "sqlite",
    "sqlite3",
    "better-sqlite3",
    "mysql",
    "mysql2",
    "mariadb",
    "mssql",
    "oracle",
    "oracledb",
    "sap",
    "spanner",
];
const POSTGRES: &[&str] = &["postgres", "postgresql", "pg"];

/// What one file runs.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) unread: Vec<Unread>,
}

pub(crate) struct Walk<'a, 'f> {
    frames: Frames<'a, 'f>,
    found: Found,
    open: Vec<(UnitId, BodyId)>,
}

/// What the tool runs of a file.
pub(crate) fn walk(frames: Frames<'_, '_>, unit: UnitId) -> Found {
    let mut walk = Walk { frames, found: Found::default(), open: Vec::new() };
    let tool = walk.frames.tool;
    let starts: Vec<BodyId> = tool.starts(walk.frames.facts.program.unit(unit)).collect();
    for body in starts {
        let frame = walk.frames.enter(unit, body, Given::Tool, None);
        walk.body(frame, 0);
    }
    walk.found
}

impl Walk<'_, '_> {
    fn body(&mut self, frame: FrameId, nested: u32) {
        let (unit, id) = self.frames.body_of(frame);
        if nested > MAX_NESTED || self.frames.entered() > MAX_FRAMES || self.open.contains(&(unit, id)) {
            return;
        }
        self.open.push((unit, id));
        let program = self.frames.facts.program;
        let body = program.body(unit, id);
        let left_out = self.left_out(unit, id, body);
        let mut calls: Vec<ValueId> = Vec::new();
        let mut arguments = std::collections::BTreeSet::new();
        for (at, block) in body.blocks.iter().enumerate() {
            for &value in block.ops {
                let Op::Call { args, .. } = &body.ops[value.index()] else { continue };
                arguments.extend(args.iter().map(|arg| arg.value));
                if !left_out[at] {
                    calls.push(value);
                }
            }
        }
        calls.sort_by_key(|value| (body.spans[value.index()].start, body.spans[value.index()].end));
        for value in calls {
            self.call(Site { unit, body: id, value }, frame, nested, arguments.contains(&value));
        }
        self.open.pop();
    }

    /// Blocks that run on other databases only: `if dialect == "sqlite"`.
    fn left_out(&self, unit: UnitId, id: BodyId, body: &Body) -> Vec<bool> {
        let program = self.frames.facts.program;
        let module = &program.unit(unit).module;
        let name = |value: ValueId| match program.op(Site { unit, body: id, value }) {
            Op::Const(Const::Str(text)) => Some(module.name(*text).to_ascii_lowercase()),
            _ => None,
        };
        let mut out = vec![false; body.blocks.len()];
        let mut leave = |block: BlockId| out[block.index()] |= body.block(block).preds.len() == 1;
        for block in body.blocks.iter() {
            let Terminator::Branch { cond, then, other } = block.end else { continue };
            let Op::Binary(op, left, right) = body.ops[cond.index()] else { continue };
            let Some(database) = name(left).or_else(|| name(right)) else { continue };
            let (same, different) = match op {
                BinaryOp::Eq | BinaryOp::StrictEq => (then, other),
                BinaryOp::NotEq | BinaryOp::StrictNotEq => (other, then),
                _ => continue,
            };
            if OTHERS.contains(&database.as_str()) {
                leave(same);
            } else if POSTGRES.contains(&database.as_str()) {
                leave(different);
            }
        }
        // And what only such blocks lead to: every edge is gone over once.
        let mut ways: Vec<usize> = body.blocks.iter().map(|block| block.preds.len()).collect();
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); out.len()];
        for (at, block) in body.blocks.iter().enumerate() {
            block.preds.iter().for_each(|pred| after[pred.index()].push(at));
        }
        let mut open: Vec<usize> = (0..out.len()).filter(|&at| out[at]).collect();
        while let Some(from) = open.pop() {
            for &to in &after[from] {
                ways[to] -= 1;
                if ways[to] == 0 && to > 0 && !out[to] {
                    out[to] = true;
                    open.push(to);
                }
            }
        }
        out
    }

    fn call(&mut self, site: Site, frame: FrameId, nested: u32, is_argument: bool) {
        let facts = self.frames.facts;
        let Op::Call { callee, args, .. } = facts.program.op(site) else { return };
        let here = |value: ValueId| (Site { value, ..site }, frame);
        let path = self.frames.path(here(*callee));
        let tool = self.frames.tool;
        if let Some(path) = &path {
            if let Some(statement) = tool.statements.iter().find(|statement| fits(&statement.of, path)) {
                return self.statement((site, frame), statement, path, is_argument);
            }
            if tool.runs.iter().any(|pattern| fits(pattern, path)) {
                if let Some(first) = args.first() {
                    self.enter(here(first.value), Given::Tool, nested);
                }
                return;
            }
        }
        let functions = facts.functions(Site { value: *callee, ..site });
        if let [(unit, body)] = functions.as_slice() {
            let given = self.given(site, frame, *unit, *body);
            let inner = self.frames.enter(*unit, *body, given, Some(frame));
            return self.body(inner, nested + 1);
        }
        let receiver = match facts.program.op(Site { value: *callee, ..site }) {
            Op::Load(base, Key::Member(method)) => Some((*base, facts.program.unit(site.unit).module.name(*method))),
            _ => None,
        };
        let each = receiver
            .filter(|(_, method)| matches!(*method, "forEach" | "map"))
            .and_then(|(base, _)| self.frames.items(here(base)));
        let same = path.as_ref().is_some_and(|path| tool.same.iter().any(|pattern| fits(pattern, path)));
        let passed = receiver.filter(|_| same).and_then(|(base, _)| self.frames.path(here(base)));
        for arg in args {
            if let Some(items) = &each {
                for &item in items {
                    self.enter(here(arg.value), Given::Values(vec![Some(item)]), nested);
                }
            } else {
                let given = passed.clone().map_or(Given::Nothing, Given::Path);
                self.enter(here(arg.value), given, nested);
            }
        }
    }

    /// Runs a function value that is given to a call.
    fn enter(&mut self, held: Held, given: Given, nested: u32) {
        let (site, frame) = self.frames.resolve(held);
        if let Op::Closure(body) = self.frames.facts.program.op(site) {
            let inner = self.frames.enter(site.unit, *body, given, Some(frame));
            self.body(inner, nested + 1);
        }
    }

    /// What a function of the project is given by a call.
    fn given(&self, site: Site, frame: FrameId, unit: UnitId, body: BodyId) -> Given {
        let program = self.frames.facts.program;
        let Op::Call { args, .. } = program.op(site) else { return Given::Nothing };
        let called = program.body(unit, body);
        let own = program.unit(unit).module.language == Language::Python
            && called.kind == BodyKind::Method
            && !called.is_static;
        let mut values: Vec<Option<Held>> = vec![None; called.params.len()];
        let mut next = usize::from(own);
        for arg in args {
            let at = match arg.kind {
                ArgKind::Positional => {
                    next += 1;
                    next - 1
                }
                ArgKind::Named(name) => {
                    let name = program.unit(site.unit).module.name(name);
                    let named = |param: &lunette_lang::ir::Param| program.unit(unit).module.name(param.name) == name;
                    called.params.iter().position(named).unwrap_or(usize::MAX)
                }
                ArgKind::Spread | ArgKind::SpreadNamed => return Given::Nothing,
            };
            if let Some(slot) = values.get_mut(at) {
                *slot = Some((Site { value: arg.value, ..site }, frame));
            }
        }
        Given::Values(values)
    }

    /// A call that runs SQL.
    fn statement(&mut self, (site, frame): Held, statement: &Statement, path: &str, is_argument: bool) {
        let program = self.frames.facts.program;
        let module = &program.unit(site.unit).module;
        let Op::Call { callee, args, .. } = program.op(site) else { return };
        let text = match statement.text {
            Text::Receiver => match program.op(Site { value: *callee, ..site }) {
                Op::Load(base, _) => Some(*base),
                _ => None,
            },
            Text::Argument(position) => {
                let named = |kind: ArgKind| match kind {
                    ArgKind::Named(name) => statement.name.as_deref() == Some(module.name(name)),
                    _ => false,
                };
                let by_name = args.iter().find(|arg| named(arg.kind));
                let by_place =
                    args.get(position).filter(|arg| matches!(arg.kind, ArgKind::Positional | ArgKind::Spread));
                by_name.or(by_place).map(|arg| arg.value)
            }
        };
        let Some(text) = text else { return };
        let held = (Site { value: text, ..site }, frame);
        // A list of statements, each with its parameters perhaps (Django).
        let texts = match self.frames.items(held) {
            Some(items) => {
                let first =
                    |frames: &mut Frames<'_, '_>, item| frames.items(item).and_then(|parts| parts.first().copied());
                items.into_iter().map(|item| first(&mut self.frames, item).unwrap_or(item)).collect()
            }
            None => vec![held],
        };
        for text in texts {
            self.piece(text, site, path, is_argument, 0);
        }
    }

    /// One text that is run: for each element of the literal lists that it depends on.
    fn piece(&mut self, held: Held, call: Site, path: &str, is_argument: bool, loops: u32) {
        if self.found.pieces.len() >= MAX_PIECES {
            return;
        }
        match self.frames.text(held) {
            Ok(text) => {
                if begins_statement(&text) {
                    let piece = self.placed(text, held);
                    self.found.pieces.push(piece);
                }
            }
            Err(Untold::Element(element, items)) if loops < MAX_LOOPS => {
                for item in items {
                    self.frames.bind(element, item);
                    self.piece(held, call, path, is_argument, loops + 1);
                    self.frames.unbind();
                }
            }
            Err(_) => self.untold(held, call, path, is_argument),
        }
    }

    /// SQL that cannot be told is told of, unless it is none.
    fn untold(&mut self, held: Held, call: Site, path: &str, is_argument: bool) {
        let (site, frame) = self.frames.resolve(held);
        let program = self.frames.facts.program;
        let module = &program.unit(site.unit).module;
        let is_none = match program.op(site) {
            Op::Concat(parts) => match parts.first() {
                Some(Part::Text(text)) => !begins_statement(module.name(*text)),
                _ => is_argument,
            },
            // A builder of rows.
            Op::Call { callee, .. } => {
                let method = self.frames.path((Site { value: *callee, ..site }, frame));
                let method =
                    method.as_deref().and_then(|path| path.rsplit('.').next()).map(str::to_owned).or_else(|| {
                        match program.op(Site { value: *callee, ..site }) {
                            Op::Load(_, Key::Member(name)) => Some(module.name(*name).to_owned()),
                            _ => None,
                        }
                    });
                is_argument || method.is_some_and(|method| self.frames.tool.rows.contains(&method))
            }
            // A name that stands for doing nothing (Django).
            Op::Load(_, Key::Member(name)) => {
                is_argument || self.frames.tool.rows.iter().any(|row| row == module.name(*name))
            }
            _ => is_argument,
        };
        if is_none {
            return;
        }
        let place = program.place(call.unit, program.span(call));
        let callee = path.trim_start_matches("parameter[0].").trim_start_matches("parameter[1].");
        let message = format!("the SQL that `{callee}` runs is not told by the code");
        if !self.found.unread.iter().any(|unread| unread.place == place) {
            self.found.unread.push(Unread { place, message });
        }
    }

    /// A text with the place where it stands.
    fn placed(&mut self, text: String, held: Held) -> Piece {
        let (mut site, mut frame) = self.frames.resolve(held);
        // What is wrapped into `text(…)` stands inside.
        while let Op::Call { callee, args, .. } = self.frames.facts.program.op(site) {
            let inner = match (self.frames.facts.program.op(Site { value: *callee, ..site }), args.first()) {
                (_, Some(first)) => first.value,
                (Op::Load(base, _), None) => *base,
                _ => break,
            };
            let next = self.frames.resolve((Site { value: inner, ..site }, frame));
            if next.0 == site {
                break;
            }
            (site, frame) = next;
        }
        let program = self.frames.facts.program;
        let span = program.span(site);
        let source = program.source(site.unit, span);
        let place = program.place(site.unit, span);
        let inside = source.find(&text).or_else(|| same_lines(source, &text));
        let path = place.path.clone();
        if let Some(at) = inside {
            let start = span.start + at as u32;
            let at = program.unit(site.unit).module.position(start);
            Piece { path, text, at, whole: None }
        } else {
            let span = Span { start: span.start, end: span.start + first_line(source) };
            let whole: Place = if source.contains('\n') { place } else { program.place(site.unit, span) };
            Piece { path, text, at: (whole.line, whole.column), whole: Some(whole) }
        }
    }
}

fn first_line(source: &str) -> u32 {
    source.lines().next().unwrap_or_default().len() as u32
}

/// Where the text begins in a source with the same line breaks: values pasted in change columns, not lines.
fn same_lines(source: &str, text: &str) -> Option<usize> {
    let breaks = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
    let quote = source.find(['"', '\'', '`'])?;
    let open = source[quote..].bytes().take_while(|byte| *byte == source.as_bytes()[quote]).count();
    let same = breaks(text) > 0 && breaks(source) == breaks(text);
    same.then_some(quote + if open >= 3 { 3 } else { 1 })
}

/// Whether a text begins as statements of SQL do.
fn begins_statement(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start()
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start()
        } else {
            break;
        };
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    BEGINNINGS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_expressions() {
        assert!(begins_statement("-- why\n/* x */ CREATE TABLE t ()") && begins_statement("\n  select 1"));
        assert!(
            !begins_statement("now()") && !begins_statement("gen_random_uuid()") && !begins_statement("updated_at")
        );
    }

    #[test]
    fn lines_are_kept_where_values_are_pasted_in() {
        assert_eq!(same_lines("`a ${x}\nb`", "a 1\nb"), Some(1));
        assert_eq!(same_lines("f\"\"\"a {x}\nb\"\"\"", "a 1\nb"), Some(4));
        assert_eq!(same_lines("\"a\\nb\"", "a\nb"), None);
    }
}
