//! Constraints, indexes, policies and triggers of relations.

use lunette_sql::catalogue::{
    Catalogue, Command, Constraint, ConstraintKind, Expr, Index, Origin, Policy, Relation, Trigger,
};
use postgres::{GenericClient, Row};

use super::relations::Oids;
use super::{OWN_SCHEMA, Reader, SIGNATURE, cell, expr, signature};
use crate::error::LiveError;

pub(super) fn read<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    constraints(reader, oids, catalogue)?;
    indexes(reader, oids, catalogue)?;
    policies(reader, oids, catalogue)?;
    triggers(reader, oids, catalogue)
}

/// The relation of the OID in a row's first column.
fn owner<'a>(row: &Row, oids: &Oids, catalogue: &'a mut Catalogue) -> Result<Option<&'a mut Relation>, LiveError> {
    Ok(oids.get(&cell(row, 0)?).and_then(|name| catalogue.relations.get_mut(name)))
}

fn constraints<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let names = |table: &str, key: &str| {
        format!(
            "array(select a.attname::text from pg_catalog.unnest(k.{key}) with ordinality u(n, i) \
             join pg_catalog.pg_attribute a on a.attrelid = k.{table} and a.attnum = u.n order by u.i)"
        )
    };
    let rows = reader.rows(
        "constraints",
        &format!(
            "select k.conrelid, k.conname::text, k.contype::text, k.convalidated, k.coninhcount > 0, {}, k.confrelid, {}, \
             k.confdeltype::text, k.confupdtype::text, \
             case when k.contype = 'c' then pg_catalog.pg_get_expr(k.conbin, k.conrelid) end, \
             pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k \
             join pg_catalog.pg_namespace n on n.oid = k.connamespace \
             where k.conrelid <> 0 and {OWN_SCHEMA} order by k.oid",
            names("conrelid", "conkey"),
            names("confrelid", "confkey")
        ),
    )?;
    for row in &rows {
        let columns: Vec<String> = cell(row, 5)?;
        let kind = match cell::<String>(row, 2)?.as_str() {
            "p" => ConstraintKind::PrimaryKey { columns },
            "u" => ConstraintKind::Unique { columns },
            "c" => ConstraintKind::Check { expression: expr(row, 10)?.unwrap_or_else(|| Expr::text("")) },
            "x" => ConstraintKind::Exclude { definition: cell(row, 11)? },
            "f" => {
                let Some(references) = oids.get(&cell(row, 6)?).cloned() else { continue };
                ConstraintKind::ForeignKey {
                    columns,
                    references,
                    referenced: cell(row, 7)?,
                    on_delete: action(&cell::<String>(row, 8)?).into(),
                    on_update: action(&cell::<String>(row, 9)?).into(),
                }
            }
            // Constraint triggers are read as triggers; not-null constraints (Postgres 18) as flags of their columns.
            _ => continue,
        };
        let constraint = Constraint {
            name: cell(row, 1)?,
            kind,
            validated: cell(row, 3)?,
            inherited: cell(row, 4)?,
            origin: Origin::default(),
        };
        if let Some(relation) = owner(row, oids, catalogue)? {
            relation.constraints.push(constraint);
        }
    }
    Ok(())
}

/// What a foreign key does, in words.
fn action(code: &str) -> &'static str {
    match code {
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => "NO ACTION",
    }
}

fn indexes<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let rows = reader.rows(
        "indexes",
        &format!(
            "select i.indrelid, c.relname::text, \
             array(select pg_catalog.pg_get_indexdef(i.indexrelid, g, false) \
              from pg_catalog.generate_series(1, i.indnkeyatts::int4) g order by g), \
             array(select a.attname::text from pg_catalog.unnest(i.indkey) with ordinality u(n, i) \
              left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.n and u.n > 0 order by u.i), \
             i.indisunique, i.indisprimary, m.amname::text, pg_catalog.pg_get_expr(i.indpred, i.indrelid), \
             pg_catalog.pg_get_indexdef(i.indexrelid), \
             (select k.conname::text from pg_catalog.pg_constraint k where k.conindid = i.indexrelid \
              and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x') limit 1) \
             from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid \
             join pg_catalog.pg_am m on m.oid = c.relam join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where {OWN_SCHEMA}"
        ),
    )?;
    for row in &rows {
        let keys: Vec<String> = cell(row, 2)?;
        let mut columns: Vec<Option<String>> = cell(row, 3)?;
        let include = columns.split_off(keys.len().min(columns.len())).into_iter().flatten().collect();
        let index = Index {
            name: cell(row, 1)?,
            keys,
            columns,
            include,
            unique: cell(row, 4)?,
            primary: cell(row, 5)?,
            method: cell(row, 6)?,
            predicate: expr(row, 7)?,
            definition: cell(row, 8)?,
            constraint: cell(row, 9)?,
            origin: Origin::default(),
        };
        if let Some(relation) = owner(row, oids, catalogue)? {
            relation.indexes.insert(index.name.clone(), index);
        }
    }
    Ok(())
}

