//! Where metrics are served on a port of their own.

use std::net::{IpAddr, SocketAddr};

use radiosonde_metrics::Listener;

use super::exporter::{Asked, Exporter};
use crate::InvalidVariable;
use crate::variables::Variables;

const EXPORTER: Exporter = Exporter {
    variable: "OTEL_METRICS_EXPORTER",
    supported: "prometheus",
    others: &["otlp", "console", "logging"],
    instead: "metrics are served for scrapes and not sent",
};
const HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";

pub(super) fn address(variables: &Variables<'_>) -> Result<Option<SocketAddr>, InvalidVariable> {
    let asked = EXPORTER.read(variables)?;
    if asked == Asked::None {
        return Ok(None);
    }
    let host = match variables.text(HOST)? {
        Some(host) if host.eq_ignore_ascii_case("localhost") => Some(Listener::DEFAULT_ADDRESS.ip()),
        Some(host) => {
            let refuse = |_| InvalidVariable::new(HOST, &host, "an IP address, or localhost");
            Some(host.parse::<IpAddr>().map_err(refuse)?)
        }
        None => None,
    };
    let port = variables.parse::<u16>(PORT, "a port from 0 to 65535")?;
    if asked != Asked::Supported && host.is_none() && port.is_none() {
        return Ok(None);
    }
    let default = Listener::DEFAULT_ADDRESS;
    Ok(Some(SocketAddr::new(host.unwrap_or(default.ip()), port.unwrap_or(default.port()))))
}
