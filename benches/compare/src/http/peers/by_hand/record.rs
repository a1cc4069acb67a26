use std::cell::RefCell;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::MatchedPath;
use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use crate::json::{Stamp, push_now, push_pair};
use crate::otlp::{Head, int, now, random, span, text};
use crate::scene::{ROUTE, SERVICE};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The bytes of a batch, after which a buffer starts again.
const BATCH: usize = 512 * 1024;

const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The metrics of a route and method.
#[derive(Default)]
struct Route {
    name: String,
    in_flight: AtomicI64,
    requests: AtomicU64,
    buckets: [AtomicU64; 15],
    microseconds: AtomicU64,
}

pub struct Routes(HashMap<&'static str, Arc<Route>>);

impl Routes {
    pub fn new() -> Self {
        Self(HashMap::from([(ROUTE, Arc::new(Route { name: format!("GET {ROUTE}"), ..Route::default() }))]))
    }
}

#[derive(Default)]
struct Buffers {
    spans: Vec<u8>,
    line: String,
    now: Stamp,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// A request until its end.
pub struct Record {
    route: Arc<Route>,
    uri: Uri,
    user_agent: Option<HeaderValue>,
    host: Option<HeaderValue>,
    started: Instant,
    start: u64,
    trace: u128,
    parent: u64,
    span: u64,
    pub request_id: [u8; 32],
    pub status: u16,
}

impl Record {
    pub fn start<Q>(routes: &Routes, request: &Request<Q>) -> Self {
        let headers = request.headers();
        let matched = request.extensions().get::<MatchedPath>().unwrap().as_str();
        let route = Arc::clone(&routes.0[matched]);
        // Relaxed: a total that guards no other data.
        route.in_flight.fetch_add(1, Ordering::Relaxed);
        let (trace, parent) = caller(headers).unwrap_or((wide(), 0));
        Self {
            route,
            uri: request.uri().clone(),
            user_agent: headers.get(USER_AGENT).cloned(),
            host: headers.get(HOST).cloned(),
            started: Instant::now(),
            start: now(),
            trace,
            parent,
            span: random(),
            request_id: hex(wide()),
            status: 0,
        }
    }

    pub fn end(self) {
        let took = self.started.elapsed().as_micros() as u64;
        let seconds = took as f64 / 1e6;
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        // Relaxed: totals that guard no other data.
        self.route.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.route.microseconds.fetch_add(took, Ordering::Relaxed);
        self.route.requests.fetch_add(1, Ordering::Relaxed);
        self.route.in_flight.fetch_sub(1, Ordering::Relaxed);
        BUFFERS.with_borrow_mut(|buffers| {
            self.write_span(&mut buffers.spans);
            self.write_line(&mut buffers.line, &mut buffers.now, seconds * 1000.0);
        });
    }

    fn write_span(&self, out: &mut Vec<u8>) {
        if out.len() > BATCH {
            black_box(&out);
            out.clear();
        }
        let head = Head {
            kind: 2,
            trace: self.trace,
            id: self.span,
            parent: self.parent,
            name: &self.route.name,
            start: self.start,
            end: now(),
        };
        span(out, &head, |out| {
            text(out, "http.request.method", "GET");
            text(out, "http.route", ROUTE);
            text(out, "url.path", self.uri.path());
            text(out, "url.scheme", "http");
            text(out, "network.protocol.version", "1.1");
            text(out, "user_agent.original", readable(self.user_agent.as_ref()));
            text(out, "server.address", readable(self.host.as_ref()));
            text(out, "request_id", str::from_utf8(&self.request_id).unwrap());
            int(out, "http.response.status_code", self.status.into());
        });
    }

    fn write_line(&self, line: &mut String, stamp: &mut Stamp, milliseconds: f64) {
        if line.len() > BATCH {
            black_box(&line);
            line.clear();
        }
        line.push_str("{\"timestamp\":\"");
        push_now(line, stamp);
        line.push_str("\",\"level\":\"INFO\",\"service\":\"");
        line.push_str(SERVICE);
        line.push_str("\",\"target\":\"access\",\"message\":\"");
        line.push_str(&self.route.name);
        line.push(' ');
        line.push_str(itoa::Buffer::new().format(self.status));
        line.push('"');
        push_pair(line, "trace_id", str::from_utf8(&hex(self.trace)).unwrap());
        push_pair(line, "span_id", str::from_utf8(&hex(self.span.into())[16..]).unwrap());
        push_pair(line, "request_id", str::from_utf8(&self.request_id).unwrap());
        push_pair(line, "method", "GET");
        push_pair(line, "http.route", ROUTE);
        push_pair(line, "path", self.uri.path());
        push_pair(line, "outcome", "completed");
        line.push_str(",\"status\":");
        line.push_str(itoa::Buffer::new().format(self.status));
        line.push_str(",\"duration_ms\":");
        line.push_str(zmij::Buffer::new().format(milliseconds));
        line.push_str("}\n");
    }
}

fn readable(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn wide() -> u128 {
    u128::from(random()) << 64 | u128::from(random())
}

/// The trace and the span of the caller.
fn caller(headers: &HeaderMap) -> Option<(u128, u64)> {
    let value: &[u8; 55] = headers.get(&TRACEPARENT)?.as_bytes().try_into().ok()?;
    let mut bad = 0;
    let mut digits = |from: usize, count: usize| {
        value[from..from + count].iter().fold(0_u64, |sum, &byte| {
            let digit = DIGITS[usize::from(byte)];
            bad |= digit;
            sum << 4 | u64::from(digit & 15)
        })
    };
    let (high, low, span) = (digits(3, 16), digits(19, 16), digits(36, 16));
    (bad < 16).then_some((u128::from(high) << 64 | u128::from(low), span))
}

const PAIRS: [[u8; 2]; 256] = {
    let (mut pairs, mut byte) = ([[0; 2]; 256], 0);
    while byte < 256 {
        pairs[byte] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 15]];
        byte += 1;
    }
    pairs
};

const DIGITS: [u8; 256] = {
    let (mut digits, mut byte) = ([255; 256], 0);
    while byte < 16 {
        digits[b"0123456789abcdef"[byte] as usize] = byte as u8;
        byte += 1;
    }
    digits
};

fn hex(id: u128) -> [u8; 32] {
    let mut out = [0; 32];
    for (pair, byte) in out.chunks_exact_mut(2).zip(id.to_be_bytes()) {
        pair.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    out
}
