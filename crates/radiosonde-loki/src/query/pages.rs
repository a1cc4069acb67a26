use crate::query::query_future::QueryFuture;
use crate::query::range_query::{Direction, RangeQuery};
use crate::query::time_range::TimeRange;
use crate::response::log_entry::LogEntry;
use crate::response::query_error::QueryError;

/// The lines of a time range, page by page; from [`RangeQuery::pages`].
///
/// # Shape
/// Loki has no cursor. Each page starts at the last time of the page before, including that nanosecond, and lines already
/// returned are skipped: none is missed or returned twice, however many share a nanosecond. New lines are returned if their
/// time is beyond the pages read so far.
///
/// If `limit` lines share a nanosecond, the next request has a limit that is larger by the lines already returned. Loki responds
/// with 400 if that exceeds its `max_entries_limit_per_query`, by default 5000; a smaller `limit` leaves room.
///
/// ```
/// # use std::time::Duration;
/// # use radiosonde_loki::{LogQuery, TimeRange};
/// # use radiosonde_testkit::{HttpFake, Reaction};
/// # let answer = r#"{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1767225600000000000","a"]]}]}}"#;
/// # let server = HttpFake::start([Reaction::status(200).body(answer)]);
/// # let loki = LogQuery::builder(server.url()).build()?;
/// let day = TimeRange::last(Duration::from_secs(24 * 3600));
/// let mut pages = loki.query_range(r#"{env="prod"}"#, day).limit(5000).pages();
/// let mut lines = 0;
/// while let Some(page) = pages.next_blocking()? { // or `pages.next().await?`
///     lines += page.len();
/// }
/// assert_eq!(lines, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pages {
    query: RangeQuery,
    /// The range still to query, including the last time queried; `None` at the end.
    rest: Option<TimeRange>,
    /// The lines of the last time that were returned.
    given: Vec<LogEntry>,
}

impl RangeQuery {
    /// The lines page by page, [`limit`](Self::limit) at a time.
    pub fn pages(&self) -> Pages {
        Pages { query: self.clone(), rest: Some(self.range), given: Vec::new() }
    }
}

impl Pages {
    /// The next page; `None` at the end. After an error the same page can be requested again.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn next(&mut self) -> Result<Option<Vec<LogEntry>>, QueryError> {
        while let Some((asked, response)) = self.request() {
            let page = self.take(asked, response.await?);
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// [`next`](Self::next) for callers that cannot await.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn next_blocking(&mut self) -> Result<Option<Vec<LogEntry>>, QueryError> {
        while let Some((asked, response)) = self.request() {
            let page = self.take(asked, response.wait()?);
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Sends the query for the next page; also returns its limit.
    fn request(&self) -> Option<(u32, QueryFuture<Vec<LogEntry>>)> {
        let range = self.rest?;
        // Larger than the number of lines already returned, so that there is room for new ones.
        let given = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        let limit = self.query.limit;
        let asked = if given < limit { limit } else { given.saturating_add(limit.max(1)) };
        Some((asked, self.query.entries_of(range, asked)))
    }

    /// The lines of a page that are new.
    fn take(&mut self, asked: u32, page: Vec<LogEntry>) -> Vec<LogEntry> {
        let full = page.len() >= asked as usize;
        let last = page.last().map(|entry| entry.unix_nanos);
        let mut known = self.given.clone();
        let fresh: Vec<_> = page
            .into_iter()
            .filter(|entry| match known.iter().position(|known| known == entry) {
                Some(at) => {
                    known.swap_remove(at);
                    false
                }
                None => true,
            })
            .collect();
        // A full page has new lines, because its limit exceeds the number of known ones. Otherwise the server ignores the
        // range, and further queries would never end.
        self.rest = match last {
            Some(last) if full && !fresh.is_empty() => self.beyond(last),
            _ => None,
        };
        if let Some(last) = last {
            self.given.retain(|entry| entry.unix_nanos == last);
            self.given.extend(fresh.iter().filter(|entry| entry.unix_nanos == last).cloned());
        }
        fresh
    }

    fn beyond(&self, last: i64) -> Option<TimeRange> {
        let rest = self.rest?;
        match self.query.direction {
            Direction::Forward => TimeRange::of_nanos(last, rest.end_unix_nanos()),
            Direction::Backward => TimeRange::of_nanos(rest.start_unix_nanos(), last.saturating_add(1)),
        }
    }
}
