use std::collections::BTreeMap;

use radiosonde_core::diagnostics;
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Gauge, RegisterError};
use radiosonde_signals::{GoldenSignals, Limit, Series};
use sysinfo::{DiskRefreshKind, Disks as System};

use crate::declaring::{Declaring, float};

/// The most mounts that are told apart.
pub(crate) const LIMIT: usize = 32;

/// The space of the host's disks, by mount.
#[derive(Debug)]
pub(crate) struct Disks {
    system: System,
    size: RemovableDynFamily<Gauge>,
    free: RemovableDynFamily<Gauge>,
    used: RemovableDynFamily<Gauge>,
    /// The mounts of the last sample, with their saturation.
    known: BTreeMap<String, GoldenSignals>,
    /// The series in use, and those with the sizes.
    series: [Series; 2],
    /// What the names of the signals begin with.
    named: String,
    is_reported: bool,
}

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    device: String,
    path: String,
    file_system: String,
    size: u64,
    free: u64,
}

impl Disks {
    pub(crate) fn declare(declaring: &Declaring) -> Result<Self, RegisterError> {
        let gauges = |name, help| declaring.gauges(name, help, "mount");
        Ok(Self {
            system: System::new(),
            size: gauges("host_disk_size_bytes", "Size of a mounted disk.")?,
            free: gauges("host_disk_free_bytes", "Space of a mounted disk that users may use.")?,
            used: gauges(
                "host_disk_used_bytes",
                "Space of a mounted disk that is in use or kept for the superuser.",
            )?,
            known: BTreeMap::new(),
            series: ["host_disk_used_bytes", "host_disk_size_bytes"].map(|gauge| declaring.series(gauge)),
            named: declaring.name("disk"),
            is_reported: false,
        })
    }

    pub(crate) fn signals(&self) -> impl Iterator<Item = &GoldenSignals> {
        self.known.values()
    }

    pub(crate) fn sample(&mut self) {
        self.system.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
        let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
        let mounts = self.system.list().iter().map(|disk| Mount {
            device: text(disk.name()),
            path: text(disk.mount_point().as_os_str()),
            file_system: text(disk.file_system()),
            size: disk.total_space(),
            free: disk.available_space(),
        });
        let mounts = mounts.collect();
        self.show(within_limit(chosen(mounts)));
    }

    fn show(&mut self, mounts: Vec<Mount>) {
        let gone = self.known.keys().filter(|known| mounts.iter().all(|mount| mount.path != **known));
        for gone in gone.cloned().collect::<Vec<_>>() {
            self.known.remove(&gone);
            for family in [&self.size, &self.free, &self.used] {
                family.remove(&[&gone]);
            }
        }
        for Mount { path, size, free, .. } in mounts {
            self.size.with(&[&path]).set(float(size));
            self.free.with(&[&path]).set(float(free));
            self.used.with(&[&path]).set(float(size.saturating_sub(free)));
            if path == OVERFLOW && !self.is_reported {
                self.is_reported = true;
                let message = format_args!("expected at most {LIMIT} mounts; all others are {OVERFLOW:?}");
                diagnostics::report("resources", "mounts", message);
            }
            let signals = || {
                let [used, size] = self.series.clone().map(|series| series.with("mount", &path));
                let name = format!("{} {path}", self.named);
                GoldenSignals::new("resource", name).with_saturation(used, Limit::Metric(size))
            };
            self.known.entry(path.clone()).or_insert_with(signals);
        }
    }
}

/// The mounts of disks, each disk once: where it has the shortest path. Pseudo file systems have no space of their own.
fn chosen(mut mounts: Vec<Mount>) -> Vec<Mount> {
    mounts.retain(|mount| {
        let is_pseudo = PSEUDO.contains(&&*mount.file_system);
        // The root of a container is one; all others belong to containers of this host.
        let is_layer = mount.file_system == "overlay" && mount.path != "/";
        mount.size > 0 && !is_pseudo && !is_layer
    });
    mounts.sort_by(|a, b| (&a.device, a.path.len(), &a.path).cmp(&(&b.device, b.path.len(), &b.path)));
    mounts.dedup_by(|a, b| a.device == b.device);
    mounts.sort_by(|a, b| a.path.cmp(&b.path));
    mounts
}

