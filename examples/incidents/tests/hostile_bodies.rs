//! What a webhook receiver answers to whom is not Alertmanager, over a socket, and that it stays alive.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use axum::Router;
use radiosonde_alerts::{Credentials, WebhookAlert, WebhookError, WebhookHandler, WebhookReceiver};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(20);
const BODY_TIMEOUT: Duration = Duration::from_millis(300);
const PAGE: &str = r#"{"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "page",
    "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": [{
    "status": "firing", "labels": {"alertname": "QueueStuck", "severity": "critical"}, "annotations": {}, "generatorURL": "",
    "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "3f1c"}]}"#;

/// Counts the pages.
#[derive(Debug, Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl WebhookHandler for Counted {
    async fn critical(&self, _: &WebhookAlert) -> Result<(), WebhookError> {
        // Relaxed: it is read after the answer, which the socket orders.
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn warning(&self, _: &WebhookAlert) -> Result<(), WebhookError> {
        Ok(())
    }
}

/// Serves a receiver under axum, until the test ends.
fn serve(pages: Counted) -> SocketAddr {
    let receiver = WebhookReceiver::builder(pages)
        .accept_only([Credentials::bearer("t0ken").unwrap()])
        .max_body_bytes(1 << 20)
        .body_timeout(BODY_TIMEOUT)
        .build()
        .unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, Router::new().route_service("/page", receiver)).await.unwrap();
        });
    });
    told.recv_timeout(PATIENCE).unwrap()
}

fn head(token: &str, length: usize) -> String {
    format!(
        "POST /page HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// Sends the parts with a pause between them until there is an answer: its status.
fn status<'a>(to: SocketAddr, parts: impl IntoIterator<Item = &'a [u8]>, pause: Duration) -> u16 {
    let mut stream = TcpStream::connect(to).unwrap();
    for part in parts {
        // A server that has answered may have closed.
        if stream.write_all(part).is_err() {
            break;
        }
        if !pause.is_zero() {
            stream.set_read_timeout(Some(pause)).unwrap();
            match stream.peek(&mut [0]) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => break,
            }
        }
    }
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => answer.push(byte[0]),
            ended => panic!("{ended:?} after {:?}", String::from_utf8_lossy(&answer)),
        }
    }
    let answer = String::from_utf8(answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn hostile_bodies_over_a_socket_are_answered_and_the_receiver_stays_alive() {
    let pages = Counted::default();
    let to = serve(pages.clone());
    let whole = |token: &str, body: &[u8]| {
        let request = [head(token, body.len()).as_bytes(), body].concat();
        status(to, [&request[..]], Duration::ZERO)
    };
    let mut expected = 0;
    let mut stays_alive = || {
        expected += 1;
        assert_eq!(whole("t0ken", PAGE.as_bytes()), 200);
        // Relaxed: as above.
        assert_eq!(pages.0.load(Ordering::Relaxed), expected);
    };
    stays_alive();
    assert_eq!(whole("t0kem", PAGE.as_bytes()), 401, "another token");
    stays_alive();
    for garbage in [&b"\0\xff\xfe{}"[..], b"{", b"", "[".repeat(900_000).as_bytes()] {
        assert_eq!(whole("t0ken", garbage), 400, "{garbage:.20?}");
        stays_alive();
    }
    // By its length, before it arrives, and without a length.
    assert_eq!(status(to, [head("t0ken", 5 << 20).as_bytes()], Duration::ZERO), 413);
    let chunked = head("t0ken", 0).replace("content-length: 0", "transfer-encoding: chunked");
    let chunk = [b"10000\r\n", &vec![b' '; 1 << 16][..], b"\r\n"].concat();
    let parts = [chunked.as_bytes()].into_iter().chain((0..80).map(|_| &chunk[..]));
    assert_eq!(status(to, parts, Duration::from_millis(1)), 413, "5 MB");
    stays_alive();
    // A byte at a time, for longer than a body may take.
    let slow_head = head("t0ken", PAGE.len());
    let drip = [slow_head.as_bytes()].into_iter().chain(PAGE.as_bytes().chunks(1));
    assert_eq!(status(to, drip, Duration::from_millis(20)), 408);
    stays_alive();
    assert_eq!(status(to, [&b"\x16\x03\x01 not http\r\n\r\n"[..]], Duration::ZERO), 400);
    stays_alive();
}
