//! The listener over HTTPS, asked by a client that checks the certificate.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a failing test panics with its line")]

use std::error::Error as _;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use radiosonde_admin::{Credentials, ListenError, Listener, MetricsOptions, Tls};
use radiosonde_metrics::Registry;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A certificate for this machine and its key, as PEM.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn options(tls: Tls) -> MetricsOptions {
    MetricsOptions::new().address((Ipv4Addr::LOCALHOST, 0).into()).tls(tls)
}

fn listen(options: &MetricsOptions, registry: &Registry) -> Result<Listener, ListenError> {
    options.listen(options.service(registry)).map(Option::unwrap)
}

/// The answer, to a client that trusts this certificate alone.
fn ask(listener: &Listener, trusted: &str, header: &str) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut connection = StreamOwned::new(client, TcpStream::connect(listener.address())?);
    write!(connection, "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n")?;
    let mut answer = String::new();
    // An end without a farewell would be an error.
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn metrics_are_served_encrypted_to_those_who_show_credentials() {
    let (certificate, key) = certificate();
    let registry = Registry::new();
    registry.gauge("ours", "Ours.").build().unwrap();
    let options =
        options(Tls::from_pem(&*certificate, &*key)).credentials([Credentials::bearer("token").unwrap()]);
    let listener = listen(&options, &registry).unwrap();

    let answer = ask(&listener, &certificate, "authorization: Bearer token\r\n").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("ours 0\n"), "{answer}");
    let answer = ask(&listener, &certificate, "").unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 ") && !answer.contains("ours"), "{answer}");
}

#[test]
fn who_does_not_speak_tls_or_does_not_trust_the_certificate_gets_nothing() {
    let (mine, key) = certificate();
    let registry = Registry::new();
    let listener = listen(&options(Tls::from_pem(&*mine, &*key)), &registry).unwrap();

    assert!(ask(&listener, &certificate().0, "").is_err());
    let mut plain = TcpStream::connect(listener.address()).unwrap();
    plain.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // Reset or ended, with an alert at most.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    // Both connections are over before another is answered, which one thread does in turn.
    assert!(ask(&listener, &mine, "").unwrap().starts_with("HTTP/1.1 200 "));
    let handshakes = [("outcome", "handshake")];
    assert_eq!(registry.snapshot().value("radiosonde_metrics_scrapes_total", &handshakes), Some(2.0));
}

#[test]
fn what_nothing_can_be_served_with_is_refused_and_not_printed() {
    let ((certificate, key), (_, other_key)) = (certificate(), certificate());
    let refused = |tls: Tls| {
        let error = listen(&options(tls), &Registry::new()).unwrap_err();
        assert!(error.to_string().starts_with("cannot listen on 127.0.0.1:0"));
        let invalid = error.source().unwrap();
        (invalid.to_string(), invalid.source().is_some())
    };
    let pem = |certificate: &str, key: &str| refused(Tls::from_pem(certificate, key));
    assert!(pem("", &key).0.starts_with("the certificate is missing"));
    assert!(pem(&certificate, "").0.starts_with("the private key is missing"));
    let mismatched = ("the certificate and the key cannot be used".to_owned(), true);
    assert_eq!(pem(&certificate, &other_key), mismatched);
    let absent = ("cannot read no/such/certificate.pem".to_owned(), true);
    assert_eq!(refused(Tls::from_files("no/such/certificate.pem", "key.pem")), absent);
    let shown = format!("{:?}", Tls::from_pem(certificate, "hunter2"));
    assert_eq!(shown, "Tls { certificate: Text([redacted]), key: Text([redacted]) }");
}
