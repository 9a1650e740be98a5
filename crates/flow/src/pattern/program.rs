//! A pattern as instructions of a backtracking matcher, which does what the languages' own matchers do.

use super::ast::{Assertion, Back, Greed, Look, Node, Regex, Repeat, SetId};

/// An instruction. Numbers are places in the program or in the registers.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Set {
        set: SetId,
        back: bool,
    },
    Assert(Assertion),
    /// Goes on at the first; when that fails at the second.
    Split(u32, u32),
    Jump(u32),
    /// Keeps the position in a register.
    Save(u32),
    /// The text of a group again.
    Back {
        group: u32,
        ignore_case: bool,
        back: bool,
    },
    /// A register becomes nought.
    Reset(u32),
    Loop(Loop),
    /// Begins a round: counts it and keeps where it began.
    Begin {
        count: u32,
        mark: u32,
    },
    /// Ends a round: fails when it matched nothing and was not needed.
    EndRound {
        count: u32,
        mark: u32,
        min: u32,
        again: u32,
    },
    Look {
        kind: LookKind,
        end: u32,
    },
    /// Goes elsewhere when a group has matched nothing.
    UnlessGroup {
        group: u32,
        to: u32,
    },
    Accept,
}

/// The head of a counted repetition; the next instruction begins a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    pub(super) count: u32,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) lazy: bool,
    pub(super) exit: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LookKind {
    Ahead { negative: bool },
    Atomic,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) registers: u32,
}

/// Most instructions; patterns are capped in length, so only repetitions written out could get there.
const MAX_OPS: usize = 200_000;

impl Program {
    pub(super) fn compile(regex: &Regex) -> Self {
        let mut compiler = Compiler { ops: Vec::new(), registers: 2 * (regex.groups + 1), back: false };
        compiler.node(&regex.root);
        compiler.ops.push(Op::Accept);
        Program { ops: compiler.ops, registers: compiler.registers }
    }
}

struct Compiler {
    ops: Vec<Op>,
    registers: u32,
    /// Inside of a lookbehind: matched from right to left.
    back: bool,
}

impl Compiler {
    fn here(&self) -> u32 {
        self.ops.len() as u32
    }

    fn register(&mut self) -> u32 {
        self.registers += 1;
        self.registers - 1
    }

    fn node(&mut self, node: &Node) {
        if self.ops.len() > MAX_OPS {
            return;
        }
        match node {
            Node::Empty => {}
            Node::Set(set) => self.ops.push(Op::Set { set: *set, back: self.back }),
            Node::Assert(assertion) => self.ops.push(Op::Assert(*assertion)),
            Node::Look(look) => self.look(look),
            Node::Group(index, body) => {
                let (start, end) = if self.back { (2 * index + 1, 2 * index) } else { (2 * index, 2 * index + 1) };
                self.ops.push(Op::Save(start));
                self.node(body);
                self.ops.push(Op::Save(end));
            }
            Node::Atomic(body) => self.atomic(body),
            Node::Concat(items) if self.back => items.iter().rev().for_each(|item| self.node(item)),
            Node::Concat(items) => items.iter().for_each(|item| self.node(item)),
            Node::Alt(branches) => self.alternatives(branches),
            Node::Repeat(repeat) if repeat.greed == Greed::Possessive => {
                let at = self.look_start(LookKind::Atomic);
                self.repeat(repeat);
                self.look_end(at);
            }
            Node::Repeat(repeat) => self.repeat(repeat),
            Node::Back(Back { group, ignore_case }) => {
                self.ops.push(Op::Back { group: *group, ignore_case: *ignore_case, back: self.back });
            }
            Node::Either(either) => {
                let test = self.ops.len();
                self.ops.push(Op::UnlessGroup { group: either.group, to: 0 });
                self.node(&either.yes);
                let over = self.ops.len();
                self.ops.push(Op::Jump(0));
                self.ops[test] = Op::UnlessGroup { group: either.group, to: self.here() };
                self.node(&either.no);
                self.ops[over] = Op::Jump(self.here());
            }
        }
    }

