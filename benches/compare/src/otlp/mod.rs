//! Spans as OTLP bytes, without a library.

use std::cell::Cell;
use std::time::SystemTime;

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0x9e37_79b9_7f4a_7c15) };
}

pub fn random() -> u64 {
    // xorshift64*
    let mut x = SEED.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    SEED.set(x);
    x.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64
}

pub struct Head<'a> {
    /// 1 internal, 2 server.
    pub kind: u8,
    pub trace: u128,
    pub id: u64,
    /// 0 of a root.
    pub parent: u64,
    pub name: &'a str,
    pub start: u64,
    pub end: u64,
}

/// A span with its head; `rest` appends the attributes and events.
pub fn span(out: &mut Vec<u8>, head: &Head<'_>, rest: impl FnOnce(&mut Vec<u8>)) {
    message(out, 0x12, |out| {
        field(out, 0x0a, &head.trace.to_be_bytes());
        field(out, 0x12, &head.id.to_be_bytes());
        if head.parent != 0 {
            field(out, 0x22, &head.parent.to_be_bytes());
        }
        field(out, 0x2a, head.name.as_bytes());
        out.extend_from_slice(&[0x30, head.kind]);
        fixed(out, 0x39, head.start);
        fixed(out, 0x41, head.end);
        rest(out);
        out.extend_from_slice(&[0x85, 0x01, 0x01, 0x01, 0, 0]);
    });
}

/// A message whose length is not known before: three bytes are kept for it.
pub fn message(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
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
pub fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.extend_from_slice(&[tag, bytes.len() as u8]);
    out.extend_from_slice(bytes);
}

pub fn fixed(out: &mut Vec<u8>, tag: u8, value: u64) {
    out.push(tag);
    out.extend_from_slice(&value.to_le_bytes());
}

pub fn text(out: &mut Vec<u8>, key: &str, value: &str) {
    let (inner, outer) = (value.len() + 2, key.len() + value.len() + 6);
    out.extend_from_slice(&[0x4a, outer as u8]);
    field(out, 0x0a, key.as_bytes());
    out.extend_from_slice(&[0x12, inner as u8]);
    field(out, 0x0a, value.as_bytes());
}

pub fn int(out: &mut Vec<u8>, key: &str, value: i64) {
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
