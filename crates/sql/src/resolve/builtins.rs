//! Built-in functions and operators: what types they take and give, as far as policies and defaults need them.
//!
//! A function that is not here is taken to give an unknown type; constants among its arguments then stay without a cast.

/// Types of a built-in function's arguments (the last one repeats), and of its result. `any` takes everything as it is,
/// `same` gives the first argument's type.
pub(crate) fn function(name: &str) -> Option<(&'static [&'static str], &'static str)> {
    FUNCTIONS.binary_search_by_key(&name, |(name, _, _)| name).ok().map(|at| (FUNCTIONS[at].1, FUNCTIONS[at].2))
}

const TEXT: &[&str] = &["text"];
const NUMERIC: &[&str] = &["any"];
const JSONB: &[&str] = &["jsonb"];
/// VARIADIC "any": constants keep no type.
const UNTYPED: &[&str] = &["untyped"];
const ANY: &[&str] = &["any"];
const NONE: &[&str] = &[];

/// Sorted by name.
const FUNCTIONS: &[(&str, &[&str], &str)] = &[
    ("abs", NUMERIC, "same"),
    ("age", &["timestamp with time zone"], "interval"),
    ("array_agg", ANY, ""),
    ("array_append", ANY, "same"),
    ("array_length", &["any", "integer"], "integer"),
    ("array_position", ANY, "integer"),
    ("array_remove", ANY, "same"),
    ("array_to_string", &["any", "text"], "text"),
    ("bool_and", &["boolean"], "boolean"),
    ("bool_or", &["boolean"], "boolean"),
    ("btrim", TEXT, "text"),
    ("cardinality", ANY, "integer"),
    ("ceil", NUMERIC, "same"),
    ("char_length", TEXT, "integer"),
    ("clock_timestamp", NONE, "timestamp with time zone"),
    ("concat", UNTYPED, "text"),
    ("concat_ws", &["text", "untyped"], "text"),
    ("convert_from", &["bytea", "name"], "text"),
    ("convert_to", &["text", "name"], "bytea"),
    ("count", ANY, "bigint"),
    ("current_database", NONE, "name"),
    ("current_setting", &["text", "boolean"], "text"),
    ("current_user", NONE, "name"),
    ("date_part", &["text", "any"], "double precision"),
    ("date_trunc", &["text", "any", "text"], ""),
    ("decode", TEXT, "bytea"),
    ("encode", &["bytea", "text"], "text"),
    ("floor", NUMERIC, "same"),
    ("format", &["text", "untyped"], "text"),
    ("gen_random_bytes", &["integer"], "bytea"),
    ("gen_random_uuid", NONE, "uuid"),
    ("has_table_privilege", TEXT, "boolean"),
    ("inet_client_addr", NONE, "inet"),
    ("initcap", TEXT, "text"),
    ("json_build_object", UNTYPED, "json"),
    ("jsonb_array_elements", JSONB, "jsonb"),
    ("jsonb_array_elements_text", JSONB, "text"),
    ("jsonb_array_length", JSONB, "integer"),
    ("jsonb_build_array", UNTYPED, "jsonb"),
    ("jsonb_build_object", UNTYPED, "jsonb"),
    ("jsonb_extract_path_text", &["jsonb", "text"], "text"),
    ("jsonb_typeof", JSONB, "text"),
    ("left", &["text", "integer"], "text"),
    ("length", TEXT, "integer"),
    ("lower", TEXT, "text"),
    ("lpad", &["text", "integer", "text"], "text"),
    ("ltrim", TEXT, "text"),
    ("make_interval", &["any"], "interval"),
    ("max", ANY, "same"),
    ("md5", TEXT, "text"),
    ("min", ANY, "same"),
    ("mod", NUMERIC, "same"),
    ("nextval", &["regclass"], "bigint"),
    ("now", NONE, "timestamp with time zone"),
    ("pg_backend_pid", NONE, "integer"),
    ("pg_has_role", &["name", "text"], "boolean"),
    ("pg_trigger_depth", NONE, "integer"),
    ("position", TEXT, "integer"),
    ("random", NONE, "double precision"),
    ("regexp_match", TEXT, "text[]"),
    ("regexp_matches", TEXT, "text[]"),
    ("regexp_replace", TEXT, "text"),
    ("regexp_split_to_array", TEXT, "text[]"),
    ("repeat", &["text", "integer"], "text"),
    ("replace", TEXT, "text"),
    ("reverse", TEXT, "text"),
    ("right", &["text", "integer"], "text"),
    ("round", NUMERIC, "same"),
    ("row_to_json", ANY, "json"),
    ("rtrim", TEXT, "text"),
    ("session_user", NONE, "name"),
    ("set_config", &["text", "text", "boolean"], "text"),
    ("sha256", &["bytea"], "bytea"),
    ("split_part", &["text", "text", "integer"], "text"),
    ("starts_with", TEXT, "boolean"),
    ("statement_timestamp", NONE, "timestamp with time zone"),
    ("string_agg", TEXT, "text"),
    ("string_to_array", TEXT, "text[]"),
    ("strpos", TEXT, "integer"),
    ("substr", &["text", "integer"], "text"),
    ("substring", &["text", "any"], "text"),
    ("sum", NUMERIC, ""),
    ("timezone", &["text", "any"], ""),
    ("to_char", &["any", "text"], "text"),
    ("to_date", TEXT, "date"),
    ("to_json", ANY, "json"),
    ("to_jsonb", ANY, "jsonb"),
    ("to_timestamp", ANY, "timestamp with time zone"),
    ("to_tsquery", &["any"], "tsquery"),
    ("to_tsvector", &["any"], "tsvector"),
    ("transaction_timestamp", NONE, "timestamp with time zone"),
    ("trunc", NUMERIC, "same"),
    ("txid_current", NONE, "bigint"),
    ("unnest", ANY, "element"),
    ("upper", TEXT, "text"),
    ("version", NONE, "text"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_sorted() {
        let wrong = FUNCTIONS.windows(2).find(|pair| pair[0].0 >= pair[1].0);
        assert!(wrong.is_none(), "{wrong:?}");
        assert_eq!(function("now"), Some((NONE, "timestamp with time zone")));
        assert_eq!(function("nowhere"), None);
    }
}
