//! Configuration files (TOML, YAML, JSON, env) as documents whose values keep their places.
