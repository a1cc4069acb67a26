//! The formats in which trace context crosses the border of the process.

use radiosonde_trace::{InvalidPropagators, InvalidPropagatorsKind, Propagators};

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

const VARIABLE: &str = "OTEL_PROPAGATORS";

/// Formats of the specification that are not supported.
const UNSUPPORTED: [&str; 2] = ["xray", "ottrace"];

/// The formats, if the variable is set.
pub(super) fn propagators(variables: &Variables<'_>) -> Result<Option<Propagators>, InvalidVariable> {
    let Some((text, words)) = variables.words(VARIABLE)? else { return Ok(None) };
    let refuse =
        |invalid| InvalidVariable::new(VARIABLE, &text, InvalidPropagators::EXPECTED).because(invalid);
    match words.join(",").parse::<Propagators>() {
        Ok(propagators) => Ok(Some(propagators)),
        Err(invalid) if invalid.kind() == InvalidPropagatorsKind::Unsupported => {
            let supported: Vec<_> =
                words.iter().map(String::as_str).filter(|word| !UNSUPPORTED.contains(word)).collect();
            let (propagators, instead) = match supported.is_empty() {
                true => (Propagators::default(), "W3C trace context is propagated instead"),
                false => (supported.join(",").parse().map_err(refuse)?, "the other formats are propagated"),
            };
            variables.unsupported(refuse(invalid), instead);
            Ok(Some(propagators))
        }
        Err(invalid) => Err(refuse(invalid)),
    }
}
