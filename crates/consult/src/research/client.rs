//! Fetching over HTTPS behind the guard: what a name resolves to is vetted, and the connection goes to the vetted address.
//! Every redirect is a new request with the same checks. Sizes and times are capped.

use std::io::Read;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::{StatusCode, Uri, header};
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::{Host, Url};

use super::address::is_public;

/// Looks up the addresses of a host.
pub trait Lookup: std::fmt::Debug + Send + Sync {
    /// The addresses of a host and port.
    ///
    /// # Errors
    /// When the name is not known or cannot be asked for.
    fn lookup(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs()?.collect())
    }
}

/// Caps on what is fetched.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a body, after decompression.
    pub bytes: u64,
    /// Time for one request, redirects not included.
    pub time: Duration,
    /// Redirects followed.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 2 << 20, time: Duration::from_secs(20), redirects: 4 }
    }
}

/// What may be connected to. Only tests use another than the default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) https_only: bool,
    pub(super) allowed: fn(IpAddr) -> bool,
    /// The only port; any when absent.
    pub(super) port: Option<u16>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { https_only: true, allowed: is_public, port: Some(443) }
    }
}

/// A request that was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The guard refused it.
    #[error("refused: {0}")]
    Refused(String),
    /// The answer is larger than the cap.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// It took too long.
    #[error("no complete answer in {0} seconds")]
    TooSlow(u64),
    /// The server's answer is no page.
    #[error("the server answered {0}")]
    Status(u16),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// A fetched resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Where it came from, after redirects.
    pub url: String,
    /// Its media type, without parameters; empty when not told.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A client behind the guard.
#[derive(Clone, Debug)]
pub struct Client {
    lookup: Arc<dyn Lookup>,
    policy: Policy,
    limits: Limits,
    /// Other certificate authorities than the usual ones: tests.
    tls: Option<TlsConfig>,
}

