use std::str::FromStr;
use std::time::Duration;

use radiosonde_core::Level;

use crate::overflow::{InvalidOverflow, Overflow};
use crate::rank::Rank;

/// What happens to lines that do not fit into a queue, by level.
///
/// Default: a line at ERROR or FATAL waits for up to 5 ms, and others are dropped. An audit line, whatever its level, waits
/// for up to 5 s.
///
/// # Shape
/// As text: an [`Overflow`] for every level, `level=overflow` for one level, and `audit=block:<duration>`, separated by
/// commas. The last setting of a level wins; levels that are not named keep the default.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::Level;
/// use radiosonde_queue::{Overflow, OverflowPolicy, Rank};
///
/// let policy: OverflowPolicy = "drop_oldest,error=block:50ms,audit=block:1s".parse()?;
/// let error = Overflow::Block(Duration::from_millis(50));
/// let built = OverflowPolicy::all(Overflow::DropOldest).level(Level::Error, error).audit_wait(Duration::from_secs(1));
/// assert_eq!(policy, built);
/// assert_eq!(policy.of(Level::Fatal), Overflow::DropOldest);
/// assert_eq!(policy.of(Rank::reserved(Level::Info)), Overflow::Block(Duration::from_secs(1)));
/// assert_eq!(OverflowPolicy::default().of(Level::Fatal), Overflow::Block(Duration::from_millis(5)));
/// # Ok::<(), radiosonde_queue::InvalidOverflow>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct OverflowPolicy {
    by_level: [Overflow; 6],
    audit_wait: Duration,
}

impl Default for OverflowPolicy {
    fn default() -> Self {
        let block = Overflow::Block(Duration::from_millis(5));
        Self::all(Overflow::DropNewest).level(Level::Error, block).level(Level::Fatal, block)
    }
}

impl OverflowPolicy {
    /// The same overflow for every level.
    pub const fn all(overflow: Overflow) -> Self {
        Self { by_level: [overflow; 6], audit_wait: Duration::from_secs(5) }
    }

    /// Sets what happens to lines of one level.
    pub const fn level(mut self, level: Level, overflow: Overflow) -> Self {
        self.by_level[level as usize] = overflow;
        self
    }

    /// How long an audit line waits once the reserve is used up as well; default: 5 s. Then it is dropped.
    pub const fn audit_wait(mut self, longest: Duration) -> Self {
        self.audit_wait = longest;
        self
    }

    /// The overflow for a line of this level or rank.
    #[must_use]
    pub fn of(&self, rank: impl Into<Rank>) -> Overflow {
        let rank = rank.into();
        if rank.is_reserved() {
            Overflow::Block(self.audit_wait)
        } else {
            self.by_level[rank.level() as usize]
        }
    }
}

impl FromStr for OverflowPolicy {
    type Err = InvalidOverflow;

    fn from_str(text: &str) -> Result<Self, InvalidOverflow> {
        let mut policy = Self::default();
        for part in text.split(',').map(str::trim) {
            let Some((level, overflow)) = part.split_once('=') else {
                policy = Self { by_level: [part.parse()?; 6], ..policy };
                continue;
            };
            let overflow = overflow.trim().parse()?;
            policy = match (level.trim(), overflow) {
                (level, Overflow::Block(longest)) if level.eq_ignore_ascii_case("audit") => {
                    policy.audit_wait(longest)
                }
                (level, _) => policy.level(level.parse().map_err(|_| InvalidOverflow::new(part))?, overflow),
            };
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_policy_is_quoted() {
        for text in [
            "", "block", "block:", "block:5", "block:5h", "block:-1s", "drop", "loud=drop_newest", "error=",
            "audit=drop_newest",
        ] {
            let error = text.parse::<OverflowPolicy>().unwrap_err().to_string();
            let quoted = text.strip_prefix("error=").unwrap_or(text);
            assert!(error.starts_with(&format!("invalid overflow policy {quoted:?}: expected ")), "{error}");
        }
    }

    #[test]
    fn a_level_alone_leaves_the_others_as_they_are() {
        let policy: OverflowPolicy = "info=drop_oldest".parse().unwrap();
        assert_eq!(policy, OverflowPolicy::default().level(Level::Info, Overflow::DropOldest));
        let policy: OverflowPolicy = "audit=block:7ms,drop_newest".parse().unwrap();
        assert_eq!(policy, OverflowPolicy::all(Overflow::DropNewest).audit_wait(Duration::from_millis(7)));
    }
}
