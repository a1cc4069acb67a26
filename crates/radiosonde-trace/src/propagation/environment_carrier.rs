use std::ffi::OsString;
use std::process::Command;

use crate::propagation::carrier::{Carrier, CarrierMut};
use crate::propagation::carrier_field::CarrierField;

/// The trace context in this process's environment, such as the variable `TRACEPARENT`, left by the process that started it.
///
/// # Shape
/// A copy of the variables at the time of [`read`](Self::read).
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/context/env-carriers/>
///
/// ```
/// use std::process::Command;
///
/// use radiosonde_trace::EnvironmentCarrier;
///
/// // In a job: what started it is the parent of its spans.
/// let parent = radiosonde_trace::extract(&EnvironmentCarrier::read());
///
/// // In the program that starts it. Without a current span, the job does not inherit a context either.
/// let mut job = Command::new("nightly-report");
/// radiosonde_trace::inject(&mut job);
/// # assert!(parent.is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct EnvironmentCarrier(Vec<(CarrierField, OsString)>);

impl EnvironmentCarrier {
    /// Reads the variables.
    #[must_use]
    pub fn read() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let fields = CarrierField::ALL.into_iter();
        Self(fields.filter_map(|field| Some((field, variable(field.variable())?))).collect())
    }
}

impl Carrier for EnvironmentCarrier {
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        let found = self.0.iter().filter(move |(known, _)| *known == field);
        found.map(|(_, value)| value.as_encoded_bytes())
    }
}

/// Sets variables of the process to start.
impl CarrierMut for Command {
    fn set(&mut self, field: CarrierField, value: &str) {
        self.env(field.variable(), value);
    }

    /// Also keeps the process from inheriting the variable.
    fn remove(&mut self, field: CarrierField) {
        self.env_remove(field.variable());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_by_their_field() {
        let carrier = EnvironmentCarrier::from_variables(|name| match name {
            "TRACEPARENT" => Some("a".into()),
            "X_B3_TRACEID" => Some("b".into()),
            _ => None,
        });
        let found = |field| carrier.values(field).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(found(CarrierField::Traceparent), [b"a"]);
        assert_eq!(found(CarrierField::B3TraceId), [b"b"]);
        assert!(found(CarrierField::Tracestate).is_empty());
    }

    #[test]
    fn a_command_gets_the_fields_and_inherits_none() {
        let mut command = Command::new("a");
        command.set(CarrierField::Traceparent, "b");
        command.remove(CarrierField::Tracestate);
        let variables: Vec<_> = command.get_envs().collect();
        assert_eq!(variables, [("TRACEPARENT".as_ref(), Some("b".as_ref())), ("TRACESTATE".as_ref(), None)]);
    }
}
