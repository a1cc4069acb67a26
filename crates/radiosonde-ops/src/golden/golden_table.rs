use std::fmt;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::{GoldenSignals, Saturation, Series};

use crate::golden::quantile::{quantile, summary_quantile};
use crate::markdown::cell;

/// All golden signals of a registry with their current values, as a Markdown table.
///
/// # Shape
/// A row for each kind of work, in the order of [`GoldenSignals::of`]. Latency, traffic and errors are those since the start of the
/// process. A signal that the work does not have is an empty cell. A summary that does not keep the quantile 0.95 is shown with the next
/// one, such as `0.2 s (p99)`.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::GoldenTable;
/// use radiosonde_signals::Operation;
///
/// let registry = Registry::new();
/// let price = Operation::in_registry(&registry, "price")?;
/// let _running = price.track();
/// let table = GoldenTable::of(&registry).to_string();
/// assert!(table.ends_with("| operation | price | none yet | 0 | 0 | 1, limit unknown |\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct GoldenTable {
    signals: Vec<GoldenSignals>,
    now: Snapshot,
}

impl GoldenTable {
    /// The golden signals declared in `registry`, with their values from a snapshot of it.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { signals: GoldenSignals::of(registry), now: registry.snapshot() }
    }

    fn latency(&self, series: &Series) -> String {
        let matching = series.select(&self.now);
        let latency = match series.kind() {
            Kind::Histogram => quantile(P95, matching),
            Kind::Summary => return self.summary(series),
            _ => matching.map(|series| series.number()).reduce(f64::max),
        };
        latency.map_or_else(|| "none yet".to_owned(), |seconds| format!("{} s", short(seconds)))
    }

    fn summary(&self, series: &Series) -> String {
        match summary_quantile(P95, series.select(&self.now)) {
            Some((P95, seconds)) => format!("{} s", short(seconds)),
            Some((other, seconds)) => format!("{} s (p{})", short(seconds), short(other * 100.0)),
            None if series.sum(&self.now) > 0.0 => "no quantile".to_owned(),
            None => "none yet".to_owned(),
        }
    }

    fn errors(&self, series: &Series, traffic: Option<&Series>) -> String {
        let errors = series.sum(&self.now);
        match traffic.map(|traffic| traffic.sum(&self.now)).filter(|traffic| *traffic > 0.0) {
            Some(traffic) => format!("{errors} ({})", percent(errors / traffic)),
            None => errors.to_string(),
        }
    }

    fn saturation(&self, saturation: &Saturation) -> String {
        if saturation.in_use().kind() == Kind::Counter {
            return "a rate".to_owned();
        }
        if saturation.in_use().select(&self.now).next().is_none() {
            return "none yet".to_owned();
        }
        let in_use = short(saturation.in_use().sum(&self.now));
        match (saturation.limit().value(&self.now), saturation.share(&self.now)) {
            (Some(limit), Some(share)) => format!("{in_use} of {} ({})", short(limit), percent(share)),
            (Some(_), None) => format!("{in_use}, no limit"),
            (None, _) => format!("{in_use}, limit unknown"),
        }
    }
}

/// The quantile of latencies.
const P95: f64 = 0.95;

