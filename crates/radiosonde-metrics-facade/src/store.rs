use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Key;
use radiosonde_core::{Clock as _, SystemClock, diagnostics};

use radiosonde_metrics::collect::{TextMap, Texts, UnregisteredFamily};
use radiosonde_metrics::model::{Kind, LabelSet, MAX_NAME_BYTES, OVERFLOW, check_metric_name};
use radiosonde_metrics::{Buckets, Histogram};

use crate::handles::{Events, Handle, Observations, Value};
use crate::names::{self, is_long};

/// The most keys cached with their handles; further ones are found by a slower path.
const MAX_KEYS: usize = 100_000;

/// The longest name of a label in bytes, which leaves room for the prefix `exported_`.
const MAX_LABEL_BYTES: usize = MAX_NAME_BYTES - 16;

/// The settings of a recorder.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) buckets: Buckets,
    pub(crate) buckets_of: HashMap<String, Buckets>,
    pub(crate) max_families: usize,
    pub(crate) max_series: usize,
}

impl Default for Options {
    fn default() -> Self {
        let (buckets, buckets_of) = (Buckets::HTTP_SECONDS, HashMap::new());
        Self { buckets, buckets_of, max_families: 1000, max_series: 2000 }
    }
}

/// The metrics of one recorder.
#[derive(Debug)]
pub(crate) struct Store {
    options: Options,
    /// By kind, name and labels as written in the macro.
    keys: TextMap<Handle>,
    pub(crate) families: RwLock<Families>,
    faults: [AtomicU64; Fault::ALL.len()],
}

#[derive(Debug, Default)]
pub(crate) struct Families {
    pub(crate) by_name: BTreeMap<String, Recorded>,
    /// The names of the samples that they write.
    samples: HashSet<String>,
    pub(crate) described: HashMap<String, Description>,
}

/// The metric of one name.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) kind: Kind,
    /// The facade's names that became this one.
    names: Vec<Box<str>>,
    pub(crate) series: HashMap<LabelSet, Handle>,
    /// The labels of the overflow series, with the label names of the first label set that was too late.
    overflow: Option<LabelSet>,
    pub(crate) dropped: u64,
    /// Creates the series of a histogram.
    pub(crate) histograms: Option<UnregisteredFamily<Histogram>>,
}

/// The description of a metric.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    pub(crate) help: String,
    pub(crate) unit: Option<&'static str>,
}

/// A record that was rejected or altered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Clash,
    Families,
    Kind,
    LabelCollision,
    LabelLength,
    NameCollision,
    NameLength,
}

impl Fault {
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::Clash, "clash"),
        (Self::Families, "families"),
        (Self::Kind, "kind"),
        (Self::LabelCollision, "label_collision"),
        (Self::LabelLength, "label_length"),
        (Self::NameCollision, "name_collision"),
        (Self::NameLength, "name_length"),
    ];
}

impl Store {
    pub(crate) fn new(options: Options) -> Self {
        let faults = [const { AtomicU64::new(0) }; Fault::ALL.len()];
        Self { options, keys: TextMap::new(), families: RwLock::default(), faults }
    }

