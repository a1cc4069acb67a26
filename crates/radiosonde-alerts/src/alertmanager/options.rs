use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Resource, SharedClock, SystemClock};
use radiosonde_delivery::{
    Delivery, Endpoint, HttpClient, HttpOptions, InvalidEndpoint, Retry, SinkOptions, Url,
};

use crate::alertmanager::build_error::AlertmanagerBuildError;
use crate::alertmanager::client::AlertmanagerClient;
use crate::alertmanager::external_labels;
use crate::alertmanager::protocol::AlertsProtocol;
use crate::alertmanager::sink::Alertmanager;

const ALERTS_PATH: &str = "/api/v2/alerts";

/// Four intervals of repeats, as in Prometheus: three may be lost.
const VALID_FOR: Duration = Duration::from_secs(240);

/// Two intervals of repeats: one of them may be late.
const SHORTEST_VALID_FOR: Duration = Duration::from_secs(120);
const LONGEST_VALID_FOR: Duration = Duration::from_secs(24 * 3600);

/// Responses of more bytes are errors.
const MAX_RESPONSE_BYTES: usize = 16 << 20;

/// Where and how alerts are sent to an Alertmanager, and its silences are read and changed.
///
/// # Shape
/// Plain values, checked by [`build`](Self::build) and [`client`](Self::client). With the feature `serde` they are read from a
/// configuration file under the names of the methods, `labels` as a table; durations are texts like `5s`.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use radiosonde_alerts::{Alert, AlertHandler, AlertmanagerOptions, Severity};
/// use radiosonde_delivery::Delivery;
/// use radiosonde_metrics::Registry;
/// use radiosonde_testkit::HttpFake;
///
/// let server = HttpFake::start([]); // an Alertmanager
/// let delivery = Delivery::builder().registry(&Registry::new()).start()?;
/// let alertmanager = AlertmanagerOptions::new(server.url()).label("cluster", "eu-1").build(&delivery)?;
///
/// let alert = Alert::new("HighErrorRate", Severity::Critical, SystemTime::UNIX_EPOCH).label("service", "orders");
/// alertmanager.handle(&alert.annotation("summary", "5 % of the orders fail"));
/// delivery.shutdown_blocking(Duration::from_secs(5));
///
/// let posted = server.requests();
/// assert_eq!(posted[0].path(), "/api/v2/alerts");
/// let posted = String::from_utf8_lossy(posted[0].body());
/// assert!(posted.contains(r#""labels":{"alertname":"HighErrorRate","cluster":"eu-1","service":"orders","severity":"critical"}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct AlertmanagerOptions {
    url: Url,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::pairs"))]
    labels: Vec<(String, String)>,
    #[cfg_attr(feature = "serde", serde(skip))]
    resource: Option<Resource>,
    generator_url: Option<Url>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    valid_for: Duration,
    http: HttpOptions,
    sink: SinkOptions,
    #[cfg_attr(feature = "serde", serde(skip, default = "system_clock"))]
    clock: SharedClock,
}

impl Default for AlertmanagerOptions {
    fn default() -> Self {
        Self {
            url: Url::default(),
            labels: Vec::new(),
            resource: None,
            generator_url: None,
            valid_for: VALID_FOR,
            http: HttpOptions::new(),
            sink: SinkOptions::default(),
            clock: system_clock(),
        }
    }
}

fn system_clock() -> SharedClock {
    Arc::new(SystemClock)
}

