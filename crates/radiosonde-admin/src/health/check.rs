use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::survive;
use radiosonde_signals::{Component, ComponentState};

use crate::health::runtime_of_check::RuntimeOfCheck;

/// The most characters of a failure's text.
const TEXT_LIMIT: usize = 500;

/// The probe that a check is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    Liveness,
    Readiness,
}

/// A declared check.
pub(crate) struct Check {
    pub(crate) name: Arc<str>,
    pub(crate) probe: Probe,
    pub(crate) work: Work,
}

pub(crate) enum Work {
    /// Runs on a thread of its own; its result is kept for a time.
    Run { run: Box<Run>, timeout: Duration, cache_for: Duration, runtime: RuntimeOfCheck },
    /// Runs at each probe, where the probe is answered.
    Gate(Box<dyn Fn() -> Result<(), String> + Send + Sync>),
    /// Read at each probe; others record its results.
    Component(Component),
}

/// Runs until the deadline, by the system's monotonic clock; `None` then.
pub(crate) type Run = dyn Fn(Duration) -> Option<Result<(), String>> + Send + Sync;

/// How a check ended.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) failure: Option<Arc<str>>,
    pub(crate) took: Duration,
    /// When it ended, by the clock of the [`Health`](crate::Health).
    pub(crate) at: Duration,
}

impl Check {
    /// Runs the check on this thread.
    pub(crate) fn run(&self, deadline: Duration) -> Option<Arc<str>> {
        let ended = match &self.work {
            Work::Run { run, .. } => survive(|| run(deadline)),
            Work::Gate(gate) => survive(|| Some(gate())),
            Work::Component(component) => Some(Some(read(component))),
        };
        match ended {
            Some(Some(Ok(()))) => None,
            Some(Some(Err(text))) => Some(text.chars().take(TEXT_LIMIT).collect::<String>().into()),
            Some(None) => Some(self.timed_out()),
            None => Some("the check panicked".into()),
        }
    }

    /// Whether others record its results.
    pub(crate) const fn is_component(&self) -> bool {
        matches!(self.work, Work::Component(_))
    }

    pub(crate) fn timed_out(&self) -> Arc<str> {
        match &self.work {
            Work::Run { timeout, .. } => format!("no result within {timeout:?}").into(),
            Work::Gate(_) | Work::Component(_) => "no result".into(),
        }
    }
}

fn read(component: &Component) -> Result<(), String> {
    let score = component.score();
    match component.state() {
        ComponentState::Unhealthy => Err(format!("unhealthy: a score of {score:.0}")),
        _ => Ok(()),
    }
}

/// An error and its causes.
pub(crate) fn text_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).field("probe", &self.probe).finish_non_exhaustive()
    }
}
