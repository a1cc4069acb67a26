use std::sync::Arc;

use http::HeaderMap;

use crate::answering::credentials::Credentials;
use crate::answering::refusal::Refusal;

/// Which requests a service answers.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    realm: &'static str,
    /// `None`: all of them.
    accepted: Option<Arc<[Credentials]>>,
}

impl Access {
    /// All requests. The realm names the service to clients once credentials are required.
    pub(crate) const fn open(realm: &'static str) -> Self {
        Self { realm, accepted: None }
    }

    /// Requests with one of these credentials.
    pub(crate) fn accept_only(mut self, credentials: impl IntoIterator<Item = Credentials>) -> Self {
        self.accepted = Some(credentials.into_iter().collect());
        self
    }

    /// All requests again.
    pub(crate) fn without_credentials(self) -> Self {
        Self { accepted: None, ..self }
    }

    pub(crate) const fn has_credentials(&self) -> bool {
        self.accepted.is_some()
    }

    /// Whether a request has one of the credentials; false without any.
    pub(crate) fn is_shown(&self, headers: &HeaderMap) -> bool {
        self.accepted.as_ref().is_some_and(|accepted| Credentials::are_shown(accepted, headers))
    }

    /// For a request without them.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::unauthorized(Credentials::challenges(
            self.accepted.as_deref().unwrap_or_default(),
            self.realm,
        ))
    }

    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.has_credentials() && !self.is_shown(headers) { Err(self.refusal()) } else { Ok(()) }
    }
}
