use std::fmt;
use std::io;
use std::time::Duration;

use super::HttpClient;
use crate::transport::client::Client;
use crate::transport::endpoint::Endpoint;
use crate::transport::options::{HttpOptions, HttpOptionsError};

/// Collects a [`HttpClient`]'s settings.
#[must_use]
#[derive(Debug, Clone)]
pub struct HttpClientBuilder {
    endpoint: Endpoint,
    http: HttpOptions,
    timeout: Duration,
    max_answer_bytes: usize,
}

impl HttpClientBuilder {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            http: HttpOptions::new(),
            timeout: Duration::from_secs(30),
            max_answer_bytes: 64 << 20,
        }
    }

    /// Headers and credentials of every request to the endpoint's server.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// How long a request may take, from the connection to the end of the answer; 30 seconds unless set.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long an answer's body may be, as it is sent; 64 MiB unless set.
    pub const fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }

    /// Starts the client's thread. Connections are made by the first requests.
    ///
    /// # Errors
    /// [`ClientError`] if a header, credentials or certificates are refused, or the operating system gives no thread.
    pub fn build(self) -> Result<HttpClient, ClientError> {
        let client = Client::new(&self.endpoint, &self.http, self.timeout).map_err(ClientError::Http)?;
        HttpClient::start(client, self.max_answer_bytes).map_err(ClientError::Thread)
    }
}

/// A client that cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// A header, credentials or certificates are refused.
    Http(HttpOptionsError),
    /// The operating system gave no thread, or the thread no event queue.
    Thread(io::Error),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(error) => return error.fmt(f),
            Self::Thread(_) => "the client's thread could not be started",
        })
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Thread(error) => Some(error),
        }
    }
}
