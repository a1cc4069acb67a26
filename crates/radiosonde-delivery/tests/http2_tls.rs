//! A backend that speaks HTTP/2 over TLS.
#![cfg(all(feature = "http2", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use plain::{DEADLINE, HttpOptions, MS, Plain, delivery, push, quick};
use radiosonde_delivery::{Pem, Retry, TlsOptions};
use radiosonde_testkit::{HttpFake, Reaction};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// Forwards what it decrypts to another server, and accepts these protocols; its port and the certificate to trust.
fn gateway(to: SocketAddr, protocols: Vec<Vec<u8>>) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((plain, _)) = listener.accept().await {
                // An error is a client without a protocol in common.
                let Ok(mut client) = acceptor.accept(plain).await else { continue };
                let mut server = tokio::net::TcpStream::connect(to).await.unwrap();
                // An error is a client that left without a word.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        });
    });
    (port, made.cert.pem())
}

fn send(fake: &HttpFake, protocols: &[&[u8]]) -> String {
    let (port, pem) = gateway(fake.addr(), protocols.iter().map(|name| name.to_vec()).collect());
    let (delivery, _) = delivery();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS).max_attempts(2));
    let http = HttpOptions::new().tls(TlsOptions::new().ca(Pem::text(pem)));
    let queue = delivery.sink(options, &http, Plain::http2(&format!("https://localhost:{port}"))).unwrap();
    push(&queue, &["a"]);
    delivery.shutdown_blocking(DEADLINE).to_string()
}

const DELIVERED: &str = "x: 1 produced, 1 delivered, 0 dropped, 0 left";
const REFUSED: &str = "x: 1 produced, 0 delivered, 1 dropped (retries_exhausted 1), 0 left";

#[test]
fn http2_is_offered_by_alpn_and_nothing_else() {
    let fake = HttpFake::http2([Reaction::status(204)]);
    assert_eq!(send(&fake, &[b"h2", b"http/1.1"]), DELIVERED);
    assert_eq!(send(&fake, &[]), DELIVERED, "a server that ignores ALPN");
    assert_eq!(send(&fake, &[b"http/1.1"]), REFUSED);
    assert_eq!(fake.requests().len(), 2);
}