/// File systems whose space is memory, or none.
const PSEUDO: [&str; 12] = [
    "autofs", "binfmt_misc", "bpf", "configfs", "debugfs", "devtmpfs", "efivarfs", "fusectl", "nsfs",
    "ramfs", "tmpfs", "tracefs",
];

/// As many as are told apart, the rest as one.
fn within_limit(mut mounts: Vec<Mount>) -> Vec<Mount> {
    let rest = mounts.split_off(mounts.len().min(LIMIT));
    let rest = rest.into_iter().reduce(|a, b| Mount {
        size: a.size.saturating_add(b.size),
        free: a.free.saturating_add(b.free),
        ..a
    });
    mounts.extend(rest.map(|rest| Mount { path: OVERFLOW.to_owned(), ..rest }));
    mounts
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use radiosonde_metrics::Registry;

    use super::*;

    fn mount(device: &str, path: &str, file_system: &str, size: u64) -> Mount {
        let [device, path, file_system] = [device, path, file_system].map(str::to_owned);
        Mount { device, path, file_system, size, free: size / 4 }
    }

    fn disks(registry: &Registry) -> Disks {
        let declaring = Declaring { registry: registry.clone(), namespace: Cow::Borrowed("") };
        Disks::declare(&declaring).unwrap()
    }

    #[test]
    fn each_disk_is_taken_once_and_pseudo_file_systems_never() {
        let all = vec![
            mount("/dev/sda1", "/etc/resolv.conf", "ext4", 100),
            mount("/dev/sda1", "/data", "ext4", 100),
            mount("overlay", "/", "overlay", 50),
            mount("overlay", "/var/lib/docker/overlay2/x/merged", "overlay", 50),
            mount("tmpfs", "/run", "tmpfs", 10),
            mount("/dev/sdb1", "/backup", "xfs", 200),
            mount("portal", "/run/portal", "fuse", 0),
        ];
        let paths: Vec<String> = chosen(all).into_iter().map(|mount| mount.path).collect();
        assert_eq!(paths, ["/", "/backup", "/data"]);
    }

    #[test]
    fn mounts_beyond_the_limit_are_one() {
        let mounts = (0..35).map(|at| mount(&format!("d{at}"), &format!("/{at:02}"), "ext4", 4)).collect();
        let mounts = within_limit(mounts);
        assert_eq!((mounts.len(), &*mounts[31].path), (33, "/31"));
        assert_eq!((&*mounts[32].path, mounts[32].size, mounts[32].free), ("_overflow", 12, 3));
        assert_eq!(within_limit(mounts[..32].to_vec()).len(), 32);
    }

    #[test]
    fn a_disk_has_its_saturation_until_it_is_unmounted() {
        let registry = Registry::new();
        let mut disks = disks(&registry);
        disks.show(vec![mount("a", "/", "ext4", 1000), mount("b", "/usb", "ext4", 40)]);
        let now = registry.snapshot();
        for (name, value) in [
            ("host_disk_size_bytes", 1000.0),
            ("host_disk_free_bytes", 250.0),
            ("host_disk_used_bytes", 750.0),
        ] {
            assert_eq!(now.value(name, &[("mount", "/")]), Some(value), "{name}");
        }
        let names: Vec<_> = disks.signals().map(GoldenSignals::name).collect();
        assert_eq!(names, ["disk /", "disk /usb"]);
        let share = |of: &GoldenSignals| of.saturation().unwrap().share(&now);
        assert_eq!(disks.signals().map(share).collect::<Vec<_>>(), [Some(0.75); 2]);

        disks.show(vec![mount("a", "/", "ext4", 2000)]);
        let text = registry.text();
        assert!(text.contains("host_disk_size_bytes{mount=\"/\"} 2000\n"));
        assert!(!text.contains("mount=\"/usb\""), "{text}");
        assert_eq!(disks.signals().count(), 1);
    }
}
