use std::collections::BTreeMap;
use std::path::PathBuf;

use http::header::{AUTHORIZATION, HeaderMap};
use radiosonde_core::Secret;

use crate::transport::credentials::{Authorization, Credentials};
use crate::transport::endpoint::Endpoint;
use crate::transport::header::secret_header;
use crate::transport::http_options_error::HttpOptionsError;
use crate::transport::pool::{Connections, Pool};
use crate::transport::tls_options::TlsOptions;

/// Headers, credentials and encryption of all requests to a backend.
///
/// # Shape
/// Plain values, checked when a sink or client is built with them. Values of headers, tokens and passwords are secrets: neither
/// `Debug` nor an error shows one. The last header of a name and the last credentials win; credentials win over a header
/// `authorization`.
///
/// A token or password in a file, such as one that Kubernetes mounts, is read when the sink is built and again before each
/// request, on the delivery thread; at most 64 KiB, without the space around it. If it cannot be read within a second, the last
/// one is sent and the failure is a diagnostic.
///
/// With the feature `serde`: `headers` is a table; `authorization` is `{ bearer = "…" }`, `{ bearer_file = "…" }`,
/// `{ basic = { user = "…", password = "…" } }` or `{ basic_file = { user = "…", password_file = "…" } }`; `tls` has the paths
/// `ca`, `client_certificate` and `client_key`.
///
/// ```
/// use radiosonde_delivery::HttpOptions;
///
/// let options = HttpOptions::new().header("X-Gate", "a").basic_auth("ada", "hunter2");
/// assert!(!format!("{options:?}").contains("hunter2"));
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct HttpOptions {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::transport::deserialize::headers"))]
    headers: BTreeMap<String, Secret<String>>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::transport::deserialize::authorization"))]
    authorization: Option<Authorization>,
    tls: TlsOptions,
}

impl HttpOptions {
    /// No headers, no credentials, and the system's certificate authorities.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends a header. Headers that the HTTP client or the sink sets itself are refused, see
    /// [`InvalidHeaderKind`](crate::InvalidHeaderKind).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.headers.retain(|known, _| !known.eq_ignore_ascii_case(&name));
        self.headers.insert(name, Secret::new(value.into()));
        self
    }

    /// Sends these headers, as by [`header`](Self::header).
    pub fn headers(self, headers: impl IntoIterator<Item = (String, Secret<String>)>) -> Self {
        let set = |options: Self, (name, value): (_, Secret<_>)| options.header(name, value.into_exposed());
        headers.into_iter().fold(self, set)
    }

    /// Authorizes with a token.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.authorization = Some(Authorization::Bearer(Secret::new(token.into())));
        self
    }

    /// Authorizes with the token that a file holds.
    pub fn bearer_token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.authorization = Some(Authorization::BearerFile(path.into()));
        self
    }

    /// Authorizes with a user, whose name has no colon, and a password.
    pub fn basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        let (user, password) = (user.into(), Secret::new(password.into()));
        self.authorization = Some(Authorization::Basic { user, password });
        self
    }

    /// Authorizes with a user, whose name has no colon, and the password that a file holds.
    pub fn basic_auth_file(mut self, user: impl Into<String>, password_file: impl Into<PathBuf>) -> Self {
        let (user, password_file) = (user.into(), password_file.into());
        self.authorization = Some(Authorization::BasicFile { user, password_file });
        self
    }

    /// How connections to an `https` endpoint are encrypted.
    pub fn tls(mut self, options: TlsOptions) -> Self {
        self.tls = options;
        self
    }

    /// Takes what is not set here from `other`: its headers whose names are not, its credentials, its certificates. A header
    /// `authorization` here is set in place of its credentials.
    pub fn or(mut self, other: Self) -> Self {
        let is_set = |name: &str| self.headers.keys().any(|known| known.eq_ignore_ascii_case(name));
        if !is_set(AUTHORIZATION.as_str()) {
            self.authorization = self.authorization.or(other.authorization);
        }
        let added: Vec<_> = other.headers.into_iter().filter(|(name, _)| !is_set(name)).collect();
        self.headers.extend(added);
        self.tls = self.tls.or(other.tls);
        self
    }

    pub(crate) fn pool(
        &self,
        endpoint: &Endpoint,
        connections: Connections,
    ) -> Result<Pool, HttpOptionsError> {
        Pool::new(endpoint, &self.tls, connections)
    }

    pub(crate) fn prepare(&self) -> Result<RequestHeaders, HttpOptionsError> {
        let secrets = self.headers.iter().map(|(name, value)| secret_header(name, value.expose()));
        let map = secrets.collect::<Result<HeaderMap, _>>()?;
        let credentials = self.authorization.as_ref().map(Authorization::prepare).transpose()?;
        Ok(RequestHeaders { map, credentials })
    }
}

/// Checked headers and credentials.
#[derive(Debug, Clone)]
pub(crate) struct RequestHeaders {
    map: HeaderMap,
    credentials: Option<Credentials>,
}

impl RequestHeaders {
    /// Adds those that the request lacks.
    pub(crate) async fn add_to(&self, headers: &mut HeaderMap) {
        if let Some(credentials) = &self.credentials {
            let value = credentials.header().await;
            headers.entry(AUTHORIZATION).or_insert(value);
        }
        for (name, value) in &self.map {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}
