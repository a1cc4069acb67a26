use std::error::Error;
use std::fmt;

use tracing::{Level, debug, error, event, field, info, info_span, instrument, warn};

#[derive(Debug)]
struct Outer(Inner);

#[derive(Debug)]
struct Inner;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot pay")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no money")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl Error for Inner {}

pub(crate) fn events() {
    info_span!("events").in_scope(|| {
        info!("plain");
        info!(count = 3, unsigned = 4_u64, ok = true, ratio = 0.5, text = "a", "with fields {}", 1);
        warn!(debug = ?Some(1), display = %"b", "formatted");
        info!(fields = "only");
        info!(target: "another", "of a target");
        event!(name: "named", Level::INFO, key = 1);
        event!(name: "named, too", Level::INFO, "with a message");
        info!(twice = 1, twice = 2, "twice");
        info!(nothing = field::Empty, "empty");
    });
    info_span!("details").in_scope(|| debug!("too fine"));
    info!("outside of any span");
}

pub(crate) fn many_events() {
    info_span!("many").in_scope(|| {
        for at in 0..130 {
            // The texts are equal, so that one line describes them all.
            if at == 129 { info!("last") } else { info!("another") }
        }
    });
}

#[instrument(err)]
fn fails() -> Result<(), Outer> {
    Err(Outer(Inner))
}

#[instrument(err(Debug))]
fn fails_for_debug() -> Result<(), Outer> {
    Err(Outer(Inner))
}

pub(crate) fn error_events() {
    info_span!("message").in_scope(|| error!("failed"));
    info_span!("message and field").in_scope(|| error!(order = 7, "failed"));
    info_span!("text").in_scope(|| error!(error = "why"));
    info_span!("text and message").in_scope(|| error!(error = "why", "failed"));
    info_span!("warned").in_scope(|| warn!(error = "why"));
    info_span!("named").in_scope(|| event!(name: "refused", Level::ERROR, error = "why"));
    info_span!("twice").in_scope(|| {
        error!("first");
        error!("second");
    });
    drop(fails());
    drop(fails_for_debug());
}

pub(crate) fn error_values() {
    let failure = Outer(Inner);
    let failure = &failure as &(dyn Error + 'static);
    info_span!("field", error = failure).in_scope(|| ());
    info_span!("other field", cause = failure).in_scope(|| ());
    info_span!("event").in_scope(|| error!(error = failure, "failed"));
    info_span!("event without message").in_scope(|| error!(error = failure));
    info_span!("warning").in_scope(|| warn!(cause = failure, "odd"));
    let late = info_span!("recorded", error = field::Empty);
    late.in_scope(|| late.record("error", failure));
}

struct Panics;

impl fmt::Debug for Panics {
    #[allow(clippy::panic_in_result_fn, reason = "the case")]
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new("as a user's value may"))
    }
}

pub(crate) fn panicking_values() {
    info_span!("whole").in_scope(|| ());
    info_span!("new", value = ?Panics, other = 1).in_scope(|| ());
}
