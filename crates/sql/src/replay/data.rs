//! Data that is configuration: rows of `storage.buckets`, jobs of `pg_cron`, `set_config`.

use super::evaluate::{Scope, Value};
use super::lines::Site;
use super::{Done, Session};
use crate::catalogue::{Bucket, CronJob, Node};
use crate::parse::Parser;

impl Session {
    /// SELECT at the top of a script: what its functions do.
    pub(crate) fn select_statement(&mut self, p: &mut Parser<'_>, site: Site<'_>) -> Done {
        let start = *p;
        let select = match p.query() {
            Ok(select) if p.is_end() => select,
            _ => {
                *p = start;
                return self.other(p);
            }
        };
        if select.from.is_empty() && select.with.is_empty() {
            for (node, _) in &select.targets {
                self.effect(node, &Scope::default(), site)?;
            }
            return Ok(());
        }
        // SELECT cron.unschedule(jobid) FROM cron.job WHERE …: once for each row.
        let calls = select.targets.iter().any(|(node, _)| {
            matches!(node, Node::Call { schema: Some(schema), name, .. } if schema == "cron" && name == "unschedule")
        });
        if calls {
            let mut rows = select.clone();
            rows.targets = vec![(Node::Star { qualifier: None }, None)];
            for row in self.rows_of(&rows, &Scope::default()).unwrap_or_default() {
                let mut scope = Scope::default();
                if let Value::Row(fields) = row {
                    fields.into_iter().for_each(|(name, value)| scope.set(&name, value));
                }
                for (node, _) in &select.targets {
                    self.effect(node, &scope, site)?;
                }
            }
            return Ok(());
        }
        // A query that fails in Postgres fails here.
        self.resolver().view(select)?;
        Ok(())
    }

