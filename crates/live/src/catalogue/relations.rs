//! Tables, views, sequences and their columns.

use std::collections::BTreeMap;

use lunette_sql::catalogue::{
    Catalogue, Column, Generated, Name, Origin, Partition, Relation, RelationKind, Rls, ViewQuery,
};
use postgres::{GenericClient, Row};

use super::{OWN_SCHEMA, Reader, acl, cell, expr, extension_of, settings};
use crate::error::LiveError;

/// Names of the relations that were read, by OID.
pub(super) type Oids = BTreeMap<u32, Name>;

pub(super) fn read<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<Oids, LiveError> {
    let mut lists =
        acl::lists(reader, "select oid, 0 as number, relacl as acl from pg_catalog.pg_class where relacl is not null")?;
    let rows = reader.rows(
        "tables and views",
        &format!(
            "select c.oid, n.nspname::text, c.relname::text, c.relkind::text, pg_catalog.pg_get_userbyid(c.relowner)::text, \
             c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence = 't', c.relispopulated, \
             c.relacl is not null, pg_catalog.obj_description(c.oid, 'pg_class'), {}, \
             case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end, \
             case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end, \
             (select s.srvname::text from pg_catalog.pg_foreign_table f \
              join pg_catalog.pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid), \
             case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end \
             from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and {OWN_SCHEMA}",
            extension_of("pg_class", "c.oid")
        ),
    )?;
    let mut oids = Oids::new();
    let mut bounds = BTreeMap::new();
    for row in &rows {
        let (relation, bound) = relation(row, &mut lists)?;
        oids.insert(cell(row, 0)?, relation.name.clone());
        if let Some(bound) = bound {
            bounds.insert(relation.name.clone(), bound);
        }
        catalogue.relations.insert(relation.name.clone(), relation);
    }
    columns(reader, &oids, catalogue)?;
    inheritance(reader, &oids, &mut bounds, catalogue)?;
    owned_sequences(reader, &oids, catalogue)?;
    queries(reader, &oids, catalogue)?;
    Ok(oids)
}

/// A relation, and its bound when it is a partition.
fn relation(row: &Row, lists: &mut acl::Lists) -> Result<(Relation, Option<String>), LiveError> {
    let kind = match cell::<String>(row, 3)?.as_str() {
        "p" => RelationKind::PartitionedTable,
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        "f" => RelationKind::ForeignTable,
        "S" => RelationKind::Sequence,
        _ => RelationKind::Table,
    };
    let key: Option<String> = cell(row, 13)?;
    let text: Option<String> = cell(row, 16)?;
    let relation = Relation {
        name: Name::new(cell::<String>(row, 1)?, cell::<String>(row, 2)?),
        kind,
        owner: cell(row, 4)?,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: BTreeMap::new(),
        options: settings(cell(row, 5)?).collect(),
        options_origin: Origin::default(),
        query: text.map(|text| ViewQuery {
            text: text.trim().trim_end_matches(';').to_owned(),
            select: None,
            relations: Vec::new(),
            columns: Vec::new(),
            functions: Vec::new(),
        }),
        rls: Rls { enabled: cell(row, 6)?, forced: cell(row, 7)?, ..Rls::default() },
        policies: BTreeMap::new(),
        triggers: BTreeMap::new(),
        parents: Vec::new(),
        partition: key.map(|key| Partition::By { key }),
        server: cell(row, 15)?,
        temporary: cell(row, 8)?,
        populated: cell(row, 9)?,
        owned_by: None,
        acl: acl::list(lists, cell(row, 0)?, cell(row, 10)?),
        comment: cell(row, 11)?,
        extension: cell(row, 12)?,
        origin: Origin::default(),
    };
    Ok((relation, cell(row, 14)?))
}

