use std::net::IpAddr;

use http::header::HOST;
use http::{StatusCode, request};

use crate::answering::refusal::Refusal;
use crate::serving::parts::Parts;

/// How far a request is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It has the service's credentials.
    Operator,
    /// The service has none, and is open or reached by loopback alone.
    Local,
    Stranger,
}

impl Parts {
    pub(crate) fn trust(&self, head: &request::Parts) -> Trust {
        match () {
            () if self.access.is_shown(&head.headers) => Trust::Operator,
            () if self.is_open => Trust::Local,
            () if self.access.has_credentials() => Trust::Stranger,
            () if self.is_on_loopback && is_for_loopback(head) => Trust::Local,
            () => Trust::Stranger,
        }
    }

    /// For what everybody may see unless there are credentials. A part with credentials of its own asks for these itself.
    pub(crate) fn check_open(&self, trust: Trust, part_has_credentials: bool) -> Result<(), Refusal> {
        let is_closed = self.access.has_credentials() && !part_has_credentials;
        if is_closed && trust == Trust::Stranger { Err(self.access.refusal()) } else { Ok(()) }
    }

    /// For what is about single requests.
    pub(crate) fn check_closed(&self, trust: Trust) -> Result<(), Refusal> {
        match trust {
            Trust::Operator | Trust::Local => Ok(()),
            Trust::Stranger if self.access.has_credentials() => Err(self.access.refusal()),
            Trust::Stranger => {
                let reason =
                    "no credentials are set up: expected credentials, or a listener on a loopback address";
                Err(Refusal::new(StatusCode::FORBIDDEN, reason))
            }
        }
    }
}

/// Whether the client named the machine itself: a page of a foreign host whose name resolves to loopback does not.
fn is_for_loopback(head: &request::Parts) -> bool {
    let header = head.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    let Some(host) = header.or_else(|| head.uri.authority().map(http::uri::Authority::as_str)) else {
        return true;
    };
    let host = host.parse::<http::uri::Authority>();
    host.is_ok_and(|host| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    })
}
