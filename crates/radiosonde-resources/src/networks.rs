use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use radiosonde_core::diagnostics;
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Counter, RegisterError};
use sysinfo::Networks as System;

use crate::declaring::Declaring;

/// The most interfaces that are told apart.
pub(crate) const LIMIT: usize = 32;
/// The most interfaces whose totals are remembered when one of those beyond the limit is gone: it may return with them.
const REMEMBERED: usize = 1024;

/// Bytes and errors of the host's networks, by interface.
#[derive(Debug)]
pub(crate) struct Networks {
    system: System,
    counters: [RemovableDynFamily<Counter>; 4],
    known: Arc<Mutex<Known>>,
}

/// The interfaces that the counters count. A second monitor of the same counters goes on with them.
#[derive(Debug, Default)]
struct Known {
    /// As of the last sample, and those beyond the limit as of the last sample that had them.
    last: BTreeMap<String, Interface>,
    is_reported: bool,
}

/// Those of a registry, by namespace.
#[derive(Default)]
struct Declared(Mutex<BTreeMap<String, Arc<Mutex<Known>>>>);

#[derive(Debug, Clone, Copy)]
struct Interface {
    totals: Totals,
    /// Beyond the limit, it is counted with others.
    is_overflow: bool,
}

/// Received bytes, sent bytes, errors of receiving, errors of sending.
type Totals = [u64; 4];

impl Networks {
    pub(crate) fn declare(declaring: &Declaring) -> Result<Self, RegisterError> {
        let counters = |name, help| declaring.counters(name, help, "interface");
        let counters = [
            counters("host_network_receive_bytes_total", "Bytes received by a network interface.")?,
            counters("host_network_transmit_bytes_total", "Bytes sent by a network interface.")?,
            counters("host_network_receive_errors_total", "Errors of receiving by a network interface.")?,
            counters("host_network_transmit_errors_total", "Errors of sending by a network interface.")?,
        ];
        let declared = declaring.registry.attachment::<Declared>();
        let mut declared = declared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = declared.entry(declaring.namespace.clone().into_owned()).or_default();
        Ok(Self { system: System::new(), counters, known: Arc::clone(known) })
    }

    pub(crate) fn sample(&mut self) {
        self.system.refresh(true);
        let totals = self.system.list().iter().map(|(name, data)| {
            let bytes = [data.total_received(), data.total_transmitted()];
            let errors = [data.total_errors_on_received(), data.total_errors_on_transmitted()];
            (name.clone(), [bytes[0], bytes[1], errors[0], errors[1]])
        });
        let totals = totals.filter(|(name, _)| is_shown(name)).collect();
        self.show(totals);
    }

