//! The resources of the machine that runs the tests, beside what the kernel itself reports.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use radiosonde_core::Clock;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_resources::{ResourceMonitor, ResourceNames};
use radiosonde_signals::{GoldenSignals, Limit};
use radiosonde_testkit::ManualClock;

fn monitor(registry: &Registry) -> (ResourceMonitor, ManualClock) {
    let clock = ManualClock::new();
    let builder = ResourceMonitor::builder().registry(registry).clock(Arc::new(clock.clone()));
    (builder.build().unwrap(), clock)
}

fn meminfo(key: &str) -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

/// Compares what is shown of a new reading with what `read` reads after it, until they differ by one percent at most: the machine does
/// other work in between.
fn assert_near(
    (registry, clock): (&Registry, &ManualClock),
    show: impl Fn(&Snapshot) -> f64,
    read: impl Fn() -> f64,
) {
    let mut seen = Vec::new();
    for _ in 0..50 {
        clock.advance(Duration::from_secs(1));
        let (shown, read) = (show(&registry.snapshot()), read());
        if (shown - read).abs() <= read.abs() * 0.01 {
            return;
        }
        seen.push((shown, read));
    }
    panic!("never near: {seen:?}");
}

/// The resident memory of this process.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size() as f64
}

#[test]
fn memory_load_and_cpus_are_those_of_proc() {
    let registry = Registry::new();
    let (_monitor, clock) = monitor(&registry);
    let now = registry.snapshot();
    let value = |name| now.value(name, &[]).unwrap();
    assert_eq!(value("host_memory_total_bytes"), meminfo("MemTotal:"));
    assert_eq!(value("host_swap_total_bytes"), meminfo("SwapTotal:"));
    let available = |now: &Snapshot| now.value("host_memory_available_bytes", &[]).unwrap();
    assert_near((&registry, &clock), available, || meminfo("MemAvailable:"));
    let sum = value("host_memory_used_bytes") + value("host_memory_available_bytes");
    assert_eq!(sum, value("host_memory_total_bytes"));
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let cpus = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count();
    assert_eq!(value("host_cpus"), cpus as f64);
    // The kernel's file has two digits.
    let load = |now: &Snapshot| 1.0 + now.value("host_load_average", &[("minutes", "15")]).unwrap();
    assert_near((&registry, &clock), load, || {
        let load = fs::read_to_string("/proc/loadavg").unwrap();
        1.0 + load.split(' ').nth(2).unwrap().parse::<f64>().unwrap()
    });
    assert!((0.0..=1.0).contains(&value("host_cpu_usage_ratio")));
}

#[test]
fn the_cpu_time_of_the_host_is_counted_by_mode() {
    let registry = Registry::new();
    let (_monitor, clock) = monitor(&registry);
    for (at, mode) in [(1, "user"), (4, "idle")] {
        let shown = |now: &Snapshot| now.value("host_cpu_seconds_total", &[("mode", mode)]).unwrap();
        assert_near((&registry, &clock), shown, || {
            let stat = fs::read_to_string("/proc/stat").unwrap();
            let ticks = stat.lines().next().unwrap().split_ascii_whitespace().nth(at).unwrap();
            ticks.parse::<f64>().unwrap() / rustix::param::clock_ticks_per_second() as f64
        });
    }
    let declared = registry.descriptors();
    let of = declared.iter().find(|of| of.name() == "host_cpu_seconds_total").unwrap();
    assert_eq!((of.kind(), of.label_values("mode").count()), (Kind::Counter, 8));
    let cpu = GoldenSignals::of(&registry).into_iter().find(|of| of.name() == "cpu").unwrap();
    let saturation = cpu.saturation().unwrap();
    assert_eq!(saturation.in_use().metric(), "host_cpu_seconds_total");
    let cpus = saturation.limit().value(&registry.snapshot());
    assert_eq!(cpus, registry.snapshot().value("host_cpus", &[]));
}

#[test]
fn the_space_of_the_root_is_that_of_statvfs() {
    let registry = Registry::new();
    let (_monitor, clock) = monitor(&registry);
    let root = rustix::fs::statvfs("/").unwrap();
    let now = registry.snapshot();
    let value = |name| now.value(name, &[("mount", "/")]).unwrap();
    let size = (root.f_blocks * root.f_frsize) as f64;
    assert_eq!(value("host_disk_size_bytes"), size);
    let free = |now: &Snapshot| now.value("host_disk_free_bytes", &[("mount", "/")]).unwrap();
    assert_near((&registry, &clock), free, || {
        let root = rustix::fs::statvfs("/").unwrap();
        (root.f_bavail * root.f_frsize) as f64
    });
    assert_eq!(value("host_disk_used_bytes"), size - value("host_disk_free_bytes"));
}

#[test]
fn networks_are_those_of_the_kernel_without_loopback() {
    let registry = Registry::new();
    let _monitors = [monitor(&registry), monitor(&registry)];
    let now = registry.snapshot();
    let family = now.family("host_network_receive_bytes_total").unwrap();
    for series in family.series() {
        let name = series.label("interface").unwrap();
        let bytes = fs::read_to_string(format!("/sys/class/net/{name}/statistics/rx_bytes")).unwrap();
        assert!(series.number() <= bytes.trim().parse::<f64>().unwrap(), "{name}");
        assert_ne!(name, "lo");
    }
    let links = fs::read_dir("/sys/class/net").unwrap().flatten().map(|link| link.file_name());
    let links = links.filter(|link| link != "lo" && !link.to_string_lossy().starts_with("veth")).count();
    assert_eq!(family.series().len(), links.min(33));
}

