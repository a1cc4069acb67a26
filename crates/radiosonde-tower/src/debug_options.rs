use crate::client_layer::ClientLayer;
use crate::debugging::{DebugRequests, Forwarding};
use crate::server_layer::ServerLayerBuilder;

impl ServerLayerBuilder {
    /// Accepts debug requests: a request with a signed header is logged at the level that it asks for.
    pub fn debug_requests(mut self, requests: DebugRequests) -> Self {
        self.debug = Some(requests);
        self
    }
}

impl ClientLayer {
    /// Sends the header along that had the request debugged for which a call is made, so that the next service is debugged, too.
    ///
    /// Only for calls to services of one's own: whoever gets the header can show it to this service until it expires.
    #[must_use]
    pub fn forward_debug(mut self) -> Self {
        self.forwarding = Forwarding { is_on: true };
        self
    }
}
