use std::sync::Arc;

use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::operations::Operations;

/// The golden signals of messages to and from a broker.
///
/// # Metrics
/// - `messaging_messages_total{system,topic,direction}`: traffic. The direction is `publish`, `subscribe` for messages that are
///   [processed](Self::process), or `receive`; a message that is received and then processed counts as both.
/// - `messaging_errors_total{system,topic,direction,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `messaging_duration_seconds{system,topic,direction}`: latency, with an exemplar. The latency of the golden signals leaves out
///   `receive`, which waits for messages.
/// - `messaging_bytes_total{system,topic,direction}`: bytes of messages, if they are [given](Operation::set_amount).
/// - `messaging_in_flight{system,topic,direction}`: what is in progress. Its limit is unknown.
///
/// [`MessagingNames`](crate::MessagingNames) has other spellings, such as `mqtt_messages_total{topic,direction}`. At most 200 topics
/// a direction; all further ones are `_overflow`. Name topics with ids by their template: `devices/{id}/state`.
///
/// # Batches
/// One call for several messages, whose number is [set](Operation::set_items): each counts, and each as failed if the call fails.
///
/// # Spans
/// `publish orders`, `receive orders` or `process orders`, of kind producer, client or consumer, with the `messaging.*` attributes of OpenTelemetry.
/// The trace goes through the headers of the message, which `radiosonde-trace` writes within the first and reads for the last: a message is
/// processed in the trace of its sender, by [`track_with`](Operation::track_with), and a batch has a link to each sender. The module `signals` of
/// `radiosonde` has the example.
///
/// # Cost
/// That of an [`Operation`]'s call. A known topic is found without a lock and without an allocation.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Messaging;
///
/// let registry = Registry::new();
/// let mqtt = Messaging::builder("mqtt").registry(&registry).build()?;
/// let body = "21.5";
/// let sent = mqtt.publish("temperature").set_amount(body.len() as u64).run(|| Ok::<_, std::io::Error>(()));
/// assert!(sent.is_ok());
/// let text = registry.text();
/// let labels = "direction=\"publish\",system=\"mqtt\",topic=\"temperature\"";
/// assert!(text.contains(&format!("messaging_messages_total{{{labels}}} 1\n")));
/// assert!(text.contains(&format!("messaging_bytes_total{{{labels}}} 4\n")));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Messaging(Arc<Directions>);

#[derive(Debug)]
pub(crate) struct Directions {
    pub(crate) publish: Operations,
    pub(crate) receive: Operations,
    pub(crate) process: Operations,
    pub(crate) signals: GoldenSignals,
}

impl Messaging {
    pub(crate) fn from_directions(directions: Directions) -> Self {
        Self(Arc::new(directions))
    }

    /// The sending of a message or a batch, to be run or tracked.
    #[must_use]
    pub fn publish(&self, topic: &str) -> Operation {
        self.0.publish.get(&[topic])
    }

    /// The asking for messages, to be run or tracked: for consumers that pull. Their number is set once it is known.
    ///
    /// ```
    /// # use radiosonde_metrics::Registry;
    /// # use radiosonde_signals::Messaging;
    /// # let kafka = Messaging::builder("kafka").registry(&Registry::new()).build()?;
    /// # let poll = || ["a", "b"];
    /// let mut record = kafka.receive("orders").track();
    /// let messages = record.in_scope(|| poll());
    /// record.work_mut().set_items(messages.len() as u64);
    /// record.complete();
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[must_use]
    pub fn receive(&self, topic: &str) -> Operation {
        self.0.receive.get(&[topic])
    }

    /// The processing of a message or a batch, to be run or tracked.
    #[must_use]
    pub fn process(&self, topic: &str) -> Operation {
        self.0.process.get(&[topic])
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}
