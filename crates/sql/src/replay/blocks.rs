//! DO blocks and bodies of PL/pgSQL functions that migrations call, by partial evaluation.
//!
//! Statements run as they come; conditions are decided on the replayed catalogue where they can be, loops go over literal
//! lists and over what the catalogue holds, EXECUTE runs texts that can be put together. What cannot be decided is a failure
//! of its own kind, and the more likely way is taken.

use super::evaluate::{Scope, Value};
use super::lines::Site;
use super::plpgsql::{opens, skip_to};
use super::{Done, Session, Stop, refused};
use crate::catalogue::Origin;
use crate::outcome::{Failure, FailureKind};
use crate::parse::lex::{Kind, Statement, dollar_body, text_value, tokens};
use crate::parse::{DEEPEST, Parser};

/// How a statement of a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Exit,
    Continue,
    Return,
    /// An error was raised.
    Failed,
}

/// A block being run.
pub(crate) struct Block<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) scope: Scope,
}

impl Session {
    pub(crate) fn do_block(&mut self, p: &mut Parser<'_>, site: Site<'_>) -> Done {
        p.expect("do")?;
        let mut language = "plpgsql".to_owned();
        if p.eat("language") {
            language = p.name()?;
        }
        let raw = p.text_at(0);
        if p.kind_at(0) != Some(Kind::Text) {
            return p.fault("a block").map_err(Into::into);
        }
        let start = p.offset();
        p.advance();
        if p.eat("language") {
            language = p.name()?;
        }
        p.end()?;
        if language != "plpgsql" {
            return super::fail(FailureKind::Unsupported, format!("blocks of {language} are not run"));
        }
        if raw.starts_with('$') {
            let body = dollar_body(raw);
            let skipped = (body.as_ptr() as usize).saturating_sub(raw.as_ptr() as usize) as u32;
            let site = Site { base: site.base + start + skipped, ..site };
            return self.run_body(body, site, Scope::default());
        }
        let body = text_value(raw);
        let origin = self.origin.clone();
        self.run_body(&body, Site { fixed: Some(&origin), ..site }, Scope::default())
    }

    /// Runs the text of a block.
    pub(crate) fn run_body(&mut self, body: &str, site: Site<'_>, scope: Scope) -> Done {
        if self.calls >= 6 {
            return super::fail(FailureKind::Unsupported, "blocks call each other too deeply to be run");
        }
        let tokens = tokens(body);
        let mut parser = Parser::new(body, &tokens);
        let mut block = Block { site, scope };
        // An error undoes the whole block; with one statement there is nothing to undo.
        let backup = if self.depth == 0 && run_statements(body, &tokens) > 1 { self.copy() } else { None };
        let noted = self.failures.len();
        self.depth += 1;
        self.calls += 1;
        let result = self.block(&mut parser, &mut block, true);
        self.calls -= 1;
        self.depth -= 1;
        if let (Ok(Flow::Failed), Some(catalogue)) = (&result, backup) {
            self.catalogue = catalogue;
            self.rebuild_index_owners();
            self.refresh_path();
        }
        match result {
            // A statement that failed is noted where it stands; what the block itself raised is not.
            Ok(Flow::Failed) if self.failures.len() == noted => refused("the block raises an exception"),
            Ok(_) => Ok(()),
            Err(Stop::Syntax(fault)) => {
                super::fail(FailureKind::Unsupported, format!("a block that was not understood: {}", fault.message))
            }
            Err(stop) => Err(stop),
        }
    }

