use std::fmt;
use std::sync::Arc;

use radiosonde_core::{Resource, SharedClock};
use radiosonde_metrics::{RegisterError, Registry};
use tracing::level_filters::LevelFilter;

use crate::pipeline::TracePipeline;
use crate::processing::self_metrics::SelfMetrics;
use crate::processing::settings::Settings;
use crate::processing::span_processor::Processor;
use crate::propagation::baggage_rules::BaggageRules;
use crate::propagation::propagators::Propagators;
use crate::records::limits::SpanLimits;
use crate::sampling::sampler::Sampler;
use crate::seeing::console_traces::ConsoleTraces;
use crate::spans::span_sink::SpanSink;
use crate::tail::{Tail, TailOptions};

impl TracePipeline {
    /// Options of a pipeline for the service that `resource` names.
    pub fn builder(resource: &Resource) -> TraceOptions {
        TraceOptions::new().resource(resource)
    }
}

/// Options of a [`TracePipeline`].
///
/// # Shape
/// Unset options can be taken from other ones with [`or`](Self::or). With the feature `serde`, `sampler`, `events`, `limits`,
/// `tail`, `baggage`, `location`, `propagators` and `console` are deserialized from a configuration file; a sampler is the name
/// of its constructor, such as `always_off`, or a table with a ratio, `{ parent_based_ratio = 0.1 }`.
#[must_use = "`build` creates the pipeline"]
#[derive(Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct TraceOptions {
    #[cfg_attr(feature = "serde", serde(skip))]
    resource: Option<Resource>,
    #[cfg_attr(feature = "serde", serde(skip))]
    registry: Option<Registry>,
    #[cfg_attr(feature = "serde", serde(skip))]
    sinks: Vec<Box<dyn SpanSink>>,
    sampler: Option<Sampler>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    events: Option<LevelFilter>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    propagators: Option<Propagators>,
    console: Option<bool>,
    limits: SpanLimits,
    tail: Option<TailOptions>,
    baggage: Option<BaggageRules>,
    location: Option<bool>,
    #[cfg_attr(feature = "serde", serde(skip))]
    clock: Option<SharedClock>,
    #[cfg_attr(feature = "serde", serde(skip))]
    disabled: Option<bool>,
}

impl TraceOptions {
    /// Options with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the service that emits the spans; default: one without a name.
    pub fn resource(mut self, resource: &Resource) -> Self {
        self.resource = Some(resource.clone());
        self
    }

    /// Sets which traces are recorded; default: [`Sampler::parent_based_always_on`].
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = Some(sampler);
        self
    }

    /// Whether a sampler is set.
    #[must_use]
    pub const fn has_sampler(&self) -> bool {
        self.sampler.is_some()
    }

    /// Adds a sink. Each sink gets every span; without one, spans have ids and are not delivered.
    pub fn sink(mut self, sink: impl SpanSink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Sets whether finished traces are printed to standard error, by a [`ConsoleTraces`] besides the other sinks; default:
    /// `false`. Not for production.
    pub const fn console(mut self, prints: bool) -> Self {
        self.console = Some(prints);
        self
    }

    /// Sets the registry for self metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the least severe level of events that become events of their span; default: INFO.
    ///
    /// Events at level ERROR always do, because they decide the span's status.
    pub fn events(mut self, events: LevelFilter) -> Self {
        self.events = Some(events);
        self
    }

    /// Sets the limits of what a span holds. Each that is left open can be taken from other options.
    pub const fn limits(mut self, limits: SpanLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps unsampled traces that turn out to matter; default: none.
    pub fn tail(mut self, tail: TailOptions) -> Self {
        self.tail = Some(tail);
        self
    }

    /// Sets which entries of received baggage become attributes of spans, and fields of log lines in the whole process from
    /// [`install_global`](TracePipeline::install_global) on; default: none.
    pub fn baggage(mut self, rules: BaggageRules) -> Self {
        self.baggage = Some(rules);
        self
    }

    /// Sets whether spans have the file and line of their callsite, as `code.file.path` and `code.line.number`; default: `false`.
    pub const fn location(mut self, has_location: bool) -> Self {
        self.location = Some(has_location);
        self
    }

    /// Sets the clock; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Disables spans, as `OTEL_SDK_DISABLED` requests. A received context is current within the spans of its request and is
    /// propagated unchanged: ids, flags and `tracestate`. Without one, spans have no ids and nothing is propagated.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/otel/trace/api/#behavior-of-the-api-in-the-absence-of-an-installed-sdk>
    pub const fn disabled(mut self, is_disabled: bool) -> Self {
        self.disabled = Some(is_disabled);
        self
    }

    /// Sets the formats in which trace context is read from and written to carriers, in the whole process from
    /// [`install_global`](TracePipeline::install_global) on; default: W3C trace context and baggage.
    pub const fn propagators(mut self, propagators: Propagators) -> Self {
        self.propagators = Some(propagators);
        self
    }

    /// Takes unset options from `other`, and adds its sinks.
    pub fn or(mut self, other: Self) -> Self {
        self.sinks.extend(other.sinks);
        Self {
            resource: self.resource.or(other.resource),
            registry: self.registry.or(other.registry),
            sinks: self.sinks,
            sampler: self.sampler.or(other.sampler),
            events: self.events.or(other.events),
            limits: self.limits.or(other.limits),
            tail: self.tail.or(other.tail),
            baggage: self.baggage.or(other.baggage),
            location: self.location.or(other.location),
            clock: self.clock.or(other.clock),
            propagators: self.propagators.or(other.propagators),
            console: self.console.or(other.console),
            disabled: self.disabled.or(other.disabled),
        }
    }

    /// Builds the pipeline. It sets nothing global: the caller installs the subscriber.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics named `radiosonde_trace_spans_total`,
    /// `radiosonde_trace_dropped_total{reason}` or `radiosonde_trace_replaced_values_total`.
    pub fn build(self) -> Result<TracePipeline, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let metrics = SelfMetrics::register(registry)?;
        let console = self.console.unwrap_or(false).then(|| Arc::new(ConsoleTraces::stderr()));
        let mut sinks = self.sinks;
        sinks.extend(console.clone().map(|console| Box::new(console) as Box<dyn SpanSink>));
        let settings = Settings {
            sampler: self.sampler.unwrap_or_default(),
            processor: Processor::new(sinks, metrics),
            tail: self.tail.as_ref().map(Tail::new),
            limits: self.limits.resolve(),
            baggage: self.baggage.unwrap_or_default(),
            clock: self.clock,
            events: self.events.unwrap_or(LevelFilter::INFO).max(LevelFilter::ERROR),
            has_location: self.location.unwrap_or(false),
            is_disabled: self.disabled.unwrap_or(false),
        };
        Ok(TracePipeline::new(settings, self.propagators.unwrap_or_default(), console))
    }
}

impl fmt::Debug for TraceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceOptions")
            .field("resource", &self.resource)
            .field("sinks", &self.sinks.len())
            .field("sampler", &self.sampler)
            .field("events", &self.events)
            .field("limits", &self.limits)
            .field("tail", &self.tail)
            .field("propagators", &self.propagators)
            .field("console", &self.console)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}
