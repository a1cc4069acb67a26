use crate::query::query_future::QueryFuture;
use crate::query::range_query::{Direction, RangeQuery};
use crate::query::time_range::TimeRange;
use crate::response::log_entry::LogEntry;
use crate::response::query_error::QueryError;

/// The lines of a time range page by page; from [`RangeQuery::pages`].
///
/// # Shape
/// Loki has no cursor, so the next page is asked for from the last page's last time on, that nanosecond included, and the lines
/// that have been given are left out: none is missed or given twice, however many share a nanosecond. Lines that arrive meanwhile
/// are found if they belong where the pages have not been yet.
///
/// Where as many lines as `limit` share a nanosecond, a page asks for `limit` more than have been given of it. Loki answers 400 if that is
/// above its `max_entries_limit_per_query`, 5000 by default: where so many may, a smaller `limit` leaves room.
///
/// ```
/// # use std::time::Duration;
/// # use radiosonde_loki::{LogQuery, TimeRange};
/// # use radiosonde_testkit::{HttpFake, Reaction};
/// # let answer = r#"{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1767225600000000000","a"]]}]}}"#;
/// # let server = HttpFake::start([Reaction::status(200).body(answer)]);
/// # let loki = LogQuery::builder(&server.url()).build()?;
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
    /// What has not been asked for yet, and the last time that has; none at the end.
    rest: Option<TimeRange>,
    /// The lines of the last time that have been given.
    given: Vec<LogEntry>,
}

impl RangeQuery {
    /// Asks for lines page by page, [`limit`](Self::limit) at a time, until there are no more.
    pub fn pages(&self) -> Pages {
        Pages { query: self.clone(), rest: Some(self.range), given: Vec::new() }
    }
}

impl Pages {
    /// The next lines; `None` when there are no more. After an error the same page can be asked for again.
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

    /// Asks for the next page, with the number of lines that it has if there are more.
    fn request(&self) -> Option<(u32, QueryFuture<Vec<LogEntry>>)> {
        let range = self.rest?;
        // More than have been given, or nothing new would have room.
        let given = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        let limit = self.query.limit;
        let asked = if given < limit { limit } else { given.saturating_add(limit.max(1)) };
        Some((asked, self.query.entries_of(range, asked)))
    }

    /// What is new in a page that was asked for.
    fn take(&mut self, asked: u32, page: Vec<LogEntry>) -> Vec<LogEntry> {
        let full = page.len() >= asked as usize;
        let last = page.last().map(LogEntry::unix_nanos);
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
        // A full page has something new, because more was asked for than had been given. One without is from a server that does
        // not heed what it is asked, and asking on would never end.
        self.rest = match last {
            Some(last) if full && !fresh.is_empty() => self.beyond(last),
            _ => None,
        };
        if let Some(last) = last {
            self.given.retain(|entry| entry.unix_nanos() == last);
            self.given.extend(fresh.iter().filter(|entry| entry.unix_nanos() == last).cloned());
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
