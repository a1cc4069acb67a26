//! Lines of JSON: an event with a message and five fields, as in `compare`, with and without spans.

use std::fmt;
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::{Clock, Resource, SharedClock};
use radiosonde_delivery::Delivery;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use tracing::field::Empty;
use tracing::{Span, Subscriber, debug, info, info_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::operation::counted_by_callgrind;

/// A constant clock: the system clock's cost is not ours, and a figure must not depend on the time of day.
#[derive(Debug)]
struct Standing;

impl Clock for Standing {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_767_225_600_123)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// The clock of all operations that read one.
pub(crate) fn standing() -> SharedClock {
    Arc::new(Standing)
}

/// A layer whose JSON is dropped.
fn subscriber() -> impl Subscriber + Send + Sync {
    let layer = JsonLayer::builder(&Resource::new("benches"))
        .clock(standing())
        .format(Format::Json)
        .writer(Writer::new("null", io::sink()))
        .build()
        .expect("a layer of the benches is refused");
    tracing_subscriber::registry().with(layer).with(LevelFilter::INFO)
}

/// Runs `work` with its own subscriber.
fn with_layer(work: impl FnOnce()) {
    tracing::subscriber::with_default(subscriber(), work);
}

/// Warms up: grows the thread's buffers and registers the callsites.
fn warm(mut work: impl FnMut()) {
    (0..10).for_each(|_| work());
}

struct Customer(u64);

impl fmt::Display for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "customer-{}", self.0)
    }
}

fn priced() {
    info!(
        sku = black_box("tea-42"),
        quantity = black_box(3_u64),
        price = black_box(9.99),
        gift = black_box(true),
        customer = %Customer(black_box(17)),
        "order priced"
    );
}

fn spans() -> (Span, Span) {
    let outer = info_span!(
        "request",
        request_id = black_box("0192d3a4-5b6c-7d8e-9f00-112233445566"),
        method = black_box("POST"),
        path = black_box("/orders/1234567/items"),
        status = Empty
    );
    let inner = outer.in_scope(|| {
        info_span!(
            "price_order",
            order_id = black_box(1_234_567_u64),
            region = black_box("eu-west-1"),
            attempt = black_box(1_u64)
        )
    });
    (outer, inner)
}

pub(crate) fn event(times: u64) {
    with_layer(|| {
        warm(priced);
        counted_by_callgrind(times, priced);
    });
}

/// With a global subscriber, as in programs.
pub(crate) fn event_global(times: u64) {
    tracing::subscriber::set_global_default(subscriber()).expect("each operation has a process of its own");
    warm(priced);
    counted_by_callgrind(times, priced);
}

pub(crate) fn event_while_delivering(times: u64) {
    let delivery = Delivery::builder().registry(&Registry::new()).start().expect("a thread is refused");
    event_global(times);
    drop(delivery);
}

pub(crate) fn event_in_spans(times: u64) {
    with_layer(|| {
        let (outer, inner) = spans();
        let _outer = outer.enter();
        let _inner = inner.enter();
        warm(priced);
        counted_by_callgrind(times, priced);
    });
}

pub(crate) fn spans_and_event(times: u64) {
    let scene = || {
        let (outer, inner) = spans();
        let _outer = outer.enter();
        let _inner = inner.enter();
        priced();
    };
    with_layer(|| {
        warm(scene);
        counted_by_callgrind(times, scene);
    });
}

pub(crate) fn record(times: u64) {
    with_layer(|| {
        let (outer, _inner) = spans();
        let record = || {
            outer.record("status", black_box(200));
        };
        warm(record);
        counted_by_callgrind(times, record);
    });
}

pub(crate) fn disabled(times: u64) {
    let event = || {
        debug!(
            sku = black_box("tea-42"),
            quantity = black_box(3_u64),
            customer = %Customer(black_box(17)),
            "order priced"
        );
    };
    with_layer(|| {
        warm(event);
        counted_by_callgrind(times, event);
    });
}
