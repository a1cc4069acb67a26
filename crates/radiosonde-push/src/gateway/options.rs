use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, InvalidEndpoint, SinkOptions, Url};
use radiosonde_metrics::Registry;

use crate::build_error::PushBuildError;
use crate::gateway::protocol::PushgatewayProtocol;
use crate::gateway::pushgateway::Pushgateway;
use crate::labels::grouping;
use crate::push::Push;

/// Where and how a registry is pushed to a Pushgateway.
///
/// # Shape
/// Plain values, checked by [`build`](Self::build) or [`start`](Self::start). With the feature `serde` they are read from a
/// configuration file under the names of the methods, `grouping` as a table; durations are texts like `5s`.
#[must_use]
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct PushgatewayOptions {
    url: Url,
    job: String,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::pairs"))]
    grouping: Vec<(String, String)>,
    /// `None` for the global one, which only `build` creates, so that a program can still configure it.
    #[cfg_attr(feature = "serde", serde(skip))]
    registry: Option<Registry>,
    http: HttpOptions,
    sink: SinkOptions,
}

impl Default for PushgatewayOptions {
    fn default() -> Self {
        Self {
            url: Url::default(),
            job: String::new(),
            grouping: Vec::new(),
            registry: None,
            http: HttpOptions::new(),
            sink: SinkOptions::default(),
        }
    }
}

impl PushgatewayOptions {
    /// For the Pushgateway at this URL, such as `http://127.0.0.1:9091`, with or without `/metrics` at its end.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into().into(), ..Self::default() }
    }

    /// The job, which is required.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = job.into();
        self
    }

    /// Adds a label that identifies the group besides the job, with any value, even an empty one.
    pub fn grouping(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.grouping.push((name.into(), value.into()));
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

    /// Bounds and retries. Default: those of [`SinkOptions`] under the name `pushgateway`. There are no batches: each call is
    /// one request, sent at once.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = options;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`PushBuildError`] names the refused setting.
    pub fn build(&self, delivery: &Delivery) -> Result<Pushgateway, PushBuildError> {
        let path = grouping::path(&self.job, &self.grouping).map_err(PushBuildError::Grouping)?;
        let endpoint = self.endpoint(&path).map_err(PushBuildError::Endpoint)?;
        let queue = delivery
            .sink(
                self.sink.or_name("pushgateway").batch_items(1),
                &self.http,
                PushgatewayProtocol { endpoint },
            )
            .map_err(PushBuildError::Sink)?;
        Ok(Pushgateway::new(queue, self.registry_or_global().clone()))
    }

    /// The URL may include the prefix that the paths of all groups share.
    fn endpoint(&self, group: &str) -> Result<Endpoint, InvalidEndpoint> {
        self.url.endpoint()?.without("/metrics/job").without("/metrics").join(group)
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

    fn registry_or_global(&self) -> &Registry {
        self.registry.as_ref().unwrap_or_else(|| Registry::global())
    }
}
