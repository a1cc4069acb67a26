//! What an engine does at its limits, and with alerts that cannot be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_alerts::{
    Alert, AlertEngine, AlertEngineBuildError, AlertEngineBuilder, AlertLimit, AlertRule, AlertState,
    Condition, CreateAlertError, Finding, InvalidAlertRuleKind, Severity,
};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;

const LONG: Duration = Duration::from_secs(60);

fn builder(registry: &Registry) -> AlertEngineBuilder {
    AlertEngine::builder().registry(registry).clock(Arc::new(ManualClock::new()))
}

fn alert(name: impl Into<String>) -> Alert {
    Alert::new(name, Severity::Warning, UNIX_EPOCH)
}

/// An engine that is driven by hand, whose handler may call it.
fn called_by_its_handler(
    handler: impl Fn(&AlertEngine, &Alert) + Send + Sync + 'static,
) -> (AlertEngine, Arc<Mutex<usize>>) {
    let (own, calls) = (Arc::new(OnceLock::<AlertEngine>::new()), Arc::new(Mutex::new(0)));
    let (engine, count) = (Arc::clone(&own), Arc::clone(&calls));
    let handler = move |alert: &Alert| {
        *count.lock().unwrap() += 1;
        handler(engine.get().unwrap(), alert);
    };
    let built = builder(&Registry::new()).history(10).handler(handler).build().unwrap();
    let _ = own.set(built.clone());
    (built, calls)
}

#[test]
fn a_handler_that_creates_alerts_is_called_for_them_one_after_the_other() {
    let (depth, deepest) = (Mutex::new(0), Arc::new(Mutex::new(0)));
    let seen = Arc::clone(&deepest);
    let (engine, calls) = called_by_its_handler(move |engine, alert| {
        *depth.lock().unwrap() += 1;
        let now = *depth.lock().unwrap();
        let deepest = (*seen.lock().unwrap()).max(now);
        *seen.lock().unwrap() = deepest;
        let number: usize = alert.name().parse().unwrap();
        let _ = engine.create(self::alert((number + 1).to_string()));
        *depth.lock().unwrap() -= 1;
    });
    engine.create(alert("1")).unwrap();
    assert_eq!((*calls.lock().unwrap(), *deepest.lock().unwrap()), (1_000, 1));
    engine.resolve("1000", &[]);
    assert_eq!(*calls.lock().unwrap(), 1_002, "the next call hands over again: a resolution, and a new one");
}

#[test]
fn a_handler_that_answers_each_notice_keeps_no_call_for_ever() {
    let (engine, calls) = called_by_its_handler(|engine, alert| match alert.state() {
        AlertState::Firing => drop(engine.resolve(alert.name(), &[])),
        _ => engine.create(self::alert("Flaps")).unwrap(),
    });
    engine.create(alert("Flaps")).unwrap();
    assert_eq!(*calls.lock().unwrap(), 10_000);
    engine.evaluate();
    assert_eq!(*calls.lock().unwrap(), 20_000, "the rest is for later calls");
}

/// A rule with these findings.
fn finds(findings: impl Fn() -> Vec<Finding> + Send + Sync + 'static) -> AlertRule {
    AlertRule::new("Found", Condition::each(move |_| findings()))
}

fn refused(registry: &Registry, reason: &str) -> Option<f64> {
    registry.snapshot().value("radiosonde_alerts_refused_total", &[("reason", reason)])
}

type AlertOfSize = Box<dyn Fn(usize) -> Alert>;

#[test]
fn an_alert_with_a_text_beyond_a_limit_is_counted_and_not_created() {
    let registry = Registry::new();
    let engine = builder(&registry).build().unwrap();
    let many = |add: fn(Alert, String) -> Alert, count: usize| {
        (0..count).fold(alert("A"), |alert, number| add(alert, format!("n{number}")))
    };
    let parts: [(AlertLimit, usize, AlertOfSize); 6] = [
        (AlertLimit::NameBytes, 256, Box::new(|size| alert("n".repeat(size)))),
        (AlertLimit::LabelNameBytes, 256, Box::new(|size| alert("A").label("n".repeat(size), "x"))),
        (AlertLimit::LabelBytes, 1024, Box::new(|size| alert("A").label("a", "x".repeat(size)))),
        (AlertLimit::AnnotationBytes, 4096, Box::new(|size| alert("A").annotation("a", "x".repeat(size)))),
        (AlertLimit::Labels, 64, Box::new(move |size| many(|alert, name| alert.label(name, "x"), size))),
        (
            AlertLimit::Annotations,
            64,
            Box::new(move |size| many(|alert, name| alert.annotation(name, "x"), size)),
        ),
    ];
    for (limit, most, with) in parts {
        engine.create(with(most)).unwrap();
        let error = engine.create(with(most + 1)).unwrap_err();
        assert_eq!(error, CreateAlertError::Limit(limit));
        assert_eq!(limit.most(), most);
        assert_eq!(error.to_string(), format!("invalid alert: expected {limit}"));
        assert!(limit.to_string().contains(&most.to_string()), "{limit}");
    }
    assert_eq!(refused(&registry, "limit"), Some(6.0), "each once");
    let error = engine.create(alert("A").annotation("n".repeat(257), "x")).unwrap_err();
    assert_eq!(error, CreateAlertError::Limit(AlertLimit::LabelNameBytes));
    let rule = finds(Vec::new).summary("x".repeat(4097));
    let error = engine.add_rule(rule).unwrap_err();
    assert_eq!(*error.kind(), InvalidAlertRuleKind::Limit(AlertLimit::AnnotationBytes));
    assert!(error.to_string().ends_with(": expected annotations of at most 4096 bytes"), "{error}");
}

