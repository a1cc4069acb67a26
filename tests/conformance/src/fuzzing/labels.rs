use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};

use super::read;

/// Checks values of two labels, one per line, and a last line `name=value`: every set has its own series, whose labels read
/// back unchanged; a name is refused or valid.
///
/// # Panics
/// If that does not hold.
pub fn labels(bytes: &[u8]) {
    // Not a line feed to most readers, so values may contain one.
    let text = String::from_utf8_lossy(bytes);
    let values: Vec<&str> = text.split('\u{1f}').collect();
    let registry = Registry::new();
    let Ok(family) = registry.counter("hits_total", "Hits.").max_series(64).labels(&["a", "b"]) else {
        return;
    };
    let mut expected = std::collections::BTreeMap::new();
    for pair in values.chunks_exact(2).take(32) {
        let [a, b] = pair else { continue };
        family.with(&[a, b]).inc();
        *expected.entry((*a, *b)).or_insert(0_u64) += 1;
    }
    registry.collect_from(Labelled(values.iter().take(8).map(|&value| value.to_owned()).collect()));
    for exposition in read(&registry) {
        let series = exposition.samples().filter(|sample| sample.name == "hits_total").count();
        assert_eq!(series, expected.len());
        for ((a, b), times) in &expected {
            let sample = exposition.sample("hits_total", &[("a", a), ("b", b)]);
            assert_eq!(sample.and_then(|sample| sample.value.as_u64()), Some(*times), "{a:?} {b:?}");
        }
    }
}

/// A family with any label names.
struct Labelled(Vec<String>);

impl Collector for Labelled {
    fn collect(&self, out: &mut Collection) {
        let family = out.family("odd", "Odd.", Kind::Gauge);
        for (at, name) in (0..).zip(&self.0) {
            family.number(LabelSet::new([(&**name, "x"), ("at", &*at.to_string())]), Number::Signed(at));
        }
        family.number(LabelSet::new(self.0.iter().map(|name| (&**name, &**name))), Number::Signed(-1));
    }
}
