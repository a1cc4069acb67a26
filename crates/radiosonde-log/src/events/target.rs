use radiosonde_core::Level;
use radiosonde_queue::Rank;

/// The target of the line that ends an HTTP exchange, written by `ServerLayer` of `radiosonde-tower`.
pub const ACCESS_TARGET: &str = "radiosonde::access";

/// The target of [`audit!`](crate::audit). Its events are never filtered, rate limited or sampled.
pub const AUDIT_TARGET: &str = "radiosonde::audit";

/// The target of [`log_metric!`](crate::log_metric): the value of a metric at a time.
pub const METRIC_TARGET: &str = "radiosonde::metric";

/// The target of events from panics.
pub(crate) const PANIC_TARGET: &str = "panic";

/// The rank of a line in a queue, which decides what a full queue drops.
#[inline]
pub(crate) fn rank(level: Level, target: &str) -> Rank {
    if is_audit(target) { Rank::reserved(level) } else { Rank::of(level) }
}

/// Whether events of this target are audit events.
pub(crate) fn is_audit(target: &str) -> bool {
    target.strip_prefix(AUDIT_TARGET).is_some_and(|below| below.is_empty() || below.starts_with("::"))
}
