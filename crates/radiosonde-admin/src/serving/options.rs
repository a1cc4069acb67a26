use crate::answering::credentials::Credentials;
use crate::serving::service::AdminService;

/// The credentials of an [`AdminService`].
///
/// # Shape
/// Plain values. With the feature `serde` they are read from a configuration file under the names of the methods; `credentials` is a
/// list of `{ bearer = "…" }` and `{ basic = { user = "…", password = "…" } }`. What is not set can be taken from other options with
/// [`or`](Self::or).
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct AdminOptions {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::answering::deserialize_list::list"))]
    credentials: Option<Vec<Credentials>>,
    open_to_everybody: bool,
}

impl AdminOptions {
    /// No credentials.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires one of these credentials: see [`AdminService::accept_only`]. Default: none are required, and `/debug/requests` is served on
    /// loopback alone.
    pub fn credentials(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.credentials = Some(credentials.into_iter().collect());
        self
    }

    /// Serves everything without credentials: for a port that only operators can reach. In a file, `credentials` win over it; in code, the
    /// later call does.
    pub fn open_to_everybody(mut self) -> Self {
        self.credentials = None;
        self.open_to_everybody = true;
        self
    }

    /// Takes what is not set here from `other`. Credentials and being open to everybody are one setting.
    pub fn or(mut self, other: Self) -> Self {
        if self.credentials.is_none() && !self.open_to_everybody {
            self = other;
        }
        self
    }

    /// A service with these credentials, and nothing to serve yet.
    pub fn service(&self) -> AdminService {
        let service = AdminService::new();
        match &self.credentials {
            Some(credentials) => service.accept_only(credentials.iter().cloned()),
            None if self.open_to_everybody => service.open_to_everybody(),
            None => service,
        }
    }
}
