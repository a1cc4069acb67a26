use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, Number};
use radiosonde_metrics::{RegisterError, Registry};

use super::read;

/// Checks names of metrics, one per line: each is refused or valid, and accepted names do not collide in any format.
///
/// # Panics
/// If that does not hold.
pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let registry = Registry::new();
    let mut taken = Vec::new();
    for (at, name) in text.split('\n').take(16).enumerate() {
        let declared: Result<(), RegisterError> = match at % 4 {
            0 => registry.counter(name, "Help.").build().map(|counter| counter.inc()),
            1 => registry.histogram(name, "Help.").build().map(|histogram| histogram.observe(1.0)),
            2 => registry.int_gauge(name, "Help.").build().map(|gauge| gauge.inc()),
            _ => registry.gauge(name, "Help.").labels(&[name]).map(|gauges| gauges.with(&[name]).set(1.0)),
        };
        match declared {
            Ok(()) => {
                assert!(is_legal(name), "{name:?} was taken");
                taken.push(name.to_owned());
            }
            Err(refused) => assert!(!refused.to_string().is_empty()),
        }
    }
    registry.collect_from(Named(text.split('\n').skip(16).take(16).map(str::to_owned).collect()));
    for exposition in read(&registry) {
        for name in &taken {
            let base = name.strip_suffix("_total").unwrap_or(name);
            assert!(exposition.family(name).or_else(|| exposition.family(base)).is_some(), "no {name:?}");
        }
        assert!(exposition.families.iter().all(|family| is_legal(&family.name)));
    }
}

fn is_legal(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// Families with any names, alternating between the kinds that are a number.
struct Named(Vec<String>);

impl Collector for Named {
    fn collect(&self, out: &mut Collection) {
        let kinds = [Kind::Counter, Kind::Gauge, Kind::Unknown, Kind::Info];
        for (name, kind) in self.0.iter().zip(kinds.into_iter().cycle()) {
            out.number(name, "Help.", kind, Number::Signed(1));
        }
    }
}
