use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use radiosonde_core::{SharedClock, diagnostics, survive};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::batching::batch::Batch;
use crate::batching::buffer::{AnyBuffer, Buffer};
use crate::protocol::{EncodeError, Protocol};
use crate::response::disposition::Disposition;
use crate::transport::endpoint::Endpoint;
use crate::transport::header;
use crate::transport::http_transport::{HttpTransport, SendError};

/// The longest wait between attempts after shutdown has begun, so that another attempt fits before the deadline.
const SHUTDOWN_WAIT: Duration = Duration::from_millis(250);

/// The most of a response's text that a diagnostic repeats.
const EXCERPT_CHARS: usize = 300;

/// The reasons for items dropped because the backend is slower than the application.
const NO_ROOM: [&str; 3] = ["queue_full", "timeout", "evicted"];

/// Exchanges batches of one sink for responses. Several batches may be in flight at the same time.
pub(super) struct Exchange<P: Protocol> {
    buffer: Arc<Buffer<P::Item>>,
    /// Locked while it encodes or classifies, on this thread only, and never across a wait.
    protocol: Mutex<P>,
    endpoint: Endpoint,
    transport: HttpTransport,
    clock: SharedClock,
    stopping: watch::Receiver<bool>,
    /// No request begins before: the server of another batch has asked to wait.
    not_before: Mutex<Option<Instant>>,
    /// Items already reported, by each reason of [`NO_ROOM`].
    refusals_reported: Mutex<[u64; NO_ROOM.len()]>,
}

