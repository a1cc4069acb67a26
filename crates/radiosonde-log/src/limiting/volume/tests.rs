use radiosonde_core::TraceId;
use radiosonde_metrics::Registry;

use super::*;
use crate::limiting::callsite_policy::{Decision, Rendered};
use crate::schemas::keys::Keys;
use radiosonde_core::Rate;

struct Made {
    volume: Volume,
    registry: Registry,
}

fn made(limits: VolumeLimits, sampling: Sampling) -> Made {
    let registry = Registry::new();
    let suppressed =
        registry.counter("suppressed_total", "Suppressed.").labels(&["level", "reason"]).unwrap();
    let keys = Keys::default();
    let volume = Volume::new(limits, sampling, |name| Some(keys.of(name)), suppressed, LevelNames::default());
    Made { volume, registry }
}

impl Made {
    fn policy(&self, target: &'static str, level: Level) -> Option<Arc<CallsitePolicy>> {
        self.volume.policy(callsite(target, level), false, false)
    }

    fn suppressed(&self, level: &str, reason: &str) -> u64 {
        self.volume.suppressed.handle(&[level, reason]).value()
    }

    fn announced(&self, now: Duration) -> Vec<(&'static str, u64, Duration)> {
        let mut announced = Vec::new();
        self.volume.announce(now, |news| announced.push((news.callsite.target, news.lines, news.ago)));
        announced
    }
}

fn callsite(target: &'static str, level: Level) -> Callsite {
    Callsite { target, level, file: Some("src/orders.rs"), line: Some(7) }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn written(policy: &CallsitePolicy, events: usize, now: Duration) -> usize {
    (0..events).filter(|_| policy.decide(now) == Decision::Write).count()
}

#[derive(Default, Clone, Copy)]
struct Line<'a> {
    target: &'a str,
    tenant: Option<&'a str>,
    trace: Option<TraceId>,
}

impl Rendered for Line<'_> {
    fn target(&self) -> &str {
        self.target
    }

    fn value(&self, _: Key) -> Option<&str> {
        // The only field that is requested.
        self.tenant
    }

    fn trace(&self) -> Option<TraceId> {
        self.trace
    }
}

fn written_rendered(policy: &CallsitePolicy, events: usize, line: Line<'_>, now: Duration) -> usize {
    assert!(policy.asks_for_more());
    let conforms =
        || policy.decide(now) == Decision::Write && policy.decide_rendered(&line, now) == Decision::Write;
    (0..events).filter(|_| conforms()).count()
}

#[test]
fn only_what_rules_are_for_has_a_gate() {
    let none = made(VolumeLimits::none(), Sampling::new());
    assert!(none.policy("orders", Level::Info).is_none());

    let limits = VolumeLimits::per_callsite(Rate::per_second(1)).unlimited("orders::billing");
    let sampling = Sampling::new().of("orders::billing", Level::Debug, 0.5).unwrap();
    let made = made(limits, sampling);
    assert!(made.policy("orders", Level::Error).is_some());
    assert!(made.policy("orders::billing", Level::Info).is_none());
    assert!(made.policy("orders::billing", Level::Debug).is_some());
    assert!(made.volume.policy(callsite("orders", Level::Error), true, false).is_none(), "it may be fatal");
    for audit in ["radiosonde::audit", "radiosonde::audit::access"] {
        assert!(made.policy(audit, Level::Info).is_none(), "{audit}");
    }
    assert!(made.policy("radiosonde::auditor", Level::Info).is_some());
}

#[test]
fn each_callsite_has_its_own_allowance_and_what_is_beyond_it_is_counted() {
    let made = made(VolumeLimits::per_callsite(Rate::per_second(10)), Sampling::new());
    let (one, other) = (made.policy("a", Level::Info).unwrap(), made.policy("a", Level::Error).unwrap());
    assert_eq!(written(&one, 100, seconds(1)), 10);
    assert_eq!(written(&other, 5, seconds(1)), 5);
    assert_eq!(written(&one, 100, seconds(2)), 10);
    assert_eq!((made.suppressed("INFO", "rate"), made.suppressed("ERROR", "rate")), (180, 0));
    assert!(made.registry.text().contains("suppressed_total{level=\"INFO\",reason=\"rate\"} 180\n"));
}

