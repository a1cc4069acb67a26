use std::fmt;
use std::time::Duration;

use radiosonde_delivery::{Endpoint, HttpClient, HttpClientBuildError, HttpOptions, InvalidEndpoint, Url};

use crate::push::protocol::PUSH_PATH;
use crate::query::client::LokiClient;
use crate::query::log_query::LogQuery;
use crate::tenant::{self, InvalidTenant};

/// Builder of a [`LogQuery`]; [`build`](Self::build) checks the settings.
#[must_use]
#[derive(Debug, Clone)]
pub struct LogQueryBuilder {
    url: Url,
    tenant: Option<String>,
    http: HttpOptions,
    timeout: Duration,
    max_response_bytes: usize,
}

impl LogQueryBuilder {
    pub(super) fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into().into(),
            tenant: None,
            http: HttpOptions::new(),
            timeout: Duration::from_secs(30),
            max_response_bytes: 64 << 20,
        }
    }

    /// Queries as this tenant, in `X-Scope-OrgID`. Needed if Loki runs with `auth_enabled`. Several are joined by `|`, if Loki is
    /// configured for it.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Headers and credentials of every query.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Bound of one query. Default: 30 seconds. A tail that receives nothing for this long, not even Loki's ping each
    /// second, counts as broken.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bound of a response, before and after decompression. Default: 64 MiB, for 5000 lines of 13 KB.
    pub const fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Starts the client. It connects with the first query.
    ///
    /// # Errors
    /// [`LogQueryBuildError`] names the refused setting.
    pub fn build(&self) -> Result<LogQuery, LogQueryBuildError> {
        let endpoint = self.endpoint().map_err(LogQueryBuildError::Endpoint)?;
        let tenants = self.tenant.iter().flat_map(|tenants| tenants.split('|'));
        let http = tenant::header(&self.http, tenants).map_err(LogQueryBuildError::Tenant)?;
        let max_response_bytes = self.max_response_bytes;
        let http = HttpClient::builder(&endpoint).http(http).timeout(self.timeout);
        let http = http.max_response_bytes(max_response_bytes).build();
        let http = http.map_err(LogQueryBuildError::Client)?;
        Ok(LogQuery::new(LokiClient { http, endpoint, max_response_bytes }))
    }

    fn endpoint(&self) -> Result<Endpoint, InvalidEndpoint> {
        Ok(self.url.endpoint()?.without(PUSH_PATH))
    }
}

/// A query client that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogQueryBuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The tenant is refused.
    Tenant(InvalidTenant),
    /// The HTTP client cannot be built.
    Client(HttpClientBuildError),
}

impl fmt::Display for LogQueryBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the URL of loki is refused",
            Self::Tenant(_) => "the tenant is refused",
            Self::Client(_) => "the HTTP client for loki cannot be built",
        })
    }
}

impl std::error::Error for LogQueryBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Tenant(error) => Some(error),
            Self::Client(error) => Some(error),
        }
    }
}
