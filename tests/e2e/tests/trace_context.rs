//! The cases of W3C trace context over real HTTP: each sends a raw request to the shop's gateway, and looks at what the gateway sends on
//! to the next service.
//!
//! Cases with a name are from the working group's harness: <https://github.com/w3c/trace-context/blob/main/test/test.py>, which is for
//! level 1. The rules are those of level 2, <https://www.w3.org/TR/trace-context-2/>, where keys of `tracestate` have more characters.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use e2e::{Example, free_port};

const SOON: Duration = Duration::from_secs(30);
const TRACE: &str = "12345678901234567890123456789012";
const PARENT: &str = "1234567890123456";
const VALID: &str = "00-12345678901234567890123456789012-1234567890123456-01";

/// The shop's gateway, with this test in place of the service that it calls.
struct Gateway {
    _example: Example,
    address: String,
    calls: Receiver<Vec<(String, String)>>,
}

impl Gateway {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let orders = listener.local_addr().unwrap().to_string();
        let (called, calls) = channel();
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &called)));
        // A back end that is away: spans are recorded as in production, and what becomes of them does not matter.
        let backend = format!("http://127.0.0.1:{}", free_port());
        let arguments = ["gateway", "--listen", "127.0.0.1:0", "--orders", &orders];
        let example = Example::start("shop", &arguments, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &backend)]);
        let address = example.says("gateway: http://").split_once(',').unwrap().0.to_owned();
        Self { _example: example, address, calls }
    }

    /// Sends a request with these headers, byte by byte, and returns what was sent on.
    fn send(&self, headers: &[(&str, &str)]) -> SentOn {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("GET /orders/1 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 "), "{headers:?} is answered by {response}");
        let sent = self.calls.recv_timeout(SOON).unwrap();
        let values = |name: &str| {
            sent.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect()
        };
        SentOn::new(values("traceparent"), values("tracestate"))
    }

    /// What is sent on of a `tracestate` in these headers, with a valid `traceparent`.
    fn state(&self, values: &[&str]) -> String {
        let mut headers = vec![("traceparent", VALID)];
        headers.extend(values.iter().map(|value| ("tracestate", *value)));
        let sent = self.send(&headers);
        assert!(sent.continues(), "a tracestate has no say in the traceparent: {values:?}, {sent:?}");
        sent.state
    }
}

/// Answers one call of the gateway, and reports its headers, with names in lower case.
fn answer(mut stream: TcpStream, called: &Sender<Vec<(String, String)>>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let headers = head.iter().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    stream.write_all(response.as_bytes()).unwrap();
    // The last request's receiver is gone when the test is over.
    let _ = called.send(headers);
}

/// The trace context of a call that the gateway made.
#[derive(Debug)]
struct SentOn {
    trace: String,
    parent: String,
    flags: String,
    state: String,
}

