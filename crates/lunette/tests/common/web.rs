//! Public servers played on loopback: TLS with a certificate authority made for the test, scripted answers.
#![allow(dead_code, clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) host: String,
    pub(crate) path: String,
    headers: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer: status and headers, the body, and after how many bytes of it the connection breaks.
pub(crate) struct Reply {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) breaks_after: Option<usize>,
}

impl Reply {
    pub(crate) fn new(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let lines = lines.concat();
        let head = format!("HTTP/1.1 {status}\r\n{lines}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Reply { head, body: body.to_vec(), breaks_after: None }
    }

    pub(crate) fn json(text: &str) -> Reply {
        Reply::new("200 OK", &[("content-type", "application/json")], text.as_bytes())
    }
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// The servers, and the file that leads the program to them.
pub(crate) struct Web {
    pub(crate) net: PathBuf,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
    _folder: tempfile::TempDir,
}

impl Web {
    /// Plays hosts by a script.
    pub(crate) fn play(hosts: &[&str], script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Web {
        let (authority, config) = certified(hosts);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let net = folder.path().join("net.json");
        let named: BTreeMap<&str, SocketAddr> = hosts.iter().map(|host| (*host, at)).collect();
        std::fs::write(&net, serde_json::json!({ "authority": authority, "hosts": named }).to_string()).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, script): (_, Arc<Script>) = (Arc::clone(&asked), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, script, config) = (Arc::clone(&seen), Arc::clone(&script), Arc::clone(&config));
                thread::spawn(move || answer(stream, config, &seen, &*script));
            }
        });
        Web { net, asked, _folder: folder }
    }

    /// Hosts and paths asked so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| format!("{}{}", asked.host, asked.path)).collect()
    }

    /// What was asked so far, which is forgotten.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn certified(hosts: &[&str]) -> (String, Arc<ServerConfig>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().unwrap();
    let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let leaf = CertificateParams::new(names).unwrap().signed_by(&own, &issuer).unwrap();
    let chain = vec![CertificateDer::from(leaf.der().to_vec())];
    let secret = PrivateKeyDer::try_from(own.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth();
    (authority.pem(), Arc::new(config.with_single_cert(chain, secret).unwrap()))
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>, seen: &Mutex<Vec<Asked>>, script: &Script) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    let mut stream = StreamOwned::new(connection, stream);
    let mut lines = Vec::new();
    {
        let mut reader = BufReader::new(&mut stream).take(1 << 16);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
    }
    let Some(first) = lines.first() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let asked = Asked { host: headers.get("host").cloned().unwrap_or_default(), path, headers };
    seen.lock().unwrap().push(asked.clone());
    let reply = script(&asked);
    let _ = stream.write_all(reply.head.as_bytes());
    let body = &reply.body[..reply.breaks_after.unwrap_or(reply.body.len()).min(reply.body.len())];
    let _ = stream.write_all(body);
    let _ = stream.flush();
    if reply.breaks_after.is_none() {
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}
