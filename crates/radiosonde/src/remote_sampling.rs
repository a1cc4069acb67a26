//! Sampling as a Jaeger decides: its variables, and the sampler.

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_otlp::JaegerRemoteOptions;
use radiosonde_trace::{Sampler, TraceOptions};

use crate::error::{InitError, InvalidVariable};

const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
const EXPECTED: &str = "endpoint=URL,pollingIntervalMs=NUMBER,initialSamplingRate=RATIO";

/// What `OTEL_TRACES_SAMPLER` may be.
pub(crate) const SAMPLERS: &str = "always_on, always_off, traceidratio, jaeger_remote, parentbased_always_on, parentbased_always_off, \
    parentbased_traceidratio, parentbased_jaeger_remote";

/// A sampler that asks a Jaeger.
#[derive(Debug)]
pub(crate) struct RemoteSampling {
    options: JaegerRemoteOptions,
    follows_parents: bool,
}

impl RemoteSampling {
    /// For traces that start here.
    pub(crate) const fn of_roots(options: JaegerRemoteOptions) -> Self {
        Self { options, follows_parents: true }
    }

    /// The one that `OTEL_TRACES_SAMPLER` names, with the value of `OTEL_TRACES_SAMPLER_ARG`; `None` for another sampler.
    pub(crate) fn read(name: &str, argument: Option<&str>) -> Result<Option<Self>, InvalidVariable> {
        let follows_parents = match name {
            _ if name.eq_ignore_ascii_case("jaeger_remote") => false,
            _ if name.eq_ignore_ascii_case("parentbased_jaeger_remote") => true,
            _ => return Ok(None),
        };
        let text = argument.unwrap_or_default();
        let refuse = |cause| {
            // A URL may hold a password.
            let invalid = match text.contains('@') {
                true => InvalidVariable::secret(ARGUMENT, EXPECTED),
                false => InvalidVariable::new(ARGUMENT, text, EXPECTED),
            };
            invalid.because(cause)
        };
        let options = text.parse().map_err(refuse)?;
        Ok(Some(Self { options, follows_parents }))
    }

    /// Begins to poll, and sets the sampler.
    pub(crate) fn add_to(
        self,
        traces: TraceOptions,
        registry: &Registry,
        (resource, delivery): (&Resource, &Delivery),
    ) -> Result<TraceOptions, InitError> {
        let sampler = self.options.registry(registry).build(resource, delivery);
        let sampler = sampler.map_err(|error| InitError::JaegerRemote(Box::new(error)))?;
        Ok(traces.sampler(if self.follows_parents { Sampler::parent_based(sampler) } else { sampler }))
    }
}
