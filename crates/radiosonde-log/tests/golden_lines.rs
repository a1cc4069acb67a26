//! Lines, compared byte for byte.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{LevelNames, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{Format, JsonLayer, LogOptions, Writer, fatal};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use tracing::field::Empty;
use tracing::{Span, debug, error, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

/// The lines written while `work` runs, without the prefix that all lines of `module` share.
fn lines_of(configure: impl FnOnce(LogOptions) -> LogOptions, work: impl FnOnce()) -> Vec<String> {
    let buffer = SharedBuffer::new();
    let clock = ManualClock::new();
    clock.advance(Duration::from_millis(7));
    let builder = JsonLayer::builder(&Resource::new("orders"))
        .clock(Arc::new(clock))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()));
    let layer = configure(builder).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    for line in buffer.lines() {
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }
    buffer.lines()
}

fn lines(work: impl FnOnce()) -> Vec<String> {
    lines_of(|builder| builder, work)
}

/// The line that `work` logs at INFO, without its prefix.
fn rest(work: impl FnOnce()) -> String {
    const START: &str = concat!(
        r#"{"timestamp":"2026-01-01T00:00:00.007Z","level":"INFO","service":"orders","module":""#,
        module_path!(),
        r#"","message":"#
    );
    let lines = lines(work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].strip_prefix(START).unwrap_or_else(|| panic!("{}", lines[0])).to_owned()
}

#[test]
fn the_whole_line_in_its_order() {
    let written = lines(|| {
        info!(
            target: "orders::api",
            zone = "b",
            duration_ms = 12.5,
            status = 201_u16,
            path = "/orders",
            method = "POST",
            user_id = 42,
            request_id = "r-1",
            correlation_id = "c-1",
            "created {}",
            7
        );
    });
    assert_eq!(
        written,
        [concat!(
            r#"{"timestamp":"2026-01-01T00:00:00.007Z","level":"INFO","service":"orders","module":"orders::api","#,
            r#""message":"created 7","correlation_id":"c-1","request_id":"r-1","user_id":"42","method":"POST","#,
            r#""path":"/orders","status":201,"duration_ms":12.5,"metadata":{"zone":"b"}}"#
        )]
    );
}

