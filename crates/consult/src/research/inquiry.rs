//! One run's research: public questions in, claims with their pages out, within a budget.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lunette_core::research::{Ask, Cited, MAX_ASKS, Researched};
use lunette_core::text::count;
use lunette_intel::matching::Knowledge;
use serde_json::Value;
use url::Url;

use super::vet::{Public, public};
use super::{Hit, Page, Research, ResearchError, sources};

/// Records of the NVD asked for: it answers five requests in half a minute.
const MAX_NVD: usize = 4;
/// Advisories searched for, and pages of each that are looked at.
const MAX_SEARCHES: usize = 3;
const MAX_PAGES: usize = 2;
/// Failures after which a host is left alone.
const PATIENCE: u32 = 2;

/// Bounds on one run.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Addresses asked.
    pub requests: usize,
    /// Time for all of them; one that has begun may end later by its own time.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { requests: 60, time: Duration::from_secs(90) }
    }
}

/// Asks the public sources. `known` decides what is public; `today` (ISO) is the day of the run.
pub fn inquire(web: &dyn Research, asks: &[Ask], known: &Knowledge, today: &str, budget: Budget) -> Researched {
    let mut vetted = Vec::new();
    let mut kept_back = 0;
    for ask in asks.iter().take(MAX_ASKS) {
        match public(ask, known) {
            Ok(Some(ask)) if !vetted.contains(&ask) => vetted.push(ask),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => kept_back += 1,
        }
    }
    let mut run = Run {
        web,
        budget,
        begun: Instant::now(),
        hosts: BTreeMap::new(),
        unasked: BTreeMap::new(),
        out: Researched::default(),
    };
    if kept_back > 0 {
        let what = count(kept_back, "question");
        run.out
            .failures
            .push(format!("Not asked: {what} about what no public advisory names; it stays on this machine."));
    }
    run.advisories(&vetted);
    run.versions(&vetted, today);
    run.searches(&vetted);
    run.finish()
}

struct Run<'a> {
    web: &'a dyn Research,
    budget: Budget,
    begun: Instant,
    /// Failures in a row, by host.
    hosts: BTreeMap<String, u32>,
    /// Questions that were not asked, by reason.
    unasked: BTreeMap<String, usize>,
    out: Researched,
}

