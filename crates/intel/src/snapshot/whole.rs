//! Whether what was downloaded is the file that was asked for: its checksum where the server states one, and its form. A
//! sign-in page of a network or half an archive must not take the place of a file that was good.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use base64::Engine as _;
use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use crate::advisory::one_line;
use crate::index::Feed;

/// Characters of a wrong file that are shown.
const SHOWN: usize = 60;
/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// What is wrong with a file that has arrived; nothing when it is what it should be.
///
/// # Errors
///
/// The disk's.
pub(super) fn fault(feed: Feed, path: &Path, crc32c: Option<u32>) -> io::Result<Option<String>> {
    let mut file = BufReader::new(File::open(path)?);
    if let Some(stated) = crc32c
        && let Some(found) = Some(checksum(&mut file)?).filter(|found| *found != stated)
    {
        return Ok(Some(format!("its checksum (CRC32C) is {found:08x}, the server states {stated:08x}")));
    }
    file.rewind()?;
    let mut begin = Vec::new();
    file.by_ref().take(256).read_to_end(&mut begin)?;
    file.rewind()?;
    let form = match feed {
        Feed::OsvNpm | Feed::OsvPypi => ZipArchive::new(file).err().map(|_| "no whole zip archive"),
        Feed::Kev => serde_json::from_reader::<_, serde::de::IgnoredAny>(file).err().map(|_| "no whole JSON document"),
        Feed::Epss => io::copy(&mut MultiGzDecoder::new(file), &mut io::sink()).err().map(|_| "no whole gzip file"),
    };
    Ok(form.map(|what| format!("what arrived is {what}{}", beginning(&begin))))
}

/// How a file of text begins, and what that often means.
fn beginning(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let printable =
        !text.is_empty() && text.chars().take(SHOWN).all(|c| (!c.is_control() || c.is_whitespace()) && c != '\u{fffd}');
    let (text, page) = (one_line(text, SHOWN), text.starts_with('<'));
    match (printable, page) {
        (true, true) => format!(", but a page that begins with `{text}`: a proxy or a sign-in page may be in the way"),
        (true, false) => format!("; it begins with `{text}`"),
        (false, _) => String::new(),
    }
}

/// The CRC32C that Google's storage states in `x-goog-hash: crc32c=…,md5=…`.
pub fn stated_crc32c(header: &str) -> Option<u32> {
    let text = header.split(',').find_map(|part| part.trim().strip_prefix("crc32c="))?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// CRC32C (Castagnoli) of all that can be read.
fn checksum(file: &mut impl Read) -> io::Result<u32> {
    let table = table();
    let mut buffer = vec![0; PIECE];
    let mut crc = u32::MAX;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(!crc),
            Ok(read) => {
                for &byte in &buffer[..read] {
                    crc = table[usize::from(crc as u8 ^ byte)] ^ (crc >> 8);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn table() -> [u32; 256] {
    std::array::from_fn(|at| {
        (0..8).fold(at as u32, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_checksum_is_castagnolis() {
        assert_eq!(checksum(&mut &b"123456789"[..]).unwrap(), 0xe306_9283);
        assert_eq!(stated_crc32c("md5=1B2M2Y8AsgTpgAmY7PhCfg==, crc32c=4waSgw=="), Some(0xe306_9283));
        for other in ["", "md5=1B2M2Y8AsgTpgAmY7PhCfg==", "crc32c=4waS", "crc32c=?"] {
            assert_eq!(stated_crc32c(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_something_else_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let told = |feed, bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            fault(feed, &path, None).unwrap()
        };
        let page = told(Feed::OsvNpm, b"\n<!DOCTYPE html><title>Sign in</title>").unwrap();
        assert!(page.contains("no whole zip archive, but a page that begins with `<!DOCTYPE html>"), "{page}");
        assert!(page.ends_with("a sign-in page may be in the way"));
        assert_eq!(
            told(Feed::Kev, b"{\"a\": [").unwrap(),
            "what arrived is no whole JSON document; it begins with `{\"a\": [`"
        );
        assert_eq!(told(Feed::Kev, b"{}"), None);
        assert_eq!(told(Feed::Epss, b"\x1f\x8b\x08\x00").unwrap(), "what arrived is no whole gzip file");
        assert!(told(Feed::OsvPypi, b"").is_some());
    }
}
