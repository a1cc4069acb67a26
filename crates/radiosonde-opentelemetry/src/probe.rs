use std::fmt;

use opentelemetry::Context;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_trace::{RemoteContext, TraceState};

use crate::bridge::OpenTelemetryBridge;
use crate::contexts::conversion::with_parent;

impl OpenTelemetryBridge {
    /// Checks that the application uses the bridge's version of the OpenTelemetry API.
    ///
    /// Two versions of a crate are two crates to the compiler, each with its own current context, and traces break silently.
    /// An application that uses the OpenTelemetry API should therefore read a trace id with its own version of it:
    ///
    /// ```
    /// # use radiosonde_core::Resource;
    /// # use radiosonde_opentelemetry::OpenTelemetryBridge;
    /// # use radiosonde_trace::TracePipeline;
    /// use opentelemetry::trace::TraceContextExt as _;
    ///
    /// # let pipeline = TracePipeline::builder(&Resource::new("orders")).build()?;
    /// let bridge = OpenTelemetryBridge::new(&pipeline);
    /// bridge.probe(|| opentelemetry::Context::current().span().span_context().trace_id().to_bytes())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`VersionSkew`] if `read` returns another trace id than the one that is current.
    pub fn probe(&self, read: impl FnOnce() -> [u8; 16]) -> Result<(), VersionSkew> {
        let ids = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::default());
        let probe = RemoteContext::new(ids, TraceState::default()).of_this_process();
        let expected = probe.context().trace_id().to_bytes();
        let _current = with_parent(&Context::new(), &probe).attach();
        match read() {
            found if found == expected => Ok(()),
            found => Err(VersionSkew { found, expected }),
        }
    }
}

/// The application uses another version of the OpenTelemetry API than the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionSkew {
    found: [u8; 16],
    expected: [u8; 16],
}

impl VersionSkew {
    /// The trace id that the application sees; zeros for none.
    #[must_use]
    pub const fn found(&self) -> [u8; 16] {
        self.found
    }
}

impl fmt::Display for VersionSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the application sees trace id {:032x} where the bridge has {:032x}: two versions of `opentelemetry` are linked \
             (`cargo tree --duplicates` shows them; radiosonde-opentelemetry needs version 0.33)",
            u128::from_be_bytes(self.found),
            u128::from_be_bytes(self.expected),
        )
    }
}

impl std::error::Error for VersionSkew {}