    /// `[DECLARE …] BEGIN … [EXCEPTION …] END`.
    pub(crate) fn block(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        while p.is_sign("<<") {
            p.advance();
            p.name()?;
            p.expect_sign(">>")?;
        }
        if p.eat("declare") {
            self.declarations(p, block, live)?;
        }
        p.expect("begin")?;
        let failed = self.failures.len();
        let begin = p.mark();
        let handled = has_handler(p);
        let backup = if handled > 1 && live { self.copy() } else { None };
        let mut flow = self.statements(p, block, live)?;
        if p.eat("exception") {
            let caught = live && flow == Flow::Failed;
            if caught {
                // What is caught never happened.
                self.failures.truncate(failed);
                if let Some(catalogue) = backup {
                    self.catalogue = catalogue;
                    self.rebuild_index_owners();
                    self.refresh_path();
                }
                flow = Flow::Next;
            }
            let mut open = caught;
            while p.eat("when") {
                skip_to(p, &["then"]);
                p.expect("then")?;
                // The first handler is taken for the one that fits.
                let inner = self.statements(p, block, open)?;
                if std::mem::take(&mut open) {
                    flow = inner;
                }
            }
        }
        let _ = begin;
        p.expect("end")?;
        if p.is_name_at(0) && !p.is_sign(";") {
            p.name()?;
        }
        p.eat_sign(";");
        Ok(flow)
    }

