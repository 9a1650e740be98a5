//! Rows of queries in blocks: over literal lists and over what the catalogue holds.

use super::Session;
use super::evaluate::Scope;
use super::values::Value;
use crate::catalogue::{FromItem, Node, Select};

/// A row under the name of its table.
type Row = Vec<(String, Vec<(String, Value)>)>;

/// Most rows that a query of a block may look at.
const ROWS: usize = 20_000;

/// What a query's condition says of single columns: `tablename = 'notes'`. Rows that it excludes are not made.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    equal: Vec<(Option<String>, String, String)>,
    /// Whether there is only one table, so that names without a table are its own.
    single: bool,
}

impl Wanted {
    /// Those for one table.
    fn of(&self, alias: &str) -> Wanted {
        let own = |(qualifier, _, _): &&(Option<String>, String, String)| match qualifier {
            Some(qualifier) => qualifier == alias,
            None => self.single,
        };
        Wanted { equal: self.equal.iter().filter(own).cloned().collect(), single: self.single }
    }

    /// Whether a row with that value in the column may fit.
    pub(crate) fn allows(&self, column: &str, value: &str) -> bool {
        self.equal.iter().all(|(_, name, wanted)| name != column || wanted == value)
    }
}

impl Session {
    /// The rows of a query, each a row of its targets; `None` when they are not known.
    pub(crate) fn rows_of(&self, select: &Select, scope: &Scope) -> Option<Vec<Value>> {
        self.select(select, scope, &[])
    }

