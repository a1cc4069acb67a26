use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::health::board::Board;
use crate::health::check::{Check, Probe, Work, text_of};
use crate::health::run_until::run_until;
use crate::health::runtime_of_check::RuntimeOfCheck;

/// Declares a check of a [`Health`](crate::Health).
#[derive(Debug)]
#[must_use = "a check is declared by `check`"]
pub struct CheckBuilder {
    board: Arc<Board>,
    name: Arc<str>,
    probe: Probe,
    timeout: Duration,
    cache_for: Duration,
}

impl CheckBuilder {
    pub(crate) const fn new(board: Arc<Board>, name: Arc<str>, probe: Probe) -> Self {
        let (timeout, cache_for) = (Duration::from_secs(2), Duration::from_secs(5));
        Self { board, name, probe, timeout, cache_for }
    }

    /// How long the check may take before it fails; default: 2 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a result, good or bad, answers further probes; default: 5 s. Zero: each probe runs the check, unless it is
    /// running already.
    pub const fn cache_for(mut self, cache_for: Duration) -> Self {
        self.cache_for = cache_for;
        self
    }

    /// Declares the check. It replaces one of the same name.
    ///
    /// The future runs on a thread of its own, so it may block, need not be `Send`, and goes on if the probe hangs up. On that
    /// thread the tokio runtime is the one in which the check is declared, or else the one in which the probe is answered.
    pub fn check<F, R, E>(self, check: F)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let run = move |deadline| {
            let ended = run_until(deadline, check())?;
            Some(ended.map_err(|error| text_of(&*error.into())))
        };
        let runtime = RuntimeOfCheck::current();
        let (timeout, cache_for) = (self.timeout, self.cache_for);
        let work = Work::Run { run: Box::new(run), timeout, cache_for, runtime };
        self.board.declare(Check { name: self.name, probe: self.probe, work });
    }
}