impl AlertmanagerOptions {
    /// For the Alertmanager at this URL, such as `http://127.0.0.1:9093`, with its route prefix if it has one, with or without
    /// `/api/v2/alerts` at its end.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into().into(), ..Self::default() }
    }

    /// Adds a label to every alert that has none of this name, such as `cluster`. An empty value adds none.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Adds the labels `service` and `instance`, which are the resource's name and instance id, unless they are set otherwise.
    pub fn resource(mut self, resource: &Resource) -> Self {
        self.resource = Some(resource.clone());
        self
    }

    /// The page that alerts refer to as their source, such as a dashboard of the service. Default: none.
    pub fn generator_url(mut self, url: impl Into<String>) -> Self {
        self.generator_url = Some(url.into().into());
        self
    }

    /// How long after it was last sent an alert resolves by itself, because the process has ended. Range: 2 minutes to 1 day. Default: 4
    /// minutes, which is four intervals of repeats. This process' clock and Alertmanager's must not differ by more.
    ///
    /// An engine repeats once a minute, but not between two evaluations: where its
    /// [interval](crate::AlertEngineBuilder::interval) is longer than a minute, give four intervals at least, or an alert that fires
    /// resolves and fires again.
    pub const fn valid_for(mut self, valid_for: Duration) -> Self {
        self.valid_for = valid_for;
        self
    }

    /// As [`valid_for`](Self::valid_for), unless that is longer.
    pub fn valid_for_at_least(mut self, valid_for: Duration) -> Self {
        self.valid_for = self.valid_for.max(valid_for);
        self
    }

    /// Headers and credentials of every request.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Bounds and retries. Default: those of [`SinkOptions`] under the name `alertmanager`, with 10,000 items, 256 in a batch, and
    /// retries for half of [`valid_for`](Self::valid_for), because a late one carries ends that have passed. Requests are sent one at a time, so that no
    /// resolution overtakes its alert. Its timeout is also that of the client's requests.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = options;
        self
    }

    /// Names the sink, unless [`sink`](Self::sink) has a name for it.
    pub const fn or_sink_name(mut self, name: &'static str) -> Self {
        self.sink = self.sink.or_name(name);
        self
    }

    /// The clock that the ends of alerts and the starts of silences are read from. Default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`AlertmanagerBuildError`] names the refused setting.
    pub fn build(&self, delivery: &Delivery) -> Result<Alertmanager, AlertmanagerBuildError> {
        let endpoint = self.base().and_then(|base| base.join(ALERTS_PATH));
        let endpoint = endpoint.map_err(AlertmanagerBuildError::Endpoint)?;
        let generator_url = self.generator_url.as_ref().map(Url::endpoint).transpose();
        let generator_url = generator_url.map_err(AlertmanagerBuildError::GeneratorUrl)?;
        let labels = external_labels::checked(&self.labels, self.resource.as_ref());
        let labels = labels.map_err(AlertmanagerBuildError::Label)?;
        let valid_for = self.valid_for;
        if !(SHORTEST_VALID_FOR..=LONGEST_VALID_FOR).contains(&valid_for) {
            return Err(AlertmanagerBuildError::ValidFor { valid_for });
        }
        let protocol = AlertsProtocol {
            endpoint,
            generator_url: generator_url.map(|url| url.uri().to_string()),
            valid_for,
            clock: Arc::clone(&self.clock),
        };
        let queue = delivery.sink(self.sink_options(), &self.http, protocol);
        Ok(Alertmanager::new(queue.map_err(AlertmanagerBuildError::Sink)?, labels))
    }

    fn sink_options(&self) -> SinkOptions {
        let retry = Retry::new().max_age(self.valid_for / 2);
        let defaults = SinkOptions::new("alertmanager").max_items(10_000).batch_items(256).retry(retry);
        self.sink.or(defaults).max_in_flight(1)
    }

    /// Starts a client for silences and for questions, on a thread of its own. It connects with the first request.
    ///
    /// # Errors
    /// [`AlertmanagerBuildError`] names the refused setting.
    pub fn client(&self) -> Result<AlertmanagerClient, AlertmanagerBuildError> {
        let endpoint = self.base().map_err(AlertmanagerBuildError::Endpoint)?;
        let http = HttpClient::builder(&endpoint)
            .http(self.http.clone())
            .timeout(self.sink.request_timeout())
            .max_response_bytes(MAX_RESPONSE_BYTES)
            .build();
        let http = http.map_err(AlertmanagerBuildError::Client)?;
        Ok(AlertmanagerClient::new(http, endpoint, Arc::clone(&self.clock)))
    }

    fn base(&self) -> Result<Endpoint, InvalidEndpoint> {
        Ok(self.url.endpoint()?.without(ALERTS_PATH).without("/api/v2"))
    }
}
