use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use radiosonde_core::{Level, TraceId};
use radiosonde_metrics::Counter;

use crate::limiting::sampling::{By, Ratio, Sequence, hash, of_trace};
use crate::limiting::shared::{KeyedBy, Shared};
use crate::schemas::keys::Key;
use radiosonde_core::gcra::{Due, Gcra, nanoseconds};

/// Whether an event becomes a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Write,
    /// It is suppressed and counted.
    Drop,
}

/// Decides which events of a callsite become lines. A callsite without rules has none.
#[derive(Debug)]
pub(crate) struct CallsitePolicy {
    pub(super) shared: Arc<Shared>,
    pub(super) callsite: Callsite,
    pub(super) sample: Option<Sample>,
    pub(super) rate: Option<(Gcra, Due)>,
    /// Its events are records of the `log` crate, from anywhere, so that rules are looked up for each.
    pub(super) is_bridged: bool,
    pub(super) suppressed: Suppressed,
    pub(super) pending: Pending,
}

/// The source of events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Callsite {
    pub(crate) target: &'static str,
    pub(crate) level: Level,
    pub(crate) file: Option<&'static str>,
    pub(crate) line: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Sample {
    pub(super) ratio: Ratio,
    pub(super) sequence: Sequence,
}

/// Counters of suppressed events, by reason.
#[derive(Debug)]
pub(super) struct Suppressed {
    pub(super) rate: Counter,
    pub(super) key: Counter,
    pub(super) sampled: Counter,
}

/// Suppressed lines that have not been announced.
#[derive(Debug)]
pub(super) struct Pending {
    lines: AtomicU64,
    /// When the first of them was suppressed, in nanoseconds; `NONE` if not known yet.
    since: AtomicU64,
}

const NONE: u64 = u64::MAX;

/// A rendered line, for rules that depend on its contents.
pub(crate) trait Rendered {
    /// The line's target.
    fn target(&self) -> &str;

    /// The value of a field of the event or of a span around it: the contents of a JSON string, or else JSON.
    fn value(&self, key: Key) -> Option<&str>;

    /// The trace that the line belongs to.
    fn trace(&self) -> Option<TraceId>;
}

impl CallsitePolicy {
    /// Decides about an event, as far as that is possible before it is rendered.
    ///
    /// # Cost
    /// One atomic addition if the callsite is sampled, one exchange if it is limited.
    pub(crate) fn decide(&self, now: Duration) -> Decision {
        if self.is_bridged {
            return Decision::Write;
        }
        if let Some(sample) = &self.sample {
            // Sampling by a line's contents is decided later, and limits count only sampled lines.
            if self.shared.by != By::Line {
                return Decision::Write;
            }
            if !sample.ratio.picks(sample.sequence.next()) {
                self.suppressed.sampled.inc();
                return Decision::Drop;
            }
        }
        self.limited(nanoseconds(now))
    }

    /// Whether [`decide_rendered`](Self::decide_rendered) must be called as well.
    pub(crate) fn asks_for_more(&self) -> bool {
        self.is_bridged
            || !self.shared.keyed_by.is_empty()
            || self.sample.is_some() && self.shared.by != By::Line
    }

    /// Decides about a rendered line.
    pub(crate) fn decide_rendered(&self, line: &impl Rendered, now: Duration) -> Decision {
        let now = nanoseconds(now);
        let is_picked = match (self.ratio(line.target()), &self.shared.by) {
            (None, _) => true,
            (Some(_), By::Line) if !self.is_bridged => true,
            (Some(ratio), by) => {
                let number = match by {
                    By::Line => None,
                    By::Trace => line.trace().map(of_trace),
                    By::Field(key) => line.value(*key).map(hash),
                };
                ratio.picks(number.unwrap_or_else(|| self.shared.sequence.next()))
            }
        };
        if !is_picked {
            self.suppressed.sampled.inc();
            return Decision::Drop;
        }
        let was_limited_before = !self.is_bridged && (self.sample.is_none() || self.shared.by == By::Line);
        if self.is_bridged {
            if self.limited_by_target(line.target(), now) == Decision::Drop {
                return Decision::Drop;
            }
        } else if !was_limited_before && self.limited(now) == Decision::Drop {
            return Decision::Drop;
        }
        self.limited_by_keys(line, now)
    }

