//! Expressions and queries: their text as Postgres prints it, and a small syntax tree whose names are resolved.

use serde::{Deserialize, Serialize};

use super::name::Name;

/// An expression of the catalogue (a policy's condition, a default, a check).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Expr {
    /// As `pg_get_expr` prints it, as near as the replay comes.
    pub text: String,
    /// The tree; `None` where the text could not be parsed or comes from a live database unparsed.
    pub tree: Option<Node>,
}

/// Two expressions are equal when their texts are.
impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.text == other.text
    }
}

impl Expr {
    /// An expression without a tree.
    pub fn text(text: impl Into<String>) -> Self {
        Expr { text: text.into(), tree: None }
    }
}

/// A node of an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// A constant, with its type where one is known or written (`'x'::text`).
    Literal {
        /// Value.
        value: Literal,
        /// Type as `format_type` prints it; `None` is what the value itself says.
        type_name: Option<String>,
    },
    /// A column, or a variable or parameter by name.
    Column {
        /// Table name or alias before the dot.
        qualifier: Option<String>,
        /// Column.
        name: String,
        /// The relation that it was found in (`None`: a subquery's column, a variable, or not resolved).
        relation: Option<Name>,
        /// How many queries further out it was found: 0 is the query that it stands in. In a policy, the policy's own
        /// table is the outermost level.
        level: u32,
    },
    /// `*` or `t.*`.
    Star {
        /// Table name or alias before the dot.
        qualifier: Option<String>,
    },
    /// A function call. SQL's special forms are calls by the name they are printed with (`COALESCE`, `CURRENT_USER`).
    Call {
        /// Schema: as written, or found; `pg_catalog` for built-in functions; `None` when the function is not known.
        schema: Option<String>,
        /// Name.
        name: String,
        /// Arguments.
        args: Vec<Node>,
        /// `DISTINCT` within the parentheses.
        distinct: bool,
        /// ORDER BY, FILTER, WITHIN GROUP and OVER, as written after the arguments.
        tail: Option<String>,
    },
    /// `name => value` among the arguments of a call.
    Named {
        /// Parameter.
        name: String,
        /// Value.
        arg: Box<Node>,
    },
    /// An operator: `=`, `<>`, `~~` (LIKE), `~~*` (ILIKE), `->>`, `||`, …
    Operator {
        /// Operator.
        op: String,
        /// Left operand; `None` for a prefix operator.
        left: Option<Box<Node>>,
        /// Right operand.
        right: Box<Node>,
    },
    /// AND of two or more.
    And(Vec<Node>),
    /// OR of two or more.
    Or(Vec<Node>),
    /// NOT.
    Not(Box<Node>),
    /// A cast.
    Cast {
        /// What is cast.
        arg: Box<Node>,
        /// To which type, as `format_type` prints it.
        type_name: String,
        /// Whether Postgres added it.
        implicit: bool,
    },
    /// `IS NULL`, `IS NOT TRUE`, `IS DOCUMENT`, …
    Test {
        /// What is tested.
        arg: Box<Node>,
        /// The test, upper case: `IS NOT NULL`.
        test: String,
    },
    /// `a IS [NOT] DISTINCT FROM b`.
    Distinct {
        /// Left operand.
        left: Box<Node>,
        /// Right operand.
        right: Box<Node>,
        /// IS NOT DISTINCT.
        negated: bool,
    },
    /// `a op ANY (…)` or `ALL`; IN lists come here too (`= ANY`, `<> ALL`). The right side is an array.
    Quantified {
        /// Left operand.
        left: Box<Node>,
        /// Operator.
        op: String,
        /// ALL.
        all: bool,
        /// The array.
        right: Box<Node>,
    },
    /// `a IN (SELECT …)`, `a op ANY (SELECT …)`, `a op ALL (SELECT …)`.
    InSelect {
        /// Left operand (a [`Node::Row`] for several).
        left: Box<Node>,
        /// Operator.
        op: String,
        /// ALL.
        all: bool,
        /// The query.
        select: Box<Select>,
    },
    /// EXISTS.
    Exists(Box<Select>),
    /// A query in parentheses.
    Subselect(Box<Select>),
    /// `ARRAY(SELECT …)`.
    ArraySelect(Box<Select>),
    /// `ARRAY[…]`.
    Array(Vec<Node>),
    /// `ROW(…)`.
    Row(Vec<Node>),
    /// CASE.
    Case {
        /// What is compared.
        operand: Option<Box<Node>>,
        /// WHEN and THEN.
        whens: Vec<(Node, Node)>,
        /// ELSE.
        otherwise: Option<Box<Node>>,
    },
    /// `a[i]` or `a[i:j]`.
    Index {
        /// Array.
        arg: Box<Node>,
        /// Subscript, as printed within the brackets.
        subscript: Box<Node>,
        /// End of a slice.
        end: Option<Box<Node>>,
    },
    /// `(a).b`.
    Field {
        /// Composite value.
        arg: Box<Node>,
        /// Field.
        name: String,
    },
    /// `a COLLATE b`.
    Collate {
        /// What is collated.
        arg: Box<Node>,
        /// Collation, as printed.
        collation: String,
    },
    /// `$1`.
    Param(u32),
    /// Anything else, as written.
    Other(String),
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Literal {
    /// NULL.
    Null,
    /// TRUE or FALSE.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string's value.
    Text(String),
}

