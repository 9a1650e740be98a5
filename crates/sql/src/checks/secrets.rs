//! Secrets written into migrations: keys of the service role, passwords of roles, secrets put into the vault as literals.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use lunette_core::finding::{Evidence, Step, Why};
use lunette_core::observation::{Observation, RiskFacts};

use crate::matrix::tokens::{Kind, Token, tokens};
use crate::outcome::SqlFile;

use super::seen::Look;
use super::statements::line_of;

pub(crate) fn observe(look: &Look<'_>) {
    let files = look.context.files;
    for file in files {
        let found = tokens(file.text);
        let mut told = Vec::new();
        inside(file, &found, 0, 0, &mut told);
        told.sort_by_key(|(at, ..)| *at);
        for (at, what, secret) in told {
            look.keep(observation(file, at, what, &secret));
        }
    }
}

/// A secret's offset in the file, what it is, and its text.
type Found = (usize, &'static str, String);

/// Looks at the tokens of a text that begins at `base` in the file, and into dollar-quoted bodies.
fn inside(file: &SqlFile<'_>, found: &[Token<'_>], base: usize, depth: u32, told: &mut Vec<Found>) {
    for (at, token) in found.iter().enumerate() {
        let Kind::Text(text) = token.kind else { continue };
        let place = base + token.at;
        if let Some(key) = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .find(|word| is_service_key(word))
        {
            told.push((place, "A key of the service role", key.to_owned()));
        } else if let Some(password) = url_password(text) {
            told.push((place, "A connection string with a password", password.to_owned()));
        } else if is_role_password(found, at) && is_secret_like(text) {
            told.push((place, "A role's password", text.to_owned()));
        } else if is_vault_secret(found, at) && is_secret_like(text) && !is_address(text) {
            told.push((place, "A secret for the vault", text.to_owned()));
        } else if depth < 2 && file.text.get(place..).is_some_and(|rest| rest.starts_with('$')) {
            // A dollar-quoted body: the text begins after its tag.
            let tag = file.text[place + 1..].find('$').map_or(0, |end| end + 2);
            inside(file, &tokens(text), place + tag, depth + 1, told);
        }
    }
}

/// A JSON web token whose role is `service_role`, or a secret key of the newer kind.
fn is_service_key(word: &str) -> bool {
    if let Some(rest) = word.strip_prefix("sb_secret_") {
        return rest.len() >= 20;
    }
    let mut parts = word.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if !head.starts_with("eyJ") || signature.len() < 20 || body.len() > 4096 {
        return false;
    }
    let claims = URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok();
    let claims = claims.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    // The key that everybody's local stack has says so itself.
    claims.is_some_and(|claims| claims["role"] == "service_role" && claims["iss"] != "supabase-demo")
}

fn url_password(text: &str) -> Option<&str> {
    let rest = text.split_once("postgres://").or_else(|| text.split_once("postgresql://"))?.1;
    let user = rest.split(['/', ' ', '\'']).next()?.rsplit_once('@')?.0;
    let password = user.split_once(':')?.1;
    is_secret_like(password).then_some(password)
}

/// `CREATE ROLE … PASSWORD '…'` and the like.
fn is_role_password(found: &[Token<'_>], at: usize) -> bool {
    let password = at.checked_sub(1).is_some_and(|before| found[before].is("password"));
    password
        && found[..at]
            .iter()
            .rev()
            .take_while(|token| !token.sign(";"))
            .any(|token| ["role", "user", "group"].iter().any(|word| token.is(word)))
}

fn is_vault_secret(found: &[Token<'_>], at: usize) -> bool {
    at >= 4
        && found[at - 1].sign("(")
        && found[at - 2].is("create_secret")
        && found[at - 3].sign(".")
        && found[at - 4].is("vault")
}

/// An address without a password in it: kept in the vault for being a setting, not for being a secret.
fn is_address(text: &str) -> bool {
    let rest = text
        .split_once("://")
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"));
    rest.is_some_and(|(_, rest)| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // What comes after the host may be a key all the same: hooks of chats are such addresses.
        let long = |part: &str| part.len() >= 16 && part.bytes().any(|byte| byte.is_ascii_digit());
        !host.contains('@') && !rest[host.len()..].split(['/', '=', '&', '?']).any(long)
    })
}

/// Long enough, and neither a placeholder nor the password of everybody's local stack.
fn is_secret_like(text: &str) -> bool {
    let lower = text.to_lowercase();
    let filler = [
        "your",
        "example",
        "changeme",
        "change_me",
        "placeholder",
        "xxx",
        "todo",
        "password",
        "postgres",
        "<",
        "${",
        "{{",
        "secret_here",
        "test",
    ];
    text.chars().count() >= 8 && !text.contains(char::is_whitespace) && !filler.iter().any(|part| lower.contains(part))
}

fn observation(file: &SqlFile<'_>, at: usize, what: &str, secret: &str) -> Observation {
    let shown: String = secret.chars().take(3).collect();
    let redacted = format!("{shown}…, {} characters", secret.chars().count());
    let place = line_of(file, at);
    let from = file.text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |at| at + 1);
    let line = file.text.get(from..).unwrap_or_default().lines().next().unwrap_or_default().trim();
    let code: String = line.replace(secret, "…").chars().take(160).collect();
    Observation {
        check: "sql/secret-in-migration".to_owned(),
        place: place.clone(),
        anchor: format!("{what}/{redacted}"),
        evidence: Evidence::Secret {
            what: what.to_owned(),
            redacted: redacted.clone(),
            at: Step { place, why: Why::Here, code, note: "the secret is written out here".to_owned() },
        },
        details: [
            ("what".to_owned(), what.to_owned()),
            ("redacted".to_owned(), redacted),
            ("object".to_owned(), file.path.to_owned()),
        ]
        .into(),
        confidence: None,
        risk: RiskFacts::default(),
        properties: std::collections::BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", URL_SAFE_NO_PAD.encode(claims), "s".repeat(43))
    }

    #[test]
    fn keys_are_told_by_what_they_are() {
        assert!(is_service_key(&token(r#"{"role":"service_role","iss":"supabase"}"#)));
        assert!(!is_service_key(&token(r#"{"role":"anon","iss":"supabase"}"#)));
        assert!(!is_service_key(&token(r#"{"role":"service_role","iss":"supabase-demo"}"#)));
        assert!(!is_service_key("eyJ.a.b") && !is_service_key("a.b.c.d"));
    }

    #[test]
    fn what_is_no_secret() {
        for text in ["your-password", "short", "two words here", "postgres", "${PASSWORD}"] {
            assert!(!is_secret_like(text), "{text}");
        }
        assert!(is_address("http://api.internal:8000") && is_address("https://abcdefgh.supabase.co/functions/v1"));
        assert!(
            !is_address("https://hooks.example.com/services/T01ABCDEF/B02/q7Zk2mPd9vXwq7Zk2mPd")
                && !is_address("https://a:q7Zk2mPd@b.c")
        );
        assert!(is_secret_like("q7Zk2mPd9vXw"));
        assert_eq!(url_password("postgresql://app:q7Zk2mPd9vXw@db:5432/x"), Some("q7Zk2mPd9vXw"));
        assert_eq!(url_password("postgresql://postgres:postgres@db:5432/x"), None);
    }
}
