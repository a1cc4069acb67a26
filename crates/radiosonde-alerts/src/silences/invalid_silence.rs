use std::error::Error;
use std::fmt;

/// A silence that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSilence {
    /// It has no matcher that asks for a value, so that it would silence everything.
    MatchesEverything,
    /// It has ended already, or its end is beyond the calendar.
    End,
    /// There are as many silences as the engine holds.
    TooMany(usize),
}

impl fmt::Display for InvalidSilence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MatchesEverything => f.write_str(
                "invalid silence: it matches every alert: expected a label that is equal to a value",
            ),
            Self::End => f.write_str("invalid silence: expected an end in the future"),
            Self::TooMany(most) => write!(f, "too many silences: expected at most {most}"),
        }
    }
}

impl Error for InvalidSilence {}