    fn show(&self, totals: BTreeMap<String, Totals>) {
        let mut known = self.known();
        let gone = known.last.iter().filter(|(name, last)| !last.is_overflow && !totals.contains_key(*name));
        for (gone, _) in gone {
            for family in &self.counters {
                family.remove(&[gone]);
            }
        }
        let remembers = known.last.len() <= REMEMBERED;
        known.last.retain(|name, last| totals.contains_key(name) || (last.is_overflow && remembers));
        for (name, totals) in totals {
            let own = known.last.values().filter(|last| !last.is_overflow).count();
            let new = Interface { totals: Totals::default(), is_overflow: own >= LIMIT };
            let Interface { totals: before, is_overflow } = known.last.get(&name).copied().unwrap_or(new);
            let label = if is_overflow { OVERFLOW } else { &*name };
            for ((family, total), before) in self.counters.iter().zip(totals).zip(before) {
                // A total that went down began again at zero.
                family.with(&[label]).inc_by(total.checked_sub(before).unwrap_or(total));
            }
            known.report(is_overflow);
            known.last.insert(name, Interface { totals, is_overflow });
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn report(&mut self, is_overflow: bool) {
        if is_overflow && !self.is_reported {
            self.is_reported = true;
            let message =
                format_args!("expected at most {LIMIT} network interfaces; all others are {OVERFLOW:?}");
            diagnostics::report("resources", "interfaces", message);
        }
    }
}

/// Loopback is no network, and a `veth` is the other end of a container's interface.
fn is_shown(interface: &str) -> bool {
    let is_loopback =
        interface.strip_prefix("lo").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    !is_loopback && !interface.starts_with("veth")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use radiosonde_metrics::Registry;

    use super::*;

    fn networks(registry: &Registry) -> Networks {
        let declaring = Declaring { registry: registry.clone(), namespace: Cow::Borrowed("") };
        Networks::declare(&declaring).unwrap()
    }

    fn totals<const N: usize>(of: [(&str, Totals); N]) -> BTreeMap<String, Totals> {
        of.into_iter().map(|(name, totals)| (name.to_owned(), totals)).collect()
    }

    #[test]
    fn counters_follow_the_totals_and_survive_their_reset() {
        let registry = Registry::new();
        let networks = networks(&registry);
        networks.show(totals([("eth0", [100, 50, 2, 1]), ("wlan0", [7, 7, 0, 0])]));
        networks.show(totals([("eth0", [150, 50, 3, 1])]));
        networks.show(totals([("eth0", [10, 60, 3, 1])]));
        let now = registry.snapshot();
        for (name, value) in [
            ("host_network_receive_bytes_total", 160.0),
            ("host_network_transmit_bytes_total", 60.0),
            ("host_network_receive_errors_total", 3.0),
            ("host_network_transmit_errors_total", 1.0),
        ] {
            assert_eq!(now.value(name, &[("interface", "eth0")]), Some(value), "{name}");
            assert_eq!(now.value(name, &[("interface", "wlan0")]), None, "it is gone");
        }
    }

    #[test]
    fn interfaces_beyond_the_limit_are_counted_together() {
        let registry = Registry::new();
        let networks = networks(&registry);
        let all = |bytes| (0..34).map(|at| (format!("eth{at:02}"), [bytes, 0, 0, 0])).collect();
        networks.show(all(10));
        networks.show(all(11));
        let now = registry.snapshot();
        let received = |interface| now.value("host_network_receive_bytes_total", &[("interface", interface)]);
        assert_eq!(
            (received("eth31"), received("eth32"), received("_overflow")),
            (Some(11.0), None, Some(22.0))
        );
    }

    #[test]
    fn a_second_monitor_goes_on_where_the_first_one_ended() {
        let registry = Registry::new();
        let all = |bytes| (0..34).map(|at| (format!("eth{at:02}"), [bytes, 0, 0, 0])).collect();
        networks(&registry).show(all(10));
        let second = networks(&registry);
        second.show(all(10));
        let received = |interface| {
            registry.snapshot().value("host_network_receive_bytes_total", &[("interface", interface)])
        };
        assert_eq!((received("eth00"), received("_overflow")), (Some(10.0), Some(20.0)));
        second.show(all(15));
        assert_eq!((received("eth00"), received("_overflow")), (Some(15.0), Some(30.0)));
        second.show(totals([("eth01", [15, 0, 0, 0])]));
        assert_eq!((received("eth00"), received("eth01")), (None, Some(15.0)), "the first one's is gone");
        let declaring = Declaring { registry: registry.clone(), namespace: Cow::Borrowed("other") };
        Networks::declare(&declaring).unwrap().show(all(10));
        let other = registry.snapshot();
        let other = other.value("other_host_network_receive_bytes_total", &[("interface", "eth01")]);
        assert_eq!(other, Some(10.0), "another namespace has counters of its own");
    }

    #[test]
    fn an_interface_beyond_the_limit_that_returns_is_counted_once() {
        let registry = Registry::new();
        let networks = networks(&registry);
        let all = |last: Option<u64>| {
            let first = (0..32).map(|at| (format!("eth{at:02}"), [1, 0, 0, 0]));
            first.chain(last.map(|bytes| ("wlan0".to_owned(), [bytes, 0, 0, 0]))).collect()
        };
        let overflow =
            || registry.snapshot().value("host_network_receive_bytes_total", &[("interface", "_overflow")]);
        networks.show(all(Some(100)));
        networks.show(all(None));
        networks.show(all(Some(130)));
        assert_eq!(overflow(), Some(130.0));
        networks.show(all(None));
        networks.show(all(Some(7)));
        assert_eq!(overflow(), Some(137.0), "it was made again");

        let many = |prefix: &str| (0..1100).map(|at| (format!("{prefix}{at}"), [1, 0, 0, 0])).collect();
        networks.show(many("a"));
        networks.show(many("b"));
        assert_eq!(networks.known().last.len(), 1100, "those beyond the bound are forgotten");
    }

    #[test]
    fn loopback_and_ends_of_containers_are_left_out() {
        let shown = ["lo", "lo0", "eth0", "veth12", "london0", "wlan0"].map(is_shown);
        assert_eq!(shown, [false, false, true, false, true, true]);
    }
}
