//! Alerts: the variable of Alertmanager, and the engine.

use std::error::Error;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(crate) use radiosonde_alerts::AlertEngineBuilder as EngineBuilder;
use radiosonde_alerts::AlertHandler;
use radiosonde_alerts::{Alert, AlertEngine, AlertLines, AlertmanagerOptions};
use radiosonde_core::{Resource, diagnostics};
use radiosonde_delivery::{Delivery, Endpoint};
use radiosonde_metrics::Registry;
use radiosonde_ops::Catalogue;

use crate::environment::variables::Variables;
use crate::error::{InitError, InvalidVariable};

const URL: &str = "RADIOSONDE_ALERTMANAGER_URL";

/// The names of the sinks, in the report of a shutdown. A cluster of Alertmanagers has about three.
const SINKS: [&str; 5] =
    ["alertmanager", "alertmanager_2", "alertmanager_3", "alertmanager_4", "alertmanager_5"];

/// The group of alerts in a file.
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub(crate) struct Options {
    alertmanagers: Vec<AlertmanagerOptions>,
}

impl Options {
    pub(crate) fn add(&mut self, alertmanager: AlertmanagerOptions) {
        self.alertmanagers.push(alertmanager);
    }

    pub(crate) fn or(self, other: Self) -> Self {
        if self.alertmanagers.is_empty() { other } else { self }
    }
}

pub(crate) fn options(variables: &Variables<'_>) -> Result<Options, InvalidVariable> {
    let mut options = Options::default();
    let Some(urls) = variables.text(URL)? else { return Ok(options) };
    for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        if let Err(cause) = Endpoint::parse(url) {
            // A URL may hold a password.
            let expected = "http or https URLs, comma-separated";
            let invalid = match urls.contains('@') {
                true => InvalidVariable::secret(URL, expected),
                false => InvalidVariable::new(URL, &urls, expected),
            };
            return Err(invalid.because(cause));
        }
        options.add(AlertmanagerOptions::new(url));
    }
    Ok(options)
}

/// The engine. It runs though there may be nothing to evaluate yet: objectives and detectors can be declared at any time.
#[derive(Debug)]
pub(crate) struct Alerts {
    /// Dropped when lines can be written: until then the handler of lines waits. Before the engine, whose end waits for handlers.
    lines: Option<Sender<()>>,
    engine: Option<AlertEngine>,
}

impl Alerts {
    pub(crate) fn start(
        options: Options,
        builder: Option<EngineBuilder>,
        has_objectives: bool,
        registry: &Registry,
        (resource, delivery): (&Resource, &Delivery),
    ) -> Result<Self, InitError> {
        if options.alertmanagers.len() > SINKS.len() {
            let error = TooManyAlertmanagers { given: options.alertmanagers.len() };
            return Err(InitError::Alerts(Box::new(error)));
        }
        let is_asked_for = builder.is_some() || has_objectives || !options.alertmanagers.is_empty();
        let (lines, begins) = channel();
        let builder = builder.unwrap_or_else(AlertEngine::builder).registry(registry);
        let valid_for = builder.repeated_every() * 4;
        // Ours are before those of users, one of which may hang.
        let mut builder = builder.handler_first(LinesLater(Mutex::new(begins)));
        for (name, options) in SINKS.into_iter().zip(options.alertmanagers) {
            let options = options.or_sink_name(name).resource(resource).valid_for_at_least(valid_for);
            let alertmanager = options.build(delivery).map_err(|error| InitError::Alerts(Box::new(error)))?;
            builder = builder.handler_first(alertmanager);
        }
        match builder.start() {
            Ok(engine) => Ok(Self { lines: Some(lines), engine: Some(engine) }),
            Err(error) if is_asked_for => Err(InitError::Alerts(Box::new(error))),
            // Such as a metric of the service's own that is called `alerts`.
            Err(error) => {
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                let what = format_args!("{error}{cause}: objectives and detectors are not evaluated");
                diagnostics::report("alerts", "start", what);
                Ok(Self { lines: None, engine: None })
            }
        }
    }

    /// Lines can be written from now on.
    pub(crate) fn log(&mut self) {
        self.lines = None;
    }

    /// The catalogue with the rules.
    pub(crate) fn add_to(&self, catalogue: Catalogue, registry: &Registry) -> Catalogue {
        let rules = self.engine.as_ref().map(AlertEngine::declared_rules).unwrap_or_default();
        catalogue.with_alerts(registry, rules)
    }

    pub(crate) const fn engine(&self) -> Option<&AlertEngine> {
        self.engine.as_ref()
    }

    /// Ends the evaluation, and hands alerts to handlers until the deadline.
    pub(crate) fn shutdown(&self, deadline: Duration) {
        if let Some(engine) = &self.engine {
            engine.shutdown(deadline);
        }
    }
}

/// More Alertmanagers than alerts can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAlertmanagers {
    given: usize,
}

impl fmt::Display for TooManyAlertmanagers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} Alertmanagers: expected at most {}, the instances of a cluster",
            self.given,
            SINKS.len()
        )
    }
}

impl Error for TooManyAlertmanagers {}

/// Alerts as lines, once there is a subscriber for them.
struct LinesLater(Mutex<Receiver<()>>);

impl AlertHandler for LinesLater {
    fn handle(&self, alert: &Alert) {
        let begins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is sent: it ends when the other end is dropped.
        let _ = begins.recv();
        AlertLines.handle(alert);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_go_to_five_alertmanagers_at_most() {
        let registry = Registry::new();
        let resource = Resource::builder().build();
        let delivery = Delivery::builder().registry(&registry).start().unwrap();
        let start = |given: usize| {
            let urls = (1..=given).map(|port| AlertmanagerOptions::new(format!("http://127.0.0.1:{port}")));
            let options = Options { alertmanagers: urls.collect() };
            Alerts::start(options, None, false, &registry, (&resource, &delivery))
        };
        let InitError::Alerts(refused) = start(6).unwrap_err() else { unreachable!() };
        assert_eq!(refused.downcast_ref(), Some(&TooManyAlertmanagers { given: 6 }));
        assert_eq!(refused.to_string(), "6 Alertmanagers: expected at most 5, the instances of a cluster");
        assert!(start(5).is_ok());
    }

    #[test]
    fn a_service_whose_own_metric_is_called_alerts_runs_without_them() {
        let registry = Registry::new();
        registry.gauge("alerts", "Alerts that customers have set.").build().unwrap().set(2.0);
        let (resource, delivery) =
            (Resource::builder().build(), Delivery::builder().registry(&registry).start());
        let backend = (&resource, &delivery.unwrap());
        let start =
            |has_objectives| Alerts::start(Options::default(), None, has_objectives, &registry, backend);
        assert!(start(false).unwrap().engine().is_none());
        assert!(matches!(start(true).unwrap_err(), InitError::Alerts(_)), "it cannot evaluate them");
        let other = Registry::new();
        let alerts = Alerts::start(Options::default(), None, false, &other, backend).unwrap();
        assert!(alerts.engine().is_some());
    }
}
