//! Credentials and headers of sinks and clients.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use http::Request;
use plain::{DEADLINE, HttpOptions, Plain, delivery, push, quick};
use radiosonde_delivery::{Endpoint, HttpClient, HttpOptionsError, SinkError};
use radiosonde_testkit::HttpFake;

/// A file that is removed in the end.
struct TokenFile(PathBuf);

impl TokenFile {
    fn new(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("radiosonde-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_rotated_token_is_sent_with_the_next_request_and_a_lost_one_stays() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let file = TokenFile::new("token", "one\n");
    let http = HttpOptions::new().bearer_token_file(&file.0);
    let queue = delivery.sink(quick("x"), &http, Plain::at(&fake.url())).unwrap();
    let send = |line: &str| {
        push(&queue, &[line]);
        assert!(queue.flush_blocking(DEADLINE));
        fake.requests().last().unwrap().header("authorization").map(str::to_owned)
    };
    assert_eq!(send("a").as_deref(), Some("Bearer one"));
    fs::write(&file.0, " two").unwrap();
    assert_eq!(send("b").as_deref(), Some("Bearer two"));
    fs::remove_file(&file.0).unwrap();
    assert_eq!(send("c").as_deref(), Some("Bearer two"));
    delivery.shutdown_blocking(DEADLINE);
}

#[test]
fn a_password_file_is_read_and_a_missing_one_is_refused() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let file = TokenFile::new("password", "open sesame\n");
    let http = HttpOptions::new().basic_auth_file("Aladdin", &file.0);
    let queue = delivery.sink(quick("x"), &http, Plain::at(&fake.url())).unwrap();
    push(&queue, &["a"]);
    assert!(queue.flush_blocking(DEADLINE));
    assert_eq!(fake.requests()[0].header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    let http = HttpOptions::new().bearer_token_file("/does/not/exist");
    let error = delivery.sink(quick("y"), &http, Plain::at(&fake.url())).unwrap_err();
    assert!(matches!(&error, SinkError::Http(HttpOptionsError::CredentialsFile { .. })), "{error:?}");
    assert!(error.to_string().contains("/does/not/exist"), "{error}");
    delivery.shutdown_blocking(DEADLINE);
}

#[test]
fn headers_of_the_request_win_and_so_does_the_last_of_a_name() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let http = HttpOptions::new().header("X-B", "1").header("x-a", "2").header("x-b", "3");
    let queue = delivery.sink(quick("x"), &http, Plain::at(&fake.url()).header("x-a", "own")).unwrap();
    push(&queue, &["a"]);
    delivery.shutdown_blocking(DEADLINE);
    let requests = fake.requests();
    assert_eq!((requests[0].header("x-a"), requests[0].header("x-b")), (Some("own"), Some("3")));
}

#[test]
fn an_authorization_that_is_set_first_wins_as_a_header_and_as_credentials() {
    let fake = HttpFake::start([]);
    let (delivery, _) = delivery();
    let header = || HttpOptions::new().header("Authorization", "Bearer header");
    let token = || HttpOptions::new().bearer_token("token");
    for (name, http) in [("x", header().or(token())), ("y", token().or(header()))] {
        let queue = delivery.sink(quick(name), &http, Plain::at(&fake.url())).unwrap();
        push(&queue, &["a"]);
        assert!(queue.flush_blocking(DEADLINE));
    }
    delivery.shutdown_blocking(DEADLINE);
    let sent: Vec<_> =
        fake.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [Some("Bearer header".to_owned()), Some("Bearer token".to_owned())]);
}

#[test]
fn a_client_sends_its_credentials_to_its_own_server_only() {
    let (own, other) = (HttpFake::start([]), HttpFake::start([]));
    let http = HttpOptions::new().bearer_token("t0ken").header("x-gate", "1");
    let client = HttpClient::builder(&Endpoint::parse(&own.url()).unwrap()).http(http).build().unwrap();
    let seen = |server: &HttpFake| {
        client.send(Request::get(server.url()).body(Bytes::new()).unwrap()).wait().unwrap();
        let requests = server.requests();
        ["authorization", "x-gate"].map(|name| requests[0].header(name).map(str::to_owned))
    };
    assert_eq!(seen(&own), [Some("Bearer t0ken".into()), Some("1".into())]);
    assert_eq!(seen(&other), [None, None]);
}
