use std::fmt::Write as _;
use std::path::Path;
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
    /// Lines of the job, each with its indentation.
    access: String,
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
            access: String::new(),
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

    /// Keeps the `job` and `instance` labels of the scraped metrics, as needed for a Pushgateway.
    pub fn honor_labels(mut self) -> Self {
        self.honor_labels = true;
        self
    }

    /// Any other setting of a scrape configuration that is one value, such as `scrape_native_histograms`.
    pub fn setting(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push(format!("{name}: {}", value.to_string()));
        self
    }

    /// Over HTTPS, trusting the certificates of a file alone.
    pub fn https(mut self, certificates: &Path) -> Self {
        let file = certificates.display().to_string();
        let _ = write!(self.access, "    scheme: https\n    tls_config:\n      ca_file: {file:?}\n");
        self
    }

    /// As this user, with this password.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        let lines = format!("    basic_auth:\n      username: {user:?}\n      password: {password:?}\n");
        self.access.push_str(&lines);
        self
    }

    /// With this token.
    pub fn bearer(mut self, token: &str) -> Self {
        // `Bearer` is Prometheus' default.
        let _ = write!(self.access, "    authorization:\n      credentials: {token:?}\n");
        self
    }

    /// The families of these names alone.
    pub fn families(mut self, names: &[&str]) -> Self {
        let _ = write!(self.access, "    params:\n      \"name[]\": {names:?}\n");
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
        yaml.push_str(&self.access);
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
    fn what_lets_a_job_in_is_written_too() {
        let job = ScrapeJob::new("orders", "127.0.0.1:80").https(Path::new("/ca.pem")).basic_auth("a", "b");
        let yaml = job.bearer("c").families(&["d"]).yaml();
        let written = r#"    scheme: https
    tls_config:
      ca_file: "/ca.pem"
    basic_auth:
      username: "a"
      password: "b"
    authorization:
      credentials: "c"
    params:
      "name[]": ["d"]
"#;
        assert!(yaml.ends_with(written), "{yaml}");
    }

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
