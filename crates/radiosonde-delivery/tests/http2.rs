//! A backend that speaks HTTP/2.
#![cfg(feature = "http2")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;

use plain::{DEADLINE, HttpOptions, MS, Plain, delivery, patient, push, quick};
use radiosonde_delivery::{Retry, SinkOptions};
use radiosonde_testkit::{HttpFake, Reaction};

fn single(requests: usize) -> SinkOptions {
    patient("x").batch_items(1).max_in_flight(requests)
}

#[test]
fn batches_are_sent_with_prior_knowledge_and_trailers_asked_for() {
    let fake = HttpFake::http2([Reaction::status(204)]);
    let (delivery, _) = delivery();
    let http = HttpOptions::new().bearer_token("t0ken");
    let queue = delivery.sink(quick("x"), &http, Plain::http2(&fake.url())).unwrap();
    push(&queue, &["a"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 1 delivered, 0 dropped, 0 left");
    let requests = fake.requests();
    assert_eq!((requests[0].method(), requests[0].path(), requests[0].body()), ("POST", "/", &b"a"[..]));
    assert_eq!(requests[0].header("te"), Some("trailers"));
    assert_eq!(requests[0].header("authorization"), Some("Bearer t0ken"));
    assert_eq!(requests[0].header("content-length"), Some("1"));
}

#[test]
fn trailers_are_seen_by_the_protocol_after_a_body_or_none() {
    let rejecting = |reaction: Reaction| reaction.trailer("rejected", "1");
    let fake = HttpFake::http2([
        rejecting(Reaction::status(200).body("text")),
        rejecting(Reaction::status(503)),
        Reaction::status(204),
    ]);
    let (delivery, _) = delivery();
    let options = patient("x").batch_items(2);
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::http2(&fake.url())).unwrap();
    push(&queue, &["a", "b", "c", "d", "e", "f"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 6 produced, 4 delivered, 2 dropped (by trailer 2), 0 left");
}

#[test]
fn requests_in_flight_share_a_connection_and_one_that_hangs_holds_up_no_other() {
    let fake = HttpFake::http2_answering(|request| match request.body() {
        b"slow" => Reaction::hang(),
        _ => Reaction::status(204),
    });
    let (delivery, _) = delivery();
    let queue = delivery.sink(single(2), &HttpOptions::new(), Plain::http2(&fake.url())).unwrap();
    push(&queue, &["slow", "a", "b", "c"]);
    fake.wait_for(4, DEADLINE).unwrap();
    assert!(!queue.flush_blocking(MS * 20));
    assert_eq!((queue.report().delivered(), queue.report().left()), (3, 1));
}

#[test]
fn a_connection_that_breaks_or_hangs_is_replaced() {
    let fake =
        HttpFake::http2([Reaction::close(), Reaction::refuse(), Reaction::hang(), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let options = quick("x").timeout(MS * 100);
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::http2(&fake.url())).unwrap();
    push(&queue, &["a"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 1 delivered, 0 dropped, 0 left");
}

#[test]
fn a_connection_whose_peer_is_gone_is_given_up() {
    // Accepts connections and never sends a byte, like a machine without power.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, accepted) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            if sender.send(stream.unwrap()).is_err() {
                return;
            }
        }
    });
    let (delivery, _) = delivery();
    let options = quick("x").timeout(MS * 100);
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::http2(&url)).unwrap();
    push(&queue, &["a"]);
    // Held, so that the server does not close them.
    let connections = [(); 2].map(|()| accepted.recv_timeout(DEADLINE).unwrap());
    assert_eq!(delivery.shutdown_blocking(MS).left(), 1);
    drop(connections);
}

#[test]
fn a_server_that_speaks_http1_only_is_reported_and_not_fallen_back_to() {
    let fake = HttpFake::start([Reaction::status(204)]);
    let (delivery, _) = delivery();
    let options = quick("x").retry(Retry::new().base(MS).cap(MS).max_attempts(2)).timeout(MS * 500);
    let queue = delivery.sink(options, &HttpOptions::new(), Plain::http2(&fake.url())).unwrap();
    push(&queue, &["a"]);
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.to_string(), "x: 1 produced, 0 delivered, 1 dropped (retries_exhausted 1), 0 left");
}
