//! What is done about an incident: a trait, and steps that are functions.

use crate::incident::Incident;

/// One step: its name, and what it does.
pub(crate) type Step = (&'static str, fn(&Incident) -> Result<String, String>);

/// Does what the runbook of an incident's kind contains.
pub(crate) trait RunbookExecutor: Send + Sync + 'static {
    /// The result of each step, up to the first that fails, and the number of those after it.
    fn execute_runbook(&self, incident: &Incident) -> impl Future<Output = RunbookResult> + Send;
}

/// What became of a runbook.
#[derive(Debug)]
pub(crate) struct RunbookResult {
    pub(crate) steps: Vec<(&'static str, Result<String, String>)>,
    pub(crate) not_run: usize,
}

/// The runbooks of this program, by the names of alerts.
#[derive(Debug)]
pub(crate) struct Runbooks(pub(crate) Vec<(&'static str, Vec<Step>)>);

impl RunbookExecutor for Runbooks {
    async fn execute_runbook(&self, incident: &Incident) -> RunbookResult {
        let found = self.0.iter().find(|(kind, _)| *kind == incident.alert.name());
        let mut left = found.map_or(&[][..], |(_, steps)| steps).iter();
        let mut steps = Vec::new();
        for (name, run) in left.by_ref() {
            steps.push((*name, run(incident)));
            if matches!(steps.last(), Some((_, Err(_)))) {
                break;
            }
        }
        RunbookResult { steps, not_run: left.len() }
    }
}

/// A queue whose consumer does not come back: the second step fails, so the third is not run.
pub(crate) fn of_this_program() -> Runbooks {
    Runbooks(vec![(
        "QueueStuck",
        vec![
            ("look at the consumer", |_| Ok("it holds a message for 9 minutes".to_owned())),
            ("restart the consumer", |_| Err("it does not answer".to_owned())),
            ("empty the queue", |_| Ok("everything is lost".to_owned())),
        ],
    )])
}
