use std::sync::Arc;

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::trace::noop::{NoopTracer, NoopTracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::registry::LookupSpan;

use crate::installed::Installed;
use crate::layer::TraceLayer;
use crate::propagation::installed_propagators;
use crate::propagation::propagators::Propagators;
use crate::propagator::W3cPropagator;
use crate::seeing::console_traces::ConsoleTraces;
use crate::spans::finished_span::SCOPE;
use crate::tracer::LayerTracer;

/// Creates spans and passes finished ones to sinks: the OpenTelemetry SDK's provider with our sampler, processor and sinks.
///
/// Clones are handles to the same pipeline.
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
#[derive(Debug, Clone)]
pub struct TracePipeline {
    pub(crate) provider: SdkTracerProvider,
    pub(crate) installed: Installed,
    pub(crate) events: LevelFilter,
    pub(crate) is_disabled: bool,
    pub(crate) propagators: Propagators,
    /// The sink that prints traces.
    pub(crate) console: Option<Arc<ConsoleTraces>>,
}

impl TracePipeline {
    /// The layer that turns the spans of `tracing` into spans of this pipeline. Install one per subscriber.
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

    /// Lets users of the OpenTelemetry API take part in the same traces: sets the global tracer provider and propagator, and
    /// the formats in which [`extract`](crate::extract) and [`inject`](crate::inject) propagate trace context. The last call in a process
    /// wins.
    pub fn install_global(&self) {
        match self.is_disabled {
            true => global::set_tracer_provider(NoopTracerProvider::new()),
            false => global::set_tracer_provider(self.provider.clone()),
        }
        installed_propagators::set(self.propagators);
        match !self.propagators.is_none() {
            true => global::set_text_map_propagator(W3cPropagator::of(self.installed.processor.clone())),
            // A composite without parts propagates nothing.
            false => global::set_text_map_propagator(TextMapCompositePropagator::new(Vec::new())),
        }
    }

    /// Shuts down: spans that end later are dropped and counted. Spans already in the sinks are delivered by them.
    ///
    /// Spans still get ids, so that the last log lines carry them. They are not sampled, and neither are the contexts
    /// propagated from spans that started before: the trace continues without this process.
    pub fn shutdown(&self) {
        // A disabled pipeline passes contexts on unchanged.
        if !self.is_disabled {
            self.installed.processor.close();
        }
        if let Some(console) = &self.console {
            console.flush();
        }
    }
}
