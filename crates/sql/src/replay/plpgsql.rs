//! Simple statements of PL/pgSQL: EXECUTE, PERFORM, assignments, SELECT INTO, RAISE, SQL.

use super::Session;
use super::blocks::{Block, Flow};
use super::evaluate::{Scope, Value};
use super::lines::Site;
use crate::catalogue::Node;
use crate::parse::Parser;
use crate::parse::lex::Token;

/// Whether a structure begins here: a block, IF, CASE, a loop.
pub(crate) fn opens(p: &Parser<'_>) -> bool {
    ["declare", "begin", "if", "case", "loop", "while", "for", "foreach"].iter().any(|word| p.peek(word))
        || p.is_sign("<<")
}

/// Moves on to the first of these words or signs that stands outside of parentheses and CASE.
pub(crate) fn skip_to(p: &mut Parser<'_>, stops: &[&str]) {
    let (mut depth, mut cases) = (0u32, 0u32);
    while !p.is_end() {
        let stop = stops.iter().any(|stop| p.peek(stop) || p.is_sign(stop));
        if stop && depth == 0 && (cases == 0 || p.is_sign(";")) {
            return;
        }
        if p.is_sign("(") || p.is_sign("[") {
            depth += 1;
        } else if p.is_sign(")") || p.is_sign("]") {
            depth = depth.saturating_sub(1);
        } else if p.peek("case") {
            cases += 1;
        } else if p.peek("end") && cases > 0 {
            cases -= 1;
        }
        p.advance();
    }
}

impl Session {
    /// A simple statement of a block that runs.
    pub(crate) fn simple(&mut self, mut p: Parser<'_>, tokens: &[Token], block: &mut Block<'_>) -> Flow {
        let start = p;
        if p.eat("execute") {
            return self.execute(p, tokens, block);
        }
        if p.eat("perform") {
            return self.perform(p, block);
        }
        if p.eat("return") {
            return Flow::Return;
        }
        if p.eat("raise") {
            let quiet = ["notice", "warning", "info", "log", "debug"].iter().any(|level| p.peek(level));
            return if quiet { Flow::Next } else { Flow::Failed };
        }
        if p.eat("exit") || p.eat("continue") {
            let flow = if start.peek("exit") { Flow::Exit } else { Flow::Continue };
            if !p.peek("when") && p.is_name_at(0) {
                p.advance();
            }
            if p.eat("when") {
                return match self.value_of(p, block) {
                    Value::Bool(true) => flow,
                    _ => Flow::Next,
                };
            }
            return flow;
        }
        let quiet = ["null", "get", "open", "fetch", "move", "close", "assert"];
        if quiet.iter().any(|word| p.peek(word)) && !p.sign_at(1, ":=") && !p.sign_at(1, "=") {
            return Flow::Next;
        }
        if self.assignment(p, block) {
            return Flow::Next;
        }
        if p.peek("select") || p.peek("with") {
            return self.select_into(p, block);
        }
        if self.run_tokens(start.text, tokens, block) { Flow::Next } else { Flow::Failed }
    }

    /// `name := value`; false when it is none.
    fn assignment(&mut self, mut p: Parser<'_>, block: &mut Block<'_>) -> bool {
        let Ok(name) = p.name() else { return false };
        let mut plain = true;
        while p.is_sign(".") && p.is_name_at(1) || p.is_sign("[") {
            plain = false;
            if p.is_sign("[") {
                while !p.is_end() && !p.is_sign("]") {
                    p.advance();
                }
                p.advance();
            } else {
                p.advance();
                p.advance();
            }
        }
        if !p.eat_sign(":=") && !p.eat_sign("=") {
            return false;
        }
        let value = if plain { self.value_of(p, block) } else { Value::Unknown };
        block.scope.set(&name, value);
        true
    }

