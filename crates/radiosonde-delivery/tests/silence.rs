//! The HTTP client on the delivery thread emits `tracing` events. A subscriber that asks `silence::is_silenced` ignores them; one
//! that does not sees them. A binary of its own, because the subscriber is global.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use plain::{DEADLINE, HttpOptions, MS, Plain, delivery, push, quick};
use radiosonde_core::silence::is_silenced;
use radiosonde_delivery::Retry;
use radiosonde_testkit::{HttpFake, Reaction};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ASKS: AtomicBool = AtomicBool::new(true);

/// Keeps where every span and event came from, of every level; not from silenced threads while it asks.
struct Everything;

impl Everything {
    fn keep(metadata: &Metadata<'_>) {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        SEEN.lock().unwrap().push(format!("{} on {thread}", metadata.target()));
    }
}

impl Subscriber for Everything {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        !ASKS.load(Ordering::SeqCst) || !is_silenced()
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

/// Sends one item over a connection that fails at first; returns what was seen meanwhile.
fn deliver(server: &HttpFake, url: &str) -> Vec<String> {
    server.script([Reaction::status(500), Reaction::close(), Reaction::status(204)]);
    let before = server.requests().len();
    let (delivery, _) = delivery();
    let queue = delivery
        .sink(quick("x").retry(Retry::new().base(MS).cap(MS)), &HttpOptions::new(), Plain::at(url))
        .unwrap();
    tracing::info!("from the application");
    push(&queue, &["a"]);
    server.wait_for(before + 3, DEADLINE).unwrap();
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 1);
    std::mem::take(&mut *SEEN.lock().unwrap())
}

#[test]
fn a_subscriber_can_ignore_the_delivery_thread() {
    tracing::subscriber::set_global_default(Everything).unwrap();
    let server = HttpFake::start([]);
    // By name, so that the resolver's threads take part.
    let url = server.url().replace("127.0.0.1", "localhost");

    let seen = deliver(&server, &url);
    assert_eq!(seen.len(), 1, "only the application's own event: {seen:?}");
    assert!(seen[0].starts_with("silence on "), "{seen:?}");

    // No callsite has remembered that it was off: the same client is seen on another thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        server.script([Reaction::status(204)]);
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        client.get(url.parse().unwrap()).await.unwrap();
    });
    let elsewhere = std::mem::take(&mut *SEEN.lock().unwrap());
    assert!(elsewhere.iter().any(|line| line.starts_with("hyper_util")), "{elsewhere:?}");

    ASKS.store(false, Ordering::SeqCst);
    let seen = deliver(&server, &url);
    assert!(seen.iter().any(|line| line.ends_with("on radiosonde-delivery")), "{seen:?}");
}
