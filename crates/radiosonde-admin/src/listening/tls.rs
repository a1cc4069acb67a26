use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::listening::listener::{Door, ListenError, Listener};
use crate::metrics::service::MetricsService;

/// A certificate and its key, for a [`Listener`] that speaks HTTPS.
///
/// TLS 1.2 and 1.3 by rustls, HTTP/1.1. Read once: a certificate that is renewed needs a new listener.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// From PEM: the certificate, followed by those that it is signed by, and its private key.
    ///
    /// # Errors
    /// [`InvalidTls`] if either cannot be read, is not there, or the key is not the certificate's.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, InvalidTls> {
        let refuse = |kind| InvalidTls { kind };
        let certificates = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<Vec<_>, _>>()
            // What the reader says repeats the text, in which a key may be.
            .map_err(|_| refuse(Kind::Certificate))?;
        if certificates.is_empty() {
            return Err(refuse(Kind::NoCertificate));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| refuse(Kind::Key))?;
        // Named explicitly: with two providers in an application's graph, rustls panics when asked for its default.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| refuse(Kind::Unusable(error)))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Like [`from_pem`](Self::from_pem), from two files.
    ///
    /// # Errors
    /// [`InvalidTls`], also if a file cannot be read.
    pub fn from_files(certificates: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, InvalidTls> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| InvalidTls { kind: Kind::File(path.to_owned(), error) })
        };
        Self::from_pem(&read(certificates.as_ref())?, &read(key.as_ref())?)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Listener {
    /// Like [`serve`](Self::serve), over HTTPS alone. A client that does not end its handshake within ten seconds is hung up on.
    ///
    /// # Errors
    /// [`ListenError`] if the address cannot be listened on, or no thread can be started.
    pub fn serve_tls(service: &MetricsService, address: SocketAddr, tls: &Tls) -> Result<Self, ListenError> {
        Self::open(service, address, TlsAcceptor::from(Arc::clone(&tls.0)))
    }
}

impl Door for TlsAcceptor {
    type Connection = TlsStream<TcpStream>;

    fn enter(&self, connection: TcpStream) -> impl Future<Output = io::Result<Self::Connection>> + Send {
        self.accept(connection)
    }
}

/// A certificate or a key that nothing can be served with.
#[derive(Debug)]
pub struct InvalidTls {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File(PathBuf, io::Error),
    NoCertificate,
    Certificate,
    Key,
    Unusable(rustls::Error),
}

impl fmt::Display for InvalidTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::File(path, _) => write!(f, "cannot read {}", path.display()),
            Kind::NoCertificate => f.write_str(
                "the text holds no certificate; allowed is PEM with at least one `-----BEGIN CERTIFICATE-----`",
            ),
            Kind::Certificate => f.write_str("the certificates are no PEM"),
            Kind::Key => f.write_str("the text holds no private key; allowed is PEM of PKCS #8, PKCS #1 or SEC1"),
            Kind::Unusable(_) => f.write_str("nothing can be served with the certificate and the key"),
        }
    }
}

impl std::error::Error for InvalidTls {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::File(_, error) => Some(error),
            Kind::NoCertificate | Kind::Certificate | Kind::Key => None,
            Kind::Unusable(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_key_that_cannot_be_read_is_not_repeated() {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = "-----BEGIN PRIVATE KEY----- c2VjcmV0 -----END PRIVATE KEY-----";
        let pem = certificate.cert.pem();
        for (certificates, key) in [(pem.as_str(), key), (key, pem.as_str())] {
            let error = Tls::from_pem(certificates.as_bytes(), key.as_bytes()).unwrap_err();
            assert!(error.source().is_none());
            assert!(
                !format!("{error:?} {error}").contains("c2V") && !format!("{error:?}").contains("99, 50")
            );
        }
    }
}
