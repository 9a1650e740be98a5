//! What functions are given that nobody in the project calls: plugins and route files that are loaded dynamically,
//! handlers that a framework finds by their file.

use lunette_lang::ir::{BodyId, BodyKind, ValueRef};

use super::slots::{PUBLISHING, Slot};
use super::{Origin, Origins, Tracker};
use crate::api::Callback;
use crate::program::{Site, Target, UnitId};

impl Tracker<'_> {
    /// Applies the hints of the models to parameters about which nothing is known.
    pub(super) fn assume(&mut self) {
        let program = self.program;
        for hint in self.trie.hints.parameters.clone() {
            if !self.imports_package(&hint.imports) {
                continue;
            }
            for unit in program.ids() {
                let module = &program.unit(unit).module;
                let names: Vec<_> = hint.names.iter().filter_map(|name| module.names.find(name)).collect();
                if module.language != hint.language || names.is_empty() {
                    continue;
                }
                for (at, body) in module.bodies.iter().enumerate() {
                    for (index, param) in body.params.iter().enumerate() {
                        let body_id = BodyId(at as u32);
                        if body.kind != BodyKind::Class
                            && names.contains(&param.name)
                            && self.is_unknown(unit, body_id, index)
                        {
                            let made = Site { unit, body: body_id, value: param.value };
                            self.write(Slot::Param(unit, body_id, index as u32), &[Origin::Api(hint.value, made)]);
                        }
                    }
                }
            }
        }
        for hint in self.trie.hints.files.clone() {
            for unit in program.ids() {
                let file = program.unit(unit);
                if file.module.language != hint.language || !hint.file.is_match(&file.path) {
                    continue;
                }
                if hint.depends.as_ref().is_some_and(|package| !program.depends_on(&file.path, package)) {
                    continue;
                }
                let directive = hint.directive.as_ref();
                if directive
                    .is_some_and(|wanted| !file.module.directives.iter().any(|name| file.module.name(*name) == wanted))
                {
                    continue;
                }
                let names: Vec<String> = if hint.exports.iter().any(|name| name == "*") {
                    file.module.exports.iter().map(|export| file.module.name(export.name).to_owned()).collect()
                } else {
                    hint.exports.clone()
                };
                for name in names {
                    self.enter((unit, BodyId::MODULE));
                    self.reading = PUBLISHING;
                    let name = self.names.intern(&name, self.trie);
                    let functions = self.exported(unit, name);
                    self.give_unknown(&functions, &hint.parameters);
                }
            }
        }
    }

    fn give_unknown(&mut self, functions: &Origins, parameters: &[Option<crate::api::NodeId>]) {
        for (index, node) in parameters.iter().enumerate() {
            if let Some(node) = *node {
                let callback = Callback {
                    argument: 0,
                    and_later: false,
                    parameter: index,
                    value: node,
                    error_parameters: None,
                    events: Box::default(),
                };
                self.give_to(functions, &callback, 0);
            }
        }
    }

    fn is_unknown(&self, unit: UnitId, body: BodyId, index: usize) -> bool {
        let function = self.program.body(unit, body);
        let is_empty = |value| self.at(unit, ValueRef { body, value }).is_empty();
        self.slots.peek(&self.layout, Slot::Param(unit, body, index as u32)).is_empty()
            && function.params.get(index).is_some_and(|param| param.ty.is_none() || is_empty(param.value))
    }

    fn imports_package(&self, package: &str) -> bool {
        self.program.ids().any(|unit| {
            self.program.targets(unit).iter().any(|target| match target {
                Target::Package(name) => {
                    name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
                }
                Target::Unit(_) => false,
            })
        })
    }
}
