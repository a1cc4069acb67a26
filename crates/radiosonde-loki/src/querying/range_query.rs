use std::cmp::Reverse;
use std::time::Duration;

use super::answer::read_found;
use super::log_query::in_range;
use super::{Answer, LogEntry, LogQuery, Pages, Pending, Series, TimeRange};

/// Which end of the time range comes first, and stays when there are more lines than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    // Closed on purpose: time has two.
    /// The oldest lines, oldest first.
    Forward,
    /// The newest lines, newest first.
    #[default]
    Backward,
}

/// A question about a time range; from [`LogQuery::query_range`]. Asking it starts with [`entries`](Self::entries),
/// [`series`](Self::series), [`send`](Self::send) or [`pages`](Self::pages).
#[must_use = "nothing is asked yet"]
#[derive(Debug, Clone)]
pub struct RangeQuery {
    loki: LogQuery,
    logql: Box<str>,
    pub(super) range: TimeRange,
    pub(super) limit: u32,
    pub(super) direction: Direction,
    step: Option<Duration>,
}

impl RangeQuery {
    pub(super) fn new(loki: &LogQuery, logql: &str, range: TimeRange) -> Self {
        let (loki, logql) = (loki.clone(), logql.into());
        Self { loki, logql, range, limit: 1000, direction: Direction::default(), step: None }
    }

    /// How many lines at most; 1000 unless set. Loki refuses 0 and, unless configured otherwise, more than 5000. Numbers over time
    /// are not limited by it.
    pub const fn limit(mut self, lines: u32) -> Self {
        self.limit = lines;
        self
    }

    /// Which end of the time range comes first; [`Direction::Backward`] unless set, which is Loki's default too.
    pub const fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// How far the points of a series are apart; unless set, Loki takes a 250th of the time range. Not for lines.
    pub const fn step(mut self, step: Duration) -> Self {
        self.step = Some(step);
        self
    }

    /// Asks for lines: those of all streams together, in the [direction](Self::direction)'s order.
    pub fn entries(&self) -> Pending<Vec<LogEntry>> {
        self.entries_of(self.range, self.limit)
    }

    pub(super) fn entries_of(&self, range: TimeRange, limit: u32) -> Pending<Vec<LogEntry>> {
        let direction = self.direction;
        self.ask(range, limit, move |answer| {
            let mut entries = answer.found.lines()?;
            // Stable: a stream's own order of equal times stays.
            match direction {
                Direction::Forward => entries.sort_by_key(LogEntry::unix_nanos),
                Direction::Backward => entries.sort_by_key(|entry| Reverse(entry.unix_nanos())),
            }
            Ok(entries)
        })
    }

    /// Asks for lines page by page, [`limit`](Self::limit) at a time, until there are no more.
    pub fn pages(&self) -> Pages {
        Pages::new(self.clone())
    }

    /// Asks for numbers over time.
    pub fn series(&self) -> Pending<Vec<Series>> {
        self.ask(self.range, self.limit, |answer| answer.found.series())
    }

    /// Asks for whatever the expression gives, with Loki's remarks. Lines come stream by stream.
    pub fn send(&self) -> Pending<Answer> {
        self.ask(self.range, self.limit, Ok)
    }

    fn ask<T>(
        &self,
        range: TimeRange,
        limit: u32,
        then: impl FnOnce(Answer) -> Result<T, super::QueryError> + Send + 'static,
    ) -> Pending<T> {
        let direction = match self.direction {
            Direction::Forward => "forward",
            Direction::Backward => "backward",
        };
        let parameters = in_range(range)
            .with("query", &self.logql)
            .with("limit", &limit.to_string())
            .with("direction", direction)
            .with_some("step", self.step.map(|step| step.as_secs_f64()));
        self.loki.ask("/loki/api/v1/query_range", &parameters, |response, limit_bytes| {
            then(read_found(response, limit_bytes)?)
        })
    }
}
