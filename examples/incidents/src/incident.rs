//! What an alert becomes, and where it is kept: a trait, and a list in memory.

use std::sync::{Mutex, PoisonError};

use radiosonde_alerts::WebhookAlert;

/// An alert that somebody has to look at.
#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) id: usize,
    pub(crate) alert: WebhookAlert,
}

impl Incident {
    /// Alertmanager repeats an alert until it is resolved: these identify it.
    fn is_about(&self, alert: &WebhookAlert) -> bool {
        (&self.alert.fingerprint, self.alert.starts_at) == (&alert.fingerprint, alert.starts_at)
    }
}

/// Opens and closes incidents: in a database, or in the service of a company that pages people.
pub(crate) trait IncidentManager: Send + Sync + 'static {
    /// The new incident; `None` if there is one for this alert.
    fn create_incident(&self, alert: &WebhookAlert) -> impl Future<Output = Option<Incident>> + Send;

    /// The incident of an alert that is resolved; `None` without an open one.
    fn close_incident(&self, alert: &WebhookAlert) -> impl Future<Output = Option<Incident>> + Send;
}

/// Open incidents, until the process ends, and the number of all.
#[derive(Debug, Default)]
pub(crate) struct InMemory(Mutex<(Vec<Incident>, usize)>);

impl IncidentManager for InMemory {
    async fn create_incident(&self, alert: &WebhookAlert) -> Option<Incident> {
        let (open, count) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.iter().any(|incident| incident.is_about(alert)) {
            return None;
        }
        *count += 1;
        open.push(Incident { id: *count, alert: alert.clone() });
        open.last().cloned()
    }

    async fn close_incident(&self, alert: &WebhookAlert) -> Option<Incident> {
        let (open, _) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|incident| incident.is_about(alert))?;
        Some(open.remove(at))
    }
}
