use std::fmt;

/// How many bytes of a message are searched.
const SEARCHED_BYTES: usize = 4096;

/// The topic of an error, guessed from its message.
///
/// The words `connection`, `database`, `timeout`, `memory` and `file` are tried in this order, and the first that the
/// message contains decides. Case is ignored, but the match must start at a word: `file` matches "FileNotFound" and "no
/// file", and not "profile". Only the first 4 KiB of a message are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorPattern {
    /// `connection`
    Connection,
    /// `database`
    Database,
    /// `timeout`
    Timeout,
    /// `memory`
    Memory,
    /// `file`
    File,
}

impl ErrorPattern {
    /// Every pattern, in the order they are tried.
    pub const ALL: [Self; 5] = [Self::Connection, Self::Database, Self::Timeout, Self::Memory, Self::File];

    /// The pattern's name: `connection_error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection_error",
            Self::Database => "database_error",
            Self::Timeout => "timeout_error",
            Self::Memory => "memory_error",
            Self::File => "file_error",
        }
    }

    const fn word(self) -> &'static [u8] {
        match self {
            Self::Connection => b"connection",
            Self::Database => b"database",
            Self::Timeout => b"timeout",
            Self::Memory => b"memory",
            Self::File => b"file",
        }
    }

    /// Finds the pattern of a message.
    ///
    /// ```
    /// use radiosonde_recent::ErrorPattern;
    ///
    /// assert_eq!(ErrorPattern::of("Database timeout"), Some(ErrorPattern::Database));
    /// assert_eq!(ErrorPattern::of("profile refused"), None);
    /// ```
    #[must_use]
    pub fn of(message: &str) -> Option<Self> {
        let bytes = message.as_bytes();
        let bytes = bytes.get(..SEARCHED_BYTES).unwrap_or(bytes);
        Self::ALL.into_iter().find(|pattern| has_word(bytes, pattern.word()))
    }
}

fn has_word(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).enumerate().any(|(at, window)| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let is_capital = window.first().is_some_and(u8::is_ascii_uppercase);
        // In "DBConnection" and "logFile" a word starts inside; in "PROFILE" and "profile" none does.
        let begins = || match before {
            Some(before) if before.is_ascii_alphabetic() => {
                is_capital
                    && (before.is_ascii_lowercase() || window.get(1).is_some_and(u8::is_ascii_lowercase))
            }
            _ => true,
        };
        window.eq_ignore_ascii_case(word) && begins()
    })
}

impl fmt::Display for ErrorPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of errors of each pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PatternCounts {
    // Indexed by the pattern's position in `ALL`.
    counts: [u64; 5],
}

impl PatternCounts {
    /// The number of errors of one pattern.
    #[must_use]
    pub const fn of(&self, pattern: ErrorPattern) -> u64 {
        self.counts[pattern as usize]
    }

    /// Patterns with errors, and their number.
    pub fn iter(&self) -> impl Iterator<Item = (ErrorPattern, u64)> {
        let counts = self.counts;
        ErrorPattern::ALL.into_iter().zip(counts).filter(|&(_, count)| count > 0)
    }

    pub(crate) const fn count(&mut self, pattern: ErrorPattern) {
        self.counts[pattern as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pattern_whose_word_begins_one_decides() {
        let cases = [
            ("Connection refused by database", Some(ErrorPattern::Connection)),
            ("lost CONNECTION", Some(ErrorPattern::Connection)),
            ("the database: timeout", Some(ErrorPattern::Database)),
            ("DatabaseError", Some(ErrorPattern::Database)),
            ("IOTimeout", Some(ErrorPattern::Timeout)),
            ("connect_timeout", Some(ErrorPattern::Timeout)),
            ("out of memory", Some(ErrorPattern::Memory)),
            ("FileNotFound", Some(ErrorPattern::File)),
            ("open logFile", Some(ErrorPattern::File)),
            ("3 files", Some(ErrorPattern::File)),
            ("PROFILE refused", None),
            ("bad profile", None),
            ("disconnection", None),
            ("", None),
        ];
        for (message, expected) in cases {
            assert_eq!(ErrorPattern::of(message), expected, "{message:?}");
        }
    }

    #[test]
    fn a_very_long_message_is_searched_at_its_beginning_only() {
        let far = format!("{}file", " ".repeat(SEARCHED_BYTES));
        assert_eq!(ErrorPattern::of(&far), None);
        assert_eq!(ErrorPattern::of(&far[4..]), Some(ErrorPattern::File));
    }
}
