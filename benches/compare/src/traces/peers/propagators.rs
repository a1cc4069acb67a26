//! W3C trace context, read from the headers of a request and written into those of the next one, which are reused.

use std::hint::black_box;

use fastrace::prelude::SpanContext;
use http::{HeaderMap, HeaderValue};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use crate::PROPAGATED;
use crate::harness::Contender;
use crate::scene::headers;

/// The first is the reference.
pub fn all() -> Vec<Contender> {
    vec![
        contender("OpenTelemetry propagator", otel),
        contender("fastrace", fastrace),
        contender("radiosonde", radiosonde),
        contender("limit: written by hand", by_hand),
    ]
}

fn contender(name: &'static str, hop: fn(&HeaderMap, &mut HeaderMap)) -> Contender {
    let received = headers();
    Contender::new(name).batch(
        PROPAGATED,
        move |times| {
            let mut sent = headers();
            for _ in 0..times {
                hop(black_box(&received), black_box(&mut sent));
            }
        },
        || (),
    )
}

fn otel(received: &HeaderMap, sent: &mut HeaderMap) {
    let propagator = TraceContextPropagator::new();
    let context = propagator.extract(&HeaderExtractor(received));
    propagator.inject_context(&context, &mut HeaderInjector(sent));
}

fn fastrace(received: &HeaderMap, sent: &mut HeaderMap) {
    let traceparent = received.get("traceparent").unwrap().to_str().unwrap();
    let context = SpanContext::decode_w3c_traceparent(traceparent).unwrap();
    sent.insert("traceparent", HeaderValue::from_str(&context.encode_w3c_traceparent()).unwrap());
}

fn radiosonde(received: &HeaderMap, sent: &mut HeaderMap) {
    radiosonde_trace::extract(received).unwrap().inject(sent);
}

/// As strict as the specification: one header of 55 bytes, lower-case digits, ids that are not zero.
fn by_hand(received: &HeaderMap, sent: &mut HeaderMap) {
    let mut values = received.get_all("traceparent").iter();
    let value = values.next().unwrap().as_bytes();
    assert!(values.next().is_none() && value.len() == 55 && value.starts_with(b"00-"));
    assert!(value[35] == b'-' && value[52] == b'-');
    let trace = hex::<16>(&value[3..35]).unwrap();
    let span = hex::<8>(&value[36..52]).unwrap();
    let flags = hex::<1>(&value[53..55]).unwrap();
    assert!(trace != [0; 16] && span != [0; 8]);
    assert!(received.get("tracestate").is_none());
    let mut out = *b"00-00000000000000000000000000000000-0000000000000000-00";
    write(&mut out[3..35], &trace);
    write(&mut out[36..52], &span);
    write(&mut out[53..55], &[flags[0] & 3]);
    sent.insert("traceparent", HeaderValue::from_bytes(&out).unwrap());
    sent.remove("tracestate");
}

fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

fn write(out: &mut [u8], bytes: &[u8]) {
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
}
