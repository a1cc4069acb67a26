use std::fmt;

use crate::model::label_set::LabelSet;
use crate::model::label_value_limit::{MAX_VALUE_BYTES, is_long};
use crate::model::name::{InvalidName, check_label, check_namespace};
use crate::registry::Registry;
use crate::registry::recorded::{MAX_RECORDED, Recorded};
use crate::registry::scope::Scope;

/// Builds a registry with a namespace and labels that all series have.
///
/// The namespace and an underscore precede the name of every metric that is declared in the registry. Families that collectors give
/// keep their names, because those are agreed upon elsewhere: `process_open_fds`, what an absorbed registry has, and the registry's own
/// `radiosonde_metrics_*`.
///
/// The labels are on every series there is, those of collectors included, because they say where it comes from. A series of a collector that has
/// a label of the same name keeps its own value. A metric that is declared with a label of the same name is refused.
///
/// # Cost
/// None for recording. Names and labels are put together when a metric is declared and a series is made; only the series of collectors are
/// given the labels again at each scrape.
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::builder().namespace("shop").label("region", "eu").build()?;
/// let orders = registry.counter("orders_total", "Orders.").labels(&["method"])?;
/// orders.with(&["card"]).inc();
/// assert!(registry.text().contains("shop_orders_total{method=\"card\",region=\"eu\"} 1\n"));
///
/// let again = registry.counter("moves_total", "Moves.").labels(&["region"]).unwrap_err();
/// assert!(again.to_string().ends_with("has the label \"region\", which is \"eu\" for every series"), "{again}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a registry is made by `build` or `build_global`"]
#[derive(Debug, Clone)]
pub struct RegistryBuilder {
    namespace: Option<Box<str>>,
    labels: Vec<(Box<str>, Box<str>)>,
    max_recorded: usize,
    unconventional_names: bool,
}

impl Registry {
    /// A registry whose metrics have something in common; [`new`](Self::new) makes one without.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder {
            namespace: None,
            labels: Vec::new(),
            max_recorded: MAX_RECORDED,
            unconventional_names: false,
        }
    }
}

impl Registry {
    /// The value that a label has on every series of the registry, if it was built with such a label.
    #[must_use]
    pub fn constant_label(&self, name: &str) -> Option<&str> {
        self.scope().labels.iter().find(|(label, _)| **label == *name).map(|(_, value)| &**value)
    }
}

impl RegistryBuilder {
    /// The prefix of all names, before an underscore.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into().into());
        self
    }

    /// A label on every series.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into().into(), value.into().into()));
        self
    }

    /// Maximum number of metrics that [`record`](Registry::record) makes; default: 1000.
    pub const fn max_recorded(mut self, metrics: usize) -> Self {
        self.max_recorded = metrics;
        self
    }

    /// Lets [`record`](Registry::record) accept names that conventions forbid: a counter without `_total`, a gauge with it. Each is
    /// reported in [`diagnostics`](radiosonde_core::diagnostics), and is a finding of `radiosonde_ops::lint`.
    ///
    /// For names that others choose, such as a script's or an existing dashboard's; a declared metric has
    /// [`unconventional_name`](crate::MetricBuilder::unconventional_name).
    pub const fn unconventional_names(mut self) -> Self {
        self.unconventional_names = true;
        self
    }

    /// The registry.
    ///
    /// # Errors
    /// [`InvalidRegistry`] if the namespace or a label is refused.
    pub fn build(self) -> Result<Registry, InvalidRegistry> {
        let recorded = Recorded::new(self.max_recorded, self.unconventional_names);
        Ok(Registry::with_scope(self.scope()?, recorded))
    }

    /// The registry, as the [`global`](Registry::global) one; call it before that is used.
    ///
    /// # Errors
    /// [`InvalidRegistry`] if the namespace or a label is refused, or the global registry is in use.
    pub fn build_global(self) -> Result<&'static Registry, InvalidRegistry> {
        Registry::set_global(self.build()?).ok_or(InvalidRegistry::GlobalInUse)
    }

    fn scope(self) -> Result<Scope, InvalidRegistry> {
        if let Some(namespace) = &self.namespace {
            check_namespace(namespace).map_err(InvalidRegistry::Name)?;
        }
        for (at, (label, value)) in self.labels.iter().enumerate() {
            check_label(label).map_err(InvalidRegistry::Name)?;
            if value.is_empty() {
                return Err(InvalidRegistry::NoValue { label: label.clone() });
            }
            if is_long(value) {
                return Err(InvalidRegistry::LongValue { label: label.clone(), bytes: value.len() });
            }
            if self.labels[..at].iter().any(|(other, _)| other == label) {
                return Err(InvalidRegistry::DuplicateLabel { label: label.clone() });
            }
        }
        let prefix = self.namespace.map(|namespace| format!("{namespace}_").into());
        let rendered = LabelSet::new(self.labels.iter().map(|(name, value)| (&**name, &**value)));
        Ok(Scope { prefix: prefix.unwrap_or_default(), labels: self.labels.into(), rendered })
    }
}

