use crate::client::client_layer::ClientLayer;
use crate::debugging::DebugRequests;
use crate::server::server_layer_builder::ServerLayerBuilder;

impl ServerLayerBuilder {
    /// Accepts debug requests: a request with a signed header is logged at the level it asks for.
    pub fn debug_requests(mut self, requests: DebugRequests) -> Self {
        self.debug = Some(requests);
        self
    }
}

impl ClientLayer {
    /// Forwards the header of a debug request to the calls made for it, so that the next service is debugged, too.
    ///
    /// Only for calls to your own services: a recipient of the header can use it with this service until it expires.
    #[must_use]
    pub fn forward_debug(mut self) -> Self {
        self.forwards_debug = true;
        self
    }
}
