use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use radiosonde_core::{LevelNames, OverflowPolicy, Resource};
use radiosonde_delivery::{
    Delivery, Endpoint, InvalidEndpoint, InvalidHeader, SinkError, SinkOptions, secret_header,
};

use crate::authorization::{basic, secret_headers};
use crate::label::StreamLabels;
use crate::push::Push;
use crate::tenant::{self, InvalidTenant};
use crate::{InvalidLabel, LokiSink};

pub(crate) const PUSH_PATH: &str = "/loki/api/v1/push";

/// Loki's default `max_line_size`: 256 KB.
const MAX_LINE_BYTES: usize = 256 * 1024;

/// Collects a [`LokiSink`]'s settings. They are checked by [`build`](Self::build).
#[must_use]
#[derive(Clone)]
pub struct LokiSinkBuilder {
    url: Box<str>,
    resource: Resource,
    tenant: Option<Box<str>>,
    headers: Vec<(Box<str>, Box<str>)>,
    labels: Vec<(Box<str>, Box<str>)>,
    level_names: LevelNames,
    max_line_bytes: usize,
    options: SinkOptions,
    overflow: OverflowPolicy,
    audit_wait: Duration,
}

impl LokiSinkBuilder {
    pub(crate) fn new(url: &str, resource: &Resource) -> Self {
        Self {
            url: url.into(),
            resource: resource.clone(),
            tenant: None,
            headers: Vec::new(),
            labels: Vec::new(),
            level_names: LevelNames::default(),
            max_line_bytes: MAX_LINE_BYTES,
            options: SinkOptions::new("loki"),
            overflow: OverflowPolicy::default(),
            audit_wait: Duration::from_secs(5),
        }
    }

    /// Pushes for this tenant, in `X-Scope-OrgID`. Needed if Loki runs with `auth_enabled`.
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Authorizes with a token.
    pub fn bearer_token(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// Authorizes with a user and password.
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &basic(user, password))
    }

    /// Sends a header with every push; the last one of a name wins. Values are treated as secrets and never printed. Headers that
    /// the HTTP client or the sink sets itself are refused, see [`InvalidHeaderKind`](radiosonde_delivery::InvalidHeaderKind).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a label to every stream. Only for values that stay the same for the life of the process: each further value is a
    /// further set of streams.
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// How the `level` label spells two of the levels; the same as in the lines.
    pub const fn level_names(mut self, names: LevelNames) -> Self {
        self.level_names = names;
        self
    }

    /// Refuses lines that are longer, counted as `line_too_long`; 256 KiB unless set, which is Loki's own default.
    pub const fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// Bounds, batches and retries; those of [`SinkOptions`] under the name `loki` unless set.
    ///
    /// Keep `batch_bytes` well below Loki's `ingestion_burst_size_mb`, 6 MB by default: a larger push is put off for ever.
    pub const fn options(mut self, options: SinkOptions) -> Self {
        self.options = options;
        self
    }

    /// What becomes of a line for which the queue has no room, by its level; by default a line at ERROR or FATAL waits for up to
    /// 5 ms, and others are dropped.
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = policy;
        self
    }

    /// How long an audit line ([`Line::is_audit`](radiosonde_log::Line::is_audit)) waits, for which no policy applies: it may go
    /// beyond the queue's bounds by an eighth of them, and then waits for this long, by default 5 s, before it is dropped.
    pub const fn audit_wait(mut self, longest: Duration) -> Self {
        self.audit_wait = longest;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`BuildError`] names the setting that is refused.
    pub fn build(&self, delivery: &Delivery) -> Result<LokiSink, BuildError> {
        let endpoint = self.endpoint().map_err(BuildError::Endpoint)?;
        let labels =
            StreamLabels::new(&self.resource, self.level_names, &self.labels).map_err(BuildError::Label)?;
        let push = Push::new(endpoint, self.header_map()?, labels);
        let queue = delivery.sink(self.options, push).map_err(BuildError::Sink)?;
        Ok(LokiSink::new(queue, self.max_line_bytes, self.overflow, self.audit_wait))
    }

    fn endpoint(&self) -> Result<Endpoint, InvalidEndpoint> {
        let endpoint = Endpoint::parse(&self.url)?;
        if endpoint.uri().path().ends_with(PUSH_PATH) { Ok(endpoint) } else { endpoint.join(PUSH_PATH) }
    }

    fn header_map(&self) -> Result<HeaderMap, BuildError> {
        let mut map = secret_headers(&self.headers).map_err(BuildError::Header)?;
        if let Some(tenant) = &self.tenant {
            tenant::check(tenant).map_err(BuildError::Tenant)?;
            let (name, value) = secret_header("x-scope-orgid", tenant).map_err(BuildError::Header)?;
            map.insert(name, value);
        }
        map.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        Ok(map)
    }
}

impl fmt::Debug for LokiSinkBuilder {
    /// Without the values of headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("LokiSinkBuilder")
            .field("endpoint", &self.endpoint())
            .field("tenant", &self.tenant)
            .field("headers", &headers)
            .field("labels", &self.labels)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A Loki sink that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// A label is refused, the service's name or environment among them.
    Label(InvalidLabel),
    /// The tenant is refused.
    Tenant(InvalidTenant),
    /// A header is refused.
    Header(InvalidHeader),
    /// The delivery refused the sink.
    Sink(SinkError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the URL of the Loki sink is refused",
            Self::Label(_) => "a label of the Loki sink is refused",
            Self::Tenant(_) => "the tenant of the Loki sink is refused",
            Self::Header(_) => "a header of the Loki sink is refused",
            Self::Sink(_) => "the delivery refused the Loki sink",
        })
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Label(error) => Some(error),
            Self::Tenant(error) => Some(error),
            Self::Header(error) => Some(error),
            Self::Sink(error) => Some(error),
        }
    }
}
