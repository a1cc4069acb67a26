use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::level::Level;

/// What becomes of something for which a bounded queue has no room.
///
/// # Shape
/// As text: `drop_newest`, `drop_oldest`, or `block:` with a whole number of `us`, `ms` or `s`.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::Overflow;
///
/// assert_eq!("block:5ms".parse(), Ok(Overflow::Block(Duration::from_millis(5))));
/// assert_eq!(Overflow::Block(Duration::from_secs(2)).to_string(), "block:2s");
/// assert!("wait".parse::<Overflow>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// It is dropped itself. Costs the thread that made it nothing.
    #[default]
    DropNewest,
    /// What has waited longest is dropped until there is room. Where levels are known, only what is not graver is.
    DropOldest,
    /// The thread that made it waits for room, at most this long; then it is dropped.
    ///
    /// For a queue that made no headway during such a wait nobody waits again until it does.
    Block(Duration),
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DropNewest => f.write_str("drop_newest"),
            Self::DropOldest => f.write_str("drop_oldest"),
            Self::Block(time) if time.subsec_micros() % 1000 > 0 => write!(f, "block:{}us", time.as_micros()),
            Self::Block(time) if time.subsec_millis() > 0 => write!(f, "block:{}ms", time.as_millis()),
            Self::Block(time) => write!(f, "block:{}s", time.as_secs()),
        }
    }
}

impl FromStr for Overflow {
    type Err = InvalidOverflow;

    fn from_str(text: &str) -> Result<Self, InvalidOverflow> {
        let refused = || InvalidOverflow { text: text.into() };
        match text.split_once(':') {
            None if text.eq_ignore_ascii_case("drop_newest") => Ok(Self::DropNewest),
            None if text.eq_ignore_ascii_case("drop_oldest") => Ok(Self::DropOldest),
            Some((word, time)) if word.eq_ignore_ascii_case("block") => {
                duration(time).map(Self::Block).ok_or_else(refused)
            }
            _ => Err(refused()),
        }
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = digits.parse().ok()?;
    match unit {
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

/// What becomes of the lines of each level for which a queue has no room.
///
/// By default a line at ERROR or FATAL waits for up to 5 ms, and others are dropped.
///
/// # Shape
/// As text: an [`Overflow`] for every level, and `level=overflow` for one, comma-separated; the later counts. Levels that are
/// not named keep the default.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::{Level, Overflow, OverflowPolicy};
///
/// let policy: OverflowPolicy = "drop_oldest,error=block:50ms".parse()?;
/// assert_eq!(policy.of(Level::Fatal), Overflow::DropOldest);
/// assert_eq!(policy, OverflowPolicy::all(Overflow::DropOldest).level(Level::Error, Overflow::Block(Duration::from_millis(50))));
/// assert_eq!(OverflowPolicy::default().of(Level::Fatal), Overflow::Block(Duration::from_millis(5)));
/// # Ok::<(), radiosonde_core::InvalidOverflow>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverflowPolicy {
    by_level: [Overflow; 6],
}

impl Default for OverflowPolicy {
    fn default() -> Self {
        let block = Overflow::Block(Duration::from_millis(5));
        Self::all(Overflow::DropNewest).level(Level::Error, block).level(Level::Fatal, block)
    }
}

impl OverflowPolicy {
    /// The same for every level.
    #[must_use]
    pub const fn all(overflow: Overflow) -> Self {
        Self { by_level: [overflow; 6] }
    }

    /// The same policy but for one level.
    #[must_use]
    pub const fn level(mut self, level: Level, overflow: Overflow) -> Self {
        self.by_level[level as usize] = overflow;
        self
    }

    /// What becomes of a line of this level.
    #[must_use]
    pub const fn of(&self, level: Level) -> Overflow {
        self.by_level[level as usize]
    }
}

impl FromStr for OverflowPolicy {
    type Err = InvalidOverflow;

    fn from_str(text: &str) -> Result<Self, InvalidOverflow> {
        let mut policy = Self::default();
        for part in text.split(',').map(str::trim) {
            policy = match part.split_once('=') {
                None => Self::all(part.parse()?),
                Some((level, overflow)) => {
                    let level = level.trim().parse().map_err(|_| InvalidOverflow { text: part.into() })?;
                    policy.level(level, overflow.trim().parse()?)
                }
            };
        }
        Ok(policy)
    }
}

/// A text that says not what becomes of what finds no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOverflow {
    text: Box<str>,
}

impl fmt::Display for InvalidOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no overflow policy; allowed are drop_newest, drop_oldest and block: with a number of us, ms or s, \
             each for one level by level= before it",
            self.text
        )
    }
}

impl std::error::Error for InvalidOverflow {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_again() {
        for text in ["drop_newest", "drop_oldest", "block:0s", "block:7us", "block:1500ms", "block:60s"] {
            assert_eq!(text.parse::<Overflow>().map(|overflow| overflow.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_policy_is_named() {
        for text in
            ["", "block", "block:", "block:5", "block:5h", "block:-1s", "drop", "loud=drop_newest", "error="]
        {
            let error = text.parse::<OverflowPolicy>().unwrap_err();
            assert!(error.to_string().contains("is no overflow policy"), "{text}");
        }
    }

    #[test]
    fn a_level_alone_leaves_the_others_as_they_are() {
        let policy: OverflowPolicy = "info=drop_oldest".parse().unwrap();
        assert_eq!(policy, OverflowPolicy::default().level(Level::Info, Overflow::DropOldest));
    }
}