#[test]
fn resources_are_read_once_in_an_interval() {
    let registry = Registry::new();
    let clock = ManualClock::new();
    let builder = ResourceMonitor::builder().registry(&registry).clock(Arc::new(clock.clone()));
    let _monitor = builder.interval(Duration::from_secs(10)).build().unwrap();
    let cpus = registry.gauge("host_cpus", "Number of CPUs of the host.").build().unwrap();
    let read = || {
        cpus.set(-1.0);
        let _ = registry.text();
        cpus.value() > 0.0
    };
    assert!(!read(), "it was read when it was built");
    clock.advance(Duration::from_millis(9_999));
    assert!(!read());
    clock.advance(Duration::from_millis(1));
    assert!(read());
    assert!(!read());
}

/// A clock of a user that looks at the resources.
#[derive(Debug, Default)]
struct Curious {
    monitor: OnceLock<ResourceMonitor>,
    read: AtomicU64,
}

impl Clock for Curious {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        let _ = self.monitor.get().map(ResourceMonitor::signals);
        Duration::from_secs(self.read.fetch_add(1, Ordering::SeqCst))
    }
}

#[test]
fn a_clock_may_look_at_the_monitor_that_reads_it() {
    let (registry, clock) = (Registry::new(), Arc::new(Curious::default()));
    let builder = ResourceMonitor::builder().registry(&registry).clock(Arc::clone(&clock) as Arc<dyn Clock>);
    clock.monitor.set(builder.build().unwrap()).unwrap();
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || done.send(registry.text()));
    let text = is_done.recv_timeout(Duration::from_secs(30)).unwrap();
    assert!(text.contains("host_cpus "));
}

#[test]
fn the_saturation_of_each_resource_is_in_use_by_limit() {
    let registry = Registry::new();
    let (monitor, clock) = monitor(&registry);
    clock.advance(Duration::from_secs(1));
    let _ = registry.text();
    let (listed, now) = (GoldenSignals::of(&registry), registry.snapshot());
    let names: Vec<_> = listed.iter().map(GoldenSignals::name).collect();
    for name in ["cpu", "memory", "process_cpu", "process_memory", "disk /"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert_eq!(listed.len(), monitor.signals().len());
    for signals in &listed {
        assert_eq!(signals.kind(), "resource");
        let saturation = signals.saturation().unwrap();
        let limit = saturation.limit().value(&now).unwrap();
        assert!(limit > 0.0 && limit.is_finite(), "{} {limit}", signals.name());
        let share = saturation.share(&now);
        // That of the CPUs is a rate.
        assert_eq!(share.is_none(), signals.name() == "cpu", "{}", signals.name());
        let is_share = share.is_none_or(|share| (0.0..=1.0).contains(&share));
        assert!(is_share || signals.name() == "process_cpu", "{} {share:?}", signals.name());
    }
    let of = |name: &str| listed.iter().find(|of| of.name() == name).unwrap().saturation().unwrap();
    let used = |name: &str| of(name).in_use().sum(&now);
    assert_eq!(used("memory"), now.value("host_memory_used_bytes", &[]).unwrap());
    assert_eq!(of("memory").limit().value(&now), Some(meminfo("MemTotal:")));
    assert_eq!(used("disk /"), now.value("host_disk_used_bytes", &[("mount", "/")]).unwrap());
    let Limit::Metric(limit) = of("process_memory").limit() else { panic!("it is a metric") };
    let in_use = match limit.metric() {
        "process_cgroup_memory_limit_bytes" => "process_cgroup_memory_working_set_bytes",
        "host_memory_total_bytes" => "process_resident_memory_bytes",
        other => panic!("{other}"),
    };
    assert_eq!(of("process_memory").in_use().metric(), in_use);
    assert!(used("process_memory") > 0.0);
}

#[test]
fn every_metric_is_declared_with_the_namespace_and_a_second_monitor_replaces_the_first() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let build = || {
        let builder = ResourceMonitor::builder().registry(&registry).namespace("aetherra");
        let builder = builder.clock(Arc::new(clock.clone()));
        builder.names(ResourceNames::worker()).build().unwrap()
    };
    build();
    build();
    let text = registry.text();
    assert!(text.contains("aetherra_worker_memory_usage_bytes "));
    assert!(text.contains("process_resident_memory_bytes "));
    let declared = registry.descriptors();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE aetherra_")) {
        let (name, _) = line.split_once(' ').unwrap();
        assert!(declared.iter().any(|of| of.name() == format!("aetherra_{name}")), "{name}");
    }
    let kind = |name: &str| declared.iter().find(|of| of.name() == name).map(|of| of.kind());
    assert_eq!(kind("aetherra_host_disk_free_bytes"), Some(Kind::Gauge));
    assert_eq!(kind("aetherra_host_network_receive_bytes_total"), Some(Kind::Counter));
    let shown = |now: &Snapshot| now.value("aetherra_worker_memory_usage_bytes", &[]).unwrap();
    assert_near((&registry, &clock), shown, resident);
}
