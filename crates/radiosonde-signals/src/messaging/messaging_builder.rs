use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_metrics::{Buckets, RegisterError};
use tracing::Span;

use crate::messaging::direction::Direction;
use crate::messaging::messaging::{Directions, Messaging};
use crate::messaging::messaging_names::MessagingNames;
use crate::operations::operations::Operations;
use crate::operations::outcome_label::OutcomeLabel;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};

/// Builder of [`Messaging`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct MessagingBuilder {
    system: Cow<'static, str>,
    names: MessagingNames,
    options: SetOptions,
}

set_options!(MessagingBuilder, buckets, errors);

/// The limit of topics, and what they are in a report of the limit.
const TOPICS: (&str, usize) = ("topics of a messaging system", 200);

impl Messaging {
    /// Declares a messaging system, by the value that OpenTelemetry has for it: `mqtt`, `kafka`, `rabbitmq`.
    pub fn builder(system: impl Into<Cow<'static, str>>) -> MessagingBuilder {
        let (names, options) = (MessagingNames::shared(), SetOptions::new(Buckets::HTTP_SECONDS));
        MessagingBuilder { system: system.into(), names, options }
    }
}

impl MessagingBuilder {
    /// The names of the metrics. Default: [`MessagingNames::shared`].
    pub fn names(mut self, names: MessagingNames) -> Self {
        self.names = names;
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Messaging, RegisterError> {
        let metrics = self.declare()?;
        let Self { system, names, options } = self;
        let golden = metrics.golden.clone().with_item_label("topic");
        // To receive is to wait for messages.
        let latency = golden
            .latency()
            .cloned()
            .map(|all| all.with_any("direction", [Direction::PUBLISH.label, Direction::PROCESS.label]));
        let label = names.label().map(|label| (label, &*system));
        let signals = golden.with_latency(latency).named(&*system, label);
        signals.declare(options.registry());
        let operations = |direction: Direction| {
            let system = system.clone();
            let first = label.map(|(_, system)| system).into_iter().chain([direction.label]);
            let first = first.map(str::to_owned).collect();
            let open = Arc::new(move |name: &str| direction.open(&system, name));
            let metrics = WorkMetrics { open, ..metrics.clone() };
            Operations::new(metrics, Arc::clone(&options.clock), first, TOPICS).prefixed(direction.verb)
        };
        let [publish, receive, process] =
            [Direction::PUBLISH, Direction::RECEIVE, Direction::PROCESS].map(operations);
        Ok(Messaging::from_directions(Directions { publish, receive, process, signals }))
    }

    fn declare(&self) -> Result<WorkMetrics, RegisterError> {
        let Self { system, names, options } = self;
        let [messages, errors, bytes, duration, in_flight] =
            ["messages_total", "errors_total", "bytes_total", "duration_seconds", "in_flight"]
                .map(|suffix| options.name(&names.name(system, suffix)));
        let labels: Vec<_> = names.label().into_iter().chain(["direction", "topic"]).collect();
        let declaration = WorkDeclaration {
            only_of: names.label().is_none().then_some(&**system),
            values: &[("direction", Direction::LABELS)],
            calls: Some((&messages, "Messages that were published, received and processed.")),
            outcome: OutcomeLabel::NONE,
            errors: Some((
                &errors,
                "Messages that could not be published, received or processed, by kind of error.",
            )),
            amount: Some((&bytes, "Bytes of messages.")),
            duration: Some((&duration, "Duration of publishing, receiving and processing messages.")),
            buckets: options.buckets.clone(),
            in_flight: Some((&in_flight, "Operations on messages in progress.")),
            items_attribute: Some("messaging.batch.message_count"),
            ..WorkDeclaration::new("messaging", &labels)
        };
        // Each direction has spans of its own.
        declaration.declare(options.registry(), options.kinds.clone(), |_| Span::none())
    }
}
