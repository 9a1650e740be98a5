//! What can go wrong, in words that hold no password.

/// Why a database could not be read.
///
/// Messages come from the server and the system; the password of the URL is struck out of them, control characters are, and
/// they are cut at 300 characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// The URL is none, or something in it is not understood.
    #[error("the database URL cannot be used: {0}")]
    Url(String),
    /// Certificates could not be loaded.
    #[error("certificates for the connection: {0}")]
    Certificates(String),
    /// The server could not be reached, or did not let us in.
    #[error("no connection to the database: {0}")]
    Connect(String),
    /// Something could not be read.
    #[error("reading {what} from the database: {message}")]
    Query {
        /// What was read.
        what: &'static str,
        /// The server's message.
        message: String,
    },
    /// The server is older than what is understood.
    #[error("the server is Postgres {0}; 12 or later is needed")]
    TooOld(String),
    /// It took too long.
    #[error("the database was not read within {0} seconds")]
    TimedOut(u64),
}

/// Longest message kept, in characters.
const LONGEST: usize = 300;

/// A driver's error as a message: the server's own words where it said any, else the chain of causes. Without the secrets.
pub(crate) fn message(error: &postgres::Error, secrets: &[String]) -> String {
    if let Some(said) = error.as_db_error() {
        return clean(said.message(), secrets);
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    clean(&text, secrets)
}

/// A message without secrets and control characters, of bounded length.
pub(crate) fn clean(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "[password]");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_no_secret_and_no_escape_sequence() {
        let secrets = ["hunter2".to_owned(), String::new()];
        assert_eq!(clean("no hunter2\u{1b}[31m here", &secrets), "no [password] [31m here");
        assert_eq!(clean(&"x".repeat(1000), &secrets).len(), LONGEST);
    }
}
