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

    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match &self.accepted {
            Some(accepted) if !Credentials::are_shown(accepted, headers) => {
                Err(Refusal::unauthorized(Credentials::challenges(accepted, self.realm)))
            }
            _ => Ok(()),
        }
    }
}
