//! Variables of OpenTelemetry's specification, as platforms set them for every language.
#![cfg(all(feature = "loki", feature = "otlp"))]

use super::tests::{flag, from, resolve};
use super::*;
use radiosonde_otlp::OtlpOptions;
use radiosonde_trace::{Propagator, Propagators};

use crate::builder::builder;

/// What the variables that are not supported say when they are reported.
fn warned(settings: &Settings) -> Vec<&'static str> {
    settings.unsupported.iter().map(Unsupported::name).collect()
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1");
const LOGS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "otlp");

/// A variable, its value, and whether it is warned of.
const CASES: [(&str, &str, bool); 41] = [
    ("OTEL_METRICS_EXPORTER", "otlp", true),
    ("OTEL_METRICS_EXPORTER", "console", true),
    ("OTEL_METRICS_EXPORTER", "Prometheus,OTLP", true),
    ("OTEL_METRICS_EXPORTER", "PROMETHEUS", false),
    ("OTEL_METRICS_EXPORTER", "none,", false),
    ("OTEL_TRACES_EXPORTER", "OTLP", false),
    ("OTEL_TRACES_EXPORTER", "otlp,console", false),
    ("OTEL_TRACES_EXPORTER", "Console", false),
    ("OTEL_TRACES_EXPORTER", "zipkin", true),
    ("OTEL_TRACES_SAMPLER_ARG", "0.1", true),
    ("OTEL_TRACES_SAMPLER_ARG", "endpoint=http://user:hunter2@b:2", true),
    ("OTEL_LOGS_EXPORTER", "console", true),
    ("OTEL_LOGS_EXPORTER", "None", false),
    ("OTEL_PROPAGATORS", "b3", false),
    ("OTEL_PROPAGATORS", "B3Multi,xray", true),
    ("OTEL_PROPAGATORS", "ottrace", true),
    ("OTEL_PROPAGATORS", "tracecontext,baggage", false),
    ("OTEL_PROPAGATORS", "tracecontext,", false),
    ("OTEL_PROPAGATORS", ",", false),
    ("OTEL_PROPAGATORS", "TraceContext", false),
    ("OTEL_PROPAGATORS", "none", false),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC", false),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", true),
    ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "HTTP/JSON", true),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/Protobuf", false),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP", false),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "None", false),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "600000", false),
    ("OTEL_EXPORTER_OTLP_HEADERS", "a=b,", false),
    ("OTEL_RESOURCE_ATTRIBUTES", "a=b,", false),
    ("OTEL_SDK_DISABLED", "1", true),
    ("OTEL_SDK_DISABLED", "yes", true),
    ("OTEL_SDK_DISABLED", "False", false),
    ("OTEL_TRACES_SAMPLER", "ALWAYS_OFF", false),
    ("OTEL_TRACES_SAMPLER", "Parentbased_Jaeger_Remote", false),
    ("OTEL_TRACES_SAMPLER", "xray", true),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://user:hunter2@b:2", true),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem", false),
    ("OTEL_BSP_SCHEDULE_DELAY", "5000", false),
    ("OTEL_BLRP_SCHEDULE_DELAY", "5000", false),
    ("OTEL_CONFIG_FILE", "/etc/otel.yaml", true),
];

#[test]
fn values_of_the_specification_are_taken_or_warned_of_by_name() {
    for (name, value, is_warned) in CASES {
        let variables = [(name, value), ENDPOINT, LOGS];
        let settings = from(&variables);
        let expected = if is_warned { vec![name] } else { Vec::new() };
        assert_eq!(warned(&settings), expected, "{name}={value}");
        assert!(!format!("{:?}", settings.unsupported).contains("hunter2"), "{name}");

        // Once it is asked for, what is warned of is an error.
        let strict = [(name, value), ENDPOINT, LOGS, ("RADIOSONDE_STRICT", "1")];
        match resolve(builder(), &strict) {
            Ok(_) => assert!(!is_warned, "{name}={value}"),
            Err(error) => {
                assert!(is_warned && error.to_string().starts_with(&format!("invalid {name}")), "{error}");
                assert!(error.to_string().ends_with(", as RADIOSONDE_STRICT is set"), "{error}");
            }
        }
    }
}

