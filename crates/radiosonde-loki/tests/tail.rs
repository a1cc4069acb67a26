//! Tails against a scripted web socket.
#![cfg(feature = "tail")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use radiosonde_loki::{LogQuery, QueryError, Tail, TailItem};
use radiosonde_testkit::{HttpFake, Reaction};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::tungstenite::{WebSocket, accept_hdr};

/// A tail of a server that serves one like this; the thread gives the request's path and query.
fn tail(serve: impl FnOnce(&mut WebSocket<TcpStream>) + Send + 'static) -> (Tail, JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut asked = String::new();
        #[allow(clippy::result_large_err, reason = "the library's signature")]
        let keep = |request: &Request, response: Response| {
            asked = request.uri().to_string();
            Ok(response)
        };
        let mut socket = accept_hdr(listener.accept().unwrap().0, keep).unwrap();
        serve(&mut socket);
        while socket.read().is_ok() {}
        asked
    });
    let loki = LogQuery::builder(&url).timeout(Duration::from_secs(20)).build().unwrap();
    let since = SystemTime::UNIX_EPOCH + Duration::from_nanos(7);
    let tail =
        loki.tail(r#"{a="b"}"#).since(since).limit(5).delay(Duration::from_secs(2)).open().wait().unwrap();
    (tail, server)
}

fn send(socket: &mut WebSocket<TcpStream>, text: &str) {
    socket.send(Message::text(text.to_owned())).unwrap();
}

fn close(socket: &mut WebSocket<TcpStream>, code: CloseCode, reason: &'static str) {
    socket.close(Some(CloseFrame { code, reason: reason.into() })).unwrap();
}

#[test]
fn lines_and_dropped_lines_come_in_order_until_the_end() {
    let (mut tail, server) = tail(|socket| {
        send(
            socket,
            r#"{"streams":[{"stream":{"level":"INFO"},"values":[["1","a",{"structuredMetadata":{"user_id":"u"}}],["2","b"]]}],
               "dropped_entries":[{"labels":{"level":"INFO"},"timestamp":"3"},{"timestamp":"4"}],"encodingFlags":["categorize-labels"]}"#,
        );
        send(socket, r#"{"streams":null}"#);
        send(socket, r#"{"streams":[{"stream":{},"values":[["5","c"]]}]}"#);
        close(socket, CloseCode::Normal, "");
    });
    let mut seen = Vec::new();
    while let Some(tailed) = tail.next_blocking() {
        seen.push(match tailed.unwrap() {
            TailItem::Entry(entry) => {
                format!("{} {} {}", entry.unix_nanos, entry.line, entry.structured_metadata)
            }
            TailItem::Dropped(dropped) => format!("{} dropped {}", dropped.unix_nanos, dropped.labels),
            other => panic!("{other:?}"),
        });
    }
    let expected =
        [r#"1 a {user_id="u"}"#, "2 b {}", r#"3 dropped {level="INFO"}"#, "4 dropped {}", "5 c {}"];
    assert_eq!(seen, expected);
    drop(tail);
    assert_eq!(
        server.join().unwrap(),
        "/loki/api/v1/tail?query=%7Ba%3D%22b%22%7D&start=7&limit=5&delay_for=2"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_close_has_lokis_message_and_malformed_messages_are_errors() {
    let (mut tail, server) = tail(|socket| {
        send(socket, "{\"streams\":7}");
        close(socket, CloseCode::Error, "max concurrent tail\nrequests limit exceeded");
    });
    assert!(matches!(tail.next().await, Some(Err(QueryError::Malformed(_)))));
    let error = tail.next().await.unwrap().unwrap_err();
    let words = "loki ended the tail with code 1011: max concurrent tail requests limit exceeded";
    assert_eq!((error.to_string(), error.is_transient()), (words.to_owned(), false));
    assert!(tail.next().await.is_none());
    drop(tail);
    server.join().unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_refused_tail_has_lokis_message() {
    let fake = HttpFake::start([Reaction::status(400).body("parse error at line 1"), Reaction::status(200)]);
    let loki = LogQuery::builder(fake.url()).build().unwrap();
    let error = loki.tail("{").open().await.unwrap_err();
    assert_eq!(error.to_string(), "loki answered 400: parse error at line 1");
    assert!(matches!(loki.tail("{").open().await, Err(QueryError::Malformed(_))));
    let long = "x".repeat(70_000);
    assert!(matches!(loki.tail(&long).open().await, Err(QueryError::TooLong { .. })));
}
