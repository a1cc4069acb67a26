use std::fmt;
use std::io;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::HttpClient;
use crate::transport::client::Client;
use crate::transport::endpoint::Endpoint;
use crate::transport::options::{HttpOptions, HttpOptionsError};
use crate::transport::tls::{self, InvalidCertificates};

/// Collects a [`HttpClient`]'s settings.
#[must_use]
#[derive(Debug, Clone)]
pub struct HttpClientBuilder {
    endpoint: Endpoint,
    http: HttpOptions,
    certificates: Vec<CertificateDer<'static>>,
    timeout: Duration,
    max_answer_bytes: usize,
}

impl HttpClientBuilder {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self {
            endpoint: endpoint.clone(),
            http: HttpOptions::new(),
            certificates: Vec::new(),
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

    /// Trusts these certificate authorities, in PEM form, besides the system's.
    ///
    /// # Errors
    /// [`InvalidCertificates`] if the text holds none or one of them cannot be used.
    pub fn certificate_authorities(mut self, pem: &[u8]) -> Result<Self, InvalidCertificates> {
        self.certificates.extend(tls::parse_pem(pem)?);
        Ok(self)
    }

    /// Starts the client's thread. Connections are made by the first requests.
    ///
    /// # Errors
    /// [`ClientError`] if a header or the credentials are refused, there is nothing to trust for an `https` endpoint, or the
    /// operating system gives no thread.
    pub fn build(self) -> Result<HttpClient, ClientError> {
        let headers = self.http.prepare().map_err(ClientError::Http)?;
        let tls = if self.endpoint.is_https() { tls::trusting(&self.certificates) } else { tls::unused() }
            .map_err(ClientError::Certificates)?;
        let client = Client::new(&tls, self.endpoint, headers, self.timeout);
        HttpClient::start(client, self.max_answer_bytes).map_err(ClientError::Thread)
    }
}

/// A client that cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// A header or the credentials are refused.
    Http(HttpOptionsError),
    /// There is nothing to trust.
    Certificates(InvalidCertificates),
    /// The operating system gave no thread, or the thread no event queue.
    Thread(io::Error),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(error) => return error.fmt(f),
            Self::Certificates(_) => "there is nothing to trust for the client",
            Self::Thread(_) => "the client's thread could not be started",
        })
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Certificates(error) => Some(error),
            Self::Thread(error) => Some(error),
        }
    }
}
