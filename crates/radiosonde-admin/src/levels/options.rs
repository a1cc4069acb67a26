use std::time::Duration;

use radiosonde_log::LevelReload;

use crate::answering::access::Access;
use crate::answering::credentials::Credentials;
use crate::levels::service::LevelsService;

/// Credentials and times to live of log levels over HTTP.
///
/// # Shape
/// Plain values. With the feature `serde` they are read from a configuration file under the names of the methods; `credentials` is a
/// list of `{ bearer = "…" }` and `{ basic = { user = "…", password = "…" } }`, and durations are texts like `10m`. What is
/// not set can be taken from other options with [`or`](Self::or).
///
/// # Security
/// By default levels are shown to all requests and changed by none: a service that logs everything is slow, and one that logs nothing is
/// blind.
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct LevelsOptions {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::answering::deserialize_list::list"))]
    credentials: Option<Vec<Credentials>>,
    open_to_everybody: bool,
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    default_ttl: Option<Duration>,
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    maximum_ttl: Option<Duration>,
}

/// Ten minutes.
const DEFAULT_TTL: Duration = Duration::from_secs(600);
/// A day.
const MAXIMUM_TTL: Duration = Duration::from_secs(86_400);

impl LevelsOptions {
    /// Shows the levels to all requests and changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows and changes levels only for requests with one of these credentials; others get 401. With an empty list, for none.
    pub fn credentials(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.credentials = Some(credentials.into_iter().collect());
        self
    }

    /// Changes levels without credentials: for a port that only operators can reach. In a file, `credentials` win over it; in code, the
    /// later call does.
    pub fn open_to_everybody(mut self) -> Self {
        self.credentials = None;
        self.open_to_everybody = true;
        self
    }

    /// How long a change lasts that does not say so; default: ten minutes. At most [`maximum_ttl`](Self::maximum_ttl).
    pub const fn default_ttl(mut self, ttl: Duration) -> Self {
        self.default_ttl = Some(ttl);
        self
    }

    /// How long a change lasts at most unless it is permanent; default: a day.
    pub const fn maximum_ttl(mut self, ttl: Duration) -> Self {
        self.maximum_ttl = Some(ttl);
        self
    }

    /// Takes what is not set here from `other`. Credentials and being open to everybody are one setting.
    pub fn or(mut self, other: Self) -> Self {
        if self.credentials.is_none() && !self.open_to_everybody {
            (self.credentials, self.open_to_everybody) = (other.credentials, other.open_to_everybody);
        }
        self.default_ttl = self.default_ttl.or(other.default_ttl);
        self.maximum_ttl = self.maximum_ttl.or(other.maximum_ttl);
        self
    }

    /// The service for a reload handle.
    #[must_use]
    pub fn service(&self, reload: &LevelReload) -> LevelsService {
        let access = Access::open("log levels");
        let maximum_ttl = self.maximum_ttl.unwrap_or(MAXIMUM_TTL);
        LevelsService {
            reload: reload.by("http"),
            access: match &self.credentials {
                Some(credentials) => access.accept_only(credentials.iter().cloned()),
                None => access,
            },
            may_change: self.open_to_everybody || self.credentials.is_some(),
            default_ttl: self.default_ttl.unwrap_or(DEFAULT_TTL).min(maximum_ttl),
            maximum_ttl,
        }
    }
}
