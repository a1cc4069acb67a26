//! The cases of the W3C's own harness, which sends them to a service and looks at what the service sends on:
//! <https://github.com/w3c/trace-context/blob/main/test/test.py>. Names are those of its methods; added is `tracestate_unsampled`.

/// Which trace the calls of the service have to be in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trace {
    /// That of the request.
    Kept,
    /// One of their own.
    New,
}

/// A case: its requests, each with its headers, the trace and the `tracestate` that are expected of the calls.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) requests: Vec<Request>,
}

pub(crate) struct Request {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) trace: Trace,
    pub(crate) state: String,
}

const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-01";
pub(crate) const TRACE_ID: &str = "12345678901234567890123456789012";

fn request(headers: &[(&'static str, &str)], trace: Trace, state: &str) -> Request {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Request { headers, trace, state: state.to_owned() }
}

fn parents(values: &[&str], trace: Trace) -> Vec<Request> {
    values.iter().map(|value| request(&[("traceparent", value)], trace, "")).collect()
}

/// Requests with a valid parent, and these `tracestate` headers.
fn states(cases: &[(&[&str], &str)]) -> Vec<Request> {
    let with = |values: &[&str], expected: &str| {
        let mut headers = vec![("traceparent", PARENT)];
        headers.extend(values.iter().map(|value| ("tracestate", *value)));
        request(&headers, Trace::Kept, expected)
    };
    cases.iter().map(|(values, expected)| with(values, expected)).collect()
}

/// The parent with one of its parts replaced.
fn with_part(at: usize, part: &str) -> String {
    let mut parts: Vec<&str> = PARENT.split('-').collect();
    parts[at] = part;
    parts.join("-")
}

fn illegal(at: usize, parts: &[&str]) -> Vec<Request> {
    let values: Vec<String> = parts.iter().map(|part| with_part(at, part)).collect();
    parents(&values.iter().map(String::as_str).collect::<Vec<_>>(), Trace::New)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = about_versions().into();
    cases.extend(about_ids());
    cases.extend(about_states());
    cases.extend(about_several_calls());
    cases
}

fn case(name: &'static str, requests: Vec<Request>) -> Case {
    Case { name, requests }
}

fn about_versions() -> [Case; 11] {
    use Trace::{Kept, New};
    let future = "cc-12345678901234567890123456789012-1234567890123456-01";
    [
        case("both_traceparent_and_tracestate_missing", vec![request(&[], New, "")]),
        case("traceparent_included_tracestate_missing", parents(&[PARENT], Kept)),
        case(
            "traceparent_duplicated",
            vec![request(
                &[("traceparent", &PARENT.replace("9012-", "9011-")), ("traceparent", PARENT)],
                New,
                "",
            )],
        ),
        case(
            "traceparent_header_name",
            vec![
                request(&[("trace-parent", PARENT)], New, ""),
                request(&[("trace.parent", PARENT)], New, ""),
            ],
        ),
        case(
            "traceparent_header_name_valid_casing",
            vec![
                request(&[("TraceParent", PARENT)], Kept, ""),
                request(&[("TrAcEpArEnT", PARENT)], Kept, ""),
                request(&[("TRACEPARENT", PARENT)], Kept, ""),
            ],
        ),
        case(
            "traceparent_version_0x00",
            parents(&[&format!("{PARENT}."), &format!("{PARENT}-what-the-future-will-be-like")], New),
        ),
        case("traceparent_version_0xcc", {
            let mut requests = parents(&[future, &format!("{future}-what-the-future-will-be-like")], Kept);
            requests.extend(parents(&[&format!("{future}.what-the-future-will-not-be-like")], New));
            requests
        }),
        case("traceparent_version_0xff", illegal(0, &["ff"])),
        case("traceparent_version_illegal_characters", illegal(0, &[".0", "0."])),
        case("traceparent_version_too_long", illegal(0, &["000", "0000"])),
        case("traceparent_version_too_short", illegal(0, &["0"])),
    ]
}

fn about_ids() -> [Case; 12] {
    let spaced = [
        format!(" {PARENT}"),
        format!("\t{PARENT}"),
        format!("{PARENT} "),
        format!("{PARENT}\t"),
        format!("\t {PARENT} \t"),
    ];
    [
        case("traceparent_trace_id_all_zero", illegal(1, &["00000000000000000000000000000000"])),
        case(
            "traceparent_trace_id_illegal_characters",
            illegal(1, &[".2345678901234567890123456789012", "1234567890123456789012345678901."]),
        ),
        case("traceparent_trace_id_too_long", illegal(1, &["123456789012345678901234567890123"])),
        case("traceparent_trace_id_too_short", illegal(1, &["1234567890123456789012345678901"])),
        case("traceparent_parent_id_all_zero", illegal(2, &["0000000000000000"])),
        case(
            "traceparent_parent_id_illegal_characters",
            illegal(2, &[".234567890123456", "123456789012345."]),
        ),
        case("traceparent_parent_id_too_long", illegal(2, &["12345678901234567"])),
        case("traceparent_parent_id_too_short", illegal(2, &["123456789012345"])),
        case("traceparent_trace_flags_illegal_characters", illegal(3, &[".0", "0."])),
        case("traceparent_trace_flags_too_long", illegal(3, &["001"])),
        case("traceparent_trace_flags_too_short", illegal(3, &["1"])),
        case("traceparent_ows_handling", parents(&spaced.each_ref().map(String::as_str), Trace::Kept)),
    ]
}

fn about_states() -> [Case; 15] {
    use Trace::{Kept, New};
    let named = |name| request(&[("traceparent", PARENT), (name, "foo=1")], Kept, "foo=1");
    let unnamed = |name| request(&[("traceparent", PARENT), (name, "foo=1")], Kept, "");
    let lower: String = ('a'..='z').chain('0'..='9').chain(['_', '-', '*', '/']).collect();
    let printable: String = (0x20..=0x7e_u8).map(char::from).filter(|char| !",=".contains(*char)).collect();
    let (all, vendor) = (format!("{lower}={printable}"), format!("{lower}@a-z0-9_-*/={printable}"));
    let members = |count: u32| (1..=count).map(|n| format!("bar{n:02}={n:02}")).collect::<Vec<_>>().join(",");
    let (z256, z257) = (format!("{}=1", "z".repeat(256)), format!("{}=1", "z".repeat(257)));
    [
        case("tracestate_included_traceparent_missing", vec![request(&[("tracestate", "foo=1")], New, "")]),
        case("tracestate_included_traceparent_included", states(&[(&["foo=1,bar=2"], "foo=1,bar=2")])),
        case("tracestate_header_name", vec![unnamed("trace-state"), unnamed("trace.state")]),
        case(
            "tracestate_header_name_valid_casing",
            vec![named("TraceState"), named("TrAcEsTaTe"), named("TRACESTATE")],
        ),
        case(
            "tracestate_empty_header",
            states(&[(&["foo=1", ""], "foo=1"), (&["", "foo=1"], "foo=1"), (&[""], "")]),
        ),
        case(
            "tracestate_multiple_headers_different_keys",
            states(&[(&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3")]),
        ),
        case(
            "tracestate_duplicated_keys",
            states(&[(&["foo=1,foo=1"], "foo=1"), (&["foo=1", "foo=2"], "foo=1")]),
        ),
        case("tracestate_all_allowed_characters", states(&[(&[&all], &all), (&[&vendor], &vendor)])),
        case(
            "tracestate_ows_handling",
            states(&[(&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"), (&["\t foo=1 \t"], "foo=1")]),
        ),
        case(
            "tracestate_key_illegal_characters",
            states(&[(&["foo =1"], ""), (&["FOO=1"], ""), (&["foo.bar=1"], "")]),
        ),
        case("tracestate_key_illegal_vendor_format", states(&[(&["@foo=1,bar=2"], "")])),
        case(
            "tracestate_member_count_limit",
            states(&[(&[&members(32)], &members(32)), (&[&members(33)], "")]),
        ),
        case(
            "tracestate_key_length_limit",
            states(&[(&["foo=1", &z256], &format!("foo=1,{z256}")), (&[&z257], "")]),
        ),
        case("tracestate_value_illegal_characters", states(&[(&["foo=bar=baz"], ""), (&["foo=,bar=3"], "")])),
        case(
            "tracestate_unsampled",
            vec![request(&[("traceparent", &with_part(3, "00")), ("tracestate", "foo=1")], Kept, "foo=1")],
        ),
    ]
}

/// Each request makes several calls anyway; here several requests come one after the other.
fn about_several_calls() -> [Case; 3] {
    use Trace::{Kept, New};
    [
        case("multiple_requests_with_valid_traceparent", parents(&[PARENT, PARENT, PARENT], Kept)),
        case("multiple_requests_without_traceparent", vec![request(&[], New, ""), request(&[], New, "")]),
        case(
            "multiple_requests_with_illegal_traceparent",
            illegal(1, &["ffffffffffffffffffffffffffffffff."]),
        ),
    ]
}
