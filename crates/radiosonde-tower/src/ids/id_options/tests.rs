use std::time::SystemTime;

use radiosonde_core::canonical::CanonicalSlot;
use radiosonde_core::{SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_trace::TraceState;

use super::*;

fn headers(values: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn receive(options: &IdOptions, values: &[(&'static str, &str)]) -> (String, String) {
    texts(&options.receive(&headers(values), false, &SystemClock))
}

fn texts(ids: &WorkIds) -> (String, String) {
    (ids.request_id().unwrap().to_owned(), ids.correlation_id().unwrap().to_owned())
}

const BOTH: [(&str, &str); 2] = [("x-request-id", "req_123"), ("x-correlation-id", "abc123")];

#[test]
fn received_ids_are_kept_and_missing_ones_are_made() {
    let options = IdOptions::new();
    assert_eq!(receive(&options, &BOTH), ("req_123".into(), "abc123".into()));
    let (request, correlation) = receive(&options, &BOTH[1..]);
    assert_eq!((request.len(), correlation.as_str()), (36, "abc123"));
    assert_eq!(receive(&options, &BOTH[..1]), ("req_123".into(), "req_123".into()));
    let (request, correlation) = receive(&options, &[]);
    assert_eq!((request.len(), &request), (36, &correlation));
    assert_ne!(receive(&options, &[]).0, request);
}

#[test]
fn hostile_ids_are_replaced_one_by_one() {
    let long = "a".repeat(WorkId::MAX_BYTES + 1);
    let hostile: [&[(&str, &str)]; 5] = [
        &[("x-correlation-id", "")],
        &[("x-correlation-id", "a\"},{\"b")],
        &[("x-correlation-id", "a\tb")],
        &[("x-correlation-id", &long)],
        &[("x-correlation-id", "abc123"), ("x-correlation-id", "abc123")],
    ];
    for values in hostile {
        let mut values = values.to_vec();
        values.push(BOTH[0]);
        assert_eq!(receive(&IdOptions::new(), &values), ("req_123".into(), "req_123".into()), "{values:?}");
    }
}

#[test]
fn ids_from_outside_are_replaced_at_a_trust_boundary() {
    let options = IdOptions::new();
    let (request, correlation) = texts(&options.receive(&headers(&BOTH), true, &SystemClock));
    assert_eq!((request.len(), &request), (36, &correlation));
    let (ours, _) = receive(&options.clone().trust(Trust::Ours), &BOTH);
    assert_eq!(ours.len(), 36);
    let trusting = options.trust(Trust::Outside).receive(&headers(&BOTH), true, &SystemClock);
    assert_eq!(texts(&trusting), ("req_123".into(), "abc123".into()));
}

#[test]
fn a_generator_that_panics_is_replaced() {
    let options = IdOptions::new().generator(|_: SystemTime| "own-1".parse().unwrap());
    assert_eq!(receive(&options, &[]), ("own-1".into(), "own-1".into()));
    let options = IdOptions::new().generator(|_: SystemTime| panic!("no id"));
    assert_eq!(receive(&options, &[]).0.len(), 36);
}

#[test]
fn a_response_has_both_ids_and_may_keep_those_of_a_handler() {
    let ids = IdOptions::new().receive(&headers(&BOTH), false, &SystemClock);
    let by_handler = headers(&[("x-request-id", "by-handler"), ("x-request-id", "twice")]);
    let mut response = by_handler.clone();
    IdOptions::new().answer(&ids, &Span::none(), &mut response);
    assert_eq!(response, headers(&BOTH));

    let mut response = by_handler.clone();
    IdOptions::new().keep_answered(true).answer(&ids, &Span::none(), &mut response);
    let mut expected = by_handler;
    expected.insert("x-correlation-id", "abc123".parse().unwrap());
    assert_eq!(response, expected);
}

#[test]
fn a_call_has_the_ids_of_its_context_or_else_of_the_record() {
    let ids = IdOptions::new().receive(&headers(&BOTH), false, &SystemClock);
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    let without = RemoteContext::new(context, TraceState::default());
    let context = without.clone().with_work_ids(ids.clone());
    let mut call = headers(&[("x-correlation-id", "copied")]);
    IdOptions::new().inject(Some(&context), &mut call);
    assert_eq!(call, headers(&BOTH[1..]));
    IdOptions::new().forward_request_id(true).inject(Some(&context), &mut call);
    assert_eq!(call, headers(&BOTH));

    let by_hand = || headers(&[("x-correlation-id", "by hand")]);
    let record = CanonicalRecord::new();
    record.set_work_ids(ids);
    let mut slot = CanonicalSlot::new(record);
    for context in [None, Some(&without)] {
        let mut call = by_hand();
        IdOptions::new().inject(context, &mut call);
        assert_eq!(call, by_hand(), "there are no ids");
        slot.in_scope(|| IdOptions::new().inject(context, &mut call));
        assert_eq!(call, headers(&BOTH[1..]));
    }
}

#[test]
fn headers_have_names_by_choice_and_are_written_to_the_request_if_asked_for() {
    let options = IdOptions::new()
        .request_header(HeaderName::from_static("x-amzn-request"))
        .correlation_header(HeaderName::from_static("x-transaction"))
        .rewrite_request(true);
    let mut request = headers(&[("x-transaction", "t1"), ("x-amzn-request", "not valid")]);
    let ids = options.receive(&request, false, &SystemClock);
    options.rewrite(&ids, &mut request);
    assert_eq!(request["x-transaction"], "t1");
    assert_eq!(request["x-amzn-request"], ids.request_id().unwrap());
    assert_eq!(request.len(), 2);

    let mut unchanged = HeaderMap::new();
    IdOptions::new().rewrite(&ids, &mut unchanged);
    assert!(unchanged.is_empty());
}