impl SentOn {
    /// The `traceparent` that is sent is valid in any case.
    fn new(traceparents: Vec<String>, tracestates: Vec<String>) -> Self {
        let [traceparent] = <[String; 1]>::try_from(traceparents).unwrap();
        let parts: Vec<&str> = traceparent.split('-').collect();
        let [version, trace, parent, flags] = parts[..] else { panic!("{traceparent}") };
        for (part, digits) in [(version, 2), (trace, 32), (parent, 16), (flags, 2)] {
            assert_eq!(part.len(), digits, "{traceparent}");
            assert!(part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{traceparent}");
        }
        assert_eq!(version, "00");
        assert!(trace.bytes().any(|byte| byte != b'0') && parent.bytes().any(|byte| byte != b'0'));
        assert!(
            tracestates.len() < 2 && tracestates.iter().all(|state| !state.is_empty()),
            "{tracestates:?}"
        );
        Self {
            trace: trace.to_owned(),
            parent: parent.to_owned(),
            flags: flags.to_owned(),
            state: tracestates.into_iter().next().unwrap_or_default(),
        }
    }

    /// Whether the trace goes on, with a new span as the parent of the next one.
    fn continues(&self) -> bool {
        self.trace == TRACE && self.parent != PARENT
    }

    /// Whether it is a new trace, sampled, with a random id, and without any state of the old one.
    fn restarts(&self) -> bool {
        let is_new = !self.trace.starts_with("1234567890123456789012345678901");
        is_new && self.state.is_empty() && self.flags == "03"
    }
}

#[test]
fn a_valid_traceparent_is_continued() {
    let gateway = Gateway::start();
    for (case, value, flags) in [
        ("test_traceparent_included_tracestate_missing", VALID, 0x01),
        ("not sampled", "00-12345678901234567890123456789012-1234567890123456-00", 0x00),
        ("random", "00-12345678901234567890123456789012-1234567890123456-02", 0x02),
        ("sampled and random", "00-12345678901234567890123456789012-1234567890123456-03", 0x03),
        ("flags of a later level", "00-12345678901234567890123456789012-1234567890123456-ff", 0x03),
        ("test_traceparent_version_0xcc", "cc-12345678901234567890123456789012-1234567890123456-01", 0x01),
        (
            "test_traceparent_version_0xcc",
            "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
            0x01,
        ),
        ("the last version", "fe-12345678901234567890123456789012-1234567890123456-01", 0x01),
        ("test_traceparent_ows_handling", " 00-12345678901234567890123456789012-1234567890123456-01", 0x01),
        ("test_traceparent_ows_handling", "\t00-12345678901234567890123456789012-1234567890123456-01", 0x01),
        ("test_traceparent_ows_handling", "00-12345678901234567890123456789012-1234567890123456-01 ", 0x01),
        ("test_traceparent_ows_handling", "00-12345678901234567890123456789012-1234567890123456-01\t", 0x01),
        (
            "test_traceparent_ows_handling",
            "\t 00-12345678901234567890123456789012-1234567890123456-01 \t",
            0x01,
        ),
    ] {
        let sent = gateway.send(&[("traceparent", value)]);
        assert!(sent.continues() && sent.state.is_empty(), "{case}: {value:?}: {sent:?}");
        assert_eq!(sent.flags, format!("{flags:02x}"), "{case}: {value:?}");
    }
    // test_traceparent_header_name_valid_casing, and the same for tracestate
    for [parent, state] in
        [["TraceParent", "TraceState"], ["TrAcEpArEnT", "TrAcEsTaTe"], ["TRACEPARENT", "TRACESTATE"]]
    {
        let sent = gateway.send(&[(parent, VALID), (state, "foo=1")]);
        assert!(sent.continues() && sent.state == "foo=1", "{parent}: {sent:?}");
    }
}

/// Name and value; version 00 unless the case is about the version.
const INVALID: &[(&str, &str)] = &[
    ("empty", ""),
    ("test_traceparent_version_0x00", "00-12345678901234567890123456789012-1234567890123456-01."),
    (
        "test_traceparent_version_0x00",
        "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
    ),
    ("a trailing separator", "00-12345678901234567890123456789012-1234567890123456-01-"),
    (
        "test_traceparent_version_0xcc",
        "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
    ),
    ("test_traceparent_version_0xff", "ff-12345678901234567890123456789012-1234567890123456-01"),
    (
        "test_traceparent_version_illegal_characters",
        ".0-12345678901234567890123456789012-1234567890123456-01",
    ),
    (
        "test_traceparent_version_illegal_characters",
        "0.-12345678901234567890123456789012-1234567890123456-01",
    ),
    ("an upper-case version", "CC-12345678901234567890123456789012-1234567890123456-01"),
    ("test_traceparent_version_too_long", "000-12345678901234567890123456789012-1234567890123456-01"),
    ("test_traceparent_version_too_long", "0000-12345678901234567890123456789012-1234567890123456-01"),
    ("test_traceparent_version_too_short", "0-12345678901234567890123456789012-1234567890123456-01"),
    ("test_traceparent_trace_id_all_zero", "00-00000000000000000000000000000000-1234567890123456-01"),
    (
        "test_traceparent_trace_id_illegal_characters",
        "00-.2345678901234567890123456789012-1234567890123456-01",
    ),
    (
        "test_traceparent_trace_id_illegal_characters",
        "00-1234567890123456789012345678901.-1234567890123456-01",
    ),
    ("an upper-case trace id", "00-1234567890123456789012345678901A-1234567890123456-01"),
    ("a sign is no digit", "00-+2345678901234567890123456789012-1234567890123456-01"),
    ("test_traceparent_trace_id_too_long", "00-123456789012345678901234567890123-1234567890123456-01"),
    ("test_traceparent_trace_id_too_short", "00-1234567890123456789012345678901-1234567890123456-01"),
    ("test_traceparent_parent_id_all_zero", "00-12345678901234567890123456789012-0000000000000000-01"),
    (
        "test_traceparent_parent_id_illegal_characters",
        "00-12345678901234567890123456789012-.234567890123456-01",
    ),
    (
        "test_traceparent_parent_id_illegal_characters",
        "00-12345678901234567890123456789012-123456789012345.-01",
    ),
    ("an upper-case parent id", "00-12345678901234567890123456789012-1234567890ABCDEF-01"),
    ("test_traceparent_parent_id_too_long", "00-12345678901234567890123456789012-12345678901234567-01"),
    ("test_traceparent_parent_id_too_short", "00-12345678901234567890123456789012-123456789012345-01"),
    (
        "test_traceparent_trace_flags_illegal_characters",
        "00-12345678901234567890123456789012-1234567890123456-.0",
    ),
    (
        "test_traceparent_trace_flags_illegal_characters",
        "00-12345678901234567890123456789012-1234567890123456-0.",
    ),
    ("test_traceparent_trace_flags_too_long", "00-12345678901234567890123456789012-1234567890123456-001"),
    ("test_traceparent_trace_flags_too_short", "00-12345678901234567890123456789012-1234567890123456-1"),
    ("ids of any width", "00-1-1-1"),
    ("bytes outside of ASCII", "00-1234567890123456789012345678901\u{e9}-1234567890123456-0"),
];

#[test]
fn an_invalid_traceparent_starts_a_new_trace_without_the_tracestate() {
    let gateway = Gateway::start();
    let mut traces = BTreeSet::new();
    for &(case, value) in INVALID {
        let sent = gateway.send(&[("traceparent", value), ("tracestate", "foo=1")]);
        assert!(sent.restarts(), "{case}: {value:?}: {sent:?}");
        assert!(traces.insert(sent.trace), "{case}: the trace of another request");
    }
    // test_traceparent_duplicated
    let other = "00-12345678901234567890123456789011-1234567890123456-01";
    for headers in [[VALID, other], [VALID, VALID], [VALID, ""], ["", VALID]] {
        let sent = gateway.send(&headers.map(|value| ("traceparent", value)));
        assert!(sent.restarts(), "{headers:?}: {sent:?}");
    }
    let sent = gateway.send(&[("traceparent", VALID), ("TraceParent", other), ("tracestate", "foo=1")]);
    assert!(sent.restarts(), "in two casings: {sent:?}");
    // test_traceparent_header_name
    for name in ["trace-parent", "trace.parent"] {
        let sent = gateway.send(&[(name, VALID), ("tracestate", "foo=1")]);
        assert!(sent.restarts(), "{name}: {sent:?}");
    }
}

#[test]
fn a_missing_traceparent_starts_a_new_trace() {
    let gateway = Gateway::start();
    // test_both_traceparent_and_tracestate_missing, test_tracestate_included_traceparent_missing
    for state in [&[][..], &[("tracestate", "foo=1")], &[("tracestate", "foo=1,bar=2")]] {
        let sent = gateway.send(state);
        assert!(sent.restarts(), "{state:?}: {sent:?}");
    }
}

#[test]
fn a_valid_tracestate_is_sent_on_in_its_order() {
    let gateway = Gateway::start();
    let lower: String = ('a'..='z').chain('0'..='9').chain(['_', '-', '*', '/']).collect();
    let printable: String = (0x20..=0x7e_u8).map(char::from).filter(|char| !",=".contains(*char)).collect();
    let (all, all_vendor) = (format!("{lower}={printable}"), format!("{lower}@a-z0-9_-*/={printable}"));
    let z256 = format!("{}=1", "z".repeat(256));
    let tenant = format!("{}@{}=1", "t".repeat(241), "v".repeat(14));
    let x256 = format!("foo={}", "x".repeat(256));
    let members: Vec<String> = (1..=32).map(|n| format!("bar{n:02}={n:02}")).collect();
    let (first, second) = (members[..20].join(","), members[20..].join(","));
    let cases: &[(&str, &[&str], &str)] = &[
        ("test_tracestate_included_traceparent_included", &["foo=1,bar=2"], "foo=1,bar=2"),
        ("test_tracestate_included_traceparent_included", &["bar=2,foo=1"], "bar=2,foo=1"),
        ("test_tracestate_empty_header", &[""], ""),
        ("test_tracestate_empty_header", &["foo=1", ""], "foo=1"),
        ("test_tracestate_empty_header", &["", "foo=1"], "foo=1"),
        ("empty members", &[", foo=1,\t,,bar=2 ,"], "foo=1,bar=2"),
        ("test_tracestate_multiple_headers_different_keys", &["foo=1,bar=2", "baz=3"], "foo=1,bar=2,baz=3"),
        (
            "test_tracestate_multiple_headers_different_keys",
            &["foo=1", "bar=2,rojo=1", "baz=3"],
            "foo=1,bar=2,rojo=1,baz=3",
        ),
        ("test_tracestate_all_allowed_characters", &[&all], &all),
        ("test_tracestate_all_allowed_characters", &[&all_vendor], &all_vendor),
        ("test_tracestate_ows_handling", &["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        ("test_tracestate_ows_handling", &["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        ("test_tracestate_ows_handling", &[" foo=1"], "foo=1"),
        ("test_tracestate_ows_handling", &["\tfoo=1"], "foo=1"),
        ("test_tracestate_ows_handling", &["foo=1 "], "foo=1"),
        ("test_tracestate_ows_handling", &["foo=1\t"], "foo=1"),
        ("test_tracestate_ows_handling", &["\t foo=1 \t"], "foo=1"),
        ("test_tracestate_key_length_limit", &["foo=1", &z256], &format!("foo=1,{z256}")),
        ("test_tracestate_key_length_limit", &["foo=1", &tenant], &format!("foo=1,{tenant}")),
        ("a value of 256 characters", &[&x256], &x256),
        ("level 2: a key may begin with a digit", &["1special=1"], "1special=1"),
        ("level 2: at signs anywhere but first", &["foo@=1,foo@@bar=2,a@b@c=3"], "foo@=1,foo@@bar=2,a@b@c=3"),
        // One entry per key; the left-most one is the most recent.
        ("test_tracestate_duplicated_keys", &["foo=1,foo=1"], "foo=1"),
        ("test_tracestate_duplicated_keys", &["foo=1,foo=2,bar=3"], "foo=1,bar=3"),
        ("test_tracestate_duplicated_keys", &["foo=1", "foo=2"], "foo=1"),
        ("test_tracestate_member_count_limit", &[&members.join(",")], &members.join(",")),
        ("test_tracestate_member_count_limit", &[&first, &second], &members.join(",")),
    ];
    for (case, values, expected) in cases {
        assert_eq!(gateway.state(values), *expected, "{case}");
    }
}

#[test]
fn an_invalid_tracestate_is_dropped_and_the_trace_goes_on() {
    let gateway = Gateway::start();
    let long_key = format!("foo=1,{}=1", "z".repeat(257));
    let long_value = format!("foo=1,bar={}", "x".repeat(257));
    let too_many = (1..=33).map(|n| format!("bar{n:02}={n:02}")).collect::<Vec<_>>().join(",");
    let cases = [
        ("test_tracestate_key_illegal_characters", "foo =1"),
        ("test_tracestate_key_illegal_characters", "FOO=1"),
        ("test_tracestate_key_illegal_characters", "foo.bar=1"),
        ("test_tracestate_key_illegal_vendor_format", "@foo=1,bar=2"),
        ("a key must not be empty", "=1"),
        ("test_tracestate_key_length_limit", &long_key),
        ("test_tracestate_value_illegal_characters", "foo=bar=baz"),
        ("test_tracestate_value_illegal_characters", "foo=,bar=3"),
        ("a value outside of ASCII", "foo=\u{e9}"),
        ("a value of 257 characters", &long_value),
        ("no equals sign", "foo"),
        ("test_tracestate_member_count_limit", &too_many),
    ];
    for (case, value) in cases {
        assert_eq!(gateway.state(&[value]), "", "{case}: {value:?}");
        assert_eq!(gateway.state(&["ok=1", value]), "", "{case}: one bad header spoils all");
    }
    // test_tracestate_header_name
    for name in ["trace-state", "trace.state"] {
        let sent = gateway.send(&[("traceparent", VALID), (name, "foo=1")]);
        assert!(sent.continues() && sent.state.is_empty(), "{name}: {sent:?}");
    }
}

#[test]
fn requests_of_one_trace_have_spans_of_their_own() {
    let gateway = Gateway::start();
    let three = |traceparent: &'static str| {
        let headers = [("traceparent", traceparent)];
        let headers = if traceparent.is_empty() { &[][..] } else { &headers };
        let sent = [gateway.send(headers), gateway.send(headers), gateway.send(headers)];
        let traces: BTreeSet<_> = sent.iter().map(|sent| sent.trace.clone()).collect();
        let parents: BTreeSet<_> = sent.iter().map(|sent| sent.parent.clone()).collect();
        (traces.len(), parents.len())
    };
    // test_multiple_requests_with_valid_traceparent, _without_traceparent, _with_illegal_traceparent
    assert_eq!(three(VALID), (1, 3));
    assert_eq!(three(""), (3, 3));
    assert_eq!(three("00-00000000000000000000000000000000-1234567890123456-01"), (3, 3));
}
