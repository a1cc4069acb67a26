//! The limit: the same trace as OTLP bytes in a reused buffer, without a library.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::time::SystemTime;

use crate::harness::Contender;
use crate::scene::{CHILD, EVENT, ROOT, pricing, request};
use crate::{SAMPLED, UNSAMPLED};

/// The bytes of a batch, after which the buffer starts again.
const BATCH: usize = 512 * 1024;

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0x9e37_79b9_7f4a_7c15) };
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(BATCH + 4096));
    /// The trace and the span that are current.
    static CURRENT: Cell<(u128, u64)> = const { Cell::new((0, 0)) };
}

pub fn contender() -> Contender {
    Contender::new("limit: written by hand").case(SAMPLED, sampled).case(UNSAMPLED, unsampled)
}

fn random() -> u64 {
    // xorshift64*
    let mut x = SEED.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    SEED.set(x);
    x.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

/// Ids are made, for log lines and for the next service.
fn unsampled(n: u64) {
    let trace = u128::from(random()) << 64 | u128::from(random());
    let before = CURRENT.replace((trace, random()));
    black_box((request(), CURRENT.get()));
    let root = CURRENT.replace((trace, random()));
    black_box((pricing(n), CURRENT.get()));
    CURRENT.set(root);
    CURRENT.set(before);
}

fn sampled(n: u64) {
    BUFFER.with_borrow_mut(|out| {
        if out.len() > BATCH {
            black_box(&out);
            out.clear();
        }
        let trace = u128::from(random()) << 64 | u128::from(random());
        let (root, child) = (random(), random());
        let (started, before) = (now(), CURRENT.replace((trace, root)));
        let request = request();
        let child_started = now();
        let outer = CURRENT.replace((trace, child));
        let pricing = pricing(n);
        let happened = now();
        span(out, trace, child, root, CHILD, [child_started, now()], |out| {
            int(out, "order.id", pricing.order_id);
            text(out, "cloud.region", pricing.region);
            message(out, 0x5a, |out| {
                fixed(out, 0x09, happened);
                field(out, 0x12, EVENT.as_bytes());
            });
        });
        CURRENT.set(outer);
        span(out, trace, root, 0, ROOT, [started, now()], |out| {
            text(out, "http.request.method", request.method);
            text(out, "url.path", request.path);
            text(out, "user_agent.original", request.user_agent);
            int(out, "http.response.status_code", request.status);
        });
        CURRENT.set(before);
    });
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64
}

fn span(
    out: &mut Vec<u8>,
    trace: u128,
    id: u64,
    parent: u64,
    name: &str,
    [start, end]: [u64; 2],
    rest: impl FnOnce(&mut Vec<u8>),
) {
    message(out, 0x12, |out| {
        field(out, 0x0a, &trace.to_be_bytes());
        field(out, 0x12, &id.to_be_bytes());
        if parent != 0 {
            field(out, 0x22, &parent.to_be_bytes());
        }
        field(out, 0x2a, name.as_bytes());
        out.extend_from_slice(&[0x30, 1]);
        fixed(out, 0x39, start);
        fixed(out, 0x41, end);
        rest(out);
        out.extend_from_slice(&[0x85, 0x01, 0x01, 0x01, 0, 0]);
    });
}

/// A message whose length is not known before: three bytes are kept for it.
fn message(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let at = out.len();
    out.extend_from_slice(&[0; 3]);
    body(out);
    let length = out.len() - at - 3;
    out[at] = length as u8 | 0x80;
    out[at + 1] = (length >> 7) as u8 | 0x80;
    out[at + 2] = (length >> 14) as u8;
}

/// Shorter than 128 bytes, like all of the scene.
fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.extend_from_slice(&[tag, bytes.len() as u8]);
    out.extend_from_slice(bytes);
}

fn fixed(out: &mut Vec<u8>, tag: u8, value: u64) {
    out.push(tag);
    out.extend_from_slice(&value.to_le_bytes());
}

fn text(out: &mut Vec<u8>, key: &str, value: &str) {
    let (inner, outer) = (value.len() + 2, key.len() + value.len() + 6);
    out.extend_from_slice(&[0x4a, outer as u8]);
    field(out, 0x0a, key.as_bytes());
    out.extend_from_slice(&[0x12, inner as u8]);
    field(out, 0x0a, value.as_bytes());
}

fn int(out: &mut Vec<u8>, key: &str, value: i64) {
    let mut digits = [0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let (mut rest, mut len) = (value as u64, 1);
    while rest >= 0x80 {
        digits[len] = rest as u8 | 0x80;
        (rest, len) = (rest >> 7, len + 1);
    }
    digits[len] = rest as u8;
    let digits = &digits[..=len];
    out.extend_from_slice(&[0x4a, (key.len() + digits.len() + 4) as u8]);
    field(out, 0x0a, key.as_bytes());
    field(out, 0x12, digits);
}
