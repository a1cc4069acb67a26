use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::collect::collection::Collection;
use crate::collect::collector::Collector;
use crate::model::kind::Kind;
use crate::model::samples::Number;
use crate::registry::Registry;

impl Registry {
    /// Exposes what the operating system knows of this process: `process_cpu_seconds_total`,
    /// `process_resident_memory_bytes`, `process_virtual_memory_bytes` and `process_start_time_seconds`.
    ///
    /// On macOS and Windows by the crate `sysinfo`; on Linux there are descriptors and threads, too. What cannot be read is left out of
    /// that scrape. Calling it twice changes nothing.
    ///
    /// # Cost
    /// A few system calls at each scrape.
    ///
    /// # Source
    /// <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>
    pub fn expose_process(&self) {
        self.collect_once("process", Process(Mutex::new(System::new())));
    }
}

struct Process(Mutex<System>);

impl Collector for Process {
    fn collect(&self, out: &mut Collection) {
        let pid = Pid::from_u32(std::process::id());
        let mut system = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let Some(process) = system.process(pid) else { return };
        let cpu = Duration::from_millis(process.accumulated_cpu_time()).as_secs_f64();
        let help = "User and system CPU time spent, in seconds.";
        out.number("process_cpu_seconds_total", help, Kind::Counter, Number::Float(cpu));
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Resident memory, in bytes.", process.memory()),
            ("process_virtual_memory_bytes", "Virtual memory, in bytes.", process.virtual_memory()),
            (
                "process_start_time_seconds",
                "Start time since the Unix epoch, in seconds.",
                process.start_time(),
            ),
        ] {
            out.number(name, help, Kind::Gauge, Number::Unsigned(value));
        }
    }
}
