//! The golden signals of calls to another service.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::Outcome;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{Dependency, ErrorKind, GoldenSignals, Limit};
use radiosonde_testkit::ManualClock;

#[derive(Debug)]
enum LedgerError {
    Closed,
    Locked,
}

impl ErrorKind for LedgerError {
    const KINDS: &'static [&'static str] = &["closed", "locked"];

    fn kind(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Locked => "locked",
        }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

fn ledger(registry: &Registry, clock: &ManualClock) -> Dependency {
    let builder = Dependency::builder("ledger").registry(registry).clock(Arc::new(clock.clone()));
    builder.errors::<LedgerError>().buckets(Buckets::from_static(&[0.1, 1.0])).limit(4).build().unwrap()
}

#[track_caller]
fn assert_lines(registry: &Registry, lines: &[&str]) {
    let text = registry.text();
    for line in lines {
        assert!(text.lines().any(|other| other == *line), "no {line} in {text}");
    }
}

#[test]
fn a_call_is_traffic_and_latency() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let ledger = ledger(&registry, &clock);
    let balance = ledger.call("balance").run(|| {
        clock.advance(Duration::from_millis(250));
        assert_lines(&registry, &["dependency_in_flight{dependency=\"ledger\",operation=\"balance\"} 1"]);
        Ok::<_, LedgerError>(12)
    });
    assert_eq!(balance.unwrap(), 12);
    assert_lines(
        &registry,
        &[
            "dependency_calls_total{dependency=\"ledger\",operation=\"balance\",outcome=\"completed\"} 1",
            "dependency_calls_total{dependency=\"ledger\",operation=\"balance\",outcome=\"failed\"} 0",
            "dependency_duration_seconds_bucket{dependency=\"ledger\",operation=\"balance\",le=\"0.1\"} 0",
            "dependency_duration_seconds_bucket{dependency=\"ledger\",operation=\"balance\",le=\"1\"} 1",
            "dependency_duration_seconds_sum{dependency=\"ledger\",operation=\"balance\"} 0.25",
            "dependency_in_flight{dependency=\"ledger\",operation=\"balance\"} 0",
        ],
    );
}

#[test]
fn errors_are_counted_by_their_kind() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let post = ledger(&registry, &clock).call("post");
    for error in [LedgerError::Locked, LedgerError::Closed, LedgerError::Locked] {
        assert!(post.run(|| Err::<(), _>(error)).is_err());
    }
    assert!(post.run(|| Err::<(), _>("of another type")).is_err());
    post.track().end(Outcome::TimedOut);
    drop(post.track());
    assert_lines(
        &registry,
        &[
            "dependency_errors_total{dependency=\"ledger\",kind=\"closed\",operation=\"post\"} 1",
            "dependency_errors_total{dependency=\"ledger\",kind=\"locked\",operation=\"post\"} 2",
            "dependency_errors_total{dependency=\"ledger\",kind=\"other\",operation=\"post\"} 1",
            "dependency_errors_total{dependency=\"ledger\",kind=\"timeout\",operation=\"post\"} 1",
            "dependency_errors_total{dependency=\"ledger\",kind=\"panic\",operation=\"post\"} 0",
            "dependency_calls_total{dependency=\"ledger\",operation=\"post\",outcome=\"failed\"} 4",
            "dependency_calls_total{dependency=\"ledger\",operation=\"post\",outcome=\"timed_out\"} 1",
            "dependency_calls_total{dependency=\"ledger\",operation=\"post\",outcome=\"aborted\"} 1",
        ],
    );
}

#[test]
fn its_golden_signals_are_its_own_and_full_is_the_declared_limit() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let ledger = ledger(&registry, &clock);
    let mail = Dependency::builder("mail").registry(&registry).buckets(Buckets::from_static(&[0.1, 1.0]));
    let mail = mail.build().unwrap();
    drop(mail.call("send").track());
    let open = [ledger.call("balance").track(), ledger.call("post").track()];
    ledger.call("post").track().fail("locked");
    let now = registry.snapshot();
    let signals = ledger.signals();
    assert_eq!((signals.kind(), signals.name()), ("dependency", "ledger"));
    assert_eq!(signals.saturation().unwrap().share(&now), Some(0.5));
    assert_eq!(signals.traffic().unwrap().sum(&now), 1.0);
    assert_eq!(signals.errors().unwrap().sum(&now), 1.0);
    assert_eq!(signals.latency().unwrap().sum(&now), 1.0);
    assert_eq!(mail.signals().saturation().unwrap().limit(), &Limit::Unknown);
    assert_eq!(GoldenSignals::of(&registry), [signals.clone(), mail.signals().clone()]);
    drop(open);
}

#[test]
fn kinds_of_calls_beyond_the_limit_share_one() {
    let registry = Registry::new();
    let ledger = ledger(&registry, &ManualClock::new());
    assert!(!registry.text().contains("_overflow"), "only once there are any");
    for call in 0..203 {
        ledger.call(&format!("call_{call}")).track().complete();
    }
    assert_lines(
        &registry,
        &[
            "dependency_calls_total{dependency=\"ledger\",operation=\"call_199\",outcome=\"completed\"} 1",
            "dependency_calls_total{dependency=\"ledger\",operation=\"_overflow\",outcome=\"completed\"} 3",
        ],
    );
}

#[test]
fn a_namespace_stands_before_every_name() {
    let registry = Registry::new();
    let mail = Dependency::builder("mail").registry(&registry).namespace("shop").build().unwrap();
    mail.call("send").track().complete();
    let descriptors = registry.descriptors();
    let names: Vec<_> = descriptors.iter().map(|descriptor| descriptor.name()).collect();
    let expected = [
        "shop_dependency_calls_total",
        "shop_dependency_duration_seconds",
        "shop_dependency_errors_total",
        "shop_dependency_in_flight",
    ];
    assert_eq!(names, expected);
    assert_eq!(mail.signals().traffic().unwrap().metric(), "shop_dependency_calls_total");
}
