use std::borrow::Cow;

use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, SpanContext as OtelSpanContext, Tracer};
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_trace::bridging::{SamplingInput, SpanFate};
use radiosonde_trace::{RemoteContext, TracePipeline, TraceState};

use crate::contexts::innermost::innermost;
use crate::contexts::kept::Keeping;
use crate::contexts::{conversion, trace_states};
use crate::tracer::recording::Recording;
use crate::tracer::sampled::Sampled;
use crate::tracer::span::BridgeSpan;
use crate::values;

/// Starts spans of the OpenTelemetry API.
///
/// # Shape
/// A span's parent is the active span of the context it is started in. If that is the current context, as for
/// `tracer.start("query")`, the parent is the innermost span, whether OpenTelemetry or `tracing` made it. For a root, start it
/// in `Context::new().with_remote_span_context(SpanContext::NONE)`: `Context::new()` itself cannot be told from a copy of a
/// current context without an active span.
#[derive(Debug, Clone)]
pub struct BridgeTracer {
    pipeline: TracePipeline,
    /// `None` for the scope of spans from `tracing`.
    scope: Option<Cow<'static, str>>,
    /// Whether the context given to it is always the one meant.
    takes_parents_as_given: bool,
}

impl BridgeTracer {
    pub(crate) fn for_users(pipeline: TracePipeline, scope: String) -> Self {
        Self { pipeline, scope: Some(Cow::Owned(scope)), takes_parents_as_given: false }
    }

    /// The tracer of a layer for `tracing`, which knows the parent of each span.
    pub(crate) const fn for_layer(pipeline: TracePipeline) -> Self {
        Self { pipeline, scope: None, takes_parents_as_given: true }
    }

    fn parent(&self, cx: &Context) -> Option<RemoteContext> {
        if self.takes_parents_as_given { conversion::remote_context(cx) } else { innermost(cx) }
    }

    fn fate(&self, builder: &SpanBuilder, trace_id: TraceId, parent: Option<&RemoteContext>) -> SpanFate {
        let attributes = builder.attributes.as_deref().unwrap_or_default();
        self.pipeline.begin(&SamplingInput {
            parent: parent.map(|parent| (parent.context(), parent.is_remote())),
            trace_id,
            name: &builder.name,
            kind: builder.span_kind.clone().map(values::kind).unwrap_or_default(),
            attributes: &Sampled(attributes),
        })
    }

    fn start_below(&self, builder: SpanBuilder, parent: Option<RemoteContext>) -> BridgeSpan {
        // Ids made here are random in all their bytes.
        let (trace_id, flags) = match &parent {
            Some(parent) => (parent.context().trace_id(), parent.context().flags()),
            None => (TraceId::random(), TraceFlags::RANDOM),
        };
        let fate = self.fate(&builder, trace_id, parent.as_ref());
        let context = SpanContext::new(trace_id, SpanId::random(), flags.with_sampled(fate.is_sampled()));
        let own = match &parent {
            Some(parent) => RemoteContext::new(context, parent.trace_state().clone())
                .with_baggage(parent.baggage().clone()),
            None => RemoteContext::new(context, TraceState::default()),
        };
        let own = own.of_this_process();
        let in_otel = trace_states::to_otel(own.trace_state());
        let keeping = Keeping::new(&own, &in_otel);
        let recording = fate.is_recorded().then(|| {
            let owner = (self.scope.clone(), fate, self.pipeline.clone());
            let mut recording = Recording::new(context, parent.as_ref(), builder, owner);
            recording.promote(own.baggage());
            recording
        });
        BridgeSpan::new(conversion::otel_context(&own, in_otel), recording, keeping)
    }
}

impl Tracer for BridgeTracer {
    type Span = BridgeSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> BridgeSpan {
        if parent.is_telemetry_suppressed() {
            return BridgeSpan::new(OtelSpanContext::empty_context(), None, None);
        }
        let parent = self.parent(parent);
        if self.pipeline.is_disabled() {
            // The span stands for its parent.
            let context = parent
                .map(|parent| conversion::otel_context(&parent, trace_states::to_otel(parent.trace_state())));
            return BridgeSpan::new(context.unwrap_or(OtelSpanContext::NONE), None, None);
        }
        self.start_below(builder, parent)
    }
}
