//! A customer's order through the real three services: every line of it has one correlation id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::process::Shop;

fn text<'l>(line: &'l Value, key: &str) -> &'l str {
    line[key].as_str().unwrap_or_default()
}

/// The request ids of each service's lines with this correlation id.
fn request_ids<'l>(lines: &'l [Value], correlation_id: &str) -> BTreeMap<&'l str, BTreeSet<&'l str>> {
    let mut ids = BTreeMap::<_, BTreeSet<_>>::new();
    for line in lines.iter().filter(|line| text(line, "correlation_id") == correlation_id) {
        ids.entry(text(line, "service")).or_default().insert(text(line, "request_id"));
    }
    ids
}

#[test]
fn every_line_of_a_transaction_has_its_correlation_id() {
    let shop = Shop::start();
    let answer = shop.order("tok_1", "x-correlation-id: abc123\r\nx-request-id: req_123\r\n");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    for header in ["\r\nx-correlation-id: abc123\r\n", "\r\nx-request-id: req_123\r\n"] {
        assert!(answer.contains(header), "{answer}");
    }
    let without = shop.order("tok_1", "");
    let (_, made) = without.split_once("\r\nx-correlation-id: ").expect("it is answered");
    let made = made.lines().next().unwrap();
    let lines = shop.end();

    for correlation_id in ["abc123", made] {
        let of_both = |line: &&Value| text(line, "correlation_id") == correlation_id;
        let trace_id = text(lines.iter().find(of_both).expect("there are lines"), "trace_id");
        let in_trace: Vec<_> = lines.iter().filter(|line| text(line, "trace_id") == trace_id).collect();
        for line in &in_trace {
            assert_eq!(text(line, "correlation_id"), correlation_id, "{line}");
        }
        // By the worker, which the channel separates from the request.
        let by_worker = |line: &&&Value| text(line, "message") == "payment approved";
        let by_worker = in_trace.iter().find(by_worker).expect("the worker has a line");
        let ids = request_ids(&lines, correlation_id);
        assert_eq!(ids.keys().copied().collect::<Vec<_>>(), ["gateway", "orders", "payments"]);
        assert!(ids.values().all(|ids| ids.len() == 1), "each service has one id for the request: {ids:?}");
        assert!(ids["payments"].contains(text(by_worker, "request_id")), "{by_worker}");
        let distinct: BTreeSet<_> = ids.values().flatten().copied().collect();
        assert_eq!(distinct.len(), 3, "each service has an id of its own: {ids:?}");
    }
    assert!(request_ids(&lines, "abc123")["gateway"].contains("req_123"));
    assert!(
        request_ids(&lines, made)["gateway"].contains(made),
        "the first request's id is the transaction's"
    );
}
