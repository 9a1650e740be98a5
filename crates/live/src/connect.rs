//! One connection, one read-only transaction, and limits on both.

use std::sync::mpsc;
use std::time::Duration;

use lunette_sql::catalogue::Catalogue;
use postgres::{Client, IsolationLevel, NoTls};
use serde::{Deserialize, Serialize};

use crate::error::{LiveError, clean, message};
use crate::url::{Target, parse};
use crate::{catalogue, tls};

/// Limits of a look at a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Longest wait for each address of the server.
    pub connect_timeout: Duration,
    /// Longest time of a statement.
    pub statement_timeout: Duration,
    /// Longest wait for a lock.
    pub lock_timeout: Duration,
    /// Longest time of everything.
    pub overall_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(15),
            lock_timeout: Duration::from_secs(2),
            overall_timeout: Duration::from_secs(90),
        }
    }
}

/// What a look at a database gave.
///
/// It can be sent from the process that has the connection to the one that judges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The catalogue. Its `exposed_schemas` are what the role of `PostgREST` is set to, empty where that says nothing.
    pub catalogue: Catalogue,
    /// The server's version: `15.18`.
    pub version: String,
    /// The database's name.
    pub database: String,
    /// What could not be read, in sentences.
    pub notes: Vec<String>,
}

/// Reads the catalogue of the database that the URL names.
///
/// # Errors
/// When the URL is not understood, the server cannot be reached or refuses, or something cannot be read in time. No error
/// holds the password.
pub fn read(url: &str, options: &Options) -> Result<Live, LiveError> {
    let target = parse(url, options.connect_timeout)?;
    let (send, receive) = mpsc::channel();
    let limits = options.clone();
    // The driver's own limits end with the TCP connection: a server that then says nothing would hold us for ever. The
    // thread that waits for it is given up.
    let spawned = std::thread::Builder::new().name("database".into()).spawn(move || {
        let _ = send.send(look(target, &limits));
    });
    if let Err(error) = spawned {
        return Err(LiveError::Connect(clean(&error.to_string(), &[])));
    }
    match receive.recv_timeout(options.overall_timeout) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(LiveError::TimedOut(options.overall_timeout.as_secs())),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(LiveError::Connect("the driver gave up".into())),
    }
}

fn look(target: Target, options: &Options) -> Result<Live, LiveError> {
    let Target { config, encryption, secrets } = target;
    let mut client: Client = match tls::connector(&encryption)? {
        None => config.connect(NoTls),
        Some(connector) => config.connect(connector),
    }
    .map_err(|error| LiveError::Connect(message(&error, &secrets)))?;
    let failed = |error: &postgres::Error| LiveError::Query { what: "the settings", message: message(error, &secrets) };
    let mut transaction = client
        .build_transaction()
        .read_only(true)
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .map_err(|error| failed(&error))?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = {}; SET LOCAL row_security = on",
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis(),
            options.overall_timeout.as_millis(),
        ))
        .map_err(|error| failed(&error))?;
    let live = catalogue::read_in(&mut transaction).map_err(|error| without(error, &secrets))?;
    transaction.rollback().map_err(|error| failed(&error))?;
    Ok(live)
}

/// An error without the secrets.
fn without(error: LiveError, secrets: &[String]) -> LiveError {
    match error {
        LiveError::Query { what, message } => LiveError::Query { what, message: clean(&message, secrets) },
        other => other,
    }
}
