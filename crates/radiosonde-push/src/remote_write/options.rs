use std::sync::{Arc, Mutex};

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, InvalidEndpoint, SinkOptions, Url};
use radiosonde_metrics::Registry;

use crate::build_error::PushBuildError;
use crate::labels::write_label::{InvalidWriteLabel, is_label};
use crate::push::Push;
use crate::remote_write::protocol::RemoteWriteProtocol;
use crate::remote_write::writer::RemoteWrite;

/// The path of remote writes in a Prometheus with `--web.enable-remote-write-receiver`.
const WRITE_PATH: &str = "/api/v1/write";

/// Series in one request.
const BATCH_SERIES: usize = 2000;

/// Where and how a registry is pushed by Prometheus remote write.
///
/// # Shape
/// Plain values, checked by [`build`](Self::build) or [`start`](Self::start). With the feature `serde` they are read from a
/// configuration file under the names of the methods, `labels` as a table; durations are texts like `5s`.
#[must_use]
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct RemoteWriteOptions {
    url: Url,
    job: Option<String>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::pairs"))]
    labels: Vec<(String, String)>,
    /// `None` for the global one, which only `build` creates, so that a program can still configure it.
    #[cfg_attr(feature = "serde", serde(skip))]
    registry: Option<Registry>,
    http: HttpOptions,
    sink: SinkOptions,
    #[cfg_attr(feature = "serde", serde(skip))]
    clock: SharedClock,
    stale_at_end: bool,
}

impl Default for RemoteWriteOptions {
    fn default() -> Self {
        Self {
            url: Url::default(),
            job: None,
            labels: Vec::new(),
            registry: None,
            http: HttpOptions::new(),
            sink: SinkOptions::default(),
            clock: Arc::new(SystemClock),
            stale_at_end: false,
        }
    }
}

impl RemoteWriteOptions {
    /// For the receiver at this URL, such as `http://127.0.0.1:9090/api/v1/write`; the path may be left out.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into().into(), ..Self::default() }
    }

    /// The label `job` of every series, which a scrape would add.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = Some(job.into());
        self
    }

    /// Adds a label, such as `instance`, to every series that lacks a label of this name.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// The registry that is pushed. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Headers and credentials of every request.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Bounds, batches and retries. Default: those of [`SinkOptions`] under the name `remote_write`, with 2000 series a request.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = options;
        self
    }

    /// The clock that gives the time of a push. Default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether [`Push::finish`] writes a stale marker for every series after its last value. Default: false; Prometheus then returns
    /// the last value for five more minutes, as for a series that was removed or has expired before.
    pub const fn stale_at_end(mut self, stale: bool) -> Self {
        self.stale_at_end = stale;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`PushBuildError`] names the refused setting.
    pub fn build(&self, delivery: &Delivery) -> Result<RemoteWrite, PushBuildError> {
        let endpoint = self.endpoint().map_err(PushBuildError::Endpoint)?;
        let labels = self.all_labels().map_err(PushBuildError::Label)?;
        let protocol = RemoteWriteProtocol::new(endpoint);
        let sink = self.sink.or(SinkOptions::new("remote_write").batch_items(BATCH_SERIES));
        let queue = delivery.sink(sink, &self.http, protocol).map_err(PushBuildError::Sink)?;
        Ok(RemoteWrite {
            queue,
            registry: self.registry_or_global().clone(),
            labels: labels.into(),
            clock: Arc::clone(&self.clock),
            gathering: Arc::default(),
            last: Arc::new(Mutex::new(i64::MIN)),
            stale_at_end: self.stale_at_end,
        })
    }

    /// Starts a delivery thread of its own, whose self metrics are in the same registry.
    ///
    /// # Errors
    /// [`PushBuildError`] names the refused setting.
    pub fn start(&self) -> Result<Push, PushBuildError> {
        let delivery =
            Delivery::builder().registry(self.registry_or_global()).start().map_err(PushBuildError::Start)?;
        let pusher = self.build(&delivery)?;
        Ok(Push::new(delivery, pusher))
    }

    fn endpoint(&self) -> Result<Endpoint, InvalidEndpoint> {
        let endpoint = self.url.endpoint()?;
        let path = endpoint.uri().path().trim_end_matches('/');
        // Other receivers have other paths, which are used unchanged.
        if path.is_empty() || path.ends_with(WRITE_PATH) {
            endpoint.ending_in(WRITE_PATH)
        } else {
            Ok(endpoint)
        }
    }

    fn all_labels(&self) -> Result<Vec<(String, String)>, InvalidWriteLabel> {
        let job = self.job.iter().map(|job| ("job".to_owned(), job.clone()));
        let labels: Vec<_> = job.chain(self.labels.iter().cloned()).collect();
        for (at, (name, _)) in labels.iter().enumerate() {
            if !is_label(name) || labels[..at].iter().any(|(other, _)| other == name) {
                return Err(InvalidWriteLabel { name: name.as_str().into() });
            }
        }
        Ok(labels)
    }

    fn registry_or_global(&self) -> &Registry {
        self.registry.as_ref().unwrap_or_else(|| Registry::global())
    }
}
