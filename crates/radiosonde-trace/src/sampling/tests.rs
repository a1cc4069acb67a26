use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Rate, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_testkit::ManualClock;

use crate::sampling::input::{SampledValue, SamplingAttributes, SamplingInput};
use crate::sampling::invalid_sampler::InvalidSamplerKind;
use crate::sampling::per_operation::PerOperation;
use crate::sampling::sampler::Sampler;
use crate::sampling::span_match::SpanMatch;
use crate::spans::finished_span::SpanKind;

struct Attributes<'a>(&'a [(&'a str, SampledValue<'a>)]);

impl SamplingAttributes for Attributes<'_> {
    fn matches(&self, key: &str, test: &dyn Fn(SampledValue<'_>) -> bool) -> bool {
        self.0.iter().any(|(known, value)| *known == key && test(*value))
    }
}

struct Span<'a> {
    parent: Option<(TraceFlags, bool)>,
    trace_id: TraceId,
    name: &'a str,
    kind: SpanKind,
    attributes: &'a [(&'a str, SampledValue<'a>)],
}

/// A span that no ratio below 1 picks.
const ROOT: Span<'_> = Span {
    parent: None,
    trace_id: TraceId::from_bytes([0xff; 16]).unwrap(),
    name: "GET /orders",
    kind: SpanKind::Internal,
    attributes: &[],
};

impl Span<'_> {
    fn is_sampled_by(&self, sampler: &Sampler) -> bool {
        let span_id = SpanId::from_bytes([1; 8]).unwrap();
        let parent = self.parent;
        sampler.sample(&SamplingInput {
            parent: parent.map(|(flags, remote)| (SpanContext::new(self.trace_id, span_id, flags), remote)),
            trace_id: self.trace_id,
            name: self.name,
            kind: self.kind,
            attributes: &Attributes(self.attributes),
        })
    }
}

#[test]
fn each_branch_of_a_parent_based_sampler_can_be_set() {
    type Set = fn(Sampler, Sampler) -> Sampler;

    let branches: [((TraceFlags, bool), Set); 4] = [
        ((TraceFlags::SAMPLED, true), Sampler::if_remote_sampled),
        ((TraceFlags::NONE, true), Sampler::if_remote_not_sampled),
        ((TraceFlags::SAMPLED, false), Sampler::if_local_sampled),
        ((TraceFlags::NONE, false), Sampler::if_local_not_sampled),
    ];
    for root in [Sampler::always_on(), Sampler::parent_based_always_on()] {
        for (set, (_, with)) in branches.iter().enumerate() {
            let unlike_default = if set % 2 == 0 { Sampler::always_off() } else { Sampler::always_on() };
            let sampler = with(root.clone(), unlike_default);
            assert!(ROOT.is_sampled_by(&sampler), "the root stays");
            for (at, (parent, _)) in branches.iter().enumerate() {
                let span = Span { parent: Some(*parent), ..ROOT };
                let follows = parent.0.is_sampled();
                assert_eq!(span.is_sampled_by(&sampler), follows != (at == set), "{set} {at}");
            }
        }
    }
}

#[test]
fn a_deferred_decision_is_made_as_for_a_root() {
    let deferred = Span { parent: Some((TraceFlags::DEFERRED, true)), ..ROOT };
    assert!(deferred.is_sampled_by(&Sampler::parent_based_always_on()));
    assert!(!deferred.is_sampled_by(&Sampler::parent_based_always_off()));
    let branches = Sampler::parent_based_always_on().if_remote_not_sampled(Sampler::always_off());
    assert!(deferred.is_sampled_by(&branches));
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = [
        (SpanMatch::new().route("/health/*").kind(SpanKind::Server), Sampler::always_off()),
        (SpanMatch::new().attribute("tenant.id", "acme").attribute("retry", 1), Sampler::always_off()),
        (SpanMatch::new().attribute("debug", true), Sampler::always_on()),
        (SpanMatch::new().name("GET *"), Sampler::ratio(1.0).unwrap()),
        (SpanMatch::new().attribute("load", 0.5), Sampler::always_on()),
    ];
    let sampler = Sampler::rules(rules, Sampler::always_off());
    let server = |attributes| Span { kind: SpanKind::Server, attributes, ..ROOT };
    let post = |attributes| Span { name: "POST", attributes, ..ROOT };
    let cases = [
        (server(&[("http.route", SampledValue::Text("/health/live"))]), false),
        (server(&[("http.route", SampledValue::Text("/orders"))]), true),
        (Span { attributes: &[("http.route", SampledValue::Text("/health/live"))], ..ROOT }, true),
        (server(&[("tenant.id", SampledValue::Text("acme")), ("retry", SampledValue::I64(1))]), false),
        (server(&[("tenant.id", SampledValue::Text("acme")), ("retry", SampledValue::I64(2))]), true),
        (server(&[("tenant.id", SampledValue::Text("acme"))]), true),
        (post(&[]), false),
        (post(&[("debug", SampledValue::Bool(true))]), true),
        (post(&[("debug", SampledValue::Text("true"))]), false),
        (post(&[("load", SampledValue::F64(0.5))]), true),
    ];
    for (at, (span, expected)) in cases.iter().enumerate() {
        assert_eq!(span.is_sampled_by(&sampler), *expected, "{at}");
    }
}

