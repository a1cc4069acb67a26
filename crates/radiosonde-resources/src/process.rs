use std::time::Duration;

use radiosonde_metrics::{Gauge, RegisterError};
use radiosonde_signals::{GoldenSignals, Limit};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::declaring::Declaring;

/// The CPU that this process uses. Its memory is exposed by the registry.
#[derive(Debug)]
pub(crate) struct Process {
    cpu_usage: Gauge,
    /// The CPU time spent, and when it was read.
    last: Option<(Duration, Duration)>,
}

impl Process {
    pub(crate) fn declare(declaring: &Declaring) -> Result<Self, RegisterError> {
        declaring.registry.expose_process();
        let help = "Share in use of the CPU time that the process may use, since the previous sample.";
        Ok(Self { cpu_usage: declaring.gauge("process_cpu_usage_ratio", help)?, last: None })
    }

    pub(crate) fn signals(declaring: &Declaring) -> GoldenSignals {
        let cpu = declaring.series("process_cpu_usage_ratio");
        declaring.saturation("process_cpu", cpu, Limit::Fixed(1.0))
    }

    /// Reads the process, which may use this number of CPUs, and returns its resident memory.
    pub(crate) fn sample(&mut self, system: &mut System, cpus: f64, now: Duration) -> u64 {
        let pid = Pid::from_u32(std::process::id());
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let Some(process) = system.process(pid) else { return 0 };
        self.spent(Duration::from_millis(process.accumulated_cpu_time()), cpus, now);
        process.memory()
    }

    /// The process has spent this much CPU time until now.
    fn spent(&mut self, spent: Duration, cpus: f64, now: Duration) {
        if let Some((before, at)) = self.last.replace((spent, now)) {
            let available = now.saturating_sub(at).as_secs_f64() * cpus;
            let used = spent.saturating_sub(before).as_secs_f64();
            self.cpu_usage.set(if available > 0.0 { used / available } else { 0.0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use radiosonde_metrics::Registry;

    use super::*;

    #[test]
    fn the_share_is_of_the_cpus_that_the_process_may_use() {
        let declaring = Declaring { registry: Registry::new(), namespace: Cow::Borrowed("") };
        let mut process = Process::declare(&declaring).unwrap();
        let seconds = Duration::from_secs;
        process.spent(seconds(100), 2.0, seconds(1000));
        assert_eq!(process.cpu_usage.value(), 0.0, "one sample has no share");
        process.spent(seconds(105), 2.0, seconds(1010));
        assert_eq!(process.cpu_usage.value(), 0.25);
        process.spent(seconds(110), 0.5, seconds(1020));
        assert_eq!(process.cpu_usage.value(), 1.0);
        process.spent(seconds(111), 0.5, seconds(1020));
        assert_eq!(process.cpu_usage.value(), 0.0, "no time has passed");
    }
}
