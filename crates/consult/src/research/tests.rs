//! The guard against real servers on loopback. One loopback address plays the public internet; everything else is as in
//! production.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::client::Policy;
use super::*;

/// Plays an address of the public internet.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn allowed(address: IpAddr) -> bool {
    address == IpAddr::V4(PUBLIC) || address::is_public(address)
}

const LIMITS: Limits = Limits { bytes: 10_000, time: Duration::from_millis(900), redirects: 3 };

/// A server: each path has its answer, written as it stands. Counts its requests.
struct Server {
    at: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

fn serve(address: Ipv4Addr, answers: &[(&str, String)], pause: Duration) -> Server {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let answers: BTreeMap<String, String> =
        answers.iter().map(|(path, answer)| ((*path).to_owned(), answer.clone())).collect();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            seen.lock().unwrap().push(format!("{first}\n{}", headers.join("\n")));
            let path = first.split(' ').nth(1).unwrap_or_default();
            let answer = answers
                .get(path)
                .cloned()
                .unwrap_or_else(|| "HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n".to_owned());
            // In two parts, so that a pause falls into the body.
            let (head, tail) = answer.split_at(answer.len() / 2);
            let _ = stream.write_all(head.as_bytes());
            thread::sleep(pause);
            let _ = stream.write_all(tail.as_bytes());
        }
    });
    Server { at, requests }
}

fn page(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

/// Answers by host; the n-th question gets the n-th answer, then the last.
#[derive(Debug, Default)]
struct Names {
    answers: BTreeMap<String, Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Lookup for Names {
    fn lookup(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let answers = self.answers.get(host).ok_or_else(|| std::io::Error::other("no such host"))?;
        Ok(vec![SocketAddr::new(answers[asked.min(answers.len() - 1)], port)])
    }
}

fn names(hosts: &[(&str, &[&str])]) -> Arc<Names> {
    let answers =
        hosts.iter().map(|(host, list)| ((*host).to_owned(), list.iter().map(|text| text.parse().unwrap()).collect()));
    Arc::new(Names { answers: answers.collect(), asked: AtomicUsize::new(0) })
}

fn client(lookup: Arc<Names>) -> Client {
    Client::with(lookup, Policy { https_only: false, allowed, port: None }, LIMITS)
}

#[track_caller]
fn refused(result: &Result<Response, FetchError>) {
    assert!(matches!(result, Err(FetchError::Refused(_))), "{result:?}");
}

#[test]
fn a_page_is_fetched_and_cited() {
    let server = serve(PUBLIC, &[("/a", page("<title>T</title>hello"))], Duration::ZERO);
    let url = format!("http://docs.example:{}/a", server.at.port());
    let web = Web::new(client(names(&[("docs.example", &["127.0.0.2"])])), None, None, "2026-11-24");
    let page = web.fetch(&url).unwrap();
    assert_eq!((page.title.as_str(), page.text.as_str()), ("T", "hello"));
    assert!(page.citation().starts_with(&format!("T ({url}, fetched 2026-11-24, sha256 ")));
    assert_eq!(web.search("x"), Err(ResearchError::NoProvider));
    assert_eq!(Offline.fetch(&url), Err(ResearchError::Offline));
    assert_eq!(ResearchError::Offline.to_string(), "not researched: offline");
}

#[test]
fn rebinding_reaches_nothing() {
    // The name is public when it is asked for first and private afterwards: one connection, one question.
    let public = serve(PUBLIC, &[("/", page("public"))], Duration::ZERO);
    let lookup = names(&[("rebind.example", &["127.0.0.2", "127.0.0.1"])]);
    let client = client(Arc::clone(&lookup));
    let url = format!("http://rebind.example:{}/", public.at.port());
    assert_eq!(client.get(&url, None).unwrap().body, b"public");
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 1, "the vetted address is the one connected to");
    // The second request asks again, and gets the private address.
    refused(&client.get(&url, None));
    assert_eq!(public.requests.lock().unwrap().len(), 1);
}

#[test]
fn redirects_are_checked_like_first_requests() {
    let inside = serve(Ipv4Addr::LOCALHOST, &[("/secret", page("secret"))], Duration::ZERO);
    let port = inside.at.port();
    let answers = [
        ("/metadata", redirect("http://169.254.169.254/latest/meta-data/")),
        ("/loopback", redirect(&format!("http://127.0.0.1:{port}/secret"))),
        ("/name", redirect(&format!("http://inside.example:{port}/secret"))),
        ("/decimal", redirect(&format!("http://2130706433:{port}/secret"))),
        ("/file", redirect("file:///etc/passwd")),
        ("/circle", redirect("/circle")),
        ("/fine", redirect("/end")),
        ("/end", page("end")),
    ];
    let public = serve(PUBLIC, &answers, Duration::ZERO);
    let client = client(names(&[("docs.example", &["127.0.0.2"]), ("inside.example", &["127.0.0.1"])]));
    let get = |path: &str| client.get(&format!("http://127.0.0.2:{}{path}", public.at.port()), None);
    for path in ["/metadata", "/loopback", "/name", "/decimal", "/file", "/circle"] {
        refused(&get(path));
    }
    assert_eq!(get("/fine").unwrap().body, b"end");
    assert!(inside.requests.lock().unwrap().is_empty(), "nothing inside was asked");
}

#[test]
fn a_key_goes_to_its_own_host_only() {
    let other = serve(PUBLIC, &[("/", page("other"))], Duration::ZERO);
    let first = serve(PUBLIC, &[("/", redirect(&format!("http://127.0.0.2:{}/", other.at.port())))], Duration::ZERO);
    let client = client(names(&[]));
    client.get(&format!("http://127.0.0.2:{}/", first.at.port()), Some(("X-Key", "secret"))).unwrap();
    assert!(first.requests.lock().unwrap()[0].to_lowercase().contains("x-key: secret"));
    assert!(!other.requests.lock().unwrap()[0].to_lowercase().contains("x-key"));
}

#[test]
fn disguised_addresses_are_refused_before_anything_is_sent() {
    let inside = serve(Ipv4Addr::LOCALHOST, &[("/", page("inside"))], Duration::ZERO);
    let client = client(names(&[
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("six.example", &["::1"]),
        ("nat.example", &["64:ff9b::7f00:1"]),
    ]));
    let port = inside.at.port();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "mapped.example",
        "six.example",
        "nat.example",
    ] {
        refused(&client.get(&format!("http://{host}:{port}/"), None));
    }
    assert!(inside.requests.lock().unwrap().is_empty());
}

