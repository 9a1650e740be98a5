//! Research on the web, behind one interface and off by default.
//!
//! What is fetched is data: it is quoted in a report with its address, date and hash, and never followed. Nothing of the
//! project goes into a query but the names and versions of public packages and ids of advisories.
//!
//! **Invariant.** Every claim cites a page that was fetched in this run, or on the same day and kept with its hash.

pub mod address;
mod cache;
mod client;
mod inquiry;
mod page;
mod provider;
mod sources;
#[cfg(test)]
mod tests;
mod vet;

pub use cache::Cache;
pub use client::{Client, FetchError, Limits, Lookup, Response, SystemLookup};
pub use inquiry::{Budget, inquire};
pub use page::Page;
pub use provider::{Provider, ProviderError};

/// A page that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// What the provider says of it; may be empty.
    pub summary: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResearchError {
    /// Research is off.
    #[error("not researched: offline")]
    Offline,
    /// No search provider is configured.
    #[error("not searched: no search provider is configured")]
    NoProvider,
    /// The request was refused or failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The provider's answer is not what its configuration says.
    #[error("the search provider's answer was not understood: {0}")]
    Answer(String),
}

/// Searching and fetching.
pub trait Research {
    /// Pages for a query, best first.
    ///
    /// # Errors
    /// When research is off, no provider is configured, or the request fails.
    fn search(&self, query: &str) -> Result<Vec<Hit>, ResearchError>;

    /// A page by its address.
    ///
    /// # Errors
    /// When research is off or the request is refused or fails.
    fn fetch(&self, url: &str) -> Result<Page, ResearchError>;
}

/// No research.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Research for Offline {
    fn search(&self, _query: &str) -> Result<Vec<Hit>, ResearchError> {
        Err(ResearchError::Offline)
    }

    fn fetch(&self, _url: &str) -> Result<Page, ResearchError> {
        Err(ResearchError::Offline)
    }
}

/// Research over HTTPS.
#[derive(Clone, Debug)]
pub struct Web {
    client: Client,
    provider: Option<Provider>,
    cache: Option<Cache>,
    /// The day of the run (ISO), an input.
    date: String,
    /// The time, when there is a clock.
    clock: Option<fn() -> String>,
}

impl Web {
    /// Research on a day, with a provider to search and a folder to keep pages in, if there are any.
    pub fn new(client: Client, provider: Option<Provider>, cache: Option<Cache>, date: &str) -> Self {
        Web { client, provider, cache, date: date.to_owned(), clock: None }
    }

    /// With a clock that says when a page was fetched (ISO, UTC).
    #[must_use]
    pub fn with_clock(self, clock: fn() -> String) -> Self {
        Web { clock: Some(clock), ..self }
    }

    /// A page of the day that is kept, or fetched now and kept.
    fn page(&self, url: &str, key: Option<(&str, &str)>) -> Result<Page, FetchError> {
        if let Some(page) = self.cache.as_ref().and_then(|cache| cache.get(url, &self.date)) {
            return Ok(page);
        }
        let fetched = self.clock.map_or_else(|| self.date.clone(), |clock| clock());
        let page = Page::of(self.client.get(url, key)?, &self.date, &fetched);
        if let Some(cache) = &self.cache {
            // A cache that cannot be written costs time, not truth.
            let _ = cache.put(url, &page);
        }
        Ok(page)
    }
}

impl Research for Web {
    fn search(&self, query: &str) -> Result<Vec<Hit>, ResearchError> {
        let provider = self.provider.as_ref().ok_or(ResearchError::NoProvider)?;
        provider.hits(self.page(&provider.url(query), provider.key())?.text.as_bytes())
    }

    fn fetch(&self, url: &str) -> Result<Page, ResearchError> {
        Ok(self.page(url, None)?)
    }
}
