use std::error::Error;
use std::sync::Arc;

use radiosonde_signals::Severity;

use crate::webhook::message::WebhookAlert;

/// Why an alert could not be handled.
pub type WebhookError = Box<dyn Error + Send + Sync>;

/// Handles the alerts that an Alertmanager sends: an incident, a runbook, a message to a team.
///
/// # Shape
/// It is called for one alert after the other, firing ones and resolved ones. If one fails, panics or takes too long, Alertmanager is
/// answered an error and sends the whole message again, with all its alerts; without any failure too it repeats them after its
/// `repeat_interval`. So an alert that was handled before comes again, with the same fingerprint and start.
///
/// Calls for several messages run at the same time. A call that blocks its thread cannot be ended at its deadline.
///
/// ```
/// use radiosonde_alerts::{WebhookAlert, WebhookError, WebhookHandler};
///
/// #[derive(Debug)]
/// struct Team;
///
/// impl WebhookHandler for Team {
///     async fn critical(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
///         println!("paging about {}", alert.name());
///         Ok(())
///     }
///
///     async fn warning(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
///         println!("a ticket about {}", alert.name());
///         Ok(())
///     }
/// }
/// ```
pub trait WebhookHandler: Send + Sync + 'static {
    /// An alert whose severity is critical.
    fn critical(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send;

    /// An alert of any other severity, or of none.
    fn warning(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send;

    /// Stores an alert of any severity that was handled before. Default: nothing.
    fn store(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send {
        let _ = alert;
        async { Ok(()) }
    }

    /// Handles an alert. Default: [`critical`](Self::critical) or [`warning`](Self::warning) by its severity, and if that succeeds
    /// [`store`](Self::store).
    fn handle(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send {
        async move {
            match alert.severity() {
                Severity::Critical => self.critical(alert).await?,
                Severity::Warning | Severity::Info => self.warning(alert).await?,
            }
            self.store(alert).await
        }
    }
}

impl<H: WebhookHandler> WebhookHandler for Arc<H> {
    fn critical(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send {
        (**self).critical(alert)
    }

    fn warning(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send {
        (**self).warning(alert)
    }

    fn store(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send {
        (**self).store(alert)
    }

    fn handle(&self, alert: &WebhookAlert) -> impl Future<Output = Result<(), WebhookError>> + Send {
        (**self).handle(alert)
    }
}