fn columns<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let mut lists = acl::lists(
        reader,
        "select attrelid as oid, attnum as number, attacl as acl from pg_catalog.pg_attribute where attacl is not null",
    )?;
    let rows = reader.rows(
        "columns",
        &format!(
            "select a.attrelid, a.attnum, a.attname::text, \
             case when a.attisdropped then '' else pg_catalog.format_type(a.atttypid, a.atttypmod) end, a.attnotnull, \
             pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity::text || a.attgenerated::text, a.attisdropped, \
             a.attinhcount > 0, pg_catalog.col_description(a.attrelid, a.attnum) \
             from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid \
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum \
             where a.attnum > 0 and c.relkind in ('r', 'p', 'v', 'm', 'f') and {OWN_SCHEMA} order by a.attrelid, a.attnum"
        ),
    )?;
    for row in &rows {
        let (oid, number): (u32, i16) = (cell(row, 0)?, cell(row, 1)?);
        let Some(relation) = oids.get(&oid).and_then(|name| catalogue.relations.get_mut(name)) else { continue };
        let column = Column {
            name: cell(row, 2)?,
            type_name: cell(row, 3)?,
            not_null: cell(row, 4)?,
            default: expr(row, 5)?,
            generated: match cell::<String>(row, 6)?.trim_matches('\0') {
                "a" => Generated::IdentityAlways,
                "d" => Generated::IdentityByDefault,
                "s" => Generated::Stored,
                _ => Generated::No,
            },
            acl: lists.remove(&(oid, number)).unwrap_or_default(),
            dropped: cell(row, 7)?,
            inherited: cell(row, 8)?,
            comment: cell(row, 9)?,
            origin: Origin::default(),
        };
        relation.columns.push(column);
    }
    Ok(())
}

/// Parents, in order, and partitions.
fn inheritance<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    bounds: &mut BTreeMap<Name, String>,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let rows = reader
        .rows("inheritance", "select inhrelid, inhparent from pg_catalog.pg_inherits order by inhrelid, inhseqno")?;
    for row in &rows {
        let (Some(child), Some(parent)) = (oids.get(&cell(row, 0)?), oids.get(&cell(row, 1)?)) else { continue };
        let Some(relation) = catalogue.relations.get_mut(child) else { continue };
        relation.parents.push(parent.clone());
        if let Some(bound) = bounds.remove(child) {
            let parent = parent.clone();
            relation.partition = Some(match relation.partition.take() {
                Some(Partition::By { key }) => Partition::Both { parent, bound, key },
                _ => Partition::Of { parent, bound },
            });
        }
    }
    Ok(())
}

/// The columns that own sequences.
fn owned_sequences<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let rows = reader.rows(
        "owners of sequences",
        "select d.objid, d.refobjid, a.attname::text from pg_catalog.pg_depend d \
         join pg_catalog.pg_class c on c.oid = d.objid and c.relkind = 'S' \
         join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid \
         where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass \
         and d.deptype in ('a', 'i') and d.refobjsubid > 0",
    )?;
    for row in &rows {
        let (Some(sequence), Some(table)) = (oids.get(&cell(row, 0)?), oids.get(&cell(row, 1)?)) else { continue };
        if let Some(relation) = catalogue.relations.get_mut(sequence) {
            relation.owned_by = Some((table.clone(), cell(row, 2)?));
        }
    }
    Ok(())
}

/// What the queries of views read and call, by the dependencies of their rules.
fn queries<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    oids: &Oids,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let rows = reader.rows(
        "what views read",
        "select r.ev_class, case when d.refclassid = 'pg_catalog.pg_class'::regclass then d.refobjid end, \
         a.attname::text, pn.nspname::text, p.proname::text \
         from pg_catalog.pg_rewrite r \
         join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid and d.deptype = 'n' \
         left join pg_catalog.pg_attribute a on d.refclassid = 'pg_catalog.pg_class'::regclass \
          and a.attrelid = d.refobjid and a.attnum = d.refobjsubid and d.refobjsubid > 0 \
         left join pg_catalog.pg_proc p on d.refclassid = 'pg_catalog.pg_proc'::regclass and p.oid = d.refobjid \
         left join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace \
         where d.refclassid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass) \
         order by r.ev_class, d.refclassid, d.refobjid, d.refobjsubid",
    )?;
    for row in &rows {
        let Some(view) = oids.get(&cell(row, 0)?) else { continue };
        let Some(query) = catalogue.relations.get_mut(view).and_then(|relation| relation.query.as_mut()) else {
            continue;
        };
        if let Some(name) = cell::<Option<u32>>(row, 1)?.and_then(|oid| oids.get(&oid)) {
            if name != view && !query.relations.contains(name) {
                query.relations.push(name.clone());
            }
            if let Some(column) = cell::<Option<String>>(row, 2)?
                && name != view
            {
                query.columns.push((name.clone(), column));
            }
        }
        if let (Some(schema), Some(name)) = (cell::<Option<String>>(row, 3)?, cell::<Option<String>>(row, 4)?) {
            query.functions.push(Name { schema, name });
        }
    }
    Ok(())
}
