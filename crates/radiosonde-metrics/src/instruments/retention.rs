use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long the series of a family are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retention {
    /// As long as the registry.
    Permanent,
    /// Until they are removed, or idle for too long.
    Removable(Expiry),
}

/// When series expire: at the first of the two limits, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Expiry {
    /// After this number of scrapes without a look-up.
    pub(crate) scrapes: Option<u64>,
    /// After this time without one.
    pub(crate) idle: Option<Duration>,
}

impl Expiry {
    pub(crate) const fn never(self) -> bool {
        self.scrapes.is_none() && self.idle.is_none()
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Removable(Expiry { scrapes, idle }) = self else { return f.write_str("unlimited") };
        f.write_str("until removed")?;
        if let Some(scrapes) = scrapes {
            write!(f, " or idle for {scrapes} scrapes")?;
        }
        if let Some(idle) = idle {
            write!(f, " or idle for {idle:?}")?;
        }
        Ok(())
    }
}

/// Why a series was removed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Removal {
    Expired,
    Removed,
    Scope,
}

impl Removal {
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::Expired, "expired"), (Self::Removed, "removed"), (Self::Scope, "scope")];
}

/// Number of removed series of a family, by reason.
#[derive(Debug, Default)]
pub(crate) struct SeriesRemoved([AtomicU64; 3]);

impl SeriesRemoved {
    pub(crate) fn count(&self, why: Removal, series: usize) {
        // Relaxed: a total, ordered against nothing.
        self.0[why as usize].fetch_add(u64::try_from(series).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn get(&self, why: Removal) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.0[why as usize].load(Ordering::Relaxed)
    }
}
