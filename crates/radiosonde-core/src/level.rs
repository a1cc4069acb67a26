use std::fmt;
use std::str::FromStr;

/// The severity of a log line: the five levels of `tracing`, and one above.
///
/// Ordered by severity: `Level::Trace < Level::Fatal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    // Exhaustive on purpose: log stores know these six.
    /// Finer than debugging.
    Trace,
    /// Details for debugging the service.
    Debug,
    /// Normal operation.
    Info,
    /// A problem to look at during working hours.
    Warn,
    /// A unit of work failed.
    Error,
    /// The service cannot continue.
    Fatal,
}

/// The spelling of the two levels on which logging systems disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LevelNames {
    /// `WARN` and `FATAL`.
    #[default]
    WarnFatal,
    /// `WARNING` and `CRITICAL`.
    WarningCritical,
}

impl Level {
    /// Every level, from the least to the most severe.
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The level's name in upper case.
    ///
    /// ```
    /// use radiosonde_core::{Level, LevelNames};
    ///
    /// assert_eq!(Level::Fatal.name(LevelNames::WarnFatal), "FATAL");
    /// assert_eq!(Level::Fatal.name(LevelNames::WarningCritical), "CRITICAL");
    /// ```
    #[must_use]
    pub const fn name(self, names: LevelNames) -> &'static str {
        match (self, names) {
            (Self::Trace, _) => "TRACE",
            (Self::Debug, _) => "DEBUG",
            (Self::Info, _) => "INFO",
            (Self::Warn, LevelNames::WarnFatal) => "WARN",
            (Self::Warn, LevelNames::WarningCritical) => "WARNING",
            (Self::Error, _) => "ERROR",
            (Self::Fatal, LevelNames::WarnFatal) => "FATAL",
            (Self::Fatal, LevelNames::WarningCritical) => "CRITICAL",
        }
    }
}

impl FromStr for Level {
    type Err = InvalidLevel;

    /// Accepts the names of both spellings, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, InvalidLevel> {
        let both = [LevelNames::WarnFatal, LevelNames::WarningCritical];
        Self::ALL
            .into_iter()
            .find(|level| both.iter().any(|&names| level.name(names).eq_ignore_ascii_case(text)))
            .ok_or_else(|| InvalidLevel { text: text.into() })
    }
}

/// A text that is not the name of a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidLevel {
    text: Box<str>,
}

impl fmt::Display for InvalidLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid level {:?}: expected trace, debug, info, warn, warning, error, fatal or critical",
            self.text
        )
    }
}

impl std::error::Error for InvalidLevel {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        assert_eq!("warning".parse::<Level>(), Ok(Level::Warn));
        assert_eq!("WARN".parse::<Level>(), Ok(Level::Warn));
        assert_eq!("Critical".parse::<Level>(), Ok(Level::Fatal));
        assert!("warned".parse::<Level>().unwrap_err().to_string().contains("\"warned\""));
    }

    #[test]
    fn graver_is_greater() {
        assert!(Level::ALL.is_sorted());
        assert!(Level::Fatal > Level::Error);
    }
}
