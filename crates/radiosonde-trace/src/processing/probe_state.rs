//! Tracks whether this thread is within a probe of the pipeline.

use std::cell::Cell;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    No,
    Running,
    /// The trace layer saw the probe's span.
    Seen,
}

thread_local! {
    static PROBE: Cell<Probe> = const { Cell::new(Probe::No) };
}

/// Whether this thread is within a probe, whose span is not passed to sinks.
pub(crate) fn is_running() -> bool {
    PROBE.try_with(Cell::get).is_ok_and(|probe| probe != Probe::No)
}

/// Whether the trace layer saw this thread's probe.
pub(crate) fn is_seen() -> bool {
    PROBE.get() == Probe::Seen
}

/// Records that the trace layer saw a span.
pub(crate) fn seen() {
    let _ = PROBE.try_with(|probe| {
        if probe.get() == Probe::Running {
            probe.set(Probe::Seen);
        }
    });
}

/// Marks this thread as within a probe.
pub(crate) struct RunningProbe;

impl RunningProbe {
    pub(crate) fn start() -> Self {
        PROBE.set(Probe::Running);
        Self
    }
}

impl Drop for RunningProbe {
    fn drop(&mut self) {
        PROBE.set(Probe::No);
    }
}
