//! Types, extensions, publications, event triggers; rows of `storage.buckets` and `cron.job`.

use std::collections::{BTreeMap, BTreeSet};

use lunette_sql::catalogue::{
    Bucket, Catalogue, CronJob, EventTrigger, Expr, Extension, Name, Origin, Publication, Type, TypeKind,
};
use postgres::{GenericClient, Row};

use super::{OWN_SCHEMA, Reader, SIGNATURE, acl, cell, expr, extension_of, signature};
use crate::error::LiveError;

pub(super) fn read<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    server: i32,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    types(reader, catalogue)?;
    extensions(reader, catalogue)?;
    publications(reader, server, catalogue)?;
    event_triggers(reader, catalogue)
}

fn types<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<(), LiveError> {
    let mut lists =
        acl::lists(reader, "select oid, 0 as number, typacl as acl from pg_catalog.pg_type where typacl is not null")?;
    let rows = reader.rows(
        "types",
        &format!(
            "select t.oid, n.nspname::text, t.typname::text, t.typtype::text, pg_catalog.pg_get_userbyid(t.typowner)::text, \
             t.typacl is not null, pg_catalog.obj_description(t.oid, 'pg_type'), \
             array(select e.enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = t.oid order by e.enumsortorder), \
             case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end, t.typnotnull, \
             t.typdefault, \
             array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 \
              and not a.attisdropped order by a.attnum), \
             array(select pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a \
              where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped order by a.attnum), \
             (select pg_catalog.format_type(r.rngsubtype, null) from pg_catalog.pg_range r where r.rngtypid = t.oid) \
             from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace \
             left join pg_catalog.pg_class c on c.oid = t.typrelid \
             where {OWN_SCHEMA} and t.typtype in ('e', 'd', 'c', 'r', 'b') and (c.oid is null or c.relkind = 'c') \
             and not exists (select from pg_catalog.pg_type b where b.typarray = t.oid) and {} is null",
            extension_of("pg_type", "t.oid")
        ),
    )?;
    let mut names = BTreeMap::new();
    for row in &rows {
        let oid: u32 = cell(row, 0)?;
        let name = Name::new(cell::<String>(row, 1)?, cell::<String>(row, 2)?);
        names.insert(oid, name.clone());
        let made = Type {
            name: name.clone(),
            kind: kind(row)?,
            owner: cell(row, 4)?,
            acl: acl::list(&mut lists, oid, cell(row, 5)?),
            comment: cell(row, 6)?,
            extension: None,
            origin: Origin::default(),
        };
        catalogue.types.insert(name, made);
    }
    let checks = reader.rows(
        "checks of domains",
        "select contypid, conname::text, pg_catalog.pg_get_expr(conbin, 0) from pg_catalog.pg_constraint \
         where contypid <> 0 and contype = 'c'",
    )?;
    for row in &checks {
        let domain = names.get(&cell(row, 0)?).and_then(|name| catalogue.types.get_mut(name));
        if let (Some(Type { kind: TypeKind::Domain { checks, .. }, .. }), Some(check)) = (domain, expr(row, 2)?) {
            checks.insert(cell(row, 1)?, check);
        }
    }
    Ok(())
}

fn kind(row: &Row) -> Result<TypeKind, LiveError> {
    Ok(match cell::<String>(row, 3)?.as_str() {
        "e" => TypeKind::Enum { labels: cell(row, 7)? },
        "d" => TypeKind::Domain {
            base: cell::<Option<String>>(row, 8)?.unwrap_or_default(),
            not_null: cell(row, 9)?,
            default: cell::<Option<String>>(row, 10)?.map(Expr::text),
            checks: BTreeMap::new(),
        },
        "c" => {
            let (names, types): (Vec<String>, Vec<String>) = (cell(row, 11)?, cell(row, 12)?);
            TypeKind::Composite { fields: names.into_iter().zip(types).collect() }
        }
        "r" => TypeKind::Range { subtype: cell::<Option<String>>(row, 13)?.unwrap_or_default() },
        _ => TypeKind::Base,
    })
}

fn extensions<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<(), LiveError> {
    let rows = reader.rows(
        "extensions",
        "select e.extname::text, n.nspname::text, e.extversion from pg_catalog.pg_extension e \
         join pg_catalog.pg_namespace n on n.oid = e.extnamespace",
    )?;
    for row in &rows {
        let name: String = cell(row, 0)?;
        let extension =
            Extension { name: name.clone(), schema: cell(row, 1)?, version: cell(row, 2)?, origin: Origin::default() };
        catalogue.extensions.insert(name, extension);
    }
    Ok(())
}