impl Client {
    /// A client with the system's resolver.
    pub fn new(limits: Limits) -> Self {
        #[cfg(debug_assertions)]
        if let Some(loopback) = crate::loopback::Loopback::of_environment() {
            let policy =
                Policy { allowed: |address| address == IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), ..Policy::default() };
            let tls = Some(loopback.tls.clone());
            return Client { lookup: Arc::new(loopback), policy, limits, tls };
        }
        Client { lookup: Arc::new(SystemLookup), policy: Policy::default(), limits, tls: None }
    }

    #[cfg(test)]
    pub(super) fn with(lookup: Arc<dyn Lookup>, policy: Policy, limits: Limits) -> Self {
        Client { lookup, policy, limits, tls: None }
    }

    /// Fetches a URL, with a request header if one is given (a search provider's key). The header is sent to the first host
    /// only: a redirect elsewhere does not get it.
    ///
    /// # Errors
    /// When the guard refuses it or any of its redirects, a cap is met, or the transfer fails.
    pub fn get(&self, url: &str, key: Option<(&str, &str)>) -> Result<Response, FetchError> {
        let first = self.check(url)?;
        let mut at = first.clone();
        for _ in 0..=self.limits.redirects {
            let key = key.filter(|_| at.origin() == first.origin());
            match self.request(&at, key)? {
                Answer::Page(response) => return Ok(response),
                Answer::Redirect(to) => {
                    let next =
                        at.join(&to).map_err(|error| FetchError::Refused(format!("a redirect to no URL: {error}")))?;
                    at = self.check(next.as_str())?;
                }
            }
        }
        Err(FetchError::Refused(format!("more than {} redirects", self.limits.redirects)))
    }

    /// Whether a URL may be asked for at all. Hosts written as numbers are addresses: the URL standard makes
    /// `https://2130706433/` and `https://0x7f.1/` the loopback that they are.
    fn check(&self, url: &str) -> Result<Url, FetchError> {
        let refused = |why: &str| FetchError::Refused(why.to_owned());
        let url = Url::parse(url).map_err(|error| FetchError::Refused(format!("not a URL: {error}")))?;
        match url.scheme() {
            "https" => {}
            "http" if !self.policy.https_only => {}
            _ => return Err(refused("only https is fetched")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("the URL carries credentials"));
        }
        if self.policy.port.is_some_and(|port| url.port_or_known_default() != Some(port)) {
            return Err(refused("only the usual port is used"));
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(refused("the URL has no host")),
        };
        if address.is_some_and(|address| !(self.policy.allowed)(address)) {
            return Err(refused("the address is not of the public internet"));
        }
        Ok(url)
    }

    fn request(&self, url: &Url, key: Option<(&str, &str)>) -> Result<Answer, FetchError> {
        let mut builder = Agent::config_builder()
            .https_only(self.policy.https_only)
            .http_status_as_error(false)
            .max_redirects(0)
            // A proxy of the environment would resolve names itself, past the guard.
            .proxy(None)
            .max_idle_connections(0)
            .timeout_global(Some(self.limits.time))
            .user_agent(concat!("lunette/", env!("CARGO_PKG_VERSION")));
        if let Some(tls) = &self.tls {
            builder = builder.tls_config(tls.clone());
        }
        let config = builder.build();
        let guard = Guard { lookup: Arc::clone(&self.lookup), allowed: self.policy.allowed };
        let agent = Agent::with_parts(config, DefaultConnector::default(), guard);
        let mut request = agent.get(url.as_str()).header(header::ACCEPT, "text/html, application/json, text/plain");
        if let Some((name, value)) = key {
            request = request.header(name, value);
        }
        let mut response = request.call().map_err(|error| self.told(error))?;
        let status = response.status();
        if status.is_redirection() {
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            return Ok(Answer::Redirect(to.ok_or(FetchError::Status(status.as_u16()))?.to_owned()));
        }
        if status != StatusCode::OK {
            return Err(FetchError::Status(status.as_u16()));
        }
        let media_type = response.body().mime_type().unwrap_or_default().to_owned();
        let mut body = Vec::new();
        let mut reader = response.body_mut().with_config().limit(self.limits.bytes + 1).reader();
        reader.read_to_end(&mut body).map_err(|error| self.read_failed(error))?;
        if body.len() as u64 > self.limits.bytes {
            return Err(FetchError::TooLarge(self.limits.bytes));
        }
        Ok(Answer::Page(Response { url: url.to_string(), media_type, body }))
    }

    fn told(&self, error: ureq::Error) -> FetchError {
        match error {
            ureq::Error::Timeout(_) => FetchError::TooSlow(self.limits.time.as_secs()),
            ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge(self.limits.bytes),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                FetchError::Refused(error.to_string())
            }
            error => FetchError::Failed(error.to_string()),
        }
    }

    /// Reading a body gives I/O errors that wrap those of the client.
    fn read_failed(&self, error: std::io::Error) -> FetchError {
        self.told(ureq::Error::from(error))
    }
}

/// Addresses that the HTTP client takes of one host.
const MAX_ADDRESSES: usize = 16;

enum Answer {
    Page(Response),
    Redirect(String),
}

/// Resolves a host and lets only allowed addresses through; the connection is made to what this returns.
#[derive(Debug)]
struct Guard {
    lookup: Arc<dyn Lookup>,
    allowed: fn(IpAddr) -> bool,
}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, _config: &Config, _timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let found = self.lookup.lookup(host, port).map_err(ureq::Error::Io)?;
        // One forbidden address among several is enough to refuse: which one is connected to is not for a server to say.
        if found.iter().any(|address| !(self.allowed)(address.ip())) {
            let why = format!("`{host}` resolves to an address that is not of the public internet");
            return Err(ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why)));
        }
        let mut addresses = self.empty();
        found.into_iter().take(MAX_ADDRESSES).for_each(|address| addresses.push(address));
        if addresses.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(addresses) }
    }
}
