use radiosonde_core::Level;
use radiosonde_queue::Rank;

/// The target of the line that ends an HTTP exchange: `ServerLayer` of `radiosonde-tower` writes it.
pub const ACCESS_TARGET: &str = "radiosonde::access";

/// The target of [`audit!`](crate::audit): who did what. No filter, limit or sample leaves its events out.
pub const AUDIT_TARGET: &str = "radiosonde::audit";

/// The target of [`log_metric!`](crate::log_metric): the value of a metric at a time.
pub const METRIC_TARGET: &str = "radiosonde::metric";

/// The target of the events that are made of panics.
pub(crate) const PANIC_TARGET: &str = "panic";

/// What a queue needs to know of a line to decide what goes when it is full.
#[inline]
pub(crate) fn rank(level: Level, target: &str) -> Rank {
    if is_audit(target) { Rank::reserved(level) } else { Rank::of(level) }
}

/// Whether events of this target are audits.
pub(crate) fn is_audit(target: &str) -> bool {
    target.strip_prefix(AUDIT_TARGET).is_some_and(|below| below.is_empty() || below.starts_with("::"))
}
