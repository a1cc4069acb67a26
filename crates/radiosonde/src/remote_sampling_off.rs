//! In place of sampling as a Jaeger decides, without the feature `jaeger-remote`.

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_trace::TraceOptions;

use crate::error::{InitError, InvalidVariable};

/// What `OTEL_TRACES_SAMPLER` may be.
pub(crate) const SAMPLERS: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, \
    parentbased_traceidratio, or with the feature `jaeger-remote` of the crate radiosonde jaeger_remote, parentbased_jaeger_remote";

/// Uninhabited without the feature `jaeger-remote`.
#[derive(Debug)]
pub(crate) enum RemoteSampling {}

impl RemoteSampling {
    /// `None`: the variable's value is one that is not supported.
    pub(crate) fn read(_: &str, _: Option<&str>) -> Result<Option<Self>, InvalidVariable> {
        Ok(None)
    }

    pub(crate) fn add_to(
        self,
        _: TraceOptions,
        _: &Registry,
        _: (&Resource, &Delivery),
    ) -> Result<TraceOptions, InitError> {
        match self {}
    }
}
