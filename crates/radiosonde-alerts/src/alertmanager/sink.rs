use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use radiosonde_delivery::{Queue, SinkReport};

use crate::alert::Alert;
use crate::alert_handler::AlertHandler;
use crate::alertmanager::posted_alert::PostedAlert;

/// Sends alerts to an Alertmanager, through a sink of a [`Delivery`](radiosonde_delivery::Delivery).
///
/// # Shape
/// As Prometheus does it: an alert that fires is sent with an end a few minutes ahead, and again with each
/// [`repeat`](AlertHandler::repeat); if the process ends, Alertmanager resolves it at that end. A resolved alert is sent with the time
/// at which it was resolved. A pending one is not sent.
///
/// An alert gets the labels `alertname` and `severity`, its own, and those of [`AlertmanagerOptions`](crate::AlertmanagerOptions) that it
/// has not; and the annotation `value`, unless it has one. Label values are cut after 1024 bytes, annotations after 8 KiB.
///
/// Cheap to clone; all clones are the same sink. For several Alertmanagers, build one for each, with sinks of different names.
///
/// # Cost
/// A call queues the alert and does not wait for the network. An alert that finds the queue full is counted as dropped.
///
/// # Source
/// `notifier/` and `rules/alerting.go` of Prometheus;
/// <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>
#[derive(Clone)]
pub struct Alertmanager {
    queue: Queue<PostedAlert>,
    labels: Arc<BTreeMap<String, String>>,
}

impl Alertmanager {
    pub(super) fn new(queue: Queue<PostedAlert>, labels: BTreeMap<String, String>) -> Self {
        Self { queue, labels: Arc::new(labels) }
    }

    /// The counts of alerts so far, repeated ones included.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn send(&self, alert: &Alert) {
        let Some(posted) = PostedAlert::new(alert, &self.labels) else { return };
        if posted.has_nameless_label() {
            // Counted, and the caller cannot do more.
            let _ = self.queue.refuse("invalid");
            return;
        }
        let size = posted.size_in_bytes();
        // The queue has counted a refusal.
        let _ = self.queue.push(posted, size);
    }
}

impl AlertHandler for Alertmanager {
    fn handle(&self, alert: &Alert) {
        self.send(alert);
    }

    fn repeat(&self, alert: &Alert) {
        self.send(alert);
    }
}

impl fmt::Debug for Alertmanager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alertmanager")
            .field("labels", &self.labels)
            .field("report", &self.report())
            .finish_non_exhaustive()
    }
}