    fn declarations(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done {
        while !p.peek("begin") && !p.is_end() {
            if p.eat("declare") {
                continue;
            }
            let name = p.name()?;
            let from = p.mark();
            let assigned = skip_to_assignment(p);
            let value = if assigned {
                p.advance();
                let from = p.mark();
                skip_to(p, &[";"]);
                if live { self.value_of(p.between(from, p.mark()), block) } else { Value::Unknown }
            } else {
                skip_to(p, &[";"]);
                Value::Null
            };
            let cursor = p.between(from, p.mark()).peek("cursor");
            block.scope.set(&name, if cursor { Value::Unknown } else { value });
            p.expect_sign(";")?;
        }
        Ok(())
    }

    /// Statements up to END, ELSE, EXCEPTION, WHEN. After the flow left, the rest is only read.
    fn statements(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        let mut flow = Flow::Next;
        while !p.is_end() {
            if ["end", "else", "elsif", "elseif", "exception", "when"].iter().any(|word| p.peek(word)) {
                break;
            }
            if p.eat_sign(";") {
                continue;
            }
            let mark = p.mark();
            let next = self.block_statement(p, block, live && flow == Flow::Next)?;
            if flow == Flow::Next {
                flow = next;
            }
            if p.mark() == mark {
                return p.fault("a statement").map_err(Into::into);
            }
        }
        Ok(flow)
    }

    fn block_statement(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        if live {
            if self.budget == 0 {
                return super::fail(FailureKind::Unsupported, "a block runs too many statements to be followed");
            }
            self.budget -= 1;
        }
        if opens(p) {
            if self.depth >= DEEPEST {
                return refused("blocks nested too deeply to be run");
            }
            self.depth += 1;
            let result = self.structure(p, block, live);
            self.depth -= 1;
            return result;
        }
        let from = p.mark();
        skip_to(p, &[";"]);
        let inner = p.between(from, p.mark());
        let tokens = p.tokens_between(from, p.mark());
        p.eat_sign(";");
        if !live {
            return Ok(Flow::Next);
        }
        Ok(self.simple(inner, tokens, block))
    }

    /// Structures: blocks, IF, CASE, loops.
    fn structure(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        while p.is_sign("<<") {
            p.advance();
            p.name()?;
            p.expect_sign(">>")?;
        }
        if p.peek("declare") || p.peek("begin") {
            return self.block(p, block, live);
        }
        if p.eat("if") {
            return self.conditional(p, block, live);
        }
        if p.eat("case") {
            return self.case_statement(p, block, live);
        }
        self.loop_statement(p, block, live)
    }

    fn conditional(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        let (mut open, mut flow) = (live, Flow::Next);
        loop {
            let from = p.mark();
            skip_to(p, &["then"]);
            let condition = p.between(from, p.mark());
            p.expect("then")?;
            let taken = open && self.decide(condition, block);
            let inner = self.statements(p, block, taken)?;
            if taken {
                open = false;
                flow = inner;
            }
            if p.eat("elsif") || p.eat("elseif") {
                continue;
            }
            if p.eat("else") {
                let inner = self.statements(p, block, open)?;
                if open {
                    flow = inner;
                }
            }
            p.expect("end if")?;
            p.eat_sign(";");
            return Ok(flow);
        }
    }

    /// A condition; one that cannot be decided is taken to hold, and noted.
    fn decide(&mut self, condition: Parser<'_>, block: &mut Block<'_>) -> bool {
        match self.value_of(condition, block) {
            Value::Bool(value) => value,
            Value::Null => false,
            _ => {
                self.note(condition, block, "a condition that cannot be decided from the migrations is taken to hold");
                true
            }
        }
    }

    /// Notes something that the replay cannot carry out.
    pub(crate) fn note(&mut self, at: Parser<'_>, block: &Block<'_>, message: &str) {
        let start = at.offset();
        let place = block.site.place(start, start + 1);
        self.failures.push(Failure { place, message: message.to_owned(), kind: FailureKind::Unsupported });
    }

    fn case_statement(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        let from = p.mark();
        skip_to(p, &["when"]);
        let operand = p.between(from, p.mark());
        let operand = if operand.is_end() || !live { None } else { Some(self.value_of(operand, block)) };
        let (mut open, mut flow) = (live, Flow::Next);
        while p.eat("when") {
            let from = p.mark();
            skip_to(p, &["then"]);
            let condition = p.between(from, p.mark());
            p.expect("then")?;
            let taken = open
                && match &operand {
                    None => self.decide(condition, block),
                    Some(operand) => self.value_of(condition, block).equals(operand) == Some(true),
                };
            let inner = self.statements(p, block, taken)?;
            if taken {
                open = false;
                flow = inner;
            }
        }
        if p.eat("else") {
            let inner = self.statements(p, block, open)?;
            if open {
                flow = inner;
            }
        }
        p.expect("end case")?;
        p.eat_sign(";");
        Ok(flow)
    }

    fn loop_statement(&mut self, p: &mut Parser<'_>, block: &mut Block<'_>, live: bool) -> Done<Flow> {
        let head = p.mark();
        skip_to(p, &["loop"]);
        let header = p.between(head, p.mark());
        p.expect("loop")?;
        let body = p.mark();
        let turns = if live { self.turns(header, block) } else { None };
        let mut flow = Flow::Next;
        if let Some((name, values)) = turns {
            for value in values {
                p.back_to(body);
                block.scope.set(&name, value);
                flow = self.statements(p, block, true)?;
                match flow {
                    Flow::Exit => {
                        flow = Flow::Next;
                        break;
                    }
                    Flow::Return | Flow::Failed => break,
                    Flow::Next | Flow::Continue => flow = Flow::Next,
                }
            }
        }
        p.back_to(body);
        self.statements(p, block, false)?;
        p.expect("end loop")?;
        if !p.is_sign(";") && p.is_name_at(0) {
            p.name()?;
        }
        p.eat_sign(";");
        Ok(flow)
    }

    /// The variable of a loop and its values; `None`, noted, when they are not known.
    fn turns(&mut self, mut header: Parser<'_>, block: &mut Block<'_>) -> Option<(String, Vec<Value>)> {
        let start = header;
        let values = if header.eat("foreach") {
            let name = header.name().ok()?;
            if header.eat("slice") {
                header.advance();
            }
            header.eat("in array");
            match self.value_of(header, block) {
                Value::Array(values) => Some((name, values)),
                Value::Null => Some((name, Vec::new())),
                _ => None,
            }
        } else if header.eat("for") {
            let name = header.name().ok()?;
            if header.is_sign(",") {
                None
            } else {
                header.eat("in");
                self.for_values(header, block).map(|values| (name, values))
            }
        } else {
            None
        };
        if values.is_none() {
            self.note(start, block, "a loop over something that the migrations do not say is not run");
        }
        values
    }

    fn for_values(&mut self, mut header: Parser<'_>, block: &mut Block<'_>) -> Option<Vec<Value>> {
        if header.eat("execute") {
            let Value::Text(text) = self.value_of(header, block) else { return None };
            let tokens = tokens(&text);
            let mut parser = Parser::new(&text, &tokens);
            let select = parser.query().ok()?;
            return self.rows_of(&select, &block.scope);
        }
        let mut bounds = header;
        bounds.eat("reverse");
        let from = bounds.mark();
        while !bounds.is_end() && !bounds.is_sign("..") {
            bounds.advance();
        }
        if bounds.is_sign("..") || header.text.contains("..") && !header.is_query() && !header.is_sign("(") {
            let low = self.value_of(bounds.between(from, bounds.mark()), block).integer()?;
            bounds.advance();
            let high = self.value_of(bounds, block).integer()?;
            let most = low.checked_add(1000)?;
            return Some((low..=high.min(most)).map(|turn| Value::Number(turn.to_string())).collect());
        }
        if header.is_sign("(") || header.is_query() {
            let select = header.query().ok()?;
            return self.rows_of(&select, &block.scope);
        }
        None
    }

    /// The value of an expression; unknown where it cannot be had.
    pub(crate) fn value_of(&mut self, mut p: Parser<'_>, block: &mut Block<'_>) -> Value {
        match p.expression() {
            Ok(node) if p.is_end() => self.evaluate(&node, &block.scope),
            Ok(_) => {
                // `(SELECT …) FROM`: an expression with a query's tail, as PL/pgSQL allows.
                Value::Unknown
            }
            Err(_) => Value::Unknown,
        }
    }

    /// Runs a text as SQL; false when something failed.
    pub(crate) fn run_text(&mut self, text: &str, block: &Block<'_>, origin: &Origin) -> bool {
        let failed = self.failures.len();
        let site = Site { fixed: Some(origin), ..block.site };
        self.depth += 1;
        self.script(text, site, &mut |_, _| {});
        self.depth -= 1;
        !self.failures[failed..].iter().any(|failure| failure.kind.fails_in_postgres())
    }

    /// Runs a statement of SQL within a block; false when it failed.
    pub(crate) fn run_tokens(&mut self, text: &str, tokens: &[crate::parse::lex::Token], block: &Block<'_>) -> bool {
        let failed = self.failures.len();
        let statement = Statement { tokens: tokens.to_vec(), open: None };
        self.statement(text, &statement, block.site);
        !self.failures[failed..].iter().any(|failure| failure.kind.fails_in_postgres())
    }
}

/// Statements of a block that may change something, each loop counted as several.
fn run_statements(body: &str, tokens: &[crate::parse::lex::Token]) -> usize {
    let word = |token: &crate::parse::lex::Token| &body[token.start as usize..token.end as usize];
    let among = |word: &str, list: &[&str]| list.iter().any(|own| word.eq_ignore_ascii_case(own));
    let mut count = 0;
    for pair in tokens.windows(2) {
        let begins = among(word(&pair[0]), &[";", "then", "begin", "else", "loop"]);
        if begins && among(word(&pair[1]), CHANGES) {
            count += 1;
        }
        if among(word(&pair[1]), &["loop"]) {
            count += 1;
        }
    }
    count
}

/// Words that statements that change something begin with.
const CHANGES: &[&str] = &[
    "alter", "comment", "create", "delete", "drop", "execute", "grant", "insert", "perform", "raise", "revoke",
    "select", "update",
];

/// Statements before the EXCEPTION that belongs to the block that begins here; 0 without one.
fn has_handler(p: &Parser<'_>) -> usize {
    let mut ahead = 0;
    let mut depth = 0u32;
    let mut statements = 0;
    while p.token(ahead).is_some() {
        if p.word_at(ahead, "begin") {
            depth += 1;
        } else if p.word_at(ahead, "end")
            && !["if", "loop", "case"].iter().any(|word| p.word_at(ahead + 1, word))
            && (p.sign_at(ahead + 1, ";") || p.token(ahead + 1).is_none() || p.is_name_at(ahead + 1))
        {
            if depth == 0 {
                return 0;
            }
            depth -= 1;
        } else if depth == 0 && p.word_at(ahead, "exception") && p.word_at(ahead + 1, "when") {
            return statements;
        } else if p.sign_at(ahead, ";") {
            statements += 1;
        }
        ahead += 1;
    }
    0
}

/// Moves on to `:=`, `=` or DEFAULT of a declaration; false, staying, when it has none.
fn skip_to_assignment(p: &mut Parser<'_>) -> bool {
    let mark = p.mark();
    while !p.is_end() && !p.is_sign(";") {
        if p.is_sign(":=") || p.is_sign("=") || p.peek("default") {
            return true;
        }
        p.advance();
    }
    p.back_to(mark);
    false
}
