use std::sync::Arc;

use radiosonde_core::SpanContext;

use crate::instruments::exemplar_slot::Exemplars;
use crate::instruments::instrument::Instrument;
use crate::instruments::instrument::sealed::Sealed;
use crate::instruments::shared::Shared;
use crate::instruments::stripe::{Striped, Writers};
use crate::model::exemplar::Exemplar;
use crate::model::kind::Kind;
use crate::model::samples::{Number, NumberSample};
use crate::model::visitor::Visitor;
use crate::storage::series::Series;
use crate::sync::{AtomicU64, Ordering};

/// Counts events since the process started.
///
/// Never goes down; for a value that can, use [`Gauge`](crate::Gauge). For a total that is not a whole number, such as
/// seconds, use [`FloatCounter`](crate::FloatCounter).
///
/// # Shape
/// Events, `u64`. Past 2^64 - 1 it goes on from zero, which Prometheus takes for a restart; it rounds what is beyond 2^53. The name
/// ends in `_total`.
///
/// # Cost
/// One relaxed atomic addition; no lock, no allocation. Cloning copies a pointer. [`striped`](crate::MetricBuilder::striped), a load and a
/// store, however many threads count. With [`exemplars`](crate::MetricBuilder::exemplars), 90 bytes more for each series and a look at
/// the current span, which is why they are asked for.
///
/// # Source
/// OpenMetrics 1.0, "Counter": <https://prometheus.io/docs/specs/om/open_metrics_spec/#counter>
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let orders = registry.counter("orders_created_total", "Orders created.").build()?;
/// orders.inc();
/// assert_eq!(orders.value(), 1);
/// assert!(registry.text().contains("orders_created_total 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Counter(Arc<Series<CounterCell>>);

/// Public to the sealed trait only.
#[derive(Debug)]
pub struct CounterCell(Events);

#[derive(Debug)]
enum Events {
    One(AtomicU64),
    Striped(Striped<AtomicU64>),
    /// Either of the others, and the last exemplar. Last, so that those without pay nothing for it.
    Traced(Box<Traced>),
}

#[derive(Debug)]
struct Traced {
    events: Events,
    exemplars: Exemplars,
    shared: Arc<Shared>,
}

impl Events {
    #[inline]
    fn add(&self, events: u64) {
        match self {
            Self::One(cell) => {
                // Relaxed: readers need the total, not an order against other metrics.
                cell.fetch_add(events, Ordering::Relaxed);
            }
            Self::Striped(cell) => match cell.owned() {
                // Relaxed: no other thread writes to this part, and readers need the total alone.
                Some(part) => {
                    part.store(part.load(Ordering::Relaxed).wrapping_add(events), Ordering::Relaxed);
                }
                None => add_events(cell, events),
            },
            Self::Traced(traced) => traced.add_now(events),
        }
    }

    fn total(&self) -> u64 {
        match self {
            Self::One(cell) => read(cell),
            // Each part is monotone, and so is their sum from one reading to the next.
            Self::Striped(cell) => cell.iter().map(read).fold(0, u64::wrapping_add),
            Self::Traced(traced) => traced.events.total(),
        }
    }
}

impl Traced {
    #[inline(never)]
    fn add_now(&self, events: u64) {
        // Counted before the context is read: a context held across the addition is copied twice.
        self.events.add(events);
        self.offer(events, SpanContext::current().as_ref());
    }

    #[inline]
    fn add(&self, events: u64, context: Option<&SpanContext>) {
        self.events.add(events);
        self.offer(events, context);
    }

    #[inline]
    fn offer(&self, events: u64, context: Option<&SpanContext>) {
        if let Some(context) = context.filter(|context| context.is_sampled()) {
            self.exemplars.offer(0, as_float(events), context);
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "an exemplar's value is a 64-bit float")]
const fn as_float(events: u64) -> f64 {
    events as f64
}

impl Counter {
    /// Counts one event.
    #[inline]
    pub fn inc(&self) {
        self.inc_by(1);
    }

    /// Counts `events` events.
    #[inline]
    pub fn inc_by(&self, events: u64) {
        self.0.cell.0.add(events);
    }

