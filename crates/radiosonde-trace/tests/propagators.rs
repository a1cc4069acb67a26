//! B3, `uber-trace-id` and baggage as tables, and the choice of formats.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, HashMap};
use std::process::Command;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::Registry;
use radiosonde_trace::{
    Baggage, BaggageRules, CaptureSpans, InvalidB3Kind, InvalidBaggageKind, InvalidContext,
    InvalidTraceparentKind, InvalidUberTraceIdKind, Propagator, Propagators, RemoteContext, Sampler,
    TracePipeline, TraceState, set_parent,
};
use tracing::info_span;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN: &str = "05e3ac9a4f6e3b90";
const PARENT: &str = "e457b5a2e4d86bd1";
const LOWER: &str = "64fe8b2a57d3eff7";
const PADDED: &str = "000000000000000064fe8b2a57d3eff7";

fn b3() -> Propagators {
    Propagators::new([Propagator::B3])
}

fn b3_multi() -> Propagators {
    Propagators::new([Propagator::B3Multi])
}

fn jaeger() -> Propagators {
    Propagators::new([Propagator::Jaeger])
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn context(trace: &str, flags: TraceFlags) -> SpanContext {
    SpanContext::new(trace.parse().unwrap(), SPAN.parse().unwrap(), flags)
}

fn read(formats: Propagators, pairs: &[(&'static str, &str)]) -> Option<SpanContext> {
    formats.try_extract(&headers(pairs)).unwrap().map(|found| found.context())
}

#[test]
fn b3_in_one_header_is_read() {
    let cases = [
        (format!("{TRACE}-{SPAN}-1"), TRACE, TraceFlags::SAMPLED),
        (format!("{TRACE}-{SPAN}-0"), TRACE, TraceFlags::NONE),
        (format!("{TRACE}-{SPAN}-d"), TRACE, TraceFlags::DEBUG),
        (format!("{TRACE}-{SPAN}"), TRACE, TraceFlags::DEFERRED),
        (format!("{TRACE}-{SPAN}-1-{PARENT}"), TRACE, TraceFlags::SAMPLED),
        (format!("{LOWER}-{SPAN}-1"), PADDED, TraceFlags::SAMPLED),
        (format!(" {TRACE}-{SPAN}-1\t"), TRACE, TraceFlags::SAMPLED),
    ];
    for (value, trace, flags) in cases {
        assert_eq!(read(b3(), &[("b3", &value)]), Some(context(trace, flags)), "{value}");
        assert_eq!(read(b3_multi(), &[("b3", &value)]), Some(context(trace, flags)), "both forms are read");
    }
    for only_a_decision in ["0", "1", "d"] {
        assert_eq!(read(b3(), &[("b3", only_a_decision)]), None);
    }
}

#[test]
fn b3_in_one_header_is_refused_by_name() {
    use InvalidB3Kind::{ParentSpanId, SamplingState, SpanId, TraceId};

    let zeros = "0".repeat(32);
    let cases = [
        (String::new(), TraceId),
        ("2".to_owned(), TraceId),
        (TRACE.to_owned(), SpanId),
        (format!("{TRACE}0-{SPAN}-1"), TraceId),
        (format!("{}-{SPAN}-1", TRACE.to_uppercase()), TraceId),
        (format!("+{}-{SPAN}-1", &TRACE[1..]), TraceId),
        (format!("{zeros}-{SPAN}-1"), TraceId),
        (format!("{TRACE}-{}-1", &SPAN[1..]), SpanId),
        (format!("{TRACE}-{}-1", &zeros[16..]), SpanId),
        (format!("{TRACE}-{SPAN}-"), SamplingState),
        (format!("{TRACE}-{SPAN}-2"), SamplingState),
        (format!("{TRACE}-{SPAN}-true"), SamplingState),
        (format!("{TRACE}-{SPAN}-1-"), ParentSpanId),
        (format!("{TRACE}-{SPAN}-1-x"), ParentSpanId),
        (format!("{TRACE}-{SPAN}-1-{PARENT}-"), ParentSpanId),
    ];
    for (value, expected) in cases {
        match b3().try_extract(&headers(&[("b3", &value)])) {
            Err(InvalidContext::B3(invalid)) => {
                assert_eq!(invalid.kind(), expected, "{value}");
                assert!(
                    invalid.to_string().starts_with(&format!("b3 {value:?} has an invalid ")),
                    "{invalid}"
                );
            }
            other => panic!("{value}: {other:?}"),
        }
    }
    match b3().try_extract(&headers(&[("b3", "0"), ("b3", "0")])) {
        Err(InvalidContext::B3(invalid)) => assert_eq!(invalid.kind(), InvalidB3Kind::Repeated),
        other => panic!("{other:?}"),
    }
}

#[test]
fn b3_in_several_headers_is_read() {
    let ids = [("X-B3-TraceId", TRACE), ("X-B3-SpanId", SPAN)];
    let cases: [(&[(&str, &str)], TraceFlags); 8] = [
        (&[], TraceFlags::DEFERRED),
        (&[("X-B3-Sampled", "1")], TraceFlags::SAMPLED),
        (&[("X-B3-Sampled", "0")], TraceFlags::NONE),
        (&[("X-B3-Sampled", "true")], TraceFlags::SAMPLED),
        (&[("X-B3-Sampled", "false")], TraceFlags::NONE),
        (&[("X-B3-Flags", "1")], TraceFlags::DEBUG),
        (&[("X-B3-Flags", "1"), ("X-B3-Sampled", "0")], TraceFlags::DEBUG),
        (&[("X-B3-Flags", "0"), ("X-B3-Sampled", "1"), ("X-B3-ParentSpanId", PARENT)], TraceFlags::SAMPLED),
    ];
    for (more, flags) in cases {
        let pairs: Vec<(&str, &str)> = ids.iter().chain(more).copied().collect();
        for formats in [b3(), b3_multi()] {
            let found = formats.try_extract(&pairs).unwrap().map(|found| found.context());
            assert_eq!(found, Some(context(TRACE, flags)), "{more:?}");
        }
    }
    let short = [("x-b3-traceid", LOWER), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    assert_eq!(read(b3(), &short), Some(context(PADDED, TraceFlags::SAMPLED)));
    assert_eq!(read(b3(), &[("x-b3-sampled", "1")]), None, "a decision without ids");

    let single = format!("{TRACE}-{SPAN}-0");
    let mut both = short.to_vec();
    both.push(("b3", &single));
    assert_eq!(read(b3_multi(), &both), Some(context(TRACE, TraceFlags::NONE)), "one header comes first");
    both[3] = ("b3", "garbage");
    assert_eq!(read(b3(), &both), Some(context(PADDED, TraceFlags::SAMPLED)), "unless it is invalid");
}

#[test]
fn b3_in_several_headers_is_refused_by_name() {
    let (trace, span) = (("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN));
    let cases: [(&[(&'static str, &str)], InvalidB3Kind); 8] = [
        (&[trace], InvalidB3Kind::Missing),
        (&[span], InvalidB3Kind::Missing),
        (&[("x-b3-traceid", "1"), span], InvalidB3Kind::TraceId),
        (&[trace, ("x-b3-spanid", "")], InvalidB3Kind::SpanId),
        (&[trace, span, ("x-b3-sampled", "2")], InvalidB3Kind::SamplingState),
        (&[trace, span, ("x-b3-flags", "d")], InvalidB3Kind::SamplingState),
        (&[trace, trace, span], InvalidB3Kind::Repeated),
        (&[trace, span, ("x-b3-sampled", "1"), ("x-b3-sampled", "1")], InvalidB3Kind::Repeated),
    ];
    for (pairs, expected) in cases {
        match b3_multi().try_extract(&headers(pairs)) {
            Err(InvalidContext::B3(invalid)) => assert_eq!(invalid.kind(), expected, "{invalid}"),
            other => panic!("{pairs:?}: {other:?}"),
        }
    }
}

#[test]
fn uber_trace_ids_are_read() {
    let cases = [
        (format!("{TRACE}:{SPAN}:0:1"), TRACE, TraceFlags::SAMPLED),
        (format!("{TRACE}:{SPAN}:{PARENT}:0"), TRACE, TraceFlags::NONE),
        (format!("{TRACE}:{SPAN}:0:01"), TRACE, TraceFlags::SAMPLED),
        (format!("{TRACE}:{SPAN}:0:3"), TRACE, TraceFlags::DEBUG),
        (format!("{TRACE}:{SPAN}:0:2"), TRACE, TraceFlags::DEBUG),
        (format!("{TRACE}:{SPAN}:0:f9"), TRACE, TraceFlags::SAMPLED),
        (format!("{LOWER}:{SPAN}:0:1"), PADDED, TraceFlags::SAMPLED),
        (format!("{TRACE}:{}:0:1", &SPAN[1..]), TRACE, TraceFlags::SAMPLED),
        (format!("{TRACE}%3A{SPAN}%3a0:1"), TRACE, TraceFlags::SAMPLED),
    ];
    for (value, trace, flags) in cases {
        assert_eq!(read(jaeger(), &[("uber-trace-id", &value)]), Some(context(trace, flags)), "{value}");
    }
    assert_eq!(read(jaeger(), &[]), None);
}

#[test]
fn uber_trace_ids_are_refused_by_name() {
    use InvalidUberTraceIdKind::{Flags, ParentSpanId, SpanId, TraceId};

    let cases = [
        (String::new(), TraceId),
        (format!("0:{SPAN}:0:1"), TraceId),
        (format!("{TRACE}0:{SPAN}:0:1"), TraceId),
        (format!("{}:{SPAN}:0:1", TRACE.to_uppercase()), TraceId),
        (TRACE.to_owned(), SpanId),
        (format!("{TRACE}:0:0:1"), SpanId),
        (format!("{TRACE}:1{SPAN}:0:1"), SpanId),
        (format!("{TRACE}:{SPAN}"), ParentSpanId),
        (format!("{TRACE}:{SPAN}::1"), ParentSpanId),
        (format!("{TRACE}:{SPAN}:00000000000000000:1"), ParentSpanId),
        (format!("{TRACE}:{SPAN}:0"), Flags),
        (format!("{TRACE}:{SPAN}:0:"), Flags),
        (format!("{TRACE}:{SPAN}:0:001"), Flags),
        (format!("{TRACE}:{SPAN}:0:-1"), Flags),
        (format!("{TRACE}:{SPAN}:0:1:"), Flags),
        (format!("{TRACE}%3{SPAN}:0:1"), TraceId),
    ];
    for (value, expected) in cases {
        match jaeger().try_extract(&headers(&[("uber-trace-id", &value)])) {
            Err(InvalidContext::UberTraceId(invalid)) => {
                assert_eq!(invalid.kind(), expected, "{value}");
                assert!(
                    invalid.to_string().starts_with(&format!("uber-trace-id {value:?} has ")),
                    "{invalid}"
                );
            }
            other => panic!("{value}: {other:?}"),
        }
    }
}

fn baggage(values: &[&str]) -> Baggage {
    let mut all = vec![("traceparent", "00-12345678901234567890123456789012-1234567890123456-01")];
    all.extend(values.iter().map(|value| ("baggage", *value)));
    Propagators::default().extract(&all).unwrap().baggage().clone()
}

#[test]
fn baggage_is_read_and_what_is_malformed_is_dropped() {
    let cases: [(&[&str], &str); 18] = [
        // The examples of the specification.
        (
            &["key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"],
            "key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue",
        ),
        (
            &["userId=alice", "serverNode=DF%2028,isProduction=false"],
            "userId=alice,serverNode=DF%2028,isProduction=false",
        ),
        (
            &["userId =   alice", "serverNode = DF%2028, isProduction = false"],
            "userId=alice,serverNode=DF%2028,isProduction=false",
        ),
        (&["a=b=c="], "a=b=c="),
        (&["a="], "a="),
        (&["a=1;p=\t2 ; q;;"], "a=1;p=2;q"),
        (&["", " ", ",,", "a=1, ,"], "a=1"),
        (&["a=1,b=2,a=3"], "a=3,b=2"),
        (&["a", "b=2"], "b=2"),
        (&["=1,b=2"], "b=2"),
        (&["a b=1,b=2"], "b=2"),
        (&["a=1 1,b=2"], "b=2"),
        (&["a=\"1\",b=2"], "b=2"),
        (&["a=\\,b=2"], "b=2"),
        (&["a=%,b=%4,c=%zz,d=%41"], "d=%41"),
        (&["a=1;p q,b=2"], "b=2"),
        (&["a=é,b=2"], "b=2"),
        (&["(a)=1,!#$%&'*+-.^_`|~9zZ=2"], "!#$%&'*+-.^_`|~9zZ=2"),
    ];
    for (values, expected) in cases {
        assert_eq!(baggage(values).as_str(), expected, "{values:?}");
    }
    assert!(baggage(&[]).is_empty());
}

#[test]
fn baggage_is_decoded_where_it_is_read() {
    let found = baggage(&["a=DF%2028,b=%C3%A9%3D,c=%ff"]);
    let members: Vec<_> = found.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    assert_eq!(members, ["a: DF 28", "b: é=", "c: \u{fffd}"]);
    assert_eq!(found.get("a").as_deref(), Some("DF 28"));
    assert_eq!(found.get("d"), None);
}

#[test]
fn baggage_keeps_64_members_and_8192_bytes() {
    let many: Vec<_> = (0..70).map(|at| format!("k{at}=v")).collect();
    let found = baggage(&[&many.join(",")]);
    assert_eq!(found.as_str(), many[..64].join(","));
    assert_eq!(found.with("k3", "w").unwrap().get("k3").as_deref(), Some("w"), "none is added");
    assert_eq!(found.with("new", "v").unwrap_err().kind(), InvalidBaggageKind::TooManyMembers);

    let fits = format!("a={}", "1".repeat(Baggage::MAX_BYTES - 2));
    assert_eq!(baggage(&[&fits]).as_str(), fits);
    let (half, rest) = (format!("a={}", "1".repeat(4000)), format!("b={}", "2".repeat(4200)));
    let found = baggage(&[&half, &rest, "c=3"]);
    assert_eq!(found.as_str(), format!("{half},c=3"), "a member that fits is kept after one that does not");
    assert_eq!(baggage(&[&half, &format!("a={}", "1".repeat(8190))]).as_str().len(), 8192, "it replaces");
    assert_eq!(found.with("b", &"2".repeat(4200)).unwrap_err().kind(), InvalidBaggageKind::TooLong);
    assert_eq!(found.with("b c", "").unwrap_err().kind(), InvalidBaggageKind::Key);
    assert_eq!(
        found.with("", "").unwrap_err().to_string(),
        r#"invalid baggage key "": expected letters, digits and !#$%&'*+-.^_`|~"#
    );
}

#[test]
fn setting_and_removing_baggage_keeps_the_others_as_they_are() {
    let found = baggage(&["a=1;p,b=%41;q=2,c=3"]);
    assert_eq!(found.with("b", "x,y;z%").unwrap().as_str(), "a=1;p,b=x%2Cy%3Bz%25,c=3");
    assert_eq!(found.with("d", "").unwrap().as_str(), "a=1;p,b=%41;q=2,c=3,d=");
    assert_eq!(found.without("b").as_str(), "a=1;p,c=3");
    assert_eq!(found.without("d"), found);
    assert!(baggage(&["a=1"]).without("a").is_empty());
}

#[test]
fn only_named_entries_of_baggage_are_promoted() {
    let found = baggage(&["tenant.id=a%20b,user=c,admin=true"]);
    let rules = BaggageRules::new().promote(["user", "tenant.id"]).promote(["absent".to_owned()]);
    let promoted: Vec<_> = rules.promoted(&found).collect();
    assert_eq!(promoted, [("user", "c".into()), ("tenant.id", "a b".into())]);
    assert!(BaggageRules::new().is_empty() && BaggageRules::new().promoted(&found).next().is_none());
}

#[test]
fn the_first_format_with_a_valid_context_is_taken() {
    let (traceparent, b3) = (format!("00-{TRACE}-{SPAN}-01"), format!("{PADDED}-{SPAN}-1"));
    let uber = format!("{PARENT}:{SPAN}:0:1");
    let sent = headers(&[
        ("traceparent", &traceparent),
        ("tracestate", "a=1"),
        ("b3", &b3),
        ("uber-trace-id", &uber),
        ("baggage", "k=v"),
    ]);
    let trace = |text: &str| Some((TRACE.len() == text.len()).then_some(text)?.to_owned());
    let read = |formats: &str, headers: &HeaderMap| {
        let found = formats.parse::<Propagators>().unwrap().extract(headers)?;
        let state = (found.trace_state().as_str().to_owned(), found.baggage().as_str().to_owned());
        Some((found.context().trace_id().to_string(), state))
    };
    let found = |trace: Option<String>, state: &str, baggage: &str| {
        Some((trace?, (state.to_owned(), baggage.to_owned())))
    };
    assert_eq!(read("tracecontext,b3,jaeger,baggage", &sent), found(trace(TRACE), "a=1", "k=v"));
    assert_eq!(read("b3,tracecontext", &sent), found(trace(PADDED), "", ""));
    assert_eq!(read("baggage,jaeger,b3", &sent), found(Some(format!("{:0>32}", PARENT)), "", "k=v"));
    assert_eq!(read("baggage", &sent), None);
    assert_eq!(read("none", &sent), None);

    let mut invalid = sent;
    invalid.insert("traceparent", HeaderValue::from_static("garbage"));
    assert_eq!(read("tracecontext,b3", &invalid), found(trace(PADDED), "", ""));
    invalid.insert("b3", HeaderValue::from_static("garbage"));
    let formats: Propagators = "tracecontext,b3".parse().unwrap();
    match formats.try_extract(&invalid) {
        Err(InvalidContext::Traceparent(first)) => assert_eq!(first.kind(), InvalidTraceparentKind::Length),
        other => panic!("{other:?}"),
    }
}

/// Each format's name, and what it writes for a sampled context with a trace state and baggage.
fn written() -> [(&'static str, Vec<(&'static str, String)>); 5] {
    [
        (
            "tracecontext",
            vec![("traceparent", format!("00-{TRACE}-{SPAN}-01")), ("tracestate", "a=1".to_owned())],
        ),
        ("baggage", vec![("baggage", "k=v".to_owned())]),
        ("b3", vec![("b3", format!("{TRACE}-{SPAN}-1"))]),
        (
            "b3multi",
            vec![
                ("x-b3-traceid", TRACE.to_owned()),
                ("x-b3-spanid", SPAN.to_owned()),
                ("x-b3-sampled", "1".to_owned()),
            ],
        ),
        ("jaeger", vec![("uber-trace-id", format!("{TRACE}:{SPAN}:0:1"))]),
    ]
}

fn remote() -> RemoteContext {
    let baggage = Baggage::default().with("k", "v").unwrap();
    RemoteContext::new(context(TRACE, TraceFlags::SAMPLED), "a=1".parse().unwrap()).with_baggage(baggage)
}

#[test]
fn every_format_is_written_and_leaves_nothing_stale() {
    let stale = || {
        let names = [
            "traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid",
            "x-b3-sampled", "x-b3-flags", "uber-trace-id",
        ];
        headers(&names.map(|name| (name, "stale")))
    };
    for (format, expected) in written() {
        let formats: Propagators = format.parse().unwrap();
        let mut carrier = stale();
        formats.inject(&remote(), &mut carrier);
        for (name, value) in &expected {
            assert_eq!(carrier[*name], value.as_str(), "{format}");
        }
        let family = format.get(..2).filter(|family| *family == "b3");
        let left: Vec<_> = carrier
            .iter()
            .filter(|(name, value)| {
                family.is_some_and(|family| name.as_str().contains(family)) && *value == "stale"
            })
            .collect();
        assert!(left.is_empty(), "{format}: {left:?}");

        let bare = RemoteContext::new(remote().context(), TraceState::default());
        let mut carrier = stale();
        formats.inject(&bare, &mut carrier);
        assert_ne!(carrier.get("tracestate").is_some(), format == "tracecontext");
        assert_ne!(carrier.get("baggage").is_some(), format == "baggage");
    }
    let all: Propagators = "tracecontext,baggage,b3,b3multi,jaeger".parse().unwrap();
    let mut carrier = stale();
    all.inject(&remote(), &mut carrier);
    let expected: Vec<_> = written().into_iter().flat_map(|(_, pairs)| pairs).collect();
    assert_eq!(carrier.len(), expected.len(), "{carrier:?}");
    for (name, value) in expected {
        assert_eq!(carrier[name], value.as_str());
    }
    let mut carrier = HeaderMap::new();
    Propagators::none().inject(&remote(), &mut carrier);
    assert!(carrier.is_empty());
}

#[test]
fn states_that_only_b3_and_jaeger_know_are_written() {
    let write = |formats: Propagators, flags| {
        let mut pairs: BTreeMap<String, String> = BTreeMap::new();
        formats.inject(&RemoteContext::new(context(TRACE, flags), TraceState::default()), &mut pairs);
        pairs.into_values().collect::<Vec<_>>().join(" ")
    };
    for (flags, state, in_headers, in_jaeger) in [
        (TraceFlags::DEBUG, "-d", "1 05e3ac9a4f6e3b90", "3"),
        (TraceFlags::DEFERRED, "", "05e3ac9a4f6e3b90", "0"),
        (TraceFlags::NONE, "-0", "0 05e3ac9a4f6e3b90", "0"),
    ] {
        assert_eq!(write(b3(), flags), format!("{TRACE}-{SPAN}{state}"));
        let expected = match in_headers.split_once(' ') {
            Some(("0", _)) => format!("0 {SPAN} {TRACE}"),
            Some(_) => format!("1 {SPAN} {TRACE}"),
            None => format!("{SPAN} {TRACE}"),
        };
        assert_eq!(write(b3_multi(), flags), expected);
        assert_eq!(write(jaeger(), flags), format!("{TRACE}:{SPAN}:0:{in_jaeger}"));
    }
}

#[test]
fn a_span_passes_on_the_debug_flag_and_baggage_of_its_parent() {
    let formats: Propagators = "b3,baggage".parse().unwrap();
    let hop = |sampler, b3: String| {
        let pipeline = TracePipeline::builder(&Resource::new("orders"))
            .registry(&Registry::new())
            .sampler(sampler)
            .sink(CaptureSpans::new());
        let pipeline = pipeline.build().unwrap();
        with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
            let span = info_span!("request");
            let received = [("b3", b3.as_str()), ("baggage", "a=1;p")];
            set_parent(&span, &formats.extract(received.as_slice()).unwrap()).unwrap();
            let mut sent: Vec<(String, String)> = Vec::new();
            formats.inject(&RemoteContext::of(&span).unwrap(), &mut sent);
            let of = |name: &str| sent.iter().find(|(known, _)| known == name).unwrap().1.clone();
            assert_eq!(of("baggage"), "a=1;p");
            let value = of("b3");
            assert_eq!(value.get(..33), Some(format!("{TRACE}-").as_str()));
            value.get(49..).unwrap().to_owned()
        })
    };
    let (on, off) = (Sampler::parent_based_always_on, Sampler::parent_based_always_off);
    for (sampler, state, expected) in [
        (off(), "-d", "-d"),
        (Sampler::always_off(), "-d", "-0"),
        (on(), "", "-1"),
        (off(), "", "-0"),
        (on(), "-0", "-0"),
    ] {
        assert_eq!(hop(sampler.clone(), format!("{TRACE}-{SPAN}{state}")), expected, "{sampler:?} {state}");
    }
}

#[test]
fn every_carrier_gives_back_what_it_was_given() {
    let all: Propagators = "tracecontext,baggage,b3multi".parse().unwrap();
    macro_rules! check {
        ($($carrier:ty),+) => {$({
            let mut carrier = <$carrier>::default();
            all.inject(&remote(), &mut carrier);
            all.inject(&remote(), &mut carrier);
            assert_eq!(all.extract(&carrier), Some(remote()), stringify!($carrier));
            let bare = RemoteContext::new(remote().context(), TraceState::default());
            all.inject(&bare, &mut carrier);
            assert_eq!(all.extract(&carrier), Some(bare), stringify!($carrier));
        })+};
    }
    check!(
        HeaderMap,
        Vec<(String, String)>,
        Vec<(String, Vec<u8>)>,
        Vec<(&'static str, Vec<u8>)>,
        HashMap<String, String>,
        HashMap<String, Vec<u8>>,
        BTreeMap<String, String>,
        BTreeMap<String, Vec<u8>>
    );
    let value = format!("00-{TRACE}-{SPAN}-01");
    let kafka: [(&str, &[u8]); 2] = [("priority", &[0xff]), ("TraceParent", value.as_bytes())];
    assert_eq!(all.extract(kafka.as_slice()).unwrap().context(), remote().context());

    let mut command = Command::new("job");
    all.inject(&remote(), &mut command);
    let variables: BTreeMap<_, _> = command.get_envs().collect();
    assert_eq!(variables[std::ffi::OsStr::new("TRACEPARENT")], Some(value.as_ref()));
    assert_eq!(variables[std::ffi::OsStr::new("X_B3_PARENTSPANID")], None, "not inherited");
}

#[test]
fn a_changed_trace_state_member_moves_to_the_front() {
    let state: TraceState = "a=1,b=2,c=3".parse().unwrap();
    assert_eq!(state.with("b", "4").unwrap().as_str(), "b=4,a=1,c=3");
    assert_eq!(state.with("d@x", "5").unwrap().as_str(), "d@x=5,a=1,b=2,c=3");
    assert_eq!(state.without("b").as_str(), "a=1,c=3");
    assert_eq!(state.without("d"), state);
    assert!(state.without("a").without("b").without("c").is_empty());
    for (key, value) in [("", "1"), ("A", "1"), ("a", ""), ("a", "1,b=2"), ("a", "1 "), ("a", "=")] {
        assert!(state.with(key, value).is_err(), "{key:?} {value:?}");
    }
    let full: TraceState =
        (0..32).map(|at| format!("k{at}=v")).collect::<Vec<_>>().join(",").parse().unwrap();
    let changed = full.with("new", "v").unwrap();
    assert_eq!((changed.iter().count(), changed.get("k31"), changed.get("k30")), (32, None, Some("v")));
    let long = "v".repeat(256);
    let changed = full.with("b", &long).unwrap().with("a", &long[..250]).unwrap();
    assert_eq!(changed.get("a").map(str::len), Some(250), "the member that is set stays");
    assert_eq!((changed.get("b"), changed.get("k29")), (None, Some("v")), "the other long one goes first");
    assert!(full.with(&"k".repeat(256), &long).is_err(), "longer than the list may be");
}

fn any_flags() -> impl Strategy<Value = TraceFlags> {
    prop::sample::select(vec![TraceFlags::NONE, TraceFlags::SAMPLED, TraceFlags::DEBUG])
}

fn any_context() -> impl Strategy<Value = SpanContext> {
    (1..=u128::MAX, 1..=u64::MAX, any_flags()).prop_map(|(trace, span, flags)| {
        let trace_id = TraceId::from_bytes(trace.to_be_bytes()).unwrap();
        SpanContext::new(trace_id, SpanId::from_bytes(span.to_be_bytes()).unwrap(), flags)
    })
}

proptest! {
    #[test]
    fn what_each_format_writes_it_reads(context in any_context(), members in prop::collection::btree_map("[a-z.!~]{1,9}", "\\PC{0,9}", 0..9)) {
        let mut baggage = Baggage::default();
        for (key, value) in &members {
            baggage = baggage.with(key, value).unwrap();
        }
        let read: BTreeMap<_, _> = baggage.iter().map(|(key, value)| (key.to_owned(), value.into_owned())).collect();
        prop_assert_eq!(read, members);
        let sent = RemoteContext::new(context, TraceState::default()).with_baggage(baggage);
        for format in ["b3,baggage", "baggage,b3multi", "jaeger,baggage"] {
            let formats: Propagators = format.parse().unwrap();
            let mut headers = HeaderMap::new();
            formats.inject(&sent, &mut headers);
            prop_assert_eq!(formats.extract(&headers), Some(sent.clone()));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        name in prop::sample::select(vec!["b3", "x-b3-traceid", "x-b3-sampled", "uber-trace-id", "baggage", "tracestate", "traceparent"]),
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        text in "[0-9a-f:%-]{0,60}",
    ) {
        let all: Propagators = "tracecontext,b3,jaeger,baggage".parse().unwrap();
        for value in [bytes.as_slice(), text.as_bytes()] {
            let pairs = [(name, value), ("x-b3-spanid", SPAN.as_bytes())];
            let _ = all.try_extract(pairs.as_slice());
        }
    }

    #[test]
    fn no_baggage_makes_the_reader_panic_or_grow(values in prop::collection::vec("[a-c=;,% \t\"é0-9]{0,300}", 0..40)) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let found = baggage(&values);
        prop_assert!(found.as_str().len() <= Baggage::MAX_BYTES && found.iter().count() <= Baggage::MAX_MEMBERS);
        prop_assert_eq!(baggage(&[found.as_str()]), found);
    }
}