#[test]
fn an_event_without_a_message_has_an_empty_one() {
    assert_eq!(rest(|| info!(a = 1)), r#""","metadata":{"a":1}}"#);
    assert_eq!(rest(|| info!("nothing else")), r#""nothing else"}"#);
}

#[test]
fn levels_are_spelled_by_either_profile() {
    let emit = || {
        trace!("");
        debug!("");
        info!("");
        warn!("");
        error!("");
        fatal!(a = 1, "");
        fatal!(target: "t", "{}", 1);
        fatal!(parent: None, "x");
        fatal!(target: "t", parent: None, "x");
    };
    let levels = |names| {
        lines_of(|builder| builder.level_names(names), emit)
            .iter()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["level"].as_str().unwrap().to_owned()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        levels(LevelNames::WarnFatal),
        ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "FATAL", "FATAL", "FATAL"]
    );
    assert_eq!(levels(LevelNames::WarningCritical)[3..6], ["WARNING", "ERROR", "CRITICAL"]);
    assert!(lines(emit).iter().all(|line| !line.contains("radiosonde.level")));
}

#[test]
fn the_event_goes_before_the_inner_span_before_the_outer_before_the_static_field() {
    let written = lines_of(
        |builder| builder.field("a", "static").field("d", "static").field("user_id", "nobody"),
        || {
            let _outer =
                info_span!("outer", a = "outer", b = "outer", c = "outer", request_id = "outer").entered();
            let _inner = info_span!("inner", a = "inner", b = "inner", request_id = "inner").entered();
            info!(a = "event", a = "event, again", "hi");
        },
    );
    assert_eq!(
        written,
        [concat!(
            r#"{"timestamp":"2026-01-01T00:00:00.007Z","level":"INFO","service":"orders","module":"golden_lines","#,
            r#""message":"hi","request_id":"inner","user_id":"nobody","#,
            r#""metadata":{"a":"event, again","b":"inner","c":"outer","d":"static"}}"#
        )]
    );
}

#[test]
fn fields_recorded_later_are_inherited_and_replace() {
    let written = lines(|| {
        let span = info_span!("work", a = 1, late = Empty, status = Empty);
        span.in_scope(|| info!("before"));
        span.record("late", "now").record("status", 503).record("a", 2);
        span.in_scope(|| info!("after"));
        let empty = info_span!("empty", only = Empty).entered();
        empty.record("only", true);
        info!("empty");
    });
    assert!(written[0].ends_with(r#""message":"before","metadata":{"a":1}}"#), "{}", written[0]);
    assert!(
        written[1].ends_with(r#""message":"after","status":503,"metadata":{"a":2,"late":"now"}}"#),
        "{}",
        written[1]
    );
    assert!(written[2].ends_with(r#""message":"empty","metadata":{"only":true}}"#), "{}", written[2]);
}

#[test]
fn explicit_parents_and_roots_are_respected() {
    let written = lines(|| {
        let other = info_span!(parent: None, "other", of = "other");
        let _current = info_span!("current", of = "current").entered();
        info!(parent: &other, "other");
        info!(parent: None, "root");
        info!("current");
    });
    assert!(written[0].ends_with(r#""message":"other","metadata":{"of":"other"}}"#), "{}", written[0]);
    assert!(written[1].ends_with(r#""message":"root"}"#), "{}", written[1]);
    assert!(written[2].ends_with(r#""message":"current","metadata":{"of":"current"}}"#), "{}", written[2]);
}

fn context(digit: &str) -> SpanContext {
    let trace_id = TraceId::from_hex(&digit.repeat(32)).unwrap();
    SpanContext::new(trace_id, SpanId::from_hex(&digit.repeat(16)).unwrap(), TraceFlags::SAMPLED)
}

/// Sets a span's context as the layer of radiosonde-trace does.
fn put_context(span: &Span, context: SpanContext) {
    span.with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<tracing_subscriber::Registry>().unwrap();
        registry.span(id).unwrap().extensions_mut().insert(context);
    });
}

#[test]
fn ids_are_those_of_the_events_own_span() {
    let ids = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["span_id"].as_str().map(|id| id[..1].to_owned())
    };
    let written = lines(|| {
        let traced = info_span!(parent: None, "traced");
        put_context(&traced, context("a"));
        let child = info_span!(parent: &traced, "child");
        let plain = info_span!(parent: None, "plain");
        let _current = context("c").enter();
        {
            // An entered span is current: the layer that created the context ensures that.
            let _entered = context("a").enter();
            traced.in_scope(|| info!("its own"));
        }
        info!(parent: &traced, "its own, though not entered");
        plain.in_scope(|| info!("not traced by us: the current one"));
        info!("no span: the current one");
        info!(parent: None, "root: none");
        info!(parent: &plain, "not traced, and not current: none");
        info!(parent: &child, "the nearest around it");
    });
    let found: Vec<_> = written.iter().map(|line| ids(line)).collect();
    let expected = [Some("a"), Some("a"), Some("c"), Some("c"), None, None, Some("a")];
    assert_eq!(found, expected.map(|id| id.map(str::to_owned)));
    let end = format!(r#""trace_id":"{}","span_id":"{}"}}"#, "a".repeat(32), "a".repeat(16));
    assert!(written[0].ends_with(&end), "{}", written[0]);
}

#[test]
fn keys_of_the_layer_are_not_overridden() {
    let line = rest(|| {
        let _span = info_span!("span", message = "an argument", trace_id = "mine").entered();
        info!(
            level = "mine",
            timestamp = 1,
            service = "mine",
            module = "mine",
            metadata = 1,
            truncated = 1,
            "hi"
        );
    });
    assert_eq!(
        line,
        concat!(
            r#""hi","metadata":{"level":"mine","timestamp":1,"service":"mine","module":"mine","metadata":1,"#,
            r#""truncated":1,"message":"an argument","trace_id":"mine"}}"#
        )
    );
}

#[test]
fn aliases_share_a_reserved_key_and_directives_never_appear() {
    let line = rest(|| {
        let _span = info_span!(
            "GET /orders",
            otel.name = "x",
            otel.kind = "server",
            http.request.method = "GET",
            url.path = "/orders/7",
            http.response.status_code = 200_u16,
            radiosonde.other = 1,
        )
        .entered();
        info!(otel.status_code = "ok", log.file = "a user's own", r#type = "order", "hi");
    });
    assert_eq!(
        line,
        r#""hi","method":"GET","path":"/orders/7","status":200,"metadata":{"log.file":"a user's own","type":"order"}}"#
    );
}

#[test]
fn typed_reserved_keys_keep_their_type() {
    assert_eq!(rest(|| info!(status = "shipped", "")), r#""","status":"shipped"}"#);
    assert_eq!(rest(|| info!(duration_ms = "12ms", "")), r#""","metadata":{"duration_ms":"12ms"}}"#);
    assert_eq!(
        rest(|| info!(duration_ms = Duration::from_millis(3).as_millis(), "")),
        r#""","duration_ms":3}"#
    );
    assert_eq!(rest(|| info!(request_id = 7, "")), r#""","request_id":"7"}"#);
}

#[test]
fn values_that_json_cannot_say_are_strings() {
    let line = rest(|| {
        info!(
            nan = f64::NAN,
            up = f64::INFINITY,
            down = f64::NEG_INFINITY,
            one = 1.0,
            wide = u128::MAX,
            most = u64::MAX,
            least = i64::MIN,
            yes = true,
            bytes = &[1_u8, 255][..],
            debug = ?Some("x"),
            display = %"x y",
            "hi"
        );
    });
    assert_eq!(
        line,
        concat!(
            r#""hi","metadata":{"nan":"NaN","up":"Infinity","down":"-Infinity","one":1.0,"#,
            r#""wide":"340282366920938463463374607431768211455","most":18446744073709551615,"#,
            r#""least":-9223372036854775808,"yes":true,"bytes":"[01 ff]","debug":"Some(\"x\")","display":"x y"}}"#
        )
    );
}

#[test]
fn nothing_can_break_or_forge_a_line() {
    let forged = "\u{2028}\u{85}\u{1b}[31m\r\n{\"level\":\"FATAL\"}\u{202e}\0";
    let lines = lines(|| {
        let _span = info_span!("span", in_span = forged).entered();
        info!(target: "a\"\n", x = 1, "key \"\n" = forged, "{forged}");
    });
    assert_eq!(
        lines,
        [concat!(
            r#"{"timestamp":"2026-01-01T00:00:00.007Z","level":"INFO","service":"orders","module":"a\"\n","#,
            r#""message":"\u2028\u0085\u001b[31m\r\n{\"level\":\"FATAL\"}\u202e\u0000","#,
            r#""metadata":{"x":1,"key \"\n":"\u2028\u0085\u001b[31m\r\n{\"level\":\"FATAL\"}\u202e\u0000","#,
            r#""in_span":"\u2028\u0085\u001b[31m\r\n{\"level\":\"FATAL\"}\u202e\u0000"}}"#
        )]
    );
}

#[derive(Debug)]
struct Layered(&'static str, Option<Box<Self>>);

impl fmt::Display for Layered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Layered {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

#[test]
fn errors_come_with_their_sources() {
    let error = Layered(
        "cannot charge",
        Some(Box::new(Layered("refused", Some(Box::new(Layered("errno 111", None)))))),
    );
    let error: &(dyn Error + 'static) = &error;
    assert_eq!(
        rest(|| info!(error, request_id = error, "hi")),
        r#""hi","request_id":"cannot charge","metadata":{"error":{"message":"cannot charge","chain":["refused","errno 111"]}}}"#
    );
}

struct Fails;

impl fmt::Debug for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a Display that panics, as the test wants")
    }
}

#[test]
fn a_value_that_fails_or_panics_leaves_the_rest_of_the_line() {
    let line = rest(|| {
        let _span = info_span!("span", in_span = ?Fails).entered();
        info!(before = 1, fails = ?Fails, panics = %Panics, after = 2, "{}", Panics);
    });
    assert_eq!(
        line,
        concat!(
            r#""<fmt error>","metadata":{"before":1,"fails":"<fmt error>","panics":"<fmt error>","after":2,"#,
            r#""in_span":"<fmt error>"}}"#
        )
    );
}

#[test]
fn two_layers_share_what_a_span_recorded() {
    let buffers = [SharedBuffer::new(), SharedBuffer::new()];
    let layer = |at: usize| {
        JsonLayer::builder(&Resource::new("orders"))
            .writer(Writer::new("buffer", buffers[at].clone()))
            .clock(Arc::new(ManualClock::new()))
            .build()
            .unwrap()
    };
    let subscriber = tracing_subscriber::registry().with(layer(0)).with(layer(1));
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("span", a = 1, b = Empty).entered();
        span.record("b", 2);
        info!("hi");
    });
    assert!(buffers[0].text().ends_with("\"metadata\":{\"a\":1,\"b\":2}}\n"), "{}", buffers[0].text());
    assert_eq!(buffers[0].text(), buffers[1].text());
}

#[test]
fn pretty_lines_are_for_people_and_as_safe() {
    let emit = || {
        let _outer = info_span!("request", request_id = "r-1", otel.kind = "server").entered();
        let _inner = info_span!("price_order", sku = "a b").entered();
        let _bare = info_span!("bare").entered();
        warn!(target: "orders::api", price = 9.5, note = "\u{1b}[31m", "say \"hi\" {}", 1);
        fatal!(target: "orders::api", "gone");
    };
    let spans = r#"in request{request_id=r-1} > price_order{sku="a b"} > bare"#;
    assert_eq!(
        lines_of_pretty(false, emit),
        format!(
            "00:00:00.000Z  WARN orders::api: say \"hi\" 1 price=9.5 note=\"\\u001b[31m\" {spans}\n\
             00:00:00.000Z FATAL orders::api: gone {spans}\n"
        )
    );
    let again = || {
        let _span = info_span!("request", method = "GET", path = "/a").entered();
        let _bare = info_span!("again", method = "GET").entered();
        info!(target: "t", method = "GET", path = "/b", "hi");
    };
    let expected = "00:00:00.000Z  INFO t: hi method=GET path=/b in request{path=/a} > again\n";
    assert_eq!(lines_of_pretty(false, again), expected, "fields of the event are not repeated");
    let colored = lines_of_pretty(true, || warn!(target: "t", a = 1, "hi"));
    assert_eq!(
        colored,
        "\x1b[2m00:00:00.000Z\x1b[0m  \x1b[33mWARN\x1b[0m \x1b[2mt:\x1b[0m \x1b[1mhi\x1b[0m \
         \x1b[36ma\x1b[0m\x1b[2m=\x1b[0m1\n"
    );
}

#[test]
fn pretty_errors_have_their_causes_below_and_texts_of_several_lines_are_indented() {
    #[derive(Debug)]
    struct Refused(std::io::Error);
    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("payment \"7\" refused")
        }
    }
    impl std::error::Error for Refused {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let emit = || {
        let _span = info_span!("request", request_id = "r-1").entered();
        let refused = Refused(std::io::Error::other("card expired\nlong ago"));
        error!(
            target: "orders",
            order = 7,
            error = &refused as &dyn std::error::Error,
            panic.backtrace = "   0: a\n\t at b.rs:1\r\n00:00:00.000Z ERROR forged: line\n",
            "cannot charge\n00:00:00.000Z FATAL forged: \u{1b}[2J",
        );
    };
    assert_eq!(
        lines_of_pretty(false, emit),
        r#"00:00:00.000Z ERROR orders: cannot charge order=7 in request{request_id=r-1}
      | 00:00:00.000Z FATAL forged: \u001b[2J
      error: payment "7" refused
        caused by: card expired
      | long ago
      panic.backtrace:
      |    0: a
      |      at b.rs:1
      | 00:00:00.000Z ERROR forged: line
"#
    );
    assert!(lines_of_pretty(true, emit).contains("\x1b[31m  caused by\x1b[0m"), "red");
}

fn lines_of_pretty(colors: bool, work: impl FnOnce()) -> String {
    let buffer = SharedBuffer::new();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .clock(Arc::new(ManualClock::new()))
        .writer(Writer::new("buffer", buffer.clone()))
        .format(Format::Pretty)
        .colors(colors)
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    buffer.text()
}