    /// Counts one event that happened in `context`, for a unit of work whose span is not current any more.
    pub fn inc_in(&self, context: Option<&SpanContext>) {
        match &self.0.cell.0 {
            Events::Traced(traced) => traced.add(1, context),
            events => events.add(1),
        }
    }

    /// Counts one event and leaves it as the exemplar, with these labels beside those of the current span.
    ///
    /// Labels that no exemplar may have are dropped, never the event, and counted in
    /// `radiosonde_metrics_refused_total{family,reason="exemplar"}`: a bad name, or more than 128 characters in the names and values of
    /// all. In a family that did not ask for [`exemplars`](crate::MetricBuilder::exemplars) this is the same as [`inc`](Self::inc).
    ///
    /// # Cost
    /// A lock that no thread waits for, and a few allocations.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_metrics::exposition::Format;
    ///
    /// let registry = Registry::new();
    /// let refunds = registry.counter("refunds_total", "Refunds.").exemplars().build()?;
    /// refunds.inc_with_exemplar(&[("order", "4711")]);
    /// assert!(registry.encode(Format::OpenMetrics).contains("refunds_total 1 # {order=\"4711\"} 1 "));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn inc_with_exemplar(&self, labels: &[(&str, &str)]) {
        self.inc_by_with_exemplar(1, labels);
    }

    /// As [`inc_with_exemplar`](Self::inc_with_exemplar), for several events.
    pub fn inc_by_with_exemplar(&self, events: u64, labels: &[(&str, &str)]) {
        match &self.0.cell.0 {
            Events::Traced(traced) => {
                traced.events.add(events);
                traced.shared.keep_exemplar(&traced.exemplars, 0, as_float(events), labels);
            }
            other => other.add(events),
        }
    }

    /// How many events were counted.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.cell.0.total()
    }
}

// Not inlined: the usual paths need few registers.
#[inline(never)]
pub(crate) fn add_events(cell: &Striped<AtomicU64>, events: u64) {
    match cell.mine() {
        (part, Writers::ThisOne) => {
            // Relaxed: no other thread writes to this part, and readers need the total alone.
            part.store(part.load(Ordering::Relaxed).wrapping_add(events), Ordering::Relaxed);
        }
        (part, Writers::Many) => {
            // Relaxed: as above.
            part.fetch_add(events, Ordering::Relaxed);
        }
    }
}

pub(crate) fn read(cell: &AtomicU64) -> u64 {
    // Relaxed: readers need the total, not an order against other metrics.
    cell.load(Ordering::Relaxed)
}

impl Instrument for Counter {
    const KIND: Kind = Kind::Counter;
}

impl Sealed for Counter {
    const NAME: &'static str = "Counter";

    type Cell = CounterCell;

    fn cell(shared: &Arc<Shared>) -> CounterCell {
        let one = || AtomicU64::new(0);
        let events = if shared.striped { Events::Striped(Striped::new(one)) } else { Events::One(one()) };
        CounterCell(if shared.exemplars {
            let (exemplars, shared) = (Exemplars::new(1), Arc::clone(shared));
            Events::Traced(Box::new(Traced { events, exemplars, shared }))
        } else {
            events
        })
    }

    fn wrap(series: Arc<Series<CounterCell>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<CounterCell>, out: &mut dyn Visitor) {
        let CounterCell(events) = &series.cell;
        // Read before the total, so that the event that it is of is counted.
        let exemplar = match events {
            Events::Traced(traced) => traced.exemplars.first(),
            _ => None,
        };
        show(series, Number::Unsigned(events.total()), exemplar.as_ref(), out);
    }
}

pub(crate) fn show<C>(series: &Series<C>, value: Number, exemplar: Option<&Exemplar>, out: &mut dyn Visitor) {
    out.number(&series.labels, &NumberSample { value, exemplar, created: series.created() });
}

#[cfg(test)]
mod tests {
    use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

    use crate::exposition::format::Format;
    use crate::registry::Registry;

    #[test]
    fn a_total_of_events_goes_on_from_zero_past_its_end() {
        let registry = Registry::new();
        let plain = registry.counter("plain_total", "Plain.").build().unwrap();
        let striped = registry.counter("striped_total", "Striped.").striped().build().unwrap();
        for counter in [plain, striped] {
            counter.inc_by(u64::MAX);
            counter.inc_by(3);
            assert_eq!(counter.value(), 2);
        }
    }