    /// The number of records with this fault.
    pub(crate) fn faults(&self, fault: Fault) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.faults[fault as usize].load(Ordering::Relaxed)
    }

    fn count(&self, fault: Fault, name: &str, what: &str) {
        // Relaxed: a total, ordered against nothing.
        self.faults[fault as usize].fetch_add(1, Ordering::Relaxed);
        diagnostics::report("metrics", "metrics facade", format_args!("metric {name:?} {what}"));
    }

    pub(crate) fn describe(&self, kind: Kind, name: &str, description: Description) {
        let Some(name) = self.metric(kind, name) else { return };
        let mut families = self.families.write().unwrap_or_else(PoisonError::into_inner);
        if families.described.len() < self.options.max_families || families.described.contains_key(&name) {
            families.described.insert(name, description);
        } else {
            drop(families);
            self.count(Fault::Families, &name, "exceeds the limit of metrics and is not described");
        }
    }

    /// The handle to record in, unless the record is refused. `taken` returns the kind of a metric with this name outside
    /// the facade.
    pub(crate) fn find(&self, kind: Kind, key: &Key, taken: impl Fn(&str) -> Option<Kind>) -> Option<Handle> {
        let as_written = AsWritten { kind, key };
        let found = self.keys.get(&as_written).cloned();
        found.or_else(|| self.make(&as_written, taken))
    }

    #[cold]
    fn make(&self, as_written: &AsWritten<'_>, taken: impl Fn(&str) -> Option<Kind>) -> Option<Handle> {
        let AsWritten { kind, key } = *as_written;
        let name = self.names(kind, key)?;
        let is_long = key.labels().any(|label| is_long(label.value()));
        let (labels, collide) = names::labels(kind, key.labels().map(|label| (label.key(), label.value())));
        let mut families = self.families.write().unwrap_or_else(PoisonError::into_inner);
        let full = families.by_name.len() >= self.options.max_families;
        let of_kind = families.by_name.get(&name).map(|family| family.kind).or_else(|| taken(&name));
        // Faults are reported outside the lock: the diagnostics hook may record something, or scrape.
        if of_kind.is_some_and(|there| there != kind) {
            drop(families);
            self.count(Fault::Kind, &name, "has another kind here");
            return None;
        }
        if !families.by_name.contains_key(&name) {
            let samples: Vec<_> = kind.sample_names(&name).collect();
            if full {
                drop(families);
                self.count(Fault::Families, &name, "exceeds the limit of metrics");
                return None;
            }
            if samples.iter().any(|sample| families.samples.contains(sample)) {
                drop(families);
                self.count(Fault::Clash, &name, "would write samples with another metric's name");
                return None;
            }
            families.samples.extend(samples);
        }
        let family =
            families.by_name.entry(name.clone()).or_insert_with(|| self.family(kind, &name, key.name()));
        let another_name = !family.names.iter().any(|there| **there == *key.name());
        // Bounded by the limit of label sets.
        if another_name && family.names.len() < self.options.max_series {
            family.names.push(key.name().into());
        }
        let late = !family.series.contains_key(&labels) && family.series.len() >= self.options.max_series;
        let (handle, first_late) =
            if late { family.overflow(&name, &labels) } else { (family.series(&labels), None) };
        drop(families);
        self.count_those(
            &name,
            [
                (collide, Fault::LabelCollision, "has two labels with the same name"),
                (another_name, Fault::NameCollision, "stands for several names"),
                (is_long, Fault::LabelLength, "has a label value that is too long"),
            ],
        );
        if let Some(message) = first_late {
            diagnostics::report("metrics", "series limit", format_args!("{message}"));
        }
        // A key whose value is too long is not cached.
        if late || is_long {
            return Some(handle);
        }
        self.keys.insert(as_written, MAX_KEYS, handle.clone());
        Some(handle)
    }

    /// Counts the faults that occurred.
    fn count_those(&self, name: &str, faults: [(bool, Fault, &str); 3]) {
        faults
            .iter()
            .filter(|(happened, ..)| *happened)
            .for_each(|(_, fault, what)| self.count(*fault, name, what));
    }

    /// The valid name for this key, unless it or the name of a label is too long.
    fn names(&self, kind: Kind, key: &Key) -> Option<String> {
        let name = self.metric(kind, key.name())?;
        let long = key.labels().find(|label| label.key().len() > MAX_LABEL_BYTES);
        if let Some(label) = long {
            let message = format!("has a label whose name has {} bytes", label.key().len());
            self.count(Fault::NameLength, &name, &message);
        }
        long.is_none().then_some(name)
    }

    /// The valid name, unless it is too long.
    fn metric(&self, kind: Kind, name: &str) -> Option<String> {
        let legal = if name.len() > MAX_NAME_BYTES { String::new() } else { names::metric(kind, name) };
        if check_metric_name(&legal).is_ok() {
            return Some(legal);
        }
        let beginning: String = name.chars().take(64).collect();
        self.count(Fault::NameLength, &beginning, &format!("has a name of {} bytes", name.len()));
        None
    }

    fn family(&self, kind: Kind, name: &str, written: &str) -> Recorded {
        let buckets = self.options.buckets_of.get(written).unwrap_or(&self.options.buckets);
        let histograms =
            || UnregisteredFamily::<Histogram>::builder(name, "").buckets(buckets.clone()).build();
        Recorded {
            kind,
            names: vec![written.into()],
            series: HashMap::new(),
            overflow: None,
            dropped: 0,
            histograms: (kind == Kind::Histogram).then(histograms),
        }
    }
}

impl Recorded {
    /// The series of these labels, created if needed.
    fn series(&mut self, labels: &LabelSet) -> Handle {
        let make = || match &self.histograms {
            Some(histograms) => Handle::Histogram(Arc::new(Observations(histograms.series(labels.clone())))),
            None if self.kind == Kind::Counter => Handle::Counter(Arc::new(Events::since(SystemClock.now()))),
            None => Handle::Gauge(Arc::new(Value::default())),
        };
        self.series.entry(labels.clone()).or_insert_with(make).clone()
    }

    /// The series shared by label sets beyond the limit, with a message the first time.
    fn overflow(&mut self, name: &str, late: &LabelSet) -> (Handle, Option<String>) {
        let series = self.series.len();
        let message = (self.dropped == 0).then(|| {
            format!("metric {name:?} has {series} series, its limit; further label sets share one with the value {OVERFLOW:?}")
        });
        self.dropped += 1;
        let labels = self.overflow.get_or_insert_with(|| {
            let names: Vec<_> =
                if late.is_empty() { vec!["overflow"] } else { late.iter().map(|(name, _)| name).collect() };
            LabelSet::new(names.into_iter().map(|name| (name, OVERFLOW)))
        });
        let labels = labels.clone();
        (self.series(&labels), message)
    }
}

/// A key as written in the macro: labels in another order are another key with the same series.
struct AsWritten<'a> {
    kind: Kind,
    key: &'a Key,
}

impl Texts for AsWritten<'_> {
    fn each(&self, mut see: impl FnMut(&str)) {
        see(self.kind.as_str());
        see(self.key.name());
        for label in self.key.labels() {
            see(label.key());
            see(label.value());
        }
    }
}
