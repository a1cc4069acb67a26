use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{RegisterError, Registry};
use radiosonde_signals::{GoldenSignals, Limit, Series};
use sysinfo::System;

use crate::cgroup::Cgroup;
use crate::chosen::ResourceNames;
use crate::declaring::Declaring;
use crate::disks::Disks;
use crate::host::{Host, MEMORY_TOTAL};
use crate::monitor::resource_monitor::{Inner, ResourceMonitor, Sampled};
use crate::networks::Networks;
use crate::process::Process;

/// Builder of a [`ResourceMonitor`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct ResourceMonitorBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    namespace: Cow<'static, str>,
    interval: Duration,
    names: Vec<ResourceNames>,
}

impl ResourceMonitorBuilder {
    pub(crate) fn new() -> Self {
        let (clock, interval) = (Arc::new(SystemClock), Duration::from_secs(1));
        Self { registry: None, clock, namespace: Cow::Borrowed(""), interval, names: Vec::new() }
    }

    /// The registry that the metrics are in. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The clock that measures the interval. Default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// What the names of all metrics begin with, before an underscore. Default: nothing.
    pub fn namespace(mut self, namespace: impl Into<Cow<'static, str>>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// The least time between two samples: scrapes in between show the last one. Default: 1 s.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Shows the same samples under further names. Can be set several times.
    pub fn names(mut self, names: ResourceNames) -> Self {
        self.names.push(names);
        self
    }

    /// Declares the metrics, and reads the resources for the first time. A second monitor replaces the first.
    ///
    /// The golden signals of the disks that are mounted now are listed in the registry; those mounted later are among
    /// [`ResourceMonitor::signals`].
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<ResourceMonitor, RegisterError> {
        let registry = self.registry.unwrap_or_else(|| Registry::global().clone());
        let declaring = Declaring { registry, namespace: self.namespace };
        let cgroup = Cgroup::own().map(|folders| Cgroup::declare(folders, &declaring)).transpose()?;
        let chosen = self.names.iter().map(|names| names.declare(&declaring)).collect::<Result<_, _>>()?;
        let (host, process) = (Host::declare(&declaring)?, Process::declare(&declaring)?);
        let [cpu, memory] = host.signals(&declaring);
        let limited = cgroup.as_ref().and_then(|cgroup| cgroup.signals(&declaring));
        let process_memory = limited.unwrap_or_else(|| process_memory(&declaring));
        let sampled = Sampled {
            at: None,
            system: System::new(),
            host,
            process,
            disks: Disks::declare(&declaring)?,
            networks: Networks::declare(&declaring)?,
            cgroup,
            chosen,
            signals: vec![cpu, memory, Process::signals(&declaring), process_memory],
        };
        let sampled = Mutex::new(sampled);
        let monitor =
            ResourceMonitor(Arc::new(Inner { clock: self.clock, interval: self.interval, sampled }));
        monitor.sample();
        for signals in monitor.signals() {
            signals.declare(&declaring.registry);
        }
        declaring.registry.collect_as(&declaring.name("resources"), monitor.clone());
        Ok(monitor)
    }
}

/// The saturation of the process's memory without a limit of its own: the host's is the limit.
fn process_memory(declaring: &Declaring) -> GoldenSignals {
    let in_use = Series::of(&declaring.registry, "process_resident_memory_bytes", Kind::Gauge);
    declaring.saturation("process_memory", in_use, Limit::Metric(declaring.series(MEMORY_TOTAL)))
}