/// Something that a registry cannot give to all of its metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRegistry {
    /// The namespace or the name of a label is refused.
    Name(InvalidName),
    /// A label without a value, which is the same as none.
    NoValue {
        /// The label.
        label: Box<str>,
    },
    /// A label whose value has more than 1024 bytes.
    LongValue {
        /// The label.
        label: Box<str>,
        /// How many bytes the value has.
        bytes: usize,
    },
    /// A label that was given twice.
    DuplicateLabel {
        /// The label.
        label: Box<str>,
    },
    /// The global registry was asked for before, and may have metrics already.
    GlobalInUse,
}

impl fmt::Display for InvalidRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(_) => f.write_str("a name for all metrics of the registry is refused"),
            Self::NoValue { label } => {
                write!(f, "label {label:?} of the registry has no value, which is the same as no label")
            }
            Self::LongValue { label, bytes } => write!(
                f,
                "label {label:?} of the registry has a value of {bytes} bytes; expected at most {MAX_VALUE_BYTES}"
            ),
            Self::DuplicateLabel { label } => write!(f, "label {label:?} of the registry is given twice"),
            Self::GlobalInUse => {
                f.write_str("the global registry is in use already; set it up before the first metric")
            }
        }
    }
}

impl std::error::Error for InvalidRegistry {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Name(invalid) => Some(invalid),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::collection::Collection;
    use crate::collect::collector::Collector;
    use crate::families::register_error::RegisterErrorKind;
    use crate::model::kind::Kind;
    use crate::model::samples::Number;

    #[test]
    fn what_no_metric_could_have_is_refused() {
        let refused = |builder: RegistryBuilder| builder.build().unwrap_err();
        let namespace = refused(Registry::builder().namespace("my-shop"));
        let InvalidRegistry::Name(name) = namespace else { panic!("{namespace:?}") };
        assert!(
            name.to_string().starts_with("namespace \"my-shop\" has a forbidden character at byte 2"),
            "{name}"
        );
        for label in ["le", "quantile", "__name__", "a-b", ""] {
            let error = refused(Registry::builder().label(label, "x"));
            assert!(matches!(&error, InvalidRegistry::Name(invalid) if invalid.name() == label), "{error:?}");
        }
        let twice = refused(Registry::builder().label("a", "1").label("a", "2"));
        assert_eq!(twice, InvalidRegistry::DuplicateLabel { label: "a".into() });
        assert_eq!(
            refused(Registry::builder().label("a", "")),
            InvalidRegistry::NoValue { label: "a".into() }
        );
    }

    #[test]
    fn names_that_become_equal_by_the_namespace_clash_with_what_collectors_give_only() {
        let registry = Registry::builder().namespace("shop").build().unwrap();
        registry.histogram("wait", "Wait.").build().unwrap();
        let error = registry.gauge("wait_count", "Count.").build().unwrap_err();
        assert_eq!(error.name(), "shop_wait_count");
        assert!(matches!(error.kind(), RegisterErrorKind::Clash { with, .. } if &**with == "shop_wait"));
        registry.collect_from(Gives("shop_wait_count"));
        let text = registry.text();
        assert!(text.contains("shop_wait_count 0\n") && !text.contains("shop_wait_count 1\n"), "{text}");
    }

    #[test]
    fn what_the_library_says_of_itself_has_no_namespace() {
        let registry = Registry::builder().namespace("shop").build().unwrap();
        registry.counter("radiosonde_tries_total", "Tries.").build().unwrap();
        assert!(registry.text().contains("\nradiosonde_tries_total 0\n"), "{}", registry.text());
    }

    struct Gives(&'static str);

    impl Collector for Gives {
        fn collect(&self, out: &mut Collection) {
            let family = out.family(self.0, "Given.", Kind::Gauge);
            family.number(LabelSet::new([("zone", "a")]), Number::Signed(1));
            family.number(LabelSet::new([("region", "us")]), Number::Signed(2));
            family.number(LabelSet::new([("region", ""), ("zone", "b")]), Number::Signed(3));
        }
    }

    #[test]
    fn families_of_collectors_keep_their_names_and_their_own_labels() {
        let registry = Registry::builder().namespace("shop").label("region", "eu").build().unwrap();
        registry.collect_from(Gives("given"));
        let text = registry.text();
        for line in ["region=\"eu\",zone=\"a\"} 1", "region=\"us\"} 2", "region=\"eu\",zone=\"b\"} 3"] {
            assert!(text.contains(&format!("\ngiven{{{line}\n")), "{line}: {text}");
        }
        assert!(text.contains("{reason=\"panic\",region=\"eu\"} 0\n"), "{text}");
    }

    #[test]
    fn the_overflow_series_has_the_labels_too() {
        let registry = Registry::builder().label("region", "eu").build().unwrap();
        let family = registry.counter("a_total", "A.").max_series(1).labels(&["x"]).unwrap();
        family.with(&["1"]).inc();
        family.with(&["2"]).inc();
        assert!(registry.text().contains("a_total{region=\"eu\",x=\"_overflow\"} 1\n"));
    }
}
