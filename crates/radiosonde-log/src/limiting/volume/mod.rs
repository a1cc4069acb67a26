use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::{Counter, DynFamily};

use crate::events::target::is_audit;
use crate::limiting::callsite_policy::{Callsite, CallsitePolicy, Pending, Sample, Suppressed};
use crate::limiting::keyed::Keyed;
use crate::limiting::sampling::{By, Sampling, Sequence};
use crate::limiting::shared::{KeyedBy, Shared};
use crate::limiting::volume_limits::VolumeLimits;
use crate::schemas::keys::Key;
use radiosonde_core::gcra::{Due, Gcra, nanoseconds};

/// The limits and sampling of a layer, and the lines they suppressed.
#[derive(Debug)]
pub(crate) struct Volume {
    shared: Arc<Shared>,
    names: LevelNames,
    suppressed: DynFamily<Counter>,
    policies: Mutex<Vec<Arc<CallsitePolicy>>>,
}

/// A number of suppressed lines of a callsite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Announcement {
    pub(crate) callsite: Callsite,
    pub(crate) lines: u64,
    /// How long ago the first of them was suppressed.
    pub(crate) ago: Duration,
}

impl Volume {
    /// `key_of` returns the number of a field's name, if the field appears in lines.
    pub(crate) fn new(
        limits: VolumeLimits,
        sampling: Sampling,
        key_of: impl Fn(&str) -> Option<Key>,
        suppressed: DynFamily<Counter>,
        names: LevelNames,
    ) -> Self {
        let keyed_by = |(name, gcra): &(Box<str>, Gcra)| {
            Some(KeyedBy { key: key_of(name)?, gcra: *gcra, values: Keyed::new() })
        };
        let shared = Shared {
            keyed_by: limits.keyed.iter().filter_map(keyed_by).collect(),
            rates: limits.rules,
            announce_every: limits.announce_every,
            ratios: sampling.rules,
            by: match sampling.by {
                By::Line => By::Line,
                By::Trace => By::Trace,
                By::Field(name) => key_of(&name).map_or(By::Line, By::Field),
            },
            targets: Keyed::new(),
            sequence: Sequence::default(),
            due: AtomicU64::new(Shared::NEVER),
        };
        Self { shared: Arc::new(shared), names, suppressed, policies: Mutex::default() }
    }

    /// The policy of a callsite, created once for each; `None` if all of its events are written.
    ///
    /// `may_be_fatal`: it has the field that makes it FATAL. `is_bridged`: its events are records of the `log` crate.
    pub(crate) fn policy(
        &self,
        callsite: Callsite,
        may_be_fatal: bool,
        is_bridged: bool,
    ) -> Option<Arc<CallsitePolicy>> {
        let Shared { rates, ratios, keyed_by, .. } = &*self.shared;
        let is_open = rates.is_empty() && ratios.is_empty() && keyed_by.is_empty();
        if may_be_fatal || is_open || is_audit(callsite.target) {
            return None;
        }
        let find = !is_bridged;
        let rate = find.then(|| rates.of(callsite.target, callsite.level).copied().flatten()).flatten();
        let ratio = find.then(|| ratios.of(callsite.target, callsite.level).copied()).flatten();
        if rate.is_none() && ratio.is_none() && keyed_by.is_empty() && !is_bridged {
            return None;
        }
        let policy = Arc::new(CallsitePolicy {
            shared: Arc::clone(&self.shared),
            callsite,
            sample: ratio.map(|ratio| Sample { ratio, sequence: Sequence::default() }),
            rate: rate.map(|rate| (Gcra::new(rate), Due::default())),
            is_bridged,
            suppressed: self.suppressed(callsite.level),
            pending: Pending::new(),
        });
        self.policies.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&policy));
        Some(policy)
    }

    fn suppressed(&self, level: Level) -> Suppressed {
        let by = |reason| self.suppressed.handle(&[level.name(self.names), reason]);
        Suppressed { rate: by("rate"), key: by("key"), sampled: by("sampled") }
    }

    /// Whether lines were suppressed, so that [`announce`](Self::announce) should be called.
    ///
    /// # Cost
    /// One load.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        // Relaxed: only a hint; acting on it synchronises with the writer.
        self.shared.due.load(Ordering::Relaxed) != Shared::NEVER
    }

    /// Passes on the announcements that are due. No lock is held meanwhile.
    pub(crate) fn announce(&self, now: Duration, each: impl FnMut(Announcement)) {
        let at = nanoseconds(now);
        // Relaxed: as above.
        if self.shared.due.load(Ordering::Relaxed) <= at {
            self.take(at, nanoseconds(self.shared.announce_every), each);
        }
    }

    /// Passes on all pending announcements, also those that are not due.
    pub(crate) fn announce_all(&self, now: Duration, each: impl FnMut(Announcement)) {
        self.take(nanoseconds(now), 0, each);
    }

    fn take(&self, now: u64, interval: u64, each: impl FnMut(Announcement)) {
        // Acquire: pairs with `announce_at`, so that the lines behind the request are seen. A line added later requests
        // another one.
        self.shared.due.swap(Shared::NEVER, Ordering::Acquire);
        let mut announcements = Vec::new();
        for policy in self.policies.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            match policy.pending.take(now, interval) {
                Ok(None) => {}
                Ok(Some((lines, since))) => announcements.push(Announcement {
                    callsite: policy.callsite,
                    lines,
                    ago: Duration::from_nanos(now.saturating_sub(since)),
                }),
                Err(later) => self.shared.announce_at(later),
            }
        }
        announcements.into_iter().for_each(each);
    }
}

#[cfg(test)]
mod tests;
