//! The catalogue, read by SELECTs on `pg_catalog` inside a transaction that the caller has begun.

use lunette_sql::catalogue::{Catalogue, Expr, Signature};
use lunette_sql::reread;
use postgres::types::FromSqlOwned;
use postgres::{GenericClient, Row};

use crate::connect::Live;
use crate::error::{LiveError, message};

mod acl;
mod convention;
mod details;
mod functions;
mod objects;
mod relations;
mod roles;

/// Condition on a schema `n`: not one of the system's. Names that begin with `pg_` are Postgres's own.
const OWN_SCHEMA: &str = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

/// The SELECT list's name of the extension that an object belongs to, for a class of objects and an expression for its OID.
fn extension_of(class: &str, oid: &str) -> String {
    format!(
        "(select e.extname::text from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid \
         where d.classid = 'pg_catalog.{class}'::regclass and d.objid = {oid} and d.deptype = 'e' \
         and d.refclassid = 'pg_catalog.pg_extension'::regclass limit 1)"
    )
}

/// Reads the catalogue within the transaction that is open on `client`. `search_path` is set for the transaction: to
/// nothing, so that no function or operator of the project is run by our queries, and every name is printed with its schema.
///
/// # Errors
/// When the server is too old or refuses a query. The caller strikes the password out of the message.
pub fn read_in(client: &mut impl GenericClient) -> Result<Live, LiveError> {
    let mut reader = Reader { client };
    let settings = reader.rows(
        "the server's version",
        "select pg_catalog.set_config('search_path', '', true), pg_catalog.current_setting('server_version_num')::int4, \
         pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1), pg_catalog.current_database()::text",
    )?;
    let Some(first) = settings.first() else {
        return Err(LiveError::Query { what: "the server's version", message: "no answer".into() });
    };
    let (number, version, database): (i32, String, String) = (cell(first, 1)?, cell(first, 2)?, cell(first, 3)?);
    if number < 120_000 {
        return Err(LiveError::TooOld(version));
    }
    let mut catalogue = Catalogue::default();
    let mut notes = Vec::new();
    roles::read(&mut reader, &mut catalogue)?;
    catalogue.exposed_schemas = exposed_schemas(&catalogue);
    let oids = relations::read(&mut reader, &mut catalogue)?;
    details::read(&mut reader, &oids, &mut catalogue)?;
    functions::read(&mut reader, number, &mut catalogue)?;
    objects::read(&mut reader, number, &mut catalogue)?;
    objects::read_rows(&mut reader, &mut catalogue, &mut notes)?;
    let missed = reread(&mut catalogue);
    if missed > 0 {
        notes.push(format!("{missed} expressions were not understood: what they decide is not known"));
    }
    convention::apply(&mut catalogue);
    Ok(Live { catalogue, version, database, notes })
}

/// Schemas that `PostgREST` serves, where its settings are kept with its role; otherwise the caller knows them, or nobody.
fn exposed_schemas(catalogue: &Catalogue) -> Vec<String> {
    let list = catalogue.roles.get("authenticator").and_then(|role| role.config.get("pgrst.db_schemas"));
    let names = list.into_iter().flat_map(|list| list.split(',')).map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Asks the server.
struct Reader<'a, C: GenericClient> {
    client: &'a mut C,
}

impl<C: GenericClient> Reader<'_, C> {
    /// All rows of a query; `what` is read by it.
    fn rows(&mut self, what: &'static str, sql: &str) -> Result<Vec<Row>, LiveError> {
        self.client.query_typed(sql, &[]).map_err(|error| LiveError::Query { what, message: message(&error, &[]) })
    }
}

/// A value of a row.
fn cell<T: FromSqlOwned>(row: &Row, at: usize) -> Result<T, LiveError> {
    row.try_get(at).map_err(|error| LiveError::Query { what: "an answer", message: message(&error, &[]) })
}

/// An expression's text, where there is one.
fn expr(row: &Row, at: usize) -> Result<Option<Expr>, LiveError> {
    Ok(cell::<Option<String>>(row, at)?.map(Expr::text))
}

/// A function's signature from three columns: schema, name, types of the input arguments.
fn signature(row: &Row, at: usize) -> Result<Signature, LiveError> {
    Ok(Signature { schema: cell(row, at)?, name: cell(row, at + 1)?, args: cell(row, at + 2)? })
}

/// The SELECT list's columns of [`signature`] for a function `p` in a schema `pn`.
const SIGNATURE: &str = "pn.nspname::text, p.proname::text, \
    array(select pg_catalog.format_type(a.t, null) from pg_catalog.unnest(p.proargtypes) with ordinality a(t, i) order by a.i)";

/// `name=value` settings and options; values of settings that hold secrets by their names are left out.
fn settings(pairs: Option<Vec<String>>) -> impl Iterator<Item = (String, String)> {
    pairs.unwrap_or_default().into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.to_lowercase();
        let secret = ["secret", "password", "key", "token"].iter().any(|word| name.contains(word));
        Some((name, if secret { "[redacted]".to_owned() } else { value.to_owned() }))
    })
}
