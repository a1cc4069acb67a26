//! A layer that keeps each span with its parent and its fields, and the fields of each event.
#![allow(clippy::unwrap_used, dead_code, reason = "a test fails by panicking, and uses what it needs")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Values by the name of their field, as `type value`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(BTreeMap<&'static str, String>);

impl Values {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The operation's name, or the callsite's.
    pub(crate) name: String,
    pub(crate) parent: Option<String>,
    pub(crate) values: Values,
    id: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Spans {
    spans: Arc<Mutex<Vec<Seen>>>,
    events: Arc<Mutex<Vec<Values>>>,
}

impl Spans {
    /// Makes a subscriber of this layer the thread's, until the guard is dropped.
    pub(crate) fn install() -> (Self, DefaultGuard) {
        let spans = Self::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
        (spans, guard)
    }

    /// Removes and returns the spans so far, in the order of their start.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.spans.lock().unwrap())
    }

    pub(crate) fn one(&self) -> Seen {
        let [span] = <[Seen; 1]>::try_from(self.take()).unwrap();
        span
    }

    /// Removes and returns the events so far.
    pub(crate) fn events(&self) -> Vec<Values> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut values = Values::default();
        attributes.record(&mut values);
        let name = values.0.get("otel.name").map(|name| name.trim_start_matches("str ").to_owned());
        let name = name.unwrap_or_else(|| attributes.metadata().name().to_owned());
        let mut spans = self.spans.lock().unwrap();
        let parent = ctx.span(id).unwrap().parent().map(|parent| parent.id().into_u64());
        let parent = spans.iter().rfind(|span| Some(span.id) == parent).map(|span| span.name.clone());
        spans.push(Seen { name, parent, values, id: id.into_u64() });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.spans.lock().unwrap();
        if let Some(span) = spans.iter_mut().rfind(|span| span.id == id.into_u64()) {
            values.record(&mut span.values);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut values = Values::default();
        event.record(&mut values);
        self.events.lock().unwrap().push(values);
    }
}

impl Visit for Values {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), format!("i64 {value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), format!("u64 {value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), format!("bool {value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), format!("str {value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("debug {value:?}"));
    }
}
