//! Reading a web socket, against a server of the same library and against servers that have none.
#![cfg(feature = "websocket")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use radiosonde_delivery::{
    Endpoint, HttpClient, HttpClientBuilder, RequestErrorKind, Upgrade, WebSocket, WebSocketError,
};
use radiosonde_testkit::{HttpFake, Reaction};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::tungstenite::{self, accept};

type Served = tungstenite::WebSocket<TcpStream>;

fn builder(url: &str) -> HttpClientBuilder {
    HttpClient::builder(&Endpoint::parse(url).unwrap()).timeout(Duration::from_secs(20))
}

fn ask(builder: HttpClientBuilder, url: &str) -> Upgrade {
    let request = Request::get(format!("{url}/tail")).body(Bytes::new()).unwrap();
    builder.build().unwrap().websocket(request).wait().unwrap()
}

/// A server for one socket, which it serves like this.
fn serving(
    serve: impl FnOnce(Served) + Send + 'static,
    set: fn(HttpClientBuilder) -> HttpClientBuilder,
) -> (WebSocket, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || serve(accept(listener.accept().unwrap().0).unwrap()));
    let Upgrade::Open(socket) = ask(set(builder(&url)), &url) else { panic!("refused") };
    (socket, server)
}

fn text(message: &str) -> Message {
    Message::text(message.to_owned())
}

#[test]
fn messages_come_in_order_and_pings_are_answered() {
    let (mut socket, server) = serving(
        |mut served| {
            served.send(text("one")).unwrap();
            served.send(Message::Ping(Bytes::from_static(b"?"))).unwrap();
            assert_eq!(served.read().unwrap(), Message::Pong(Bytes::from_static(b"?")));
            served.send(Message::binary(b"two".to_vec())).unwrap();
            served.close(Some(CloseFrame { code: CloseCode::Normal, reason: "done".into() })).unwrap();
            while served.read().is_ok() {}
        },
        |builder| builder,
    );
    assert_eq!(socket.next_blocking().unwrap().unwrap(), "one");
    assert_eq!(socket.next_blocking().unwrap().unwrap(), "two");
    assert!(socket.next_blocking().is_none());
    assert!(socket.next_blocking().is_none());
    server.join().unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_close_for_a_reason_is_an_error_and_then_the_end() {
    let (mut socket, server) = serving(
        |mut served| {
            served.close(Some(CloseFrame { code: CloseCode::Error, reason: "too many".into() })).unwrap();
            while served.read().is_ok() {}
        },
        |builder| builder,
    );
    let error = socket.next().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the server closed the web socket with code 1011: too many");
    assert!(socket.next().await.is_none());
    server.join().unwrap();
}

fn broken(mut socket: WebSocket) -> RequestErrorKind {
    match socket.next_blocking() {
        Some(Err(WebSocketError::Request(error))) => error.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_for_a_web_socket_has_no_header_of_the_transport() {
    let fake = HttpFake::start([]);
    let request = Request::get(fake.url()).header("connection", "close").body(Bytes::new()).unwrap();
    let error = builder(&fake.url()).build().unwrap().websocket(request).wait().unwrap_err();
    assert_eq!((error.kind(), fake.requests().len()), (RequestErrorKind::Header, 0));
}

#[test]
fn long_messages_silent_servers_and_broken_connections_differ() {
    let long = |mut served: Served| {
        served.send(text(&"x".repeat(1001))).unwrap();
        while served.read().is_ok() {}
    };
    let (socket, server) = serving(long, |builder| builder.max_response_bytes(1000));
    assert_eq!(broken(socket), RequestErrorKind::TooLarge { limit_bytes: 1000 });
    server.join().unwrap();

    let silent = |mut served: Served| while served.read().is_ok() {};
    let (socket, server) = serving(silent, |builder| builder.timeout(Duration::from_millis(500)));
    assert_eq!(broken(socket), RequestErrorKind::Timeout { after: Duration::from_millis(500) });
    server.join().unwrap();

    let (socket, server) = serving(drop, |builder| builder);
    assert_eq!(broken(socket), RequestErrorKind::Broken);
    server.join().unwrap();
}

#[test]
fn dropping_the_socket_closes_the_connection() {
    let (socket, server) = serving(
        |mut served| {
            assert!(matches!(served.read(), Ok(Message::Close(_))));
        },
        |builder| builder,
    );
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_response_that_is_not_an_upgrade_is_returned() {
    let fake = HttpFake::start([Reaction::status(400).body("parse error")]);
    let Upgrade::Refused(response) = ask(builder(&fake.url()), &fake.url()) else { panic!("open") };
    assert_eq!((response.status().as_u16(), &response.body()[..]), (400, b"parse error".as_slice()));
    let requests = fake.requests();
    let header = |name| requests[0].header(name);
    assert_eq!((header("upgrade"), header("connection")), (Some("websocket"), Some("Upgrade")));
    assert_eq!(header("sec-websocket-version"), Some("13"));
}

#[test]
fn an_upgrade_without_the_right_key_is_refused() {
    let wrong = Reaction::status(101)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", "AAAA");
    let fake = HttpFake::start([wrong]);
    let request = Request::get(fake.url()).body(Bytes::new()).unwrap();
    let error = builder(&fake.url()).build().unwrap().websocket(request).wait().unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::Broken);
}
