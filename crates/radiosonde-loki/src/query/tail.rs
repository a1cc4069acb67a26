use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use radiosonde_delivery::{WebSocket, WebSocketError};
use serde::Deserialize;

use crate::response::labels::Labels;
use crate::response::log_entry::LogEntry;
use crate::response::query_error::{MalformedResponse, QueryError, one_line};
use crate::response::wire::{Nanos, Stream};

/// A stream of new lines, from [`TailQuery::open`](crate::TailQuery::open).
///
/// # Shape
/// [`next`](Self::next) returns each [`TailItem`]. `futures::stream::poll_fn(move |context| tail.poll_next(context))` is a
/// `Stream` of them. At most 16 messages are read ahead; dropping it closes the connection.
///
/// If the reader is slower than the lines, Loki drops lines. It reports some of them as [`TailItem::Dropped`], but not all: Loki
/// 3.7 dropped 900 of 3000 lines without a report when a tail was not read for half a minute. Use a tail for watching, and
/// [`pages`](crate::RangeQuery::pages) for complete results.
///
/// A tail ends with its connection: when Loki restarts, or after `querier.tail_max_duration`, by default an hour. Then open
/// another one [`since`](crate::TailQuery::since) the last line.
///
/// ```no_run
/// # async fn follow(loki: radiosonde_loki::LogQuery) -> Result<(), radiosonde_loki::QueryError> {
/// use radiosonde_loki::TailItem;
///
/// let mut tail = loki.tail(r#"{service_name="orders"} | json | level="ERROR""#).open().await?;
/// while let Some(tailed) = tail.next().await {
///     match tailed? {
///         TailItem::Entry(entry) => println!("{}", entry.line),
///         TailItem::Dropped(dropped) => eprintln!("dropped a line of {}", dropped.labels),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Tail {
    socket: WebSocket,
    ready: VecDeque<TailItem>,
}

/// An item of a [`Tail`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TailItem {
    /// A line.
    Entry(LogEntry),
    /// A line that Loki dropped because the reader was too slow.
    Dropped(DroppedEntry),
}

/// A line that Loki dropped from a tail. It is stored nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedEntry {
    /// The line's time, in nanoseconds since 1970.
    pub unix_nanos: i64,
    /// The labels of its stream.
    pub labels: Labels,
}

impl Tail {
    pub(super) const fn new(socket: WebSocket) -> Self {
        Self { socket, ready: VecDeque::new() }
    }

    /// The next item; `None` after a normal close by Loki, or after an error.
    ///
    /// Cancel safe: dropping the future loses no item.
    ///
    /// # Errors
    /// [`QueryError::Closed`] with Loki's message if it ended the tail, such as `only log selector is supported`;
    /// [`QueryError::Request`] if the connection broke.
    pub async fn next(&mut self) -> Option<Result<TailItem, QueryError>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// [`next`](Self::next), polled: for adapters to any stream type.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<TailItem, QueryError>>> {
        loop {
            if let Some(tailed) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(tailed)));
            }
            let message = match self.socket.poll_next(context) {
                Poll::Ready(Some(message)) => message,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            };
            if let Err(error) = self.take(message) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// [`next`](Self::next) for callers that cannot await; blocks this thread.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn next_blocking(&mut self) -> Option<Result<TailItem, QueryError>> {
        loop {
            if let Some(tailed) = self.ready.pop_front() {
                return Some(Ok(tailed));
            }
            let message = self.socket.next_blocking()?;
            if let Err(error) = self.take(message) {
                return Some(Err(error));
            }
        }
    }

    fn take(&mut self, message: Result<Bytes, WebSocketError>) -> Result<(), QueryError> {
        let message = message.map_err(|error| match error {
            WebSocketError::Closed { code, reason } => {
                QueryError::Closed { code, message: one_line(&reason) }
            }
            WebSocketError::Request(error) => QueryError::Request(error),
            // A kind of error that is newer than this crate.
            other => MalformedResponse::because(other),
        })?;
        let Message { streams, dropped_entries } =
            serde_json::from_slice(&message).map_err(MalformedResponse::because)?;
        let entries = streams.unwrap_or_default().into_iter().flat_map(Stream::into_entries);
        self.ready.extend(entries.map(TailItem::Entry));
        let dropped = dropped_entries.unwrap_or_default().into_iter().map(|Dropped { timestamp, labels }| {
            TailItem::Dropped(DroppedEntry { unix_nanos: timestamp.0, labels })
        });
        self.ready.extend(dropped);
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct Message {
    streams: Option<Vec<Stream>>,
    dropped_entries: Option<Vec<Dropped>>,
}

#[derive(Debug, Deserialize)]
struct Dropped {
    timestamp: Nanos,
    #[serde(default)]
    labels: Labels,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}