#[test]
fn attributes_are_asked_for_only_if_a_rule_reads_them() {
    let by_name = Sampler::rules([(SpanMatch::new().name("a"), Sampler::always_on())], Sampler::always_off());
    let by_route =
        Sampler::rules([(SpanMatch::new().route("a"), Sampler::always_on())], Sampler::always_off());
    assert!(!by_name.reads_attributes() && by_route.reads_attributes());
    assert!(!Sampler::parent_based(by_name.clone()).reads_attributes());
    assert!(Sampler::parent_based(by_route.clone()).reads_attributes());
    let within = Sampler::rules([(SpanMatch::new(), by_route.clone())], Sampler::always_off());
    assert!(within.reads_attributes());
    let (reloadable, handle) = Sampler::reloadable(by_name);
    let sampler = Sampler::always_on().if_remote_sampled(reloadable);
    assert!(!sampler.reads_attributes());
    handle.set(by_route).unwrap();
    assert!(sampler.reads_attributes());
}

#[test]
fn a_rate_limit_samples_its_burst_and_then_its_rate() {
    let clock = ManualClock::new();
    let sampler = Sampler::rate_limited_by(Rate::per_second(2).burst(3), Arc::new(clock.clone()));
    let sampled = |sampler: &Sampler| (0..10).filter(|_| ROOT.is_sampled_by(sampler)).count();
    assert_eq!(sampled(&sampler), 3);
    clock.advance(Duration::from_secs(1));
    assert_eq!(sampled(&sampler.clone()), 2, "clones share the count");
    let none = Sampler::rate_limited(Rate::per_second(0));
    assert_eq!(sampled(&none), 0);
}

#[test]
fn an_operation_has_its_ratio_and_at_least_its_lower_bound() {
    let clock = ManualClock::new();
    let strategies = PerOperation::new(0.0).unwrap().operation("always", 1.0).unwrap();
    let bounded = strategies.clone().operation("rare", 0.001).unwrap().lower_bound(0.5).clock(clock.clone());
    let (unbounded, bounded) = (Sampler::per_operation(strategies), Sampler::per_operation(bounded));
    let sampled =
        |sampler: &Sampler, name| (0..10).filter(|_| Span { name, ..ROOT }.is_sampled_by(sampler)).count();
    assert_eq!((sampled(&unbounded, "always"), sampled(&unbounded, "other")), (10, 0));
    assert_eq!(
        (sampled(&bounded, "always"), sampled(&bounded, "rare"), sampled(&bounded, "other")),
        (10, 1, 1)
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!((sampled(&bounded, "rare"), sampled(&bounded, "other")), (0, 0));
    clock.advance(Duration::from_secs(1));
    assert_eq!((sampled(&bounded, "rare"), sampled(&bounded, "other")), (1, 1));
}

#[test]
fn a_reloaded_sampler_decides_from_then_on() {
    let (root, handle) = Sampler::reloadable(Sampler::always_off());
    let sampler = Sampler::parent_based(root);
    assert!(!ROOT.is_sampled_by(&sampler));
    handle.set(Sampler::always_on()).unwrap();
    assert!(ROOT.is_sampled_by(&sampler));
    assert_eq!(handle.get(), Sampler::always_on());
}

#[test]
fn a_reloadable_sampler_never_contains_itself() {
    let (first, of_first) = Sampler::reloadable(Sampler::always_off());
    let (second, of_second) = Sampler::reloadable(Sampler::parent_based(first.clone()));
    let rules = Sampler::rules([(SpanMatch::new(), second.clone())], Sampler::always_off());
    for sampler in [first, second, rules] {
        assert_eq!(of_first.set(sampler).unwrap_err().kind(), InvalidSamplerKind::Circle);
    }
    of_second.set(Sampler::always_on()).unwrap();
}

#[test]
fn samplers_that_are_set_up_alike_are_equal() {
    let operations = |ratio| Sampler::per_operation(PerOperation::new(ratio).unwrap().lower_bound(1.0));
    let limited = |events| Sampler::rate_limited(Rate::per_second(events));
    let rules = |name: &str| Sampler::rules([(SpanMatch::new().name(name), limited(1))], operations(0.5));
    assert!(operations(0.5) == operations(0.5) && operations(0.5) != operations(0.25));
    assert!(limited(1) == limited(1) && limited(1) != limited(2));
    assert!(rules("a") == rules("a") && rules("a") != rules("b"));
    let (reloadable, handle) = Sampler::reloadable(Sampler::always_on());
    handle.set(Sampler::always_off()).unwrap();
    assert_eq!(reloadable, reloadable.clone());
    assert_ne!(reloadable, Sampler::reloadable(Sampler::always_off()).0);
}
