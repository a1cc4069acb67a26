use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{SpanContext, SpanId};

use crate::spans::decoding;
use crate::spans::encoding::{
    End, SPAN_ATTRIBUTES, SPAN_NAME, Status, put_attributes, put_end, put_link, put_whole_event,
};
use crate::spans::finished_span::{FinishedSpan, SCOPE, nanoseconds};
use crate::spans::pool::PooledBytes;
use crate::spans::wire::{Field, Fields, put_bytes};

/// Buffers up to this capacity are not shrunk.
const SPARSE_BYTES: usize = 2048;

/// A span that has ended, as bytes to be sent.
///
/// # Shape
/// [`bytes`](Self::bytes) is a message `Span` of OTLP, which a sink copies into its request. [`decode`](Self::decode) returns
/// its parts.
///
/// # Cost
/// The buffer is reused by a later span, so a process that has warmed up allocates nothing for it. Cloning copies the bytes.
///
/// # Source
/// <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>
#[derive(Clone)]
pub struct EncodedSpan {
    bytes: PooledBytes,
    context: SpanContext,
    parent: Option<SpanId>,
    parent_is_remote: bool,
    is_error: bool,
    took: Duration,
    /// `None` for spans from `tracing`.
    scope: Option<Arc<str>>,
}

impl EncodedSpan {
    /// Completes a span whose name, attributes, events and links are in `bytes`.
    pub(crate) fn complete(mut bytes: PooledBytes, end: &End<'_>, scope: Option<Arc<str>>) -> Self {
        put_end(&mut bytes, end);
        Self {
            bytes,
            context: end.context,
            parent: end.parent,
            parent_is_remote: end.parent_is_remote,
            is_error: matches!(end.status, Status::Error(_)),
            took: Duration::from_nanos(end.end.saturating_sub(end.start)),
            scope,
        }
    }

    /// The message `Span` of OTLP.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The span's own ids and flags.
    #[must_use]
    pub const fn context(&self) -> SpanContext {
        self.context
    }

    /// The parent span; `None` for the root of a trace.
    #[must_use]
    pub const fn parent(&self) -> Option<SpanId> {
        self.parent
    }

    /// Whether no span of this process is its parent: it is the root of a trace, or its parent belongs to another process.
    #[must_use]
    pub const fn is_local_root(&self) -> bool {
        self.parent.is_none() || self.parent_is_remote
    }

    /// Whether its status is an error.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        self.is_error
    }

    /// Its name.
    pub(crate) fn name(&self) -> Option<&str> {
        let name = Fields::new(&self.bytes).find_map(|field| match field {
            (5, Field::Bytes(name)) => Some(name),
            _ => None,
        });
        std::str::from_utf8(name?).ok()
    }

    /// How long it lasted.
    #[must_use]
    pub const fn took(&self) -> Duration {
        self.took
    }

    /// The instrumentation scope: `radiosonde` for spans from `tracing`.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or(SCOPE)
    }

    /// The bytes of its message and of itself, for the bounds of a queue and of a request. Its buffer may have room for more.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    /// The memory that it takes besides itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Frees the unused memory of a buffer that an earlier, much longer span has grown.
    pub(crate) fn shrink_if_sparse(&mut self) {
        if self.bytes.capacity() > SPARSE_BYTES.max(4 * self.bytes.len()) {
            self.bytes.shrink_to_fit();
        }
    }

    /// The parts of the span.
    #[must_use]
    pub fn decode(&self) -> FinishedSpan {
        decoding::span(self.context, self.parent_is_remote, self.scope(), &self.bytes)
    }
}

impl FinishedSpan {
    /// The span as bytes to be sent.
    #[must_use]
    pub fn encode(&self) -> EncodedSpan {
        let mut bytes = PooledBytes::take();
        put_bytes(&mut bytes, SPAN_NAME, self.name.as_bytes());
        put_attributes(&mut bytes, SPAN_ATTRIBUTES, &self.attributes);
        for event in &self.events {
            put_whole_event(&mut bytes, event);
        }
        for link in &self.links {
            put_link(&mut bytes, link);
        }
        let end = End {
            context: self.context,
            parent: self.parent,
            parent_is_remote: self.parent_is_remote,
            trace_state: &self.trace_state,
            kind: self.kind,
            start: nanoseconds(self.start),
            end: nanoseconds(self.end),
            dropped_attributes: self.dropped_attributes,
            dropped_events: self.dropped_events,
            dropped_links: self.dropped_links,
            status: Status::from(&self.status),
        };
        EncodedSpan::complete(bytes, &end, (self.scope != SCOPE).then(|| Arc::from(&*self.scope)))
    }
}

