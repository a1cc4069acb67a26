//! In place of the push to Loki, without the feature `loki`.

use std::sync::Arc;

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_log::{LineSink, LogOptions};

use crate::environment::variables::{Given, Variables};
use crate::error::{InitError, InvalidVariable};

/// No options: a file that has some is refused.
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Options {}

impl Options {
    pub(crate) fn or(self, _: Self) -> Self {
        self
    }
}

pub(crate) fn options(variables: &Variables<'_>) -> Result<Options, InvalidVariable> {
    const URL: &str = "RADIOSONDE_LOKI_URL";
    if variables.is_set(URL) {
        // A URL may hold a password.
        return Err(InvalidVariable::secret(
            URL,
            "no value without the feature `loki` of the crate radiosonde",
        ));
    }
    Ok(Options {})
}

pub(crate) fn sink(
    _: Options,
    _: Option<&str>,
    _: &LogOptions,
    _: &[Given],
    _: (&Resource, &Delivery),
) -> Result<Option<Arc<dyn LineSink>>, InitError> {
    Ok(None)
}
