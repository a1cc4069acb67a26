//! `LogFilter` on events and spans.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use radiosonde_core::Resource;
use radiosonde_log::{Format, InvalidFilterKind, JsonLayer, LogFilter, Writer};
use radiosonde_testkit::SharedBuffer;
use tracing::{debug, debug_span, error, info, info_span, trace, trace_span, warn};
use tracing_core::{LevelFilter, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Filter, Layer as _, SubscriberExt as _};

fn subscriber(filter: LogFilter, buffer: &SharedBuffer) -> impl Subscriber + Send + Sync {
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .build()
        .unwrap();
    tracing_subscriber::registry().with(layer.with_filter(filter))
}

/// The messages that pass the filter.
fn passing(filter: &str, work: impl FnOnce()) -> Vec<String> {
    let buffer = SharedBuffer::new();
    tracing::subscriber::with_default(subscriber(filter.parse().unwrap(), &buffer), work);
    let message = |line: &String| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["message"].as_str().unwrap().to_owned()
    };
    buffer.lines().iter().map(message).collect()
}

fn every_level() {
    error!(target: "orders::api", "error");
    warn!(target: "orders::api", "warn");
    info!(target: "orders::api", "info");
    debug!(target: "orders::api", "debug");
    trace!(target: "orders::api", "trace");
    info!(target: "hyper::client", "hyper");
}

