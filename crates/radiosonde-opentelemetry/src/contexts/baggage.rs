//! Converts baggage.

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage as OtelBaggage, BaggageExt as _};
use radiosonde_trace::Baggage;

/// The baggage of an OpenTelemetry context.
pub(crate) fn of(cx: &Context) -> Baggage {
    let baggage = cx.baggage();
    if baggage.is_empty() { Baggage::default() } else { Baggage::from_header(&baggage.to_string()) }
}

/// A context with this baggage, if there is any.
pub(crate) fn with(cx: Context, baggage: &Baggage) -> Context {
    if baggage.is_empty() {
        return cx;
    }
    let mut theirs = OtelBaggage::new();
    for (key, value) in baggage.iter() {
        // Beyond OpenTelemetry's limits, which are ours, a member is left out.
        let _ = theirs.insert_with_metadata(key.to_owned(), value.into_owned(), properties(baggage, key));
    }
    cx.with_baggage(theirs)
}

/// The properties of a member, which our type keeps as they came.
fn properties(baggage: &Baggage, key: &str) -> String {
    let member = baggage.as_str().split(',').find(|member| member.split('=').next() == Some(key));
    member
        .and_then(|member| member.split_once(';'))
        .map_or_else(String::new, |(_, properties)| properties.to_owned())
}
