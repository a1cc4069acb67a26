//! In place of the ends of spans from `tracing`, without the feature `layer`.

use std::time::Duration;

pub(crate) const fn took() -> Option<Duration> {
    None
}

pub(crate) fn passing(pass: impl FnOnce()) {
    pass();
}
