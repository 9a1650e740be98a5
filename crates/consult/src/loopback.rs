//! Test builds only: lets tests play the public servers on this machine's loopback.
//!
//! `LUNETTE_TEST_NET` names a JSON file: a certificate authority (PEM) and, by host name, the loopback address that plays
//! it. Nothing else can be reached then. Release builds have no such door: this module is compiled with debug assertions
//! only.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::research::Lookup;

#[derive(Clone, Debug, Deserialize)]
struct File {
    authority: String,
    hosts: BTreeMap<String, SocketAddr>,
}

/// The servers of a test.
#[derive(Clone, Debug)]
pub(crate) struct Loopback {
    pub(crate) tls: TlsConfig,
    hosts: BTreeMap<String, SocketAddr>,
}

impl Loopback {
    /// As the environment says; nothing when it says nothing, or what cannot be read.
    pub(crate) fn of_environment() -> Option<Self> {
        let path = std::env::var_os("LUNETTE_TEST_NET")?;
        let file: File = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let authority = Certificate::from_pem(file.authority.as_bytes()).ok()?;
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[authority])).build();
        let hosts = file.hosts.into_iter().filter(|(_, at)| at.ip().is_loopback()).collect();
        Some(Loopback { tls, hosts })
    }
}

impl Lookup for Loopback {
    fn lookup(&self, host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        match host.parse::<IpAddr>() {
            Ok(address) => Ok(vec![SocketAddr::new(address, 443)]),
            Err(_) => self
                .hosts
                .get(host)
                .map(|at| vec![*at])
                .ok_or_else(|| io::Error::other(format!("`{host}` is not known"))),
        }
    }
}

impl Resolver for Loopback {
    fn resolve(&self, uri: &Uri, _config: &Config, _timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.lookup(uri.host().unwrap_or_default(), 443).map_err(ureq::Error::Io)?;
        let mut addresses = self.empty();
        for address in found {
            addresses.push(address);
        }
        Ok(addresses)
    }
}
