//! Updates from a server that is a program of the tests: whole, in pieces, changed under way, lying, absent.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::packages::Ecosystem;

/// A server with a file for each address.
#[derive(Default)]
struct Server {
    files: BTreeMap<&'static str, (Vec<u8>, String)>,
    /// Bytes after which a connection breaks.
    breaks_after: Option<usize>,
    crc32c: Option<u32>,
    requests: Vec<Request>,
}

/// Gives so many bytes, then breaks.
struct Breaking {
    bytes: io::Cursor<Vec<u8>>,
    left: usize,
}

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let most = buffer.len().min(self.left);
        let read = self.bytes.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Fetch for Server {
    fn get(&mut self, request: &Request) -> Result<Answer, Refusal> {
        self.requests.push(request.clone());
        let (bytes, etag) = self.files.get(request.url).ok_or_else(|| "404 Not Found".to_owned())?;
        let same = request.etag.as_ref() == Some(etag);
        if request.from >= bytes.len() as u64 && request.from > 0 {
            return Ok(Answer::NoSuchRange);
        }
        if same && request.from == 0 {
            return Ok(Answer::NotModified);
        }
        let from = if same { request.from } else { 0 };
        let rest = bytes[from as usize..].to_vec();
        let left = self.breaks_after.unwrap_or(usize::MAX);
        let body = Box::new(Breaking { bytes: io::Cursor::new(rest), left });
        Ok(Answer::Body { from, length: Some(bytes.len() as u64), etag: Some(etag.clone()), crc32c: self.crc32c, body })
    }
}

fn archive(id: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let record = serde_json::json!({"id": id, "affected": [{"package": {"ecosystem": "npm", "name": "test-package"}, "versions": ["1.0.0"]}]});
    zip.start_file("a.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(record.to_string().as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn server(id: &str, etag: &str) -> Server {
    let files = BTreeMap::from([(url(Feed::OsvNpm), (archive(id), etag.to_owned()))]);
    Server { files, ..Server::default() }
}

fn known(store: &Store) -> String {
    let snapshot = store.open().unwrap().unwrap();
    snapshot.advisories_for(Ecosystem::Npm, "test-package", "1.0.0").unwrap().matches[0].id.clone()
}

fn today() -> Day {
    Day::parse("2026-11-24").unwrap()
}

fn update(store: &Store, server: &mut Server) -> Result<Updated, SnapshotError> {
    server.requests.clear();
    store.update(server, today(), &mut |_, here, length| assert!(length.is_none_or(|length| here <= length)))
}

#[test]
fn what_has_not_changed_is_not_downloaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut server = server("A", "\"1\"");
    let updated = update(&store, &mut server).unwrap();
    assert_eq!(known(&store), "A");
    assert_eq!(
        updated.failures.iter().map(|(feed, _)| *feed).collect::<Vec<_>>(),
        [Feed::OsvPypi, Feed::Kev, Feed::Epss]
    );
    update(&store, &mut server).unwrap();
    assert_eq!(server.requests[0], Request { url: url(Feed::OsvNpm), from: 0, etag: Some("\"1\"".into()) });
    server.files.insert(url(Feed::OsvNpm), (archive("B"), "\"2\"".into()));
    update(&store, &mut server).unwrap();
    assert_eq!(known(&store), "B");
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut server = server("A", "\"1\"");
    server.breaks_after = Some(30);
    // Four attempts of 30 bytes are not enough, and what has arrived stays for the next update.
    assert!(matches!(update(&store, &mut server), Err(SnapshotError::Download { feed: Feed::OsvNpm, .. })));
    let of_npm = |server: &Server| {
        server.requests.iter().filter(|one| one.url == url(Feed::OsvNpm)).map(|one| one.from).collect::<Vec<_>>()
    };
    assert_eq!(of_npm(&server), [0, 30, 60, 90]);
    server.breaks_after = None;
    update(&store, &mut server).unwrap();
    assert_eq!((of_npm(&server), known(&store)), (vec![120], "A".to_owned()));
}

#[test]
fn a_file_that_changes_under_way_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut first = server("A", "\"1\"");
    first.breaks_after = Some(30);
    update(&store, &mut first).unwrap_err();
    update(&store, &mut server("B", "\"2\"")).unwrap();
    assert_eq!(known(&store), "B");
}