/// A query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Select {
    /// WITH: names, columns and queries; a part that changes data has none.
    pub with: Vec<(String, Vec<String>, Option<Select>)>,
    /// WITH RECURSIVE.
    pub recursive: bool,
    /// DISTINCT.
    pub distinct: bool,
    /// DISTINCT ON.
    pub distinct_on: Vec<Node>,
    /// What is selected, each with its name.
    pub targets: Vec<(Node, Option<String>)>,
    /// FROM.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub filter: Option<Node>,
    /// GROUP BY.
    pub group_by: Vec<Node>,
    /// HAVING.
    pub having: Option<Node>,
    /// VALUES: the rows (nothing else is filled then).
    pub values: Vec<Vec<Node>>,
    /// UNION, INTERSECT, EXCEPT (with ` ALL`), and the right side; `targets`, … are the left side's.
    pub set: Option<(String, Box<Select>)>,
    /// ORDER BY, each with what follows (`DESC`, `NULLS LAST`).
    pub order_by: Vec<(Node, String)>,
    /// LIMIT.
    pub limit: Option<Node>,
    /// OFFSET.
    pub offset: Option<Node>,
    /// FOR UPDATE and the like, as written.
    pub locking: Option<String>,
}

/// An item of FROM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromItem {
    /// A relation or the name of a WITH query.
    Table {
        /// Schema, as written.
        schema: Option<String>,
        /// Name, as written.
        name: String,
        /// The relation, when resolved.
        relation: Option<Name>,
        /// Alias.
        alias: Option<String>,
        /// Column aliases.
        columns: Vec<String>,
        /// ONLY.
        only: bool,
    },
    /// A function's rows.
    Function {
        /// The call.
        call: Node,
        /// LATERAL.
        lateral: bool,
        /// WITH ORDINALITY.
        ordinality: bool,
        /// Alias.
        alias: Option<String>,
        /// Column aliases, with types where a definition list gives them.
        columns: Vec<(String, Option<String>)>,
    },
    /// A query in parentheses.
    Subselect {
        /// The query.
        select: Box<Select>,
        /// LATERAL.
        lateral: bool,
        /// Alias.
        alias: Option<String>,
        /// Column aliases.
        columns: Vec<String>,
    },
    /// A join.
    Join {
        /// `JOIN`, `LEFT JOIN`, `CROSS JOIN`, … with `NATURAL ` in front.
        kind: String,
        /// Left side.
        left: Box<FromItem>,
        /// Right side.
        right: Box<FromItem>,
        /// ON.
        on: Option<Node>,
        /// USING.
        using: Vec<String>,
    },
    /// Anything else, as written.
    Other(String),
}

/// The query of a view.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ViewQuery {
    /// The query's text: as written in the migration, as `pg_get_viewdef` prints it in a live database.
    pub text: String,
    /// The tree, with names resolved.
    pub select: Option<Select>,
    /// Relations that it reads, directly, in order of first mention.
    pub relations: Vec<Name>,
    /// Columns that it reads, of those relations.
    pub columns: Vec<(Name, String)>,
    /// Functions that it calls, by name.
    pub functions: Vec<Name>,
}

/// Two queries are equal when they read the same relations: texts differ between a migration and `pg_get_viewdef`.
impl PartialEq for ViewQuery {
    fn eq(&self, other: &ViewQuery) -> bool {
        let sorted = |names: &[Name]| names.iter().cloned().collect::<std::collections::BTreeSet<_>>();
        sorted(&self.relations) == sorted(&other.relations)
    }
}

