//! An endpoint that is asked again and again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::mpsc::{Receiver, channel};

use plain::{DEADLINE, HOUR, HttpOptions, MS, delivery};
use radiosonde_delivery::{Delivery, Endpoint, PollError, PollOptions, RequestErrorKind};
use radiosonde_testkit::{HttpFake, Reaction};

/// What is received: status and body, or the kind of error.
type Received = Result<(u16, String), RequestErrorKind>;

fn poll(delivery: &Delivery, url: &str, options: PollOptions) -> Receiver<Received> {
    let (sender, receiver) = channel();
    let endpoint = Endpoint::parse(url).unwrap();
    let http = HttpOptions::new().bearer_token("t0ken");
    let receive = move |result: Result<http::Response<bytes::Bytes>, radiosonde_delivery::RequestError>| {
        let text = |response: http::Response<bytes::Bytes>| {
            (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
        };
        // The test may have ended.
        let _ = sender.send(result.map(text).map_err(|error| error.kind()));
        panic!("a receiver that panics");
    };
    delivery.poll(&endpoint, options, &http, receive).unwrap();
    receiver
}

fn often() -> PollOptions {
    PollOptions::new().interval(MS * 10).timeout(MS * 200)
}

#[test]
fn every_response_is_received_also_after_a_panic_or_an_error() {
    let fake = HttpFake::start([
        Reaction::status(200).body("a"),
        Reaction::status(503),
        Reaction::close(),
        Reaction::hang(),
        Reaction::status(200).body("b".repeat(100)),
        Reaction::status(200).body("c"),
    ]);
    let (delivery, _) = delivery();
    let url = format!("{}/sampling?service=orders", fake.url());
    let received = poll(&delivery, &url, often().max_response_bytes(99));
    let next = || received.recv_timeout(DEADLINE).unwrap();
    assert_eq!(next(), Ok((200, "a".into())));
    assert_eq!(next(), Ok((503, String::new())));
    assert_eq!(next(), Err(RequestErrorKind::Broken));
    assert_eq!(next(), Err(RequestErrorKind::Timeout { after: MS * 200 }));
    assert_eq!(next(), Err(RequestErrorKind::TooLarge { limit_bytes: 99 }));
    assert_eq!((next(), next()), (Ok((200, "c".into())), Ok((200, "c".into()))));
    let request = &fake.requests()[0];
    assert_eq!((request.method(), request.path()), ("GET", "/sampling?service=orders"));
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    delivery.shutdown_blocking(DEADLINE);
}

#[test]
fn a_shutdown_waits_neither_for_a_response_nor_for_the_next_poll() {
    for (reaction, options) in [
        (Reaction::hang(), PollOptions::new().timeout(MS * 600_000)),
        (Reaction::status(200), PollOptions::new().interval(HOUR)),
    ] {
        let fake = HttpFake::start([reaction]);
        let (delivery, _) = delivery();
        let received = poll(&delivery, &fake.url(), options);
        fake.wait_for(1, DEADLINE).unwrap();
        // Ends when the task is dropped, with the sender.
        delivery.shutdown_blocking(HOUR);
        while received.recv().is_ok() {}
    }
}

#[test]
fn a_poll_that_cannot_begin_is_refused() {
    let (delivery, _) = delivery();
    let endpoint = Endpoint::parse("http://localhost:1").unwrap();
    let refused = |options| delivery.poll(&endpoint, options, &HttpOptions::new(), drop).unwrap_err();
    assert!(matches!(refused(PollOptions::new().interval(MS)), PollError::Option(_)));
    delivery.shutdown_blocking(DEADLINE);
    assert!(matches!(refused(PollOptions::new()), PollError::Stopped));
}
