//! In place of the alert engine, without the feature `alerts`.

use std::convert::Infallible;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_ops::Catalogue;

use crate::environment::variables::Variables;
use crate::error::{InitError, InvalidVariable};

/// No rules and no handlers.
pub(crate) type EngineBuilder = Infallible;

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
    const URL: &str = "RADIOSONDE_ALERTMANAGER_URL";
    if variables.is_set(URL) {
        // A URL may hold a password.
        return Err(InvalidVariable::secret(
            URL,
            "no value without the feature `alerts` of the crate radiosonde",
        ));
    }
    Ok(Options {})
}

#[derive(Debug)]
pub(crate) struct Alerts;

impl Alerts {
    #[allow(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
    pub(crate) const fn start(
        _: Options,
        _: Option<EngineBuilder>,
        _: bool,
        _: &Registry,
        _: (&Resource, &Delivery),
    ) -> Result<Self, InitError> {
        Ok(Self)
    }

    pub(crate) const fn log(&mut self) {}

    /// There are no rules to add.
    pub(crate) fn add_to(&self, catalogue: Catalogue, _: &Registry) -> Catalogue {
        catalogue
    }

    pub(crate) const fn shutdown(&self, _: Duration) {}
}
