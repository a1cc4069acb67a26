//! The generated rules of alerts in promtool, those of known guides among them: they load, and their unit tests pass.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]
#![allow(clippy::disallowed_methods, reason = "the real programs run by the real time")]

use std::fs;
use std::time::{Duration, Instant};

use e2e::{Prometheus, Promtool, wait_for};
use radiosonde_alerts::{AlertRule, Condition, Severity, Value};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_ops::{Catalogue, Generator};
use radiosonde_signals::{Database, Match, Objectives, Operation, PoolState, Series, Slo, Work};
use tempfile::TempDir;

const MINUTE: Duration = Duration::from_secs(60);

fn counter(registry: &Registry, name: &str, labels: &'static [&'static str]) -> Series {
    registry.counter(name, "Events.").labels(labels).unwrap();
    Series::of(registry, name, Kind::Counter)
}

fn gauge(registry: &Registry, name: &str, labels: &'static [&'static str]) -> Series {
    registry.gauge(name, "Value.").labels(labels).unwrap();
    Series::of(registry, name, Kind::Gauge)
}

fn latency(registry: &Registry, name: &str) -> Series {
    let bounds = Buckets::from_static(&[0.1, 0.25, 0.5, 1.0, 2.5, 5.0]);
    registry.histogram(name, "Time.").buckets(bounds).labels(&["method", "endpoint"]).unwrap();
    Series::of(registry, name, Kind::Histogram)
}

fn rule(name: &str, severity: Severity, minutes: u32, condition: Condition) -> AlertRule {
    let runbook = format!("https://runbooks.example/{name}");
    AlertRule::new(name, condition)
        .severity(severity)
        .hold(minutes * MINUTE)
        .summary("It is {value}.")
        .runbook(runbook)
}

/// Devices that send telemetry, behind an API.
fn devices(registry: &Registry) -> Vec<AlertRule> {
    let requests = counter(registry, "api_requests_total", &["method", "endpoint", "status"]);
    let failed = requests.clone().with_match("status", Match::StartsWith(vec!["5".to_owned()]));
    let api = latency(registry, "api_request_duration_seconds");
    let states = gauge(registry, "devices", &["status"]);
    let points = counter(registry, "telemetry_points_total", &["device_type", "metric_name"]);
    let critical =
        counter(registry, "alerts_total", &["severity", "alert_type"]).with("severity", "critical");
    let connections = gauge(registry, "database_connections", &["state"]);
    let of = |state| connections.clone().with("state", state);
    let offline = states.clone().with("status", "offline");
    let w = 5 * MINUTE;
    vec![
        rule(
            "HighErrorRate",
            Severity::Critical,
            5,
            Condition::above(Value::ratio(failed, requests, w), 0.05),
        ),
        rule(
            "HighLatency",
            Severity::Critical,
            10,
            Condition::above(Value::quantile(0.95, api.clone(), w), 0.2),
        ),
        rule("HighResponseTime", Severity::Warning, 5, Condition::above(Value::quantile(0.95, api, w), 1.0)),
        rule(
            "DatabaseConnectionsHigh",
            Severity::Warning,
            5,
            Condition::above(Value::share(of("used"), of("max")), 0.8),
        ),
        rule(
            "DevicesOffline",
            Severity::Warning,
            10,
            Condition::above(Value::share(offline.clone(), states.clone()), 0.2),
        ),
        rule(
            "ManyDevicesOffline",
            Severity::Critical,
            0,
            Condition::above(Value::sum(offline).by("site"), 2.0),
        ),
        rule("TelemetryDataMissing", Severity::Critical, 5, Condition::below(Value::rate(points, w), 10.0)),
        rule(
            "CriticalAlertsHigh",
            Severity::Critical,
            0,
            Condition::above(Value::increase(critical, w), 0.0),
        ),
        rule("NoDevices", Severity::Critical, 5, Condition::absent(states)),
    ]
}