    fn look(&mut self, look: &Look) {
        let at = self.look_start(LookKind::Ahead { negative: look.negative });
        let outer = std::mem::replace(&mut self.back, look.behind);
        self.node(&look.body);
        self.back = outer;
        self.look_end(at);
    }

    fn atomic(&mut self, body: &Node) {
        let at = self.look_start(LookKind::Atomic);
        self.node(body);
        self.look_end(at);
    }

    fn look_start(&mut self, kind: LookKind) -> usize {
        self.ops.push(Op::Look { kind, end: 0 });
        self.ops.len() - 1
    }

    fn look_end(&mut self, at: usize) {
        self.ops.push(Op::Accept);
        let here = self.here();
        if let Op::Look { end, .. } = &mut self.ops[at] {
            *end = here;
        }
    }

    fn alternatives(&mut self, branches: &[Node]) {
        let mut jumps = Vec::with_capacity(branches.len());
        for (at, branch) in branches.iter().enumerate() {
            if at + 1 == branches.len() {
                self.node(branch);
                break;
            }
            let split = self.ops.len();
            self.ops.push(Op::Jump(0));
            self.node(branch);
            jumps.push(self.ops.len());
            self.ops.push(Op::Jump(0));
            self.ops[split] = Op::Split(split as u32 + 1, self.here());
        }
        for jump in jumps {
            self.ops[jump] = Op::Jump(self.here());
        }
    }

    fn split(body: u32, exit: u32, lazy: bool) -> Op {
        if lazy { Op::Split(exit, body) } else { Op::Split(body, exit) }
    }

    fn repeat(&mut self, repeat: &Repeat) {
        let lazy = repeat.greed == Greed::Lazy;
        match (repeat.min, repeat.max) {
            (0, Some(0)) => {}
            (1, Some(1)) => self.node(&repeat.body),
            // The group keeps its text in Python when the optional round matched nothing; the difference is of no use here.
            (0, Some(1)) => {
                let at = self.ops.len();
                self.ops.push(Op::Jump(0));
                self.node(&repeat.body);
                self.ops[at] = Self::split(at as u32 + 1, self.here(), lazy);
            }
            (0 | 1, None) if !nullable(&repeat.body) => {
                if repeat.min == 1 {
                    let start = self.here();
                    self.node(&repeat.body);
                    let exit = self.here() + 1;
                    self.ops.push(Self::split(start, exit, lazy));
                } else {
                    let at = self.ops.len();
                    self.ops.push(Op::Jump(0));
                    self.node(&repeat.body);
                    self.ops.push(Op::Jump(at as u32));
                    self.ops[at] = Self::split(at as u32 + 1, self.here(), lazy);
                }
            }
            (min, max) => self.counted(&repeat.body, min, max, lazy),
        }
    }

    fn counted(&mut self, body: &Node, min: u32, max: Option<u32>, lazy: bool) {
        let (count, mark) = (self.register(), self.register());
        self.ops.push(Op::Reset(count));
        let head = self.ops.len();
        self.ops.push(Op::Accept);
        self.ops.push(Op::Begin { count, mark });
        self.node(body);
        // Python leaves a loop whose round matched nothing, JavaScript takes the round back: both end it.
        self.ops.push(Op::EndRound { count, mark, min, again: head as u32 });
        let exit = self.here();
        self.ops[head] = Op::Loop(Loop { count, min, max, lazy, exit });
    }
}

/// Whether a part can match nothing (or that cannot be told).
pub(super) fn nullable(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Assert(_) | Node::Look(_) | Node::Back(_) => true,
        Node::Set(_) => false,
        Node::Group(_, body) | Node::Atomic(body) => nullable(body),
        Node::Concat(items) => items.iter().all(nullable),
        Node::Alt(branches) => branches.iter().any(nullable),
        Node::Repeat(repeat) => repeat.min == 0 || nullable(&repeat.body),
        Node::Either(either) => nullable(&either.yes) || nullable(&either.no),
    }
}
