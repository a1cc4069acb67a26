use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use crate::error_pattern::PatternCounts;

/// Messages are compared by this many characters.
const KEY_CHARACTERS: usize = 100;

/// Summarises the errors of a time window: lines of level ERROR and FATAL.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ErrorSummary {
    /// The length of the window, back from now.
    pub window: Duration,
    /// The number of errors.
    pub total: u64,
    /// Errors per hour of the window.
    pub per_hour: f64,
    /// By service, the one with the most errors first.
    pub services: Vec<ServiceErrors>,
    /// By pattern.
    pub patterns: PatternCounts,
    /// The ten most frequent messages.
    pub top_messages: Vec<TopMessage>,
    /// `false` if the window had more errors than are kept, so that the oldest are missing.
    pub is_complete: bool,
}

/// The errors of one service.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServiceErrors {
    /// The service's name.
    pub service: String,
    /// The number of its errors.
    pub count: u64,
    /// Errors per hour of the window.
    pub per_hour: f64,
    /// Its five most frequent messages.
    pub top_messages: Vec<TopMessage>,
}

/// A message and how often it was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopMessage {
    /// The first 100 characters. Messages that differ only after them count as one.
    pub message: String,
    /// How often it was logged.
    pub count: u64,
}

/// The part of a message by which messages are compared.
pub(crate) fn key(message: &str) -> &str {
    message.char_indices().nth(KEY_CHARACTERS).map_or(message, |(end, _)| &message[..end])
}

/// Counts messages, which are added newest first.
#[derive(Debug, Default)]
pub(crate) struct MessageCounts {
    /// How often a message was added, and the position of its first occurrence.
    counts: HashMap<String, (u64, usize)>,
    total: u64,
}

impl MessageCounts {
    pub(crate) fn count(&mut self, message: &str) {
        self.total += 1;
        let next = self.counts.len();
        match self.counts.get_mut(message) {
            Some((count, _)) => *count += 1,
            None => {
                self.counts.insert(message.to_owned(), (1, next));
            }
        }
    }

    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// The most frequent messages; among equals, the newest first.
    pub(crate) fn top(self, most: usize) -> Vec<TopMessage> {
        let mut all: Vec<_> = self.counts.into_iter().collect();
        all.sort_unstable_by_key(|&(_, (count, age))| (std::cmp::Reverse(count), age));
        all.truncate(most);
        all.into_iter().map(|(message, (count, _))| TopMessage { message, count }).collect()
    }
}

/// `0` for a window of zero length.
#[allow(clippy::cast_precision_loss, reason = "a rate; 2^53 errors are out of reach")]
pub(crate) fn per_hour(count: u64, window: Duration) -> f64 {
    let hours = window.as_secs_f64() / 3600.0;
    if hours > 0.0 { count as f64 / hours } else { 0.0 }
}

impl fmt::Display for ErrorSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = if self.is_complete { "" } else { "at least " };
        let Self { window, total, per_hour, .. } = self;
        write!(f, "{least}{total} errors in {window:?}, {per_hour:.1} per hour")?;
        for service in &self.services {
            write!(f, "\n{}: {} errors, {:.1} per hour", service.service, service.count, service.per_hour)?;
            for top in &service.top_messages {
                write!(f, "\n  {} times {:?}", top.count, top.message)?;
            }
        }
        for (at, (pattern, count)) in self.patterns.iter().enumerate() {
            let start = if at == 0 { "\npatterns: " } else { ", " };
            write!(f, "{start}{pattern} {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_between_characters() {
        assert_eq!(key("short"), "short");
        let long = "ä".repeat(101);
        assert_eq!(key(&long), "ä".repeat(100));
        assert_eq!(key(&long[2..]), &long[2..]);
    }

    #[test]
    fn of_equally_frequent_messages_the_newer_is_first() {
        let mut counts = MessageCounts::default();
        for message in ["new", "often", "older", "often", "oldest"] {
            counts.count(message);
        }
        assert_eq!(counts.total(), 5);
        let top: Vec<_> = counts.top(3).into_iter().map(|top| (top.message, top.count)).collect();
        assert_eq!(top, [("often".into(), 2), ("new".into(), 1), ("older".into(), 1)]);
    }

    #[test]
    fn no_window_has_no_rate() {
        assert!(per_hour(5, Duration::ZERO).abs() < f64::EPSILON);
        assert!((per_hour(5, Duration::from_secs(1800)) - 10.0).abs() < f64::EPSILON);
    }
}
