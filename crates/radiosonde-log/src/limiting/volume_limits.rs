use std::time::Duration;

use radiosonde_core::Level;

use crate::limiting::gcra::Gcra;
use crate::limiting::rate::Rate;
use crate::limiting::rules::Rules;

/// How many lines are written: of each callsite, and of each tenant, user or whatever else a field names.
///
/// Nothing is limited unless asked for.
///
/// # Shape
/// A callsite, which is one `info!` in the code, has an allowance of its own. What is beyond it is dropped before it is rendered, counted
/// in `radiosonde_log_suppressed_total{level,reason}`, and announced by a line with the callsite's target and level, whose message is
/// `suppressed 1234 lines`, and that has the fields `suppressed`, `since`, `file` and `line`. Such a line comes at most
/// once per callsite and [`announce_every`](Self::announce_every), with the first event of the layer after it; and when the layer is dropped.
///
/// Which rule holds for a callsite is decided by its target and level: of the rules with the longest target that it begins with, the one of
/// the finest level. Records of the `log` crate, which have no callsites of their own, have one allowance per target and level.
///
/// Events of [`fatal!`](crate::fatal) and of the target `radiosonde::audit` are never limited.
///
/// # Cost
/// For a callsite with a limit a reading of the clock and one atomic exchange. Nothing for others. With [`keyed_by`](Self::keyed_by) a
/// line is rendered before it is known whether it is written, and a lock is taken, one of 256, for a few nanoseconds.
///
/// ```
/// use radiosonde_core::{Level, Resource};
/// use radiosonde_log::{JsonLayer, Rate, VolumeLimits};
///
/// let limits = VolumeLimits::per_callsite(Rate::per_second(100).burst(1000))
///     .of("hyper", Level::Debug, Rate::per_second(10))
///     .unlimited("orders::billing")
///     .keyed_by("tenant_id", Rate::per_second(500));
/// let layer = JsonLayer::builder(&Resource::new("orders")).volume_limits(limits).build()?;
/// # let _ = layer;
/// # Ok::<(), radiosonde_log::JsonLayerBuildError>(())
/// ```
#[must_use]
#[derive(Debug, Clone)]
pub struct VolumeLimits {
    /// `None`: without a limit.
    pub(crate) rules: Rules<Option<Rate>>,
    pub(crate) keyed: Vec<(Box<str>, Gcra)>,
    pub(crate) announce_every: Duration,
}

impl Default for VolumeLimits {
    /// [`none`](Self::none).
    fn default() -> Self {
        Self::none()
    }
}

impl VolumeLimits {
    /// No limit.
    pub fn none() -> Self {
        Self { rules: Rules::default(), keyed: Vec::new(), announce_every: Duration::from_secs(10) }
    }

    /// This limit for each callsite, whatever its level.
    pub fn per_callsite(rate: Rate) -> Self {
        Self::none().of("", Level::Error, rate)
    }

    /// This limit for each callsite of a level, or a finer one, whose target begins with `target`; the empty one is all.
    pub fn of(mut self, target: &str, level: Level, rate: Rate) -> Self {
        self.rules.add(target, level, Some(rate));
        self
    }

    /// No limit per callsite for targets that begin with this.
    pub fn unlimited(mut self, target: &str) -> Self {
        self.rules.add(target, Level::Error, None);
        self
    }

    /// This limit for all lines together that have the same value in a field, their own or a span's: a tenant, a user, a peer.
    ///
    /// Lines without the field are not limited by it; the values of one that is redacted are all the same. Values are known by a hash of 64 bits; of more than about 2000 at a time, further
    /// ones share allowances. A second limit by the same field takes the place of the first.
    pub fn keyed_by(mut self, field: &str, rate: Rate) -> Self {
        self.keyed.retain(|(other, _)| **other != *field);
        self.keyed.push((field.into(), Gcra::new(rate)));
        self
    }

    /// The least time between two lines that announce what was suppressed of one callsite; by default 10 seconds.
    pub fn announce_every(mut self, interval: Duration) -> Self {
        self.announce_every = interval;
        self
    }
}