#[test]
fn long_texts_of_findings_are_cut_after_a_whole_character() {
    let registry = Registry::new();
    let long = || Finding::new(1.0).label("site", format!("x{}", "ä".repeat(512)));
    let many = || (0..65).fold(Finding::new(2.0), |finding, at| finding.label(format!("n{at}"), "x"));
    let rule = finds(move || vec![long().annotation("text", "{site}{site}{site}{site}ab"), many()]);
    let engine = builder(&registry).rule(rule).build().unwrap();
    engine.evaluate();
    let alerts = engine.active_alerts();
    assert_eq!(alerts.len(), 1, "too many labels are too many");
    let site = format!("x{}", "ä".repeat(511));
    assert_eq!(alerts[0].labels()["site"], site);
    assert_eq!(alerts[0].annotations()["text"], site.repeat(4) + "ab");
    assert_eq!((refused(&registry, "long_text"), refused(&registry, "limit")), (Some(1.0), Some(1.0)));
    engine.evaluate();
    assert_eq!((refused(&registry, "long_text"), refused(&registry, "limit")), (Some(2.0), Some(2.0)));
}

#[test]
fn a_long_annotation_of_a_finding_is_cut() {
    let registry = Registry::new();
    let rule = finds(|| vec![Finding::new(1.0).annotation("text", "x".repeat(4095) + "ä")]);
    let engine = builder(&registry).rule(rule).build().unwrap();
    engine.evaluate();
    assert_eq!(engine.active_alerts()[0].annotations()["text"], "x".repeat(4095));
    assert_eq!(refused(&registry, "long_text"), Some(1.0));
}

#[test]
fn an_empty_label_of_an_alert_is_an_absent_one() {
    let engine = builder(&Registry::new()).build().unwrap();
    engine.create(alert("A").label("site", "").label("team", "a")).unwrap();
    engine.create(alert("A").label("team", "a").with_value(2.0)).unwrap();
    let alerts = engine.active_alerts();
    assert_eq!((alerts.len(), alerts[0].value()), (1, Some(2.0)));
    assert_eq!(alerts[0].labels().keys().collect::<Vec<_>>(), ["team"]);
}

#[test]
fn the_name_of_the_alerts_of_objectives_is_theirs() {
    for has_objective_alerts in [false, true] {
        let registry = Registry::new();
        let engine = builder(&registry).objective_alerts(has_objective_alerts).build().unwrap();
        let error = engine.create(alert("ErrorBudgetBurn")).unwrap_err();
        assert_eq!(error, CreateAlertError::ReservedName("ErrorBudgetBurn".to_owned()));
        assert_eq!(
            error.to_string(),
            "invalid alert \"ErrorBudgetBurn\": the alerts of objectives have this name: expected another one"
        );
        let rule = AlertRule::new("ErrorBudgetBurn", Condition::burning("a"));
        assert_eq!(*engine.add_rule(rule).unwrap_err().kind(), InvalidAlertRuleKind::DuplicateName);
    }
}

#[test]
fn a_resolved_alert_does_not_fire() {
    let engine = builder(&Registry::new()).build().unwrap();
    let error = engine.create(alert("A").resolved(UNIX_EPOCH)).unwrap_err();
    assert_eq!(error, CreateAlertError::Resolved);
    assert!(error.to_string().contains("expected one that fires, or `AlertEngine::resolve`"));
    assert_eq!(engine.alerts(), []);
}

