use std::sync::Arc;

use crate::debugging::{DebugRequests, Forwarding};
use crate::layer::{ClientLayer, ServerLayer};

impl ServerLayer {
    /// Lets requests with a signed header have themselves debugged.
    #[must_use]
    pub fn debug_requests(mut self, requests: DebugRequests) -> Self {
        self.debug = Some(Arc::new(requests));
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