#[test]
fn a_damaged_or_absent_file_leaves_the_old_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    update(&store, &mut server("A", "\"1\"")).unwrap();
    let mut damaged = server("B", "\"2\"");
    // In the middle of an entry: the archive opens, the entry does not unpack.
    damaged.files.get_mut(url(Feed::OsvNpm)).unwrap().0[40] ^= 0x33;
    assert!(matches!(update(&store, &mut damaged), Err(SnapshotError::Source { .. })));
    assert_eq!(known(&store), "A");
    assert!(matches!(update(&store, &mut Server::default()), Err(SnapshotError::Download { .. })));
    assert_eq!(known(&store), "A");
    update(&store, &mut server("B", "\"2\"")).unwrap();
    assert_eq!(known(&store), "B", "the damaged file was not taken for up to date");
    let failures = update(&store, &mut Server::default()).unwrap().failures;
    assert_eq!((failures.len(), known(&store)), (4, "B".to_owned()), "what is here is used, and what failed is said");
}

#[test]
fn a_part_that_is_as_long_as_the_file_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut server = server("A", "\"1\"");
    // Killed between the last byte and the renaming.
    let part = store.downloads().join("npm/all.zip.part");
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    std::fs::write(&part, archive("A")).unwrap();
    std::fs::write(store.downloads().join("npm/all.zip.part.etag"), "\"1\"").unwrap();
    update(&store, &mut server).unwrap();
    assert_eq!(known(&store), "A");
}

#[test]
fn what_is_something_else_does_not_replace_what_was_good() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    update(&store, &mut server("A", "\"1\"")).unwrap();
    let whole = archive("B");
    let page = b"<html><title>Sign in</title></html>".to_vec();
    for (bytes, words) in [(page, "a sign-in page"), (whole[..whole.len() / 2].to_vec(), "no whole zip archive")] {
        let mut other =
            Server { files: BTreeMap::from([(url(Feed::OsvNpm), (bytes, "\"2\"".to_owned()))]), ..Server::default() };
        let failures = update(&store, &mut other).unwrap().failures;
        assert!(failures[0].0 == Feed::OsvNpm && failures[0].1.contains(words), "{failures:?}");
        assert_eq!(known(&store), "A");
    }
    let mut wrong = Server { crc32c: Some(7), ..server("B", "\"2\"") };
    let failures = update(&store, &mut wrong).unwrap().failures;
    assert!(failures[0].1.contains("the server states 00000007"), "{failures:?}");
    update(&store, &mut server("B", "\"2\"")).unwrap();
    assert_eq!(known(&store), "B", "what failed before is in nobody's way");
}

/// Refuses for good.
struct Closed(usize);

impl Fetch for Closed {
    fn get(&mut self, _: &Request) -> Result<Answer, Refusal> {
        self.0 += 1;
        Err(Refusal { why: "429".to_owned(), lasting: true })
    }

    fn pause(&mut self, _: u32) {
        panic!("nothing is tried again");
    }
}

#[test]
fn who_refuses_for_good_is_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut closed = Closed(0);
    Store::new(folder.path()).update(&mut closed, today(), &mut |_, _, _| {}).unwrap_err();
    assert_eq!(closed.0, Feed::ALL.len());
}

/// Answers anything but what was asked for.
struct Liar(u64);

impl Fetch for Liar {
    fn get(&mut self, _: &Request) -> Result<Answer, Refusal> {
        self.0 += 1;
        Ok(match self.0 % 4 {
            0 => Answer::NotModified,
            1 => Answer::Body { from: 77, length: None, etag: None, crc32c: None, body: Box::new(io::empty()) },
            2 => Answer::Body {
                from: 0,
                length: Some(3),
                etag: None,
                crc32c: None,
                body: Box::new(&b"more than three"[..]),
            },
            _ => Answer::Body {
                from: 0,
                length: Some(u64::MAX),
                etag: None,
                crc32c: None,
                body: Box::new(io::repeat(0)),
            },
        })
    }
}

#[test]
fn a_lying_server_gives_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let error = store.update(&mut Liar(0), today(), &mut |_, _, _| {}).unwrap_err();
    assert!(matches!(error, SnapshotError::Download { .. }), "{error}");
    assert!(store.open().unwrap().is_none());
}
