//! The transport of `lunette intel update`: HTTPS with certificates checked, to the fixed addresses of public databases.

use std::fmt::Write as _;
use std::time::Duration;

use lunette_intel::snapshot::update::{Answer, Fetch, Refusal, Request, stated_crc32c};
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode, header};

/// Time for the answer's headers to come.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time for all of a file.
const LONGEST: Duration = Duration::from_hours(1);

/// Downloads over HTTPS, through the proxy of the environment if there is one.
#[derive(Clone, Debug)]
pub struct Https {
    agent: Agent,
    /// Unit of the pauses between attempts.
    pause: Duration,
}

impl Default for Https {
    fn default() -> Self {
        let builder = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(3)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_recv_body(Some(LONGEST))
            .user_agent(concat!("lunette/", env!("CARGO_PKG_VERSION")));
        #[cfg(debug_assertions)]
        if let Some(loopback) = crate::loopback::Loopback::of_environment() {
            let config = builder.tls_config(loopback.tls.clone()).proxy(None).build();
            let connector = ureq::unversioned::transport::DefaultConnector::default();
            let agent = Agent::with_parts(config, connector, loopback);
            return Https { agent, pause: Duration::from_millis(1) };
        }
        Https { agent: Agent::new_with_config(builder.build()), pause: Duration::from_secs(1) }
    }
}

impl Fetch for Https {
    fn get(&mut self, request: &Request) -> Result<Answer, Refusal> {
        // The bytes as they are stored: positions and hashes are those of the file.
        let mut call = self.agent.get(request.url).header(header::ACCEPT_ENCODING, "identity");
        if request.from > 0 {
            call = call.header(header::RANGE, format!("bytes={}-", request.from));
        }
        if let Some(etag) = &request.etag {
            call = call.header(if request.from > 0 { header::IF_RANGE } else { header::IF_NONE_MATCH }, etag);
        }
        let response = call.call().map_err(|error| error.to_string())?;
        let headers = response.headers();
        let etag = text(headers, header::ETAG).map(str::to_owned);
        let (from, length) = match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Answer::NotModified),
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(Answer::NoSuchRange),
            StatusCode::OK => (0, text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok())),
            StatusCode::PARTIAL_CONTENT => range(text(headers, header::CONTENT_RANGE).unwrap_or_default())
                .ok_or_else(|| "the server does not say which part it sends".to_owned())?,
            status => return Err(refusal(status, text(headers, header::RETRY_AFTER))),
        };
        let mut stated = headers.get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
        let crc32c = stated.find_map(stated_crc32c);
        Ok(Answer::Body {
            from,
            length,
            etag,
            crc32c,
            body: Box::new(response.into_body().into_with_config().limit(u64::MAX).reader()),
        })
    }

    fn pause(&mut self, attempt: u32) {
        std::thread::sleep(self.pause * (1 << attempt.min(4)));
    }
}

/// What the server says instead of the file. What is the caller's fault, and what the server is asked too often, is not
/// asked again at once.
fn refusal(status: StatusCode, retry_after: Option<&str>) -> Refusal {
    let lasting = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT || retry_after.is_some();
    let mut why = format!("the server answered {status}");
    if let Some(after) = retry_after {
        // Seconds or a date, written by the server.
        let after: String = after.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(40).collect();
        let unit = if after.bytes().all(|byte| byte.is_ascii_digit()) { " seconds" } else { "" };
        let word = if unit.is_empty() { "until" } else { "for" };
        let _ = write!(why, ", and asks to wait {word} {after}{unit}");
    }
    Refusal { why, lasting }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// First byte and whole length of `bytes 5-9/10`; the length may be `*`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (bytes, length) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((bytes.split_once('-')?.0.parse().ok()?, length.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_say_where_they_begin() {
        assert_eq!(range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(range("bytes 5-9/*"), Some((5, None)));
        for bad in ["", "bytes */10", "items 5-9/10", "bytes 5/10"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
