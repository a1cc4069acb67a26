//! A layer of the application beside ours. There is one set-up in a process, and so one test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde::Registry;
use radiosonde::log::Writer;
use radiosonde::trace::CaptureSpans;
use radiosonde_testkit::SharedBuffer;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Keeps the level of each event and the name of the span that it is in.
#[derive(Clone, Default)]
struct Foreign(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Foreign {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context.event_span(event).map_or("none", |span| span.name());
        self.0.lock().unwrap().push(format!("{} in {span}", event.metadata().level()));
    }
}

#[test]
fn other_layers_see_events_and_have_filters_of_their_own() {
    let (all, errors) = (Foreign::default(), Foreign::default());
    let (buffer, spans) = (SharedBuffer::new(), CaptureSpans::new());
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .filter("info")
        .logs(|logs| logs.writer(Writer::new("buffer", buffer.clone())))
        .traces(|traces| traces.sink(spans.clone()))
        .layer(all.clone())
        .layer(errors.clone().with_filter(LevelFilter::ERROR))
        .init()
        .unwrap();
    tracing::info_span!("request").in_scope(|| {
        tracing::debug!("not logged");
        tracing::info!("logged");
        tracing::error!("failed");
    });
    assert_eq!(*all.0.lock().unwrap(), ["DEBUG in request", "INFO in request", "ERROR in request"]);
    assert_eq!(*errors.0.lock().unwrap(), ["ERROR in none"], "the span is filtered, too");
    let text = buffer.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().all(|line| line.contains("\"trace_id\":")), "{text}");
    assert_eq!(spans.find("request").unwrap().events.len(), 2);

    telemetry.level_reload().set_for("debug", Duration::from_secs(60)).unwrap();
    tracing::debug!("logged by now");
    assert!(buffer.text().contains("logged by now"));
    telemetry.shutdown_blocking(Duration::from_secs(5));
}
