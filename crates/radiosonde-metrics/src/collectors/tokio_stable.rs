use tokio::runtime::RuntimeMetrics;

use crate::Collection;
use crate::collectors::tokio_runtime::TokioRuntime;

/// Nothing but what is stable.
pub(crate) const fn collect(_: &TokioRuntime, _: &RuntimeMetrics, _: &mut Collection) {}
