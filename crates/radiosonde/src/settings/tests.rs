#![cfg(all(feature = "loki", feature = "otlp"))]

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;
use std::time::{Duration, SystemTime};

use radiosonde_appender::{FileOptions, QueueOptions, Rotation};
use radiosonde_core::{Level, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_log::{Format, JsonLayer, Line, LineSink as _, Profile, Writer};
use radiosonde_loki::LokiOptions;
use radiosonde_otlp::{OtlpOptions, OtlpSignalOptions};
use radiosonde_queue::{Overflow, OverflowPolicy};
use radiosonde_testkit::HttpFake;
use radiosonde_trace::{FinishedSpan, SpanLimits, SpanSink as _};

use super::*;
use crate::builder::builder;

pub(super) fn resolve(code: TelemetryBuilder, variables: &[(&str, &str)]) -> Result<Settings, InitError> {
    let look_up = |name: &str| {
        let value = variables.iter().find(|(other, _)| *other == name)?.1;
        Some(OsString::from(value))
    };
    Settings::resolve(code, &Variables::new(&look_up))
}

pub(super) fn from(variables: &[(&str, &str)]) -> Settings {
    resolve(builder(), variables).unwrap()
}

fn shown(value: &impl fmt::Debug) -> String {
    format!("{value:?}")
}

/// What the options of the traces show to have been set.
fn trace_option(settings: &Settings, name: &str) -> Option<String> {
    let shown = shown(&settings.traces);
    let (_, value) = shown.split_once(&format!("{name}: Some("))?;
    let mut depth = 0_i32;
    let end = value.find(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        depth < 0
    });
    Some(value[..end.unwrap()].to_owned())
}

pub(super) fn sampler(settings: &Settings) -> String {
    trace_option(settings, "sampler").unwrap_or_default()
}

pub(super) fn flag(settings: &Settings, name: &str) -> Option<bool> {
    trace_option(settings, name)?.parse().ok()
}

