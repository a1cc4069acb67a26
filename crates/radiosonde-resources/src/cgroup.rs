use std::fs;
use std::path::{Path, PathBuf};

use radiosonde_metrics::{FloatCounter, Gauge, RegisterError};
use radiosonde_signals::{GoldenSignals, Limit};

use crate::declaring::{Declaring, advance, float};

/// The container's limits, and what of them is in use: from the process's own control group, version 2, and those above it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    /// Its own first, the root last.
    folders: Vec<PathBuf>,
    memory_usage: Gauge,
    memory_working_set: Gauge,
    memory_limit: Gauge,
    cpu_limit: Gauge,
    cpu: FloatCounter,
    throttled: FloatCounter,
}

impl Cgroup {
    /// The control group of this process; `None` if it is not of version 2, or does not account for memory.
    pub(crate) fn own() -> Option<Vec<PathBuf>> {
        Self::find(Path::new("/sys/fs/cgroup"), &fs::read_to_string("/proc/self/cgroup").ok()?)
    }

    /// The folder of the group that is listed as `0::/path`, and those of the groups above it, up to the root.
    pub(crate) fn find(root: &Path, listed: &str) -> Option<Vec<PathBuf>> {
        let path = listed.lines().find_map(|line| line.strip_prefix("0::/"))?;
        // Within a namespace of its own, a container sees its group as the root.
        let folders = [root.join(path), root.to_owned()];
        let own = folders.into_iter().find(|folder| folder.join("memory.current").exists())?;
        let all = own.ancestors().take_while(|folder| folder.starts_with(root));
        Some(all.map(Path::to_owned).collect())
    }

    pub(crate) fn declare(folders: Vec<PathBuf>, declaring: &Declaring) -> Result<Self, RegisterError> {
        let gauge = |name, help| declaring.gauge(name, help);
        let seconds = |name, help| declaring.seconds(name, help);
        Ok(Self {
            folders,
            memory_usage: gauge(
                "process_cgroup_memory_usage_bytes",
                "Memory that the control group of the process uses, with its file cache.",
            )?,
            memory_working_set: gauge(
                "process_cgroup_memory_working_set_bytes",
                "Memory that the control group of the process uses, without file cache that can be freed.",
            )?,
            memory_limit: gauge(
                "process_cgroup_memory_limit_bytes",
                "Memory that the control group of the process and those above it may use; +Inf without a limit.",
            )?,
            cpu_limit: gauge(
                "process_cgroup_cpu_limit",
                "Number of CPUs that the control group of the process and those above it may use; +Inf without a limit.",
            )?,
            cpu: seconds(
                "process_cgroup_cpu_seconds_total",
                "CPU time that the control group of the process has spent.",
            )?,
            throttled: seconds(
                "process_cgroup_cpu_throttled_seconds_total",
                "Time that the control group of the process has waited because of its CPU limit.",
            )?,
        })
    }

    /// The saturation of the memory that the process may use; `None` without a limit.
    pub(crate) fn signals(&self, declaring: &Declaring) -> Option<GoldenSignals> {
        self.sample();
        let limit = declaring.series("process_cgroup_memory_limit_bytes");
        let in_use = declaring.series("process_cgroup_memory_working_set_bytes");
        let is_limited = self.memory_limit.value().is_finite();
        is_limited.then(|| declaring.saturation("process_memory", in_use, Limit::Metric(limit)))
    }

    /// Reads the group, and returns the number of CPUs that it may use.
    pub(crate) fn sample(&self) -> f64 {
        if let Some(bytes) = self.read("memory.current").as_deref().and_then(number) {
            // Without the pages that the kernel frees first, as kubelet does: else reading files would look like a lack of memory.
            let stat = self.read("memory.stat").unwrap_or_default();
            let inactive = value(&stat, "inactive_file ").unwrap_or(0);
            self.memory_usage.set(float(bytes));
            self.memory_working_set.set(float(bytes.saturating_sub(inactive)));
        }
        self.memory_limit.set(self.least("memory.max", |text| number(text).map(float)));
        let cpus = self.least("cpu.max", cpus);
        self.cpu_limit.set(cpus);
        let stat = self.read("cpu.stat").unwrap_or_default();
        let seconds = |key| Some(float(value(&stat, key)?) / 1e6);
        advance(&self.cpu, seconds("usage_usec "));
        advance(&self.throttled, seconds("throttled_usec "));
        cpus
    }