impl fmt::Debug for EncodedSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decode().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;
    use radiosonde_core::{TraceFlags, TraceId};

    use super::*;
    use crate::spans::attribute::{Attribute, AttributeValue};
    use crate::spans::finished_span::{SpanEvent, SpanKind, SpanLink, SpanStatus};

    fn context(n: u8, flags: u8) -> SpanContext {
        let trace = TraceId::from_bytes([n | 1; 16]).unwrap();
        SpanContext::new(trace, SpanId::from_bytes([n | 1; 8]).unwrap(), TraceFlags::from_byte(flags))
    }

    fn any_value() -> impl Strategy<Value = AttributeValue> {
        let one = prop_oneof![
            any::<i64>().prop_map(AttributeValue::from),
            any::<bool>().prop_map(AttributeValue::from),
            "\\PC{0,300}".prop_map(AttributeValue::from),
            (-1.0e300..1.0e300).prop_map(AttributeValue::F64),
        ];
        one.prop_recursive(2, 8, 4, |one| {
            proptest::collection::vec(one, 0..4).prop_map(AttributeValue::Array)
        })
    }

    fn any_attributes() -> impl Strategy<Value = Vec<Attribute>> {
        proptest::collection::vec(
            ("[a-z.]{0,200}", any_value()).prop_map(|(key, value)| Attribute::new(key, value)),
            0..5,
        )
    }

    fn any_status() -> impl Strategy<Value = SpanStatus> {
        prop_oneof![
            Just(SpanStatus::Unset),
            Just(SpanStatus::Ok),
            "\\PC{0,200}".prop_map(|description| SpanStatus::Error { description: description.into() }),
        ]
    }

    prop_compose! {
        fn any_span()(
            ids in (any::<u8>(), 0..4_u8),
            parent in proptest::option::of(any::<u8>()),
            parent_is_remote: bool,
            name in "\\PC{0,200}",
            times in (any::<u32>(), any::<u32>()),
            attributes in any_attributes(),
            of_event in any_attributes(),
            of_link in any_attributes(),
            dropped: [u32; 5],
            status in any_status(),
            scope in prop_oneof![Just("radiosonde".to_owned()), "[a-z]{0,20}"],
        ) -> FinishedSpan {
            let start = SystemTime::UNIX_EPOCH + Duration::from_nanos(times.0.into());
            let mut span = FinishedSpan::new(context(ids.0, ids.1), name.clone());
            (span.start, span.end) = (start, start + Duration::from_nanos(times.1.into()));
            span.parent = parent.map(|parent| context(parent, 0).span_id());
            span.parent_is_remote = parent_is_remote && parent.is_some();
            span.kind = SpanKind::Producer;
            span.attributes = attributes;
            span.status = status;
            span.scope = scope.into();
            let mut event = SpanEvent::new(name, start);
            (event.attributes, event.dropped_attributes) = (of_event, dropped[0]);
            let mut link = SpanLink::new(context(ids.1, ids.1));
            (link.attributes, link.dropped_attributes) = (of_link, dropped[1]);
            link.trace_state = "a=1,b=2".parse().unwrap();
            (span.events, span.links) = (vec![event], vec![link]);
            (span.dropped_attributes, span.dropped_events, span.dropped_links) = (dropped[2], dropped[3], dropped[4]);
            span
        }
    }

    proptest! {
        #[test]
        fn a_span_is_decoded_as_it_was_encoded(span in any_span()) {
            let encoded = span.encode();
            prop_assert_eq!(encoded.decode(), span.clone());
            prop_assert_eq!(encoded.is_error(), matches!(span.status, SpanStatus::Error { .. }));
            prop_assert_eq!(Ok(encoded.took()), span.end.duration_since(span.start).map_err(|_| ()));
        }
    }
}
