use std::fmt;
use std::io;
use std::time::Duration;

use crate::client::http_client::HttpClient;
use crate::transport::endpoint::Endpoint;
use crate::transport::http_options_error::HttpOptionsError;
use crate::transport::http_transport::HttpTransport;
use crate::transport::http_version::HttpVersion;
use crate::transport::options::HttpOptions;
use crate::transport::pool::Connections;

/// Builder of an [`HttpClient`].
#[must_use]
#[derive(Debug, Clone)]
pub struct HttpClientBuilder {
    endpoint: Endpoint,
    http: HttpOptions,
    timeout: Duration,
    max_response_bytes: usize,
}

impl HttpClientBuilder {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            http: HttpOptions::new(),
            timeout: Duration::from_secs(30),
            max_response_bytes: 64 << 20,
        }
    }

    /// Headers and credentials of every request to the endpoint's server.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Bound of one request, from the connection to the end of the response. Default: 30 seconds.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bound of a response's body, as it is sent. Default: 64 MiB.
    pub const fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Starts the client's thread. Connections are opened by the first requests.
    ///
    /// # Errors
    /// [`HttpClientBuildError`] if a header, credentials or certificates are refused, or no thread can be started.
    pub fn build(self) -> Result<HttpClient, HttpClientBuildError> {
        let connections = Connections { version: HttpVersion::Http1, timeout: self.timeout, requests: 1 };
        let transport = HttpTransport::new(&self.endpoint, &self.http, connections)
            .map_err(HttpClientBuildError::Http)?;
        HttpClient::start(transport, self.max_response_bytes).map_err(HttpClientBuildError::Thread)
    }
}

/// An HTTP client that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpClientBuildError {
    /// A header, credentials or certificates are refused.
    Http(HttpOptionsError),
    /// The operating system refused a thread or its event queue.
    Thread(io::Error),
}

impl fmt::Display for HttpClientBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(error) => return error.fmt(f),
            Self::Thread(_) => "the client's thread could not be started",
        })
    }
}

impl std::error::Error for HttpClientBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Thread(error) => Some(error),
        }
    }
}