    /// The rows of a query within others.
    pub(crate) fn select(
        &self,
        select: &Select,
        scope: &Scope,
        outer: &[(String, Vec<(String, Value)>)],
    ) -> Option<Vec<Value>> {
        if !select.with.is_empty() || select.limit.is_some() && !select.order_by.is_empty() {
            return None;
        }
        if !select.values.is_empty() {
            let rows = select.values.iter().map(|row| {
                let fields = row
                    .iter()
                    .enumerate()
                    .map(|(at, node)| (format!("column{}", at + 1), self.value(node, scope, outer)));
                Value::Row(fields.collect())
            });
            return Some(rows.collect());
        }
        let mut rows: Vec<Row> = vec![outer.to_vec()];
        let wanted = self.wanted(select, scope, outer);
        for item in &select.from {
            rows = self.joined_rows(rows, item, scope, &wanted)?;
        }
        let mut kept = Vec::new();
        for row in rows {
            match select.filter.as_ref().map(|filter| self.value(filter, scope, &row)) {
                None | Some(Value::Bool(true)) => kept.push(row),
                Some(Value::Bool(false) | Value::Null) => {}
                Some(_) => return None,
            }
        }
        let mut found = self.targets(select, scope, &kept)?;
        if select.distinct {
            let mut distinct: Vec<Value> = Vec::new();
            for value in found {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            found = distinct;
        }
        if let Some((op, right)) = &select.set {
            if !op.starts_with("UNION") {
                return None;
            }
            found.extend(self.select(right, scope, outer)?);
        }
        if let Some(Value::Number(limit)) = select.limit.as_ref().map(|limit| self.value(limit, scope, outer)) {
            found.truncate(limit.parse().ok()?);
        }
        Some(found)
    }

    fn targets(&self, select: &Select, scope: &Scope, rows: &[Row]) -> Option<Vec<Value>> {
        if let [(Node::Call { name, args, .. }, alias)] = select.targets.as_slice()
            && select.group_by.is_empty()
        {
            let field = alias.clone().unwrap_or_else(|| name.clone());
            match name.as_str() {
                "count" => {
                    return Some(vec![Value::Row(vec![(field, Value::Number(rows.len().to_string()))])]);
                }
                "array_agg" | "string_agg" => {
                    let first = args.first()?;
                    let items: Vec<Value> = rows.iter().map(|row| self.value(first, scope, row)).collect();
                    if name == "array_agg" {
                        return Some(vec![Value::Row(vec![(field, Value::Array(items))])]);
                    }
                    let by = self.value(args.get(1)?, scope, &[]).text()?;
                    let texts: Option<Vec<String>> = items.iter().map(Value::text).collect();
                    return Some(vec![Value::Row(vec![(field, Value::Text(texts?.join(&by)))])]);
                }
                "unnest" if select.from.is_empty() => {
                    let Value::Array(items) = self.value(args.first()?, scope, &[]) else { return None };
                    return Some(items.into_iter().map(|item| Value::Row(vec![(field.clone(), item)])).collect());
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        for row in rows {
            let mut fields = Vec::new();
            for (node, alias) in &select.targets {
                if let Node::Star { qualifier } = node {
                    for (table, columns) in row {
                        if qualifier.as_ref().is_none_or(|wanted| wanted == table) {
                            fields.extend(columns.iter().cloned());
                        }
                    }
                    continue;
                }
                let name = alias.clone().or_else(|| crate::resolve::query::figure_name(node));
                fields.push((name.unwrap_or_else(|| "?column?".into()), self.value(node, scope, row)));
            }
            found.push(Value::Row(fields));
        }
        Some(found)
    }

    /// What the condition says of single columns, as far as it is known without the rows.
    fn wanted(&self, select: &Select, scope: &Scope, outer: &[(String, Vec<(String, Value)>)]) -> Wanted {
        let mut wanted =
            Wanted { single: matches!(select.from.as_slice(), [FromItem::Table { .. }]), ..Wanted::default() };
        let parts = match &select.filter {
            Some(Node::And(parts)) => parts.as_slice(),
            Some(other) => std::slice::from_ref(other),
            None => &[],
        };
        for part in parts {
            let Node::Operator { op, left: Some(left), right } = part else { continue };
            if op != "=" {
                continue;
            }
            for (column, value) in [(&**left, &**right), (&**right, &**left)] {
                let Node::Column { qualifier, name, .. } = column else { continue };
                if let Value::Text(text) = self.value(value, scope, outer) {
                    wanted.equal.push((qualifier.clone(), name.clone(), text));
                    break;
                }
            }
        }
        wanted
    }

    /// Rows so far, each with each row of another item of FROM.
    fn joined_rows(&self, rows: Vec<Row>, item: &FromItem, scope: &Scope, wanted: &Wanted) -> Option<Vec<Row>> {
        let mut found = Vec::new();
        match item {
            FromItem::Join { left, right, on, kind, using } => {
                if kind.contains("NATURAL") || !using.is_empty() {
                    return None;
                }
                let outer_join = kind.starts_with("LEFT");
                for row in self.joined_rows(rows, left, scope, wanted)? {
                    let mut matched = false;
                    for joined in self.joined_rows(vec![row.clone()], right, scope, wanted)? {
                        let holds = on.as_ref().map(|on| self.value(on, scope, &joined));
                        match holds {
                            None | Some(Value::Bool(true)) => {
                                matched = true;
                                found.push(joined);
                            }
                            Some(Value::Bool(false) | Value::Null) => {}
                            Some(_) => return None,
                        }
                        if found.len() > ROWS {
                            return None;
                        }
                    }
                    if outer_join && !matched {
                        found.push(row);
                    }
                }
                return Some(found);
            }
            _ => {
                for row in rows {
                    let (alias, own) = self.item_rows(item, scope, &row, wanted)?;
                    for fields in own {
                        let mut joined = row.clone();
                        joined.push((alias.clone(), fields));
                        found.push(joined);
                        if found.len() > ROWS {
                            return None;
                        }
                    }
                }
            }
        }
        Some(found)
    }

    #[allow(clippy::type_complexity, reason = "a name and its rows")]
    fn item_rows(
        &self,
        item: &FromItem,
        scope: &Scope,
        row: &Row,
        wanted: &Wanted,
    ) -> Option<(String, Vec<Vec<(String, Value)>>)> {
        match item {
            FromItem::Table { schema, name, alias, .. } => {
                let shown = alias.clone().unwrap_or_else(|| name.clone());
                let rows = self.system_rows(schema.as_deref(), name, &wanted.of(&shown))?;
                Some((shown, rows))
            }
            FromItem::Subselect { select, alias, columns, .. } => {
                let mut rows = Vec::new();
                for value in self.select(select, scope, row)? {
                    let Value::Row(mut fields) = value else { return None };
                    for (name, (field, _)) in columns.iter().zip(&mut fields) {
                        field.clone_from(name);
                    }
                    rows.push(fields);
                }
                Some((alias.clone().unwrap_or_default(), rows))
            }
            FromItem::Function { call: Node::Call { name, args, .. }, alias, columns, .. } => {
                let values: Vec<Value> = args.iter().map(|arg| self.value(arg, scope, row)).collect();
                let items = match (name.as_str(), values.as_slice()) {
                    ("unnest", [Value::Array(items)]) => items.clone(),
                    ("generate_series", [low, high]) => {
                        let (low, high) = (low.integer()?, high.integer()?);
                        (low..=high.min(low.checked_add(1000)?)).map(|turn| Value::Number(turn.to_string())).collect()
                    }
                    _ => return None,
                };
                let shown = alias.clone().unwrap_or_else(|| name.clone());
                let field = columns.first().map_or_else(|| shown.clone(), |(name, _)| name.clone());
                Some((shown, items.into_iter().map(|item| vec![(field.clone(), item)]).collect()))
            }
            _ => None,
        }
    }
}
