//! Extensions.

use super::{Done, Session, duplicate, refused, unresolved};
use crate::catalogue::Extension;
use crate::outcome::FailureKind;
use crate::parse::Parser;
use crate::parse::lex::Kind;

/// Extensions that bring a schema of their own.
const OWN_SCHEMAS: &[(&str, &str)] = &[
    ("pg_cron", "cron"),
    ("pg_graphql", "graphql"),
    ("pg_net", "net"),
    ("pgmq", "pgmq"),
    ("pgsodium", "pgsodium"),
    ("pgtle", "pgtle"),
    ("plpgsql", "pg_catalog"),
    ("postgis_tiger_geocoder", "tiger"),
    ("postgis_topology", "topology"),
    ("supabase_vault", "vault"),
    ("timescaledb_toolkit", "timescaledb"),
];

impl Session {
    pub(crate) fn create_extension(&mut self, p: &mut Parser<'_>) -> Done {
        let if_not_exists = p.if_not_exists();
        let name = p.name()?;
        p.eat("with");
        let (mut schema, mut version) = (None, None);
        loop {
            if p.eat("schema") {
                schema = Some(p.name()?);
            } else if p.eat("version") {
                version = Some(if p.kind_at(0) == Some(Kind::Text) { p.string()? } else { p.name()? });
            } else if p.eat("from") {
                p.advance();
            } else if !p.eat("cascade") {
                break;
            }
        }
        p.end()?;
        if self.catalogue.extensions.contains_key(&name) {
            return if if_not_exists { Ok(()) } else { duplicate(format!("extension \"{name}\" already exists")) };
        }
        if let Some(schema) = &schema {
            self.schema_must_exist(schema)?;
        }
        let own = OWN_SCHEMAS.iter().find(|(extension, _)| *extension == name).map(|(_, schema)| (*schema).to_owned());
        let schema = match own {
            Some(own) => {
                if own != "pg_catalog" {
                    self.add_schema(&own);
                }
                // pg_cron stands in pg_catalog, though its tables have a schema of their own.
                if name == "pg_cron" { "pg_catalog".into() } else { own }
            }
            None => match schema.or_else(|| self.path.first().cloned()) {
                Some(schema) => schema,
                None => return unresolved("no schema has been selected to create in"),
            },
        };
        let extension = Extension { name: name.clone(), schema: schema.clone(), version, origin: self.origin.clone() };
        self.catalogue.extensions.insert(name.clone(), extension);
        self.extension_objects(&name, &schema);
        Ok(())
    }

    fn add_schema(&mut self, name: &str) {
        if self.catalogue.schemas.contains_key(name) {
            return;
        }
        let schema = crate::catalogue::Schema {
            name: name.to_owned(),
            owner: self.user.clone(),
            acl: None,
            comment: None,
            // Not the project's: what is in it is not known in full.
            origin: crate::catalogue::Origin::default(),
        };
        self.catalogue.schemas.insert(name.to_owned(), schema);
        self.refresh_path();
    }

    /// Tables that an extension brings and that the HTTP API would serve.
    fn extension_objects(&mut self, extension: &str, schema: &str) {
        if extension != "postgis" {
            return;
        }
        let name = crate::catalogue::Name::new(schema, "spatial_ref_sys");
        if self.catalogue.relations.contains_key(&name) {
            return;
        }
        let mut table = self.new_relation(name.clone(), crate::catalogue::RelationKind::Table);
        for (column, type_name) in [
            ("srid", "integer"),
            ("auth_name", "character varying(256)"),
            ("auth_srid", "integer"),
            ("srtext", "character varying(2048)"),
            ("proj4text", "character varying(2048)"),
        ] {
            let column = self.new_column(column, type_name);
            table.columns.push(column);
        }
        table.extension = Some(extension.to_owned());
        self.catalogue.relations.insert(name, table);
    }

    pub(crate) fn alter_extension(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        if !self.catalogue.extensions.contains_key(&name) {
            p.rest();
            return unresolved(format!("extension \"{name}\" does not exist"));
        }
        if p.eat("set schema") {
            let schema = p.name()?;
            p.end()?;
            self.schema_must_exist(&schema)?;
            if let Some(extension) = self.catalogue.extensions.get_mut(&name) {
                extension.schema = schema;
                extension.origin = self.origin.clone();
            }
            return Ok(());
        }
        if p.eat("update") {
            let version = if p.eat("to") {
                Some(if p.kind_at(0) == Some(Kind::Text) { p.string()? } else { p.name()? })
            } else {
                None
            };
            p.end()?;
            if let Some(extension) = self.catalogue.extensions.get_mut(&name) {
                extension.version = version;
                extension.origin = self.origin.clone();
            }
            return Ok(());
        }
        p.rest();
        Ok(())
    }

    pub(crate) fn drop_extension(&mut self, p: &mut Parser<'_>) -> Done {
        let if_exists = p.if_exists();
        let names = p.list(Parser::name)?;
        let cascade = p.cascade();
        p.end()?;
        for name in &names {
            if !self.catalogue.extensions.contains_key(name) && !if_exists {
                return unresolved(format!("extension \"{name}\" does not exist"));
            }
        }
        for name in &names {
            if name == "plpgsql" && !cascade && self.catalogue.functions.values().any(|own| own.language == "plpgsql") {
                return refused("cannot drop extension plpgsql because other objects depend on it");
            }
            self.catalogue.extensions.remove(name);
            self.catalogue.relations.retain(|_, relation| relation.extension.as_ref() != Some(name));
        }
        Ok(())
    }
}

/// What cannot be carried out for want of an extension's own code.
pub(crate) fn needs_extension<T>(name: &str) -> Done<T> {
    super::fail(FailureKind::Unresolved, format!("extension \"{name}\" is not installed"))
}