    /// A file of the process's own group.
    fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.folders.first()?.join(file)).ok()
    }

    /// The least limit of the group and those above it; infinite without one.
    fn least(&self, file: &str, limit: impl Fn(&str) -> Option<f64>) -> f64 {
        let texts = self.folders.iter().filter_map(|folder| fs::read_to_string(folder.join(file)).ok());
        texts.filter_map(|text| limit(&text)).fold(f64::INFINITY, f64::min)
    }
}

/// A number of bytes; `None` for `max`.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// The number of CPUs, from the CPU time in each period and the length of a period, in microseconds: `50000 100000`, or `max 100000`.
fn cpus(max: &str) -> Option<f64> {
    let (quota, period) = max.trim().split_once(' ')?;
    let (quota, period) = (quota.parse::<u64>().ok()?, period.parse::<u64>().ok()?);
    (period > 0).then(|| float(quota) / float(period))
}

fn value(stat: &str, key: &str) -> Option<u64> {
    number(stat.lines().find_map(|line| line.strip_prefix(key))?)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use radiosonde_metrics::Registry;

    use super::*;

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cgroup")
    }

    fn declaring(registry: &Registry) -> Declaring {
        Declaring { registry: registry.clone(), namespace: Cow::Borrowed("") }
    }

    #[test]
    fn the_limits_of_a_container_are_read_from_its_own_group() {
        let registry = Registry::new();
        let folders = Cgroup::find(&fixtures(), "1:name=systemd:/other\n0::/limited\n").unwrap();
        assert_eq!(folders, [fixtures().join("limited"), fixtures()]);
        let cgroup = Cgroup::declare(folders, &declaring(&registry)).unwrap();
        assert_eq!(cgroup.sample(), 1.5);
        assert_eq!(cgroup.sample(), 1.5, "the counters do not advance");
        let now = registry.snapshot();
        for (name, value) in [
            ("process_cgroup_memory_usage_bytes", 134_217_728.0),
            ("process_cgroup_memory_working_set_bytes", 67_108_864.0),
            ("process_cgroup_memory_limit_bytes", 536_870_912.0),
            ("process_cgroup_cpu_limit", 1.5),
            ("process_cgroup_cpu_seconds_total", 12.5),
            ("process_cgroup_cpu_throttled_seconds_total", 0.25),
        ] {
            assert_eq!(now.value(name, &[]), Some(value), "{name}");
        }
        let signals = cgroup.signals(&declaring(&registry)).unwrap();
        assert_eq!(signals.name(), "process_memory");
        let share = signals.saturation().unwrap().share(&registry.snapshot());
        assert_eq!(share, Some(0.125), "file cache that can be freed is not in use");
    }

    #[test]
    fn the_least_limit_of_a_group_and_those_above_it_counts() {
        let registry = Registry::new();
        let folders = Cgroup::find(&fixtures(), "0::/pod/container\n").unwrap();
        let cgroup = Cgroup::declare(folders, &declaring(&registry)).unwrap();
        assert_eq!(cgroup.sample(), 0.5, "the pod's; the container's own is 2");
        let now = registry.snapshot();
        let value = |name| now.value(name, &[]);
        assert_eq!(value("process_cgroup_cpu_limit"), Some(0.5));
        assert_eq!(value("process_cgroup_memory_limit_bytes"), Some(1_048_576.0), "it has none of its own");
        assert_eq!(value("process_cgroup_memory_working_set_bytes"), Some(262_144.0));
        let signals = cgroup.signals(&declaring(&registry)).unwrap();
        assert_eq!(signals.saturation().unwrap().share(&registry.snapshot()), Some(0.25));
    }

    #[test]
    fn a_container_without_limits_has_infinite_ones_and_no_saturation() {
        let registry = Registry::new();
        let folders = Cgroup::find(&fixtures().join("unlimited"), "0::/elsewhere\n").unwrap();
        assert_eq!(folders, [fixtures().join("unlimited")], "it is the root of its namespace");
        let cgroup = Cgroup::declare(folders, &declaring(&registry)).unwrap();
        assert_eq!(cgroup.sample(), f64::INFINITY);
        let now = registry.snapshot();
        assert_eq!(now.value("process_cgroup_memory_usage_bytes", &[]), Some(4096.0));
        assert_eq!(now.value("process_cgroup_memory_limit_bytes", &[]), Some(f64::INFINITY));
        assert_eq!(now.value("process_cgroup_cpu_limit", &[]), Some(f64::INFINITY));
        assert_eq!(cgroup.signals(&declaring(&registry)), None);
    }

    #[test]
    fn groups_of_version_1_are_not_read() {
        assert_eq!(Cgroup::find(&fixtures(), "4:memory:/limited\n"), None);
        assert_eq!(Cgroup::find(&fixtures(), "0::/\n"), None, "the root has no accounts");
    }
}
