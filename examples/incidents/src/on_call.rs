//! The handler of webhooks: incidents and runbooks hang on it.

use std::sync::Arc;

use radiosonde_alerts::{AlertState, WebhookAlert, WebhookError, WebhookHandler};
use tokio::sync::mpsc::UnboundedSender;

use crate::incident::IncidentManager;
use crate::runbook::{RunbookExecutor, RunbookResult};

/// A page opens an incident and runs its runbook; what happened is printed and sent on.
#[derive(Debug)]
pub(crate) struct OnCall<M, R> {
    pub(crate) incidents: M,
    pub(crate) runbooks: Arc<R>,
    pub(crate) happened: UnboundedSender<AlertState>,
}

impl<M: IncidentManager, R: RunbookExecutor> WebhookHandler for OnCall<M, R> {
    async fn critical(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        match alert.status {
            AlertState::Resolved => {
                let Some(incident) = self.incidents.close_incident(alert).await else { return Ok(()) };
                println!("incident {}: closed, as the alert is resolved", incident.id);
            }
            _ => {
                // An alert that is repeated has its incident already.
                let Some(incident) = self.incidents.create_incident(alert).await else { return Ok(()) };
                let summary = alert.annotations.get("summary").map_or("", String::as_str);
                println!("incident {}: {} {}: {summary}", incident.id, alert.severity(), alert.name());
                // A webhook that is not answered in time is dropped, and its repetition finds the incident: the runbook takes its own time.
                let (runbooks, happened) = (Arc::clone(&self.runbooks), self.happened.clone());
                tokio::spawn(async move {
                    print(&runbooks.execute_runbook(&incident).await);
                    // Nobody listens any more at the end of the program.
                    let _ = happened.send(AlertState::Firing);
                });
                return Ok(());
            }
        }
        self.happened.send(alert.status)?;
        Ok(())
    }

    async fn warning(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        println!("a ticket: {} {} {}", alert.status, alert.severity(), alert.name());
        Ok(())
    }
}

fn print(result: &RunbookResult) {
    for (at, (name, outcome)) in result.steps.iter().enumerate() {
        let (word, text) = outcome.as_ref().map_or_else(|why| ("FAILED", why), |text| ("done", text));
        println!("  step {} {word}: {name}: {text}", at + 1);
    }
    println!("  steps not run: {}", result.not_run);
}
