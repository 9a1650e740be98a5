//! Replacing the index with every step failing, and where it is kept.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::advisory::parse_record;
use crate::packages::Ecosystem;

fn index_of(id: &str) -> Vec<u8> {
    // Large enough that it is written in several pieces.
    let many = (0..4_000).map(|at| {
        let record = format!(
            r#"{{"id": "{id}-{at}", "aliases": ["CVE-2026-{at:04}"], "summary": "something about {at} that is long enough",
                "affected": [{{"package": {{"ecosystem": "npm", "name": "p{at}"}}, "versions": ["1.0.0"]}}]}}"#
        );
        parse_record(record.as_bytes()).unwrap()
    });
    compile(Content { advisories: many.collect(), ..Content::default() }).unwrap()
}

fn holds(store: &Store, id: &str) -> bool {
    let snapshot = store.open().unwrap().unwrap();
    snapshot.verify().unwrap();
    let entries = snapshot.entries(Ecosystem::Npm, "p7").unwrap();
    snapshot.record(&entries[0]).unwrap().id == format!("{id}-7")
}

/// Fails at one step: with an error, after writing half, or by doing nothing any more, as a crash would.
struct Faulty {
    left: usize,
    crashed: bool,
    crash: bool,
}

impl Faulty {
    fn step(&mut self) -> io::Result<()> {
        if self.crashed {
            return Err(io::Error::other("crashed"));
        }
        match self.left.checked_sub(1) {
            None => Ok(()),
            Some(0) => {
                self.crashed = self.crash;
                self.left = usize::MAX;
                Err(io::ErrorKind::StorageFull.into())
            }
            Some(left) => {
                self.left = left;
                Ok(())
            }
        }
    }
}

impl Disk for Faulty {
    fn create(&mut self, path: &Path) -> io::Result<File> {
        self.step()?;
        Real.create(path)
    }

    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step() {
            if !self.crash {
                Real.write(file, &bytes[..bytes.len() / 2])?;
            }
            return Err(error);
        }
        Real.write(file, bytes)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        self.step()?;
        Real.sync(file)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Real.rename(from, to)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.step()?;
        Real.sync_folder(folder)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        if self.crashed { Err(io::Error::other("crashed")) } else { Real.remove(path) }
    }
}

#[test]
fn whatever_step_fails_the_old_or_the_new_index_is_there_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let _lock = store.lock().unwrap();
    let (old, new) = (index_of("OLD"), index_of("NEW"));
    let mut steps = 0;
    for crash in [false, true] {
        for fail_at in 1.. {
            store.replace(&old, &mut Real).unwrap();
            assert!(holds(&store, "OLD"));
            let mut disk = Faulty { left: fail_at, crashed: false, crash };
            match store.replace(&new, &mut disk) {
                Ok(_) => break,
                // Only after the rename may the new one be there.
                Err(_) => assert!(holds(&store, "OLD") || holds(&store, "NEW"), "step {fail_at}"),
            }
            assert!(crash || !store.folder.join(FRESH).exists(), "what was begun is removed");
            steps += 1;
        }
        assert!(holds(&store, "NEW"));
    }
    assert!(steps > 12, "create, several writes, sync, rename, sync of the folder, twice: {steps}");
}

#[test]
fn one_update_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let first = store.lock().unwrap();
    assert!(matches!(store.lock(), Err(SnapshotError::Locked(_))));
    drop(first);
    assert!(store.lock().is_ok());
}

#[test]
fn none_is_not_the_same_as_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    assert!(store.open().unwrap().is_none());
    let whole = index_of("A");
    fs::create_dir_all(&store.folder).unwrap();
    for cut in [0, 5, 50, 87, 88, 200, whole.len() - 1] {
        fs::write(store.index(), &whole[..cut]).unwrap();
        assert!(matches!(store.open(), Err(SnapshotError::Index { .. })), "cut at {cut}");
    }
    let mut other = whole.clone();
    other[8] = 200;
    fs::write(store.index(), &other).unwrap();
    assert!(store.open().unwrap_err().to_string().contains("run the update again"));
}

#[test]
fn every_damaged_byte_is_found_by_the_hash_and_none_makes_a_lookup_panic() {
    let record = r#"{"id": "A-1", "aliases": ["CVE-2026-0001"], "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]}"#;
    let content = Content { advisories: vec![parse_record(record.as_bytes()).unwrap()], ..Content::default() };
    let whole = compile(content).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        let Ok(snapshot) = Snapshot::open(Box::new(bytes)) else { continue };
        assert!(snapshot.verify().is_err(), "byte {at}");
        // A lookup gives what was written, or an error; never silence.
        match snapshot.entries(Ecosystem::Npm, "a") {
            Ok(entries) => assert_eq!(entries.len(), 1, "byte {at}"),
            Err(error) => assert!(matches!(error, IndexError::Damaged(_)), "byte {at}: {error}"),
        }
        let _ = snapshot.by_id("CVE-2026-0001");
    }
}

#[test]
fn the_data_folder() {
    let of = |pairs: &'static [(&str, &str)]| {
        data_folder(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    };
    assert_eq!(of(&[("LUNETTE_DATA", "/d"), ("HOME", "/h")]), Some(PathBuf::from("/d")));
    assert_eq!(of(&[]), None);
    if cfg!(target_os = "linux") {
        assert_eq!(
            of(&[("XDG_DATA_HOME", "relative"), ("HOME", "/h")]),
            Some(PathBuf::from("/h/.local/share/lunette"))
        );
        assert_eq!(of(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")]), Some(PathBuf::from("/x/lunette")));
    }
}
