//! Ends a span when its record ends, not when its last handle is dropped.

use opentelemetry::trace::{SpanRef, TraceContextExt as _};
use opentelemetry::{KeyValue, Value};
use radiosonde_core::canonical::AnnotationValue;
use radiosonde_core::{EndingSpan, SpanEnder};
use tracing::Dispatch;
use tracing::span::Id;
use tracing_opentelemetry::get_otel_context;

use crate::contexts::conversion;
use crate::tracer::ending::lasting;

struct Ending<'a>(SpanRef<'a>);

impl EndingSpan for Ending<'_> {
    fn set_text(&self, key: &'static str, value: &'static str) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    fn set_number(&self, key: &'static str, value: i64) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    fn set_annotation(&self, key: &'static str, value: AnnotationValue<'_>) {
        let value = match value {
            AnnotationValue::Bool(value) => value.into(),
            AnnotationValue::I64(value) => value.into(),
            // OpenTelemetry has no unsigned integers.
            AnnotationValue::U64(value) => {
                i64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from)
            }
            AnnotationValue::F64(value) => value.into(),
            other => other.to_string().into(),
        };
        self.0.set_attribute(KeyValue::new(key, value));
    }
}

/// Ends the spans of tracing-opentelemetry's layer. Those of another tracer end now, rather than after the given time.
pub(crate) fn span_ender() -> SpanEnder {
    SpanEnder::new(|dispatch, id, took, describe| {
        let dispatch: &Dispatch = dispatch.downcast_ref()?;
        let cx = get_otel_context(&Id::from_u64(id), dispatch)?;
        let span = Ending(cx.span());
        describe(&span);
        lasting(took, || span.0.end());
        conversion::span_context(&cx)
    })
}
