use std::fmt;

use radiosonde_core::SpanContext;
use tracing::dispatcher;
use tracing::subscriber::NoSubscriber;

use crate::active_span;
use crate::installed::Installed;
use crate::pipeline::TracePipeline;
use crate::probe_state::{RunningProbe, is_seen};

impl TracePipeline {
    /// Checks that this thread's subscriber has this pipeline's layer and that spans have ids. Call it once the subscriber
    /// is installed. It creates a span with the target `radiosonde::probe` that goes to no sink.
    ///
    /// If a filter hides that span from the trace layer, or the pipeline is disabled, only the presence of the layer is checked.
    ///
    /// # Errors
    /// [`ProbeError`]: traces would be missing or broken without any other sign.
    pub fn probe(&self) -> Result<(), ProbeError> {
        self.run_probe(None::<fn() -> [u8; 16]>)
    }

    /// Like [`probe`](Self::probe), and also compares the trace id that the application sees within the span.
    ///
    /// Two versions of a crate are two crates to the compiler, each with its own current span, and traces break silently. An
    /// application that uses the OpenTelemetry API should therefore read the id with its own version of it:
    ///
    /// ```
    /// # use radiosonde_core::Resource;
    /// # use radiosonde_trace::TracePipeline;
    /// # use tracing_subscriber::layer::SubscriberExt as _;
    /// use opentelemetry::trace::TraceContextExt as _;
    ///
    /// # let pipeline = TracePipeline::builder(&Resource::new("orders")).build()?;
    /// # let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    /// # tracing::subscriber::with_default(subscriber, || {
    /// pipeline.probe_with(|| opentelemetry::Context::current().span().span_context().trace_id().to_bytes())?;
    /// # Ok::<(), radiosonde_trace::ProbeError>(())
    /// # }).unwrap();
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// [`ProbeError`], which is [`Foreign`](ProbeError::Foreign) if `read` returns another id.
    pub fn probe_with(&self, read: impl FnOnce() -> [u8; 16]) -> Result<(), ProbeError> {
        self.run_probe(Some(read))
    }

    fn run_probe(&self, read: Option<impl FnOnce() -> [u8; 16]>) -> Result<(), ProbeError> {
        dispatcher::get_default(|dispatch| match dispatch.downcast_ref::<Installed>() {
            Some(installed) if installed.pipeline == self.installed.pipeline => Ok(()),
            Some(_) => Err(ProbeError::OtherPipeline),
            None if dispatch.is::<NoSubscriber>() => Err(ProbeError::NoSubscriber),
            None => Err(ProbeError::NoLayer),
        })?;
        // Spans of a disabled pipeline have no ids of their own.
        if self.is_disabled {
            return Ok(());
        }
        // Dropped after the span, so that the span ends within the probe.
        let _running = RunningProbe::start();
        let span = tracing::error_span!(target: "radiosonde::probe", "radiosonde.probe");
        if !is_seen() {
            return Ok(());
        }
        let expected = active_span::context_of(&span).ok_or(ProbeError::ContextLost)?;
        let _entered = span.enter();
        if SpanContext::current() != Some(expected) {
            return Err(ProbeError::ContextLost);
        }
        let expected = expected.trace_id().to_bytes();
        match read.map(|read| read()) {
            Some(found) if found != expected => Err(ProbeError::Foreign { found, expected }),
            _ => Ok(()),
        }
    }
}

/// Traces would be missing or broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeError {
    /// No subscriber is installed.
    NoSubscriber,
    /// The subscriber has no reachable trace layer.
    NoLayer,
    /// The subscriber has the trace layer of another pipeline.
    OtherPipeline,
    /// The trace layer saw the probe's span, but the span has no ids or is not current.
    ContextLost,
    /// The application sees another trace id than the pipeline.
    Foreign {
        /// The id that the application sees; zeros for none.
        found: [u8; 16],
        /// The id of the probe's span.
        expected: [u8; 16],
    },
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSubscriber => {
                f.write_str("no tracing subscriber is installed, so no span reaches the trace pipeline")
            }
            Self::NoLayer => f.write_str(
                "the tracing subscriber has no trace layer of this crate's version: another subscriber was installed first, the \
                 layer is hidden in a wrapper such as `reload::Layer`, or two versions of radiosonde-trace are linked \
                 (`cargo tree --duplicates` shows them)",
            ),
            Self::OtherPipeline => f.write_str(
                "the tracing subscriber has the trace layer of another pipeline: was telemetry set up twice?",
            ),
            Self::ContextLost => f.write_str(
                "a span's ids do not come back: the trace layer is wrapped so that it cannot be reached, or its provider was \
                 shut down",
            ),
            Self::Foreign { found, expected } => write!(
                f,
                "the application sees trace id {:032x} where the trace pipeline has {:032x}: two versions of a crate are linked, \
                 most likely of `opentelemetry` (`cargo tree --duplicates` shows them; radiosonde-trace needs version 0.33)",
                u128::from_be_bytes(*found),
                u128::from_be_bytes(*expected),
            ),
        }
    }
}

impl std::error::Error for ProbeError {}