#[test]
fn traces_are_printed_where_code_or_a_variable_asks_for_it() {
    assert_eq!(flag(&from(&[]), "console"), None);
    for (value, prints) in [("1", true), ("true", true), ("0", false)] {
        let settings = from(&[("RADIOSONDE_TRACES_CONSOLE", value)]);
        assert_eq!(flag(&settings, "console"), Some(prints));
    }
    let code = builder().traces(|t| t.console(false));
    let settings = resolve(code, &[("RADIOSONDE_TRACES_CONSOLE", "1")]).unwrap();
    assert_eq!(flag(&settings, "console"), Some(false), "code wins");
    let error = resolve(builder(), &[("RADIOSONDE_TRACES_CONSOLE", "stderr")]).unwrap_err();
    let expected = "invalid RADIOSONDE_TRACES_CONSOLE \"stderr\": expected true, false, 1, 0";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_exporter_of_traces_may_be_the_console() {
    let asked = |code, variables: &[(&str, &str)]| {
        let settings = resolve(code, variables).unwrap();
        assert!(settings.unsupported.is_empty(), "{:?}", settings.unsupported);
        (flag(&settings, "console"), settings.otlp.has_spans)
    };
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    let exporter = |value| ("OTEL_TRACES_EXPORTER", value);
    assert_eq!(asked(builder(), &[exporter("console")]), (Some(true), false));
    assert_eq!(asked(builder(), &[exporter("Console"), endpoint]), (Some(true), false));
    assert_eq!(asked(builder(), &[exporter("otlp, console"), endpoint]), (Some(true), true));
    assert_eq!(asked(builder(), &[exporter("otlp"), endpoint]), (None, true));
    let off = [exporter("console"), ("RADIOSONDE_TRACES_CONSOLE", "0")];
    assert_eq!(asked(builder(), &off), (Some(false), false), "our own variable is about it alone");
    assert_eq!(asked(builder().traces(|t| t.console(false)), &off[..1]), (Some(false), false));
    let code = builder().otlp(OtlpOptions::new("http://c:3"));
    assert_eq!(asked(code, &off[..1]), (None, true), "code has named the exporter");
    assert_eq!(asked(builder(), &[exporter("console"), ("OTEL_SDK_DISABLED", "true")]), (None, false));
    assert!(resolve(builder(), &[exporter("none,console")]).is_err());
}

#[test]
fn each_limit_of_spans_is_taken_from_the_variable_or_else_from_the_file() {
    let file = || Config {
        traces: TraceOptions::new().limits(SpanLimits::new().attributes(7).events(8).value_length(9)),
        ..Config::default()
    };
    let limits = |code: TelemetryBuilder, variables: &[(&str, &str)]| {
        let settings = resolve(code.config(file()), variables).unwrap();
        assert!(!settings.otlp.has_spans, "other sinks have limits, too");
        shown(&settings.traces)
    };
    let expected = |limits: SpanLimits| format!("limits: {limits:?}");
    let base = SpanLimits::new().attributes(7).events(8).value_length(9);
    assert!(limits(builder(), &[]).contains(&expected(base)));
    let default = limits(builder(), &[("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "128")]);
    assert!(default.contains(&expected(base.attributes(128))), "{default}");
    let links = limits(builder(), &[("OTEL_SPAN_LINK_COUNT_LIMIT", "3")]);
    assert!(links.contains(&expected(base.links(3))), "{links}");
    let all = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "5"), ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "6")];
    let all = limits(builder(), &all);
    assert!(all.contains(&expected(base.attributes(5).event_attributes(6).link_attributes(5))), "{all}");
    let code = builder().traces(|traces| traces.limits(SpanLimits::new().events(1)));
    let code =
        limits(code, &[("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")]);
    assert!(code.contains(&expected(base.events(1).value_length(4))), "{code}");
    let error = resolve(builder(), &[("OTEL_SPAN_LINK_COUNT_LIMIT", "many")]).unwrap_err();
    assert!(error.to_string().starts_with("invalid OTEL_SPAN_LINK_COUNT_LIMIT \"many\""), "{error}");
}

#[test]
fn nothing_is_delivered_and_nothing_listens_unless_asked() {
    let settings = from(&[]);
    assert!(
        !settings.loki.has_url()
            && !settings.otlp.has_spans
            && !settings.otlp.has_lines
            && settings.metrics.listener_address().is_none()
    );
    assert_eq!(settings.resource.service_name(), "unknown_service");
    assert!(!settings.traces.has_sampler());
    assert_eq!(settings.filter, LogFilter::default());
    let lines = shown(&settings.logs);
    assert!(lines.contains("format: None") && lines.contains("writers: []"), "{lines}");
    assert!(lines.contains("stdout: true"), "{lines}");
}

#[test]
fn code_wins_over_its_variable_and_that_over_the_list() {
    let variables = [
        ("OTEL_SERVICE_NAME", "from-name"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=from-list,service.version=1,deployment.environment.name=staging",
        ),
        ("RADIOSONDE_LOKI_URL", "http://variable:3100"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://variable:4318"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("RADIOSONDE_LOG_FORMAT", "JSON"),
        ("RADIOSONDE_LOG_PROFILE", "ECS"),
        ("RUST_LOG", "debug"),
    ];
    let settings = from(&variables);
    assert_eq!(settings.resource.service_name(), "from-name");
    assert!(format!("{:?}", settings.loki).contains("http://variable:3100"));
    assert_eq!(sampler(&settings), shown(&Sampler::always_off()));
    assert!(shown(&settings.logs).contains("format: Some(Json)"));
    assert!(shown(&settings.logs).contains("profile: Some(Ecs)"));
    let code = builder()
        .service_name("from-code")
        .resource(|resource| resource.service_version("2"))
        .loki(LokiOptions::new("http://code:3100"))
        .otlp(OtlpOptions::new("http://code:4318"))
        .traces(|traces| traces.sampler(Sampler::always_on()))
        .logs(|logs| logs.format(Format::Pretty).profile(Profile::Gcp))
        .filter("warn");
    let settings = resolve(code, &variables).unwrap();
    assert_eq!(settings.resource.service_name(), "from-code");
    assert_eq!(settings.resource.service_version(), Some("2"));
    assert_eq!(settings.resource.environment(), Some("staging"), "what code does not say stays");
    assert!(format!("{:?}", settings.loki).contains("url: Some(http://code:3100/)"), "{:?}", settings.loki);
    assert_eq!(spans(&settings.otlp).as_deref(), Some("Some(Base(http://code:4318/))"));
    assert_eq!(sampler(&settings), shown(&Sampler::always_on()));
    assert!(shown(&settings.logs).contains("format: Some(Pretty)"));
    assert!(shown(&settings.logs).contains("profile: Some(Gcp)"));
    assert_eq!(settings.filter, "warn".parse().unwrap());
}

#[test]
fn a_default_name_gives_way_to_the_variables_and_a_name_in_code_does_not() {
    let name = |code: TelemetryBuilder, variables: &[(&str, &str)]| {
        resolve(code, variables).unwrap().resource.service_name().to_owned()
    };
    let by_name = ("OTEL_SERVICE_NAME", "from-name");
    let by_list = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=from-list");
    let default = || builder().default_service_name("orders");
    assert_eq!(name(default(), &[]), "orders");
    assert_eq!(name(default(), &[by_list]), "from-list");
    assert_eq!(name(default(), &[by_list, by_name]), "from-name");
    assert_eq!(name(default().service_name("code"), &[by_list, by_name]), "code");
}

#[test]
fn a_variable_wins_over_the_file_and_code_over_both() {
    let file = || Config {
        service_name: Some("file".into()),
        filter: Some("error".into()),
        logs: LogOptions::new().format(Format::Pretty).metadata_key("file"),
        traces: TraceOptions::new().sampler(Sampler::always_off()),
        metrics: MetricsOptions::new().port(1),
        loki: LokiOptions::new("http://file:3100").tenant("file"),
        otlp: OtlpOptions::new("http://file:4318"),
        ..Config::default()
    };
    let code = || builder().default_service_name("default").config(file());
    let settings = resolve(code(), &[]).unwrap();
    assert_eq!(settings.resource.service_name(), "file", "over a default");
    assert_eq!(settings.filter, "error".parse().unwrap());
    assert_eq!(sampler(&settings), shown(&Sampler::always_off()));
    assert_eq!(settings.metrics.listener_address().unwrap().port(), 1);
    assert_eq!(spans(&settings.otlp).as_deref(), Some("Some(Base(http://file:4318/))"));

    let variables = [
        ("OTEL_SERVICE_NAME", "variable"),
        ("RUST_LOG", "warn"),
        ("RADIOSONDE_LOG_FORMAT", "json"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("RADIOSONDE_LOKI_URL", "http://variable:3100"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://variable:4318/x"),
    ];
    let settings = resolve(code(), &variables).unwrap();
    assert_eq!(settings.resource.service_name(), "variable");
    assert_eq!(settings.filter, "warn".parse().unwrap());
    assert_eq!(sampler(&settings), shown(&Sampler::always_on()));
    assert_eq!(settings.metrics.listener_address(), None);
    let lines = shown(&settings.logs);
    assert!(lines.contains("Some(Json)") && lines.contains("metadata_key: Some(\"file\")"), "{lines}");
    let loki = shown(&settings.loki);
    assert!(loki.contains("http://variable:3100") && loki.contains("Some(\"file\")"), "{loki}");
    assert_eq!(spans(&settings.otlp).as_deref(), Some("Some(Whole(http://variable:4318/x))"));
    let asked = resolve(code(), &[("OTEL_METRICS_EXPORTER", "prometheus")]).unwrap();
    assert_eq!(asked.metrics.listener_address().unwrap().port(), 1, "the variable leaves the port open");
    let open = builder().metrics(|metrics| metrics.enabled(true));
    let asked = resolve(open, &[("OTEL_EXPORTER_PROMETHEUS_PORT", "3")]).unwrap();
    assert_eq!(asked.metrics.listener_address().unwrap().port(), 3, "code leaves the port open");
    let none = [("OTEL_TRACES_EXPORTER", "none")];
    assert!(!resolve(code(), &none).unwrap().otlp.has_spans, "also where a file asks for them");

    let settings =
        resolve(code().service_name("code").filter("info").metrics(|m| m.port(2)), &variables).unwrap();
    assert_eq!(settings.resource.service_name(), "code");
    assert_eq!(settings.filter, "info".parse().unwrap());
    assert_eq!(settings.metrics.listener_address().unwrap().port(), 2);
}

#[test]
fn empty_variables_are_unset() {
    let settings = from(&[("RADIOSONDE_LOKI_URL", ""), ("OTEL_TRACES_EXPORTER", " "), ("RUST_LOG", "")]);
    assert!(!settings.loki.has_url() && !settings.otlp.has_spans);
}

/// The endpoints as the options show them: `Base` before the signal's path is appended.
fn endpoint(signal: &str) -> String {
    let (_, rest) = signal.split_once("endpoint: ").unwrap();
    rest.split_once(", protocol: ").unwrap().0.to_owned()
}

fn spans(otlp: &Exports) -> Option<String> {
    let shown = format!("{:?}", otlp.options);
    otlp.has_spans.then(|| endpoint(shown.split_once("traces: ").unwrap().1))
}

fn lines(otlp: &Exports) -> Option<String> {
    let shown = format!("{:?}", otlp.options);
    otlp.has_lines.then(|| endpoint(shown.split_once("logs: ").unwrap().1))
}

/// The headers `a` and `b` of a request, and its encoding.
fn sent(request: &radiosonde_testkit::RecordedRequest) -> [Option<&str>; 3] {
    ["a", "b", "content-encoding"].map(|name| request.header(name))
}

#[test]
fn spans_go_where_the_specification_says() {
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b:2/x");
    let expect = |variables: &[(&str, &str)], expected: Option<&str>| {
        assert_eq!(spans(&from(variables).otlp).as_deref(), expected);
    };
    expect(&[base], Some("Some(Base(http://a:1/))"));
    expect(&[base, traces], Some("Some(Whole(http://b:2/x))"));
    expect(&[base, ("OTEL_TRACES_EXPORTER", "none")], None);
    // The default of the options.
    expect(&[("OTEL_TRACES_EXPORTER", "otlp")], Some("None"));
}

#[test]
fn lines_go_by_otlp_only_where_somebody_asks_for_logs() {
    let expect = |code: TelemetryBuilder, variables: &[(&str, &str)], expected: Option<&str>| {
        assert_eq!(lines(&resolve(code, variables).unwrap().otlp).as_deref(), expected);
    };
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    let own = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://b:2/x");
    let asked = ("OTEL_LOGS_EXPORTER", "otlp");
    let otlp = || OtlpOptions::new("http://c:3");
    expect(builder(), &[base], None);
    expect(builder().otlp(otlp()), &[], None);
    expect(builder(), &[asked], Some("None"));
    expect(builder(), &[asked, base], Some("Some(Base(http://a:1/))"));
    expect(builder().otlp(otlp()), &[asked, base], Some("Some(Base(http://c:3/))"));
    expect(builder(), &[base, own], Some("Some(Whole(http://b:2/x))"));
    expect(builder().otlp(otlp()), &[own], Some("Some(Whole(http://b:2/x))"));
    expect(builder(), &[own, ("OTEL_LOGS_EXPORTER", "none")], None);
    let lines = OtlpSignalOptions::new().endpoint("http://d:4/otlp/v1/logs");
    let code = || builder().otlp(otlp().logs(lines.clone()));
    expect(code(), &[own], Some("Some(Whole(http://d:4/otlp/v1/logs))"));
    let asking = || OtlpSignalOptions::new();
    expect(builder().otlp(otlp().logs(asking())), &[own], Some("Some(Base(http://c:3/))"));
    let open = || builder().otlp(OtlpOptions::default().logs(asking()));
    expect(open(), &[own], Some("Some(Whole(http://b:2/x))"));
    expect(open(), &[base], Some("Some(Base(http://a:1/))"));
}

#[test]
fn variables_for_a_signal_win_over_those_for_all() {
    let collector = HttpFake::start([]);
    let settings = from(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url()),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=two%20words"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ]);
    let options = settings.otlp.options;
    let (spans, lines) = {
        let shown = format!("{options:?}");
        let (spans, lines) = shown.split_once("logs: ").unwrap();
        (spans.contains("timeout: Some(1s)"), lines.contains("timeout: Some(2.5s)"))
    };
    assert!(spans && lines, "{options:?}");
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let (spans, lines) = (
        options.build_spans(&settings.resource, &delivery).unwrap(),
        options.build_logs(&settings.resource, &delivery).unwrap(),
    );
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    spans.accept(FinishedSpan::new(context, "a").encode());
    lines.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 2);
    let requests = collector.requests();
    let request = |path: &str| requests.iter().find(|request| request.path() == path).unwrap();
    assert_eq!(sent(request("/v1/traces")), [None, Some("two words"), None]);
    assert_eq!(sent(request("/v1/logs")), [Some("1"), None, Some("gzip")]);
}

#[test]
fn a_timeout_from_a_variable_leaves_the_other_bounds_of_a_sink() {
    let bounds = SinkOptions::default().max_items(77).timeout(Duration::from_secs(1));
    let file = Config {
        loki: LokiOptions::new("http://file:3100").sink(bounds),
        otlp: OtlpOptions::new("http://file:4318").sink(bounds),
        ..Config::default()
    };
    let variables = [("RADIOSONDE_LOKI_TIMEOUT", "2500"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500")];
    let settings = resolve(builder().config(file), &variables).unwrap();
    let (loki, otlp) = (shown(&settings.loki), shown(&settings.otlp.options));
    let (_, spans) = otlp.split_once("traces: ").unwrap();
    for sink in [&loki, spans] {
        assert!(sink.contains("max_items: Some(77)") && sink.contains("timeout: Some(2.5s)"), "{sink}");
    }
}

#[test]
fn a_loki_behind_authentication_is_reached_by_variables() {
    let loki = HttpFake::start([]);
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "t0ken\n").unwrap();
    let settings = from(&[
        ("RADIOSONDE_LOKI_URL", &*loki.url()),
        ("RADIOSONDE_LOKI_TENANT", "shop"),
        ("RADIOSONDE_LOKI_BEARER_TOKEN_FILE", token.to_str().unwrap()),
        ("RADIOSONDE_LOKI_LABELS", "team=pay,zone=eu%2Dwest"),
        ("RADIOSONDE_LOKI_CERTIFICATE", "/not/read/for/http.pem"),
        ("RADIOSONDE_LOKI_TIMEOUT", "2500"),
        ("RADIOSONDE_LOKI_QUEUE_BYTES", "300000"),
    ]);
    let options = settings.loki;
    let shown = format!("{options:?}");
    for setting in ["eu-west", "timeout: Some(2.5s)", "max_bytes: Some(300000)", "/not/read/for/http.pem"] {
        assert!(shown.contains(setting), "{setting} in {shown}");
    }
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let sink = options.build(&settings.resource, &delivery).unwrap();
    sink.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 1);
    let requests = loki.requests();
    let header = |name| requests[0].header(name);
    assert_eq!((header("x-scope-orgid"), header("authorization")), (Some("shop"), Some("Bearer t0ken")));
}

#[test]
fn credentials_for_loki_that_do_not_fit_together_are_refused() {
    let user = ("RADIOSONDE_LOKI_USER", "ada");
    let password = ("RADIOSONDE_LOKI_PASSWORD", "hunter2");
    let file = ("RADIOSONDE_LOKI_PASSWORD_FILE", "/run/secrets/loki");
    let token = ("RADIOSONDE_LOKI_BEARER_TOKEN", "hunter2");
    let shown = |variables: &[(&str, &str)]| format!("{:?}", resolve(builder(), variables).map(|_| ()));
    assert_eq!(shown(&[user, password]), "Ok(())");
    for (variables, blamed) in [
        (&[user][..], user.0),
        (&[password], password.0),
        (&[user, password, file], user.0),
        (&[user, password, token], user.0),
        (&[token, ("RADIOSONDE_LOKI_BEARER_TOKEN_FILE", "a")], token.0),
    ] {
        let shown = shown(variables);
        assert!(shown.contains(&format!("invalid {blamed}: expected a user with")), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn the_listener_is_on_loopback_and_9464_unless_said_otherwise() {
    let listen = |variables: &[(&str, &str)]| {
        from(variables).metrics.listener_address().map(|address| address.to_string())
    };
    assert_eq!(listen(&[("OTEL_METRICS_EXPORTER", "prometheus")]).as_deref(), Some("127.0.0.1:9464"));
    assert_eq!(listen(&[("OTEL_EXPORTER_PROMETHEUS_PORT", "0")]).as_deref(), Some("127.0.0.1:0"));
    assert_eq!(listen(&[("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0")]).as_deref(), Some("0.0.0.0:9464"));
    assert_eq!(listen(&[("OTEL_EXPORTER_PROMETHEUS_HOST", "localhost")]).as_deref(), Some("127.0.0.1:9464"));
    let none = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "1")];
    assert_eq!(listen(&none), None);
}

#[test]
fn what_cannot_be_understood_names_the_variable_the_value_and_what_is_allowed() {
    let millis = "a number of milliseconds from 1 to 600000";
    let delay = "a number of milliseconds from 0 to 3600000";
    let cases = [
        ("OTEL_TRACES_EXPORTER", "pigeon", "otlp, console, none"),
        ("OTEL_TRACES_EXPORTER", "otlp,none", "otlp, console, none"),
        ("OTEL_LOGS_EXPORTER", "stdout", "otlp, none"),
        ("OTEL_METRICS_EXPORTER", "statsd", "prometheus, none"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "udp", "http/protobuf, grpc"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "json", "http/protobuf, grpc"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "a number from 1"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "many", "a number from 1"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "65537", "a number from 1 to 65536, the size of the queue"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "0", "a number from 1 to 65536, the size of the queue"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1", delay),
        ("OTEL_BLRP_SCHEDULE_DELAY", "5s", delay),
        ("OTEL_BSP_EXPORT_TIMEOUT", "3600001", delay),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "1e3", delay),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd", "gzip, none"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", millis),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", millis),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "600001", millis),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "86400000", millis),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "65536", "a port from 0 to 65535"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "no host", "an IP address, or a host name"),
        ("OTEL_PROPAGATORS", "tracecontext,b4", "tracecontext, baggage, b3, b3multi, jaeger, or none alone"),
        (
            "OTEL_PROPAGATORS",
            "none,tracecontext",
            "tracecontext, baggage, b3, b3multi, jaeger, or none alone",
        ),
        ("OTEL_RESOURCE_ATTRIBUTES", "a", "key=value,key=value"),
        ("RADIOSONDE_STRICT", "yes", "true, false, 1, 0"),
        ("RADIOSONDE_LOG_FORMAT", "xml", "auto, json, pretty"),
        ("RADIOSONDE_LOG_PROFILE", "elastic", "native, ecs, otel, gcp"),
        ("RADIOSONDE_LOG_LEVEL_NAMES", "both", "warn_fatal, warning_critical"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many", "a number from 0 to 4294967295"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "-1", "a number from 0 to 4294967295"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "1e3", "a number from 0 to 4294967295"),
    ];
    for (name, value, allowed) in cases {
        // Nothing is off.
        let variables =
            [(name, value), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"), ("OTEL_LOGS_EXPORTER", "otlp")];
        let error = resolve(builder(), &variables).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid {name} {value:?}: expected {allowed}"));
    }
}

#[test]
fn values_that_depend_on_others_name_their_own_variable() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "101"),
    ];
    assert_eq!(
        resolve(builder(), &variables).unwrap_err().to_string(),
        "invalid OTEL_BSP_MAX_EXPORT_BATCH_SIZE \"101\": expected a number from 1 to 100, the size of the queue"
    );
    for (name, variables) in [
        ("OTEL_TRACES_SAMPLER", &[("OTEL_TRACES_SAMPLER", "sometimes")][..]),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "sometimes")],
        ),
    ] {
        let message = resolve(builder(), variables).unwrap_err().to_string();
        assert!(message.starts_with(&format!("invalid {name} \"sometimes\": expected ")), "{message}");
    }
}

