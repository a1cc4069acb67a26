//! An encrypted backend, with a certificate of its own authority.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;

use plain::{DEADLINE, HttpOptions, MS, Plain, push, quick};
use radiosonde_delivery::{Delivery, Retry};
use radiosonde_metrics::Registry;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Answers 204 to every request on every connection; gives its port and the certificate to trust.
fn encrypted_server() -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
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

#[test]
fn an_authority_that_is_given_is_trusted_and_an_unknown_one_is_not() {
    let (port, pem) = encrypted_server();
    let url = format!("https://localhost:{port}");
    let options = || quick("x").retry(Retry::new().base(MS).cap(MS).max_attempts(2));

    let builder = Delivery::builder().registry(&Registry::new());
    let trusting = builder.clone().certificate_authorities(pem.as_bytes()).unwrap().start().unwrap();
    let queue = trusting.sink(options(), &HttpOptions::new(), Plain::at(&url)).unwrap();
    push(&queue, &["a"]);
    let report = trusting.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 1 delivered, 0 dropped, 0 left");

    // Another authority, so that there is something to trust also on a machine without certificates.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let doubting = builder.certificate_authorities(other.as_bytes()).unwrap().start().unwrap();
    let queue = doubting.sink(options(), &HttpOptions::new(), Plain::at(&url)).unwrap();
    push(&queue, &["a"]);
    let report = doubting.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 1 dropped (retries_exhausted 1), 0 left");
}
