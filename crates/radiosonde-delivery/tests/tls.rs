//! An encrypted backend, with a certificate of its own authority.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;

use plain::{DEADLINE, HttpOptions, MS, Plain, push, quick};
use radiosonde_delivery::{Delivery, HttpOptionsError, Pem, Retry, SinkError, TlsOptions};
use radiosonde_metrics::Registry;
use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

fn made() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

/// Answers 204 to every request on every connection, of clients with this certificate if it is given; gives its port and the
/// certificate to trust.
fn encrypted_server(client: Option<CertificateDer<'static>>) -> (u16, String) {
    let made = made();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = client.map_or_else(WebPkiClientVerifier::no_client_auth, |client| {
        let mut roots = RootCertStore::empty();
        roots.add(client).unwrap();
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap()
    });
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let config = Arc::clone(&config);
            thread::spawn(move || {
                let tls = ServerConnection::new(config).unwrap();
                let mut stream = StreamOwned::new(tls, stream.unwrap());
                let mut request = [0; 4096];
                // An error is a client that does not trust us and went away.
                while stream.read(&mut request).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
                }
            });
        }
    });
    (port, made.cert.pem())
}

fn send(port: u16, tls: TlsOptions) -> String {
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS).max_attempts(2));
    let http = HttpOptions::new().tls(tls);
    let queue = delivery.sink(options, &http, Plain::at(&format!("https://localhost:{port}"))).unwrap();
    push(&queue, &["a"]);
    delivery.shutdown_blocking(DEADLINE).to_string()
}

const DELIVERED: &str = "x: 1 produced, 1 delivered, 0 dropped, 0 left";
const REFUSED: &str = "x: 1 produced, 0 delivered, 1 dropped (retries_exhausted 1), 0 left";

#[test]
fn a_given_authority_is_trusted_and_an_unknown_one_is_not() {
    let (port, pem) = encrypted_server(None);
    assert_eq!(send(port, TlsOptions::new().ca(Pem::text(pem))), DELIVERED);
    // Another authority, so that there is something to trust also on a machine without certificates.
    let other = made().cert.pem();
    assert_eq!(send(port, TlsOptions::new().ca(Pem::text(other))), REFUSED);
}

#[test]
fn a_client_certificate_is_sent_to_a_server_that_asks_for_one() {
    let client = made();
    let (port, pem) = encrypted_server(Some(client.cert.der().clone()));
    let tls = || TlsOptions::new().ca(Pem::text(pem.as_str()));
    assert_eq!(send(port, tls()), REFUSED);
    let path = std::env::temp_dir().join(format!("radiosonde-client-key-{}", std::process::id()));
    std::fs::write(&path, client.signing_key.serialize_pem()).unwrap();
    let identified = tls().client_certificate(Pem::text(client.cert.pem())).client_key(Pem::file(&path));
    assert_eq!(send(port, identified), DELIVERED);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn certificates_are_loaded_for_https_only() {
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let http = HttpOptions::new().tls(TlsOptions::new().ca(Pem::file("/does/not/exist")));
    delivery.sink(quick("plain"), &http, Plain::at("http://localhost:1")).unwrap();
    let error = delivery.sink(quick("x"), &http, Plain::at("https://localhost:1")).unwrap_err();
    assert!(matches!(&error, SinkError::Http(HttpOptionsError::Tls(_))), "{error:?}");
    assert_eq!(error.to_string(), "cannot read \"/does/not/exist\"");
    delivery.shutdown_blocking(DEADLINE);
}
