use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use sysinfo::System;

/// Reads the resources of this process and its host at each scrape.
#[derive(Debug, Default)]
pub struct ResourceMonitor {}

impl ResourceMonitor {
    /// Exposes the resources in a registry, for as long as the registry lives. A second monitor replaces the first.
    pub fn install(self, registry: &Registry) {
        registry.collect_as("resources", self);
    }
}

impl Collector for ResourceMonitor {
    fn collect(&self, out: &mut Collection) {
        let help = "Average number of threads that run or wait for a CPU or a disk, by minutes averaged.";
        let family = out.family("host_load_average", help, Kind::Gauge);
        let load = System::load_average();
        for (minutes, load) in [("1", load.one), ("5", load.five), ("15", load.fifteen)] {
            family.number(LabelSet::new([("minutes", minutes)]), Number::Float(load));
        }
    }
}