#[test]
fn oversized_and_slow_bodies_are_cut_off() {
    let big = page(&"x".repeat(20_000));
    // Without a length, only reading shows how long it is.
    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "y".repeat(20_000));
    let fits = page(&"z".repeat(10_000));
    let server = serve(PUBLIC, &[("/big", big), ("/endless", endless), ("/fits", fits)], Duration::ZERO);
    let slow = serve(PUBLIC, &[("/", page("slow body"))], Duration::from_secs(4));
    let client = client(names(&[]));
    let get = |at: SocketAddr, path: &str| client.get(&format!("http://{at}{path}"), None);
    assert_eq!(get(server.at, "/big"), Err(FetchError::TooLarge(10_000)));
    assert_eq!(get(server.at, "/endless"), Err(FetchError::TooLarge(10_000)));
    assert_eq!(get(server.at, "/fits").unwrap().body.len(), 10_000);
    assert!(matches!(get(slow.at, "/"), Err(FetchError::TooSlow(_))));
    assert_eq!(get(server.at, "/none"), Err(FetchError::Status(404)));
}

#[test]
fn the_default_takes_https_on_its_port_and_no_credentials() {
    let client = Client::new(Limits::default());
    for url in [
        "http://example.org/",
        "ftp://example.org/",
        "https://user@example.org/",
        "https://example.org:8443/",
        "https://10.0.0.1/",
        "https:///",
        "nothing",
    ] {
        refused(&client.get(url, None));
    }
}

#[test]
fn pages_of_the_day_are_kept_and_older_ones_fetched_again() {
    let server = serve(PUBLIC, &[("/", page("once"))], Duration::ZERO);
    let url = format!("http://{}/", server.at);
    let folder = tempfile::tempdir().unwrap();
    let web = |date: &str| Web::new(client(names(&[])), None, Some(Cache::new(folder.path())), date);
    let first = web("2026-11-24").fetch(&url).unwrap();
    assert_eq!(web("2026-11-24").fetch(&url).unwrap(), first);
    assert_eq!(server.requests.lock().unwrap().len(), 1);
    assert_eq!(web("2026-11-25").fetch(&url).unwrap().fetched, "2026-11-25");
    assert_eq!(server.requests.lock().unwrap().len(), 2);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::write(entry.unwrap().path(), b"{ broken").unwrap();
    }
    assert_eq!(web("2026-11-25").fetch(&url).unwrap().text, "once");
}
