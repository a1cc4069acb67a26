use http::HeaderName;

/// A field of a carrier: the header, message property or environment variable that holds a part of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CarrierField {
    /// `traceparent` of W3C trace context.
    Traceparent,
    /// `tracestate` of W3C trace context.
    Tracestate,
    /// `baggage` of W3C baggage.
    Baggage,
    /// `b3`: B3 in a single header.
    B3,
    /// `x-b3-traceid`.
    B3TraceId,
    /// `x-b3-spanid`.
    B3SpanId,
    /// `x-b3-parentspanid`.
    B3ParentSpanId,
    /// `x-b3-sampled`.
    B3Sampled,
    /// `x-b3-flags`.
    B3Flags,
    /// `uber-trace-id` of Jaeger.
    UberTraceId,
}

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
static BAGGAGE: HeaderName = HeaderName::from_static("baggage");
static B3: HeaderName = HeaderName::from_static("b3");
static B3_TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
static B3_SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
static B3_PARENT_SPAN_ID: HeaderName = HeaderName::from_static("x-b3-parentspanid");
static B3_SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
static B3_FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");
static UBER_TRACE_ID: HeaderName = HeaderName::from_static("uber-trace-id");

impl CarrierField {
    /// Every field.
    pub(crate) const ALL: [Self; 10] = [
        Self::Traceparent,
        Self::Tracestate,
        Self::Baggage,
        Self::B3,
        Self::B3TraceId,
        Self::B3SpanId,
        Self::B3ParentSpanId,
        Self::B3Sampled,
        Self::B3Flags,
        Self::UberTraceId,
    ];

    /// The name in lower case. Names are compared in any case.
    #[inline]
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.header_name().as_str()
    }

    /// The name as a header's, for carriers of the `http` crate.
    #[inline]
    #[must_use]
    pub fn header_name(self) -> &'static HeaderName {
        match self {
            Self::Traceparent => &TRACEPARENT,
            Self::Tracestate => &TRACESTATE,
            Self::Baggage => &BAGGAGE,
            Self::B3 => &B3,
            Self::B3TraceId => &B3_TRACE_ID,
            Self::B3SpanId => &B3_SPAN_ID,
            Self::B3ParentSpanId => &B3_PARENT_SPAN_ID,
            Self::B3Sampled => &B3_SAMPLED,
            Self::B3Flags => &B3_FLAGS,
            Self::UberTraceId => &UBER_TRACE_ID,
        }
    }

    /// The environment variable: the name in upper case, with underscores.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/otel/context/env-carriers/>
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Traceparent => "TRACEPARENT",
            Self::Tracestate => "TRACESTATE",
            Self::Baggage => "BAGGAGE",
            Self::B3 => "B3",
            Self::B3TraceId => "X_B3_TRACEID",
            Self::B3SpanId => "X_B3_SPANID",
            Self::B3ParentSpanId => "X_B3_PARENTSPANID",
            Self::B3Sampled => "X_B3_SAMPLED",
            Self::B3Flags => "X_B3_FLAGS",
            Self::UberTraceId => "UBER_TRACE_ID",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_the_name_in_upper_case_with_underscores() {
        for field in CarrierField::ALL {
            assert_eq!(field.variable(), field.as_str().to_ascii_uppercase().replace('-', "_"));
        }
    }
}
