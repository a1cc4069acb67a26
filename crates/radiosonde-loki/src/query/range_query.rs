use std::cmp::Reverse;
use std::time::Duration;

use crate::query::client::{LokiClient, in_range};
use crate::query::query_future::QueryFuture;
use crate::query::time_range::TimeRange;
use crate::response::log_entry::LogEntry;
use crate::response::query_error::QueryError;
use crate::response::query_response::{QueryResponse, read_data};
use crate::response::sample::Series;

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

/// A question about a time range; from [`LogQuery::query_range`](crate::LogQuery::query_range). It is sent by [`entries`](Self::entries),
/// [`series`](Self::series), [`send`](Self::send) or [`pages`](Self::pages).
#[must_use = "no query is sent yet"]
#[derive(Debug, Clone)]
pub struct RangeQuery {
    client: LokiClient,
    logql: Box<str>,
    pub(super) range: TimeRange,
    pub(super) limit: u32,
    pub(super) direction: Direction,
    step: Option<Duration>,
}

impl RangeQuery {
    pub(super) fn new(client: &LokiClient, logql: &str, range: TimeRange) -> Self {
        let (client, logql) = (client.clone(), logql.into());
        Self { client, logql, range, limit: 1000, direction: Direction::default(), step: None }
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
    pub fn entries(&self) -> QueryFuture<Vec<LogEntry>> {
        self.entries_of(self.range, self.limit)
    }

    pub(super) fn entries_of(&self, range: TimeRange, limit: u32) -> QueryFuture<Vec<LogEntry>> {
        let direction = self.direction;
        self.send_for(range, limit, move |response| {
            let mut entries = response.data.lines()?;
            // Stable: a stream's own order of equal times stays.
            match direction {
                Direction::Forward => entries.sort_by_key(LogEntry::unix_nanos),
                Direction::Backward => entries.sort_by_key(|entry| Reverse(entry.unix_nanos())),
            }
            Ok(entries)
        })
    }

    /// Asks for numbers over time.
    pub fn series(&self) -> QueryFuture<Vec<Series>> {
        self.send_for(self.range, self.limit, |response| response.data.series())
    }

    /// Asks for whatever the expression gives, with Loki's remarks. Lines come stream by stream.
    pub fn send(&self) -> QueryFuture<QueryResponse> {
        self.send_for(self.range, self.limit, Ok)
    }

    fn send_for<T>(
        &self,
        range: TimeRange,
        limit: u32,
        then: impl FnOnce(QueryResponse) -> Result<T, QueryError> + Send + 'static,
    ) -> QueryFuture<T> {
        let direction = match self.direction {
            Direction::Forward => "forward",
            Direction::Backward => "backward",
        };
        let parameters = in_range(range)
            .with("query", &self.logql)
            .with("limit", &limit.to_string())
            .with("direction", direction)
            .with_some("step", self.step.map(|step| step.as_secs_f64()));
        self.client.query("/loki/api/v1/query_range", &parameters, |response, limit_bytes| {
            then(read_data(response, limit_bytes)?)
        })
    }
}
