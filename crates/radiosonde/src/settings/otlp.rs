use std::time::Duration;

use radiosonde_otlp::{Compression, Headers};

use super::{Given, given};
use crate::InvalidVariable;
use crate::variables::Variables;

/// Where a signal goes by OTLP.
#[derive(Debug)]
pub(crate) struct OtlpSettings {
    pub(crate) endpoint: Given,
    /// Whether the endpoint is for this signal and stands as it is, or for all signals, so that the signal's path is appended.
    pub(crate) is_whole: bool,
    pub(crate) headers: Headers,
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
}

/// Where a collector listens unless told otherwise.
const OTLP_DEFAULT: &str = "http://localhost:4318";

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// A signal's variables; of two, the first wins.
pub(super) struct SignalVariables {
    exporter: &'static str,
    endpoint: &'static str,
    /// Whether an endpoint for all signals is enough to ask for this one.
    base_asks: bool,
    protocol: [&'static str; 2],
    compression: [&'static str; 2],
    timeout: [&'static str; 2],
    headers: [&'static str; 2],
}

pub(super) const TRACES: SignalVariables = SignalVariables {
    exporter: "OTEL_TRACES_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    base_asks: true,
    protocol: ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
    compression: ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
    timeout: ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
    headers: ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
};

/// The endpoint for all signals is a Jaeger's often enough, which takes no logs: they have to be asked for by their own name.
pub(super) const LOGS: SignalVariables = SignalVariables {
    exporter: "OTEL_LOGS_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    base_asks: false,
    protocol: ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
    compression: ["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
    timeout: ["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
    headers: ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
};

impl SignalVariables {
    /// `code` is the signal's own endpoint, `base` that of all signals, both as code says them.
    pub(super) fn resolve(
        &self,
        code: Option<String>,
        base: Option<String>,
        variables: &Variables<'_>,
    ) -> Result<Option<OtlpSettings>, InvalidVariable> {
        let exporter = variables.one_of(self.exporter, &[("otlp", true), ("none", false)])?;
        if let Some((name, protocol)) = variables.first(&self.protocol)?
            && protocol != "http/protobuf"
        {
            return Err(InvalidVariable::new(name, &protocol, "http/protobuf"));
        }
        let (compression, timeout) = (self.compression(variables)?, self.timeout(variables)?);
        let headers = self.headers(variables)?;
        let settings =
            |endpoint, is_whole| Some(OtlpSettings { endpoint, is_whole, headers, timeout, compression });
        if let Some(text) = code {
            return Ok(settings(Given { text, variable: None }, false));
        }
        if exporter == Some(false) {
            return Ok(None);
        }
        if let Some(endpoint) = given(None, &[self.endpoint], variables)? {
            return Ok(settings(endpoint, true));
        }
        if exporter.is_none() && !self.base_asks {
            return Ok(None);
        }
        // The specification would export to the default endpoint unless told not to; here somebody has to ask for it.
        let asked = exporter.map(|_| Given { text: OTLP_DEFAULT.to_owned(), variable: None });
        let base = given(base, &[BASE], variables)?.or(asked);
        Ok(base.and_then(|endpoint| settings(endpoint, false)))
    }

    fn compression(&self, variables: &Variables<'_>) -> Result<Compression, InvalidVariable> {
        let Some((name, text)) = variables.first(&self.compression)? else {
            return Ok(Compression::default());
        };
        text.parse().map_err(|_| InvalidVariable::new(name, &text, "gzip, none"))
    }

    fn timeout(&self, variables: &Variables<'_>) -> Result<Option<Duration>, InvalidVariable> {
        let Some((name, text)) = variables.first(&self.timeout)? else { return Ok(None) };
        match text.parse() {
            Ok(millis) if millis > 0 => Ok(Some(Duration::from_millis(millis))),
            _ => Err(InvalidVariable::new(name, &text, "a number of milliseconds from 1")),
        }
    }

    fn headers(&self, variables: &Variables<'_>) -> Result<Headers, InvalidVariable> {
        let Some((name, text)) = variables.first_secret(&self.headers)? else { return Ok(Headers::new()) };
        let allowed = "a list `key=value,key=value` with percent-encoded values";
        Headers::parse(&text).map_err(|cause| InvalidVariable::secret(name, allowed).because(cause))
    }
}
