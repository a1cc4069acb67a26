use std::time::{Duration, UNIX_EPOCH};

use crate::collect::collection::Collection;
use crate::collect::collector::Collector;
use crate::model::kind::Kind;
use crate::model::samples::Number;
use crate::registry::Registry;

impl Registry {
    /// Exposes what the operating system knows of this process: `process_cpu_seconds_total`,
    /// `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds`,
    /// `process_start_time_seconds` and `process_threads`.
    ///
    /// On Linux; on macOS and Windows without descriptors and threads, elsewhere nothing yet. What cannot be read is left out of that scrape. Calling it twice changes nothing.
    ///
    /// # Cost
    /// Four small files of `/proc` and one directory, read at each scrape.
    ///
    /// # Source
    /// <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>
    pub fn expose_process(&self) {
        self.collect_once("process", Process);
    }
}

struct Process;

/// Nanoseconds and finer are noise in a clock that ticks a hundred times a second.
fn seconds(ticks: u64, per_second: u64) -> f64 {
    let per_second = per_second.max(1);
    let rest = Duration::from_nanos(ticks % per_second * 1_000_000_000 / per_second);
    (Duration::from_secs(ticks / per_second) + rest).as_secs_f64()
}

impl Collector for Process {
    fn collect(&self, out: &mut Collection) {
        let ticks = rustix::param::clock_ticks_per_second();
        let stat = Stat::read();
        if let Some(stat) = &stat {
            let help = "User and system CPU time spent, in seconds.";
            let cpu = Number::Float(seconds(stat.cpu_ticks, ticks));
            out.number("process_cpu_seconds_total", help, Kind::Counter, cpu);
        }
        let mut gauge = |name, help, value: Number| out.number(name, help, Kind::Gauge, value);
        if let Some(stat) = stat {
            let resident = Number::Unsigned(stat.resident_pages * rustix::param::page_size() as u64);
            gauge("process_resident_memory_bytes", "Resident memory, in bytes.", resident);
            let virtual_bytes = Number::Unsigned(stat.virtual_bytes);
            gauge("process_virtual_memory_bytes", "Virtual memory, in bytes.", virtual_bytes);
            gauge("process_threads", "Number of threads.", Number::Unsigned(stat.threads));
            if let Some(boot) = boot_time() {
                let start = (boot + Duration::from_secs_f64(seconds(stat.start_ticks, ticks))).as_secs_f64();
                let help = "Start time since the Unix epoch, in seconds.";
                gauge("process_start_time_seconds", help, Number::Float(start));
            }
        }
        if let Ok(fds) = std::fs::read_dir("/proc/self/fd") {
            // The directory is open while it is read, and shows itself.
            let open = Number::Unsigned(fds.count().saturating_sub(1) as u64);
            gauge("process_open_fds", "Number of open file descriptors.", open);
        }
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let limit = limit.map_or(Number::Float(f64::INFINITY), Number::Unsigned);
        gauge("process_max_fds", "Maximum number of open file descriptors.", limit);
    }
}

/// Fields of `/proc/self/stat`, by their numbers in proc(5).
struct Stat {
    cpu_ticks: u64,
    threads: u64,
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
        let after_name = &text[text.rfind(')')? + 1..];
        let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            start_ticks: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

/// When the machine started, since the Unix epoch.
fn boot_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot = UNIX_EPOCH + Duration::from_secs(line.trim().parse().ok()?);
    boot.duration_since(UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 1000 8192 3 18446744073709551615";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(stat.cpu_ticks, 200);
        assert_eq!((stat.threads, stat.start_ticks), (7, 1000));
        assert_eq!((stat.virtual_bytes, stat.resident_pages), (8192, 3));
    }

    #[test]
    fn ticks_become_fractions_of_seconds() {
        assert_eq!(seconds(123, 100), 1.23);
        assert_eq!(seconds(1, 1024), 0.000976562);
    }

    #[test]
    fn every_metric_is_there_once_however_often_it_is_asked_for() {
        let registry = Registry::new();
        registry.expose_process();
        registry.expose_process();
        let text = registry.text();
        for name in [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_start_time_seconds",
            "process_threads",
        ] {
            let samples = text.lines().filter(|line| line.split(' ').next() == Some(name)).count();
            assert_eq!(samples, 1, "{name} in {text}");
        }
        assert!(text.contains("radiosonde_metrics_collector_errors_total{reason=\"duplicate_series\"} 0\n"));
    }
}
