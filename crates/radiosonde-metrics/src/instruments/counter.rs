use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::families::series::Series;
use crate::instruments::instrument::{Refusal, Shared, sealed::Sealed};
use crate::instruments::stripe::{Striped, Writers};
use crate::{Instrument, Kind, Number, NumberSample, Visitor};

/// Counts events since the process started.
///
/// Never goes down; for a value that can, use [`Gauge`](crate::Gauge). For a total that is not a whole number, such as
/// seconds, use [`FloatCounter`].
///
/// # Shape
/// Events, `u64`; wraps at 2^64. The name ends in `_total`.
///
/// # Cost
/// One relaxed atomic addition; no lock, no allocation. Cloning copies a pointer. [`striped`](crate::Declare::striped), a load and a
/// store, however many threads count.
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
}

impl Counter {
    /// Counts one event.
    pub fn inc(&self) {
        self.inc_by(1);
    }

    /// Counts `events` events.
    pub fn inc_by(&self, events: u64) {
        match &self.0.cell.0 {
            Events::One(cell) => {
                // Relaxed: readers need the total, not an order against other metrics.
                cell.fetch_add(events, Ordering::Relaxed);
            }
            Events::Striped(cell) => add_events(cell, events),
        }
    }

    /// How many events were counted.
    #[must_use]
    pub fn value(&self) -> u64 {
        total(&self.0.cell)
    }
}

fn total(cell: &CounterCell) -> u64 {
    match &cell.0 {
        Events::One(cell) => read(cell),
        // Each part is monotone, and so is their sum from one reading to the next.
        Events::Striped(cell) => cell.iter().map(read).fold(0, u64::wrapping_add),
    }
}

pub(crate) fn add_events(cell: &Striped<AtomicU64>, events: u64) {
    match cell.mine() {
        (part, Writers::ThisOne) => {
            // Relaxed: nobody else writes to this part, and readers need the total alone.
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

impl Instrument for Counter {}

impl Sealed for Counter {
    const KIND: Kind = Kind::Counter;
    const NAME: &'static str = "Counter";

    type Cell = CounterCell;

    fn cell(shared: &Arc<Shared>) -> CounterCell {
        let one = || AtomicU64::new(0);
        CounterCell(if shared.striped { Events::Striped(Striped::new(one)) } else { Events::One(one()) })
    }

    fn wrap(series: Arc<Series<CounterCell>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<CounterCell>, out: &mut dyn Visitor) {
        let value = Number::Unsigned(total(&series.cell));
        out.number(&series.labels, &NumberSample { value, exemplar: None, created: series.created() });
    }
}

/// Sums up what happened since the process started, in a unit that has fractions.
///
/// # Shape
/// `f64`, zero or more. A negative, infinite or NaN addition is refused and counted in
/// `radiosonde_metrics_refused_total{family,reason}`: one of them would spoil the total for ever.
///
/// # Cost
/// A relaxed compare-exchange loop; no lock, no allocation.
#[derive(Debug, Clone)]
pub struct FloatCounter(Arc<Series<FloatCell>>);

/// Public to the sealed trait only.
#[derive(Debug)]
pub struct FloatCell {
    /// The bits of an `f64`.
    bits: AtomicU64,
    shared: Arc<Shared>,
}

impl FloatCounter {
    /// Adds `amount`.
    pub fn inc_by(&self, amount: f64) {
        let FloatCell { bits, shared } = &self.0.cell;
        if amount.is_nan() {
            shared.refused.count(Refusal::NotANumber);
        } else if amount < 0.0 {
            shared.refused.count(Refusal::Negative);
        } else if amount.is_infinite() {
            shared.refused.count(Refusal::Infinite);
        } else {
            add(bits, amount);
        }
    }

    /// The total.
    #[must_use]
    pub fn value(&self) -> f64 {
        f64::from_bits(read(&self.0.cell.bits))
    }
}

impl Instrument for FloatCounter {}

impl Sealed for FloatCounter {
    const KIND: Kind = Kind::Counter;
    const NAME: &'static str = "FloatCounter";

    type Cell = FloatCell;

    fn cell(shared: &Arc<Shared>) -> FloatCell {
        FloatCell { bits: AtomicU64::new(0), shared: Arc::clone(shared) }
    }

    fn wrap(series: Arc<Series<FloatCell>>) -> Self {
        Self(series)
    }

    fn visit(series: &Series<FloatCell>, out: &mut dyn Visitor) {
        let value = Number::Float(f64::from_bits(read(&series.cell.bits)));
        out.number(&series.labels, &NumberSample { value, exemplar: None, created: series.created() });
    }
}

/// Adds to the `f64` whose bits are in `cell`.
pub(crate) fn add(cell: &AtomicU64, amount: f64) {
    // Relaxed: the cell alone is the whole state; the loop repeats until nobody came in between.
    let mut bits = cell.load(Ordering::Relaxed);
    loop {
        let next = (f64::from_bits(bits) + amount).to_bits();
        match cell.compare_exchange_weak(bits, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(seen) => bits = seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Registry;

    #[test]
    fn a_total_of_seconds_refuses_what_would_spoil_it() {
        let registry = Registry::new();
        let total = registry.float_counter("busy_seconds_total", "Busy.").build().unwrap();
        for amount in [1.5, f64::NAN, -1.0, f64::INFINITY, 0.0, 0.25] {
            total.inc_by(amount);
        }
        assert_eq!(total.value(), 1.75);
        let text = registry.text();
        for reason in ["nan", "negative", "infinite"] {
            let line = format!(
                "radiosonde_metrics_refused_total{{family=\"busy_seconds_total\",reason=\"{reason}\"}} 1\n"
            );
            assert!(text.contains(&line), "{text}");
        }
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
