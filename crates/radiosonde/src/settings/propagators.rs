//! What crosses the border of the process beside a request.

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

const VARIABLE: &str = "OTEL_PROPAGATORS";
const EXPECTED: &str = "tracecontext, baggage, none";

/// Formats of the specification for trace context that are not supported.
const FORMATS: [&str; 5] = ["b3", "b3multi", "jaeger", "xray", "ottrace"];

/// Whether trace context is read from requests and sent with them, if the variable is set.
pub(super) fn carry_trace_context(variables: &Variables<'_>) -> Result<Option<bool>, InvalidVariable> {
    let Some((text, words)) = variables.words(VARIABLE)? else { return Ok(None) };
    let is_known =
        |word: &str| ["tracecontext", "baggage", "none"].contains(&word) || FORMATS.contains(&word);
    let has_none = words.iter().any(|word| word == "none");
    let has_others = words.iter().any(|word| word != "none");
    if !words.iter().all(|word| is_known(word)) || has_none && has_others {
        return Err(InvalidVariable::new(VARIABLE, &text, EXPECTED));
    }
    let has_format = words.iter().any(|word| FORMATS.contains(&&**word));
    let has_baggage = words.iter().any(|word| word == "baggage");
    let instead = match (has_format, has_baggage) {
        (true, true) => Some("W3C trace context is propagated instead, and no baggage"),
        (true, false) => Some("W3C trace context is propagated instead"),
        (false, true) => Some("baggage is not propagated"),
        (false, false) => None,
    };
    if let Some(instead) = instead {
        variables.unsupported(InvalidVariable::new(VARIABLE, &text, "tracecontext, none"), instead);
    }
    // Another format also asks for trace context to be propagated.
    Ok(Some(has_format || words.iter().any(|word| word == "tracecontext")))
}