    /// The sampling ratio that applies, if any.
    pub(crate) fn ratio(&self, target: &str) -> Option<Ratio> {
        match &self.sample {
            Some(sample) => Some(sample.ratio),
            None if self.is_bridged => self.shared.ratios.of(target, self.callsite.level).copied(),
            None => None,
        }
    }

    fn limited(&self, now: u64) -> Decision {
        match &self.rate {
            Some((gcra, due)) if !gcra.conforms(due, now) => {
                self.suppressed.rate.inc();
                self.suppress(now)
            }
            _ => Decision::Write,
        }
    }

    fn limited_by_target(&self, target: &str, now: u64) -> Decision {
        let level = self.callsite.level;
        let Some(rate) = self.shared.rates.of(target, level).copied().flatten() else {
            return Decision::Write;
        };
        if self.shared.targets.conforms(Gcra::new(rate), hash(target) ^ level as u64, now) {
            return Decision::Write;
        }
        self.suppressed.rate.inc();
        self.suppress(now)
    }

    fn limited_by_keys(&self, line: &impl Rendered, now: u64) -> Decision {
        for KeyedBy { key, gcra, values } in &self.shared.keyed_by {
            let Some(value) = line.value(*key) else { continue };
            if !values.conforms(*gcra, hash(value), now) {
                self.suppressed.key.inc();
                return self.suppress(now);
            }
        }
        Decision::Write
    }

    fn suppress(&self, now: u64) -> Decision {
        if self.pending.add(now) {
            self.shared.announce_at(now.saturating_add(nanoseconds(self.shared.announce_every)));
        }
        Decision::Drop
    }
}

impl Pending {
    pub(super) fn new() -> Self {
        Self { lines: AtomicU64::new(0), since: AtomicU64::new(NONE) }
    }

    /// Adds a line; true if it is the first.
    fn add(&self, now: u64) -> bool {
        // Relaxed: a count; its later reader synchronises through `Shared::due`.
        let is_first = self.lines.fetch_add(1, Ordering::Relaxed) == 0;
        if is_first {
            // Relaxed: as above.
            self.since.store(now, Ordering::Relaxed);
        }
        is_first
    }

    /// Takes the pending lines if `interval` has passed since the first: their number, and since when. `Err` is the time to
    /// retry.
    pub(super) fn take(&self, now: u64, interval: u64) -> Result<Option<(u64, u64)>, u64> {
        // Relaxed: a thread that adds meanwhile requests an announcement itself.
        if self.lines.load(Ordering::Relaxed) == 0 {
            return Ok(None);
        }
        // Relaxed: as above.
        let since = self.since.load(Ordering::Relaxed);
        if since == NONE {
            // The thread that added the first line has not stored its time yet.
            let began = self
                .since
                .compare_exchange(NONE, now, Ordering::Relaxed, Ordering::Relaxed)
                .map_or_else(|since| since, |_| now);
            return if interval == 0 {
                Ok(Some((self.swap(), began)))
            } else {
                Err(began.saturating_add(interval))
            };
        }
        let at = since.saturating_add(interval);
        if at > now {
            return Err(at);
        }
        let lines = self.swap();
        // Relaxed: fails only if another thread has started again meanwhile.
        let _ = self.since.compare_exchange(since, NONE, Ordering::Relaxed, Ordering::Relaxed);
        Ok((lines > 0).then_some((lines, since)))
    }

    fn swap(&self) -> u64 {
        // Relaxed: each line is in one announcement, whichever it is.
        self.lines.swap(0, Ordering::Relaxed)
    }
}
