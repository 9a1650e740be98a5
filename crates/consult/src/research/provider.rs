//! A search provider, described by a file of the user's: where to ask, and where the hits are in its JSON.

use serde::Deserialize;
use serde_json::Value;

use super::{Hit, ResearchError};

/// Hits taken from one answer.
const MAX_HITS: usize = 10;
/// Longest query sent, in characters.
const MAX_QUERY: usize = 200;

/// A provider.
///
/// ```toml
/// url = "https://api.search.example/web?q={query}"
/// key-header = "X-Api-Key"       # the request header that takes the key
/// key-env = "SEARCH_API_KEY"     # the environment variable that holds it
/// results = "/web/results"       # JSON pointers: the list, and in each entry
/// link = "/url"
/// title = "/title"
/// summary = "/description"
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {
    url: String,
    #[serde(default)]
    key_header: Option<String>,
    #[serde(default)]
    key_env: Option<String>,
    results: String,
    link: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    /// The key itself, never from the file.
    #[serde(skip)]
    key: Option<String>,
}

/// A provider's file that is faulty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProviderError(String);

impl Provider {
    /// Reads a provider's file; `environment` gives the key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ProviderError> {
        let mut provider: Provider = toml::from_str(text).map_err(|error| ProviderError(error.to_string()))?;
        if !provider.url.starts_with("https://") || !provider.url.contains("{query}") {
            return Err(ProviderError("`url` starts with https:// and has {query} in it".to_owned()));
        }
        if provider.key_header.is_some() != provider.key_env.is_some() {
            return Err(ProviderError("`key-header` and `key-env` go together".to_owned()));
        }
        if let Some(name) = &provider.key_env {
            provider.key =
                Some(environment(name).ok_or_else(|| ProviderError(format!("the environment has no {name}")))?);
        }
        Ok(provider)
    }

    /// The address that answers a query.
    pub(super) fn url(&self, query: &str) -> String {
        let query: String = query.chars().filter(|c| !c.is_control()).take(MAX_QUERY).collect();
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        self.url.replace("{query}", &encoded)
    }

    /// Header and value of the key.
    pub(super) fn key(&self) -> Option<(&str, &str)> {
        self.key_header.as_deref().zip(self.key.as_deref())
    }

    /// The hits in an answer.
    pub(super) fn hits(&self, body: &[u8]) -> Result<Vec<Hit>, ResearchError> {
        let answer: Value = serde_json::from_slice(body).map_err(|error| ResearchError::Answer(error.to_string()))?;
        let list = answer.pointer(&self.results).and_then(Value::as_array);
        let list = list.ok_or_else(|| ResearchError::Answer(format!("there is no list at `{}`", self.results)))?;
        let text = |entry: &Value, pointer: Option<&String>| {
            pointer.and_then(|pointer| entry.pointer(pointer)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let hit = |entry: &Value| Hit {
            url: text(entry, Some(&self.link)),
            title: text(entry, self.title.as_ref()),
            summary: text(entry, self.summary.as_ref()),
        };
        Ok(list.iter().map(hit).filter(|hit| hit.url.starts_with("https://")).take(MAX_HITS).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILE: &str = "url = 'https://s.example/?q={query}'\nkey-header = 'X-Key'\nkey-env = 'KEY'\nresults = '/web/results'\nlink = '/url'\ntitle = '/title'\n";

    #[test]
    fn hits_are_found_where_the_file_says() {
        let provider = Provider::parse(FILE, |_| Some("secret".to_owned())).unwrap();
        assert_eq!(provider.url("a b&c"), "https://s.example/?q=a+b%26c");
        assert_eq!(provider.key(), Some(("X-Key", "secret")));
        let answer = br#"{"web": {"results": [{"url": "https://a.example/", "title": "A"}, {"url": "http://plain.example/"}, {}]}}"#;
        let hits = provider.hits(answer).unwrap();
        assert_eq!(hits, [Hit { url: "https://a.example/".into(), title: "A".into(), summary: String::new() }]);
        assert!(matches!(provider.hits(b"[]"), Err(ResearchError::Answer(_))));
        assert!(matches!(provider.hits(b"<html>"), Err(ResearchError::Answer(_))));
    }

    #[test]
    fn faulty_files_are_told() {
        let told = |text: &str| Provider::parse(text, |_| None).unwrap_err().0;
        assert!(told("url = 1").contains("url"));
        assert!(told(&FILE.replace("https://", "http://")).contains("https"));
        assert!(told(&FILE.replace("key-env = 'KEY'\n", "")).contains("go together"));
        assert!(told(FILE).contains("no KEY"));
    }
}