#[test]
fn what_is_not_supported_has_something_in_its_place() {
    assert_eq!(flag(&from(&[("OTEL_SDK_DISABLED", "1")]), "disabled"), None);
    assert_eq!(flag(&from(&[("OTEL_SDK_DISABLED", "True")]), "disabled"), Some(true));
    assert!(from(&[("OTEL_METRICS_EXPORTER", "otlp")]).metrics.listener_address().is_none());
    assert!(from(&[("OTEL_METRICS_EXPORTER", "prometheus,otlp")]).metrics.listener_address().is_some());
    let port = ("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    assert!(
        from(&[("OTEL_METRICS_EXPORTER", "otlp"), port]).metrics.listener_address().is_some(),
        "the port asks for it"
    );
    assert!(from(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ENDPOINT]).otlp.has_spans);
    assert!(!from(&[("OTEL_TRACES_EXPORTER", "console"), ENDPOINT]).otlp.has_spans, "it is to go elsewhere");
    assert!(from(&[("OTEL_TRACES_EXPORTER", "console,otlp"), ENDPOINT]).otlp.has_spans);
    let sampler = [("OTEL_TRACES_SAMPLER", "xray")];
    assert_eq!(super::tests::sampler(&from(&sampler)), format!("{:?}", Sampler::parent_based_always_on()));
}

#[test]
fn the_report_on_an_exporter_states_whether_another_one_exports() {
    let reported =
        |variable: (&'static str, &'static str)| format!("{:?}", from(&[variable, ENDPOINT]).unsupported);
    for (variable, value, expected) in [
        ("OTEL_TRACES_EXPORTER", "jaeger", "no span is exported"),
        ("OTEL_TRACES_EXPORTER", "jaeger,otlp", "spans go to the other exporters that it names"),
        ("OTEL_TRACES_EXPORTER", "console,jaeger", "spans go to the other exporters that it names"),
        ("OTEL_LOGS_EXPORTER", "console", "no log record is exported; lines are written as ever"),
        (
            "OTEL_LOGS_EXPORTER",
            "otlp,console",
            "log records are exported by OTLP alone; lines are written as ever",
        ),
    ] {
        let reported = reported((variable, value));
        assert!(reported.contains(&format!("{expected:?}")), "{variable}={value}: {reported}");
    }
}

