use std::borrow::Cow;
use std::error::Error;
use std::fs;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Builder, Client, ResponseFuture};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::transport::http_version::HttpVersion;
use crate::transport::tls_options::{Pem, PemSource, TlsError, TlsOptions};

/// Connections to a server, encrypted.
#[derive(Clone)]
pub(crate) struct EncryptedPool(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl EncryptedPool {
    pub(crate) fn new(
        pool: &Builder,
        mut tcp: HttpConnector,
        options: &TlsOptions,
        version: HttpVersion,
    ) -> Result<Self, TlsError> {
        // `https` passes through here.
        tcp.enforce_http(false);
        let mut config = configure(options)?;
        config.alpn_protocols = match version {
            // Without ALPN a server speaks HTTP/1.1.
            HttpVersion::Http1 => Vec::new(),
            HttpVersion::Http2 => vec![b"h2".to_vec()],
        };
        Ok(Self(pool.build(HttpsConnector::from((tcp, config)))))
    }

    pub(crate) fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        self.0.request(request)
    }
}

fn configure(options: &TlsOptions) -> Result<ClientConfig, TlsError> {
    // Named explicitly: with two providers in an application's graph, rustls panics when asked for its default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| because("TLS cannot be configured", error))?
        .with_root_certificates(roots(options)?);
    match (&options.client_certificate, &options.client_key) {
        (None, None) => Ok(config.with_no_client_auth()),
        (Some(certificate), Some(key)) => {
            let private = PrivateKeyDer::from_pem_slice(&read(key)?)
                .map_err(|error| because(format!("no private key in {key}: expected PEM"), error))?;
            config
                .with_client_auth_cert(certificates(certificate)?, private)
                .map_err(|error| because("the client certificate and its key do not fit", error))
        }
        _ => Err(TlsError::new("half a client certificate: expected both a certificate and its key")),
    }
}

fn roots(options: &TlsOptions) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    // Systems carry certificates that no longer parse; one that is needed then fails the handshake, which is reported.
    roots.add_parsable_certificates(system().iter().cloned());
    if let Some(ca) = &options.ca {
        for certificate in certificates(ca)? {
            let refused = |error| because(format!("a certificate in {ca} is no authority"), error);
            roots.add(certificate).map_err(refused)?;
        }
    }
    if roots.is_empty() {
        return Err(TlsError::new(
            "no certificate authority to trust: expected the system's, those of SSL_CERT_FILE, or TlsOptions::ca",
        ));
    }
    Ok(roots)
}

/// The system's authorities. Loading them takes milliseconds, so all sinks share them.
fn system() -> &'static [CertificateDer<'static>] {
    static SYSTEM: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    SYSTEM.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}

fn certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(&read(pem)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| because(format!("{pem} is no PEM"), error))?;
    if certificates.is_empty() {
        return Err(TlsError::new(format!(
            "no certificate in {pem}: expected PEM with at least one `-----BEGIN CERTIFICATE-----`"
        )));
    }
    Ok(certificates)
}

fn read(pem: &Pem) -> Result<Cow<'_, [u8]>, TlsError> {
    match &pem.0 {
        PemSource::Text(text) => Ok(Cow::Borrowed(text.expose())),
        PemSource::File(path) => {
            fs::read(path).map(Cow::Owned).map_err(|error| because(format!("cannot read {pem}"), error))
        }
    }
}

fn because(what: impl Into<Cow<'static, str>>, cause: impl Error + Send + Sync + 'static) -> TlsError {
    TlsError { what: what.into(), cause: Some(Box::new(cause)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_certificates_is_refused() {
        let error = |pem: &[u8]| certificates(&Pem::text(pem)).unwrap_err().to_string();
        assert!(error(b"").contains("no certificate in the given text"));
        assert!(error(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").contains("no PEM"));
        let broken = Pem::text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(roots(&TlsOptions::new().ca(broken)).is_err());
    }

    #[test]
    fn half_a_client_certificate_and_a_missing_file_are_named() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let options = TlsOptions::new().ca(Pem::text(made.cert.pem()));
        let error = |options| configure(&options).unwrap_err().to_string();
        let half = options.clone().client_certificate(Pem::text(made.cert.pem()));
        assert!(error(half.clone()).contains("expected both"));
        let missing = half.clone().client_key(Pem::file("/does/not/exist"));
        assert_eq!(error(missing), "cannot read \"/does/not/exist\"");
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = |of: &rcgen::CertifiedKey<rcgen::KeyPair>| Pem::text(of.signing_key.serialize_pem());
        assert!(error(half.clone().client_key(key(&other))).contains("do not fit"));
        let whole = half.client_key(key(&made));
        assert!(!format!("{whole:?}").contains("BEGIN") && configure(&whole).is_ok());
    }
}
