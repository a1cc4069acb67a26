use std::cmp::Reverse;
use std::time::Duration;

use crate::query::client::{LokiClient, in_range};
use crate::query::query_future::QueryFuture;
use crate::query::time_range::TimeRange;
use crate::response::log_entry::LogEntry;
use crate::response::query_error::QueryError;
use crate::response::query_response::{QueryResponse, read_data};
use crate::response::sample::Series;

/// The order of lines, which also selects the lines kept by the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    // Exhaustive: there are only two directions.
    /// The oldest lines, oldest first.
    Forward,
    /// The newest lines, newest first.
    #[default]
    Backward,
}

/// A query over a time range; from [`LogQuery::query_range`](crate::LogQuery::query_range). It is sent by [`entries`](Self::entries),
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

    /// The most lines. Default: 1000. Loki refuses 0 and, unless configured otherwise, more than 5000. It does not apply to
    /// numbers over time.
    pub const fn limit(mut self, lines: u32) -> Self {
        self.limit = lines;
        self
    }

    /// The order of lines. Default: [`Direction::Backward`], as in Loki.
    pub const fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// The interval between the points of a series. Default: a 250th of the time range. Not for lines.
    pub const fn step(mut self, step: Duration) -> Self {
        self.step = Some(step);
        self
    }

    /// Sends the query for lines of all streams, ordered by the [direction](Self::direction).
    pub fn entries(&self) -> QueryFuture<Vec<LogEntry>> {
        self.entries_of(self.range, self.limit)
    }

    pub(super) fn entries_of(&self, range: TimeRange, limit: u32) -> QueryFuture<Vec<LogEntry>> {
        let direction = self.direction;
        self.send_for(range, limit, move |response| {
            let mut entries = response.data.lines()?;
            // Stable, so that lines of a stream with equal times keep their order.
            match direction {
                Direction::Forward => entries.sort_by_key(|entry| entry.unix_nanos),
                Direction::Backward => entries.sort_by_key(|entry| Reverse(entry.unix_nanos)),
            }
            Ok(entries)
        })
    }

    /// Sends the query for numbers over time.
    pub fn series(&self) -> QueryFuture<Vec<Series>> {
        self.send_for(self.range, self.limit, |response| response.data.series())
    }

    /// Sends the query for a result of any kind, with Loki's warnings. Lines are grouped by stream.
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