#[test]
fn the_longest_matching_target_decides() {
    let cases: [(&str, &[&str]); 13] = [
        ("", &["error", "warn", "info", "hyper"]),
        (" , ", &["error", "warn", "info", "hyper"]),
        ("warn", &["error", "warn"]),
        ("WARN,orders=Debug", &["error", "warn", "info", "debug"]),
        ("orders::api=error,orders=trace", &["error"]),
        ("off,orders", &["error", "warn", "info", "debug", "trace"]),
        ("info,hyper=off", &["error", "warn", "info"]),
        ("orders=off,orders=error", &["error"]),
        ("3", &["error", "warn", "info", "hyper"]),
        // The level names of lines are accepted too.
        ("warning", &["error", "warn"]),
        ("Critical", &["error"]),
        ("off,orders=FATAL", &["error"]),
        ("hyper=warning,orders=critical", &["error"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(passing(filter, every_level), expected, "{filter:?}");
    }
}

#[test]
fn spans_stay_on_so_that_their_fields_and_ids_survive() {
    let buffer = SharedBuffer::new();
    tracing::subscriber::with_default(subscriber("warn,noisy=off".parse().unwrap(), &buffer), || {
        let _outer = info_span!(target: "noisy", "request", request_id = "r-1").entered();
        let _finer = debug_span!("detail", hidden = true).entered();
        info!("hidden");
        warn!("shown");
    });
    let lines = buffer.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].ends_with(r#""message":"shown","request_id":"r-1"}"#), "{}", lines[0]);
}

#[test]
fn spans_stay_on_where_no_event_is() {
    for filter in ["off", "hyper=off", "off,noisy=off", "0"] {
        let buffer = SharedBuffer::new();
        tracing::subscriber::with_default(subscriber(filter.parse().unwrap(), &buffer), || {
            let request = info_span!(target: "noisy", "request", request_id = "r-1").entered();
            let detail = debug_span!("detail", hidden = true).entered();
            assert!(!request.is_disabled() && detail.is_disabled(), "{filter}");
            error!("hidden");
            // The only line that no filter turns off.
            info!(target: "radiosonde::audit", "shown");
        });
        let lines = buffer.lines();
        assert_eq!(lines.len(), 1, "{filter}: {lines:?}");
        assert!(lines[0].contains(r#""message":"shown","request_id":"r-1""#), "{}", lines[0]);
    }
}

#[test]
fn finer_spans_are_on_where_a_directive_or_the_setting_says_so() {
    // Tested through the lines: `tracing::enabled!` and the like return true too often while other threads use other
    // filters.
    let spans = |filter: LogFilter| {
        let buffer = SharedBuffer::new();
        tracing::subscriber::with_default(subscriber(filter, &buffer), || {
            let _info = info_span!("info", info = true).entered();
            let _debug = debug_span!("debug", debug = true).entered();
            let _trace = trace_span!("trace", trace = true).entered();
            error!("hi");
        });
        let line = buffer.text();
        ["info", "debug", "trace"].map(|name| line.contains(&format!("\"{name}\":true")))
    };
    assert_eq!(spans("warn".parse().unwrap()), [true, false, false]);
    assert_eq!(spans("debug".parse().unwrap()), [true, true, false]);
    assert_eq!(spans(LogFilter::new(LevelFilter::ERROR).spans(LevelFilter::DEBUG)), [true, true, false]);
    assert_eq!(spans(LogFilter::new(LevelFilter::ERROR).spans(LevelFilter::OFF)), [false, false, false]);
}

#[test]
fn the_level_check_of_tracing_stays() {
    let hint = |filter: &str| subscriber(filter.parse().unwrap(), &SharedBuffer::new()).max_level_hint();
    assert_eq!(hint("warn"), Some(LevelFilter::INFO), "because of the spans");
    assert_eq!(hint("warn,orders=debug"), Some(LevelFilter::DEBUG));
    assert_eq!(hint("off"), Some(LevelFilter::INFO), "because of spans and audit lines");
}

#[test]
fn audit_lines_stay_on_whatever_the_filter_says() {
    for filter in ["error", "off", "radiosonde=off", "radiosonde::audit=off"] {
        let audit = || {
            info!(target: "radiosonde::audit", "changed");
            debug!(target: "radiosonde::audit", "hidden");
            info!(target: "radiosonde", "hidden");
            info!(target: "radiosonde::auditor", "hidden");
            info!(target: "radiosonde::audit::orders", "deleted");
        };
        assert_eq!(passing(filter, audit), ["changed", "deleted"], "{filter:?}");
    }
}

#[test]
fn a_filter_written_out_reads_back_as_itself() {
    for text in ["info", "off", "warn,orders=debug", "a=info,b=trace,cc=off", "orders=error", "hyper,warn"] {
        let filter: LogFilter = text.parse().unwrap();
        assert_eq!(filter.to_string().parse::<LogFilter>(), Ok(filter.clone()), "{text}");
    }
    let filter: LogFilter = "orders::api=Error,WARN,hyper, orders=5".parse().unwrap();
    assert_eq!(filter.to_string(), "warn,hyper=trace,orders=trace,orders::api=error");
}

#[test]
fn disabled_callsites_are_remembered_as_such() {
    let filter: LogFilter = "warn".parse().unwrap();
    let interest =
        |span: &tracing::Span| Filter::<Registry>::callsite_enabled(&filter, span.metadata().unwrap());
    tracing::subscriber::with_default(
        subscriber(LogFilter::new(LevelFilter::TRACE), &SharedBuffer::new()),
        || {
            assert!(interest(&debug_span!("debug")).is_never());
            assert!(interest(&info_span!("info")).is_sometimes());
        },
    );
}

#[test]
fn words_that_no_target_can_be_are_refused() {
    let levels =
        ["err", "none", "NONE", "notice", "crit", "emerg", "verbose", "all", "true", "on", "6", "10", "d"];
    let targets = [
        "\"info\"",
        "'info'",
        "\u{201c}info\u{201d}",
        "info;hyper=warn",
        "info|hyper=warn",
        "info hyper=warn",
        "orders:debug",
        "orders:=debug",
        "*",
        "*=debug",
        "hyper*=warn",
        "all=debug",
        "warning=orders",
        "info=debug",
        "::orders=debug",
        "-hyper",
        "!hyper",
        "$LEVEL",
        "orders=debug;hyper=warn",
    ];
    for text in levels {
        let error = text.parse::<LogFilter>().unwrap_err();
        assert_eq!((error.directive(), error.kind()), (text, InvalidFilterKind::Level), "{text}");
    }
    for text in targets {
        let error = text.parse::<LogFilter>().unwrap_err();
        let message = error.to_string();
        assert_eq!(error.directive(), text);
        assert!(
            message.starts_with("invalid log filter directive ") && message.contains("expected "),
            "{message}"
        );
    }
    assert_eq!(
        "warn,err".parse::<LogFilter>().unwrap_err().to_string(),
        "invalid log filter directive \"err\": expected a level: off, error, warn, info, debug or trace"
    );
}

#[test]
fn names_that_targets_have_are_taken() {
    for text in [
        "orders", "_orders", "orders::api", "orders::", "orders-api", "http.access", "config", "h2", "größe",
        "panic",
    ] {
        let filter: LogFilter = text.parse().unwrap();
        assert_eq!(filter.to_string(), format!("{text}=trace"));
    }
    assert!("quiet=warn,alert=info".parse::<LogFilter>().is_ok(), "with a level, a word is a target");
}

#[test]
fn a_directive_that_cannot_be_read_is_named() {
    let cases = [
        ("loud", None),
        ("info,a=loud", Some(("a=loud", InvalidFilterKind::Level))),
        ("a=", Some(("a=", InvalidFilterKind::Level))),
        ("a=info=warn", Some(("a=info=warn", InvalidFilterKind::Level))),
        ("=info", Some(("=info", InvalidFilterKind::Target))),
        ("a b", Some(("a b", InvalidFilterKind::Target))),
        ("info,a[span]=debug", Some(("a[span]=debug", InvalidFilterKind::Unsupported))),
        ("[{id=7}]=trace", Some(("[{id=7}]=trace", InvalidFilterKind::Unsupported))),
        ("info/text", Some(("info/text", InvalidFilterKind::Unsupported))),
    ];
    for (text, expected) in cases {
        let found = text.parse::<LogFilter>().err();
        assert_eq!(found.as_ref().map(|error| (error.directive(), error.kind())), expected, "{text:?}");
    }
}
