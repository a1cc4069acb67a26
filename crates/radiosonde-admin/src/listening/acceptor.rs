use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::listening::handshake::Handshake;
use crate::listening::tls::{InvalidTls, Tls};

/// The handshake of TLS.
pub(crate) fn acceptor(tls: &Tls) -> Result<impl Handshake, InvalidTls> {
    let [certificates, key] = tls.read()?;
    let certificates = CertificateDer::pem_slice_iter(&certificates)
        .collect::<Result<Vec<_>, _>>()
        // The reader's error repeats the text, which may contain a key.
        .map_err(|_| InvalidTls::new("invalid certificate: expected PEM"))?;
    if certificates.is_empty() {
        let what = "the certificate is missing: expected PEM with at least one `-----BEGIN CERTIFICATE-----`";
        return Err(InvalidTls::new(what));
    }
    let what = "the private key is missing or invalid: expected PEM of PKCS #8, PKCS #1 or SEC1";
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| InvalidTls::new(what))?;
    // By name: with two providers among a program's crates, rustls panics when asked for its default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| InvalidTls::new("the certificate and the key cannot be used").caused_by(error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Handshake for TlsAcceptor {
    type Connection = TlsStream<TcpStream>;

    fn perform(&self, connection: TcpStream) -> impl Future<Output = io::Result<Self::Connection>> + Send {
        self.accept(connection)
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
            let Err(error) = acceptor(&Tls::from_pem(certificates, key)) else { panic!("it is accepted") };
            assert!(error.source().is_none());
            assert!(
                !format!("{error:?} {error}").contains("c2V") && !format!("{error:?}").contains("99, 50")
            );
        }
    }
}
