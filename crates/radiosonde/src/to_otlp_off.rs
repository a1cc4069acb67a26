//! In place of the export by OTLP, without the feature `otlp`.

use std::sync::Arc;

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_log::{LineSink, LogOptions};
use radiosonde_trace::TraceOptions;

use crate::environment::unread;
use crate::environment::variables::{Given, Variables};
use crate::error::{InitError, InvalidVariable};

const ENDPOINTS: [&str; 3] =
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

/// No options: a file that has some is refused.
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Options {}

impl Options {
    pub(crate) fn or(self, _: Self) -> Self {
        self
    }
}

#[derive(Debug, Default)]
pub(crate) struct Exports {
    pub(crate) has_spans: bool,
    pub(crate) has_lines: bool,
}

impl Exports {
    pub(crate) fn resolve(
        _: Options,
        _: Options,
        variables: &Variables<'_>,
    ) -> Result<Self, InvalidVariable> {
        for name in ENDPOINTS {
            unread::report(
                variables,
                name,
                "nothing is exported without the feature `otlp` of the crate radiosonde",
            );
        }
        Ok(Self::default())
    }

    pub(crate) fn add_to(
        &self,
        traces: TraceOptions,
        _: &[Given],
        _: (&Resource, &Delivery),
    ) -> Result<TraceOptions, InitError> {
        Ok(traces)
    }

    pub(crate) fn sink(
        self,
        _: &LogOptions,
        _: &[Given],
        _: (&Resource, &Delivery),
    ) -> Result<Option<Arc<dyn LineSink>>, InitError> {
        Ok(None)
    }
}
