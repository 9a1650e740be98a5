//! Types by name, found along the search path and brought into `format_type`'s form.

use super::Fault;
use super::{Resolved, Resolver};
use crate::catalogue::{Catalogue, Name, TypeKind, quote_ident};
use crate::parse::types::builtin;

impl Resolver<'_> {
    /// A written type in the form that `format_type` prints: user-defined types get their schema, unless it is `public`.
    pub(crate) fn type_name(&self, written: &str) -> Resolved<String> {
        type_name(self.catalogue, self.path, written)
    }
}

/// See [`Resolver::type_name`].
pub(crate) fn type_name(catalogue: &Catalogue, path: &[String], written: &str) -> Resolved<String> {
    if let Some(reference) = written.strip_suffix("%TYPE") {
        return Ok(type_of_column(catalogue, path, reference).unwrap_or_else(|| written.to_owned()));
    }
    let (base, rest) = split(written);
    if is_builtin(base) {
        return Ok(written.to_owned());
    }
    let (schema, name) = parts(base);
    let found = match &schema {
        Some(schema) => exists(catalogue, schema, &name).then(|| schema.clone()),
        None => path.iter().find(|schema| exists(catalogue, schema, &name)).cloned(),
    };
    if let Some(schema) = found {
        return Ok(format!("{}{rest}", printed(&schema, &name)));
    }
    if let Some(home) = extension_type(&name)
        && let Some(extension) = catalogue.extensions.get(home)
    {
        return Ok(format!("{}{rest}", printed(&extension.schema, &name)));
    }
    // A schema of which we know little, or one with extensions whose types are not listed.
    let known = match &schema {
        Some(schema) => catalogue.schemas.contains_key(schema) && !holds_extensions(catalogue, schema),
        None => !path.iter().any(|schema| holds_extensions(catalogue, schema)),
    };
    if known || schema.as_ref().is_some_and(|schema| !catalogue.schemas.contains_key(schema) && schema != "pg_catalog")
    {
        return Err(Fault::unresolved(format!("type {base} does not exist")));
    }
    Ok(match schema {
        Some(schema) => format!("{}{rest}", printed(&schema, &name)),
        None => written.to_owned(),
    })
}

/// Name, and what follows it: `(…)`, `[]`.
pub(crate) fn split(written: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = written.char_indices().find(|(_, c)| {
        if *c == '"' {
            quoted = !quoted;
        }
        !quoted && (*c == '(' || *c == '[')
    });
    written.split_at(end.map_or(written.len(), |(at, _)| at))
}

/// Whether `format_type`'s name is that of a built-in type.
pub(crate) fn is_builtin(base: &str) -> bool {
    base.is_empty()
        || base == "\"char\""
        || builtin(base) == Some(base)
        || matches!(base, "double precision" | "character varying" | "bit varying" | "bpchar")
        || base.starts_with("timestamp")
        || base.starts_with("time ")
        || base == "time"
        || base.starts_with("interval ")
}

/// Schema and name of a name as printed.
pub(crate) fn parts(base: &str) -> (Option<String>, String) {
    match Name::try_from(base.to_owned()) {
        Ok(name) => (Some(name.schema), name.name),
        Err(_) => (None, base.trim_matches('"').replace("\"\"", "\"")),
    }
}

/// The qualified name of a user-defined type in `format_type`'s form.
pub(crate) fn qualified(printed: &str) -> Name {
    let (schema, name) = parts(split(printed).0);
    Name { schema: schema.unwrap_or_else(|| "public".to_owned()), name }
}

pub(crate) fn printed(schema: &str, name: &str) -> String {
    if schema == "public" || schema == "pg_catalog" {
        quote_ident(name).into_owned()
    } else {
        format!("{}.{}", quote_ident(schema), quote_ident(name))
    }
}

fn exists(catalogue: &Catalogue, schema: &str, name: &str) -> bool {
    let key = Name::new(schema, name);
    catalogue.types.contains_key(&key) || catalogue.relations.contains_key(&key)
}

/// Whether an extension keeps its objects in that schema.
pub(crate) fn holds_extensions(catalogue: &Catalogue, schema: &str) -> bool {
    catalogue.extensions.values().any(|extension| extension.schema == schema && extension.name != "plpgsql")
}

/// The extension that brings a type.
fn extension_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "citext" => "citext",
        "hstore" => "hstore",
        "ltree" | "lquery" | "ltxtquery" => "ltree",
        "vector" | "halfvec" | "sparsevec" => "vector",
        "geometry" | "geography" | "box2d" | "box3d" | "raster" => "postgis",
        "cube" => "cube",
        _ => return None,
    })
}

/// The base type of a domain, through domains of domains; any other type unchanged.
pub(crate) fn base_type<'a>(catalogue: &'a Catalogue, type_name: &'a str) -> &'a str {
    let mut current = type_name;
    for _ in 0..8 {
        if is_builtin(split(current).0) || current.ends_with(']') {
            return current;
        }
        match catalogue.types.get(&qualified(current)).map(|found| &found.kind) {
            Some(TypeKind::Domain { base, .. }) => current = base,
            _ => return current,
        }
    }
    current
}

fn type_of_column(catalogue: &Catalogue, path: &[String], reference: &str) -> Option<String> {
    let (table, column) = reference.rsplit_once('.')?;
    let (schema, name) = parts(table);
    let schemas: Vec<&String> = match &schema {
        Some(schema) => vec![schema],
        None => path.iter().collect(),
    };
    let relation = schemas.into_iter().find_map(|schema| catalogue.relation(schema, &name))?;
    relation.column(column.trim_matches('"')).map(|column| split(&column.type_name).0.to_owned())
}
