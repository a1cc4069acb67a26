use radiosonde_alerts::{AlertEngine, AlertEngineBuilder, AlertmanagerOptions};

use crate::builder::TelemetryBuilder;
use crate::telemetry::Telemetry;

impl TelemetryBuilder {
    /// Sets the rules and handlers of alerts, and how often they are evaluated. Several calls add up.
    ///
    /// An engine runs in any case, for objectives and detectors that are declared later; as long as there is nothing to evaluate, it takes
    /// no snapshots. Each alert that fires or is resolved is a line with the target `radiosonde::alert`, at ERROR, WARN or INFO by its severity; the
    /// filter `info,radiosonde::alert=off` leaves them out.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use radiosonde::alerts::{Alert, AlertRule, Condition, Severity, Value};
    /// use radiosonde::signals::Work;
    ///
    /// let failing = Value::error_ratio(Work::http_server(), Duration::from_secs(300));
    /// let rule = AlertRule::new("HighErrorRate", Condition::above(failing, 0.05))
    ///     .hold(Duration::from_secs(60))
    ///     .severity(Severity::Critical)
    ///     .summary("The share of requests that fail is {value}.");
    /// let builder = radiosonde::builder()
    ///     .service_name("orders")
    ///     .alerts(|alerts| alerts.rule(rule).handler(|alert: &Alert| eprintln!("{} {}", alert.name(), alert.state())));
    /// ```
    pub fn alerts(mut self, set: impl FnOnce(AlertEngineBuilder) -> AlertEngineBuilder) -> Self {
        self.engine = Some(set(self.engine.unwrap_or_else(AlertEngine::builder)));
        self
    }

    /// Sends alerts to an Alertmanager; several calls add up, for the at most five instances of a cluster, each of which has to get all alerts. Else those of
    /// `RADIOSONDE_ALERTMANAGER_URL`, or of the file. The alerts have the labels `service` and `instance`. Where the interval of
    /// [`alerts`](Self::alerts) is longer than a minute, they are valid for four intervals at least.
    ///
    /// ```
    /// use radiosonde::alerts::AlertmanagerOptions;
    ///
    /// let alertmanager = AlertmanagerOptions::new("http://127.0.0.1:9093").label("cluster", "eu-1");
    /// let builder = radiosonde::builder().service_name("orders").alertmanager(alertmanager);
    /// ```
    pub fn alertmanager(mut self, options: AlertmanagerOptions) -> Self {
        self.code.alerts.add(options);
        self
    }
}

impl Telemetry {
    /// The alerts that fire, their history, silences and statistics. `None` only if nothing was asked for and a metric of the service's own has
    /// the name of one of the engine's, such as `alerts`, or the registry has an engine already.
    #[must_use]
    pub fn alerts(&self) -> Option<AlertEngine> {
        self.alerts.engine().cloned()
    }
}
