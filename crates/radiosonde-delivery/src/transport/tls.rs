use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A TLS configuration that trusts the system's certificates and `extra`.
///
/// The system's rather than Mozilla's compiled-in list, because a telemetry backend inside a company is usually signed by
/// that company's own authority, which the system knows; it also stays current without a new build. `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` are honoured.
pub(crate) fn trusting(extra: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, InvalidCertificates> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    // Systems carry certificates that no longer parse; one that is needed then fails the handshake, which is reported.
    roots.add_parsable_certificates(native.certs);
    roots.add_parsable_certificates(extra.iter().cloned());
    if roots.is_empty() {
        let why = native.errors.first().map_or_else(|| "none were found".into(), ToString::to_string);
        return Err(InvalidCertificates { kind: Kind::NothingToTrust(why.into()) });
    }
    configure(roots)
}

/// A TLS configuration for sinks that never use it: their endpoint is `http`.
pub(crate) fn unused() -> Result<Arc<ClientConfig>, InvalidCertificates> {
    configure(RootCertStore::empty())
}

fn configure(roots: RootCertStore) -> Result<Arc<ClientConfig>, InvalidCertificates> {
    // Named explicitly: with two providers in an application's graph, rustls panics when asked for its default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| InvalidCertificates { kind: Kind::Protocol(error) })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Reads certificates in PEM form.
pub(crate) fn parse_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, InvalidCertificates> {
    let refuse = |kind| InvalidCertificates { kind };
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| refuse(Kind::Pem(Box::new(error))))?;
    if certificates.is_empty() {
        return Err(refuse(Kind::NoneInPem));
    }
    let mut probe = RootCertStore::empty();
    for certificate in &certificates {
        probe.add(certificate.clone()).map_err(|error| refuse(Kind::Certificate(error)))?;
    }
    Ok(certificates)
}

/// Certificates that cannot be used to trust a backend.
#[derive(Debug)]
pub struct InvalidCertificates {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    NothingToTrust(Box<str>),
    NoneInPem,
    Pem(Box<rustls::pki_types::pem::Error>),
    Certificate(rustls::Error),
    Protocol(rustls::Error),
}

impl fmt::Display for InvalidCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::NothingToTrust(why) => write!(
                f,
                "no certificate authority to trust ({why}); allowed are the system's, a file named by SSL_CERT_FILE, or \
                 certificates given to the builder"
            ),
            Kind::NoneInPem => f.write_str(
                "the text holds no certificate; allowed is PEM with at least one `-----BEGIN CERTIFICATE-----`",
            ),
            Kind::Pem(_) => f.write_str("the text is no PEM"),
            Kind::Certificate(_) => f.write_str("a certificate cannot be used as an authority"),
            Kind::Protocol(_) => f.write_str("TLS cannot be configured"),
        }
    }
}

impl std::error::Error for InvalidCertificates {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::NothingToTrust(_) | Kind::NoneInPem => None,
            Kind::Pem(error) => Some(error),
            Kind::Certificate(error) | Kind::Protocol(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_certificates_is_refused() {
        assert!(parse_pem(b"").unwrap_err().to_string().contains("holds no certificate"));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(parse_pem(broken).is_err());
    }
}