fn policies<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let rows = reader.rows(
        "policies",
        "select p.polrelid, p.polname::text, p.polcmd::text, p.polpermissive, \
         array(select case when u.r = 0 then 'public' else pg_catalog.pg_get_userbyid(u.r)::text end \
          from pg_catalog.unnest(p.polroles) with ordinality u(r, i) order by u.i), \
         pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), \
         pg_catalog.obj_description(p.oid, 'pg_policy') from pg_catalog.pg_policy p",
    )?;
    for row in &rows {
        let policy = Policy {
            name: cell(row, 1)?,
            command: match cell::<String>(row, 2)?.as_str() {
                "r" => Command::Select,
                "a" => Command::Insert,
                "w" => Command::Update,
                "d" => Command::Delete,
                _ => Command::All,
            },
            permissive: cell(row, 3)?,
            roles: cell(row, 4)?,
            using: expr(row, 5)?,
            with_check: expr(row, 6)?,
            comment: cell(row, 7)?,
            origin: Origin::default(),
        };
        if let Some(relation) = owner(row, oids, catalogue)? {
            relation.policies.insert(policy.name.clone(), policy);
        }
    }
    Ok(())
}

/// Bits of `tgtype`.
mod bits {
    pub(super) const ROW: i16 = 1;
    pub(super) const BEFORE: i16 = 2;
    pub(super) const INSTEAD: i16 = 64;
    pub(super) const EVENTS: [(i16, &str); 4] = [(4, "INSERT"), (8, "DELETE"), (16, "UPDATE"), (32, "TRUNCATE")];
}

fn triggers<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let rows = reader.rows(
        "triggers",
        &format!(
            "select t.tgrelid, t.tgname::text, t.tgtype, \
             array(select a.attname::text from pg_catalog.unnest(t.tgattr) with ordinality u(n, i) \
              join pg_catalog.pg_attribute a on a.attrelid = t.tgrelid and a.attnum = u.n order by u.i), \
             t.tgqual is not null, pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled <> 'D', {SIGNATURE} \
             from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid = t.tgfoid \
             join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace where not t.tgisinternal"
        ),
    )?;
    for row in &rows {
        let kind: i16 = cell(row, 2)?;
        let timing = match kind {
            _ if kind & bits::BEFORE != 0 => "BEFORE",
            _ if kind & bits::INSTEAD != 0 => "INSTEAD OF",
            _ => "AFTER",
        };
        let events = bits::EVENTS.iter().filter(|(bit, _)| kind & bit != 0).map(|(_, event)| (*event).to_owned());
        let definition: String = cell(row, 5)?;
        let trigger = Trigger {
            name: cell(row, 1)?,
            timing: timing.into(),
            events: events.collect(),
            columns: cell(row, 3)?,
            each_row: kind & bits::ROW != 0,
            when: cell::<bool>(row, 4)?.then(|| condition(&definition)).flatten().map(Expr::text),
            function: signature(row, 7)?,
            enabled: cell(row, 6)?,
            origin: Origin::default(),
        };
        if let Some(relation) = owner(row, oids, catalogue)? {
            relation.triggers.insert(trigger.name.clone(), trigger);
        }
    }
    Ok(())
}

/// The condition in a trigger's definition. `pg_get_expr` refuses expressions on OLD and NEW.
fn condition(definition: &str) -> Option<String> {
    let (_, rest) = definition.split_once(" WHEN (")?;
    let (condition, _) = rest.rsplit_once(") EXECUTE ")?;
    Some(condition.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_cut_out_of_definitions() {
        let definition = "CREATE TRIGGER t BEFORE UPDATE ON public.a FOR EACH ROW WHEN ((old.b <> new.b)) EXECUTE FUNCTION public.f(')')";
        assert_eq!(condition(definition).as_deref(), Some("(old.b <> new.b)"));
        assert_eq!(condition("CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()"), None);
    }
}
