use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use radiosonde_core::Secret;

/// A certificate and its key, for a listener that speaks HTTPS: see [`MetricsOptions::tls`](crate::MetricsOptions::tls).
///
/// # Shape
/// TLS 1.2 and 1.3 by rustls, HTTP/1.1. Files are read once, when the listener starts: a renewed certificate needs a new listener.
/// With the feature `serde`: the paths `certificate` and `key`.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub struct Tls {
    certificate: Pem,
    key: Pem,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "PathBuf"))]
enum Pem {
    File(PathBuf),
    Text(Secret<Vec<u8>>),
}

impl From<PathBuf> for Pem {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl Tls {
    /// From PEM: the certificate, followed by those that it is signed by, and its private key.
    #[must_use]
    pub fn from_pem(certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let text = |text| Pem::Text(Secret::new(text));
        Self { certificate: text(certificate.into()), key: text(key.into()) }
    }

    /// Like [`from_pem`](Self::from_pem), from two files.
    #[must_use]
    pub fn from_files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into().into(), key: key.into().into() }
    }

    /// The certificate and the key as PEM.
    pub(crate) fn read(&self) -> Result<[Cow<'_, [u8]>; 2], InvalidTls> {
        fn read(pem: &Pem) -> Result<Cow<'_, [u8]>, InvalidTls> {
            match pem {
                Pem::Text(text) => Ok(Cow::Borrowed(text.expose().as_slice())),
                Pem::File(path) => std::fs::read(path).map(Cow::Owned).map_err(|error| {
                    InvalidTls::new(format!("cannot read {}", path.display())).caused_by(error)
                }),
            }
        }
        Ok([read(&self.certificate)?, read(&self.key)?])
    }
}

/// A certificate or a key that no listener can use.
#[derive(Debug)]
pub struct InvalidTls {
    what: Cow<'static, str>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl InvalidTls {
    pub(crate) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into(), cause: None }
    }

    pub(crate) fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }
}

impl fmt::Display for InvalidTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for InvalidTls {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}
