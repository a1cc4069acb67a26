use std::borrow::Cow;

use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use radiosonde_trace::bridging::ControlSpans;
use radiosonde_trace::{AttributeValue, RemoteContext, SetParentError, SpanAttributes, SpanLink, SpanStatus};
use tracing::Span;
use tracing_opentelemetry::{
    OpenTelemetrySpanExt as _, SetParentError as OtelSetParentError, get_otel_context,
};

use crate::contexts::trace_states::to_otel;
use crate::contexts::{conversion, outer};
use crate::layer::attribute_values::{copied, key, value};

/// Reaches the spans of a layer of tracing-opentelemetry.
pub(crate) struct OtelSpans;

fn started<R>(span: &Span, read: impl FnOnce(&Context) -> R) -> Option<R> {
    let cx = span.with_subscriber(|(id, dispatch)| get_otel_context(id, dispatch))??;
    Some(read(&cx))
}

impl ControlSpans for OtelSpans {
    fn context(&self, span: &Span) -> Option<RemoteContext> {
        started(span, conversion::remote_context)?
    }

    fn set_parent(&self, span: &Span, parent: &RemoteContext) -> Result<(), SetParentError> {
        // Keeps the values of OpenTelemetry's current context, such as baggage.
        let cx = outer::map_current(|cx| conversion::with_parent(cx, parent)).unwrap_or_default();
        span.set_parent(cx).map_err(|error| match error {
            OtelSetParentError::LayerNotFound => SetParentError::NoLayer,
            OtelSetParentError::AlreadyStarted => SetParentError::AlreadyStarted,
            OtelSetParentError::SpanDisabled => SetParentError::Disabled,
        })
    }

    fn set_attribute(&self, span: &Span, of: Cow<'static, str>, to: AttributeValue) {
        span.set_attribute(key(of), value(to));
    }

    fn describe(&self, span: &Span, describe: &mut dyn FnMut(&mut SpanAttributes<'_>)) {
        describe(&mut SpanAttributes::new(&mut |key, value| {
            span.set_attribute(key.to_owned(), copied(value));
        }));
    }

    fn set_status(&self, span: &Span, status: SpanStatus) {
        span.set_status(match status {
            SpanStatus::Unset => Status::Unset,
            SpanStatus::Ok => Status::Ok,
            SpanStatus::Error { description } => Status::error(description),
        });
    }

    fn set_name(&self, span: &Span, name: Cow<'static, str>) {
        let _ = started(span, |cx| cx.span().update_name(name));
    }

    fn add_link(&self, span: &Span, link: SpanLink) {
        let to = RemoteContext::new(link.context, link.trace_state);
        let attributes = link.attributes.into_iter();
        let attributes =
            attributes.map(|attribute| KeyValue::new(key(attribute.key), value(attribute.value)));
        let to = conversion::otel_context(&to, to_otel(to.trace_state()));
        span.add_link_with_attributes(to, attributes.collect());
    }
}
