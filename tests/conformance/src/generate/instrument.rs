use proptest::prelude::*;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::{
    Buckets, Counter, FloatCounter, Gauge, Histogram, Instrument, IntGauge, MetricBuilder, Registry,
};

use super::words::number;
use crate::FamilyKind;

/// The recorded state of a series, and so its expected exposition.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// The total of a counter.
    Unsigned(u64),
    /// The value of an integer gauge.
    Signed(i64),
    /// The total of a float counter, or the value of a gauge.
    Float(f64),
    /// The accepted observations of a histogram.
    Histogram(Vec<Observation>),
}

/// An accepted observation.
#[derive(Debug, Clone, Copy)]
pub struct Observation {
    /// Finite.
    pub value: f64,
    /// The context in which it was made, if sampled.
    pub sampled: Option<SpanContext>,
}

/// The number of samples that a metric refused, by its reason.
pub(crate) type Refused = Vec<&'static str>;

/// An instrument that accepts random actions, with a trusted model of it.
pub(crate) trait Told: Instrument {
    type Action: std::fmt::Debug + Clone;

    const FAMILY: FamilyKind;

    fn declare<'a>(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        bounds: &[f64],
    ) -> MetricBuilder<'a, Self>;

    fn action() -> BoxedStrategy<Self::Action>;

    /// The series before anything was recorded.
    fn untouched() -> Recorded;

    fn tell(&self, action: &Self::Action, recorded: &mut Recorded, refused: &mut Refused);
}

impl Told for Counter {
    type Action = u64;

    const FAMILY: FamilyKind = FamilyKind::Counter;

    fn declare<'a>(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        _: &[f64],
    ) -> MetricBuilder<'a, Self> {
        registry.counter(name, help)
    }

    fn action() -> BoxedStrategy<u64> {
        prop_oneof![3 => 0_u64..100, 1 => any::<u64>()].boxed()
    }

    fn untouched() -> Recorded {
        Recorded::Unsigned(0)
    }

    fn tell(&self, action: &u64, recorded: &mut Recorded, _: &mut Refused) {
        if *action == 1 {
            self.inc()
        } else {
            self.inc_by(*action)
        }
        if let Recorded::Unsigned(total) = recorded {
            *total = total.wrapping_add(*action);
        }
    }
}

impl Told for FloatCounter {
    type Action = f64;

    const FAMILY: FamilyKind = FamilyKind::Counter;

    fn declare<'a>(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        _: &[f64],
    ) -> MetricBuilder<'a, Self> {
        registry.float_counter(name, help)
    }

    fn action() -> BoxedStrategy<f64> {
        number().boxed()
    }

    fn untouched() -> Recorded {
        Recorded::Float(0.0)
    }

    fn tell(&self, action: &f64, recorded: &mut Recorded, refused: &mut Refused) {
        self.inc_by(*action);
        match recorded {
            _ if action.is_nan() => refused.push("nan"),
            _ if *action < 0.0 => refused.push("negative"),
            _ if action.is_infinite() => refused.push("infinite"),
            // An addition that would make the total infinite is refused.
            Recorded::Float(total) if (*total + action).is_infinite() => refused.push("infinite"),
            Recorded::Float(total) => *total += action,
            _ => {}
        }
    }
}

/// An action on a gauge.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change<T> {
    Set(T),
    Add(T),
    Sub(T),
}

fn change<T: std::fmt::Debug + Clone + 'static>(
    amount: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Change<T>> {
    (0..3, amount)
        .prop_map(|(which, amount)| match which {
            0 => Change::Set(amount),
            1 => Change::Add(amount),
            _ => Change::Sub(amount),
        })
        .boxed()
}

impl Told for Gauge {
    type Action = Change<f64>;

    const FAMILY: FamilyKind = FamilyKind::Gauge;

    fn declare<'a>(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        _: &[f64],
    ) -> MetricBuilder<'a, Self> {
        registry.gauge(name, help)
    }

    fn action() -> BoxedStrategy<Change<f64>> {
        change(number())
    }

    fn untouched() -> Recorded {
        Recorded::Float(0.0)
    }

    fn tell(&self, action: &Change<f64>, recorded: &mut Recorded, _: &mut Refused) {
        let Recorded::Float(value) = recorded else { return };
        match *action {
            Change::Set(to) => {
                self.set(to);
                *value = to;
            }
            Change::Add(amount) => {
                self.add(amount);
                *value += amount;
            }
            Change::Sub(amount) => {
                self.sub(amount);
                *value -= amount;
            }
        }
    }
}

impl Told for IntGauge {
    type Action = Change<i64>;

    const FAMILY: FamilyKind = FamilyKind::Gauge;

    fn declare<'a>(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        _: &[f64],
    ) -> MetricBuilder<'a, Self> {
        registry.int_gauge(name, help)
    }

    fn action() -> BoxedStrategy<Change<i64>> {
        change(prop_oneof![3 => -10_i64..10, 1 => any::<i64>()])
    }

    fn untouched() -> Recorded {
        Recorded::Signed(0)
    }

    fn tell(&self, action: &Change<i64>, recorded: &mut Recorded, _: &mut Refused) {
        let Recorded::Signed(value) = recorded else { return };
        match *action {
            Change::Set(to) => {
                self.set(to);
                *value = to;
            }
            Change::Add(amount) => {
                if amount == 1 {
                    self.inc();
                } else {
                    self.add(amount);
                }
                *value = value.wrapping_add(amount);
            }
            Change::Sub(amount) => {
                if amount == 1 {
                    self.dec();
                } else {
                    self.add(amount.wrapping_neg());
                }
                *value = value.wrapping_sub(amount);
            }
        }
    }
}

/// The context of an observation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Within {
    Nothing,
    Current(SpanContext),
    Given(SpanContext),
}

fn within() -> impl Strategy<Value = Within> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), any::<bool>(), 0..3);
    ids.prop_map(|(trace, span, sampled, which)| {
        let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::NONE };
        match (TraceId::from_bytes(trace), SpanId::from_bytes(span), which) {
            (Some(trace), Some(span), 1) => Within::Current(SpanContext::new(trace, span, flags)),
            (Some(trace), Some(span), 2) => Within::Given(SpanContext::new(trace, span, flags)),
            _ => Within::Nothing,
        }
    })
}

impl Told for Histogram {
    type Action = (f64, Within);

    const FAMILY: FamilyKind = FamilyKind::Histogram;

    fn declare<'a>(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        bounds: &[f64],
    ) -> MetricBuilder<'a, Self> {
        registry.histogram(name, help).buckets(Buckets::new(bounds).unwrap_or_default())
    }

    fn action() -> BoxedStrategy<(f64, Within)> {
        (number(), within()).boxed()
    }

    fn untouched() -> Recorded {
        Recorded::Histogram(Vec::new())
    }

    fn tell(&self, &(value, within): &(f64, Within), recorded: &mut Recorded, refused: &mut Refused) {
        let context = match within {
            Within::Nothing => {
                self.observe(value);
                None
            }
            Within::Current(context) => {
                let _current = context.enter();
                self.observe(value);
                Some(context)
            }
            Within::Given(context) => {
                self.observe_in(value, Some(&context));
                Some(context)
            }
        };
        match recorded {
            _ if value.is_nan() => refused.push("nan"),
            _ if value.is_infinite() => refused.push("infinite"),
            Recorded::Histogram(taken) => {
                taken.push(Observation { value, sampled: context.filter(SpanContext::is_sampled) });
            }
            _ => {}
        }
    }
}
