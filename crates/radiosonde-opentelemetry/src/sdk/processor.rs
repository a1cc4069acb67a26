use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use radiosonde_trace::TracePipeline;
use radiosonde_trace::bridging::SpanFate;

use crate::bridge::OpenTelemetryBridge;
use crate::sdk::from_sdk::finished_span;

/// Passes the sampled spans of an SDK's provider to the sinks of our pipeline. Created by
/// [`OpenTelemetryBridge::span_processor`](crate::OpenTelemetryBridge::span_processor).
///
/// It holds no spans, so it needs no bound and no flush: the sinks' queues are bounded and flushed by their owner.
#[derive(Debug, Clone)]
pub struct BridgeProcessor {
    pipeline: TracePipeline,
}

impl OpenTelemetryBridge {
    /// A span processor for an application's own provider of the OpenTelemetry SDK:
    ///
    /// ```
    /// # use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    /// # use opentelemetry_sdk::trace::SdkTracerProvider;
    /// # use radiosonde_core::Resource;
    /// # use radiosonde_opentelemetry::OpenTelemetryBridge;
    /// # use radiosonde_trace::{CaptureSpans, TracePipeline};
    /// # let spans = CaptureSpans::new();
    /// # let pipeline = TracePipeline::builder(&Resource::new("orders")).sink(spans.clone()).build()?;
    /// let bridge = OpenTelemetryBridge::new(&pipeline);
    /// let provider = SdkTracerProvider::builder()
    ///     .with_sampler(bridge.sampler())
    ///     .with_span_processor(bridge.span_processor())
    ///     .build();
    /// # provider.tracer("database").in_span("query", |_| ());
    /// # assert_eq!(spans.find("query").map(|span| span.scope), Some("database".into()));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[must_use]
    pub fn span_processor(&self) -> BridgeProcessor {
        BridgeProcessor { pipeline: self.pipeline.clone() }
    }
}

impl SpanProcessor for BridgeProcessor {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, span: SpanData) {
        // A span may be recorded without being sampled; the SDK passes those as well.
        if !span.span_context.is_sampled() {
            return;
        }
        if let Some(span) = finished_span(span) {
            self.pipeline.accept(span.encode(), SpanFate::SAMPLED);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
