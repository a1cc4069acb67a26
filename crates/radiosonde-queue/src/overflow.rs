use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use radiosonde_core::parse_duration;

/// What happens to an item that does not fit into a bounded queue.
///
/// # Shape
/// As text: `drop_newest`, `drop_oldest`, or `block:` with a whole number of `us`, `ms` or `s`.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_queue::Overflow;
///
/// assert_eq!("block:5ms".parse(), Ok(Overflow::Block(Duration::from_millis(5))));
/// assert_eq!(Overflow::Block(Duration::from_secs(2)).to_string(), "block:2s");
/// assert!("wait".parse::<Overflow>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The item itself is dropped. Costs the producing thread nothing.
    #[default]
    DropNewest,
    /// The oldest queued items of its level or a lower one are dropped until it fits; none if that would not make enough room.
    DropOldest,
    /// The producing thread waits for room, at most this long; then the item is dropped.
    ///
    /// Once a thread has waited without success while the consumer made no progress, no other thread waits until it does.
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
        let invalid = || InvalidOverflow::new(text);
        match text.split_once(':') {
            None if text.eq_ignore_ascii_case("drop_newest") => Ok(Self::DropNewest),
            None if text.eq_ignore_ascii_case("drop_oldest") => Ok(Self::DropOldest),
            Some((word, time)) if word.eq_ignore_ascii_case("block") => {
                parse_duration(time).map(Self::Block).ok_or_else(invalid)
            }
            _ => Err(invalid()),
        }
    }
}

/// An overflow policy that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOverflow {
    text: Box<str>,
}

impl InvalidOverflow {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into() }
    }
}

impl fmt::Display for InvalidOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid overflow policy {:?}: expected drop_newest, drop_oldest or block:<duration in us, ms or s>, \
             with <level>= in front for one level, or audit=block:<duration>",
            self.text
        )
    }
}

impl std::error::Error for InvalidOverflow {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_policy_is_read_again() {
        for text in ["drop_newest", "drop_oldest", "block:0s", "block:7us", "block:1500ms", "block:60s"] {
            assert_eq!(text.parse::<Overflow>().map(|overflow| overflow.to_string()), Ok(text.to_owned()));
        }
    }
}
