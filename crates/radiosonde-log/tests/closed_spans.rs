//! The lines of a thread that still has a closed span entered, as by a guard held across an await.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use radiosonde_core::Resource;
use radiosonde_log::JsonLayer;
use radiosonde_log::capture::capture_layer;
use tracing::{Span, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

fn poll(task: &mut Task) -> Poll<()> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Enters `span` on this thread, and exits and closes it on another one.
fn end_elsewhere(span: Span) {
    let mut task: Task = Box::pin(async move {
        let _entered = span.enter();
        let mut is_first = true;
        poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
    });
    assert!(poll(&mut task).is_pending());
    std::thread::spawn(move || assert!(poll(&mut task).is_ready())).join().unwrap();
}

#[test]
fn lines_have_the_fields_of_the_open_span_around_the_one_that_closed() {
    let (layer, logs) = capture_layer(JsonLayer::builder(&Resource::new("orders"))).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let outer = info_span!("outer", tenant = "acme").entered();
        end_elsewhere(info_span!("dead", order = 7));
        info!("a line");
        end_elsewhere(info_span!("dead", order = 8));
        info_span!("inner", item = 1).in_scope(|| info!("in a span"));
        drop(outer);
        info!("outside");
    });
    let fields: Vec<_> = logs
        .lines()
        .iter()
        .map(|line| ["tenant", "order", "item"].map(|name| line.field(name).is_some()))
        .collect();
    assert_eq!(fields, [[true, false, false], [true, false, true], [false, false, false]]);
}
