use std::fmt::Write as _;
use std::time::Duration;

/// A job for Prometheus: what to scrape, how often, and in which formats.
#[derive(Debug, Clone)]
#[must_use]
pub struct ScrapeJob {
    name: String,
    targets: Vec<String>,
    interval: Duration,
    path: String,
    protocols: Vec<String>,
    honor_labels: bool,
    settings: Vec<String>,
}

impl ScrapeJob {
    /// `/metrics` at `address` (`host:port`), every second, in the format that Prometheus likes best.
    pub fn new(name: impl Into<String>, address: impl ToString) -> Self {
        Self {
            name: name.into(),
            targets: vec![address.to_string()],
            interval: Duration::from_secs(1),
            path: "/metrics".to_owned(),
            protocols: Vec::new(),
            honor_labels: false,
            settings: Vec::new(),
        }
    }

    /// One more address.
    pub fn target(mut self, address: impl ToString) -> Self {
        self.targets.push(address.to_string());
        self
    }

    /// How often, to the millisecond.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Another path than `/metrics`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The formats to accept, best first, by Prometheus' names: `OpenMetricsText1.0.0`, `OpenMetricsText0.0.1`,
    /// `PrometheusText1.0.0`, `PrometheusText0.0.4`, `PrometheusProto`.
    pub fn protocols(mut self, protocols: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Lets what is scraped say its own `job` and `instance`, as what comes by way of a Pushgateway does.
    pub fn honor_labels(mut self) -> Self {
        self.honor_labels = true;
        self
    }

    /// Any other setting of a scrape configuration that is one value, such as `scrape_native_histograms`.
    pub fn setting(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push(format!("{name}: {}", value.to_string()));
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// As Prometheus reads it from a file of `scrape_config_files`.
    pub(crate) fn yaml(&self) -> String {
        let interval = self.interval.as_millis();
        let mut yaml = format!(
            "scrape_configs:\n  - job_name: {:?}\n    metrics_path: {:?}\n    scrape_interval: {interval}ms\n    \
             scrape_timeout: {interval}ms\n    static_configs:\n      - targets: {:?}\n",
            self.name, self.path, self.targets
        );
        if !self.protocols.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(yaml, "    scrape_protocols: {:?}", self.protocols);
        }
        if self.honor_labels {
            yaml.push_str("    honor_labels: true\n");
        }
        for setting in &self.settings {
            let _ = writeln!(yaml, "    {setting}");
        }
        yaml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_written_as_prometheus_reads_it() {
        let job = ScrapeJob::new("orders", "127.0.0.1:80")
            .target("127.0.0.1:81")
            .protocols(["PrometheusText0.0.4"])
            .honor_labels()
            .setting("scrape_native_histograms", true);
        assert_eq!(
            job.interval(Duration::from_millis(500)).path("/m").yaml(),
            r#"scrape_configs:
  - job_name: "orders"
    metrics_path: "/m"
    scrape_interval: 500ms
    scrape_timeout: 500ms
    static_configs:
      - targets: ["127.0.0.1:80", "127.0.0.1:81"]
    scrape_protocols: ["PrometheusText0.0.4"]
    honor_labels: true
    scrape_native_histograms: true
"#
        );
    }
}
