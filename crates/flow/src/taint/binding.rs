//! Which values of a call stand for which of its arguments, and for which parameters of a function called.

use lunette_lang::ir::{Arg, ArgKind, BodyKind, Language, Op, ParamKind, ValueId};
use smallvec::SmallVec;

use super::calls::BodyKey;
use super::scan::Scan;
use crate::access::{AccessPath, Start};
use crate::know::Origin;
use crate::program::Site;

/// The values of this body at the start of an access path of a call (the steps are the caller's).
pub(crate) fn values(scan: &Scan<'_, '_>, call: ValueId, path: &AccessPath) -> SmallVec<[ValueId; 2]> {
    let mut found = SmallVec::new();
    let Op::Call { callee, args, .. } = scan.op(call) else { return found };
    if path.made || path.chained {
        for site in scan.env.facts.follow(scan.site(call), path).sites() {
            if (site.unit, site.body) == (scan.unit, scan.id) {
                found.push(site.value);
            }
        }
        return found;
    }
    match &path.start {
        Start::Receiver => {
            if let Op::Load(base, _) = scan.op(*callee) {
                found.push(*base);
            }
        }
        Start::Return => found.push(call),
        Start::Each => {}
        Start::LastArg => found.extend(args.last().map(|arg| arg.value)),
        Start::ArgsFrom(from) => found.extend(args.iter().skip(*from).map(|arg| arg.value)),
        Start::ArgsMiddle(from) => {
            found.extend(args.iter().take(args.len().saturating_sub(1)).skip(*from).map(|arg| arg.value));
        }
        Start::Arg { position, name } => {
            let mut at = 0;
            for arg in args {
                match arg.kind {
                    ArgKind::Positional => {
                        if *position == Some(at) {
                            found.push(arg.value);
                            break;
                        }
                        at += 1;
                    }
                    ArgKind::Named(given) if name.as_deref() == Some(scan.name(given)) => {
                        found.push(arg.value);
                        break;
                    }
                    ArgKind::SpreadNamed if name.as_deref() == Some("**") => found.push(arg.value),
                    ArgKind::Spread if position.is_some_and(|position| position >= at) => {
                        found.push(arg.value);
                        break;
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

/// The parameters that the arguments of a call are bound to, one by one.
pub(crate) fn bind(scan: &Scan<'_, '_>, of: BodyKey, callee: ValueId, args: &[Arg]) -> Vec<(u32, ValueId)> {
    let there = &scan.env.facts.program.unit(of.0).module;
    let params = &there.body(of.1).params;
    let skip = skips_self(scan, of, callee);
    let mut bound = Vec::new();
    if skip
        && let Op::Load(base, _) = scan.op(callee)
        && !matches!(scan.op(*base), Op::Super)
    {
        bound.push((0, *base));
    }
    let mut position = usize::from(skip);
    for arg in args {
        match arg.kind {
            ArgKind::Positional => {
                if params.get(position).is_some_and(|param| param.kind == ParamKind::Positional) {
                    bound.push((position as u32, arg.value));
                }
                position += 1;
            }
            ArgKind::Named(name) => {
                let name = scan.name(name);
                if let Some(at) = params.iter().position(|param| there.name(param.name) == name) {
                    bound.push((at as u32, arg.value));
                }
            }
            ArgKind::Spread => break,
            ArgKind::SpreadNamed => {}
        }
    }
    bound
}

/// Whether a Python method takes its first argument from the object that it is called on.
pub(super) fn skips_self(scan: &Scan<'_, '_>, (unit, body): BodyKey, callee: ValueId) -> bool {
    let module = &scan.env.facts.program.unit(unit).module;
    let function = module.body(body);
    if module.language != Language::Python || function.kind != BodyKind::Method {
        return false;
    }
    let is_plain = function.decorators.iter().any(|at| {
        let site = Site { unit, body: at.body, value: at.value };
        scan.env.facts.name_of(site).is_some_and(|name| name == "staticmethod")
    });
    if is_plain {
        return false;
    }
    match scan.op(callee) {
        Op::Load(base, _) => {
            let origins = scan.origins(*base);
            function.is_static
                || origins.is_empty()
                || !origins.iter().all(|origin| matches!(origin, Origin::Class(..)))
        }
        _ => true,
    }
}
