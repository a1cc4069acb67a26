//! The telemetry of requests that a test observes: metrics, spans and lines.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use radiosonde_core::{Resource, SpanContext};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;
use radiosonde_trace::{CaptureSpans, TracePipeline};
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

pub(crate) struct Telemetry {
    pub(crate) registry: Registry,
    pub(crate) clock: ManualClock,
    pub(crate) spans: CaptureSpans,
    pub(crate) lines: Lines,
    pub(crate) dispatch: Dispatch,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let (registry, spans, lines) = (Registry::new(), CaptureSpans::new(), Lines::default());
        let pipeline = TracePipeline::builder(&Resource::new("test"))
            .sink(spans.clone())
            .registry(&Registry::new())
            .build()
            .unwrap();
        let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(lines.clone());
        Self { registry, clock: ManualClock::new(), spans, lines, dispatch: Dispatch::new(subscriber) }
    }
}

/// A line with the ids that a log layer would use.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) target: String,
    pub(crate) fields: BTreeMap<&'static str, String>,
    pub(crate) context: Option<SpanContext>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<Line>>>);

impl Lines {
    pub(crate) fn all(&self) -> Vec<Line> {
        self.0.lock().unwrap().clone()
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let context = match event.parent() {
            Some(parent) => ctx.span(parent).and_then(|span| span.extensions().get::<SpanContext>().copied()),
            None => SpanContext::current(),
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.0.insert("level", event.metadata().level().to_string());
        let target = event.metadata().target().to_owned();
        self.0.lock().unwrap().push(Line { target, fields: fields.0, context });
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
