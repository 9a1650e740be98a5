//! Names of types, as written, brought into the form in which `format_type` prints them.

use super::{Kind, Parsed, Parser};
use crate::catalogue::quote_ident;

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// As `format_type` prints it, where it is built in; otherwise the name as written (schema and name quoted as needed),
    /// with modifiers and `[]`.
    pub(crate) text: String,
    /// SETOF.
    pub(crate) set: bool,
}

impl Parser<'_> {
    /// A type name.
    pub(crate) fn type_name(&mut self) -> Parsed<TypeName> {
        let set = self.eat("setof");
        let mut text = self.scalar_type()?;
        let mut array = self.eat("array");
        if array && self.eat_sign("[") {
            if self.kind_at(0) == Some(Kind::Number) {
                self.advance();
            }
            self.expect_sign("]")?;
        }
        while self.is_sign("[") {
            self.advance();
            if self.kind_at(0) == Some(Kind::Number) {
                self.advance();
            }
            self.expect_sign("]")?;
            array = true;
        }
        if array {
            text.push_str("[]");
        }
        Ok(TypeName { text, set })
    }

    fn scalar_type(&mut self) -> Parsed<String> {
        if self.kind_at(0) == Some(Kind::Word) && !self.sign_at(1, ".") {
            for (words, name) in MANY_WORDS {
                if self.eat(words) {
                    let length = self.modifiers()?;
                    return Ok(with_length(name, length));
                }
            }
            if let Some(kind) = self.eat_any(&["timestamp", "time"]) {
                return self.time_type(kind);
            }
            if self.eat("interval") {
                return self.interval_type();
            }
        }
        let quoted = self.kind_at(0) == Some(Kind::Quoted);
        let name = self.qualified()?;
        if self.is_sign("%") && self.word_at(1, "type") {
            self.advance();
            self.advance();
            return Ok(format!("{name}%TYPE"));
        }
        let length = self.modifiers()?;
        let built_in = match &name.schema {
            None if !quoted => builtin(&name.name),
            Some(schema) if schema == "pg_catalog" => builtin(&name.name),
            // A quoted "char" is a type of its own; other quoted names are names of types, aliases are not.
            None if name.name == "char" => return Ok("\"char\"".to_owned()),
            None => builtin(&name.name).filter(|found| *found == name.name),
            Some(_) => None,
        };
        if let Some(found) = built_in {
            // The keyword CHAR without a length is one character.
            let length = if found == "character" && length.is_none() && name.schema.is_none() && !quoted {
                Some(if name.name == "bpchar" { return Ok("bpchar".to_owned()) } else { "1".to_owned() })
            } else {
                length
            };
            return Ok(with_length(found, length));
        }
        let text = match &name.schema {
            Some(schema) => format!("{}.{}", quote_ident(schema), quote_ident(&name.name)),
            None => quote_ident(&name.name).into_owned(),
        };
        Ok(with_length(&text, length))
    }

    fn time_type(&mut self, kind: &str) -> Parsed<String> {
        let precision = self.modifiers()?.map(|digits| format!("({digits})")).unwrap_or_default();
        let zone = if self.eat("with time zone") {
            "with"
        } else {
            self.eat("without time zone");
            "without"
        };
        Ok(format!("{kind}{precision} {zone} time zone"))
    }

    fn interval_type(&mut self) -> Parsed<String> {
        let mut text = "interval".to_owned();
        while let Some(word) = self.eat_any(&["year", "month", "day", "hour", "minute", "second", "to"]) {
            text.push(' ');
            text.push_str(word);
        }
        if let Some(digits) = self.modifiers()? {
            text = format!("{text}({digits})");
        }
        Ok(text)
    }

    /// `(10,2)`: what stands between the parentheses, without spaces.
    fn modifiers(&mut self) -> Parsed<Option<String>> {
        if !self.is_sign("(") {
            return Ok(None);
        }
        let inner = self.parenthesised()?;
        Ok(Some(inner.chars().filter(|c| !c.is_whitespace()).collect()))
    }
}

