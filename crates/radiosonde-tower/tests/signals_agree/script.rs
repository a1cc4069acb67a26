//! Services and callers that follow a script.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use proptest::prelude::*;
use radiosonde_core::Outcome;
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_testkit::ManualClock;
use tower::Service;
use tracing::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    Respond,
    Error,
    PanicInCall,
    PanicInPoll,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Pending,
    Data(u8),
    Trailers,
    Error,
    Panic,
}

#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) method: Method,
    /// Polls of the future before it is ready.
    pub(crate) pending: u8,
    pub(crate) head: Head,
    pub(crate) status: u16,
    /// The value of `content-length` minus the bytes of the body; `None` without the header.
    pub(crate) surplus: Option<i8>,
    pub(crate) body: Vec<Part>,
    /// Whether the body reports its end in advance.
    pub(crate) knows_end: bool,
    /// The number of polls of future and body after which the caller disconnects; `None` if it reads to the end.
    pub(crate) patience: Option<u8>,
    /// Whether the response is of server-sent events.
    pub(crate) is_stream: bool,
    /// The outcome that a limiter in the service hints at with its response.
    pub(crate) hint: Option<Outcome>,
    /// Whether the service spawns a task that holds the request's span.
    pub(crate) spawns: bool,
}

impl Script {
    pub(crate) fn content_length(&self) -> Option<u64> {
        let bytes: i64 =
            self.body.iter().map(|part| if let Part::Data(n) = part { i64::from(*n) } else { 0 }).sum();
        self.surplus.map(|surplus| u64::try_from(bytes + i64::from(surplus)).unwrap_or(0))
    }
}

pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let head = prop_oneof![
        8 => Just(Head::Respond),
        1 => Just(Head::Error),
        1 => Just(Head::PanicInCall),
        1 => Just(Head::PanicInPoll),
    ];
    let part = prop_oneof![
        3 => Just(Part::Pending),
        6 => (1..5_u8).prop_map(Part::Data),
        1 => Just(Part::Trailers),
        1 => Just(Part::Error),
        1 => Just(Part::Panic),
    ];
    let method = prop_oneof![4 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::POST)];
    let status = prop_oneof![4 => Just(200), 1 => Just(101), 1 => Just(204), 1 => Just(304), 1 => Just(404), 1 => Just(429), 1 => Just(500), 2 => Just(503)];
    let surplus = prop_oneof![3 => Just(None), 2 => Just(Some(0)), 1 => Just(Some(2)), 1 => Just(Some(-1))];
    let hint =
        prop_oneof![2 => Just(None), 1 => Just(Some(Outcome::TimedOut)), 1 => Just(Some(Outcome::Shed))];
    let patience = prop_oneof![2 => Just(None), 1 => (0..6_u8).prop_map(Some)];
    let body = prop::collection::vec(part, 0..5);
    (method, 0..3_u8, head, status, surplus, body, hint, patience, any::<[bool; 3]>()).prop_map(
        |(method, pending, head, status, surplus, body, hint, patience, [knows_end, spawns, is_stream])| {
            Script {
                method,
                pending,
                head,
                status,
                surplus,
                body,
                knows_end,
                patience,
                is_stream,
                hint,
                spawns,
            }
        },
    )
}

/// Takes a while and writes a line when it is dropped, as destructors of handlers and bodies do.
struct Loud(ManualClock);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.advance(Duration::from_millis(1));
        tracing::info!(target: "destructor", "dropped");
    }
}

#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) script: Script,
    pub(crate) clock: ManualClock,
    /// The span held by the service's task.
    pub(crate) task: Arc<Mutex<Option<Span>>>,
}

impl Service<Request<()>> for Scripted {
    type Response = Response<ScriptedBody>;
    type Error = &'static str;
    type Future = ScriptedFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    #[allow(clippy::panic, reason = "required by the script")]
    fn call(&mut self, _: Request<()>) -> ScriptedFuture {
        let loud = Loud(self.clock.clone());
        self.clock.advance(Duration::from_millis(10));
        if self.script.spawns {
            *self.task.lock().unwrap() = Some(Span::current());
        }
        assert!(self.script.head != Head::PanicInCall, "required by the script");
        ScriptedFuture { script: self.script.clone(), loud }
    }
}

pub(crate) struct ScriptedFuture {
    script: Script,
    loud: Loud,
}

impl Future for ScriptedFuture {
    type Output = Result<Response<ScriptedBody>, &'static str>;

    #[allow(clippy::panic, reason = "required by the script")]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.loud.0.advance(Duration::from_millis(100));
        if let Some(fewer) = self.script.pending.checked_sub(1) {
            self.script.pending = fewer;
            return Poll::Pending;
        }
        CanonicalRecord::with_current(|record| record.set_outcome_hint(self.script.hint));
        Poll::Ready(match self.script.head {
            Head::Respond => {
                let (parts, knows_end) = (self.script.body.clone().into(), self.script.knows_end);
                let body = ScriptedBody { parts, knows_end, _loud: Loud(self.loud.0.clone()) };
                let mut response = Response::new(body);
                *response.status_mut() = self.script.status.try_into().unwrap();
                if self.script.is_stream {
                    let events = http::HeaderValue::from_static("text/event-stream; charset=utf-8");
                    response.headers_mut().insert(http::header::CONTENT_TYPE, events);
                }
                if let Some(length) = self.script.content_length() {
                    response.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
                }
                Ok(response)
            }
            Head::Error => Err("no answer"),
            Head::PanicInCall | Head::PanicInPoll => panic!("required by the script"),
        })
    }
}

pub(crate) struct ScriptedBody {
    parts: VecDeque<Part>,
    knows_end: bool,
    _loud: Loud,
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = &'static str;

    #[allow(clippy::panic, reason = "required by the script")]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self._loud.0.advance(Duration::from_millis(1000));
        Poll::Ready(match self.parts.pop_front() {
            None => None,
            Some(Part::Pending) => return Poll::Pending,
            Some(Part::Data(n)) => Some(Ok(Frame::data(Bytes::from(vec![b'x'; n.into()])))),
            Some(Part::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Some(Part::Error) => Some(Err("broke off")),
            Some(Part::Panic) => panic!("required by the script"),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.knows_end && self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
