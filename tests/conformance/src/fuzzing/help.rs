use radiosonde_metrics::Registry;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, Number};

use super::read;

/// Checks a help text: refused if it is blank, otherwise read back unchanged.
///
/// # Panics
/// If that does not hold.
pub fn help(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let registry = Registry::new();
    let declared = registry.gauge("declared", &text).build();
    assert_eq!(declared.is_err(), text.trim().is_empty());
    registry.collect_from(Helpful(text.clone().into_owned()));
    for exposition in read(&registry) {
        let help = |name: &str| exposition.family(name).and_then(|family| family.help.as_deref());
        assert_eq!(help("declared"), declared.is_ok().then_some(&*text));
        assert_eq!(help("collected"), Some(&*text));
    }
}

struct Helpful(String);

impl Collector for Helpful {
    fn collect(&self, out: &mut Collection) {
        out.number("collected", &self.0, Kind::Gauge, Number::Signed(1));
    }
}