fn with_length(name: &str, length: Option<String>) -> String {
    let Some(length) = length else { return name.to_owned() };
    match name {
        "double precision" => if length.parse().is_ok_and(|bits: u32| bits <= 24) { "real" } else { name }.to_owned(),
        "timestamp with time zone"
        | "time with time zone"
        | "timestamp without time zone"
        | "time without time zone" => {
            let (kind, zone) = name.split_once(' ').unwrap_or((name, ""));
            format!("{kind}({length}) {zone}")
        }
        "numeric" if !length.contains(',') => format!("numeric({length},0)"),
        _ => format!("{name}({length})"),
    }
}

/// Built-in types of several words.
const MANY_WORDS: &[(&str, &str)] = &[
    ("double precision", "double precision"),
    ("national character varying", "character varying"),
    ("national char varying", "character varying"),
    ("character varying", "character varying"),
    ("char varying", "character varying"),
    ("nchar varying", "character varying"),
    ("bit varying", "bit varying"),
];

/// What `format_type` calls a built-in type: by its name in `pg_type` or its alias in SQL.
pub(crate) fn builtin(name: &str) -> Option<&'static str> {
    Some(match name {
        "int" | "int4" | "integer" | "serial" | "serial4" => "integer",
        "int8" | "bigint" | "bigserial" | "serial8" => "bigint",
        "int2" | "smallint" | "smallserial" | "serial2" => "smallint",
        "bool" | "boolean" => "boolean",
        "varchar" => "character varying",
        "char" | "character" | "bpchar" | "nchar" => "character",
        "float8" | "float" => "double precision",
        "float4" | "real" => "real",
        "numeric" | "decimal" | "dec" => "numeric",
        "timestamptz" => "timestamp with time zone",
        "timetz" => "time with time zone",
        "timestamp" => "timestamp without time zone",
        "time" => "time without time zone",
        "varbit" => "bit varying",
        _ => return PLAIN.binary_search(&name).ok().map(|at| PLAIN[at]),
    })
}

/// Built-in types that are printed by their own names. Sorted.
const PLAIN: &[&str] = &[
    "aclitem",
    "any",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anyelement",
    "anyenum",
    "anynonarray",
    "anyrange",
    "bit",
    "box",
    "bytea",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "date",
    "datemultirange",
    "daterange",
    "event_trigger",
    "fdw_handler",
    "gtsvector",
    "inet",
    "int2vector",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "internal",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "language_handler",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "trigger",
    "tsm_handler",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "unknown",
    "uuid",
    "void",
    "xid",
    "xid8",
    "xml",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::lex::tokens;

    #[test]
    fn types_are_printed_as_format_type_does() {
        assert!(PLAIN.is_sorted(), "{:?}", PLAIN.windows(2).find(|pair| pair[0] > pair[1]));
        for (written, printed) in [
            ("INT", "integer"),
            ("varchar(255)", "character varying(255)"),
            ("character  varying ( 10 )", "character varying(10)"),
            ("char", "character(1)"),
            ("\"char\"", "\"char\""),
            ("numeric(10, 2)", "numeric(10,2)"),
            ("decimal(5)", "numeric(5,0)"),
            ("float(10)", "real"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("text[][]", "text[]"),
            ("integer ARRAY[4]", "integer[]"),
            ("pg_catalog.int4", "integer"),
            ("public.\"Mood\"", "public.\"Mood\""),
            ("double precision", "double precision"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("vector(1536)", "vector(1536)"),
            ("users.id%TYPE", "users.id%TYPE"),
            ("\"Text\"", "\"Text\""),
        ] {
            let tokens = tokens(written);
            let mut parser = Parser::new(written, &tokens);
            let found = parser.type_name().unwrap();
            assert_eq!(found.text, printed, "{written}");
            assert!(parser.is_end(), "{written}");
        }
        assert!(Parser::new("setof text", &tokens("setof text")).type_name().unwrap().set);
    }
}