/// A number with three significant digits, but all digits of a whole number.
fn short(number: f64) -> String {
    if number.fract() == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let digits = [100.0, 10.0, 1.0, 0.1, 0.01, 0.001].iter().filter(|bound| number.abs() < **bound).count();
    let text = format!("{number:.digits$}");
    let is_whole = digits == 0;
    if is_whole { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

fn percent(share: f64) -> String {
    format!("{} %", short(share * 100.0))
}

impl fmt::Display for GoldenTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "| Kind | Name | Latency (p95) | Traffic | Errors | Saturation |\n|---|---|---|---|---|---|\n",
        )?;
        for signals in &self.signals {
            let traffic = signals.traffic();
            let cells = [
                signals.kind().to_owned(),
                signals.name().to_owned(),
                signals.latency().map(|series| self.latency(series)).unwrap_or_default(),
                traffic.map(|series| series.sum(&self.now).to_string()).unwrap_or_default(),
                signals.errors().map(|series| self.errors(series, traffic)).unwrap_or_default(),
                signals.saturation().map(|of| self.saturation(of)).unwrap_or_default(),
            ];
            let cells = cells.map(|text| cell(&text));
            writeln!(f, "|{}|", cells.join("|"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use radiosonde_metrics::{Buckets, Registry};
    use radiosonde_signals::{Limit, Operation};
    use radiosonde_testkit::ManualClock;

    use super::*;

    #[test]
    fn each_kind_of_work_is_a_row_with_its_values() {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let builder = Operation::builder("price").registry(&registry).clock(Arc::new(clock.clone()));
        let price = builder.buckets(Buckets::from_static(&[0.5, 1.0])).build().unwrap();
        for fails in [true, false, false] {
            let worked = price.run(|| {
                clock.advance(Duration::from_millis(700));
                if fails { Err("no price") } else { Ok(()) }
            });
            assert_eq!(worked.is_err(), fails);
        }
        let gauge = |name, value| {
            registry.gauge(name, "Connections.").build().unwrap().set(value);
            Series::of(&registry, name, Kind::Gauge)
        };
        let (active, max) = (gauge("active", 3.0), gauge("max", 8.0));
        let of = |name: &str| GoldenSignals::new("database", name);
        of("main|orders").with_saturation(active.clone(), Limit::Metric(max)).declare(&registry);
        of("fixed").with_saturation(active.clone(), Limit::Fixed(3.0)).declare(&registry);
        let none = gauge("none", 0.0);
        of("unlimited").with_saturation(active.clone(), Limit::Metric(none)).declare(&registry);
        of("lagging").with_latency(active.clone()).with_errors(active).declare(&registry);
        registry.float_counter("busy_seconds_total", "Busy.").build().unwrap().inc_by(2.0);
        let busy = Series::of(&registry, "busy_seconds_total", Kind::Counter);
        of("busy").with_traffic(busy.clone()).with_saturation(busy, Limit::Fixed(2.0)).declare(&registry);
        let expected = "\
| Kind | Name | Latency (p95) | Traffic | Errors | Saturation |
|---|---|---|---|---|---|
| database | busy | | 2 | | a rate |
| database | fixed | | | | 3 of 3 (100 %) |
| database | lagging | 3 s | | 3 | |
| database | main\\|orders | | | | 3 of 8 (37.5 %) |
| database | unlimited | | | | 3, no limit |
| operation | price | 0.975 s | 3 | 1 (33.3 %) | 0, limit unknown |
";
        assert_eq!(GoldenTable::of(&registry).to_string(), expected);
    }

    #[test]
    fn the_latency_of_a_summary_is_one_of_its_quantiles() {
        let registry = Registry::new();
        let of = |name: &str, quantiles: &[f64], observed: &[f64]| {
            let summary = registry.summary(name, "Time.").quantiles(quantiles).build().unwrap();
            observed.iter().for_each(|&seconds| summary.observe(seconds));
            let latency = Series::of(&registry, name, Kind::Summary);
            GoldenSignals::new("job", name).with_latency(latency).declare(&registry);
        };
        // A quantile is within 1 % of what was observed.
        of("a_seconds", &[0.5, 0.95, 0.99], &[0.25]);
        of("b_seconds", &[0.5, 0.99], &[0.25]);
        of("c_seconds", &[], &[0.25]);
        of("d_seconds", &[0.95], &[]);
        let table = GoldenTable::of(&registry).to_string();
        let latencies: Vec<_> = table.lines().skip(2).filter_map(|row| row.split(" | ").nth(2)).collect();
        assert_eq!(latencies, ["0.252 s", "0.252 s (p99)", "no quantile", "none yet"], "{table}");
    }

    #[test]
    fn a_number_has_three_digits_that_count() {
        let numbers = [0.0, 12345.0, 1230.4, 12.345, 1.0 / 3.0, 0.0123, 0.001_234_5, 0.000_012, f64::NAN];
        let shown = numbers.map(short);
        let expected = ["0", "12345", "1230", "12.3", "0.333", "0.0123", "0.00123", "0.000012", "NaN"];
        assert_eq!(shown, expected);
    }
}
