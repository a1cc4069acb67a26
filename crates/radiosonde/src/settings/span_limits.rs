use radiosonde_trace::SpanLimits;

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

type Set = fn(SpanLimits, u32) -> SpanLimits;

/// The limits of spans that the variables set.
///
/// Source: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits>
pub(crate) fn span_limits(variables: &Variables<'_>) -> Result<SpanLimits, InvalidVariable> {
    let number = |name| variables.parse::<u32>(name, "a number from 0 to 4294967295");
    let all = number("OTEL_ATTRIBUTE_COUNT_LIMIT")?;
    let length = number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")?;
    let set: [(Option<u32>, Set); 6] = [
        (number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT")?.or(all), SpanLimits::attributes),
        (number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT")?.or(all), SpanLimits::event_attributes),
        (number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT")?.or(all), SpanLimits::link_attributes),
        (number("OTEL_SPAN_EVENT_COUNT_LIMIT")?, SpanLimits::events),
        (number("OTEL_SPAN_LINK_COUNT_LIMIT")?, SpanLimits::links),
        (number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")?.or(length), SpanLimits::value_length),
    ];
    let set = set.into_iter().filter_map(|(most, limit)| Some((most?, limit)));
    Ok(set.fold(SpanLimits::new(), |limits, (most, limit)| limit(limits, most)))
}
