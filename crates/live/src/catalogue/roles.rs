//! Roles, schemas and default privileges.

use lunette_sql::catalogue::{Catalogue, DefaultPrivilege, ObjectKind, Origin, Role, Schema};
use postgres::GenericClient;

use super::{OWN_SCHEMA, Reader, acl, cell, settings};
use crate::error::LiveError;

pub(super) fn read<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<(), LiveError> {
    roles(reader, catalogue)?;
    schemas(reader, catalogue)?;
    default_privileges(reader, catalogue)
}

fn roles<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<(), LiveError> {
    let rows = reader.rows(
        "roles",
        "select rolname::text, rolsuper, rolbypassrls, rolinherit, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, \
         rolconfig from pg_catalog.pg_roles",
    )?;
    for row in &rows {
        let name: String = cell(row, 0)?;
        let role = Role {
            name: name.clone(),
            superuser: cell(row, 1)?,
            bypass_rls: cell(row, 2)?,
            inherit: cell(row, 3)?,
            login: cell(row, 4)?,
            create_role: cell(row, 5)?,
            create_db: cell(row, 6)?,
            replication: cell(row, 7)?,
            member_of: std::collections::BTreeMap::new(),
            config: settings(cell(row, 8)?).collect(),
            origin: Origin::default(),
        };
        catalogue.roles.insert(name, role);
    }
    // Since Postgres 16 there may be several rows for one membership, by grantor.
    let rows = reader.rows(
        "memberships of roles",
        "select pg_catalog.pg_get_userbyid(member)::text, pg_catalog.pg_get_userbyid(roleid)::text, \
         pg_catalog.bool_or(admin_option) from pg_catalog.pg_auth_members group by 1, 2",
    )?;
    for row in &rows {
        if let Some(role) = catalogue.roles.get_mut(&cell::<String>(row, 0)?) {
            role.member_of.insert(cell(row, 1)?, cell(row, 2)?);
        }
    }
    Ok(())
}

fn schemas<C: GenericClient>(reader: &mut Reader<'_, C>, catalogue: &mut Catalogue) -> Result<(), LiveError> {
    let mut lists = acl::lists(
        reader,
        "select oid, 0 as number, nspacl as acl from pg_catalog.pg_namespace where nspacl is not null",
    )?;
    let rows = reader.rows(
        "schemas",
        &format!(
            "select n.oid, n.nspname::text, pg_catalog.pg_get_userbyid(n.nspowner)::text, n.nspacl is not null, \
             pg_catalog.obj_description(n.oid, 'pg_namespace') from pg_catalog.pg_namespace n where {OWN_SCHEMA}"
        ),
    )?;
    for row in &rows {
        let name: String = cell(row, 1)?;
        let schema = Schema {
            name: name.clone(),
            owner: cell(row, 2)?,
            acl: acl::list(&mut lists, cell(row, 0)?, cell(row, 3)?),
            comment: cell(row, 4)?,
            origin: Origin::default(),
        };
        catalogue.schemas.insert(name, schema);
    }
    Ok(())
}

fn default_privileges<C: GenericClient>(
    reader: &mut Reader<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), LiveError> {
    let mut lists = acl::lists(reader, "select oid, 0 as number, defaclacl as acl from pg_catalog.pg_default_acl")?;
    let rows = reader.rows(
        "default privileges",
        "select d.oid, pg_catalog.pg_get_userbyid(d.defaclrole)::text, n.nspname::text, d.defaclobjtype::text \
         from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace",
    )?;
    for row in &rows {
        let objects = match cell::<String>(row, 3)?.as_str() {
            "r" => ObjectKind::Tables,
            "S" => ObjectKind::Sequences,
            "f" => ObjectKind::Functions,
            "T" => ObjectKind::Types,
            "n" => ObjectKind::Schemas,
            _ => continue,
        };
        catalogue.default_privileges.push(DefaultPrivilege {
            role: cell(row, 1)?,
            schema: cell(row, 2)?,
            objects,
            acl: lists.remove(&(cell(row, 0)?, 0)).unwrap_or_default(),
            origin: Origin::default(),
        });
    }
    catalogue.default_privileges.sort_by(|a, b| (&a.role, &a.schema, a.objects).cmp(&(&b.role, &b.schema, b.objects)));
    Ok(())
}
