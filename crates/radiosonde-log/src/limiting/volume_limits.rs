use std::time::Duration;

use radiosonde_core::Level;

use crate::limiting::rules::Rules;
use radiosonde_core::Rate;
use radiosonde_core::gcra::Gcra;

/// Limits the number of lines, per callsite and per value of a field such as a tenant or a user.
///
/// Default: no limits.
///
/// # Shape
/// Each callsite, which is one `info!` in the code, has its own allowance. Events beyond it are dropped before they are
/// rendered, counted in `radiosonde_log_suppressed_total{level,reason}`, and announced by a line with the callsite's target
/// and level, the message `suppressed 1234 lines`, and the fields `suppressed`, `since`, `file` and `line`. Each callsite is
/// announced at most once per [`announce_every`](Self::announce_every), with the layer's next event after that time, and
/// when the layer is dropped.
///
/// The rule for a callsite depends on its target and level: among the rules with the longest matching target, the one with
/// the least severe level applies. Records of the `log` crate, which have no callsites of their own, have one allowance per
/// target and level.
///
/// Events of [`fatal!`](crate::fatal) and of the target `radiosonde::audit` are never limited.
///
/// # Cost
/// A clock reading and one atomic exchange per event of a callsite with a limit; nothing for other callsites. With
/// [`keyed_by`](Self::keyed_by) a line is rendered before the decision, and one of 256 locks is taken for a few nanoseconds.
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
    /// `None` means unlimited.
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
    /// No limits.
    pub fn none() -> Self {
        Self { rules: Rules::default(), keyed: Vec::new(), announce_every: Duration::from_secs(10) }
    }

    /// The same limit for each callsite, whatever its level.
    pub fn per_callsite(rate: Rate) -> Self {
        Self::none().of("", Level::Error, rate)
    }

    /// Sets the limit for each callsite at this or a less severe level whose target starts with `target`; `""` is every
    /// target.
    pub fn of(mut self, target: &str, level: Level, rate: Rate) -> Self {
        self.rules.add(target, level, Some(rate));
        self
    }

    /// Removes the limit per callsite for targets that start with `target`.
    pub fn unlimited(mut self, target: &str) -> Self {
        self.rules.add(target, Level::Error, None);
        self
    }

    /// Limits all lines together that have the same value of a field, their own or a span's: a tenant, a user, a peer.
    ///
    /// Lines without the field are not affected; all values of a redacted field count as the same one. Values are identified
    /// by a 64-bit hash; beyond about 2000 at a time, further ones share allowances. A second limit for the same field
    /// replaces the first.
    pub fn keyed_by(mut self, field: impl Into<String>, rate: Rate) -> Self {
        let field = field.into();
        self.keyed.retain(|(other, _)| **other != *field);
        self.keyed.push((field.into(), Gcra::new(rate)));
        self
    }

    /// Sets the least time between two announcements of one callsite; default: 10 seconds.
    pub fn announce_every(mut self, interval: Duration) -> Self {
        self.announce_every = interval;
        self
    }
}
