use std::fmt;

use radiosonde_core::{LevelNames, Resource};
use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, InvalidEndpoint, SinkError, SinkOptions, Url};
use radiosonde_queue::OverflowPolicy;

use crate::label::{InvalidLabel, StreamLabels};
use crate::push::entry::kept;
use crate::push::proto::Pair;
use crate::push::protocol::{PUSH_PATH, PushProtocol};
use crate::sink::LokiSink;
use crate::tenant::{self, InvalidTenant};

/// `service.instance.id`, under the name that Loki gives it for lines by OTLP.
const INSTANCE: &str = "service_instance_id";

/// Loki's default `max_line_size`: 256 KB.
const MAX_LINE_BYTES: usize = 256 * 1024;

/// Where and how log lines are pushed to Loki.
///
/// # Shape
/// Plain values, checked by [`build`](Self::build). What is not set can be taken from other options with [`or`](Self::or). With
/// the feature `serde` they are read from a configuration file under the names of the methods, `labels` as a table; durations are
/// texts like `5s`.
///
/// ```
/// use radiosonde_delivery::HttpOptions;
/// use radiosonde_loki::LokiOptions;
///
/// let http = HttpOptions::new().bearer_token_file("/run/secrets/loki");
/// let options = LokiOptions::new("https://logs.example").tenant("shop").label("team", "pay").http(http);
/// # drop(options);
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct LokiOptions {
    url: Option<Url>,
    tenant: Option<String>,
    http: HttpOptions,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::pairs"))]
    labels: Vec<(String, String)>,
    structured_metadata: Option<bool>,
    /// Not read from a file: it depends on the format of the lines.
    #[cfg_attr(feature = "serde", serde(skip))]
    level_names: Option<LevelNames>,
    max_line_bytes: Option<usize>,
    sink: Option<SinkOptions>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    overflow: Option<OverflowPolicy>,
}

impl LokiOptions {
    /// For the Loki at this URL: its base, such as `http://127.0.0.1:3100`, or the whole address ending in `/loki/api/v1/push`,
    /// with or without a slash at its end.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Some(url.into().into()), ..Self::default() }
    }

    /// Takes what is not set here from `other`, its labels of other names and what it sets of `http` among them.
    pub fn or(mut self, other: Self) -> Self {
        let is_set = |name: &String| self.labels.iter().any(|(known, _)| known == name);
        let added: Vec<_> = other.labels.into_iter().filter(|(name, _)| !is_set(name)).collect();
        self.labels.extend(added);
        Self {
            url: self.url.or(other.url),
            tenant: self.tenant.or(other.tenant),
            http: self.http.or(other.http),
            labels: self.labels,
            structured_metadata: self.structured_metadata.or(other.structured_metadata),
            level_names: self.level_names.or(other.level_names),
            max_line_bytes: self.max_line_bytes.or(other.max_line_bytes),
            sink: match (self.sink, other.sink) {
                (Some(own), Some(other)) => Some(own.or(other)),
                (own, other) => own.or(other),
            },
            overflow: self.overflow.or(other.overflow),
        }
    }

    /// Whether there is a URL to push to.
    #[must_use]
    pub const fn has_url(&self) -> bool {
        self.url.is_some()
    }

    /// Pushes for this tenant, in `X-Scope-OrgID`. Needed if Loki runs with `auth_enabled`.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Headers, credentials and certificates of every push.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Adds a label to every stream. Only for values that stay the same for the lifetime of the process: each value
    /// creates its own set of streams.
    ///
    /// The structured metadata `service_instance_id` identifies the replica. A label of this name replaces it, for a few instances
    /// with stable names, such as a stateful set's.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Whether the ids of a line and the service's instance are sent as structured metadata. Default: true.
    ///
    /// A Loki whose `allow_structured_metadata` is off refuses lines that have some. The sink then omits it after the first
    /// refused push, and reports that once as a diagnostic. False skips that attempt.
    pub const fn structured_metadata(mut self, on: bool) -> Self {
        self.structured_metadata = Some(on);
        self
    }

    /// The names of levels in the `level` label; use those of the lines.
    pub const fn level_names(mut self, names: LevelNames) -> Self {
        self.level_names = Some(names);
        self
    }

    /// The longest line; longer ones are dropped as `line_too_long`. Default: 256 KiB, as in Loki.
    pub const fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = Some(bytes);
        self
    }

    /// Bounds, batches and retries. Default: those of [`SinkOptions`] under the name `loki`.
    ///
    /// Keep `batch_bytes` below Loki's limit, by default 4 MiB: its components communicate over gRPC with
    /// `grpc_server_max_recv_msg_size`, and its `ingestion_rate_mb` is 4 per second. A larger push is refused and halved until its
    /// parts pass, which takes more requests.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = Some(options);
        self
    }

    /// The overflow policy of the queue. Default: a line at ERROR or FATAL waits for up to 5 ms, an audit line
    /// for up to 5 s, and others are dropped.
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = Some(policy);
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`LokiBuildError`] names the refused setting.
    pub fn build(&self, resource: &Resource, delivery: &Delivery) -> Result<LokiSink, LokiBuildError> {
        let endpoint = self.endpoint().map_err(LokiBuildError::Endpoint)?;
        let names = self.level_names.unwrap_or_default();
        let labels = StreamLabels::new(resource, names, &self.labels).map_err(LokiBuildError::Label)?;
        let structured = self.structured_metadata.unwrap_or(true);
        let shared = structured.then(|| self.shared_metadata(resource));
        // The encoded tags and lengths of a pair take at most eight bytes.
        let pair_bytes = |pair: &Pair| pair.name.len() + pair.value.len() + 8;
        let shared_bytes = shared.iter().flatten().map(pair_bytes).sum();
        let protocol = PushProtocol::new(endpoint, labels, shared);
        let http = tenant::header(&self.http, self.tenant.as_deref()).map_err(LokiBuildError::Tenant)?;
        let sink = self.sink.unwrap_or_default().or_name("loki");
        let queue = delivery.sink(sink, &http, protocol).map_err(LokiBuildError::Sink)?;
        let max_line_bytes = self.max_line_bytes.unwrap_or(MAX_LINE_BYTES);
        Ok(LokiSink { queue, max_line_bytes, shared_bytes, overflow: self.overflow.unwrap_or_default() })
    }

    fn endpoint(&self) -> Result<Endpoint, InvalidEndpoint> {
        self.url.clone().unwrap_or_default().endpoint()?.ending_in(PUSH_PATH)
    }

    /// The instance, which identifies the replica, unless it is a label.
    fn shared_metadata(&self, resource: &Resource) -> Vec<Pair> {
        let is_label = self.labels.iter().any(|(name, _)| name == INSTANCE);
        let id = kept(resource.instance_id()).filter(|_| !is_label);
        id.map(|id| Pair { name: INSTANCE.into(), value: id.into_string().into() }).into_iter().collect()
    }
}

/// A Loki sink that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum LokiBuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// A label is refused, possibly the service's name or environment.
    Label(InvalidLabel),
    /// The tenant is refused.
    Tenant(InvalidTenant),
    /// The delivery refused the sink, its headers or its credentials.
    Sink(SinkError),
}

impl fmt::Display for LokiBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the URL of the Loki sink is refused",
            Self::Label(_) => "a label of the Loki sink is refused",
            Self::Tenant(_) => "the tenant of the Loki sink is refused",
            Self::Sink(_) => "the delivery refused the Loki sink",
        })
    }
}

impl std::error::Error for LokiBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Label(error) => Some(error),
            Self::Tenant(error) => Some(error),
            Self::Sink(error) => Some(error),
        }
    }
}
