//! The database's URL, taken apart: what the driver is given, and what is decided here (encryption).

use std::path::PathBuf;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use crate::error::LiveError;

/// How the connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Not at all.
    None,
    /// Whatever certificate the server shows.
    AnyCertificate,
    /// The certificate must be signed by a known authority, and be for the host.
    Verified {
        /// The authority's file, besides the system's store.
        root: Option<PathBuf>,
    },
}

/// A URL that was understood.
pub(crate) struct Target {
    /// What the driver is given.
    pub(crate) config: Config,
    /// How the connection is encrypted.
    pub(crate) encryption: Encryption,
    /// The password, as written and decoded: struck out of every message.
    pub(crate) secrets: Vec<String>,
}

/// Parameters that the driver is given. Others are either decided here or belong to other programs (`pgbouncer=true`).
const PASSED_ON: [&str; 7] = ["user", "password", "host", "hostaddr", "port", "dbname", "options"];

/// Takes a URL apart.
///
/// Without `sslmode` a server on this machine is spoken to in the clear and any other encrypted and with its certificate
/// verified, because the password goes there. `sslmode` says otherwise, with the meaning that libpq gives it: `require`
/// encrypts for whoever answers, `verify-ca` and `verify-full` verify (both with the host's name), `prefer` and `allow` are
/// read as `require` or, on this machine, as `disable`: a connection that falls back to clear text is not offered.
pub(crate) fn parse(url: &str, connect_timeout: Duration) -> Result<Target, LiveError> {
    let wrong = |text: &str| Err(LiveError::Url(text.to_owned()));
    let Some(rest) = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://")) else {
        return wrong("it begins with neither postgresql:// nor postgres://");
    };
    let (main, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut secrets = Vec::new();
    if let Some((user, _)) = main.rsplit_once('@')
        && let Some((_, password)) = user.split_once(':')
    {
        keep_secret(password, &mut secrets);
    }
    let (mut passed, mut sslmode, mut root) = (Vec::new(), None, None);
    for (pair, key, value) in
        query.split('&').filter_map(|pair| pair.split_once('=').map(|(key, value)| (pair, key, value)))
    {
        match key {
            "sslmode" => sslmode = Some(value),
            "sslrootcert" => root = Some(PathBuf::from(decoded(value))),
            _ if PASSED_ON.contains(&key) => {
                if key == "password" {
                    keep_secret(value, &mut secrets);
                }
                passed.push(pair);
            }
            _ => {}
        }
    }
    // The driver's own message may quote a part of the URL: it is not repeated.
    let Ok(mut config) = format!("postgresql://{main}?{}", passed.join("&")).parse::<Config>() else {
        return wrong(
            "expected postgresql://user:password@host:port/database, with special characters percent-encoded",
        );
    };
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return wrong("it names no host");
    }
    if config.get_user().is_none_or(str::is_empty) {
        return wrong("it names no user");
    }
    let encryption = encryption(&config, sslmode, root.as_ref())?;
    config.ssl_mode(if encryption == Encryption::None { SslMode::Disable } else { SslMode::Require });
    config.connect_timeout(connect_timeout).application_name("lunette");
    Ok(Target { config, encryption, secrets })
}

fn encryption(config: &Config, sslmode: Option<&str>, root: Option<&PathBuf>) -> Result<Encryption, LiveError> {
    let verified = Encryption::Verified { root: root.cloned() };
    Ok(match sslmode {
        Some("disable") => Encryption::None,
        Some("verify-ca" | "verify-full") => verified,
        // libpq, too, verifies as soon as it is given the authority.
        None | Some("require" | "prefer" | "allow") if root.is_some() => verified,
        None | Some("prefer" | "allow") if is_local(config) => Encryption::None,
        None => verified,
        Some("require" | "prefer" | "allow") => Encryption::AnyCertificate,
        Some(_) => {
            return Err(LiveError::Url(
                "sslmode is none of disable, allow, prefer, require, verify-ca, verify-full".into(),
            ));
        }
    })
}

/// Whether all hosts are this machine.
fn is_local(config: &Config) -> bool {
    let addresses_are = config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
    let names_are = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    // An address, where given, is what is connected to.
    if config.get_hostaddrs().is_empty() { names_are } else { addresses_are }
}

fn keep_secret(written: &str, secrets: &mut Vec<String>) {
    secrets.push(written.to_owned());
    secrets.push(decoded(written));
}

/// Percent-encoded text, decoded.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        parse(url, Duration::from_secs(1)).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn other_machines_are_spoken_to_encrypted_and_verified() {
        let verified = Encryption::Verified { root: None };
        for (url, expected) in [
            ("postgresql://u:p@db.example.org:5432/postgres", verified.clone()),
            ("postgres://u:p@db.example.org/postgres?sslmode=verify-full", verified.clone()),
            ("postgres://u:p@db.example.org/postgres?sslmode=require", Encryption::AnyCertificate),
            ("postgres://u:p@db.example.org/postgres?sslmode=prefer", Encryption::AnyCertificate),
            ("postgres://u:p@db.example.org/postgres?sslmode=disable", Encryption::None),
            ("postgres://u:p@localhost:54322/postgres", Encryption::None),
            ("postgres://u:p@127.0.0.1/postgres", Encryption::None),
            ("postgres://u:p@localhost/postgres?sslmode=require", Encryption::AnyCertificate),
            ("postgres://u@localhost/postgres?host=/run/postgresql", Encryption::None),
            ("postgres://u@localhost/postgres?hostaddr=192.0.2.1", verified),
            ("postgres://u@localhost/x?sslrootcert=/a.pem", Encryption::Verified { root: Some("/a.pem".into()) }),
            (
                "postgres://u@db.example.org/x?sslmode=require&sslrootcert=/tmp/a%20b.pem",
                Encryption::Verified { root: Some("/tmp/a b.pem".into()) },
            ),
        ] {
            assert_eq!(target(url).encryption, expected, "{url}");
        }
    }

    #[test]
    fn passwords_are_known_wherever_they_stand() {
        assert_eq!(target("postgres://u:p%40ss@h/d").secrets, ["p%40ss", "p@ss"]);
        assert_eq!(target("postgres://u@h/d?password=s%C3%A9cret").secrets, ["s%C3%A9cret", "sécret"]);
    }

    #[test]
    fn parameters_of_other_programs_are_left_out() {
        let config = target("postgres://u:p@h/d?pgbouncer=true&connection_limit=1&options=project%3Dabc").config;
        assert_eq!(config.get_options(), Some("project=abc"));
    }

    #[test]
    fn what_is_not_understood_is_refused_without_quoting_it() {
        for url in [
            "mysql://u:hunter2@h/d",
            "postgres://u:hunter2@h:port/d",
            "postgres://u:hunter2@/d",
            "postgres://:hunter2@h/d",
            "postgres://u:hunter2@h/d?sslmode=hunter2",
            "host=h password=hunter2",
            "postgres://u:%zz:hunter2@h:99999999/d",
        ] {
            let Err(error) = parse(url, Duration::from_secs(1)) else { panic!("{url} was understood") };
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
