//! The HTTP client on the delivery thread emits `tracing` events; none may reach the application's subscriber, or a line about
//! delivering a line would make another. A binary of its own, because the subscriber is global.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::Mutex;

use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use plain::{DEADLINE, MS, Plain, delivery, push, quick};
use radiosonde_delivery::Retry;
use radiosonde_testkit::{HttpFake, Reaction};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps where every span and event came from, of every level.
struct Everything;

impl Everything {
    fn keep(metadata: &Metadata<'_>) {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        SEEN.lock().unwrap().push(format!("{} on {thread}", metadata.target()));
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Self::keep(span.metadata());
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        Self::keep(event.metadata());
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn nothing_of_the_delivery_thread_reaches_the_global_subscriber() {
    tracing::subscriber::set_global_default(Everything).unwrap();
    let fake = HttpFake::start([Reaction::status(500), Reaction::close(), Reaction::status(204)]);
    // By name, so that the resolver's threads take part.
    let by_name = fake.url().replace("127.0.0.1", "localhost");

    // First the proof that the subscriber would see it: the same client, the same requests, outside of delivery.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        client.get(by_name.parse().unwrap()).await.unwrap();
        client.get(by_name.parse().unwrap()).await.unwrap_err();
    });
    let control = std::mem::take(&mut *SEEN.lock().unwrap());
    assert!(control.iter().any(|line| line.starts_with("hyper_util")), "{control:?}");

    fake.script([Reaction::status(500), Reaction::close(), Reaction::status(204)]);
    let (delivery, _) = delivery();
    let retry = Retry::new().base(MS).cap(MS);
    let queue = delivery.sink(quick("x").retry(retry), Plain::at(&by_name)).unwrap();
    tracing::info!("from the application");
    push(&queue, &["a"]);
    fake.wait_for(5, DEADLINE).unwrap();
    let report = delivery.shutdown_blocking(DEADLINE);
    assert_eq!(report.delivered(), 1);
    let seen = SEEN.lock().unwrap();
    assert_eq!(seen.len(), 1, "only the application's own event: {seen:?}");
    assert!(seen[0].starts_with("silence on "), "{seen:?}");
}
