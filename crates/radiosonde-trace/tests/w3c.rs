//! The rules of W3C trace context, as a table.
//!
//! Cases with a name are from the working group's own harness, which sends them to a service and checks what the service
//! propagates: <https://github.com/w3c/trace-context/blob/main/test/test.py> (level 1, where tracestate keys were narrower).
//! The rules are those of level 2: <https://www.w3.org/TR/trace-context-2/>.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, HashMap};

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_trace::InvalidTraceStateKind as StateKind;
use radiosonde_trace::InvalidTraceparentKind as Kind;
use radiosonde_trace::{
    Carrier, InvalidContext, RemoteContext, TraceState, Traceparent, extract, try_extract,
};

/// Why a received `traceparent` is refused.
fn refused<C: Carrier + ?Sized>(carrier: &C) -> Kind {
    match try_extract(carrier) {
        Err(InvalidContext::Traceparent(invalid)) => invalid.kind(),
        other => panic!("{other:?}"),
    }
}

const TRACE_ID: &str = "12345678901234567890123456789012";
const VALID: &str = "00-12345678901234567890123456789012-1234567890123456-01";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[test]
fn valid_traceparents_are_taken() {
    let cases = [
        ("sampled", VALID, 0x01),
        ("not sampled", "00-12345678901234567890123456789012-1234567890123456-00", 0x00),
        ("random", "00-12345678901234567890123456789012-1234567890123456-02", 0x02),
        ("sampled and random", "00-12345678901234567890123456789012-1234567890123456-03", 0x03),
        ("unknown flags are cleared", "00-12345678901234567890123456789012-1234567890123456-ff", 0x03),
        ("a mask is needed", "00-12345678901234567890123456789012-1234567890123456-09", 0x01),
        ("test_traceparent_version_0xcc", "cc-12345678901234567890123456789012-1234567890123456-01", 0x01),
        (
            "test_traceparent_version_0xcc",
            "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
            0x01,
        ),
        (
            "a future version may end in its separator",
            "01-12345678901234567890123456789012-1234567890123456-01-",
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
    ];
    for (case, value, flags) in cases {
        let context = extract(&headers(&[("traceparent", value)]))
            .unwrap_or_else(|| panic!("{case}: {value:?}"))
            .context();
        assert_eq!(context.trace_id().to_string(), TRACE_ID, "{case}");
        assert_eq!(context.span_id().to_string(), "1234567890123456", "{case}");
        assert_eq!(context.flags().to_byte(), flags, "{case}");
        // Version 00 is propagated, whatever the received version.
        let sent = Traceparent::new(context).to_string();
        assert_eq!(sent, format!("00-{TRACE_ID}-1234567890123456-{flags:02x}"), "{case}");
    }
}

const INVALID: &[(&str, &str, Kind)] = &[
    ("empty", "", Kind::Length),
    ("white space only", " \t ", Kind::Length),
    ("a version alone", "00", Kind::Length),
    (
        "test_traceparent_version_0x00",
        "00-12345678901234567890123456789012-1234567890123456-01.",
        Kind::Length,
    ),
    (
        "test_traceparent_version_0x00",
        "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        Kind::Length,
    ),
    ("a trailing separator", "00-12345678901234567890123456789012-1234567890123456-01-", Kind::Length),
    (
        "test_traceparent_version_0xcc",
        "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
        Kind::Separator { at: 55 },
    ),
    (
        "test_traceparent_version_0xff",
        "ff-12345678901234567890123456789012-1234567890123456-01",
        Kind::Version,
    ),
    ("version ff goes on", "ff-12345678901234567890123456789012-1234567890123456-01-x", Kind::Version),
    (
        "test_traceparent_version_illegal_characters",
        ".0-12345678901234567890123456789012-1234567890123456-01",
        Kind::Digit { at: 0 },
    ),
    (
        "test_traceparent_version_illegal_characters",
        "0.-12345678901234567890123456789012-1234567890123456-01",
        Kind::Digit { at: 1 },
    ),
    (
        "an upper-case version",
        "CC-12345678901234567890123456789012-1234567890123456-01",
        Kind::Digit { at: 0 },
    ),
    (
        "test_traceparent_version_too_long",
        "000-12345678901234567890123456789012-1234567890123456-01",
        Kind::Separator { at: 2 },
    ),
    (
        "test_traceparent_version_too_long",
        "0000-12345678901234567890123456789012-1234567890123456-01",
        Kind::Separator { at: 2 },
    ),
    (
        "test_traceparent_version_too_short",
        "0-12345678901234567890123456789012-1234567890123456-01",
        Kind::Length,
    ),
    (
        "test_traceparent_trace_id_all_zero",
        "00-00000000000000000000000000000000-1234567890123456-01",
        Kind::ZeroTraceId,
    ),
    (
        "test_traceparent_trace_id_illegal_characters",
        "00-.2345678901234567890123456789012-1234567890123456-01",
        Kind::Digit { at: 3 },
    ),
    (
        "test_traceparent_trace_id_illegal_characters",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        Kind::Digit { at: 34 },
    ),
    (
        "an upper-case trace id",
        "00-1234567890ABCDEF7890123456789012-1234567890123456-01",
        Kind::Digit { at: 13 },
    ),
    ("a sign is no digit", "00-+2345678901234567890123456789012-1234567890123456-01", Kind::Digit { at: 3 }),
    (
        "test_traceparent_trace_id_too_long",
        "00-123456789012345678901234567890123-1234567890123456-01",
        Kind::Separator { at: 35 },
    ),
    (
        "test_traceparent_trace_id_too_short",
        "00-1234567890123456789012345678901-1234567890123456-01",
        Kind::Length,
    ),
    (
        "test_traceparent_parent_id_all_zero",
        "00-12345678901234567890123456789012-0000000000000000-01",
        Kind::ZeroParentId,
    ),
    (
        "test_traceparent_parent_id_illegal_characters",
        "00-12345678901234567890123456789012-.234567890123456-01",
        Kind::Digit { at: 36 },
    ),
    (
        "test_traceparent_parent_id_illegal_characters",
        "00-12345678901234567890123456789012-123456789012345.-01",
        Kind::Digit { at: 51 },
    ),
    (
        "an upper-case parent id",
        "00-12345678901234567890123456789012-1234567890ABCDEF-01",
        Kind::Digit { at: 46 },
    ),
    (
        "test_traceparent_parent_id_too_long",
        "00-12345678901234567890123456789012-12345678901234567-01",
        Kind::Separator { at: 52 },
    ),
    (
        "test_traceparent_parent_id_too_short",
        "00-12345678901234567890123456789012-123456789012345-01",
        Kind::Length,
    ),
    (
        "test_traceparent_trace_flags_illegal_characters",
        "00-12345678901234567890123456789012-1234567890123456-.0",
        Kind::Digit { at: 53 },
    ),
    (
        "test_traceparent_trace_flags_illegal_characters",
        "00-12345678901234567890123456789012-1234567890123456-0.",
        Kind::Digit { at: 54 },
    ),
    (
        "test_traceparent_trace_flags_too_long",
        "00-12345678901234567890123456789012-1234567890123456-001",
        Kind::Length,
    ),
    (
        "a future version's flags too long",
        "01-12345678901234567890123456789012-1234567890123456-001",
        Kind::Separator { at: 55 },
    ),
    (
        "test_traceparent_trace_flags_too_short",
        "00-12345678901234567890123456789012-1234567890123456-1",
        Kind::Length,
    ),
    ("ids of any width", "00-1-1-1", Kind::Length),
    (
        "other separators",
        "00_12345678901234567890123456789012_1234567890123456_01",
        Kind::Separator { at: 2 },
    ),
    (
        "two in one header",
        "00-12345678901234567890123456789012-1234567890123456-01,00-12345678901234567890123456789012-1234567890123456-01",
        Kind::Length,
    ),
    (
        "bytes that are no text",
        "00-1234567890123456789012345678901é-1234567890123456-0",
        Kind::Digit { at: 34 },
    ),
];

#[test]
fn invalid_traceparents_are_refused_by_name() {
    for &(case, value, kind) in INVALID {
        let found = refused(&headers(&[("traceparent", value), ("tracestate", "foo=1")]));
        assert_eq!(found, kind, "{case}: {value:?}");
    }
}

#[test]
fn a_repeated_traceparent_is_refused() {
    // test_traceparent_duplicated
    for second in [VALID, "00-12345678901234567890123456789011-1234567890123456-01", ""] {
        let found = refused(&headers(&[("traceparent", VALID), ("traceparent", second)]));
        assert_eq!(found, Kind::Repeated);
    }
    // A map may contain it twice, in different cases.
    let pairs =
        vec![("traceparent".to_owned(), VALID.to_owned()), ("TraceParent".to_owned(), VALID.to_owned())];
    assert_eq!(refused(&pairs), Kind::Repeated);
    assert_eq!(refused(&BTreeMap::from_iter(pairs.clone())), Kind::Repeated);
    assert_eq!(refused(&HashMap::<_, _>::from_iter(pairs)), Kind::Repeated);
}

#[test]
fn names_are_found_in_any_case_and_under_no_other_name() {
    // test_traceparent_header_name, test_traceparent_header_name_valid_casing, and the same for tracestate
    for (parent_name, state_name) in [
        ("traceparent", "tracestate"),
        ("TraceParent", "TraceState"),
        ("TrAcEpArEnT", "TrAcEsTaTe"),
        ("TRACEPARENT", "TRACESTATE"),
    ] {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = vec![pair(parent_name, VALID), pair(state_name, "foo=1")];
        let found = [
            extract(&pairs),
            extract(&BTreeMap::from_iter(pairs.clone())),
            extract(&HashMap::<_, _>::from_iter(pairs)),
        ];
        for found in found {
            let found = found.unwrap_or_else(|| panic!("{parent_name}"));
            assert_eq!(found.context().trace_id().to_string(), TRACE_ID);
            assert_eq!(found.trace_state().as_str(), "foo=1");
        }
    }
    for name in ["trace-parent", "trace.parent"] {
        assert_eq!(try_extract(&headers(&[(name, VALID)])), Ok(None));
    }
    for name in ["trace-state", "trace.state"] {
        assert!(
            extract(&headers(&[("traceparent", VALID), (name, "foo=1")])).unwrap().trace_state().is_empty()
        );
    }
}

#[test]
fn a_tracestate_without_a_traceparent_is_ignored() {
    // test_both_traceparent_and_tracestate_missing, test_tracestate_included_traceparent_missing
    assert_eq!(try_extract(&headers(&[])), Ok(None));
    assert_eq!(try_extract(&headers(&[("tracestate", "foo=1")])), Ok(None));
}

fn state_of(values: &[&str]) -> String {
    let mut pairs = vec![("traceparent", VALID)];
    pairs.extend(values.iter().map(|value| ("tracestate", *value)));
    let found = extract(&headers(&pairs)).expect("a bad tracestate does not affect the traceparent");
    found.trace_state().as_str().to_owned()
}

#[test]
fn valid_tracestates_are_sent_on_in_their_order() {
    let lower: String = ('a'..='z').chain('0'..='9').chain(['_', '-', '*', '/']).collect();
    let printable: String = (0x20..=0x7e_u8).map(char::from).filter(|char| !",=".contains(*char)).collect();
    let z256 = format!("{}=1", "z".repeat(256));
    let tenant = format!("{}@{}=1", "t".repeat(241), "v".repeat(14));
    let all = format!("{lower}={printable}");
    let all_vendor = format!("{lower}@a-z0-9_-*/={printable}");
    let x256 = format!("foo={}", "x".repeat(256));
    let cases: &[(&str, &[&str], &str)] = &[
        ("test_tracestate_included_traceparent_included", &["foo=1,bar=2"], "foo=1,bar=2"),
        ("test_tracestate_empty_header", &[""], ""),
        ("test_tracestate_empty_header", &["foo=1", ""], "foo=1"),
        ("test_tracestate_empty_header", &["", "foo=1"], "foo=1"),
        ("empty members", &[" , foo=1,\t,,bar=2 ,"], "foo=1,bar=2"),
        (
            "test_tracestate_multiple_headers_different_keys",
            &["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
            "foo=1,bar=2,rojo=1,congo=2,baz=3",
        ),
        ("test_tracestate_all_allowed_characters", &[&all], &all),
        ("test_tracestate_all_allowed_characters", &[&all_vendor], &all_vendor),
        ("test_tracestate_ows_handling", &["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        ("test_tracestate_ows_handling", &["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        ("test_tracestate_ows_handling", &["\t foo=1 \t"], "foo=1"),
        ("leading spaces belong to the value", &["foo=  1"], "foo=  1"),
        ("test_tracestate_key_length_limit", &["foo=1", &z256], &format!("foo=1,{z256}")),
        ("test_tracestate_key_length_limit", &["foo=1", &tenant], &format!("foo=1,{tenant}")),
        ("a value of 256 characters", &[&x256], &x256),
        ("a key may begin with a digit", &["1special=1"], "1special=1"),
        ("level 2: at signs anywhere but first", &["foo@=1,foo@@bar=2,a@b@c=3"], "foo@=1,foo@@bar=2,a@b@c=3"),
        (
            "level 2: a tenant of any length",
            &[&format!("{}@v=1", "t".repeat(242))],
            &format!("{}@v=1", "t".repeat(242)),
        ),
        // One entry per key; the left-most one is the most recent.
        ("test_tracestate_duplicated_keys", &["foo=1,foo=2,bar=3"], "foo=1,bar=3"),
        ("test_tracestate_duplicated_keys", &["foo=1", "foo=2"], "foo=1"),
    ];
    for (case, values, expected) in cases {
        assert_eq!(state_of(values), *expected, "{case}");
    }
}

#[test]
fn invalid_tracestates_are_dropped_whole() {
    let long_key = format!("foo=1,{}=1", "z".repeat(257));
    let long_value = format!("foo=1,bar={}", "x".repeat(257));
    let cases = [
        ("test_tracestate_key_illegal_characters", "bar=1,foo =1", StateKind::Key),
        ("test_tracestate_key_illegal_characters", "FOO=1", StateKind::Key),
        ("test_tracestate_key_illegal_characters", "foo.bar=1", StateKind::Key),
        ("test_tracestate_key_illegal_vendor_format", "@foo=1,bar=2", StateKind::Key),
        ("a key must not be empty", "=1", StateKind::Key),
        ("a key begins with a letter or a digit", "_foo=1", StateKind::Key),
        ("test_tracestate_key_length_limit", &long_key, StateKind::Key),
        ("test_tracestate_value_illegal_characters", "foo=bar=baz", StateKind::Value),
        ("test_tracestate_value_illegal_characters", "foo=,bar=3", StateKind::Value),
        ("a value must not be white space", "foo= ,bar=3", StateKind::Value),
        ("a tab within a value", "foo=a\tb", StateKind::Value),
        ("a value outside of ASCII", "foo=é", StateKind::Value),
        ("a value of 257 characters", &long_value, StateKind::Value),
        ("no equals sign", "foo", StateKind::NoEquals),
    ];
    for (case, value, kind) in cases {
        assert_eq!(value.parse::<TraceState>().unwrap_err().kind(), kind, "{case}");
        assert_eq!(state_of(&[value]), "", "{case}");
        assert_eq!(state_of(&["ok=1", value]), "", "{case}: one bad header spoils all");
    }
}

#[test]
fn thirty_two_members_are_kept_and_thirty_three_dropped() {
    // test_tracestate_member_count_limit
    let members =
        |count: usize| -> Vec<String> { (1..=count).map(|n| format!("bar{n:02}={n:02}")).collect() };
    let all = members(32);
    let (first, second) = all.split_at(20);
    assert_eq!(state_of(&[&first.join(","), &second.join(",")]), all.join(","));
    assert_eq!(state_of(&[&all.join(",,"), ""]), all.join(","), "empty members do not count");

    let error = members(33).join(",").parse::<TraceState>().unwrap_err();
    assert_eq!(error.kind(), StateKind::TooManyMembers);
    assert_eq!(error.to_string(), "tracestate member \"bar33=33\" is one too many: expected at most 32");
    assert_eq!(state_of(&[&first.join(","), &members(33)[20..].join(",")]), "");
}

#[test]
fn a_long_tracestate_loses_long_members_first_and_then_the_last() {
    let member = |key: &str, bytes: usize| format!("{key}={}", "x".repeat(bytes - key.len() - 1));
    let join =
        |members: &[&String]| members.iter().map(|member| member.as_str()).collect::<Vec<_>>().join(",");

    let (a, b, c, d) = (member("a", 127), member("b", 128), member("c", 128), member("d", 126));
    let fits = join(&[&a, &b, &c, &d]);
    assert_eq!(fits.len(), TraceState::MAX_BYTES);
    assert_eq!(state_of(&[&fits]), fits);

    // 129 bytes count as long: it is removed although it is not the last.
    let long = member("long", 129);
    assert_eq!(state_of(&[&join(&[&a, &long, &b, &c])]), join(&[&a, &b, &c]));
    // No more members are removed than necessary: of two long ones, the last.
    let longer = member("longer", 200);
    assert_eq!(state_of(&[&join(&[&longer, &a, &long, &b])]), join(&[&longer, &a, &b]));
    // Without long members, from the end.
    let e = member("e", 128);
    assert_eq!(state_of(&[&join(&[&a, &b, &c, &d, &e])]), fits);
}

#[test]
fn injecting_replaces_what_is_there_and_sends_no_empty_tracestate() {
    let context = extract(&headers(&[("traceparent", VALID), ("tracestate", "foo=1")])).unwrap();
    let without_state = RemoteContext::new(context.context(), TraceState::default());
    let stale = || headers(&[("traceparent", "stale"), ("traceparent", "stale"), ("tracestate", "stale=1")]);

    let mut written = stale();
    context.inject(&mut written);
    assert_eq!(written, headers(&[("traceparent", VALID), ("tracestate", "foo=1")]));
    let mut written = stale();
    without_state.inject(&mut written);
    assert_eq!(written, headers(&[("traceparent", VALID)]));

    let stale = [("Traceparent", "stale"), ("TRACESTATE", "stale=1"), ("other", "kept")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut expected: Vec<_> = [("other", "kept"), ("traceparent", VALID)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let mut list = stale.to_vec();
    without_state.inject(&mut list);
    assert_eq!(list, expected);
    let mut sorted = BTreeMap::from(stale.clone());
    without_state.inject(&mut sorted);
    assert_eq!(sorted.into_iter().collect::<Vec<_>>(), expected);
    let mut hashed = HashMap::from(stale);
    without_state.inject(&mut hashed);
    let mut hashed: Vec<_> = hashed.into_iter().collect();
    hashed.sort();
    expected.sort();
    assert_eq!(hashed, expected);
}

fn any_context() -> impl Strategy<Value = SpanContext> {
    (1..=u128::MAX, 1..=u64::MAX, any::<u8>()).prop_map(|(trace, span, flags)| {
        let trace_id = TraceId::from_bytes(trace.to_be_bytes()).unwrap();
        let span_id = SpanId::from_bytes(span.to_be_bytes()).unwrap();
        SpanContext::new(trace_id, span_id, TraceFlags::from_byte(flags))
    })
}

fn any_state() -> impl Strategy<Value = String> {
    proptest::collection::btree_map("[a-z0-9][a-z0-9_*/@-]{0,9}", "[ -+\\--<>-~]{0,9}[!-+\\--<>-~]", 0..8)
        .prop_map(|members| {
            members.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
        })
}

proptest! {
    #[test]
    fn what_is_injected_is_extracted(context in any_context(), state in any_state()) {
        let sent = RemoteContext::new(context, state.parse().unwrap());
        prop_assert_eq!(sent.trace_state().as_str(), state);

        let mut headers = HeaderMap::new();
        sent.inject(&mut headers);
        prop_assert_eq!(headers["traceparent"].len(), 55);
        prop_assert_eq!(extract(&headers), Some(sent.clone()));

        let mut map: HashMap<String, String> = HashMap::new();
        sent.inject(&mut map);
        let parsed: Traceparent = map["traceparent"].parse().unwrap();
        prop_assert_eq!(parsed.to_string(), map["traceparent"].as_str());
        prop_assert_eq!(extract(&map), Some(sent));
    }

    #[test]
    fn no_traceparent_makes_the_reader_panic(value in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(parsed) = Traceparent::from_bytes(&value) {
            prop_assert!(value.len() >= 55 && parsed.to_string().len() == 55);
        }
    }

    #[test]
    fn a_traceparent_with_one_byte_changed_is_read_alike_or_refused(at in 0..55_usize, byte in any::<u8>()) {
        let mut value = VALID.as_bytes().to_vec();
        value[at] = byte;
        let lower_hex = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let valid = if [2, 35, 52].contains(&at) { byte == b'-' } else { lower_hex };
        // No single change makes an id zero, and version ff takes two.
        prop_assert_eq!(Traceparent::from_bytes(&value).is_ok(), valid);
    }

    #[test]
    fn no_tracestate_makes_the_reader_panic_or_grow(value in "[a-c=, \t@é\u{0}]{0,700}") {
        if let Ok(state) = value.parse::<TraceState>() {
            prop_assert!(state.as_str().len() <= TraceState::MAX_BYTES);
            prop_assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