#[test]
fn too_many_values_for_one_limit_do_not_use_up_another() {
    let limits = VolumeLimits::per_callsite(Rate::per_second(1000))
        .unlimited("flood")
        .keyed_by("user", Rate::per_minute(1));
    let made = made(limits, Sampling::new());
    let policy = made.volume.policy(callsite("log", Level::Info), false, true).unwrap();
    for user in 0..20_000 {
        let user = user.to_string();
        written_rendered(&policy, 1, Line { target: "flood", tenant: Some(&user), trace: None }, seconds(1));
    }
    assert!(made.suppressed("INFO", "key") > 0);
    let line = Line { target: "orders", ..Line::default() };
    assert_eq!(written_rendered(&policy, 100, line, seconds(3)), 100);
}

#[test]
fn what_was_suppressed_is_announced_once_the_interval_is_over() {
    let limits = VolumeLimits::per_callsite(Rate::per_second(1)).announce_every(seconds(10));
    let made = made(limits, Sampling::new());
    let (one, other) = (made.policy("one", Level::Info).unwrap(), made.policy("other", Level::Info).unwrap());
    assert!(!made.volume.has_news());
    written(&one, 5, seconds(100));
    assert!(made.volume.has_news());
    written(&other, 3, seconds(104));
    written(&one, 5, seconds(105));
    assert_eq!(made.announced(seconds(109)), []);
    assert_eq!(made.announced(seconds(110)), [("one", 8, seconds(10))]);
    assert_eq!(made.announced(seconds(110)), []);
    assert!(made.volume.has_news());
    assert_eq!(made.announced(seconds(114)), [("other", 2, seconds(10))]);
    assert!(!made.volume.has_news());

    written(&one, 3, seconds(200));
    let mut all = Vec::new();
    made.volume.announce_all(seconds(201), |news| all.push((news.callsite.line, news.lines, news.ago)));
    assert_eq!(all, [(Some(7), 2, seconds(1))]);
    assert!(!made.volume.has_news() && made.announced(seconds(300)).is_empty());
}

#[test]
fn no_line_is_lost_or_announced_twice_when_threads_suppress_and_announce_at_once() {
    let limits = VolumeLimits::per_callsite(Rate::per_second(0)).announce_every(Duration::from_nanos(50));
    let made = made(limits, Sampling::new());
    let policy = made.policy("a", Level::Info).unwrap();
    let clock = AtomicU64::new(1);
    let announced = AtomicU64::new(0);
    let count = |news: Announcement| {
        // Relaxed: a total, read when the threads are joined.
        announced.fetch_add(news.lines, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    let now = Duration::from_nanos(clock.fetch_add(1, Ordering::SeqCst));
                    policy.decide(now);
                    if made.volume.has_news() {
                        made.volume.announce(now, count);
                    }
                }
            });
        }
    });
    let end = Duration::from_nanos(clock.load(Ordering::SeqCst) + 200);
    // Not `announce_all`: remaining lines must have requested an announcement themselves.
    made.volume.announce(end, count);
    made.volume.announce(end + Duration::from_nanos(200), count);
    assert_eq!(announced.into_inner(), 80_000);
    assert_eq!(made.suppressed("INFO", "rate"), 80_000);
}

#[test]
fn lines_are_sampled_each_for_itself_and_before_the_limit() {
    let sampling = Sampling::new().of("", Level::Debug, 0.1).unwrap();
    let made = made(VolumeLimits::per_callsite(Rate::per_second(50)), sampling);
    let policy = made.policy("a", Level::Debug).unwrap();
    assert!(!policy.asks_for_more());
    assert_eq!(written(&policy, 1000, seconds(1)), 50);
    let (sampled, rate) = (made.suppressed("DEBUG", "sampled"), made.suppressed("DEBUG", "rate"));
    assert_eq!(sampled + rate, 950);
    assert!((870..930).contains(&sampled), "{sampled}");
    assert_eq!(policy.ratio("a").map(|ratio| ratio.as_f64()), Some(0.1));
}

