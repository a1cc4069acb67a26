use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use radiosonde_core::Secret;

/// How connections to an `https` endpoint are encrypted.
///
/// # Shape
/// Plain values; files are read when a sink or client is built with them, and not at all for an `http` endpoint.
///
/// The system's certificate authorities and the one set here are trusted. They are the system's instead of Mozilla's compiled-in
/// list, because the certificate of a backend inside a company is usually signed by the company's own authority.
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured.
///
/// ```
/// use radiosonde_delivery::{HttpOptions, Pem, TlsOptions};
///
/// let tls = TlsOptions::new()
///     .ca(Pem::file("/etc/ssl/company-ca.pem"))
///     .client_certificate(Pem::file("/run/secrets/client.pem"))
///     .client_key(Pem::file("/run/secrets/client.key"));
/// let http = HttpOptions::new().tls(tls);
/// # drop(http);
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct TlsOptions {
    pub(crate) ca: Option<Pem>,
    pub(crate) client_certificate: Option<Pem>,
    pub(crate) client_key: Option<Pem>,
}

impl TlsOptions {
    /// Trusts the system's certificate authorities and sends no client certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these certificate authorities besides the system's.
    pub fn ca(mut self, pem: Pem) -> Self {
        self.ca = Some(pem);
        self
    }

    /// Authenticates with this certificate chain; needs [`client_key`](Self::client_key) too.
    pub fn client_certificate(mut self, pem: Pem) -> Self {
        self.client_certificate = Some(pem);
        self
    }

    /// The private key of the client certificate.
    pub fn client_key(mut self, pem: Pem) -> Self {
        self.client_key = Some(pem);
        self
    }

    /// Takes what is not set here from `other`. A client certificate and its key are one setting.
    pub fn or(mut self, other: Self) -> Self {
        self.ca = self.ca.or(other.ca);
        if self.client_certificate.is_none() && self.client_key.is_none() {
            (self.client_certificate, self.client_key) = (other.client_certificate, other.client_key);
        }
        self
    }
}

/// Certificates or a private key in PEM form, or the file that holds them. `Debug` shows the file's path and no content.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "PathBuf"))]
pub struct Pem(pub(crate) PemSource);

#[derive(Debug, Clone)]
pub(crate) enum PemSource {
    File(PathBuf),
    Text(Secret<Box<[u8]>>),
}

impl From<PathBuf> for Pem {
    fn from(path: PathBuf) -> Self {
        Self::file(path)
    }
}

impl Pem {
    /// The content of this file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(PemSource::File(path.into()))
    }

    /// This text.
    pub fn text(pem: impl Into<Vec<u8>>) -> Self {
        Self(PemSource::Text(Secret::new(pem.into().into())))
    }
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PemSource::File(path) => write!(f, "{path:?}"),
            PemSource::Text(text) => write!(f, "the given text of {} bytes", text.expose().len()),
        }
    }
}

/// Encryption that cannot be set up.
#[derive(Debug)]
pub struct TlsError {
    pub(crate) what: Cow<'static, str>,
    pub(crate) cause: Option<Box<dyn Error + Send + Sync>>,
}

impl TlsError {
    pub(crate) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), cause: None }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}