/// How the sending of a batch ended.
enum BatchOutcome {
    Delivered { rejected: u64, reason: &'static str },
    Split,
    EncodeAgain,
    Dropped { reason: &'static str, why: String },
}

impl<P: Protocol> Exchange<P> {
    pub(super) fn new(
        buffer: Arc<Buffer<P::Item>>,
        protocol: P,
        transport: HttpTransport,
        clock: SharedClock,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let endpoint = protocol.endpoint().clone();
        let protocol = Mutex::new(protocol);
        let (not_before, refusals_reported) = Default::default();
        Self { buffer, protocol, endpoint, transport, clock, stopping, not_before, refusals_reported }
    }

    /// Sends a batch, or its halves, until all of its items are settled.
    pub(super) async fn deliver(&self, batch: Batch<P::Item>) {
        let deadline = self.buffer.options().export_timeout.map(|timeout| Instant::now() + timeout);
        // A stack instead of recursion: halves of halves stay in order, and the depth is bounded by memory only.
        let mut parts = vec![batch];
        let mut encoded_again = false;
        while let Some(part) = parts.pop() {
            let outcome = match self.encode(&part.items) {
                Ok(request) => self.send_by(deadline, request, part.items.len()).await,
                Err(outcome) => outcome,
            };
            self.report_refusals();
            match outcome {
                BatchOutcome::Split => match self.buffer.split(part) {
                    (first, Some(second)) => parts.extend([second, first]),
                    (single, None) => {
                        let why = "a single item is larger than the backend accepts";
                        self.drop_batch(single, "too_large", why);
                    }
                },
                BatchOutcome::EncodeAgain if !encoded_again => {
                    encoded_again = true;
                    parts.push(part);
                }
                BatchOutcome::EncodeAgain => {
                    self.drop_batch(part, "refused", "the backend refuses every form of the batch");
                }
                BatchOutcome::Delivered { rejected, reason } => self.deliver_batch(part, rejected, reason),
                BatchOutcome::Dropped { reason, why } => self.drop_batch(part, reason, &why),
            }
        }
    }

    fn deliver_batch(&self, batch: Batch<P::Item>, rejected: u64, reason: &'static str) {
        // A backend that rejects every item of a request has accepted nothing.
        if rejected < batch.items.len() as u64 {
            self.buffer.metrics().last_success.set(seconds_since_1970(self.clock.now()));
        }
        self.buffer.settle(batch, rejected, reason);
    }

    fn drop_batch(&self, batch: Batch<P::Item>, reason: &'static str, why: &str) {
        self.report_dropped(reason, batch.items.len() as u64, format_args!("{why}"));
        let all = batch.items.len() as u64;
        self.buffer.settle(batch, all, reason);
    }

    /// Sends one batch of `items`, with retries, until the deadline.
    async fn send_by(
        &self,
        deadline: Option<Instant>,
        request: Request<Bytes>,
        items: usize,
    ) -> BatchOutcome {
        let Some(deadline) = deadline else { return self.send(request, items).await };
        timeout_at(deadline, self.send(request, items)).await.unwrap_or_else(|_| {
            let why = format!("{}: not accepted within the export timeout", self.endpoint);
            BatchOutcome::Dropped { reason: "export_timeout", why }
        })
    }

    /// Sends one batch of `items`, with retries.
    async fn send(&self, request: Request<Bytes>, items: usize) -> BatchOutcome {
        let first = self.clock.monotonic();
        let mut failures = 0;
        loop {
            self.wait_for_server().await;
            self.buffer.metrics().requests.inc();
            if failures > 0 {
                self.buffer.metrics().retries.inc();
            }
            let response = self.transport.send(request.clone()).await;
            let after = match self.classify(&response, items) {
                Ok(after) => after,
                Err(outcome) => return outcome,
            };
            failures += 1;
            let retry = self.buffer.options().retry;
            let age = self.clock.monotonic().saturating_sub(first);
            if retry.is_over(failures, age) {
                let why =
                    format!("given up after {failures} attempts in {age:?}: {}", self.describe(&response));
                return BatchOutcome::Dropped { reason: "retries_exhausted", why };
            }
            let reason = "retrying";
            diagnostics::report(
                self.buffer.name(),
                reason,
                format_args!("attempt {failures} failed and is repeated: {}", self.describe(&response)),
            );
            self.report_refusals();
            let wait = retry.wait(failures, after, fastrand::f64());
            if after.is_some() {
                // The other batches wait as well.
                let mut not_before = lock(&self.not_before);
                *not_before = (*not_before).max(Some(Instant::now() + wait));
            } else {
                self.pause(wait).await;
            }
        }
    }

    fn encode(&self, items: &[P::Item]) -> Result<Request<Bytes>, BatchOutcome> {
        // After a panic the protocol is used again, as its contract states.
        match survive(|| lock(&self.protocol).encode(items)) {
            Some(Ok(request)) => match header::check(request.headers()) {
                Ok(()) => Ok(request),
                Err(refused) => Err(BatchOutcome::Dropped { reason: "encode", why: refused.to_string() }),
            },
            Some(Err(error)) => Err(BatchOutcome::Dropped { reason: "encode", why: with_cause(&error) }),
            None => Err(panicked("encoding")),
        }
    }

    /// `Ok` with the server's wait if the request should be retried.
    fn classify(
        &self,
        result: &Result<Response<Bytes>, SendError>,
        items: usize,
    ) -> Result<Option<Duration>, BatchOutcome> {
        let Ok(response) = result else { return Ok(None) };
        let disposition = survive(|| lock(&self.protocol).classify(response, items));
        match disposition.ok_or_else(|| panicked("classifying the response"))? {
            Disposition::Retry { after } => Ok(after),
            Disposition::Split => Err(BatchOutcome::Split),
            Disposition::EncodeAgain => Err(BatchOutcome::EncodeAgain),
            Disposition::Delivered { rejected, reason } => {
                let rejected = rejected.min(items as u64);
                if rejected > 0 {
                    self.report_dropped(reason, rejected, format_args!("{}", self.describe(result)));
                }
                Err(BatchOutcome::Delivered { rejected, reason })
            }
            Disposition::Drop { reason, hint } => {
                let mut why = self.describe(result);
                if !hint.is_empty() {
                    why = format!("{why}; {hint}");
                }
                Err(BatchOutcome::Dropped { reason, why })
            }
        }
    }

    /// Waits before the next attempt. Shutdown shortens our own wait, but not one that the server requested.
    async fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut stopping = self.stopping.clone();
        if *stopping.borrow() {
            return sleep(wait.min(SHUTDOWN_WAIT)).await;
        }
        // Either way the next attempt follows.
        let _ = timeout_at(until, stopping.wait_for(|stopping| *stopping)).await;
    }

    /// Waits for as long as the server has requested.
    async fn wait_for_server(&self) {
        loop {
            let until = *lock(&self.not_before);
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// Reports refused items from this thread, because reporting takes a lock that must not block the application.
    pub(super) fn report_refusals(&self) {
        for (at, reason) in NO_ROOM.into_iter().enumerate() {
            let refused = self.buffer.dropped_for(reason);
            let reported = std::mem::replace(&mut lock(&self.refusals_reported)[at], refused);
            if refused > reported {
                self.report_dropped(
                    reason,
                    refused - reported,
                    format_args!("the backend is slower than the application"),
                );
            }
        }
    }

    fn report_dropped(&self, reason: &'static str, items: u64, why: fmt::Arguments<'_>) {
        diagnostics::report(self.buffer.name(), reason, format_args!("dropped {items}: {why}"));
    }

    /// The response for a diagnostic: without our headers, and with the server's text stripped of control characters.
    fn describe(&self, result: &Result<Response<Bytes>, SendError>) -> String {
        let endpoint = &self.endpoint;
        match result {
            Err(error) => format!("{endpoint}: {error}"),
            Ok(response) => {
                let text = survive(|| lock(&self.protocol).error_text(response)).unwrap_or_default();
                let excerpt: String = text.trim().chars().take(EXCERPT_CHARS).map(printable).collect();
                let between = if excerpt.is_empty() { "" } else { ": " };
                format!("{endpoint} answered {}{between}{excerpt}", response.status())
            }
        }
    }
}

/// The protocol is used again after a panic, which poisons its lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server's text must not move the cursor of a terminal or forge a line.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

fn panicked(during: &str) -> BatchOutcome {
    BatchOutcome::Dropped { reason: "panic", why: format!("the protocol panicked while {during}") }
}

fn with_cause(error: &EncodeError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn seconds_since_1970(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
