use crate::collect::collection::Collection;
use crate::collect::collector::Collector;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::Number;
use crate::registry::Registry;

impl Registry {
    /// Exposes how busy this machine is, all its processes together: `host_cpu_seconds_total{mode}`, `host_cpus`,
    /// `host_load_average{minutes}`, and of its memory `host_memory_total_bytes`, `host_memory_available_bytes`,
    /// `host_swap_total_bytes` and `host_swap_free_bytes`.
    ///
    /// For a machine without `node_exporter`, whose names these are not. In a container it is the machine around it, without the
    /// container's own limits. On Linux; elsewhere nothing yet. What cannot be read is left out of that scrape. Calling it twice
    /// changes nothing.
    ///
    /// The share of CPU in use is `1 - sum(rate(host_cpu_seconds_total{mode=~"idle|iowait"}[5m])) / host_cpus`, that of memory
    /// `1 - host_memory_available_bytes / host_memory_total_bytes`.
    ///
    /// # Shape
    /// `mode` is `user` (guests included), `nice`, `system`, `idle`, `iowait`, `irq`, `softirq` or `steal`. The kernel counts in
    /// hundredths of seconds mostly, and may correct `iowait` downwards.
    ///
    /// # Cost
    /// Three small files of `/proc`, read at each scrape.
    ///
    /// # Source
    /// proc(5)
    pub fn expose_host(&self) {
        self.collect_once("host", Host);
    }
}

struct Host;

impl Collector for Host {
    fn collect(&self, out: &mut Collection) {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        collect_cpu(&read("/proc/stat"), rustix::param::clock_ticks_per_second(), out);
        collect_memory(&read("/proc/meminfo"), out);
        collect_load(&read("/proc/loadavg"), out);
    }
}

const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

fn collect_cpu(stat: &str, ticks_per_second: u64, out: &mut Collection) {
    let Some(all) = stat.lines().find_map(|line| line.strip_prefix("cpu ")) else { return };
    let help = "Time of all CPUs of the machine, in seconds, by mode.";
    let family = out.family("host_cpu_seconds_total", help, Kind::Counter);
    for (mode, ticks) in MODES.into_iter().zip(all.split_ascii_whitespace()) {
        let Ok(ticks) = ticks.parse::<u64>() else { continue };
        #[allow(clippy::cast_precision_loss, reason = "2^53 ticks are a million years")]
        let seconds = ticks as f64 / ticks_per_second.max(1) as f64;
        family.number(LabelSet::new([("mode", mode)]), Number::Float(seconds));
    }
    let is_cpu = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let cpus = stat.lines().filter(is_cpu).count() as u64;
    out.number("host_cpus", "Number of online CPUs of the machine.", Kind::Gauge, Number::Unsigned(cpus));
}

fn collect_memory(meminfo: &str, out: &mut Collection) {
    for (key, name, help) in [
        ("MemTotal:", "host_memory_total_bytes", "Total memory of the machine, in bytes."),
        ("MemAvailable:", "host_memory_available_bytes", "Memory available without swapping, in bytes."),
        ("SwapTotal:", "host_swap_total_bytes", "Total swap space of the machine, in bytes."),
        ("SwapFree:", "host_swap_free_bytes", "Free swap space, in bytes."),
    ] {
        let kibibytes = meminfo.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB"));
        if let Some(kibibytes) = kibibytes.and_then(|text| text.trim().parse::<u64>().ok()) {
            out.number(name, help, Kind::Gauge, Number::Unsigned(kibibytes.saturating_mul(1024)));
        }
    }
}

fn collect_load(loadavg: &str, out: &mut Collection) {
    let help = "Average number of threads that run or wait for a CPU or a disk, by minutes averaged.";
    let family = out.family("host_load_average", help, Kind::Gauge);
    for (minutes, load) in ["1", "5", "15"].into_iter().zip(loadavg.split_ascii_whitespace()) {
        if let Ok(load) = load.parse::<f64>() {
            family.number(LabelSet::new([("minutes", minutes)]), Number::Float(load));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Collector for Fixed {
        fn collect(&self, out: &mut Collection) {
            let stat = "cpu  150 1 2 3 4 5 6 7 99 99\ncpu0 75 0\ncpu1 75 1\nintr 1\ncpufreq 1\nbtime 2\n";
            collect_cpu(stat, 100, out);
            let meminfo =
                "MemTotal:       24684096 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\nSwapTotal: nonsense kB\n";
            collect_memory(meminfo, out);
            collect_load("0.25 1.5 20.00 10/175 3538\n", out);
        }
    }

    #[test]
    fn what_the_kernel_says_is_read_in_base_units() {
        let registry = Registry::new();
        registry.collect_from(Fixed);
        let snapshot = registry.snapshot();
        let cpu = |mode| snapshot.value("host_cpu_seconds_total", &[("mode", mode)]);
        assert_eq!((cpu("user"), cpu("idle"), cpu("steal")), (Some(1.5), Some(0.03), Some(0.07)));
        assert_eq!(snapshot.family("host_cpu_seconds_total").unwrap().series().len(), MODES.len());
        assert_eq!(snapshot.value("host_cpus", &[]), Some(2.0));
        assert_eq!(snapshot.value("host_memory_total_bytes", &[]), Some(24_684_096.0 * 1024.0));
        assert_eq!(snapshot.value("host_memory_available_bytes", &[]), Some(2048.0));
        assert!(snapshot.family("host_swap_total_bytes").is_none(), "what cannot be read is left out");
        assert_eq!(snapshot.value("host_load_average", &[("minutes", "15")]), Some(20.0));
    }

    #[test]
    fn this_machine_has_cpus_and_memory_and_time_goes_on() {
        let registry = Registry::new();
        registry.expose_host();
        registry.expose_host();
        let value = |name: &str| registry.snapshot().sum(name, &[]);
        let before = value("host_cpu_seconds_total");
        assert!(before > 0.0 && value("host_cpu_seconds_total") >= before);
        assert!(value("host_cpus") >= 1.0 && value("host_memory_available_bytes") > 0.0);
        assert!(value("host_memory_total_bytes") >= value("host_memory_available_bytes"));
        assert_eq!(value("radiosonde_metrics_collector_errors_total"), 0.0);
    }
}
