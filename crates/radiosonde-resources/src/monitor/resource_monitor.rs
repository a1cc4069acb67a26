use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_core::SharedClock;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_signals::GoldenSignals;
use sysinfo::System;

use crate::cgroup::Cgroup;
use crate::chosen::Chosen;
use crate::disks::Disks;
use crate::host::Host;
use crate::monitor::builder::ResourceMonitorBuilder;
use crate::networks::Networks;
use crate::process::Process;

/// Reads the resources of this process and its host at each scrape.
///
/// # Metrics
/// - CPU: `host_cpus`, `host_load_average{minutes}`, and on Linux `host_cpu_seconds_total{mode}`, where `mode` is `user`, `nice`, `system`, `idle`,
///   `iowait`, `irq`, `softirq` or `steal`. The share in use is `1 - sum(rate(host_cpu_seconds_total{mode=~"idle|iowait"}[5m])) / host_cpus`.
/// - Shares of CPU time in use since the previous sample, for a look without Prometheus or a system other than Linux:
///   `host_cpu_usage_ratio`, and `process_cpu_usage_ratio` of the CPU time that the process may use, of its limit or of all CPUs. With
///   several scrapers each sees only the time since the last scrape of any.
/// - Memory: `host_memory_total_bytes`, `host_memory_available_bytes`, `host_memory_used_bytes`, `host_swap_total_bytes`,
///   `host_swap_free_bytes`; and what [`Registry::expose_process`](radiosonde_metrics::Registry::expose_process) exposes.
/// - Disks: `host_disk_size_bytes{mount}`, `host_disk_free_bytes{mount}`, `host_disk_used_bytes{mount}`. Each disk once, without pseudo
///   file systems and network drives; at most 32, all others are `_overflow`.
/// - Networks: `host_network_receive_bytes_total{interface}`, `host_network_transmit_bytes_total{interface}`,
///   `host_network_receive_errors_total{interface}`, `host_network_transmit_errors_total{interface}`. Without loopback; at most 32, all
///   others are `_overflow`.
/// - The control group of the process, version 2, where it has one: `process_cgroup_memory_usage_bytes`,
///   `process_cgroup_memory_working_set_bytes`, `process_cgroup_memory_limit_bytes`, `process_cgroup_cpu_limit`,
///   `process_cgroup_cpu_seconds_total`, `process_cgroup_cpu_throttled_seconds_total`. The working set is the usage without inactive file
///   cache, as kubelet computes it. A limit is the least of those of the group and the groups above it that the process can see, as that
///   of a pod; without any it is `+Inf`. What other groups use of a common limit is not counted, and CPUs that a cpuset withholds
///   are not subtracted.
///
/// In a container, `host_*` is the machine around it.
///
/// # Cost
/// Some twenty small files are read at a scrape, at most once in an [interval](ResourceMonitorBuilder::interval). Cloning copies a pointer.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_resources::ResourceMonitor;
///
/// let registry = Registry::new();
/// let monitor = ResourceMonitor::builder().registry(&registry).build()?;
/// assert!(registry.text().contains("host_load_average{minutes=\"1\"}"));
/// let memory = monitor.signals().into_iter().find(|of| of.name() == "memory").unwrap();
/// assert!(memory.saturation().unwrap().share(&registry.snapshot()).unwrap() > 0.0);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct ResourceMonitor(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) clock: SharedClock,
    pub(crate) interval: Duration,
    pub(crate) sampled: Mutex<Sampled>,
}

/// What is read, and when that was done last.
pub(crate) struct Sampled {
    pub(crate) at: Option<Duration>,
    pub(crate) system: System,
    pub(crate) host: Host,
    pub(crate) process: Process,
    pub(crate) disks: Disks,
    pub(crate) networks: Networks,
    pub(crate) cgroup: Option<Cgroup>,
    pub(crate) chosen: Vec<Chosen>,
    /// All but those of the disks.
    pub(crate) signals: Vec<GoldenSignals>,
}

impl ResourceMonitor {
    /// Declares the resources of this process and its host.
    pub fn builder() -> ResourceMonitorBuilder {
        ResourceMonitorBuilder::new()
    }

    /// The saturation of each resource: `cpu`, `memory`, `process_cpu`, `process_memory`, and `disk <mount>` for each disk.
    #[must_use]
    pub fn signals(&self) -> Vec<GoldenSignals> {
        let sampled = self.lock();
        sampled.signals.iter().chain(sampled.disks.signals()).cloned().collect()
    }

    /// Reads the resources, unless that was done within the interval.
    pub(crate) fn sample(&self) {
        // Before the lock: the clock may be the user's code.
        let now = self.0.clock.monotonic();
        let mut sampled = self.lock();
        if sampled.at.is_none_or(|at| now.saturating_sub(at) >= self.0.interval) {
            sampled.at = Some(now);
            sampled.sample(now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sampled> {
        self.0.sampled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sampled {
    fn sample(&mut self, now: Duration) {
        let Self { system, host, process, .. } = self;
        let host = host.sample(system);
        let limit = self.cgroup.as_ref().map_or(f64::INFINITY, Cgroup::sample);
        let resident_bytes = process.sample(system, limit.min(f64::from(host.cpus)), now);
        self.disks.sample();
        self.networks.sample();
        for chosen in &self.chosen {
            chosen.show(host, resident_bytes);
        }
    }
}

impl Collector for ResourceMonitor {
    fn collect(&self, _: &mut Collection) {
        self.sample();
    }
}

impl fmt::Debug for ResourceMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceMonitor").field("interval", &self.0.interval).finish_non_exhaustive()
    }
}
