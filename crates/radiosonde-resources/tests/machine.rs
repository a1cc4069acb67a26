//! The resources of the machine that runs the tests, beside what the kernel itself reports.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
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

/// Whether two numbers differ by at most a share of the first.
fn is_near(a: f64, b: f64, share: f64) -> bool {
    (a - b).abs() <= a.abs() * share
}

#[test]
fn memory_load_and_cpus_are_those_of_proc() {
    let registry = Registry::new();
    let (_monitor, _) = monitor(&registry);
    let now = registry.snapshot();
    let value = |name| now.value(name, &[]).unwrap();
    assert_eq!(value("host_memory_total_bytes"), meminfo("MemTotal:"));
    assert_eq!(value("host_swap_total_bytes"), meminfo("SwapTotal:"));
    assert!(is_near(
        meminfo("MemTotal:"),
        meminfo("MemTotal:") + value("host_memory_available_bytes") - meminfo("MemAvailable:"),
        0.2
    ));
    let sum = value("host_memory_used_bytes") + value("host_memory_available_bytes");
    assert_eq!(sum, value("host_memory_total_bytes"));
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let cpus = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count();
    assert_eq!(value("host_cpus"), cpus as f64);
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let load: f64 = load.split(' ').nth(2).unwrap().parse().unwrap();
    let shown = now.value("host_load_average", &[("minutes", "15")]).unwrap();
    assert!((shown - load).abs() < 1.0, "{shown} is not {load}");
    assert!((0.0..=1.0).contains(&value("host_cpu_usage_ratio")));
}

#[test]
fn the_space_of_the_root_is_that_of_statvfs() {
    let registry = Registry::new();
    let (_monitor, _) = monitor(&registry);
    let root = rustix::fs::statvfs("/").unwrap();
    let now = registry.snapshot();
    let value = |name| now.value(name, &[("mount", "/")]).unwrap();
    let size = (root.f_blocks * root.f_frsize) as f64;
    assert_eq!(value("host_disk_size_bytes"), size);
    let free = (root.f_bavail * root.f_frsize) as f64;
    assert!((value("host_disk_free_bytes") - free).abs() < size * 0.1);
    assert_eq!(value("host_disk_used_bytes"), size - value("host_disk_free_bytes"));
}

#[test]
fn networks_are_those_of_the_kernel_without_loopback() {
    let registry = Registry::new();
    let (_monitor, _) = monitor(&registry);
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
        let share = saturation.share(&now).unwrap();
        assert!(
            (0.0..=1.0).contains(&share) || signals.name() == "process_cpu",
            "{} {share}",
            signals.name()
        );
        assert_ne!(saturation.limit(), &Limit::Unknown);
    }
    let share = |name: &str| {
        listed.iter().find(|of| of.name() == name).unwrap().saturation().unwrap().share(&now).unwrap()
    };
    assert!(share("memory") > 0.0 && share("process_memory") > 0.0 && share("disk /") > 0.0);
    assert!(share("process_memory") < share("memory"), "this process is not all that runs");
}

#[test]
fn every_metric_is_declared_with_the_namespace_and_a_second_monitor_replaces_the_first() {
    let registry = Registry::new();
    let build = || {
        let builder = ResourceMonitor::builder().registry(&registry).namespace("aetherra");
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
    let resident = registry.snapshot().value("aetherra_worker_memory_usage_bytes", &[]).unwrap();
    let status = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = status.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(is_near(resident, pages * 4096.0, 0.5), "{resident} is not {pages} pages");
}
