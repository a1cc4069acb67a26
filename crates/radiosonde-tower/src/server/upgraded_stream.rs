use std::sync::Arc;
use std::time::Duration;

use crate::measuring::server_endpoint::ServerEndpoint;
use crate::server::server_settings::ServerSettings;

/// An upgraded connection, such as a websocket. It counts as a stream until it is dropped with the connection.
pub(crate) struct UpgradedStream {
    settings: Arc<ServerSettings>,
    endpoint: Arc<ServerEndpoint>,
    /// The arrival of its request.
    began: Duration,
}

impl UpgradedStream {
    pub(crate) fn new(settings: Arc<ServerSettings>, endpoint: Arc<ServerEndpoint>, age: Duration) -> Self {
        let began = settings.clock.monotonic().saturating_sub(age);
        if let Some(families) = &settings.metrics.families {
            endpoint.once(families).streams.inc();
        }
        Self { settings, endpoint, began }
    }
}

impl Drop for UpgradedStream {
    fn drop(&mut self) {
        let Some(families) = &self.settings.metrics.families else { return };
        let once = self.endpoint.once(families);
        once.streams.dec();
        let took = self.settings.clock.monotonic().saturating_sub(self.began);
        once.stream_duration.observe(took.as_secs_f64());
    }
}