#[test]
fn a_log_filter_that_no_target_can_match_is_refused() {
    let words = [
        "err", "none", "\"info\"", "*=debug", "info;hyper=warn", "orders:debug", "orders=loud",
        "info hyper=warn",
    ];
    for word in words {
        let message = resolve(builder(), &[("RUST_LOG", word)]).unwrap_err().to_string();
        assert!(message.starts_with(&format!("invalid RUST_LOG {word:?}: expected ")), "{message}");
        let error = resolve(builder().filter(word), &[]).unwrap_err();
        assert!(error.source().unwrap().to_string().contains("expected "), "{error:?}");
    }
    for (word, level) in [("warning", "warn"), ("critical", "error"), ("fatal", "error")] {
        assert_eq!(from(&[("RUST_LOG", word)]).filter, level.parse().unwrap());
    }
}

#[test]
fn quotes_around_a_value_are_refused_in_every_variable() {
    let values = [
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=pricing"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "9464"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("RADIOSONDE_LOKI_URL", "http://127.0.0.1:3100"),
        ("RADIOSONDE_LOKI_TENANT", "shop"),
        ("RADIOSONDE_LOG_FILE", "/var/log/orders.log"),
        ("RADIOSONDE_LOG_FORMAT", "json"),
        ("RADIOSONDE_LOG_QUEUE_BYTES", "300000"),
        ("RADIOSONDE_LOG_OVERFLOW", "drop_oldest"),
        ("RUST_LOG", "info"),
    ];
    for (name, value) in values {
        for quoted in [format!("\"{value}\""), format!(" '{value}' ")] {
            let message = resolve(builder(), &[(name, &quoted)]).unwrap_err().to_string();
            let shown = quoted.trim();
            assert_eq!(
                message,
                format!("invalid {name} {shown:?}: expected a value without quotes around it")
            );
        }
    }
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    for name in ["OTEL_EXPORTER_OTLP_HEADERS", "RADIOSONDE_DEBUG_KEYS", "RADIOSONDE_METRICS_BEARER_TOKEN"] {
        let error = resolve(builder(), &[endpoint, (name, "\"authorization=hunter2\"")]).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid {name}: expected a value without quotes around it"));
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[test]
fn a_word_for_no_log_file_is_not_taken_for_a_path() {
    for word in ["-", "stdout", "STDERR", "none", "off", "true"] {
        let message = resolve(builder(), &[("RADIOSONDE_LOG_FILE", word)]).unwrap_err().to_string();
        let expected = "the path of a file; unset for standard output";
        assert_eq!(message, format!("invalid RADIOSONDE_LOG_FILE {word:?}: expected {expected}"));
    }
}

#[test]
fn secrets_are_not_repeated() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=%zzhunter2");
    let error = resolve(builder(), &[endpoint, headers]).unwrap_err();
    let whole = format!("{error} {} {error:?}", error.source().unwrap());
    assert!(whole.contains("invalid OTEL_EXPORTER_OTLP_HEADERS: expected "), "{whole}");
    assert!(!whole.contains("hunter2"), "{whole}");

    let token = ("RADIOSONDE_METRICS_BEARER_TOKEN", "hunter2 hunter2");
    let error = resolve(builder(), &[token]).unwrap_err();
    let whole = format!("{error} {} {error:?}", error.source().unwrap());
    assert!(whole.contains("RADIOSONDE_METRICS_BEARER_TOKEN") && !whole.contains("hunter2"), "{whole}");
}

/// How many credentials options have, if they have a list of them.
fn count(options: &impl fmt::Debug) -> Option<usize> {
    let shown = shown(options);
    let (_, list) = shown.split_once("credentials: Some([")?;
    Some(list.split_once("])").unwrap().0.matches("Credentials").count())
}

#[test]
fn scrapes_need_what_code_says_else_the_token_of_the_variable_else_nothing() {
    let token = [("RADIOSONDE_METRICS_BEARER_TOKEN", "hunter2")];
    let asked = |code, variables| count(&resolve(code, variables).unwrap().metrics);
    assert_eq!(asked(builder(), &[]), None);
    assert_eq!(asked(builder(), &token), Some(1));
    let two = [Credentials::basic("a", "b"), Credentials::basic("c", "d")].map(Result::unwrap);
    assert_eq!(asked(builder().metrics(|metrics| metrics.credentials(two)), &token), Some(2));
}

#[test]
fn levels_are_changed_by_whom_code_says_else_the_token_of_the_variable_else_nobody() {
    let token = [("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN", "hunter2")];
    let asked = |code, variables| count(&resolve(code, variables).unwrap().levels);
    assert_eq!(asked(builder(), &[]), None);
    assert_eq!(asked(builder(), &token), Some(1));
    let two = [Credentials::basic("a", "b"), Credentials::basic("c", "d")].map(Result::unwrap);
    assert_eq!(asked(builder().levels(|levels| levels.credentials(two)), &token), Some(2));
    let error = resolve(builder(), &[("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN", "hunter2 2")]).unwrap_err();
    assert!(error.to_string().contains("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn operators_are_those_of_code_or_the_token_of_the_variable() {
    let token = [("RADIOSONDE_ADMIN_BEARER_TOKEN", "hunter2")];
    let asked = |code, variables| count(&resolve(code, variables).unwrap().admin);
    assert_eq!(asked(builder(), &[]), None);
    assert_eq!(asked(builder(), &token), Some(1));
    let two = [Credentials::basic("a", "b"), Credentials::basic("c", "d")].map(Result::unwrap);
    assert_eq!(asked(builder().admin(|admin| admin.credentials(two)), &token), Some(2));
    let error = resolve(builder(), &[("RADIOSONDE_ADMIN_BEARER_TOKEN", "hunter2 2")]).unwrap_err();
    assert!(error.to_string().contains("RADIOSONDE_ADMIN_BEARER_TOKEN"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn debug_keys_are_those_of_code_else_of_the_variable_and_are_not_repeated() {
    let keys = [("RADIOSONDE_DEBUG_KEYS", "correct horse battery staple, the key that comes next")];
    let count = |code, variables| resolve(code, variables).unwrap().debug_keys.map(|keys| keys.len());
    assert_eq!(count(builder(), &[]), None);
    assert_eq!(count(builder(), &keys), Some(2));
    let key = radiosonde_tower::DebugKey::new("a third key, from code").unwrap();
    assert_eq!(count(builder().debug_keys([key]), &keys), Some(1));
    for text in ["hunter2", "correct horse battery staple,hunter2", "correct horse battery staple,"] {
        let error = resolve(builder(), &[("RADIOSONDE_DEBUG_KEYS", text)]).unwrap_err();
        assert!(error.to_string().starts_with("invalid RADIOSONDE_DEBUG_KEYS: expected "), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let look_up = |name: &str| (name == "RUST_LOG").then(|| OsString::from_vec(vec![0xff]));
    let error = Settings::resolve(builder(), &Variables::new(&look_up)).unwrap_err();
    assert_eq!(error.to_string(), "invalid RUST_LOG \"\u{fffd}\": expected UTF-8");
}

#[test]
fn the_log_file_is_rotated_as_the_variables_say() {
    let options = |variables: &[(&str, &str)]| {
        let look_up =
            |name: &str| Some(OsString::from(variables.iter().find(|(other, _)| *other == name)?.1));
        log_file::options(&Variables::new(&look_up))
    };
    let debug = |options: FileOptions| format!("{options:?}");
    assert!(options(&[]).unwrap().is_none());
    let all = [
        ("RADIOSONDE_LOG_FILE_ROTATE", "daily"),
        ("RADIOSONDE_LOG_FILE_ROTATE_AT_BYTES", "1000"),
        ("RADIOSONDE_LOG_FILE_KEEP_TOTAL_BYTES", "5000"),
        ("RADIOSONDE_LOG_FILE_KEEP_FILES", "7"),
        ("RADIOSONDE_LOG_FILE_KEEP_DAYS", "14"),
        ("RADIOSONDE_LOG_FILE_GZIP", "true"),
        ("RADIOSONDE_LOG_FILE_REOPEN_ON_SIGHUP", "true"),
        ("RADIOSONDE_LOG_FILE_MODE", "0640"),
    ];
    let expected = FileOptions::new()
        .rotate(Rotation::Daily)
        .rotate_at_bytes(1000)
        .keep_total_bytes(5000)
        .keep_files(7)
        .keep_for(Duration::from_secs(14 * 86_400))
        .gzip(true)
        .reopen_on_sighup()
        .mode(0o640);
    assert_eq!(debug(options(&all).unwrap().unwrap()), debug(expected));
    for (variable, value) in [
        ("RADIOSONDE_LOG_FILE_ROTATE", "weekly"),
        ("RADIOSONDE_LOG_FILE_ROTATE_AT_BYTES", "0"),
        ("RADIOSONDE_LOG_FILE_ROTATE_AT_BYTES", "10MB"),
        ("RADIOSONDE_LOG_FILE_KEEP_FILES", "-1"),
        ("RADIOSONDE_LOG_FILE_KEEP_DAYS", "0.5"),
        ("RADIOSONDE_LOG_FILE_GZIP", "yes"),
        ("RADIOSONDE_LOG_FILE_MODE", "+640"),
        ("RADIOSONDE_LOG_FILE_MODE", "444"),
        ("RADIOSONDE_LOG_FILE_MODE", "1777"),
        ("RADIOSONDE_LOG_FILE_MODE", "680"),
    ] {
        // Reported even if no file is written.
        let error = resolve(builder(), &[(variable, value)]).unwrap_err().to_string();
        assert!(error.contains(variable) && error.contains(value), "{error}");
    }
}

#[test]
fn a_configuration_file_rotates_the_log_file_unless_a_variable_does() {
    let daily = || FileOptions::new().rotate(Rotation::Daily).keep_files(7);
    let file = || Config { logs: LogOptions::new().file_options(daily()), ..Config::default() };
    let of = |variables: &[(&str, &str)]| shown(&resolve(builder().config(file()), variables).unwrap().logs);
    let expected = |options: FileOptions| format!("file_options: Some({options:?})");
    assert!(of(&[]).contains(&expected(daily())), "{}", of(&[]));
    let hourly = of(&[("RADIOSONDE_LOG_FILE_ROTATE", "hourly")]);
    assert!(hourly.contains(&expected(FileOptions::new().rotate(Rotation::Hourly))), "{hourly}");
}

/// The layer of these settings, as `init` builds it.
fn build(settings: Settings) -> Result<JsonLayer, InitError> {
    let given = settings.given;
    settings.logs.registry(&Registry::new()).build().map_err(|error| log::refuse(error, &given))
}

#[test]
fn options_of_a_file_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.log");
    let variables =
        [("RADIOSONDE_LOG_FILE", path.to_str().unwrap()), ("RADIOSONDE_LOG_FILE_KEEP_FILES", "3")];
    let error = build(from(&variables)).unwrap_err();
    assert_eq!(error.to_string(), "cannot write the log file");
    assert!(error.source().unwrap().to_string().starts_with("keep_files without a rotation"), "{error:?}");
    // Code wins as a whole.
    let code = builder().logs(|logs| logs.file_options(FileOptions::new().rotate(Rotation::Daily)));
    assert!(build(resolve(code, &variables).unwrap()).is_ok());
    // A file in code takes the place of that in the variable, a writer does, too.
    let other = folder.path().join("other.log");
    for code in
        [builder().logs(|logs| logs.file(&other)), builder().logs(|logs| logs.writer(Writer::stderr()))]
    {
        let settings = resolve(code, &variables[..1]).unwrap();
        assert!(!shown(&settings.logs).contains("orders.log"), "{:?}", settings.logs);
    }
}

#[test]
fn the_environment_sets_nothing_without_variables() {
    let environment = environment(&Config::default(), (false, false), &Variables::new(&|_| None)).unwrap();
    assert_eq!(shown(&environment), shown(&Config::default()));
}

#[test]
fn what_a_line_looks_like_is_read_and_what_cannot_be_is_named() {
    let variables = [
        ("RADIOSONDE_LOG_METADATA_KEY", "meta"),
        ("RADIOSONDE_LOG_TIMESTAMP_PRECISION", "nanos"),
        ("RADIOSONDE_LOG_FIELDS", "team=pay,zone=eu%2Dwest"),
        ("RADIOSONDE_LOG_MAX_LINE_BYTES", "9000"),
    ];
    let lines = shown(&from(&variables).logs);
    for setting in ["Some(\"meta\")", "Some(Nanos)", "(\"zone\", \"eu-west\")", "max_line_bytes: Some(9000)"]
    {
        assert!(lines.contains(setting), "{setting} in {lines}");
    }
    for (name, value, expected) in [
        ("RADIOSONDE_LOG_METADATA_KEY", "timestamp", "a key that lines do not have"),
        ("RADIOSONDE_LOG_FIELDS", "level", "keys that lines do not have"),
        ("RADIOSONDE_LOG_MAX_LINE_BYTES", "10", "a number of bytes that holds a line"),
        ("RADIOSONDE_LOG_MAX_LINE_BYTES", "9000000", "no more bytes than the queue holds"),
    ] {
        let set = if name == "RADIOSONDE_LOG_FIELDS" { "level=high" } else { value };
        let error = build(from(&[(name, set)])).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid {name} {value:?}: expected {expected}"));
        assert!(error.source().is_some());
    }
    let refused = build(resolve(builder().logs(|logs| logs.metadata_key("timestamp")), &[]).unwrap());
    assert!(matches!(refused, Err(InitError::Log(_))), "{refused:?}");
}

#[test]
fn the_queue_before_the_writer_is_as_code_says_or_else_the_variables() {
    let lines = |code, variables: &[(&str, &str)]| {
        format!("{:?}", resolve(code, variables).map(|settings| settings.logs))
    };
    assert!(lines(builder(), &[]).contains("queue_bytes: Some(8388608)"));
    let direct = ("RADIOSONDE_LOG_QUEUE_BYTES", "0");
    assert!(lines(builder(), &[direct]).contains("queue_bytes: Some(0)"));
    let oldest = OverflowPolicy::all(Overflow::DropOldest);
    let variables = [("RADIOSONDE_LOG_QUEUE_BYTES", "300000"), ("RADIOSONDE_LOG_OVERFLOW", "drop_oldest")];
    assert!(lines(builder().logs(|logs| logs.queue_bytes(0)), &variables).contains("queue_bytes: Some(0)"));
    let both = format!("queue: None, queue_bytes: Some(300000), overflow: Some({oldest:?})");
    assert!(lines(builder(), &variables).contains(&both));
    assert!(lines(builder().logs(|logs| logs.overflow(oldest)), &variables[..1]).contains(&both));
    let options = QueueOptions::new();
    let code = builder().logs(|logs| logs.queue(options.clone()));
    assert!(lines(code, &variables).contains(&format!("queue: Some({options:?})")));

    for (name, value) in [("RADIOSONDE_LOG_QUEUE_BYTES", "1000"), ("RADIOSONDE_LOG_OVERFLOW", "spill")] {
        let refused = resolve(builder(), &[(name, value)]).unwrap_err().to_string();
        assert!(refused.contains(name) && refused.contains(value), "{refused}");
    }
}
