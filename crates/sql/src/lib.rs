//! The database as the migrations leave it: SQL replayed into a Postgres catalogue, and what it says of access.
