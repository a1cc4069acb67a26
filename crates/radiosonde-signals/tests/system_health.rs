//! Scores and states of components.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{ComponentState, SystemHealth};
use radiosonde_testkit::ManualClock;

fn system(registry: &Registry) -> (SystemHealth, ManualClock) {
    let clock = ManualClock::new();
    let builder = SystemHealth::builder().registry(registry).clock(Arc::new(clock.clone()));
    (builder.build().unwrap(), clock)
}

#[test]
fn the_score_is_the_share_of_good_results_of_a_minute() {
    let (system, clock) = system(&Registry::new());
    let database = system.component("database");
    assert_eq!((database.score(), database.state()), (100.0, ComponentState::Healthy));
    for (is_good, score, state) in [
        (false, 0.0, ComponentState::Unhealthy),
        (true, 50.0, ComponentState::Unhealthy),
        (true, 200.0 / 3.0, ComponentState::Degraded),
        (true, 75.0, ComponentState::Degraded),
        (true, 80.0, ComponentState::Degraded),
        (true, 500.0 / 6.0, ComponentState::Healthy),
    ] {
        database.record(is_good);
        assert!((database.score() - score).abs() < 1e-9, "{} is not {score}", database.score());
        assert_eq!(database.state(), state, "{score}");
    }
    clock.advance(Duration::from_secs(60));
    assert_eq!(database.score(), 100.0, "nothing is known against it");
    for is_good in [true, true, true, false, false] {
        database.record(is_good);
    }
    assert_eq!((database.score(), database.state()), (60.0, ComponentState::Unhealthy));
}

#[test]
fn a_state_that_is_set_limits_the_score_until_another_is_set() {
    let (system, clock) = system(&Registry::new());
    let cache = system.component("cache");
    cache.record(true);
    cache.set_state(ComponentState::Degraded);
    assert_eq!((cache.score(), cache.state()), (80.0, ComponentState::Degraded));
    cache.record(false);
    assert_eq!(cache.score(), 50.0, "the worse of both");
    cache.set_state(ComponentState::Unhealthy);
    assert_eq!(cache.score(), 0.0);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(cache.state(), ComponentState::Unhealthy);
    cache.set_state(ComponentState::Healthy);
    assert_eq!(cache.score(), 100.0);

    cache.checked(false);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(cache.score(), 0.0, "a failed check stays failed");
    cache.checked(true);
    assert_eq!(cache.score(), 100.0);
}

#[test]
fn a_scrape_shows_each_component_and_the_worst_of_all() {
    let registry = Registry::new();
    let (system, _) = system(&registry);
    assert!(!registry.text().contains("system_health_score{"), "there is nothing to say");
    system.component("database").record(true);
    system.component("mail").set_state(ComponentState::Degraded);
    // The worst is not the last.
    system.component("stock").record(true);
    assert_eq!(system.score(), 80.0);

    let (text, now) = (registry.text(), registry.snapshot());
    let score = |component| now.value("system_health_score", &[("component", component)]);
    assert_eq!((score("database"), score("mail"), score("overall")), (Some(100.0), Some(80.0), Some(80.0)));
    for (component, holds) in [("database", [0, 1, 0]), ("mail", [1, 0, 0]), ("overall", [1, 0, 0])] {
        for (state, value) in ["degraded", "healthy", "unhealthy"].into_iter().zip(holds) {
            let sample =
                format!("system_health_state{{component=\"{component}\",state=\"{state}\"}} {value}\n");
            assert!(text.contains(&sample), "{sample}\n{text}");
        }
    }
    let declared = registry.descriptors();
    let state = declared.iter().find(|of| of.name() == "system_health_state").unwrap();
    assert_eq!(state.label_values("state").collect::<Vec<_>>(), ["healthy", "degraded", "unhealthy"]);
    assert_eq!(state.kind(), Kind::Gauge);
}

#[test]
fn the_health_of_a_registry_is_one_by_namespace() {
    let registry = Registry::new();
    let build = |namespace: &'static str| {
        SystemHealth::builder().namespace(namespace).registry(&registry).build().unwrap()
    };
    build("valtronics").component("broker").set_state(ComponentState::Unhealthy);
    assert_eq!(build("valtronics").component("broker").score(), 0.0);
    assert_eq!(build("").component("broker").score(), 100.0);
    let text = registry.text();
    assert!(text.contains("valtronics_system_health_score{component=\"broker\"} 0\n"));
    assert!(text.contains("valtronics_system_health_score{component=\"overall\"} 0\n"));
    assert!(text.contains("\nsystem_health_score{component=\"broker\"} 100\n"));
}

#[test]
fn components_beyond_the_limit_share_one() {
    let registry = Registry::new();
    let (system, _) = system(&registry);
    for number in 0..102 {
        system.component(&format!("tenant{number}")).record(number != 100);
    }
    let now = registry.snapshot();
    assert_eq!(now.value("system_health_score", &[("component", "_overflow")]), Some(50.0));
    assert_eq!(now.value("system_health_score", &[("component", "tenant99")]), Some(100.0));
    assert_eq!(now.value("system_health_score", &[("component", "tenant100")]), None);
    let series = now.family("system_health_score").unwrap().series().len();
    assert_eq!(series, 102, "with the overflow and all together");
}
