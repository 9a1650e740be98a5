//! Pages kept for the day, in a folder of the user's: a second run on one day asks nobody again.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::page::{Page, hex};

/// Largest entry that is read.
const MAX_ENTRY: u64 = 16 << 20;

/// A folder of pages.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// A cache in a folder, which is made when the first page is kept.
    pub fn new(folder: &Path) -> Self {
        Cache { folder: folder.to_path_buf() }
    }

    fn path(&self, url: &str) -> PathBuf {
        self.folder.join(format!("{}.json", hex(&Sha256::digest(url.as_bytes()))))
    }

    /// The page of a URL, if it was fetched on that day. An entry that cannot be read is none.
    pub fn get(&self, url: &str, date: &str) -> Option<Page> {
        let path = self.path(url);
        if fs::metadata(&path).ok()?.len() > MAX_ENTRY {
            return None;
        }
        let page: Page = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (page.day == date).then_some(page)
    }

    /// Keeps a page, replacing an older one in one step.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn put(&self, url: &str, page: &Page) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(url);
        let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(&serde_json::to_vec(page)?)?;
        file.sync_all()?;
        fs::rename(unfinished, path)
    }
}
