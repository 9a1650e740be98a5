//! A running Postgres read, read-only, into the catalogue of `lunette-sql`.
//!
//! Only the crates `live`, `consult` and `lunette` may open sockets; this one opens exactly one, to the server that the URL
//! names, and only when [`read`] is called.
//!
//! What is read is read in one `READ ONLY`, `REPEATABLE READ` transaction with a limit on every statement, on waiting for
//! locks and on the whole; it consists of SELECTs on `pg_catalog` and, where the role may read them, the rows of
//! `storage.buckets` and `cron.job`. No row of the project's own tables is read. All settings are `SET LOCAL`, and nothing is
//! prepared by name, so that a connection pool in front of the server gets its connection back as it was.
//!
//! The password is in no error and in no result: see [`LiveError`].

mod catalogue;
mod connect;
mod error;
mod tls;
mod url;

pub use catalogue::read_in;
pub use connect::{Live, Options, read};
pub use error::LiveError;