    /// Functions of Postgres and of extensions whose effect is kept; false for others.
    pub(crate) fn known_effect(
        &mut self,
        schema: Option<&str>,
        name: &str,
        args: &[Node],
        scope: &Scope,
    ) -> Done<bool> {
        let values: Vec<Value> = args
            .iter()
            .map(|arg| match arg {
                Node::Named { arg, .. } => self.evaluate(arg, scope),
                arg => self.evaluate(arg, scope),
            })
            .collect();
        let text = |at: usize| values.get(at).and_then(Value::text);
        match (schema, name) {
            (None | Some("pg_catalog"), "set_config") => {
                if text(0).as_deref() == Some("search_path")
                    && let Some(path) = text(1)
                {
                    let schemas = path.split(',').map(|part| part.trim().trim_matches('"').to_owned()).collect();
                    self.set_search_path(schemas);
                }
                Ok(true)
            }
            (Some("cron"), "schedule" | "schedule_in_database") => {
                if !self.catalogue.extensions.contains_key("pg_cron") {
                    return super::extensions::needs_extension("pg_cron");
                }
                let (job, schedule, command) =
                    if values.len() >= 3 { (text(0), text(1), text(2)) } else { (None, text(0), text(1)) };
                let key = job.clone().unwrap_or_else(|| format!("#{}", self.catalogue.cron_jobs.len() + 1));
                let entry = CronJob {
                    name: job,
                    schedule: schedule.unwrap_or_default(),
                    command: command.unwrap_or_default(),
                    origin: self.origin.clone(),
                };
                self.catalogue.cron_jobs.insert(key, entry);
                Ok(true)
            }
            (Some("cron"), "unschedule") => {
                if let Some(key) = text(0) {
                    self.catalogue.cron_jobs.remove(&key);
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// INSERT: rows of `storage.buckets` are kept, others only read.
    pub(crate) fn insert(&mut self, p: &mut Parser<'_>) -> Done {
        let start = *p;
        p.expect("insert into")?;
        let table = p.qualified()?;
        let buckets = table.schema.as_deref() == Some("storage") && table.name == "buckets";
        if !buckets {
            self.resolver().relation(table.schema.as_deref(), &table.name)?;
            *p = start;
            return self.other(p);
        }
        if p.eat("as") {
            p.name()?;
        }
        let columns = if p.is_sign("(") && !p.word_at(1, "select") {
            p.names_in_parentheses()?
        } else {
            ["id", "name", "owner", "created_at", "updated_at", "public"].map(str::to_owned).to_vec()
        };
        let select = p.query()?;
        let mut conflict = false;
        let mut updates = Vec::new();
        if p.eat("on conflict") {
            conflict = true;
            if p.is_sign("(") {
                p.parenthesised()?;
            } else if p.eat("on constraint") {
                p.name()?;
            }
            p.expect("do")?;
            if p.eat("update set") {
                updates = assignments(p)?;
            } else {
                p.expect("nothing")?;
            }
        }
        p.rest();
        let Some(rows) = self.rows_of(&select, &Scope::default()) else {
            return super::fail(
                crate::outcome::FailureKind::Unsupported,
                "rows of storage.buckets that are not literal",
            );
        };
        for row in rows {
            let Value::Row(values) = row else { continue };
            let pairs: Vec<(String, Value)> =
                columns.iter().cloned().zip(values.into_iter().map(|(_, value)| value)).collect();
            self.insert_bucket(pairs, conflict, &updates)?;
        }
        Ok(())
    }

    fn insert_bucket(&mut self, pairs: Vec<(String, Value)>, conflict: bool, updates: &[(String, Node)]) -> Done {
        let id = pairs.iter().find(|(column, _)| column == "id").and_then(|(_, value)| value.text());
        let Some(id) = id else {
            return super::fail(crate::outcome::FailureKind::Unsupported, "a bucket whose id is not literal");
        };
        if let Some(old) = self.catalogue.buckets.get(&id) {
            if !conflict {
                return super::duplicate(format!("bucket \"{id}\" already exists"));
            }
            let mut bucket = old.clone();
            let mut scope = Scope::default();
            scope.set("excluded", Value::Row(pairs));
            for (column, node) in updates {
                let value = self.evaluate(node, &scope);
                set(&mut bucket, column, &value);
                bucket.origin = self.origin.clone();
            }
            self.catalogue.buckets.insert(id, bucket);
            return Ok(());
        }
        let mut bucket = Bucket {
            id: id.clone(),
            name: id.clone(),
            public: false,
            file_size_limit: None,
            allowed_mime_types: None,
            origin: self.origin.clone(),
        };
        pairs.iter().for_each(|(column, value)| set(&mut bucket, column, value));
        self.catalogue.buckets.insert(id, bucket);
        Ok(())
    }

    pub(crate) fn update(&mut self, p: &mut Parser<'_>) -> Done {
        let start = *p;
        p.expect("update")?;
        p.eat("only");
        let table = p.qualified()?;
        if table.schema.as_deref() != Some("storage") || table.name != "buckets" {
            self.resolver().relation(table.schema.as_deref(), &table.name)?;
            *p = start;
            return self.other(p);
        }
        if p.eat("as") || !p.peek("set") {
            p.name()?;
        }
        p.expect("set")?;
        let updates = assignments(p)?;
        let filter = if p.eat("where") { Some(p.expression()?) } else { None };
        p.rest();
        let ids: Vec<String> = self.catalogue.buckets.keys().cloned().collect();
        for id in ids {
            let Some(mut bucket) = self.catalogue.buckets.get(&id).cloned() else { continue };
            let scope = bucket_scope(&bucket);
            if let Some(filter) = &filter
                && self.evaluate(filter, &scope) != Value::Bool(true)
            {
                continue;
            }
            for (column, node) in &updates {
                let value = self.evaluate(node, &scope);
                set(&mut bucket, column, &value);
            }
            bucket.origin = self.origin.clone();
            self.catalogue.buckets.insert(id, bucket);
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, p: &mut Parser<'_>) -> Done {
        let start = *p;
        p.expect("delete from")?;
        p.eat("only");
        let table = p.qualified()?;
        if table.schema.as_deref() != Some("storage") || table.name != "buckets" {
            self.resolver().relation(table.schema.as_deref(), &table.name)?;
            *p = start;
            return self.other(p);
        }
        let filter = if p.eat("where") { Some(p.expression()?) } else { None };
        p.rest();
        let gone: Vec<String> = self
            .catalogue
            .buckets
            .values()
            .filter(|bucket| {
                let scope = bucket_scope(bucket);
                filter.as_ref().is_none_or(|filter| self.evaluate(filter, &scope) == Value::Bool(true))
            })
            .map(|bucket| bucket.id.clone())
            .collect();
        gone.iter().for_each(|id| drop(self.catalogue.buckets.remove(id)));
        Ok(())
    }
}

fn bucket_scope(bucket: &Bucket) -> Scope {
    let mut scope = Scope::default();
    scope.set("id", Value::Text(bucket.id.clone()));
    scope.set("name", Value::Text(bucket.name.clone()));
    scope.set("public", Value::Bool(bucket.public));
    scope
}

/// `a = x, b = y` behind SET.
fn assignments(p: &mut Parser<'_>) -> Done<Vec<(String, Node)>> {
    Ok(p.list(|p| {
        let name = p.name()?;
        p.expect_sign("=")?;
        Ok((name, p.expression()?))
    })?)
}

fn set(bucket: &mut Bucket, column: &str, value: &Value) {
    match (column, value) {
        ("name", value) => bucket.name = value.text().unwrap_or_default(),
        ("public", Value::Bool(value)) => bucket.public = *value,
        ("public", Value::Text(value)) => bucket.public = matches!(value.as_str(), "t" | "true"),
        ("public", Value::Null) => bucket.public = false,
        ("file_size_limit", value) => bucket.file_size_limit = value.integer(),
        ("allowed_mime_types", Value::Array(items)) => {
            bucket.allowed_mime_types = Some(items.iter().filter_map(Value::text).collect());
        }
        ("allowed_mime_types", Value::Text(list)) => {
            let inner = list.trim_matches(['{', '}']);
            bucket.allowed_mime_types = Some(inner.split(',').map(|item| item.trim_matches('"').to_owned()).collect());
        }
        ("allowed_mime_types", Value::Null) => bucket.allowed_mime_types = None,
        _ => {}
    }
}
