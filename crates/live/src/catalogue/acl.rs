//! Access control lists.

use std::collections::BTreeMap;

use lunette_sql::catalogue::{Acl, Grant, Grantee, Origin, Privilege};
use postgres::GenericClient;

use super::{Reader, cell};
use crate::error::LiveError;

/// Lists by the object's OID and, for columns, number (0 for objects that have none).
pub(super) type Lists = BTreeMap<(u32, i16), Acl>;

/// Reads the lists of a kind of objects: `from` gives aliases `oid`, `number` and `acl`.
pub(super) fn lists<C: GenericClient>(reader: &mut Reader<'_, C>, from: &str) -> Result<Lists, LiveError> {
    let rows = reader.rows(
        "access control lists",
        &format!(
            "select o.oid, o.number::int2, \
             case when a.grantee <> 0 then pg_catalog.pg_get_userbyid(a.grantee)::text end, \
             a.privilege_type, a.is_grantable, pg_catalog.pg_get_userbyid(a.grantor)::text \
             from ({from}) o cross join lateral pg_catalog.aclexplode(o.acl) a"
        ),
    )?;
    let mut lists = Lists::new();
    for row in &rows {
        // A privilege of a later Postgres that has no name here says nothing to any check.
        let Some(privilege) = Privilege::parse(&cell::<String>(row, 3)?) else { continue };
        lists.entry((cell(row, 0)?, cell(row, 1)?)).or_default().push(Grant {
            grantee: cell::<Option<String>>(row, 2)?.map_or(Grantee::Public, Grantee::Role),
            privilege,
            grantable: cell(row, 4)?,
            grantor: cell(row, 5)?,
            origin: Origin::default(),
        });
    }
    for list in lists.values_mut() {
        list.sort_by(|a, b| (&a.grantee, &a.grantor, a.privilege).cmp(&(&b.grantee, &b.grantor, b.privilege)));
    }
    Ok(lists)
}

/// An object's list: absent where the database has none, empty where it has one that grants nothing.
pub(super) fn list(lists: &mut Lists, oid: u32, is_there: bool) -> Option<Acl> {
    is_there.then(|| lists.remove(&(oid, 0)).unwrap_or_default())
}