fn publications<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    server: i32,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let schemas = if server >= 150_000 {
        "array(select n.nspname::text from pg_catalog.pg_publication_namespace s \
         join pg_catalog.pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid)"
    } else {
        "array[]::text[]"
    };
    let relation = |column: &str| {
        format!(
            "array(select {column}::text from pg_catalog.pg_publication_rel r join pg_catalog.pg_class c on c.oid = r.prrelid \
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace where r.prpubid = p.oid order by c.oid)"
        )
    };
    let rows = reader.rows(
        "publications",
        &format!(
            "select p.pubname::text, pg_catalog.pg_get_userbyid(p.pubowner)::text, p.puballtables, p.pubinsert, p.pubupdate, \
             p.pubdelete, p.pubtruncate, {schemas}, {}, {} from pg_catalog.pg_publication p",
            relation("n.nspname"),
            relation("c.relname")
        ),
    )?;
    for row in &rows {
        let mut publish = BTreeSet::new();
        for (at, operation) in ["insert", "update", "delete", "truncate"].into_iter().enumerate() {
            if cell(row, 3 + at)? {
                publish.insert(operation.to_owned());
            }
        }
        let (schemas, names): (Vec<String>, Vec<String>) = (cell(row, 8)?, cell(row, 9)?);
        let publication = Publication {
            name: cell(row, 0)?,
            owner: cell(row, 1)?,
            all_tables: cell(row, 2)?,
            tables: schemas.into_iter().zip(names).map(|(s, n)| (Name::new(s, n), Origin::default())).collect(),
            schemas: cell::<Vec<String>>(row, 7)?.into_iter().map(|name| (name, Origin::default())).collect(),
            publish,
            origin: Origin::default(),
        };
        catalogue.publications.insert(publication.name.clone(), publication);
    }
    Ok(())
}

fn event_triggers<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<(), LiveError> {
    let rows = reader.rows(
        "event triggers",
        &format!(
            "select {SIGNATURE}, t.evtname::text, t.evtevent::text, t.evttags, t.evtenabled <> 'D', \
             pg_catalog.pg_get_userbyid(t.evtowner)::text from pg_catalog.pg_event_trigger t \
             join pg_catalog.pg_proc p on p.oid = t.evtfoid join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace"
        ),
    )?;
    for row in &rows {
        let trigger = EventTrigger {
            function: signature(row, 0)?,
            name: cell(row, 3)?,
            event: cell(row, 4)?,
            tags: cell::<Option<Vec<String>>>(row, 5)?.unwrap_or_default(),
            enabled: cell(row, 6)?,
            owner: cell(row, 7)?,
            origin: Origin::default(),
        };
        catalogue.event_triggers.insert(trigger.name.clone(), trigger);
    }
    Ok(())
}

/// Reads the rows that checks need, where the tables are there and the role may read them.
pub(super) fn read_rows<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    catalogue: &mut Catalogue,
    notes: &mut Vec<String>,
) -> Result<(), LiveError> {
    if readable(reader, "storage", "buckets", notes)? {
        // By way of JSON: the columns differ between versions of Supabase.
        let rows = reader.rows(
            "buckets",
            "select r.j ->> 'id', r.j ->> 'name', coalesce((r.j ->> 'public')::bool, false), \
             (r.j ->> 'file_size_limit')::int8, r.types from (select pg_catalog.to_jsonb(b) as j, \
              case when pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(b) -> 'allowed_mime_types') = 'array' then \
              array(select pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(b) -> 'allowed_mime_types')) end as types \
              from storage.buckets b) r where r.j ->> 'id' is not null",
        )?;
        for row in &rows {
            let id: String = cell(row, 0)?;
            let bucket = Bucket {
                id: id.clone(),
                name: cell::<Option<String>>(row, 1)?.unwrap_or_else(|| id.clone()),
                public: cell(row, 2)?,
                file_size_limit: cell(row, 3)?,
                allowed_mime_types: cell(row, 4)?,
                origin: Origin::default(),
            };
            catalogue.buckets.insert(id, bucket);
        }
    }
    if readable(reader, "cron", "job", notes)? {
        let rows = reader.rows(
            "jobs of pg_cron",
            "select r.j ->> 'jobname', r.j ->> 'schedule', r.j ->> 'command' \
             from (select pg_catalog.to_jsonb(b) as j from cron.job b) r order by (r.j ->> 'jobid')::int8",
        )?;
        for (at, row) in rows.iter().enumerate() {
            let name: Option<String> = cell(row, 0)?;
            let job = CronJob {
                name: name.clone(),
                schedule: cell::<Option<String>>(row, 1)?.unwrap_or_default(),
                command: cell::<Option<String>>(row, 2)?.unwrap_or_default(),
                origin: Origin::default(),
            };
            catalogue.cron_jobs.insert(name.unwrap_or_else(|| format!("#{}", at + 1)), job);
        }
    }
    Ok(())
}

/// Whether a table is there, is one, and can be read; where policies or privileges hide rows, that is noted.
fn readable<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    schema: &str,
    table: &str,
    notes: &mut Vec<String>,
) -> Result<bool, LiveError> {
    // A view of that name could call functions of anybody: only tables are read.
    let rows = reader.rows(
        "whether a table can be read",
        &format!(
            "select pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT'), \
             pg_catalog.row_security_active(c.oid) from pg_catalog.pg_class c \
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = '{schema}' and c.relname = '{table}' and c.relkind in ('r', 'p')"
        ),
    )?;
    let Some(row) = rows.first() else { return Ok(false) };
    let allowed: bool = cell(row, 0)?;
    let hidden: bool = cell(row, 1)?;
    if !allowed {
        notes.push(format!("{schema}.{table} could not be read: the role of the URL has no privilege"));
    } else if hidden {
        // Its policies would run functions of the project.
        notes.push(format!("{schema}.{table} was not read: its policies hide rows from the role of the URL"));
    }
    Ok(allowed && !hidden)
}
