use std::fs;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{FloatCounter, RegisterError};
use radiosonde_signals::{GoldenSignals, Limit, Match, Series};

use crate::declaring::{Declaring, advance, float};

/// The CPU time of the host by mode, as Linux counts it.
#[derive(Debug)]
pub(crate) struct HostCpu([FloatCounter; MODES.len()]);

/// The first columns of `/proc/stat`; the time of guests is in `user` and `nice` too.
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
/// The unit of `/proc/stat`: the same on every architecture of Linux that Rust compiles for.
const TICKS_PER_SECOND: f64 = 100.0;

impl HostCpu {
    /// `None` if the host does not count: it is not Linux.
    pub(crate) fn declare(declaring: &Declaring) -> Result<Option<Self>, RegisterError> {
        if ticks(&read()).is_none() {
            return Ok(None);
        }
        let help = "Time that the CPUs of the host have spent, by mode.";
        let name = declaring.name("host_cpu_seconds_total");
        let seconds = declaring.registry.float_counter(&name, help);
        let values = [("mode", &MODES[..])];
        let seconds = seconds.unit("seconds").possible_values(&values).labels(&["mode"])?;
        Ok(Some(Self(MODES.map(|mode| seconds.handle(&[mode])))))
    }

    /// The saturation of the CPUs: busy CPU time per second, divided by the number of CPUs.
    pub(crate) fn signals(declaring: &Declaring, cpus: &str) -> GoldenSignals {
        let name = declaring.name("host_cpu_seconds_total");
        let waits = Match::NoneOf(["idle", "iowait"].map(str::to_owned).to_vec());
        let busy = Series::of(&declaring.registry, &name, Kind::Counter).with_match("mode", waits);
        declaring.saturation("cpu", busy, Limit::Metric(declaring.series(cpus)))
    }

    pub(crate) fn sample(&self) {
        self.show(&read());
    }

    fn show(&self, stat: &str) {
        for (counter, ticks) in self.0.iter().zip(ticks(stat).into_iter().flatten()) {
            // The kernel corrects `iowait` downwards at times: then the counter stands still.
            advance(counter, Some(float(ticks) / TICKS_PER_SECOND));
        }
    }
}

fn read() -> String {
    fs::read_to_string("/proc/stat").unwrap_or_default()
}

/// The columns of the line of all CPUs.
fn ticks(stat: &str) -> Option<impl Iterator<Item = u64>> {
    let all = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    Some(all.split_ascii_whitespace().map_while(|ticks| ticks.parse().ok()))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use radiosonde_metrics::Registry;

    use super::*;

    #[test]
    fn cpu_time_is_counted_by_mode_and_never_goes_down() {
        let registry = Registry::new();
        let declaring = Declaring { registry: registry.clone(), namespace: Cow::Borrowed("") };
        let Some(cpu) = HostCpu::declare(&declaring).unwrap() else { return };
        cpu.show("cpu  150 1 2 300 40 5 6 7 99 99\ncpu0 75 0\ncpu1 75 1\nintr 1\n");
        cpu.show("cpu  175 1 2 310 39 5 6 7 99 99\ncpu0 75 0\n");
        cpu.show("intr 1\n");
        let now = registry.snapshot();
        for (mode, seconds) in [
            ("user", 1.75),
            ("nice", 0.01),
            ("system", 0.02),
            ("idle", 3.1),
            ("iowait", 0.4),
            ("irq", 0.05),
            ("softirq", 0.06),
            ("steal", 0.07),
        ] {
            let shown = now.value("host_cpu_seconds_total", &[("mode", mode)]).unwrap();
            assert!((shown - seconds).abs() < 1e-9, "{mode}: {shown}");
        }
        let signals = HostCpu::signals(&declaring, "host_cpus");
        let busy = signals.saturation().unwrap().in_use().sum(&now);
        assert!((busy - 1.96).abs() < 1e-9, "all but idle and iowait: {busy}");
    }
}