/// A service with plugins, a memory and a state that it regulates.
fn plugins(registry: &Registry) -> Vec<AlertRule> {
    let executions = counter(registry, "plugin_executions_total", &["status"]);
    let failed = executions.clone().with("status", "error");
    let memory = gauge(registry, "memory_healthy", &[]);
    let homeostasis = gauge(registry, "homeostasis_status", &["status"]).with("status", "active");
    let used = gauge(registry, "memory_bytes", &["type"]);
    let of = |kind| used.clone().with("type", kind);
    let trained = gauge(registry, "model_last_training_timestamp_seconds", &[]);
    let backup = gauge(registry, "last_backup_timestamp_seconds", &["volume"]);
    let w = 5 * MINUTE;
    vec![
        rule("MemorySystemDown", Severity::Critical, 1, Condition::below(Value::lowest(memory), 1.0)),
        rule("HomeostasisInactive", Severity::Warning, 5, Condition::below(Value::highest(homeostasis), 1.0)),
        rule(
            "PluginExecutionFailures",
            Severity::Warning,
            10,
            Condition::above(Value::ratio(failed, executions, w), 0.1),
        ),
        rule(
            "HighMemoryUsage",
            Severity::Warning,
            15,
            Condition::above(Value::share(of("used"), of("limit")), 0.8),
        ),
        rule("HighMemoryUsage", Severity::Critical, 5, Condition::above(Value::sum(of("used")), 1.5e9)),
        rule(
            "HighMemoryUsage",
            Severity::Info,
            5,
            Condition::above(Value::share(of("used"), of("limit")), 0.9),
        ),
        rule("ModelOutdated", Severity::Info, 0, Condition::above(Value::age(trained), 86_400.0)),
        rule(
            "BackupOutdated",
            Severity::Warning,
            0,
            Condition::above(Value::age(backup).by("volume"), 3600.0),
        ),
        rule("BudgetHalf", Severity::Info, 0, Condition::budget_below("backend_available", 0.5)),
        rule("BudgetBurns", Severity::Critical, 0, Condition::burning("backend_available")),
        rule(
            "WorkFails",
            Severity::Warning,
            0,
            Condition::above(Value::error_ratio(Work::of_kind("operation"), w), 0.2),
        ),
        rule("Odd", Severity::Warning, 0, Condition::when(|_| Some(1.0))),
    ]
}

fn generator(namespace: &str, rules: fn(&Registry) -> Vec<AlertRule>) -> Generator {
    let registry = Registry::builder().namespace(namespace).build().unwrap();
    let available = Slo::availability("backend_available", 99.9, Work::operation("backend"));
    let fast = Slo::latency("backend_fast", 95.0, Work::operation("backend"), Duration::from_millis(500));
    Objectives::of(&registry).declare_all([available, fast]).unwrap();
    Operation::in_registry(&registry, "backend").unwrap();
    Operation::in_registry(&registry, "other").unwrap();
    let pool = || PoolState { active: 1, idle: 1, max: 10, waiting: None };
    Database::builder("orders").registry(&registry).pool(pool).build().unwrap();
    let rules = rules(&registry);
    Generator::new(namespace, Catalogue::of(&registry).with_alerts(&registry, rules))
        .matching("job", namespace)
}

/// The files of a generator, and the name of the one with its alerts.
fn written(generator: &Generator) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = generator.artifacts().unwrap();
    artifacts.write(folder.path()).unwrap();
    let is_meant = |(path, text): &(&str, &str)| path.starts_with("rules/") && text.contains("name: alerts");
    let (path, _) = artifacts.files().find(is_meant).unwrap();
    (folder, path.trim_start_matches("rules/").to_owned())
}

fn generators() -> [Generator; 2] {
    [generator("devices", devices), generator("plugins", plugins)]
}

#[test]
fn generated_alerts_pass_their_own_tests() {
    let Some(promtool) = Promtool::find() else { return };
    for generator in generators() {
        let (folder, name) = written(&generator);
        let file = |below: &str| folder.path().join(below).join(&name);
        let rules = fs::read_to_string(file("rules")).unwrap();
        promtool.check_rules(&file("rules")).unwrap_or_else(|printed| panic!("{printed}\n{rules}"));
        let tests = fs::read_to_string(file("rule_tests")).unwrap();
        let start = Instant::now();
        promtool.test_rules(&file("rule_tests")).unwrap_or_else(|printed| panic!("{printed}\n{rules}"));
        println!("{name}: {} stories in {:?}", tests.matches("\n  - name: ").count(), start.elapsed());
    }
}

