use radiosonde_trace::SpanLimits;

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

/// The limits of spans that the variables set; `None` if none does.
///
/// Source: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits>
pub(crate) fn span_limits(variables: &Variables<'_>) -> Result<Option<SpanLimits>, InvalidVariable> {
    let number = |name| variables.parse::<u32>(name, "a number from 0 to 4294967295");
    let all = number("OTEL_ATTRIBUTE_COUNT_LIMIT")?;
    let length = number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")?;
    let mut limits = SpanLimits::default();
    let own = [
        (number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT")?.or(all), &mut limits.attributes),
        (number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT")?.or(all), &mut limits.event_attributes),
        (number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT")?.or(all), &mut limits.link_attributes),
        (number("OTEL_SPAN_EVENT_COUNT_LIMIT")?, &mut limits.events),
        (number("OTEL_SPAN_LINK_COUNT_LIMIT")?, &mut limits.links),
    ];
    for (set, limit) in own {
        *limit = set.unwrap_or(*limit);
    }
    limits.value_length = number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")?.or(length);
    Ok((limits != SpanLimits::default()).then_some(limits))
}
