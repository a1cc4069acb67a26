use std::fmt;

use radiosonde_core::SpanContext;
use tracing::dispatcher;
use tracing::subscriber::NoSubscriber;

use crate::active::doors::context_of;
use crate::pipeline::TracePipeline;
use crate::processing::installed::Installed;
use crate::processing::probe_state::{RunningProbe, is_seen};

impl TracePipeline {
    /// Checks that this thread's subscriber has this pipeline's layer and that spans have ids. Call it once the subscriber
    /// is installed. It creates a span with the target `radiosonde::probe` that goes to no sink.
    ///
    /// If a filter hides that span from the trace layer, or the pipeline is disabled, only the presence of the layer is checked.
    ///
    /// # Errors
    /// [`ProbeError`]: traces would be missing or broken without any other sign.
    pub fn probe(&self) -> Result<(), ProbeError> {
        dispatcher::get_default(|dispatch| match dispatch.downcast_ref::<Installed>() {
            Some(installed) if installed.pipeline == self.installed.pipeline => Ok(()),
            Some(_) => Err(ProbeError::OtherPipeline),
            None if dispatch.is::<NoSubscriber>() => Err(ProbeError::NoSubscriber),
            None => Err(ProbeError::NoLayer),
        })?;
        // Spans of a disabled pipeline have no ids of their own.
        if self.is_disabled() {
            return Ok(());
        }
        // Dropped after the span, so that the span ends within the probe.
        let _running = RunningProbe::start();
        let span = tracing::error_span!(target: "radiosonde::probe", "radiosonde.probe");
        if !is_seen() {
            return Ok(());
        }
        let expected = context_of(&span).ok_or(ProbeError::ContextLost)?;
        let _entered = span.enter();
        if SpanContext::current() != Some(expected) {
            return Err(ProbeError::ContextLost);
        }
        Ok(())
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
                "a span has no ids or is not current once entered: the trace layer is wrapped so that it cannot be reached",
            ),
        }
    }
}

impl std::error::Error for ProbeError {}