    #[test]
    fn a_counter_that_asked_for_it_takes_the_sampled_span_it_is_in() {
        let registry = Registry::new();
        let plain = registry.counter("plain_total", "Plain.").build().unwrap();
        let events = registry.counter("events_total", "Events.").exemplars().build().unwrap();
        let striped = registry.counter("striped_total", "Events.").striped().exemplars().build().unwrap();
        let seconds = registry.float_counter("seconds_total", "Seconds.").exemplars().build().unwrap();
        let count = || {
            plain.inc();
            events.inc_by(3);
            striped.inc();
            seconds.inc_by(0.5);
        };
        let exemplars = || {
            let text = registry.encode(Format::OpenMetrics);
            let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
            ["plain", "events", "striped", "seconds"].map(|name| line(&format!("{name}_total")))
        };
        count();
        let context = |flags| SpanContext::new(TraceId::random(), SpanId::random(), flags);
        {
            let _current = context(TraceFlags::NONE).enter();
            count();
        }
        assert_eq!(exemplars(), ["plain_total 2", "events_total 6", "striped_total 2", "seconds_total 1"]);
        let sampled = context(TraceFlags::SAMPLED);
        {
            let _current = sampled.enter();
            count();
        }
        let ids = format!("# {{trace_id=\"{}\",span_id=\"{}\"}} ", sampled.trace_id(), sampled.span_id());
        let [plain, events, striped, seconds] = exemplars();
        assert_eq!(plain, "plain_total 3");
        assert!(events.starts_with(&format!("events_total 9 {ids}3 ")), "{events}");
        assert!(striped.starts_with(&format!("striped_total 3 {ids}1 ")), "{striped}");
        assert!(seconds.starts_with(&format!("seconds_total 1.5 {ids}0.5 ")), "{seconds}");
        assert!(!registry.text().contains("trace_id"));
    }

    #[test]
    fn a_context_may_be_given_where_no_span_is_current() {
        let registry = Registry::new();
        let events = registry.counter("events_total", "Events.").exemplars().build().unwrap();
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        events.inc_in(None);
        events.inc_in(Some(&context));
        let text = registry.encode(Format::OpenMetrics);
        assert!(text.contains(&format!("events_total 2 # {{trace_id=\"{}\"", context.trace_id())), "{text}");
    }

    #[test]
    fn labels_that_no_exemplar_may_have_are_dropped_and_counted_but_never_the_event() {
        let registry = Registry::new();
        let events = registry.counter("events_total", "Events.").exemplars().build().unwrap();
        let plain = registry.counter("plain_total", "Events.").build().unwrap();
        let long = "x".repeat(128);
        for labels in [[("a", &*long)], [("__name__", "x")], [("le", "1")]] {
            events.inc_with_exemplar(&labels);
            plain.inc_with_exemplar(&labels);
        }
        let text = registry.encode(Format::OpenMetrics);
        assert!(text.contains("\nevents_total 3\n") && text.contains("\nplain_total 3\n"), "{text}");
        let refused = "radiosonde_metrics_refused_total{family=\"events_total\",reason=\"exemplar\"} 3\n";
        assert!(text.contains(refused), "{text}");

        events.inc_by_with_exemplar(2, &[("order", "1"), ("shop", "a\"b")]);
        let text = registry.encode(Format::OpenMetrics);
        assert!(text.contains("\nevents_total 5 # {order=\"1\",shop=\"a\\\"b\"} 2 "), "{text}");
    }

    #[test]
    fn no_increment_is_lost_between_threads() {
        let registry = Registry::new();
        let events = registry.counter("events_total", "Events.").build().unwrap();
        let striped = registry.counter("striped_total", "Events.").striped().build().unwrap();
        let seconds = registry.float_counter("seconds_total", "Seconds.").build().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        events.inc();
                        striped.inc();
                        seconds.inc_by(0.5);
                    }
                });
            }
        });
        assert_eq!((events.value(), striped.value()), (40_000, 40_000));
        assert!(registry.text().contains("striped_total 40000\n"));
        assert_eq!(seconds.value(), 20_000.0);
    }
}
