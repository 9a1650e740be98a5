//! Bytes to text.

use std::borrow::Cow;

use memchr::memchr;

/// Where a NUL makes a file binary: the same number of bytes as git looks at.
const BINARY_PROBE: usize = 8_000;

/// Text and what was odd about its encoding, in words.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) notes: Vec<&'static str>,
}

/// Why bytes are not taken as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotText {
    /// There is a NUL in it.
    Binary,
    /// Not valid UTF-8; the offset of the first bad byte.
    BadUtf8(usize),
}

/// Decodes strictly: UTF-8, UTF-16 with a byte order mark, or Latin-1 where a Python file declares it. A byte order
/// mark is not part of the text.
pub(crate) fn strict(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some(text) = utf16(&bytes) {
        return text;
    }
    if memchr(0, &bytes[..bytes.len().min(BINARY_PROBE)]).is_some() {
        return Err(NotText::Binary);
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            // Latin-1 gives every byte the code point of the same number.
            if declares_latin1(&bytes) {
                Ok(bytes.into_iter().map(char::from).collect())
            } else {
                Err(NotText::BadUtf8(at))
            }
        }
    }
}

/// Decodes whatever it is, replacing what is invalid, and notes it. Line ends become `\n`.
pub(crate) fn lossy(bytes: &[u8]) -> Decoded {
    let mut notes = Vec::new();
    let mut text: Cow<'_, str> = if let Some(Ok(text)) = utf16(bytes) {
        notes.push("UTF-16 with a byte order mark");
        Cow::Owned(text)
    } else {
        let without_mark = bytes.strip_prefix(b"\xef\xbb\xbf");
        if without_mark.is_some() {
            notes.push("byte order mark left out");
        }
        let text = String::from_utf8_lossy(without_mark.unwrap_or(bytes));
        if matches!(text, Cow::Owned(_)) {
            notes.push("invalid UTF-8 replaced");
        }
        text
    };
    if text.contains('\r') {
        notes.push("CRLF line ends");
        text = Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if text.contains('\0') {
        notes.push("NUL bytes in it");
    }
    Decoded { text: text.into_owned(), notes }
}

/// None when there is no UTF-16 byte order mark; an error when there is, but what follows is not UTF-16.
fn utf16(bytes: &[u8]) -> Option<Result<String, NotText>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = bytes[2..].as_chunks::<2>();
    if !rest.is_empty() {
        return Some(Err(NotText::BadUtf8(0)));
    }
    let text = char::decode_utf16(pairs.iter().copied().map(unit)).collect::<Result<String, _>>();
    Some(text.map_err(|_| NotText::BadUtf8(0)))
}

/// Whether one of the first two lines declares Latin-1, as PEP 263 has it.
fn declares_latin1(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').take(2).any(|line| {
        let line = String::from_utf8_lossy(&line[..line.len().min(120)]).to_ascii_lowercase();
        let Some((_, name)) = line.trim_start().strip_prefix('#').and_then(|line| line.split_once("coding")) else {
            return false;
        };
        let name = name.trim_start_matches([':', '=', ' ']);
        ["latin-1", "latin1", "latin_1", "iso-8859-1", "iso8859-1", "iso_8859-1"]
            .iter()
            .any(|known| name.starts_with(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_takes_utf8_utf16_and_declared_latin1() {
        assert_eq!(strict(b"a = 1\n".to_vec()), Ok("a = 1\n".to_owned()));
        assert_eq!(strict(b"\xef\xbb\xbfa\r\n".to_vec()), Ok("a\r\n".to_owned()));
        assert_eq!(strict(b"\xff\xfea\0b\0".to_vec()), Ok("ab".to_owned()));
        assert_eq!(strict(b"\xfe\xff\0a\0b".to_vec()), Ok("ab".to_owned()));
        assert_eq!(
            strict(b"# -*- coding: latin-1 -*-\ns = '\xe9'\n".to_vec()),
            Ok("# -*- coding: latin-1 -*-\ns = 'é'\n".to_owned())
        );
    }

    #[test]
    fn strict_refuses_the_rest() {
        assert_eq!(strict(b"ab\0cd".to_vec()), Err(NotText::Binary));
        assert_eq!(strict(b"s = '\xe9'\n".to_vec()), Err(NotText::BadUtf8(5)));
        assert_eq!(strict(b"\xff\xfea".to_vec()), Err(NotText::BadUtf8(0)));
        assert_eq!(strict(b"\xff\xfe\x00\xd8".to_vec()), Err(NotText::BadUtf8(0)), "a lone surrogate");
    }

    #[test]
    fn lossy_notes_what_it_changed() {
        let decoded = lossy(b"\xef\xbb\xbfone\r\ntwo \xff\rthree");
        assert_eq!(decoded.text, "one\ntwo \u{fffd}\nthree");
        assert_eq!(decoded.notes, ["byte order mark left out", "invalid UTF-8 replaced", "CRLF line ends"]);
        assert!(lossy("é\n".as_bytes()).notes.is_empty());
    }
}
