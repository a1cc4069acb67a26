//! A panic in a service that has set up telemetry. There is one set-up in a process, and so one test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "panics are what it is about")]

use std::fmt;

use radiosonde::log::Writer;
use radiosonde::recent::{LogAggregator, RecentQuery};
use radiosonde::{Format, Level, Registry};
use radiosonde_testkit::SharedBuffer;

struct PanicsInDebug;

impl fmt::Debug for PanicsInDebug {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("within Debug")
    }
}

#[test]
fn a_panic_is_a_line_of_the_request_in_which_it_happened() {
    let (registry, buffer, logs) = (Registry::new(), SharedBuffer::new(), LogAggregator::new());
    let _telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&registry)
        .logs(|l| l.format(Format::Json).writer(Writer::new("buffer", buffer.clone())).sink(logs.clone()))
        .init()
        .unwrap();
    let worker = std::thread::spawn(|| {
        let span = tracing::info_span!("request", request_id = "r-1");
        let _entered = span.enter();
        tracing::info!("begins");
        panic!("no such order");
    });
    worker.join().unwrap_err();
    let lines = logs.recent().snapshot();
    let [panicked, begins] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((panicked.message(), panicked.level()), ("panicked: no such order", Level::Error));
    assert_eq!(panicked.request_id(), Some("r-1"));
    assert!(panicked.trace_id().is_some() && panicked.trace_id() == begins.trace_id());
    assert!(registry.text().contains("\npanics_total 1\n"));
    assert_eq!(buffer.lines().len(), logs.recent().lines(&RecentQuery::new()).len());

    // A value that panics costs neither the program nor the line, whichever layer formats it first.
    logs.recent().clear();
    let span = tracing::info_span!("request", late = tracing::field::Empty);
    span.in_scope(|| {
        span.record("late", tracing::field::debug(PanicsInDebug));
        tracing::info!(value = ?PanicsInDebug, "survives");
    });
    let lines = logs.recent().lines(&RecentQuery::new().contains("survives"));
    let [survives] = &lines[..] else { panic!("{lines:?}") };
    assert!(survives.json().contains(r#""late":"<fmt error>""#), "{}", survives.json());
    assert!(survives.json().contains(r#""value":"<fmt error>""#), "{}", survives.json());
    let told = logs.recent().lines(&RecentQuery::new().contains("panicked: within Debug"));
    assert!(!told.is_empty() && told.iter().all(|line| line.trace_id() == survives.trace_id()), "{told:?}");
}