/// A namespace, what is replaced in its rules, and by what.
#[rustfmt::skip]
const MUTATIONS: [(&str, &str, &str); 14] = [
    // Each series divided by itself.
    ("devices", r#"sum(increase(devices_api_requests_total{status=~"5.*",job="devices"}[5m]))"#, r#"increase(devices_api_requests_total{status=~"5.*",job="devices"}[5m])"#),
    ("devices", r#"(sum(increase(devices_api_requests_total{job="devices"}[5m])) > 0)"#, r#"(sum(increase(devices_api_requests_total{status=~"5.*",job="devices"}[5m])) > 0)"#),
    ("devices", r#"increase(devices_api_requests_total{status"#, r#"delta(devices_api_requests_total{status"#),
    // A quantile for each series, of raw buckets, and of the wrong share.
    ("devices", "sum by (le) (rate(devices_api_request", "sum by (le, instance) (rate(devices_api_request"),
    ("devices", "rate(devices_api_request_duration_seconds_bucket", "(devices_api_request_duration_seconds_bucket"),
    ("devices", "histogram_quantile(0.95, sum by (le) (rate(devices_api", "histogram_quantile(0.05, sum by (le) (rate(devices_api"),
    // A counter above 0 never resolves.
    ("devices", r#"increase(devices_alerts_total{severity="critical",job="devices"}[5m])"#, r#"devices_alerts_total{severity="critical",job="devices"}"#),
    // Nothing at all is too little.
    ("devices", r#"0 * max(absent(devices_telemetry"#, r#"0 * max(absent(vector(1)) or absent(vector(1) > 0) or (devices_telemetry"#),
    ("devices", r#"max(absent(devices_devices{"#, r#"max((devices_devices{"#),
    ("devices", " > 0.2", " > 0.4"),
    ("plugins", " > 86400", " > 90000"),
    ("plugins", " > 1500000000", " > 3500000000"),
    ("plugins", "min(plugins_memory_healthy", "-min(plugins_memory_healthy"),
    ("plugins", "for: 15m", "for: 50m"),
];

#[test]
fn a_broken_alert_fails_one_of_its_stories() {
    let Some(promtool) = Promtool::find() else { return };
    for (namespace, from, to) in MUTATIONS {
        let generator =
            generators().into_iter().zip(["devices", "plugins"]).find(|(_, name)| *name == namespace);
        let (folder, name) = written(&generator.unwrap().0);
        let file = |below: &str| folder.path().join(below).join(&name);
        let rules = fs::read_to_string(file("rules")).unwrap();
        assert!(rules.contains(from), "{from}\n{rules}");
        fs::write(file("rules"), rules.replace(from, to)).unwrap();
        let outcome = promtool.test_rules(&file("rule_tests"));
        assert!(outcome.is_err(), "no story misses {from:?}, which became {to:?}");
    }
}

#[test]
fn prometheus_evaluates_every_generated_alert() {
    let Some(prometheus) = Prometheus::start() else { return };
    let folders = generators().map(|generator| written(&generator).0);
    for folder in &folders {
        prometheus.load_rules(&folder.path().join("rules"));
    }
    let rules = wait_for("an evaluation of all rules", Duration::from_secs(45), || {
        let rules = prometheus.rules()?;
        match rules.iter().find(|rule| rule.health != "ok") {
            Some(rule) if rule.health == "err" => panic!("{rule:?}"),
            Some(rule) => Err(format!("{} is {}", rule.name, rule.health).into()),
            None => Ok(rules),
        }
    });
    assert!(rules.iter().filter(|rule| rule.group == "alerts").count() > 30, "{rules:?}");
}

#[test]
fn odd_names_and_texts_are_escaped_wherever_they_stand() {
    let Some(promtool) = Promtool::find() else { return };
    let registry = Registry::new();
    let depth = gauge(&registry, "queue_depth", &["queue"]).with("queue", "a \"b\"\\\n{{ $value }}|é");
    let odd = "../Odd \"name\" {{ $value }}\n| é: #";
    let rule = AlertRule::new(odd, Condition::above(Value::sum(depth), 2.0))
        .label("team", "{{ .Labels }} \"x\"\n- y: z")
        .summary("{value} of {queue} {{ end }} {{ \"x\" }}\n\n# no heading\n")
        .runbook("https://runbooks.example/{{x}}?a=\"b\"");
    let catalogue = Catalogue::of(&registry).with_alerts(&registry, [rule]);
    let generator = Generator::new("../odd \"name\"", catalogue).matching("job", "{{ 1 }}\"\\\n");
    let artifacts = generator.artifacts().unwrap();
    let folder = tempfile::tempdir().unwrap();
    artifacts.write(&folder.path().join("ops")).unwrap();
    let outside: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["ops"]);
    for (path, text) in artifacts.files() {
        let path = folder.path().join("ops").join(path);
        if path.parent().unwrap().ends_with("rules") {
            promtool.check_rules(&path).unwrap_or_else(|printed| panic!("{printed}\n{text}"));
        } else if path.parent().unwrap().ends_with("rule_tests") {
            promtool.test_rules(&path).unwrap_or_else(|printed| panic!("{printed}\n{text}"));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str::<serde_json::Value>(text).unwrap();
        }
    }
}
