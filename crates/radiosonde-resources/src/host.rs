use radiosonde_metrics::{Gauge, RegisterError};
use radiosonde_signals::{GoldenSignals, Limit};
use sysinfo::{MemoryRefreshKind, System};

use crate::declaring::{Declaring, float};
use crate::host_cpu::HostCpu;

/// CPUs, memory, swap and load of the host.
#[derive(Debug)]
pub(crate) struct Host {
    cpus: Gauge,
    /// `None` if the system does not count it.
    cpu: Option<HostCpu>,
    cpu_usage: Gauge,
    /// Averaged over 1, 5 and 15 minutes.
    load: [Gauge; 3],
    memory_total: Gauge,
    memory_available: Gauge,
    memory_used: Gauge,
    swap_total: Gauge,
    swap_free: Gauge,
}

/// The name of the gauge with the host's memory.
pub(crate) const MEMORY_TOTAL: &str = "host_memory_total_bytes";
const CPUS: &str = "host_cpus";

/// What was read of the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostSample {
    pub(crate) cpus: u32,
    /// The share of all CPUs in use.
    pub(crate) cpu_usage: f64,
    pub(crate) memory_used: u64,
    pub(crate) memory_available: u64,
}

impl Host {
    pub(crate) fn declare(declaring: &Declaring) -> Result<Self, RegisterError> {
        let gauge = |name, help| declaring.gauge(name, help);
        let help = "Average number of threads that run or wait for a CPU or a disk, by minutes averaged.";
        let minutes = ["1", "5", "15"];
        let load = declaring.name("host_load_average");
        let values = [("minutes", &minutes[..])];
        let load = declaring.registry.gauge(&load, help).possible_values(&values);
        let load = load.labels(&["minutes"])?;
        Ok(Self {
            cpus: gauge(CPUS, "Number of CPUs of the host.")?,
            cpu: HostCpu::declare(declaring)?,
            cpu_usage: gauge(
                "host_cpu_usage_ratio",
                "Share of the host's CPU time in use since the previous sample.",
            )?,
            load: minutes.map(|minutes| load.handle(&[minutes])),
            memory_total: gauge(MEMORY_TOTAL, "Total memory of the host.")?,
            memory_available: gauge(
                "host_memory_available_bytes",
                "Memory of the host that is available without swapping.",
            )?,
            memory_used: gauge(
                "host_memory_used_bytes",
                "Memory of the host that is not available without swapping.",
            )?,
            swap_total: gauge("host_swap_total_bytes", "Total swap space of the host.")?,
            swap_free: gauge("host_swap_free_bytes", "Free swap space of the host.")?,
        })
    }

    pub(crate) fn signals(&self, declaring: &Declaring) -> [GoldenSignals; 2] {
        let cpu = if self.cpu.is_some() {
            HostCpu::signals(declaring, CPUS)
        } else {
            declaring.saturation("cpu", declaring.series("host_cpu_usage_ratio"), Limit::Fixed(1.0))
        };
        let memory = declaring.series("host_memory_used_bytes");
        let total = Limit::Metric(declaring.series(MEMORY_TOTAL));
        [cpu, declaring.saturation("memory", memory, total)]
    }

    pub(crate) fn sample(&self, system: &mut System) -> HostSample {
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let cpus = u32::try_from(system.cpus().len()).unwrap_or(u32::MAX);
        // Not a number until there are two samples.
        let percent = f64::from(system.global_cpu_usage());
        let cpu_usage = if percent.is_finite() { (percent / 100.0).clamp(0.0, 1.0) } else { 0.0 };
        let (total, available) = (system.total_memory(), system.available_memory());
        let memory_used = total.saturating_sub(available);
        self.cpus.set(f64::from(cpus));
        if let Some(cpu) = &self.cpu {
            cpu.sample();
        }
        self.cpu_usage.set(cpu_usage);
        let load = System::load_average();
        for (gauge, load) in self.load.iter().zip([load.one, load.five, load.fifteen]) {
            gauge.set(load);
        }
        self.memory_total.set(float(total));
        self.memory_available.set(float(available));
        self.memory_used.set(float(memory_used));
        self.swap_total.set(float(system.total_swap()));
        self.swap_free.set(float(system.free_swap()));
        HostSample { cpus, cpu_usage, memory_used, memory_available: available }
    }
}
