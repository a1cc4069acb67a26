//! A thread that uses spans while it exits and its thread-locals are destroyed. A panic there ends the process. A separate
//! binary: the subscriber is global, so that it can be reached at that time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::cell::RefCell;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use http::HeaderMap;
use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, RemoteContext, TracePipeline, inject};
use tracing::info_span;
use tracing::span::EnteredSpan;
use tracing_subscriber::layer::SubscriberExt as _;

/// Stands in for sending a request while the thread exits.
struct Injects(Sender<bool>);

impl Drop for Injects {
    fn drop(&mut self) {
        let injected = inject(&mut HeaderMap::new());
        let _ = self.0.send(injected || RemoteContext::current().is_some());
    }
}

thread_local! {
    // The first thread-local used is the last one destroyed.
    static INJECTS: RefCell<Option<Injects>> = const { RefCell::new(None) };
    static ENTERED: RefCell<Option<EnteredSpan>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_that_ends_may_inject_and_leave_a_span() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test"))
        .registry(&Registry::new())
        .sink(spans.clone())
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let (tell, told) = channel();
    for inject_first in [false, true] {
        let tell = tell.clone();
        let thread = thread::spawn(move || {
            INJECTS.set(Some(Injects(tell)));
            if inject_first {
                assert!(!inject(&mut HeaderMap::new()));
            }
            info_span!("usual").in_scope(|| {});
        });
        thread.join().unwrap();
        assert_eq!(told.recv(), Ok(false), "there is no current span any more");
    }

    thread::spawn(|| {
        ENTERED.set(None);
        assert!(!inject(&mut HeaderMap::new()));
        let span = info_span!("left while the thread ends").entered();
        ENTERED.set(Some(span));
    })
    .join()
    .unwrap();
    let names: Vec<_> = spans.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["usual", "usual", "left while the thread ends"]);
}
