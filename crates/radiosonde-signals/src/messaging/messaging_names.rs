/// The names of the metrics of [`Messaging`](crate::Messaging).
///
/// # Shape
/// | | [`shared`](Self::shared) (default) | [`per_system`](Self::per_system), of `mqtt` |
/// |---|---|---|
/// | messages | `messaging_messages_total{system,topic,direction}` | `mqtt_messages_total{topic,direction}` |
/// | errors | `messaging_errors_total{system,topic,direction,kind}` | `mqtt_errors_total{topic,direction,kind}` |
/// | bytes | `messaging_bytes_total{system,topic,direction}` | `mqtt_bytes_total{topic,direction}` |
/// | duration | `messaging_duration_seconds{system,topic,direction}` | `mqtt_duration_seconds{topic,direction}` |
/// | in flight | `messaging_in_flight{system,topic,direction}` | `mqtt_in_flight{topic,direction}` |
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Messaging, MessagingNames};
///
/// let registry = Registry::new();
/// let mqtt = Messaging::builder("mqtt").names(MessagingNames::per_system()).namespace("valtronics");
/// let mqtt = mqtt.registry(&registry).build()?;
/// mqtt.publish("alerts").track().complete();
/// let expected = "valtronics_mqtt_messages_total{direction=\"publish\",topic=\"alerts\"} 1\n";
/// assert!(registry.text().contains(expected));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagingNames {
    is_shared: bool,
}

impl MessagingNames {
    /// One set of metrics for all systems, with the label `system`.
    #[must_use]
    pub const fn shared() -> Self {
        Self { is_shared: true }
    }

    /// Metrics of its own for each system, named for it.
    #[must_use]
    pub const fn per_system() -> Self {
        Self { is_shared: false }
    }

    /// The label with the system, if the metrics are shared.
    pub(crate) const fn label(&self) -> Option<&'static str> {
        if self.is_shared { Some("system") } else { None }
    }

    pub(crate) fn name(&self, system: &str, suffix: &str) -> String {
        let subject = if self.is_shared { "messaging" } else { system };
        format!("{subject}_{suffix}")
    }
}

impl Default for MessagingNames {
    fn default() -> Self {
        Self::shared()
    }
}
