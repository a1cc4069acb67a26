//! Families whose every label set is known are shown before anything happened.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use radiosonde_metrics::error::InitialiseErrorKind;
use radiosonde_metrics::{LabelValue, Labels, Registry, StatusClass};

#[derive(LabelValue)]
enum Method {
    Get,
    #[label(rename = "bank \"x\"")]
    Odd,
    Put,
}

#[derive(Labels)]
struct Reply {
    class: StatusClass,
    cached: Option<bool>,
}

#[derive(Labels)]
struct Request<'a> {
    first: bool,
    #[label(flatten)]
    reply: Reply,
    #[label(skip)]
    _path: &'a str,
    method: Method,
}

fn all() -> impl Iterator<Item = Request<'static>> {
    (0..90_u16).map(|n| Request {
        first: n % 2 == 1,
        reply: Reply {
            class: StatusClass::from(100 + n / 2 % 5 * 100),
            cached: [None, Some(false), Some(true)][usize::from(n / 10 % 3)],
        },
        _path: "/",
        method: [Method::Get, Method::Odd, Method::Put].into_iter().nth(usize::from(n / 30)).unwrap(),
    })
}

#[test]
fn each_number_shows_the_values_of_the_set_that_has_it() {
    let mut seen = 0;
    for request in all() {
        let (mut own, mut by_number) = (Vec::new(), Vec::new());
        request.visit(|value| own.push(value.to_owned()));
        assert!(Request::visit_nth(request.index(), |value| by_number.push(value.to_owned())));
        assert_eq!(own, by_number);
        seen |= 1_u128 << request.index();
    }
    assert_eq!(seen, (1 << 90) - 1, "each number once");
    assert!(!Request::visit_nth(90, |_| {}) && !Request::visit_nth(usize::MAX, |_| {}));
    assert!(!bool::show_nth(2, |_| {}) && !StatusClass::show_nth(5, |_| {}) && !Method::show_nth(3, |_| {}));
    assert!(<Option<&Method>>::show_nth(3, |_| {}) && !<Option<&Method>>::show_nth(4, |_| {}));
}

#[test]
fn all_sets_are_there_at_zero_and_what_was_counted_stays() {
    let registry = Registry::new();
    let requests = registry.counter("requests_total", "Requests.").family::<Request<'_>>().unwrap();
    let one = all().nth(33).unwrap();
    requests.with(&one).inc_by(5);
    let kept = requests.handle(&one);
    requests.initialise().unwrap();
    requests.initialise().unwrap();
    kept.inc();
    all().for_each(|request| requests.with(&request).inc());
    let snapshot = registry.snapshot();
    let series = snapshot.family("requests_total").unwrap().series();
    assert_eq!(series.len(), 90);
    assert_eq!(snapshot.sum("requests_total", &[]), 96.0);
    assert_eq!(requests.with(&one).value(), 7);
    assert_eq!(snapshot.sum("radiosonde_metrics_series_dropped_total", &[]), 0.0);
}

#[test]
fn what_cannot_be_listed_or_does_not_fit_is_refused_and_nothing_is_made() {
    #[derive(Labels)]
    struct Path<'a> {
        path: &'a str,
    }
    struct ByHand;
    impl Labels for ByHand {
        const CARDINALITY: Option<usize> = Some(3);
        fn names() -> Vec<&'static str> {
            vec!["x"]
        }
        fn visit(&self, mut see: impl FnMut(&str)) {
            see("1");
        }
    }
    let registry = Registry::new();
    let paths = registry.counter("paths_total", "P.").family::<Path<'_>>().unwrap().initialise().unwrap_err();
    let by_hand = registry.counter("hands_total", "H.").family::<ByHand>().unwrap().initialise().unwrap_err();
    let small = registry.counter("small_total", "S.").max_series(89).family::<Request<'_>>().unwrap();
    let small = small.initialise().unwrap_err();
    assert_eq!((paths.family(), paths.kind()), ("paths_total", InitialiseErrorKind::Unlisted));
    assert!(paths.to_string().contains("\"paths_total\" cannot be listed"), "{paths}");
    assert_eq!(by_hand.kind(), InitialiseErrorKind::Unlisted);
    assert_eq!(small.kind(), InitialiseErrorKind::Limit { sets: 90, max_series: 89 });
    assert_eq!(
        small.to_string(),
        "family \"small_total\" has 90 label sets, more than its limit of 89 series leaves room for"
    );
    assert!(!registry.text().contains("\nsmall_total{"));
}

#[test]
fn a_family_that_is_full_already_says_so() {
    let registry = Registry::new();
    let declare = || registry.counter("f_total", "F.").max_series(2);
    declare().labels(&["b"]).unwrap().with(&["other"]).inc();
    #[derive(Labels)]
    struct Flag {
        b: bool,
    }
    let flags = declare().family::<Flag>().unwrap();
    let error = flags.initialise().unwrap_err();
    assert_eq!(error.kind(), InitialiseErrorKind::Limit { sets: 2, max_series: 2 });
    flags.with(&Flag { b: false }).inc();
    assert!(registry.text().contains("f_total{b=\"false\"} 1\n"));
}
