use std::time::Duration;

use radiosonde_core::{diagnostics, survive};

use crate::webhook::guarded::Guarded;
use crate::webhook::handler::WebhookHandler;
use crate::webhook::message::WebhookMessage;
use crate::webhook::refusal::Refusal;
use crate::webhook::self_metrics::SelfMetrics;
use crate::webhook::timekeeper::{Late, Timekeeper};

/// Hands the alerts of a message to the handler, one after the other, even if one before has failed.
pub(super) async fn dispatch<H: WebhookHandler>(
    handler: &H,
    message: &WebhookMessage,
    (timekeeper, timeout): (&Timekeeper, Duration),
    metrics: &SelfMetrics,
) -> Result<(), Refusal> {
    let deadline = Timekeeper::after(timeout);
    let all = message.alerts.len();
    let (mut failed, mut panicked) = (0, false);
    for (done, alert) in message.alerts.iter().enumerate() {
        let handled = timekeeper.until(deadline, Guarded::new(|| handler.handle(alert))).await;
        let outcome = match handled {
            Ok(Some(Ok(()))) => "handled",
            Ok(Some(Err(error))) => {
                failed += 1;
                // The error is the user's code.
                let _ = survive(|| report(format_args!("the handler of {:?} failed: {error}", alert.name())));
                "failed"
            }
            Ok(None) => {
                panicked = true;
                report(format_args!("the handler of {:?} panicked", alert.name()));
                "panicked"
            }
            Err(late) => {
                metrics.alerts("timed_out", all - done);
                report(format_args!("the handler of {:?} took longer than {timeout:?}", alert.name()));
                return Err(match late {
                    Late::Passed => Refusal::HandlerTimeout,
                    Late::NoThread => Refusal::NoThread,
                });
            }
        };
        metrics.alerts(outcome, 1);
    }
    match (panicked, failed) {
        (true, _) => Err(Refusal::Panicked),
        (false, 0) => Ok(()),
        (false, alerts) => Err(Refusal::Failed { alerts, of: all }),
    }
}

fn report(what: std::fmt::Arguments<'_>) {
    diagnostics::report("alerts", "webhook", what);
}
