//! Functions and procedures. Those of extensions are left out: they are the extension's business, and many.

use lunette_sql::catalogue::{Argument, ArgumentMode, Catalogue, Expr, Function, FunctionKind, Origin, Volatility};
use postgres::{GenericClient, Row};

use super::{OWN_SCHEMA, Reader, SIGNATURE, acl, cell, extension_of, settings, signature};
use crate::error::LiveError;

pub(super) fn read<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    server: i32,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let mut lists =
        acl::lists(reader, "select oid, 0 as number, proacl as acl from pg_catalog.pg_proc where proacl is not null")?;
    let body =
        if server >= 140_000 { "coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)" } else { "p.prosrc" };
    let own = OWN_SCHEMA.replace("n.nspname", "pn.nspname");
    let rows = reader.rows(
        "functions",
        &format!(
            "select {SIGNATURE}, p.oid, p.prokind::text, \
             array(select pg_catalog.format_type(a.t, null) from pg_catalog.unnest(coalesce(p.proallargtypes, \
              p.proargtypes::oid[])) with ordinality a(t, i) order by a.i), \
             p.proargmodes::text[], p.proargnames, \
             array(select pg_catalog.pg_get_function_arg_default(p.oid, g) \
              from pg_catalog.generate_series(1, coalesce(pg_catalog.array_length(p.proallargtypes, 1), p.pronargs)) g \
              order by g), \
             case when p.prokind = 'p' then '' else pg_catalog.format_type(p.prorettype, null) end, p.proretset, \
             l.lanname::text, p.prosecdef, p.proconfig, p.provolatile::text, p.proisstrict, p.proleakproof, {body}, \
             pg_catalog.pg_get_userbyid(p.proowner)::text, p.proacl is not null, \
             pg_catalog.obj_description(p.oid, 'pg_proc') \
             from pg_catalog.pg_proc p join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace \
             join pg_catalog.pg_language l on l.oid = p.prolang where {own} and {} is null",
            extension_of("pg_proc", "p.oid")
        ),
    )?;
    for row in &rows {
        let function = function(row, &mut lists)?;
        catalogue.functions.insert(function.signature.clone(), function);
    }
    Ok(())
}

fn function(row: &Row, lists: &mut acl::Lists) -> Result<Function, LiveError> {
    Ok(Function {
        signature: signature(row, 0)?,
        kind: match cell::<String>(row, 4)?.as_str() {
            "p" => FunctionKind::Procedure,
            "a" => FunctionKind::Aggregate,
            "w" => FunctionKind::Window,
            _ => FunctionKind::Function,
        },
        arguments: arguments(row)?,
        returns: cell(row, 9)?,
        returns_set: cell(row, 10)?,
        language: cell(row, 11)?,
        security_definer: cell(row, 12)?,
        config: settings(cell(row, 13)?).collect(),
        volatility: match cell::<String>(row, 14)?.as_str() {
            "i" => Volatility::Immutable,
            "s" => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        strict: cell(row, 15)?,
        leakproof: cell(row, 16)?,
        body: cell::<Option<String>>(row, 17)?.unwrap_or_default(),
        body_at: (0, 0),
        owner: cell(row, 18)?,
        acl: acl::list(lists, cell(row, 3)?, cell(row, 19)?),
        comment: cell(row, 20)?,
        extension: None,
        origin: Origin::default(),
        altered: None,
    })
}

fn arguments(row: &Row) -> Result<Vec<Argument>, LiveError> {
    let types: Vec<String> = cell(row, 5)?;
    let modes: Vec<String> = cell::<Option<_>>(row, 6)?.unwrap_or_default();
    let names: Vec<String> = cell::<Option<_>>(row, 7)?.unwrap_or_default();
    let defaults: Vec<Option<String>> = cell(row, 8)?;
    let argument = |(at, type_name)| Argument {
        name: names.get(at).filter(|name: &&String| !name.is_empty()).cloned(),
        mode: match modes.get(at).map_or("i", String::as_str) {
            "o" => ArgumentMode::Out,
            "b" => ArgumentMode::InOut,
            "v" => ArgumentMode::Variadic,
            "t" => ArgumentMode::Table,
            _ => ArgumentMode::In,
        },
        type_name,
        default: defaults.get(at).cloned().flatten().map(Expr::text),
    };
    Ok(types.into_iter().enumerate().map(argument).collect())
}
