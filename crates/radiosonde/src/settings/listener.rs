//! Where metrics are served on a port of their own.

use std::net::{IpAddr, ToSocketAddrs as _};

use radiosonde_admin::{Listener, MetricsOptions};

use crate::environment::exporter::{Asked, Exporter};
use crate::environment::unread;
use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

const EXPORTER: Exporter = Exporter {
    variable: "OTEL_METRICS_EXPORTER",
    supported: &["prometheus"],
    others: &["otlp", "console", "logging"],
    beside: NOT_SENT,
    instead: NOT_SENT,
};
const NOT_SENT: &str = "metrics are served for scrapes and not sent";
const HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";

pub(super) fn options(variables: &Variables<'_>) -> Result<MetricsOptions, InvalidVariable> {
    let options = MetricsOptions::new();
    let asked = EXPORTER.read(variables)?;
    if asked == Asked::None {
        return Ok(options.enabled(false));
    }
    unread::report(variables, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", NOT_SENT);
    let host = variables.text(HOST)?.map(|host| ip(&host)).transpose()?;
    let port = variables.parse::<u16>(PORT, "a port from 0 to 65535")?;
    let options = host.into_iter().fold(options, MetricsOptions::host);
    let options = port.into_iter().fold(options, MetricsOptions::port);
    Ok(if asked == Asked::Supported && !options.has_listener() { options.enabled(true) } else { options })
}

/// The address of a host, which the specification lets be a name.
fn ip(host: &str) -> Result<IpAddr, InvalidVariable> {
    if host.eq_ignore_ascii_case("localhost") {
        return Ok(Listener::DEFAULT_ADDRESS.ip());
    }
    let found = (host, 0).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found
        .map(|address| address.ip())
        .ok_or_else(|| InvalidVariable::new(HOST, host, "an IP address, or a host name"))
}
