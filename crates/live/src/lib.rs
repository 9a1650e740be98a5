//! A running Postgres read, read-only, into the catalogue of `lunette-sql`.