    fn execute(&mut self, mut p: Parser<'_>, tokens: &[Token], block: &mut Block<'_>) -> Flow {
        let start = p;
        let from = p.mark();
        skip_to(&mut p, &["into", "using"]);
        let text = self.value_of(p.between(from, p.mark()), block);
        let mut targets = Vec::new();
        if p.eat("into") {
            p.eat("strict");
            targets = p.list(Parser::name).unwrap_or_default();
        }
        let Value::Text(text) = text else {
            for target in targets {
                block.scope.set(&target, Value::Unknown);
            }
            self.note(start, block, "EXECUTE of a text that the migrations do not say");
            return Flow::Next;
        };
        for target in targets {
            block.scope.set(&target, Value::Unknown);
        }
        let (first, last) = match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => (first.start, last.end),
            _ => (0, 0),
        };
        let origin = match block.site.fixed {
            Some(origin) => origin.clone(),
            None => self.origin_of(start.text, first, last, block.site),
        };
        if self.run_text(&text, block, &origin) { Flow::Next } else { Flow::Failed }
    }

    /// PERFORM: a query whose result is not kept; functions of the project that it calls are run.
    fn perform(&mut self, mut p: Parser<'_>, block: &mut Block<'_>) -> Flow {
        let Ok((node, _)) = p.target() else { return Flow::Next };
        match self.effect(&node, &block.scope, block.site) {
            Ok(()) => Flow::Next,
            Err(stop) => {
                let kind_fails = match &stop {
                    super::Stop::Fault(fault) => fault.kind.fails_in_postgres(),
                    super::Stop::Syntax(_) => true,
                };
                let message = match stop {
                    super::Stop::Fault(fault) => fault.message,
                    super::Stop::Syntax(fault) => fault.message,
                };
                self.note(p, block, &message);
                if kind_fails { Flow::Failed } else { Flow::Next }
            }
        }
    }

    /// SELECT … INTO variables.
    fn select_into(&mut self, mut p: Parser<'_>, block: &mut Block<'_>) -> Flow {
        let targets = into_targets(p);
        let Ok(select) = p.query() else {
            targets.iter().for_each(|target| block.scope.set(target, Value::Unknown));
            return Flow::Next;
        };
        let rows = self.rows_of(&select, &block.scope);
        match (rows, targets.as_slice()) {
            (Some(rows), [target]) => {
                let first = rows.into_iter().next().unwrap_or(Value::Null);
                let value = match first {
                    Value::Row(mut fields) if fields.len() == 1 => fields.pop().map_or(Value::Null, |(_, value)| value),
                    other => other,
                };
                block.scope.set("found", Value::Bool(value != Value::Null));
                block.scope.set(target, value);
            }
            (Some(rows), targets) => {
                let fields = match rows.into_iter().next() {
                    Some(Value::Row(fields)) => fields,
                    _ => Vec::new(),
                };
                for (at, target) in targets.iter().enumerate() {
                    let value = fields.get(at).map_or(Value::Null, |(_, value)| value.clone());
                    block.scope.set(target, value);
                }
            }
            (None, targets) => {
                targets.iter().for_each(|target| block.scope.set(target, Value::Unknown));
                block.scope.set("found", Value::Unknown);
            }
        }
        Flow::Next
    }

    /// What calling a function at the top of a query does: the project's own are run, `cron.schedule` and the like noted.
    pub(crate) fn effect(&mut self, node: &Node, scope: &Scope, site: Site<'_>) -> super::Done {
        let Node::Call { schema, name, args, .. } = node else { return Ok(()) };
        if self.known_effect(schema.as_deref(), name, args, scope)? {
            return Ok(());
        }
        let written = crate::parse::Written { schema: schema.clone(), name: name.clone() };
        let schemas: Vec<String> = match &written.schema {
            Some(schema) => vec![schema.clone()],
            None => self.path.clone(),
        };
        let found = schemas.iter().find_map(|schema| {
            self.catalogue
                .overloads(schema, name)
                .find(|function| {
                    function.arguments.iter().filter(|argument| argument.mode.is_input()).count() >= args.len()
                })
                .filter(|function| function.language == "plpgsql" && changes_schema(&function.body))
                .cloned()
        });
        let Some(function) = found else { return Ok(()) };
        let mut inner = Scope::default();
        let inputs: Vec<_> = function.arguments.iter().filter(|argument| argument.mode.is_input()).collect();
        for (at, argument) in inputs.iter().enumerate() {
            let named = args.iter().find_map(|arg| match arg {
                Node::Named { name, arg } if Some(name) == argument.name.as_ref() => Some(&**arg),
                _ => None,
            });
            let given = named.or_else(|| args.get(at).filter(|arg| !matches!(arg, Node::Named { .. })));
            let value = match given {
                Some(node) => self.evaluate(node, scope),
                None => match argument.default.as_ref().and_then(|default| default.tree.as_ref()) {
                    Some(tree) => self.evaluate(tree, &Scope::default()),
                    None => Value::Unknown,
                },
            };
            inner.set(argument.name.as_deref().unwrap_or_default(), value.clone());
            inner.set(&format!("${}", at + 1), value);
        }
        let origin = self.origin.clone();
        let site = Site { fixed: Some(site.fixed.unwrap_or(&origin)), ..site };
        self.run_body(&function.body, site, inner)
    }
}

/// Whether a body may change the catalogue.
fn changes_schema(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    ["execute", "create ", "alter ", "drop ", "grant ", "revoke ", "cron.", "storage.buckets"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Variables behind INTO, outside of parentheses.
fn into_targets(mut p: Parser<'_>) -> Vec<String> {
    skip_to(&mut p, &["into"]);
    if !p.eat("into") {
        return Vec::new();
    }
    p.eat("strict");
    p.list(Parser::name).unwrap_or_default()
}