impl Node {
    /// A text constant's value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Literal { value: Literal::Text(text), .. } => Some(text),
            Self::Cast { arg, .. } => arg.as_text(),
            _ => None,
        }
    }

    /// A boolean constant's value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Literal { value: Literal::Bool(value), .. } => Some(*value),
            _ => None,
        }
    }

    /// Calls `visit` on this node and all nodes below, those in queries included, until it returns false for a node: then
    /// that node's children are left out.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node) -> bool) {
        if !visit(self) {
            return;
        }
        match self {
            Self::Literal { .. } | Self::Column { .. } | Self::Star { .. } | Self::Param(_) | Self::Other(_) => {}
            Self::Call { args, .. } | Self::Array(args) | Self::Row(args) | Self::And(args) | Self::Or(args) => {
                args.iter().for_each(|arg| arg.walk(visit));
            }
            Self::Not(arg)
            | Self::Named { arg, .. }
            | Self::Cast { arg, .. }
            | Self::Test { arg, .. }
            | Self::Field { arg, .. }
            | Self::Collate { arg, .. } => arg.walk(visit),
            Self::Operator { left, right, .. } => {
                left.iter().for_each(|left| left.walk(visit));
                right.walk(visit);
            }
            Self::Distinct { left, right, .. } | Self::Quantified { left, right, .. } => {
                left.walk(visit);
                right.walk(visit);
            }
            Self::InSelect { left, select, .. } => {
                left.walk(visit);
                select.walk(visit);
            }
            Self::Exists(select) | Self::Subselect(select) | Self::ArraySelect(select) => select.walk(visit),
            Self::Case { operand, whens, otherwise } => {
                operand.iter().for_each(|operand| operand.walk(visit));
                for (when, then) in whens {
                    when.walk(visit);
                    then.walk(visit);
                }
                otherwise.iter().for_each(|otherwise| otherwise.walk(visit));
            }
            Self::Index { arg, subscript, end } => {
                arg.walk(visit);
                subscript.walk(visit);
                end.iter().for_each(|end| end.walk(visit));
            }
        }
    }
}

impl Select {
    /// Calls `visit` on all nodes of the query (see [`Node::walk`]).
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node) -> bool) {
        for (_, _, select) in &self.with {
            select.iter().for_each(|select| select.walk(visit));
        }
        self.distinct_on.iter().for_each(|node| node.walk(visit));
        self.targets.iter().for_each(|(node, _)| node.walk(visit));
        self.from.iter().for_each(|item| item.walk(visit));
        self.filter.iter().for_each(|node| node.walk(visit));
        self.group_by.iter().for_each(|node| node.walk(visit));
        self.having.iter().for_each(|node| node.walk(visit));
        self.values.iter().flatten().for_each(|node| node.walk(visit));
        if let Some((_, right)) = &self.set {
            right.walk(visit);
        }
        self.order_by.iter().for_each(|(node, _)| node.walk(visit));
        self.limit.iter().for_each(|node| node.walk(visit));
        self.offset.iter().for_each(|node| node.walk(visit));
    }

    /// Calls `visit` on all items of FROM, those of queries within included.
    pub fn walk_from<'a>(&'a self, visit: &mut dyn FnMut(&'a FromItem)) {
        for (_, _, select) in &self.with {
            select.iter().for_each(|select| select.walk_from(visit));
        }
        self.from.iter().for_each(|item| item.walk_from(visit));
        if let Some((_, right)) = &self.set {
            right.walk_from(visit);
        }
        let mut queries = Vec::new();
        let mut own = |node: &'a Node| match node {
            Node::InSelect { left, select, .. } => {
                left.walk(&mut |node| {
                    collect(node, &mut queries);
                    true
                });
                queries.push(&**select);
                false
            }
            Node::Exists(select) | Node::Subselect(select) | Node::ArraySelect(select) => {
                queries.push(&**select);
                false
            }
            _ => true,
        };
        self.targets.iter().for_each(|(node, _)| node.walk(&mut own));
        self.filter.iter().for_each(|node| node.walk(&mut own));
        self.group_by.iter().for_each(|node| node.walk(&mut own));
        self.having.iter().for_each(|node| node.walk(&mut own));
        self.values.iter().flatten().for_each(|node| node.walk(&mut own));
        self.order_by.iter().for_each(|(node, _)| node.walk(&mut own));
        queries.into_iter().for_each(|select| select.walk_from(visit));
    }
}

/// Notes a node's own query.
fn collect<'a>(node: &'a Node, queries: &mut Vec<&'a Select>) {
    if let Node::Exists(select) | Node::Subselect(select) | Node::ArraySelect(select) = node {
        queries.push(select);
    }
}

impl FromItem {
    /// Calls `visit` on all nodes of the item (see [`Node::walk`]).
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node) -> bool) {
        match self {
            Self::Table { .. } | Self::Other(_) => {}
            Self::Function { call, .. } => call.walk(visit),
            Self::Subselect { select, .. } => select.walk(visit),
            Self::Join { left, right, on, .. } => {
                left.walk(visit);
                right.walk(visit);
                on.iter().for_each(|on| on.walk(visit));
            }
        }
    }

    /// Calls `visit` on this item and the items below.
    pub fn walk_from<'a>(&'a self, visit: &mut dyn FnMut(&'a FromItem)) {
        visit(self);
        match self {
            Self::Subselect { select, .. } => select.walk_from(visit),
            Self::Join { left, right, .. } => {
                left.walk_from(visit);
                right.walk_from(visit);
            }
            _ => {}
        }
    }
}
