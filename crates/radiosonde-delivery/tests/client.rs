//! A client that asks, against servers that answer well, badly and not at all.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use radiosonde_delivery::{Endpoint, HttpClient, HttpClientBuilder, RequestErrorKind, ResponseFuture};
use radiosonde_testkit::{HttpFake, Reaction};

fn builder(url: &str) -> HttpClientBuilder {
    HttpClient::builder(&Endpoint::parse(url).unwrap()).timeout(Duration::from_secs(20))
}

fn get(client: &HttpClient, url: &str) -> ResponseFuture<http::Response<Bytes>> {
    client.send(Request::get(format!("{url}/a?secret=1")).body(Bytes::new()).unwrap())
}

#[test]
fn a_response_is_read_completely_whatever_its_status() {
    let long = "x".repeat(300_000);
    let fake =
        HttpFake::start([Reaction::status(400).body(long.clone()), Reaction::status(200).body("fine")]);
    let client = builder(&fake.url()).build().unwrap();
    let refused = get(&client, &fake.url()).wait().unwrap();
    assert_eq!((refused.status().as_u16(), refused.body().len()), (400, long.len()));
    assert_eq!(get(&client, &fake.url()).wait().unwrap().body(), "fine");
    let requests = fake.requests();
    assert_eq!((requests[0].method(), requests[0].path()), ("GET", "/a?secret=1"));
    assert!(requests[0].header("user-agent").unwrap().starts_with("radiosonde/"));
}

#[test]
fn every_failure_has_its_kind_and_names_the_server_but_not_the_query() {
    let failure = |reaction: Option<Reaction>, builder: fn(HttpClientBuilder) -> HttpClientBuilder| {
        let fake = reaction.map(|reaction| HttpFake::start([reaction]));
        let url = fake.as_ref().map_or_else(HttpFake::nobody, HttpFake::url);
        let client = builder(self::builder(&url)).build().unwrap();
        let error = get(&client, &url).wait().unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&url) && !text.contains("secret"), "{text}");
        error.kind()
    };
    let ms = Duration::from_millis(50);
    assert_eq!(failure(None, |builder| builder), RequestErrorKind::Connect);
    assert_eq!(failure(Some(Reaction::close()), |builder| builder), RequestErrorKind::Broken);
    let cut_off = Reaction::status(200).header("content-length", "100").body("short");
    assert_eq!(failure(Some(cut_off), |builder| builder), RequestErrorKind::Broken);
    let late = RequestErrorKind::Timeout { after: ms };
    assert_eq!(failure(Some(Reaction::hang()), |builder| builder.timeout(Duration::from_millis(50))), late);
    let long = || Some(Reaction::status(200).body("x".repeat(1001)));
    let too_large = RequestErrorKind::TooLarge { limit_bytes: 1000 };
    assert_eq!(failure(long(), |builder| builder.max_response_bytes(1000)), too_large);
    // In several pieces, none of which is too long by itself.
    let pieces = Some(Reaction::status(200).body("x".repeat(3_000_001)));
    let too_large = RequestErrorKind::TooLarge { limit_bytes: 3_000_000 };
    assert_eq!(failure(pieces, |builder| builder.max_response_bytes(3_000_000)), too_large);
}

#[test]
fn a_header_of_the_transport_is_refused_before_anything_is_sent() {
    let fake = HttpFake::start([]);
    let client = builder(&fake.url()).build().unwrap();
    for (name, value) in [("content-length", "1"), ("transfer-encoding", "gzip"), ("connection", "close")] {
        let request =
            Request::post(fake.url()).header(name, value).body(Bytes::from_static(b"long")).unwrap();
        let error = client.send(request).wait().unwrap_err();
        assert_eq!(error.kind(), RequestErrorKind::Header);
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(name), "{cause}");
    }
    let request = Request::post(fake.url()).header("content-type", "text/plain");
    client.send(request.body(Bytes::from_static(b"long")).unwrap()).wait().unwrap();
    let requests = fake.requests();
    assert_eq!((requests.len(), requests[0].header("content-length")), (1, Some("4")));
}

#[test]
fn a_response_of_exactly_the_limit_is_read_and_an_endless_timeout_works() {
    let fake = HttpFake::start([Reaction::status(200).body("x".repeat(1000))]);
    let client = builder(&fake.url()).timeout(Duration::MAX).max_response_bytes(1000).build().unwrap();
    assert_eq!(get(&client, &fake.url()).wait().unwrap().body().len(), 1000);
}

#[test]
fn a_response_future_outlives_the_client_and_requests_are_concurrent() {
    let fake = HttpFake::answering(|request| match request.path() {
        "/hang" => Reaction::hang(),
        path => Reaction::status(200).body(path.to_owned()),
    });
    let client = builder(&fake.url()).build().unwrap();
    let request = |path: &str| Request::get(format!("{}{path}", fake.url())).body(Bytes::new()).unwrap();
    let hanging = client.send(request("/hang"));
    let answered = client.clone().send(request("/b"));
    drop(client);
    assert_eq!(answered.wait().unwrap().body(), "/b");
    drop(hanging);
}

#[tokio::test(flavor = "current_thread")]
async fn awaiting_and_waiting_both_work_on_the_only_thread_of_a_runtime() {
    let fake = HttpFake::start([Reaction::status(200).body("fine")]);
    let client = builder(&fake.url()).build().unwrap();
    assert_eq!(get(&client, &fake.url()).await.unwrap().body(), "fine");
    assert_eq!(get(&client, &fake.url()).wait().unwrap().body(), "fine");
}

#[tokio::test(flavor = "current_thread")]
async fn a_task_that_has_used_up_its_budget_may_wait() {
    let fake = HttpFake::start([Reaction::status(200).body("fine")]);
    let client = builder(&fake.url()).build().unwrap();
    let url = fake.url();
    let task = tokio::spawn(async move {
        let budget = tokio::sync::Semaphore::new(1);
        std::future::poll_fn(|context| {
            // Until tokio's budget makes the task yield.
            loop {
                let mut permit = std::pin::pin!(budget.acquire());
                if std::future::Future::poll(permit.as_mut(), context).is_pending() {
                    return std::task::Poll::Ready(());
                }
            }
        })
        .await;
        get(&client, &url).wait().unwrap()
    });
    assert_eq!(task.await.unwrap().body(), "fine");
}
