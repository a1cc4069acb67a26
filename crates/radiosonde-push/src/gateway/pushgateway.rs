use std::fmt;

use http::Method;
use radiosonde_delivery::{Queue, SinkReport};
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;

use crate::gateway::protocol::Call;
use crate::push::Pusher;

/// Pushes a registry to a group of a Pushgateway.
///
/// A group is what the last push of a job left there, told apart by the job and the [labels](crate::PushgatewayOptions::grouping) beside it. It
/// stays until somebody [deletes](Self::delete) it, however long the job has ended: a group is for jobs, not for their instances.
/// The gateway gives every series the group's labels, in place of labels of those names that the series has itself.
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

    /// Replaces those metrics of the group that the registry has, by name; others stay (`POST`).
    pub fn add(&self) {
        self.call(Method::POST, self.registry.encode_bytes(Format::Text));
    }

    /// Takes the group away (`DELETE`).
    pub fn delete(&self) {
        self.call(Method::DELETE, Vec::new());
    }

    /// What became of every call so far; each counts as one.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn call(&self, method: Method, body: Vec<u8>) {
        let size = body.len() + size_of::<Call>();
        // A refusal has been counted by the queue.
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