#[test]
fn a_value_of_a_function_that_is_not_a_number_leaves_the_alert_as_it_is() {
    let value = Arc::new(Mutex::new(f64::NAN));
    let (when, each) = (Arc::clone(&value), Arc::clone(&value));
    let rule = AlertRule::new("When", Condition::when(move |_| Some(*when.lock().unwrap())));
    let found = finds(move || vec![Finding::new(*each.lock().unwrap()).label("site", "a")]);
    let engine = builder(&Registry::new()).rule(rule).rule(found).build().unwrap();
    engine.evaluate();
    assert_eq!(engine.alerts(), []);
    assert_eq!(engine.rules()[0].value, None);
    *value.lock().unwrap() = 3.0;
    engine.evaluate();
    let firing = engine.active_alerts();
    assert_eq!(firing.iter().map(Alert::value).collect::<Vec<_>>(), [Some(3.0), Some(3.0)]);
    *value.lock().unwrap() = f64::NAN;
    engine.evaluate();
    assert_eq!(engine.active_alerts(), firing);
}

#[test]
fn of_findings_with_the_same_labels_the_highest_counts() {
    let registry = Registry::new();
    let of = |site: &str, value| Finding::new(value).label("site", site);
    let found = finds(move || {
        vec![of("a", f64::NAN), of("a", 2.0), of("b", 5.0), of("a", 3.0), of("a", 1.0), of("a", f64::NAN)]
    });
    let engine = builder(&registry).rule(found.label("team", "x")).build().unwrap();
    engine.evaluate();
    let alerts = engine.active_alerts();
    assert_eq!(alerts.iter().map(Alert::value).collect::<Vec<_>>(), [Some(3.0), Some(5.0)]);
    assert_eq!(refused(&registry, "duplicate"), Some(4.0));
}

#[test]
fn an_engine_that_has_ended_shows_no_alerts() {
    for is_dropped in [false, true] {
        for has_threads in [false, true] {
            let registry = Registry::new();
            let builder = builder(&registry).rule(finds(|| vec![Finding::new(1.0)])).interval(LONG);
            let engine = if has_threads { builder.start() } else { builder.build() }.unwrap();
            engine.evaluate();
            engine.create(alert("Hand")).unwrap();
            let series = || registry.snapshot().family("alerts").map_or(0, |family| family.series().len());
            assert_eq!(series(), 3, "pending and firing ones of the rule, and the other one");
            if is_dropped {
                drop(engine);
            } else {
                engine.shutdown(LONG);
            }
            assert_eq!(series(), 0);
        }
    }
}

#[test]
fn what_is_done_after_the_end_shows_no_alerts() {
    let registry = Registry::new();
    let engine = builder(&registry).interval(LONG).start().unwrap();
    engine.shutdown(LONG);
    assert!(matches!(engine.create(alert("Late")), Err(CreateAlertError::ShutDown)));
    engine.add_rule(finds(|| vec![Finding::new(1.0)])).unwrap();
    engine.evaluate();
    assert_eq!(engine.active_alerts().len(), 1);
    assert!(registry.snapshot().family("alerts").is_none_or(|family| family.series().is_empty()));
}

#[test]
fn a_registry_has_one_engine_at_a_time() {
    let registry = Registry::new();
    let first = builder(&registry).build().unwrap();
    let error = builder(&registry).start().unwrap_err();
    assert!(matches!(error, AlertEngineBuildError::Claimed));
    assert!(error.to_string().starts_with("the registry has an alert engine: expected that it is shut down"));
    let clone = first.clone();
    drop(first);
    assert!(builder(&registry).build().is_err(), "a clone is the same engine");
    drop(clone);
    for has_threads in [false, true] {
        let builder = || builder(&registry).interval(LONG);
        let engine = if has_threads { builder().start() } else { builder().build() }.unwrap();
        assert!(builder().start().is_err());
        assert!(self::builder(&Registry::new()).build().is_ok(), "of another registry");
        engine.shutdown(LONG);
        let second = builder().build().unwrap();
        drop(engine);
        assert!(builder().build().is_err(), "the end of the first takes nothing from the second");
        drop(second);
    }
    assert!(builder(&registry).rule(AlertRule::new("", Condition::burning("a"))).build().is_err());
    builder(&registry).build().unwrap();
}

#[test]
fn an_error_of_the_engines_metrics_names_the_metric_and_the_other_one() {
    let registry = Registry::new();
    registry.gauge("alerts", "Alerts of devices.").build().unwrap();
    let line = line!() - 1;
    let error = builder(&registry).build().unwrap_err();
    let site = format!("{}:{line}:", file!());
    let text = error.to_string();
    let start = "the metrics of the alert engine cannot be registered: ";
    assert!(text.starts_with(start) && text.contains("\"alerts\"") && text.contains(&site), "{text}");
    let registry = Registry::new();
    registry.counter("alerts_total", "Alerts of devices.").build().unwrap();
    let line = line!() - 1;
    let text = builder(&registry).build().unwrap_err().to_string();
    assert!(text.contains("\"alerts_total\"") && text.contains(&format!("{}:{line}:", file!())), "{text}");
}
