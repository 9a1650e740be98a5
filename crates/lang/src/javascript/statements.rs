//! Statements and declarations, except for control flow.

use oxc_ast::ast::{
    Declaration, ExportDefaultDeclarationKind, Function, LabeledStatement, Statement, VariableDeclaration,
    VariableDeclarationKind,
};
use oxc_span::GetSpan;

use super::context::Lower;
use super::functions::Role;
use crate::ir::Op;

impl<'a> Lower<'a> {
    /// Lowers the statements of a scope: functions first, for they are hoisted.
    pub(super) fn statements(&mut self, statements: &'a [Statement<'a>]) {
        self.declare_types(statements);
        for statement in statements {
            let function = match statement {
                Statement::FunctionDeclaration(function) => function,
                Statement::ExportDeclaration(export) => match &export.declaration {
                    Declaration::FunctionDeclaration(function) => function,
                    _ => continue,
                },
                Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) if function.id.is_some() => function,
                    _ => continue,
                },
                _ => continue,
            };
            self.function_declaration(function);
        }
        for statement in statements {
            if !matches!(statement, Statement::FunctionDeclaration(_)) {
                self.statement(statement);
            }
        }
    }

    /// A function declaration. One without a body (an overload, `declare`) declares a type only.
    pub(super) fn function_declaration(&mut self, function: &'a Function<'a>) {
        if let (Some(name), Some(_)) = (&function.id, &function.body) {
            let body = self.function(function, &Role::named(None));
            let closure = self.emit(Op::Closure(body), function.span);
            self.write_binding(name, closure);
        }
    }

    /// Lowers one statement.
    pub(super) fn statement(&mut self, statement: &'a Statement<'a>) {
        self.deeper(statement.span(), |this| this.dispatch_statement(statement));
    }

    fn dispatch_statement(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::BlockStatement(block) => self.statements(&block.body),
            Statement::ExpressionStatement(statement) => {
                self.expr(&statement.expression);
            }
            Statement::ReturnStatement(statement) => {
                let value = match &statement.argument {
                    Some(argument) => self.expr(argument),
                    None => self.undefined(statement.span),
                };
                self.emit(Op::Return(value), statement.span);
            }
            Statement::ThrowStatement(statement) => {
                let value = self.expr(&statement.argument);
                self.emit(Op::Throw(value), statement.span);
            }
            Statement::IfStatement(statement) => self.if_statement(statement),
            Statement::ForStatement(statement) => self.for_statement(statement, Vec::new()),
            Statement::ForInStatement(statement) => self.for_in(statement, Vec::new()),
            Statement::ForOfStatement(statement) => self.for_of(statement, Vec::new()),
            Statement::WhileStatement(statement) => self.while_statement(statement, Vec::new()),
            Statement::DoWhileStatement(statement) => self.do_while(statement, Vec::new()),
            Statement::SwitchStatement(statement) => self.switch_statement(statement, Vec::new()),
            Statement::LabeledStatement(statement) => self.labeled(statement),
            Statement::BreakStatement(statement) => {
                self.break_to(statement.label.as_ref().map(|label| label.name.as_str()));
            }
            Statement::ContinueStatement(statement) => {
                self.continue_to(statement.label.as_ref().map(|label| label.name.as_str()));
            }
            Statement::TryStatement(statement) => self.try_statement(statement),
            Statement::WithStatement(statement) => {
                self.expr(&statement.object);
                self.statement(&statement.body);
            }
            Statement::DebuggerStatement(_) | Statement::EmptyStatement(_) => {}
            statement => {
                if let Some(declaration) = statement.as_declaration() {
                    self.declaration(declaration);
                } else if let Some(declaration) = statement.as_module_declaration() {
                    self.module_declaration(declaration);
                }
            }
        }
    }

    /// Lowers a declaration. Functions are those in places where they are not hoisted (`if (x) function f() {}`).
    pub(super) fn declaration(&mut self, declaration: &'a Declaration<'a>) {
        match declaration {
            Declaration::VariableDeclaration(variables) => self.variables(variables),
            Declaration::FunctionDeclaration(function) => self.function_declaration(function),
            Declaration::ClassDeclaration(class) => {
                if !class.declare {
                    self.class(class, None);
                }
            }
            Declaration::TSEnumDeclaration(declaration) => self.enum_declaration(declaration),
            Declaration::TSNamespaceDeclaration(namespace) => {
                self.namespace(namespace);
            }
            Declaration::TSImportEqualsDeclaration(import) => self.import_equals(import),
            Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_) => {}
        }
    }

    pub(super) fn variables(&mut self, variables: &'a VariableDeclaration<'a>) {
        if variables.declare {
            return;
        }
        for declarator in &variables.declarations {
            let name = self.pattern_name(&declarator.id);
            match &declarator.init {
                Some(init) => {
                    let value = self.expr_named(init, name);
                    self.bind(&declarator.id, value, false);
                }
                None => self.declare_unset(variables.kind, declarator),
            }
        }
    }

    /// `let x;` and `var x;`. A `let` in a loop is new each time around; elsewhere nothing was written before, which
    /// reads as `undefined` anyway.
    fn declare_unset(&mut self, kind: VariableDeclarationKind, declarator: &'a oxc_ast::ast::VariableDeclarator<'a>) {
        let Some(name) = declarator.id.get_binding_identifier() else { return };
        if kind == VariableDeclarationKind::Let && self.frame.loops > 0 {
            let value = self.undefined(declarator.span);
            self.write_binding(name, value);
        } else if let Some(symbol) = name.symbol_id.get() {
            self.var(symbol);
        }
    }

    /// Labels in front of a statement.
    fn labeled(&mut self, statement: &'a LabeledStatement<'a>) {
        let mut labels = vec![statement.label.name.as_str()];
        let mut body = &statement.body;
        while let Statement::LabeledStatement(inner) = body {
            labels.push(inner.label.name.as_str());
            body = &inner.body;
        }
        match body {
            Statement::ForStatement(statement) => self.for_statement(statement, labels),
            Statement::ForInStatement(statement) => self.for_in(statement, labels),
            Statement::ForOfStatement(statement) => self.for_of(statement, labels),
            Statement::WhileStatement(statement) => self.while_statement(statement, labels),
            Statement::DoWhileStatement(statement) => self.do_while(statement, labels),
            Statement::SwitchStatement(statement) => self.switch_statement(statement, labels),
            body => {
                let after = self.builder().new_block();
                self.push_target(labels, false, after, None);
                self.statement(body);
                self.frame.targets.pop();
                self.frame.builder.jump(after);
                self.enter(after);
            }
        }
    }
}
