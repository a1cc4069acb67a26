use std::fmt;

use http::Method;
use radiosonde_delivery::{Queue, SinkReport};
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;

use crate::gateway::protocol::Call;
use crate::push::Pusher;

/// Pushes a registry to a group of a Pushgateway.
///
/// A group holds the last push of a job and is identified by the job and its [labels](crate::PushgatewayOptions::grouping). It
/// stays until it is [deleted](Self::delete), even long after the job has ended: use a group for a job, not for its instances.
/// The gateway sets the group's labels on every series and overwrites labels of the same names.
///
/// Cheap to clone; all clones are the same sink.
#[derive(Clone)]
pub struct Pushgateway {
    queue: Queue<Call>,
    registry: Registry,
}

impl Pushgateway {
    pub(super) const fn new(queue: Queue<Call>, registry: Registry) -> Self {
        Self { queue, registry }
    }

    /// Replaces all metrics of the group by those of the registry (`PUT`).
    pub fn replace(&self) {
        self.call(Method::PUT, self.registry.encode_bytes(Format::Text));
    }

    /// Replaces the metrics of the group that have the same names as in the registry; others stay (`POST`).
    pub fn add(&self) {
        self.call(Method::POST, self.registry.encode_bytes(Format::Text));
    }

    /// Deletes the group (`DELETE`).
    pub fn delete(&self) {
        self.call(Method::DELETE, Vec::new());
    }

    /// The counts of calls so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn call(&self, method: Method, body: Vec<u8>) {
        let size = body.len() + size_of::<Call>();
        // The queue has counted a refusal.
        let _ = self.queue.push(Call { method, body: body.into() }, size);
    }
}

impl Pusher for Pushgateway {
    fn push(&self) {
        self.replace();
    }

    fn push_last(&self) {
        self.replace();
    }

    fn report(&self) -> SinkReport {
        self.report()
    }
}

impl fmt::Debug for Pushgateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushgateway").field("report", &self.report()).finish_non_exhaustive()
    }
}