#[test]
fn all_lines_of_a_trace_are_picked_or_none() {
    let sampling = Sampling::new().of("", Level::Info, 0.5).unwrap().by_trace();
    let made = made(VolumeLimits::none(), sampling);
    let policies = ["a", "b"].map(|target| made.policy(target, Level::Info).unwrap());
    let mut picked = 0;
    for _ in 0..200 {
        let line = Line { trace: Some(TraceId::random()), ..Line::default() };
        let counts = policies.each_ref().map(|policy| written_rendered(policy, 3, line, seconds(1)));
        assert!(counts == [3, 3] || counts == [0, 0], "{counts:?}");
        picked += counts[0] / 3;
    }
    assert!((60..140).contains(&picked), "{picked}");
    let outside = written_rendered(&policies[0], 1000, Line::default(), seconds(1));
    assert!((400..600).contains(&outside), "sampled independently: {outside}");
}

#[test]
fn all_lines_of_a_value_are_picked_or_none_and_limits_count_what_is_picked() {
    let sampling = Sampling::new().of("", Level::Info, 0.5).unwrap().by_field("tenant");
    let made = made(VolumeLimits::per_callsite(Rate::per_second(1000)), sampling);
    let policy = made.policy("a", Level::Info).unwrap();
    let tenants: Vec<String> = (0..200).map(|tenant| format!("tenant-{tenant}")).collect();
    let counts: Vec<usize> = tenants
        .iter()
        .map(|tenant| {
            written_rendered(&policy, 5, Line { tenant: Some(tenant), ..Line::default() }, seconds(1))
        })
        .collect();
    assert!(counts.iter().all(|count| [0, 5].contains(count)), "{counts:?}");
    let written: usize = counts.iter().sum();
    assert!((350..650).contains(&written), "{written}");
    assert_eq!(made.suppressed("INFO", "rate"), 0);
}

#[test]
fn each_value_of_a_field_has_its_own_allowance_over_all_callsites() {
    let made = made(VolumeLimits::none().keyed_by("tenant", Rate::per_second(3)), Sampling::new());
    let policies = ["a", "b"].map(|target| made.policy(target, Level::Warn).unwrap());
    let of = |tenant| Line { tenant, ..Line::default() };
    assert_eq!(written_rendered(&policies[0], 2, of(Some("acme")), seconds(1)), 2);
    assert_eq!(written_rendered(&policies[1], 2, of(Some("acme")), seconds(1)), 1);
    assert_eq!(written_rendered(&policies[1], 9, of(Some("other")), seconds(1)), 3);
    assert_eq!(written_rendered(&policies[1], 9, of(None), seconds(1)), 9);
    assert_eq!(made.suppressed("WARN", "key"), 7);
    assert_eq!(made.announced(seconds(11)), [("b", 7, seconds(10))]);
}

#[test]
fn records_of_the_log_crate_are_limited_and_sampled_by_their_own_targets() {
    let limits = VolumeLimits::per_callsite(Rate::per_second(2)).unlimited("free");
    let sampling = Sampling::new().of("rare", Level::Info, 0.0).unwrap();
    let made = made(limits, sampling);
    let policy = made.volume.policy(callsite("log", Level::Info), false, true).unwrap();
    let of = |target| Line { target, ..Line::default() };
    assert_eq!(written_rendered(&policy, 5, of("hyper::client"), seconds(1)), 2);
    assert_eq!(written_rendered(&policy, 5, of("hyper::server"), seconds(1)), 2);
    assert_eq!(written_rendered(&policy, 5, of("free"), seconds(1)), 5);
    assert_eq!(written_rendered(&policy, 5, of("rare"), seconds(1)), 0);
    assert_eq!((made.suppressed("INFO", "rate"), made.suppressed("INFO", "sampled")), (6, 5));
    assert_eq!(policy.ratio("hyper::client"), None);
    assert_eq!(policy.ratio("rare").map(|ratio| ratio.as_f64()), Some(0.0));
}
