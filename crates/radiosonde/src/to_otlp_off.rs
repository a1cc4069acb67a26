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

const TRACES: &str = "OTEL_TRACES_EXPORTER";
const EXPORTERS: [&str; 2] = [TRACES, "OTEL_LOGS_EXPORTER"];

const NOT_EXPORTED: &str = "nothing is exported without the feature `otlp` of the crate radiosonde";

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
    pub(crate) has_lines: bool,
    /// Whether the variable asks for spans on standard error.
    pub(crate) has_console: bool,
}

impl Exports {
    pub(crate) fn resolve(
        _: Options,
        _: Options,
        variables: &Variables<'_>,
    ) -> Result<Self, InvalidVariable> {
        for name in ENDPOINTS {
            unread::report(variables, name, NOT_EXPORTED);
        }
        let mut exports = Self::default();
        for name in EXPORTERS {
            let Some((_, words)) = variables.words(name)? else { continue };
            let is_console = |word: &String| name == TRACES && word == "console";
            exports.has_console |= words.iter().any(is_console);
            if words.iter().any(|word| word != "none" && !is_console(word)) {
                unread::report(variables, name, NOT_EXPORTED);
            }
        }
        Ok(exports)
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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn an_exporter_that_is_asked_for_is_reported_and_none_is_not() {
        let reported = |name: &'static str, value: &'static str| {
            let look_up = move |asked: &str| (asked == name).then(|| OsString::from(value));
            let variables = Variables::new(&look_up);
            Exports::resolve(Options {}, Options {}, &variables).unwrap();
            variables.settle().unwrap().iter().map(|unsupported| unsupported.name()).collect::<Vec<_>>()
        };
        for name in EXPORTERS {
            assert_eq!(reported(name, "otlp"), [name]);
            assert!(reported(name, "none").is_empty());
        }
        assert!(reported(TRACES, "console").is_empty(), "it is there without the feature");
    }
}
