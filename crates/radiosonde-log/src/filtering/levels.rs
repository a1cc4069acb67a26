use std::time::Duration;

use tracing_core::{Level, LevelFilter};

use crate::filtering::filter::LogFilter;

/// The filter in force, as read by the filter: immutable, replaced as a whole.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) filter: LogFilter,
    /// The most verbose level of the open overrides; `OFF` without any.
    pub(crate) ceiling: LevelFilter,
}

/// The permanent and the temporary filter, and the levels of open overrides. Independent of clock and thread.
#[derive(Debug)]
pub(crate) struct Levels {
    default: LogFilter,
    /// The last permanent filter, or the default.
    lasting: LogFilter,
    passing: Option<Passing>,
    overrides: [Overrides; 5],
    hold: Duration,
}

/// A temporary filter.
#[derive(Debug)]
struct Passing {
    filter: LogFilter,
    until: Duration,
}

/// The level overrides of one level.
#[derive(Debug, Clone, Copy, Default)]
struct Overrides {
    open: u64,
    /// When the level stops being enabled after the last of them.
    until: Option<Duration>,
}

/// A change from one filter to another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) from: LogFilter,
    pub(crate) to: LogFilter,
}

const LEVELS: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

impl Levels {
    pub(crate) fn new(default: LogFilter, hold: Duration) -> Self {
        Self { lasting: default.clone(), default, passing: None, overrides: [Overrides::default(); 5], hold }
    }

    pub(crate) fn default_filter(&self) -> &LogFilter {
        &self.default
    }

    pub(crate) fn current(&self) -> &LogFilter {
        self.passing.as_ref().map_or(&self.lasting, |passing| &passing.filter)
    }

    /// When the current filter expires.
    pub(crate) fn ends(&self) -> Option<Duration> {
        self.passing.as_ref().map(|passing| passing.until)
    }

    pub(crate) fn active(&self) -> Active {
        Active { filter: self.current().clone(), ceiling: self.ceiling() }
    }

    /// Sets a filter. A permanent one also replaces the filter to which a temporary one would have reverted.
    pub(crate) fn set(&mut self, filter: LogFilter, until: Option<Duration>) -> Change {
        let from = self.current().clone();
        match until {
            Some(until) => self.passing = Some(Passing { filter, until }),
            None => {
                self.passing = None;
                self.lasting = filter;
            }
        }
        Change { from, to: self.current().clone() }
    }

    pub(crate) fn reset(&mut self) -> Change {
        self.set(self.default.clone(), None)
    }

    /// Reverts to the permanent filter if the temporary one has expired.
    pub(crate) fn revert(&mut self, now: Duration) -> Option<Change> {
        let passing = self.passing.take_if(|passing| passing.until <= now)?;
        Some(Change { from: passing.filter, to: self.lasting.clone() })
    }

    fn ceiling(&self) -> LevelFilter {
        let wanted = |overrides: &Overrides| overrides.open > 0 || overrides.until.is_some();
        let at = self.overrides.iter().rposition(wanted);
        at.map_or(LevelFilter::OFF, |at| LevelFilter::from_level(LEVELS[at]))
    }

    fn overrides(&mut self, level: Level) -> &mut Overrides {
        let at = LEVELS.iter().position(|other| *other == level);
        &mut self.overrides[at.unwrap_or(0)]
    }

    /// Opens an override; true if it raises the ceiling.
    pub(crate) fn open(&mut self, level: Level) -> bool {
        let before = self.ceiling();
        let overrides = self.overrides(level);
        overrides.open += 1;
        overrides.until = None;
        before < self.ceiling()
    }

    /// Closes an override.
    pub(crate) fn close(&mut self, level: Level, now: Duration) {
        let until = now.saturating_add(self.hold);
        let overrides = self.overrides(level);
        overrides.open = overrides.open.saturating_sub(1);
        if overrides.open == 0 {
            overrides.until = Some(until);
        }
    }

    /// Drops levels that were not used recently; true if that lowers the ceiling.
    pub(crate) fn lower(&mut self, now: Duration) -> bool {
        let before = self.ceiling();
        for overrides in &mut self.overrides {
            overrides.until.take_if(|until| *until <= now);
        }
        self.ceiling() < before
    }

    /// When the next change is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.overrides.iter().filter_map(|overrides| overrides.until).chain(self.ends()).min()
    }

    /// Whether nothing changes by time alone, now or after an override closes.
    pub(crate) fn is_settled(&self) -> bool {
        self.ends().is_none() && self.ceiling() == LevelFilter::OFF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn filter(text: &str) -> LogFilter {
        text.parse().unwrap()
    }

    #[test]
    fn a_passing_filter_falls_back_to_what_was_last_set_to_stay() {
        let mut levels = Levels::new(filter("info"), at(5));
        levels.set(filter("warn"), None);
        levels.set(filter("debug"), Some(at(10)));
        levels.set(filter("trace"), Some(at(20)));
        assert_eq!((levels.current(), levels.next()), (&filter("trace"), Some(at(20))));
        assert_eq!(levels.revert(at(19)), None);
        assert_eq!(levels.revert(at(20)), Some(Change { from: filter("trace"), to: filter("warn") }));
        assert_eq!((levels.current(), levels.next(), levels.is_settled()), (&filter("warn"), None, true));
        assert_eq!(levels.revert(at(21)), None);
    }

    #[test]
    fn a_lasting_filter_and_a_reset_end_a_passing_one() {
        let mut levels = Levels::new(filter("info"), at(5));
        levels.set(filter("debug"), Some(at(10)));
        levels.set(filter("warn"), None);
        assert_eq!(levels.revert(at(10)), None);
        levels.set(filter("debug"), Some(at(30)));
        assert_eq!(levels.reset(), Change { from: filter("debug"), to: filter("info") });
        assert_eq!(levels.revert(at(30)), None);
    }

    #[test]
    fn the_ceiling_rises_at_once_and_sinks_a_while_after_the_last_span() {
        let mut levels = Levels::new(filter("info"), at(5));
        assert!(levels.open(Level::DEBUG));
        assert!(!levels.open(Level::DEBUG), "already raised");
        assert!(!levels.open(Level::WARN));
        assert_eq!((levels.active().ceiling, levels.next()), (LevelFilter::DEBUG, None));
        levels.close(Level::DEBUG, at(1));
        assert_eq!(levels.next(), None, "one override is still open");
        levels.close(Level::DEBUG, at(2));
        assert_eq!(levels.next(), Some(at(7)));
        assert!(!levels.lower(at(6)));
        assert!(!levels.open(Level::DEBUG), "held: nothing changes");
        levels.close(Level::DEBUG, at(7));
        assert!(!levels.lower(at(11)));
        assert!(levels.lower(at(12)));
        assert_eq!(levels.active().ceiling, LevelFilter::WARN);
        levels.close(Level::WARN, at(20));
        assert!(!levels.is_settled());
        assert!(levels.lower(at(25)));
        assert!(levels.is_settled());
    }
}
