//! Values assigned to a name that says they are secret.

use std::ops::Range;

use memchr::memchr3;

/// Shortest value that is hidden, in characters.
const MIN_VALUE: usize = 8;
/// How far a name is looked for before its value, in bytes.
const LOOK_BACK: usize = 128;

pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    quoted(text, spans);
    let mut start = 0;
    for line in text.split('\n') {
        bare(line, start, spans);
        start += line.len() + 1;
    }
}

/// `NAME = "value"` and its many forms. Each quote is looked at once; the name is found by looking back from it.
fn quoted(text: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr3(b'"', b'\'', b'`', &bytes[from..]).map(|at| from + at) {
        let quote = bytes[at];
        let same = bytes[at..].iter().take(3).take_while(|byte| **byte == quote).count();
        if same == 2 {
            from = at + 2;
            continue;
        }
        if !names_a_secret(text, at) {
            from = at + same;
            continue;
        }
        let start = at + same;
        let end = end_of_string(bytes, start, quote, same == 3);
        if is_value(&text[start..end]) {
            spans.push(start..end);
        }
        from = (end + 1).min(bytes.len());
    }
}

/// Where a string ends: at its quote, at the end of the line unless it is a triple-quoted one, or at the text's end.
fn end_of_string(bytes: &[u8], start: usize, quote: u8, many_lines: bool) -> usize {
    let escaped = start >= 2 && bytes[start - 2] == b'\\';
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            // In a string within a string both quotes are escaped.
            b'\\' if escaped && bytes.get(at + 1) == Some(&quote) => return at,
            b'\\' => at += 1,
            b'\n' if !many_lines => return at,
            byte if byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Whether the string that begins at `quote` is given to a name such as `password`: `name =`, `"name":`, `name: T =`,
/// `["name"] =`, `get("name",`, `env.NAME ||`, `PASSWORD '…'`.
fn names_a_secret(text: &str, quote: usize) -> bool {
    let bytes = text.as_bytes();
    let floor = quote.saturating_sub(LOOK_BACK);
    let mut back = Back { bytes, at: quote, floor };
    back.string_prefix();
    let spaces = back.spaces();
    if back.any(&["===", "!==", "==", "!=", ":=", "=>", "=", ":", "||", "??"]) || (spaces > 0 && back.word("or")) {
        back.spaces();
        back.closers();
        let name = back.name();
        if is_secret_name(name) {
            return true;
        }
        back.spaces();
        if matches!(name, "default" | "fallback") {
            return back.any(&[","]) && back.quoted_name_of_call();
        }
        // A type between the name and its value.
        back.any(&[":"]) && {
            back.spaces();
            back.closers();
            is_secret_name(back.name())
        }
    } else if back.any(&[","]) {
        back.quoted_name_of_call()
    } else {
        // SQL: CREATE ROLE … PASSWORD '…', IDENTIFIED BY '…'.
        spaces > 0 && {
            let word = back.name();
            word.eq_ignore_ascii_case("password") || (word.eq_ignore_ascii_case("by") && back.after("identified "))
        }
    }
}

/// Reads backwards, no further than `floor`.
struct Back<'a> {
    bytes: &'a [u8],
    at: usize,
    floor: usize,
}

impl<'a> Back<'a> {
    fn last(&self) -> Option<u8> {
        (self.at > self.floor).then(|| self.bytes[self.at - 1])
    }

    fn spaces(&mut self) -> usize {
        let before = self.at;
        while matches!(self.last(), Some(b' ' | b'\t')) {
            self.at -= 1;
        }
        before - self.at
    }

    /// `b"…"`, `f'…'`, `\"…\"`.
    fn string_prefix(&mut self) {
        let before = self.at;
        if self.last() == Some(b'\\') {
            self.at -= 1;
            return;
        }
        while before - self.at < 2 && matches!(self.last(), Some(b'b' | b'B' | b'f' | b'F' | b'r' | b'R' | b'u' | b'U'))
        {
            self.at -= 1;
        }
        if self.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at = before;
        }
    }

    /// What closes around a name: `"name"]`, `name?`, `get("name")`.
    fn closers(&mut self) {
        for _ in 0..4 {
            if matches!(self.last(), Some(b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b'?' | b'!')) {
                self.at -= 1;
            }
        }
    }

    fn any(&mut self, marks: &[&str]) -> bool {
        let head = &self.bytes[self.floor..self.at];
        let Some(mark) = marks.iter().find(|mark| head.ends_with(mark.as_bytes())) else { return false };
        self.at -= mark.len();
        true
    }

    fn word(&mut self, word: &str) -> bool {
        let head = &self.bytes[self.floor..self.at];
        let is = head.strip_suffix(word.as_bytes()).is_some_and(|rest| rest.last().is_some_and(|byte| *byte == b' '));
        if is {
            self.at -= word.len();
        }
        is
    }

    fn after(&self, words: &str) -> bool {
        let head = &self.bytes[self.floor..self.at];
        head.len() >= words.len() && head[head.len() - words.len()..].eq_ignore_ascii_case(words.as_bytes())
    }

    fn name(&mut self) -> &'a str {
        let end = self.at;
        while self.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            self.at -= 1;
        }
        std::str::from_utf8(&self.bytes[self.at..end]).unwrap_or_default()
    }

    /// `("NAME"` before a comma: the default of a look-up.
    fn quoted_name_of_call(&mut self) -> bool {
        self.spaces();
        if !matches!(self.last(), Some(b'"' | b'\'')) {
            return false;
        }
        self.at -= 1;
        let name = self.name();
        matches!(self.last(), Some(b'"' | b'\'')) && is_secret_name(name) && {
            self.at -= 1;
            self.spaces();
            self.last() == Some(b'(')
        }
    }
}

