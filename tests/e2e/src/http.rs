use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::Response;
use ureq::{Body, Error as TransportError};

/// How long one request may take: a hanging backend is an error, not a hanging test.
const LIMIT: Duration = Duration::from_secs(10);

/// A blocking client of one backend, without proxy and redirects.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    base: String,
}

impl Http {
    pub(crate) fn new(base: String) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(LIMIT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self { agent: config.into(), base }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The body of a 2xx response.
    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<String, QueryError> {
        self.get_with(path, query, &[])
    }

    pub(crate) fn get_with(
        &self,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<String, QueryError> {
        let url = self.url(path);
        let request = self.agent.get(&url).query_pairs(query.iter().copied());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        text(&url, request.call())
    }

    /// Whether there is a 2xx response within `limit`.
    pub(crate) fn answers(&self, path: &str, limit: Duration) -> bool {
        let url = self.url(path);
        let request = self.agent.get(&url).config().timeout_global(Some(limit)).build();
        text(&url, request.call()).is_ok()
    }

    pub(crate) fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, QueryError> {
        let body = self.get(path, query)?;
        self.parse(path, &body)
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self, path: &str, body: &str) -> Result<T, QueryError> {
        serde_json::from_str(body).map_err(|error| {
            let body = body.to_owned();
            QueryError { url: self.url(path), kind: Kind::Shape { error, body } }
        })
    }

    pub(crate) fn post_json(&self, path: &str, body: &impl Serialize) -> Result<String, QueryError> {
        let url = self.url(path);
        text(&url, self.agent.post(&url).send_json(body))
    }

    pub(crate) fn post_empty(&self, path: &str) -> Result<String, QueryError> {
        let url = self.url(path);
        text(&url, self.agent.post(&url).send_empty())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn text(url: &str, response: Result<Response<Body>, TransportError>) -> Result<String, QueryError> {
    let transport = |error| QueryError { url: url.to_owned(), kind: Kind::Transport(error) };
    let mut response = response.map_err(transport)?;
    let body = response.body_mut().with_config().limit(u64::MAX).read_to_string().map_err(transport)?;
    if response.status().is_success() {
        return Ok(body);
    }
    Err(QueryError { url: url.to_owned(), kind: Kind::Status { code: response.status().as_u16(), body } })
}

/// A failed request to a backend.
#[derive(Debug)]
pub struct QueryError {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Transport(TransportError),
    Status { code: u16, body: String },
    Shape { error: serde_json::Error, body: String },
}

impl QueryError {
    /// The HTTP status of the response; `None` without a response, or for one that is malformed.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            Kind::Status { code, .. } => Some(code),
            Kind::Transport(_) | Kind::Shape { .. } => None,
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.url;
        match &self.kind {
            Kind::Transport(_) => write!(f, "no answer from {url}"),
            Kind::Status { code, body } => write!(f, "{url} answered {code}: {}", body.trim_end()),
            Kind::Shape { body, .. } => {
                write!(f, "{url} answered something else than expected: {}", body.trim_end())
            }
        }
    }
}

impl Error for QueryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Transport(error) => Some(error),
            Kind::Shape { error, .. } => Some(error),
            Kind::Status { .. } => None,
        }
    }
}
