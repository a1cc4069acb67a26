use std::sync::{Arc, Mutex, PoisonError, Weak};

use radiosonde_core::silence::is_silenced;
use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;

use crate::entering::promoted_entries;
use crate::layer::spans::Spans;
use crate::layer::trace_layer::TraceLayer;
use crate::processing::installed::{Installed, next_number};
use crate::processing::settings::Settings;
use crate::processing::span_fate::SpanFate;
use crate::propagation::baggage_rules::BaggageRules;
use crate::propagation::installed_propagators;
use crate::propagation::propagators::Propagators;
use crate::records::limits::ResolvedLimits;
use crate::sampling::input::SamplingInput;
use crate::seeing::console_traces::ConsoleTraces;
use crate::seeing::live_span::LiveSpan;
use crate::spans::encoded_span::EncodedSpan;

/// Creates spans and passes finished ones to sinks.
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
    pub(crate) settings: Arc<Settings>,
    pub(crate) installed: Installed,
    propagators: Propagators,
    /// The sink that prints traces.
    console: Option<Arc<ConsoleTraces>>,
    /// The layers made so far, for [`live_spans`](Self::live_spans).
    layers: Arc<Mutex<Vec<Weak<Spans>>>>,
}

impl TracePipeline {
    pub(crate) fn new(
        settings: Settings,
        propagators: Propagators,
        console: Option<Arc<ConsoleTraces>>,
    ) -> Self {
        let installed = Installed { pipeline: next_number(), processor: settings.processor.clone() };
        Self { settings: Arc::new(settings), installed, propagators, console, layers: Arc::default() }
    }

    /// The layer that turns the spans of `tracing` into spans of this pipeline. Install one per subscriber.
    #[must_use]
    pub fn layer<S>(&self) -> TraceLayer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let spans = Arc::new(Spans::new(next_number(), Arc::clone(&self.settings)));
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        layers.retain(|layer| layer.strong_count() > 0);
        layers.push(Arc::downgrade(&spans));
        TraceLayer::new(spans, self.installed.clone())
    }

    /// Sets the formats in which [`extract`](crate::extract) and [`inject`](crate::inject) propagate trace context, in the whole
    /// process. The last call wins.
    ///
    /// From now on, log lines have the entries of baggage that [`BaggageRules`](crate::BaggageRules) name. For these, the first
    /// call whose rules promote something wins.
    pub fn install_global(&self) {
        installed_propagators::set(self.propagators);
        promoted_entries::install(&self.settings.baggage);
    }

    /// The spans that are open and recorded, the oldest first: for a page that shows what hangs.
    ///
    /// # Cost
    /// Copies every open span, under the locks that spans take.
    #[must_use]
    pub fn live_spans(&self) -> Vec<LiveSpan> {
        let layers: Vec<_> = {
            let layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
            layers.iter().filter_map(Weak::upgrade).collect()
        };
        let now = self.settings.now();
        let mut live = Vec::new();
        for spans in layers {
            spans.open.each_shard(|shard| {
                let recording = shard.values().filter(|record| record.fate.is_recording());
                live.extend(recording.filter_map(|record| LiveSpan::of(record, now)));
            });
        }
        live.sort_by_key(|span| std::cmp::Reverse(span.age));
        live
    }

    /// Whether spans are recorded for a sink. Without one, [`live_spans`](Self::live_spans) finds none.
    #[must_use]
    pub fn has_sinks(&self) -> bool {
        self.settings.processor.has_sinks()
    }

    /// Decides what becomes of a span of another tracing API that starts: for bridges.
    #[must_use]
    pub fn begin(&self, span: &SamplingInput<'_>) -> SpanFate {
        let Settings { processor, tail, .. } = &*self.settings;
        let is_sampled = self.settings.sample(span);
        if is_sampled && !processor.has_sinks() {
            processor.without_sink();
        }
        let tail = tail.as_ref().filter(|_| !is_sampled && processor.has_sinks() && !is_silenced());
        if let Some(tail) = tail {
            tail.opened(span.trace_id);
        }
        SpanFate { is_sampled, is_recorded: is_sampled && processor.has_sinks() || tail.is_some() }
    }

    /// Passes a span of another tracing API that has ended to the sinks or to the local tail, as those of the layer are: for
    /// bridges.
    pub fn accept(&self, span: EncodedSpan, fate: SpanFate) {
        let Settings { processor, tail, .. } = &*self.settings;
        match tail {
            Some(tail) if !fate.is_sampled => {
                let gone = tail.ended(span, false, |span| processor.pass(span));
                processor.tail_full(gone);
            }
            _ => processor.pass(span),
        }
    }

    /// Decides whether a span of another tracing API is recorded: for bridges. Nothing is once the pipeline is
    /// [shut down](Self::shutdown).
    #[must_use]
    pub fn sample(&self, input: &SamplingInput<'_>) -> bool {
        self.settings.sample(input)
    }

    /// The formats in which it reads and writes context.
    #[must_use]
    pub const fn propagators(&self) -> Propagators {
        self.propagators
    }

    /// The limits of a span: for bridges.
    #[must_use]
    pub fn limits(&self) -> ResolvedLimits {
        self.settings.limits
    }

    /// The entries of baggage that become attributes of spans: for bridges.
    pub fn baggage_rules(&self) -> &BaggageRules {
        &self.settings.baggage
    }

    /// Whether spans are disabled, as `OTEL_SDK_DISABLED` requests.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.settings.is_disabled
    }

    /// Whether it was [shut down](Self::shutdown).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.settings.processor.is_closed()
    }

    /// Shuts down: spans that end later are dropped and counted. Spans already in the sinks are delivered by them.
    ///
    /// Spans still get ids, so that the last log lines carry them. They are not sampled, and neither are the contexts
    /// propagated from spans that started before: the trace continues without this process.
    pub fn shutdown(&self) {
        // A disabled pipeline passes contexts on unchanged.
        if !self.settings.is_disabled {
            self.settings.processor.close();
        }
        if let Some(console) = &self.console {
            console.flush();
        }
    }
}
