use std::borrow::Cow;

use radiosonde_metrics::{Gauge, RegisterError};

use crate::declaring::{Declaring, float};
use crate::host::HostSample;

/// Further names for what a [`ResourceMonitor`](crate::ResourceMonitor) reads, for existing dashboards.
///
/// # Shape
/// | | Metrics |
/// |---|---|
/// | [`usage`](Self::usage) | `memory_usage_bytes{service,type}` and `cpu_usage{type}` in percent of the host's; `type` is `used`, `available` or `idle` |
/// | [`worker`](Self::worker) | `worker_memory_usage_bytes`: the resident memory of the process |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceNames(Names);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    Usage { service: Cow<'static, str> },
    Worker,
}

impl ResourceNames {
    /// Memory and CPU of the host, by type.
    #[must_use]
    pub fn usage(service: impl Into<Cow<'static, str>>) -> Self {
        Self(Names::Usage { service: service.into() })
    }

    /// The memory of a worker process.
    #[must_use]
    pub const fn worker() -> Self {
        Self(Names::Worker)
    }

    pub(crate) fn declare(&self, declaring: &Declaring) -> Result<Chosen, RegisterError> {
        match &self.0 {
            Names::Usage { service } => {
                let types = ["used", "available"];
                let name = declaring.name("memory_usage_bytes");
                let memory = declaring.registry.gauge(&name, "Memory of the host, by type.");
                let memory = memory.possible_values(&[("type", &types)]).labels(&["service", "type"])?;
                let [used, available] = types.map(|kind| memory.handle(&[service, kind]));
                let types = ["used", "idle"];
                let name = declaring.name("cpu_usage");
                let help = "CPU time of the host since the previous sample, by type, in percent.";
                let values = [("type", &types[..])];
                let cpu = declaring.registry.gauge(&name, help).possible_values(&values);
                let cpu = cpu.labels(&["type"])?;
                let [busy, idle] = types.map(|kind| cpu.handle(&[kind]));
                Ok(Chosen::Usage { used, available, busy, idle })
            }
            Names::Worker => {
                let help = "Resident memory of the worker process.";
                Ok(Chosen::Worker(declaring.gauge("worker_memory_usage_bytes", help)?))
            }
        }
    }
}

/// The metrics of further names.
#[derive(Debug)]
pub(crate) enum Chosen {
    Usage { used: Gauge, available: Gauge, busy: Gauge, idle: Gauge },
    Worker(Gauge),
}

impl Chosen {
    pub(crate) fn show(&self, host: HostSample, resident_bytes: u64) {
        match self {
            Self::Usage { used, available, busy, idle } => {
                used.set(float(host.memory_used));
                available.set(float(host.memory_available));
                busy.set(host.cpu_usage * 100.0);
                idle.set(100.0 - host.cpu_usage * 100.0);
            }
            Self::Worker(memory) => memory.set(float(resident_bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;

    use super::*;

    #[test]
    fn the_names_of_existing_dashboards_show_the_same_samples() {
        let declaring = Declaring { registry: Registry::new(), namespace: Cow::Borrowed("") };
        let host = HostSample { cpus: 4, cpu_usage: 0.25, memory_used: 300, memory_available: 100 };
        for names in [ResourceNames::usage("orders"), ResourceNames::worker()] {
            names.declare(&declaring).unwrap().show(host, 42);
        }
        let text = declaring.registry.text();
        for sample in [
            "memory_usage_bytes{service=\"orders\",type=\"used\"} 300\n",
            "memory_usage_bytes{service=\"orders\",type=\"available\"} 100\n",
            "cpu_usage{type=\"used\"} 25\n",
            "cpu_usage{type=\"idle\"} 75\n",
            "worker_memory_usage_bytes 42\n",
        ] {
            assert!(text.contains(sample), "{sample}\n{text}");
        }
    }
}