#[test]
fn an_argument_that_no_sampler_takes_is_reported() {
    let with = |name| [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", "0.1")];
    for (name, is_reported) in [
        ("", true),
        ("always_on", true),
        ("parentbased_always_off", true),
        ("traceidratio", false),
        ("ParentBased_TraceIdRatio", false),
    ] {
        let expected = if is_reported { vec!["OTEL_TRACES_SAMPLER_ARG"] } else { Vec::new() };
        assert_eq!(warned(&from(&with(name))), expected, "{name}");
    }
    assert_eq!(warned(&from(&with("xray"))), ["OTEL_TRACES_SAMPLER"], "one report is enough");
    let code = builder().traces(|traces| traces.sampler(Sampler::always_on()));
    assert!(warned(&resolve(code, &with("")).unwrap()).is_empty(), "code wins");
    let disabled = [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_SAMPLER_ARG", "0.1")];
    assert!(warned(&from(&disabled)).is_empty(), "the sampler is off");
}

#[test]
fn an_unknown_sampler_is_refused_with_all_there_are() {
    let message = resolve(builder(), &[("OTEL_TRACES_SAMPLER", "sometimes")]).unwrap_err().to_string();
    let expected = message.split_once("expected ").unwrap().1;
    let names: Vec<_> = expected.split(", ").collect();
    for name in ["always_on", "always_off", "traceidratio", "jaeger_remote"] {
        assert!(names.contains(&name), "{name}: {message}");
        assert!(names.contains(&&*format!("parentbased_{name}")), "{name}: {message}");
    }
}

#[test]
fn trace_context_is_propagated_in_the_formats_that_are_named() {
    let cases = [
        ("", Propagators::default()),
        (",", Propagators::default()),
        ("tracecontext", Propagators::new([Propagator::TraceContext])),
        ("tracecontext,baggage", Propagators::default()),
        ("B3 , jaeger", Propagators::new([Propagator::B3, Propagator::Jaeger])),
        ("b3multi,xray", Propagators::new([Propagator::B3Multi])),
        ("xray,ottrace", Propagators::default()),
        ("baggage", Propagators::new([Propagator::Baggage])),
        ("none", Propagators::none()),
    ];
    let with = |propagators| format!("{:?}", TraceOptions::new().propagators(propagators));
    for (value, expected) in cases {
        let found = from(&[("OTEL_PROPAGATORS", value)]).traces.or(TraceOptions::new().propagators(expected));
        assert_eq!(format!("{found:?}"), with(expected), "{value:?}");
    }
    let both = [("OTEL_PROPAGATORS", "none"), ("OTEL_SDK_DISABLED", "true")];
    let expected = TraceOptions::new().propagators(Propagators::none()).disabled(true);
    assert_eq!(
        format!("{:?}", from(&both).traces),
        format!("{expected:?}"),
        "one has no effect on the other"
    );
}

#[test]
fn variables_of_what_is_off_are_not_judged() {
    let nonsense = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "pigeon"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "few"),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        let settings = from(&[&nonsense[..], more].concat());
        assert!(warned(&settings).is_empty(), "{:?}", settings.unsupported);
        assert!(
            !settings.otlp.has_spans
                && !settings.otlp.has_lines
                && settings.metrics.listener_address().is_none()
        );
    };
    with(&[]);
    with(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")]);
    with(&[ENDPOINT, LOGS, ("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_SAMPLER", "sometimes")]);
    with(&[("OTEL_SDK_DISABLED", "true"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many")]);
    with(&[("OTEL_METRICS_EXPORTER", "none"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "many")]);

    // The signal's own variable wins over that of all signals, which no signal reads then.
    let own =
        [("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let settings = from(&[&own[..], &[ENDPOINT]].concat());
    assert!(settings.otlp.has_spans && warned(&settings).is_empty());
    // What code sets is not looked up.
    let code =
        builder().traces(|traces| traces.sampler(Sampler::always_on())).otlp(OtlpOptions::new("http://c:3"));
    let variables = [("OTEL_TRACES_SAMPLER", "xray"), ("OTEL_TRACES_EXPORTER", "pigeon")];
    assert!(warned(&resolve(code, &variables).unwrap()).is_empty());
}

#[test]
fn each_signal_is_sent_by_its_own_protocol() {
    let own = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
    let settings = from(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), own, ENDPOINT, LOGS]);
    let shown = format!("{:?}", settings.otlp.options);
    let (spans, lines) = shown.split_once("logs: ").unwrap();
    assert!(spans.contains("protocol: Some(HttpProtobuf)") && !spans.contains("Grpc"), "{shown}");
    assert!(lines.contains("protocol: Some(Grpc)"), "{shown}");
}

#[test]
fn the_batches_of_each_signal_are_bounded_as_its_variables_say() {
    let settings = from(&[
        ENDPOINT,
        LOGS,
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2048"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "30000"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "5000"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "0"),
    ]);
    let shown = format!("{:?}", settings.otlp.options);
    let (spans, lines) = shown.split_once("logs: ").unwrap();
    for setting in [
        "max_items: Some(2048)",
        "batch_items: Some(512)",
        "batch_age: Some(0ns)",
        "timeout: Some(2.5s)",
        "export_timeout: Some(30s)",
    ] {
        assert!(spans.contains(setting), "{setting}: {shown}");
    }
    // A batch is no larger than the queue, and without a timeout there is no bound.
    for setting in
        ["max_items: Some(100)", "batch_items: Some(100)", "batch_age: Some(5s)", "export_timeout: None"]
    {
        assert!(lines.contains(setting), "{setting}: {shown}");
    }
}

#[test]
fn a_jaeger_is_asked_where_the_sampler_says_so() {
    let shown = |builder, variables: &[(&'static str, &'static str)]| {
        format!("{:?}", resolve(builder, variables).unwrap().remote_sampling)
    };
    let argument = "endpoint=http://c:3/sampling,pollingIntervalMs=5000,initialSamplingRate=0.25";
    let variables = |name| [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)];
    for (name, follows) in [("jaeger_remote", "false"), ("parentbased_jaeger_remote", "true")] {
        let shown = shown(builder(), &variables(name));
        for part in ["http://c:3/sampling", "5s", "0.25", &format!("follows_parents: {follows}")] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
    let asking = || builder().jaeger_remote(radiosonde_otlp::JaegerRemoteOptions::new("http://d:4"));
    assert!(shown(asking(), &variables("jaeger_remote")).contains("http://d:4"), "code wins");
    let code = builder().traces(|traces| traces.sampler(Sampler::always_on()));
    assert_eq!(shown(code, &variables("jaeger_remote")), "None");
    let disabled = [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_SAMPLER", "jaeger_remote")];
    assert_eq!(shown(builder(), &disabled), "None");
    assert_eq!(shown(asking(), &disabled), "None");

    let refused = |argument: &'static str| {
        let variables = [("OTEL_TRACES_SAMPLER", "jaeger_remote"), ("OTEL_TRACES_SAMPLER_ARG", argument)];
        resolve(builder(), &variables).unwrap_err().to_string()
    };
    assert_eq!(
        refused("0.25"),
        "invalid OTEL_TRACES_SAMPLER_ARG \"0.25\": expected endpoint=URL,pollingIntervalMs=NUMBER,initialSamplingRate=RATIO"
    );
    assert!(!refused("endpoint=http://u:hunter2@c").contains("hunter2"));
}
