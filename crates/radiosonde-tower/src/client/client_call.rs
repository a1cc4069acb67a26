use std::sync::Arc;

use bytes::Buf;
use http::response::Parts;
use http::{HeaderMap, StatusCode, Uri, Version};
use radiosonde_core::Outcome;
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_signals::Ended;
use tracing::Span;

use crate::client::client_settings::ClientSettings;
use crate::client::opening::Opening;
use crate::describing::method::MethodName;
use crate::grpc::rpc::Rpc;
use crate::lifecycle::exchange::{Exchange, Follows};
use crate::lifecycle::request_outcome::{BODY_ERROR, SERVICE_ERROR};
use crate::measuring::peers::Peer;
use crate::measuring::status_text::may_be_of_limiter;
use crate::server::signals::Signals;

/// A request to another service as a unit of work.
#[derive(Debug)]
pub struct ClientCall {
    pub(crate) settings: Arc<ClientSettings>,
    /// `None` if neither metrics nor lines need it.
    pub(crate) peer: Option<Arc<Peer>>,
    pub(crate) method: MethodName,
    pub(crate) uri: Uri,
    pub(crate) status: Option<StatusCode>,
    pub(crate) version: Option<Version>,
    pub(crate) rpc: Option<Rpc>,
    pub(crate) resend_count: u32,
}

/// The server of a request that does not name one.
const UNKNOWN: &str = "_unknown";

impl ClientCall {
    pub(crate) fn new(settings: &Arc<ClientSettings>, opening: &Opening<'_>) -> Self {
        let is_named = settings.metrics.is_some() || settings.signals.contains(Signals::LINE);
        let peer = || match opening.target {
            Some(target) => {
                settings.peers.get(target.label().as_str(), target.address().as_str(), target.port)
            }
            None => settings.peers.get(UNKNOWN, UNKNOWN, None),
        };
        Self {
            settings: Arc::clone(settings),
            peer: is_named.then(peer),
            method: opening.method,
            uri: opening.uri.clone(),
            status: None,
            version: None,
            rpc: opening.rpc.clone(),
            resend_count: opening.resend_count,
        }
    }

    pub(crate) fn server(&self) -> &str {
        self.peer.as_ref().map_or(UNKNOWN, |peer| &peer.name)
    }
}

/// A limiter within the call has hinted that the work around it, which makes the call, timed out or was shed. That work goes on.
#[cold]
fn forget_hint() {
    CanonicalRecord::with_current(|record| record.set_outcome_hint(None));
}

impl Exchange for ClientCall {
    fn head(&mut self, _span: &Span, head: &mut Parts) -> Follows {
        self.status = Some(head.status);
        if may_be_of_limiter(head.status) {
            forget_hint();
        }
        self.version = Some(head.version);
        if let Some(rpc) = &mut self.rpc {
            rpc.head(head.status, &head.headers);
        }
        let bodiless = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        // HEAD has no body to wait for, though its headers may announce one.
        let is_head = self.method.as_str() == "HEAD";
        if is_head || bodiless.contains(&head.status) {
            Follows::Nothing
        } else if self.rpc.is_some() {
            Follows::Trailers
        } else {
            Follows::Body
        }
    }

    fn data(&mut self, data: &impl Buf) {
        if let Some(rpc) = &mut self.rpc {
            rpc.data(data);
        }
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        if let Some(rpc) = &mut self.rpc {
            rpc.trailers(trailers);
        }
    }

    fn service_error(&self) -> Ended {
        forget_hint();
        Ended::from(Outcome::Failed).with_error_type(SERVICE_ERROR)
    }

    fn body_error(&self) -> Ended {
        Ended::from(Outcome::Failed).with_error_type(BODY_ERROR)
    }
}
