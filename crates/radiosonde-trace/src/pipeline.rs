use std::fmt;

use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::trace::noop::{NoopTracer, NoopTracerProvider};
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::trace::SdkTracerProvider;
use radiosonde_core::Resource;
use radiosonde_metrics::{RegisterError, Registry};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::registry::LookupSpan;

use crate::finished_span::SCOPE;
use crate::installed::{Installed, next_number};
use crate::layer::TraceLayer;
use crate::propagation_switch;
use crate::propagator::W3cPropagator;
use crate::sampler::Sampler;
use crate::self_metrics::SelfMetrics;
use crate::span_processor::Processor;
use crate::span_sink::SpanSink;
use crate::tracer::LayerTracer;
use crate::until_shutdown::UntilShutdown;

/// Makes spans and hands the finished ones to sinks: the OpenTelemetry SDK's provider with our sampler, processor and sinks.
///
/// Cloning gives another handle on the same pipeline.
///
/// ```
/// use radiosonde_core::Resource;
/// use radiosonde_trace::{CaptureSpans, TracePipeline};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let spans = CaptureSpans::new();
/// let pipeline = TracePipeline::builder(&Resource::new("orders")).sink(spans.clone()).build()?;
/// let subscriber = tracing_subscriber::registry().with(pipeline.layer());
///
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("price", items = 3_u64).in_scope(|| tracing::info!("priced"));
/// });
/// let span = spans.find("price").expect("it ended");
/// assert_eq!(span.attribute("items"), Some(&3.into()));
/// assert_eq!(span.events[0].name, "priced");
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct TracePipeline {
    provider: SdkTracerProvider,
    installed: Installed,
    events: LevelFilter,
    is_disabled: bool,
    propagates: bool,
}

impl TracePipeline {
    /// A pipeline for the service that `resource` names.
    pub fn builder(resource: &Resource) -> TracePipelineBuilder {
        TracePipelineBuilder {
            resource: resource.clone(),
            sampler: Sampler::default(),
            sinks: Vec::new(),
            registry: None,
            events: LevelFilter::INFO,
            is_disabled: false,
            propagates: true,
        }
    }

    /// The layer that makes the spans of `tracing` into spans of this pipeline. A subscriber gets one.
    #[must_use]
    pub fn layer<S>(&self) -> TraceLayer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = match self.is_disabled {
            true => LayerTracer::PassThrough(NoopTracer::new()),
            false => LayerTracer::Sdk(self.provider.tracer(SCOPE)),
        };
        TraceLayer::new(tracer, self.installed.clone(), self.events)
    }

    /// Makes users of the OpenTelemetry API part of the same traces: sets its global tracer provider and propagator for this
    /// process, and whether [`extract`](crate::extract) and [`inject`](crate::inject) carry trace context. The last call in a
    /// process wins.
    pub fn install_global(&self) {
        match self.is_disabled {
            true => global::set_tracer_provider(NoopTracerProvider::new()),
            false => global::set_tracer_provider(self.provider.clone()),
        }
        propagation_switch::switch(self.propagates);
        match self.propagates {
            true => global::set_text_map_propagator(W3cPropagator::of(self.installed.processor.clone())),
            // Of no parts: it carries nothing.
            false => global::set_text_map_propagator(TextMapCompositePropagator::new(Vec::new())),
        }
    }

    /// From now on spans that end are dropped and counted. What the sinks were given is theirs to deliver.
    ///
    /// Spans still get ids after this, so that the last log lines carry them. They are not sampled, and neither is what is sent on
    /// from within spans that started before: the trace goes on without this process.
    pub fn shutdown(&self) {
        // What a disabled pipeline passes on stays as it came.
        if !self.is_disabled {
            self.installed.processor.close();
        }
    }

    pub(crate) const fn is_disabled(&self) -> bool {
        self.is_disabled
    }

    pub(crate) const fn installed(&self) -> &Installed {
        &self.installed
    }
}

impl fmt::Debug for TracePipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracePipeline")
            .field("installed", &self.installed)
            .field("events", &self.events)
            .field("is_disabled", &self.is_disabled)
            .field("propagates", &self.propagates)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`TracePipeline`].
///
/// How many attributes, events and links a span may have is taken from `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`,
/// `OTEL_SPAN_EVENT_COUNT_LIMIT` and `OTEL_SPAN_LINK_COUNT_LIMIT`, 128 each unless set.
#[must_use = "a pipeline is there after `build`"]
pub struct TracePipelineBuilder {
    resource: Resource,
    sampler: Sampler,
    sinks: Vec<Box<dyn SpanSink>>,
    registry: Option<Registry>,
    events: LevelFilter,
    is_disabled: bool,
    propagates: bool,
}

impl TracePipelineBuilder {
    /// Which traces are recorded; [`Sampler::parent_based_always_on`] unless set.
    pub const fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }

    /// Adds a sink. Each gets every span; without one, spans have ids and go nowhere.
    pub fn sink(mut self, sink: impl SpanSink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Where the pipeline counts; [`Registry::global`] unless set.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Which events of `tracing` become events of their span: those of this level and graver ones; INFO unless set.
    ///
    /// Those of level ERROR always do, because they decide the span's status.
    pub fn events(mut self, events: LevelFilter) -> Self {
        self.events = events.max(LevelFilter::ERROR);
        self
    }

    /// Makes no spans, as `OTEL_SDK_DISABLED` asks for. A context that arrives is the current one within the spans of the request,
    /// and leaves as it came: ids, flags and `tracestate`. Without one, spans have no ids and nothing is sent along.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/otel/trace/api/#behavior-of-the-api-in-the-absence-of-an-installed-sdk>
    pub const fn disabled(mut self, is_disabled: bool) -> Self {
        self.is_disabled = is_disabled;
        self
    }

    /// Whether trace context is read from carriers and written to them, in the whole process from
    /// [`install_global`](TracePipeline::install_global) on; `true` unless set. For `OTEL_PROPAGATORS`.
    pub const fn propagate(mut self, propagates: bool) -> Self {
        self.propagates = propagates;
        self
    }

    /// The pipeline. Nothing is global yet: the subscriber is the caller's to install.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics under the names `radiosonde_trace_spans_total` or
    /// `radiosonde_trace_dropped_total{reason}`.
    pub fn build(self) -> Result<TracePipeline, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let metrics = SelfMetrics::register(registry)?;
        let processor = Processor::new(self.sinks, metrics);
        let attributes =
            self.resource.iter().map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()));
        let resource = opentelemetry_sdk::Resource::builder_empty().with_attributes(attributes).build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(UntilShutdown::new(self.sampler, processor.clone()))
            .with_span_processor(processor.clone())
            .with_resource(resource)
            .build();
        let installed = Installed { pipeline: next_number(), processor };
        let Self { events, is_disabled, propagates, .. } = self;
        Ok(TracePipeline { provider, installed, events, is_disabled, propagates })
    }
}

impl fmt::Debug for TracePipelineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracePipelineBuilder")
            .field("resource", &self.resource)
            .field("sampler", &self.sampler)
            .field("sinks", &self.sinks.len())
            .field("events", &self.events)
            .field("is_disabled", &self.is_disabled)
            .field("propagates", &self.propagates)
            .finish_non_exhaustive()
    }
}