impl Run<'_> {
    fn advisories(&mut self, asks: &[Public]) {
        let mut all: Vec<String> = Vec::new();
        for ask in asks {
            let Public::Advisory { id, cves, .. } = ask else { continue };
            let page = self.page(&sources::osv_url(id), id);
            self.claim(page, id, |answer| Some(vec![(id.clone(), sources::osv(id, answer)?)]));
            all.extend(cves.iter().filter(|cve| !all.contains(cve)).cloned().collect::<Vec<_>>());
        }
        if all.is_empty() {
            return;
        }
        let about = all.join(", ");
        let page = self.page(sources::KEV, &about);
        self.claim(page, &about, |answer| sources::kev(&all, answer));
        let page = self.page(&sources::epss_url(&all), &about);
        self.claim(page, &about, |answer| sources::epss(&all, answer));
        for cve in all.iter().take(MAX_NVD) {
            let page = self.page(&sources::nvd_url(cve), cve);
            self.claim(page, cve, |answer| Some(vec![(cve.clone(), sources::nvd(cve, answer)?)]));
        }
    }

    fn versions(&mut self, asks: &[Public], today: &str) {
        for ask in asks {
            match ask {
                Public::Advisory { .. } => {}
                Public::Version { npm, package, version } => {
                    let about = format!("{package} {version}");
                    let Some(url) = sources::version_url(*npm, package, version) else { continue };
                    let page = self.page(&url, &about);
                    self.claim(page, &about, |answer| {
                        Some(vec![(about.clone(), sources::version(*npm, package, version, answer)?)])
                    });
                }
                Public::Release { product, release } => {
                    let about = format!("{product} {release}");
                    let page = self.page(&sources::release_url(product, release), &about);
                    self.claim(page, &about, |answer| {
                        Some(vec![(about.clone(), sources::release(product, release, today, answer)?)])
                    });
                }
            }
        }
    }

    /// Pages that a search finds on the gravest advisories. Only what a page says about the advisory itself is quoted.
    fn searches(&mut self, asks: &[Public]) {
        let advisories = asks.iter().filter_map(|ask| match ask {
            Public::Advisory { id, cves, packages } => Some((id, cves, packages)),
            _ => None,
        });
        for (id, cves, packages) in advisories.take(MAX_SEARCHES) {
            let name = cves.first().unwrap_or(id);
            let query = format!("{name} {}", packages.first().map_or("", String::as_str));
            if let Some(why) = self.refused("the search provider") {
                *self.unasked.entry(why).or_default() += 1;
                continue;
            }
            let hits = match self.web.search(query.trim()) {
                Ok(hits) => hits,
                Err(ResearchError::NoProvider) => {
                    self.out.failures.push("Not searched: no search provider is configured.".to_owned());
                    return;
                }
                Err(error) => {
                    *self.hosts.entry("the search provider".to_owned()).or_default() += 1;
                    self.out.failures.push(format!("A search for {name}: {error}."));
                    continue;
                }
            };
            self.out.sent.push(format!("search: {}", query.trim()));
            self.pages(hits, id, cves);
        }
    }

    fn pages(&mut self, hits: Vec<Hit>, id: &str, cves: &[String]) {
        let ids: Vec<&str> = std::iter::once(id).chain(cves.iter().map(String::as_str)).collect();
        for hit in hits.into_iter().take(MAX_PAGES) {
            let Some(page) = self.page(&hit.url, id) else { continue };
            if let Some(words) = sources::mention(&ids, &page.text) {
                let title =
                    if page.title.is_empty() { String::new() } else { format!("{}: ", sources::quote(&page.title)) };
                self.out.claims.push(cited(
                    id.to_owned(),
                    format!("A page found by search says of it, {title}{words}"),
                    &page,
                ));
            }
        }
    }

    /// Why a host is not to be asked now.
    fn refused(&self, host: &str) -> Option<String> {
        if self.out.sent.len() >= self.budget.requests {
            return Some(format!("{} addresses were asked, which is all that one run may", self.budget.requests));
        }
        if self.begun.elapsed() >= self.budget.time {
            return Some(format!("the {} seconds for research were used up", self.budget.time.as_secs()));
        }
        (self.hosts.get(host).copied().unwrap_or(0) >= PATIENCE).then(|| format!("{host} failed {PATIENCE} times"))
    }

    fn page(&mut self, url: &str, about: &str) -> Option<Page> {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        if let Some(why) = self.refused(&host) {
            *self.unasked.entry(why).or_default() += 1;
            return None;
        }
        self.out.sent.push(url.to_owned());
        match self.web.fetch(url) {
            Ok(page) => {
                self.hosts.remove(&host);
                Some(page)
            }
            Err(error) => {
                *self.hosts.entry(host.clone()).or_default() += 1;
                self.out.failures.push(format!("{host} on {about}: {error}."));
                None
            }
        }
    }

    /// Reads claims from a page of JSON.
    fn claim(&mut self, page: Option<Page>, about: &str, read: impl FnOnce(&Value) -> Option<Vec<(String, String)>>) {
        let Some(page) = page else { return };
        let answer = serde_json::from_str::<Value>(&page.text).ok();
        if let Some(claims) = answer.as_ref().and_then(read) {
            self.out.claims.extend(claims.into_iter().map(|(about, claim)| cited(about, claim, &page)));
        } else {
            let host = Url::parse(&page.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            self.out.failures.push(format!("{host} on {about}: the answer was not understood."));
        }
    }

    fn finish(mut self) -> Researched {
        for (why, n) in std::mem::take(&mut self.unasked) {
            self.out.failures.push(format!("Not asked: {}, because {why}.", count(n, "question")));
        }
        self.out
    }
}

fn cited(about: String, claim: String, page: &Page) -> Cited {
    Cited { about, claim, url: page.url.clone(), fetched: page.fetched.clone(), sha256: page.sha256.clone() }
}

#[cfg(test)]
#[path = "inquiry_tests.rs"]
mod tests;