/// `NAME=value` as in an env file, `name: value` as in YAML: without quotes.
fn bare(line: &str, start: usize, spans: &mut Vec<Range<usize>>) {
    let mut rest = line.trim_start();
    for word in ["export ", "ENV ", "ARG ", "- ", "set "] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    let (name, after) = rest.split_at(length);
    if !is_secret_name(name) {
        return;
    }
    let is_env = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    let (value, yaml) = match (after.strip_prefix('='), after.strip_prefix(": ")) {
        (Some(value), _) if is_env => (value, false),
        (_, Some(value)) => (value.trim_start(), true),
        _ => return,
    };
    let value = value.trim_end();
    let end = value.find([' ', '\t', '#', ';']).unwrap_or(value.len());
    let (value, trailing) = value.split_at(end);
    let is_comment = trailing.is_empty() || trailing.trim_start().starts_with('#');
    let is_code =
        value.contains(['(', ')', '[', '{', '"', '\'', '`', ',']) || value.starts_with(['$', '&', '*', '!', '|', '>']);
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    // Without digits it may be a type (`token: AccessToken`) or a reference (`TOKEN=config.token`).
    let is_reference = if yaml {
        !(has(|byte| byte.is_ascii_digit()) && has(|byte| byte.is_ascii_alphabetic()))
    } else {
        value.contains('.') && value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_'))
    };
    if is_comment && !is_code && !is_reference && is_value(value) {
        // `value` lies in `line`: the distance between the two is its offset.
        let at = start + (value.as_ptr() as usize - line.as_ptr() as usize);
        spans.push(at..at + value.len());
    }
}

/// Whether a name's last word says that its value is secret: `db_password`, `apiKey`, `JWT_SECRET`; not
/// `passwordError`, `token_url`, `publicKey`.
fn is_secret_name(name: &str) -> bool {
    if name.len() > 64 {
        return false;
    }
    let mut words = words_of(name);
    while words.last().is_some_and(|word| {
        matches!(word.as_str(), "base" | "value" | "default" | "str") || word.bytes().all(|byte| byte.is_ascii_digit())
    }) {
        words.pop();
    }
    let Some(last) = words.pop() else { return false };
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    match last {
        "secret" | "secrets" | "password" | "passwd" | "pwd" | "pass" | "passphrase" | "passcode" | "token"
        | "apikey" | "secretkey" | "privatekey" | "accesskey" | "authtoken" | "accesstoken" | "credential"
        | "credentials" | "pepper" => true,
        "key" | "keys" => words.last().is_some_and(|word| {
            matches!(
                word.as_str(),
                "api"
                    | "secret"
                    | "private"
                    | "access"
                    | "encryption"
                    | "encrypt"
                    | "signing"
                    | "sign"
                    | "master"
                    | "service"
                    | "auth"
                    | "session"
                    | "jwt"
                    | "storage"
                    | "account"
                    | "role"
                    | "license"
                    | "crypto"
                    | "cipher"
                    | "aes"
                    | "hmac"
                    | "cookie"
                    | "app"
                    | "admin"
            )
        }),
        _ => false,
    }
}

/// The words of a name in snake, kebab or camel case, in lower case.
fn words_of(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let mut words: Vec<String> = Vec::new();
    let mut starts = true;
    for (at, byte) in bytes.iter().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            starts = true;
            continue;
        }
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(at + 1);
        let is_upper = byte.is_ascii_uppercase();
        let new_hump = is_upper && before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        let end_of_acronym = is_upper
            && before.is_some_and(|before| before.is_ascii_uppercase())
            && after.is_some_and(u8::is_ascii_lowercase);
        if starts || new_hump || end_of_acronym {
            words.push(String::new());
            starts = false;
        }
        if let Some(word) = words.last_mut() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    words
}

/// Whether it is written as the name of an environment variable.
fn is_variable(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Whether a string given to a secret's name is a secret: not a message, a reference, a mask or the name of a field.
fn is_value(value: &str) -> bool {
    if value.chars().count() < MIN_VALUE || value.contains("://") {
        return false;
    }
    if ["${", "{{", "<%", "#{", "%(", "%s", "$("].iter().any(|mark| value.contains(mark))
        || value.starts_with("env(")
        // `$NAME`, but not `$2b$12$…`, which is the hash of a password.
        || value.strip_prefix('$').is_some_and(|rest| !rest.contains('$'))
        || (value.starts_with('<') && value.ends_with('>'))
    {
        return false;
    }
    let first = value.bytes().next();
    if value.bytes().all(|byte| Some(byte) == first || matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-')) {
        return false;
    }
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    match value.split_whitespace().count() {
        0 => false,
        1 => has_digit || !is_secret_name(value) || (words_of(value).len() > 2 && !is_variable(value)),
        2 => has_digit,
        // A sentence.
        _ => false,
    }
}
