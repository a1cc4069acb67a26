//! Any registry is the same in every format, and no format has less than its snapshot.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use conformance::generate::{Hostile, families, hostile};
use conformance::{
    Exposition, FamilyKind, Flat, flat_exposition, flat_snapshot, flat_snapshot_in_open_metrics,
    metric_families, open_metrics, protobuf, text,
};
use proptest::prelude::*;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;

fn read(registry: &Registry, format: Format) -> Exposition {
    let exposed = registry.encode_bytes(format);
    let utf_8 = || str::from_utf8(&exposed).unwrap();
    let read = match format {
        Format::Protobuf => protobuf(&exposed),
        Format::OpenMetrics => open_metrics(utf_8()),
        _ => text(utf_8()),
    };
    read.unwrap_or_else(|refusal| panic!("{refusal}\n{}", String::from_utf8_lossy(&exposed)))
}

fn assert_same(found: &Flat, expected: &Flat, format: Format) {
    let keys = |flat: &Flat| flat.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(found), keys(expected), "{format}");
    for (key, value) in found {
        let expected = expected[key];
        assert!(*value == expected || (value.is_nan() && expected.is_nan()), "{key:?} {value} {expected}");
    }
}

/// Every family without conflicting samples is in the snapshot.
fn nothing_is_lost(registry: &Registry, hostile: &Hostile) {
    let snapshot = registry.snapshot();
    for (name, family) in &hostile.families {
        let written = family.written(name);
        let mut others = hostile.families.iter().filter(|(other, _)| *other != name);
        let clashes =
            others.any(|(other, family)| family.written(other).iter().any(|name| written.contains(name)));
        assert!(clashes || snapshot.family(name).is_some(), "{name} is lost");
    }
}

proptest! {
    #[test]
    fn every_format_has_what_the_snapshot_has(hostile in hostile()) {
        let registry = Registry::new();
        registry.collect_from(hostile.clone());
        nothing_is_lost(&registry, &hostile);
        let snapshot = registry.snapshot();
        for format in Format::ALL {
            let found = flat_exposition(&read(&registry, format));
            let expected = match format {
                Format::OpenMetrics => flat_snapshot_in_open_metrics(&snapshot),
                _ => flat_snapshot(&snapshot),
            };
            // Its counts of the snapshot's own gathering are one gathering older.
            let shown = |flat: Flat| flat.into_iter().filter(|((name, _), _)| !name.starts_with("radiosonde_")).collect();
            assert_same(&shown(found), &shown(expected), format);
        }
    }

    #[test]
    fn native_families_stay_what_they_are_beside_hostile_ones(plans in families(), hostile in hostile()) {
        let registry = Registry::new();
        for plan in &plans {
            let _ = plan.record(&registry);
        }
        let alone = registry.snapshot();
        registry.collect_from(hostile);
        let both = registry.snapshot();
        for family in alone.families().iter().filter(|family| !family.name().starts_with("radiosonde_")) {
            let beside = both.family(family.name()).unwrap();
            prop_assert_eq!((beside.kind(), beside.help()), (family.kind(), family.help()));
            prop_assert!(beside.series().len() >= family.series().len());
        }
        Format::ALL.into_iter().for_each(|format| _ = read(&registry, format));
    }
}

#[test]
fn the_generator_reaches_what_it_is_for() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut unknown_counters, mut apart, mut replaced) = (0, 0, 0);
    for _ in 0..300 {
        let hostile = hostile().new_tree(&mut runner).unwrap().current();
        let registry = Registry::new();
        registry.collect_from(hostile.clone());
        let open = read(&registry, Format::OpenMetrics);
        let unknown = |name: &str| open.family(name).is_some_and(|family| family.kind == FamilyKind::Unknown);
        unknown_counters +=
            hostile.families.keys().filter(|name| name.ends_with("_total") && unknown(name)).count();
        apart += hostile.families.keys().filter(|name| unknown(&format!("{name}_count"))).count();
        let exemplars = open.samples().filter_map(|sample| sample.exemplar.as_ref());
        replaced +=
            exemplars.filter(|of| of.labels.iter().any(|(_, value)| value.contains('\u{fffd}'))).count();
    }
    for (what, times) in [("counters", unknown_counters), ("apart", apart), ("NUL", replaced)] {
        assert!(times > 5, "{what}: {times}");
    }
}

#[test]
fn a_nan_leaves_without_the_payload_it_has_here() {
    let registry = Registry::new();
    let gauge = registry.gauge("ratio", "Ratio.").build().unwrap();
    for bits in [0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0000, u64::MAX] {
        gauge.set(f64::from_bits(bits));
        let families = metric_families(&registry.encode_bytes(Format::Protobuf)).unwrap();
        let family = families.iter().find(|family| family.name.as_deref() == Some("ratio")).unwrap();
        let value = family.metrics[0].gauge.as_ref().unwrap().value.unwrap();
        assert_eq!(value.to_bits(), 0x7ff8_0000_0000_0001, "{bits:x}");
        for format in [Format::Text, Format::OpenMetrics] {
            assert!(registry.encode(format).contains("\nratio NaN\n"));
        }
    }
}
