use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Key;
use radiosonde_core::{Clock as _, SystemClock, diagnostics};

use super::FacadeBuilder;
use super::handles::{Events, Handle, Observations, Value};
use super::names;
use crate::declaring::declaration::Declaration;
use crate::declaring::name::{MAX_NAME_BYTES, check_metric};
use crate::families::bounded::is_long;
use crate::families::series::Series;
use crate::families::table::Table;
use crate::families::values::Values;
use crate::gathering::sample_names::Named;
use crate::instruments::instrument::{Shared, sealed::Sealed as _};
use crate::{Histogram, Kind, LabelSet, OVERFLOW};

/// How many keys are remembered with what they lead to; more are found by a longer way.
const MAX_KEYS: usize = 100_000;

/// How many bytes the name of a label may have: `exported_` may come before it.
const MAX_LABEL_BYTES: usize = MAX_NAME_BYTES - 16;

/// What was recorded through one recorder.
#[derive(Debug)]
pub(super) struct Store {
    options: FacadeBuilder,
    /// By kind, name and labels as the macro has them.
    keys: Table<Handle>,
    pub(super) families: RwLock<Families>,
    faults: [AtomicU64; Fault::ALL.len()],
}

#[derive(Debug, Default)]
pub(super) struct Families {
    pub(super) by_name: BTreeMap<String, Recorded>,
    /// The names of samples that they write.
    samples: HashSet<String>,
    pub(super) described: HashMap<String, Description>,
}

/// All that is recorded under one name.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) kind: Kind,
    /// The names that became this one.
    names: Vec<Box<str>>,
    pub(super) series: HashMap<LabelSet, Handle>,
    /// The labels of the series that stands for those which came too late: the names are those of the first of them.
    overflow: Option<LabelSet>,
    pub(super) dropped: u64,
    pub(super) shared: Arc<Shared>,
}

/// What was said of a metric.
#[derive(Debug, Clone, Default)]
pub(super) struct Description {
    pub(super) help: String,
    pub(super) unit: Option<&'static str>,
}

/// What did not go as the program meant it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Clash,
    Families,
    Kind,
    LabelCollision,
    LabelLength,
    NameCollision,
    NameLength,
}

impl Fault {
    pub(super) const ALL: [(Self, &'static str); 7] = [
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
    pub(super) fn new(options: FacadeBuilder) -> Self {
        let faults = [const { AtomicU64::new(0) }; Fault::ALL.len()];
        Self { options, keys: Table::new(), families: RwLock::default(), faults }
    }

    /// How often it happened.
    pub(super) fn faults(&self, fault: Fault) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.faults[fault as usize].load(Ordering::Relaxed)
    }

    fn count(&self, fault: Fault, name: &str, what: &str) {
        // Relaxed: a total, ordered against nothing.
        self.faults[fault as usize].fetch_add(1, Ordering::Relaxed);
        diagnostics::report("metrics", "metrics facade", format_args!("metric {name:?} {what}"));
    }

    pub(super) fn describe(&self, kind: Kind, name: &str, description: Description) {
        let Some(name) = self.metric(kind, name) else { return };
        let mut families = self.families.write().unwrap_or_else(PoisonError::into_inner);
        if families.described.len() < self.options.max_families || families.described.contains_key(&name) {
            families.described.insert(name, description);
        } else {
            drop(families);
            self.count(Fault::Families, &name, "is one too many to be described");
        }
    }

    /// What to record in, if it may be recorded. `taken` says of what kind a metric of this name is that is not the facade's.
    pub(super) fn find(&self, kind: Kind, key: &Key, taken: impl Fn(&str) -> Option<Kind>) -> Option<Handle> {
        let as_written = AsWritten { kind, key };
        if let Some(found) = self.keys.get(&as_written) {
            return Some(found.cell.clone());
        }
        self.make(&as_written, taken)
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
        // Faults are reported without the lock: whoever is told may record something, or scrape.
        if of_kind.is_some_and(|there| there != kind) {
            drop(families);
            self.count(Fault::Kind, &name, "is of another kind here");
            return None;
        }
        if !families.by_name.contains_key(&name) {
            let samples: Vec<_> = Named { name: &name, kind }.written().collect();
            if full {
                drop(families);
                self.count(Fault::Families, &name, "is one too many");
                return None;
            }
            if samples.iter().any(|sample| families.samples.contains(sample)) {
                drop(families);
                self.count(Fault::Clash, &name, "would write samples of another's name");
                return None;
            }
            families.samples.extend(samples);
        }
        let family = families
            .by_name
            .entry(name.clone())
            .or_insert_with(|| self.family(kind, &name, key.name(), &labels));
        let another_name = !family.names.iter().any(|there| **there == *key.name());
        // There are at most as many as label sets.
        if another_name && family.names.len() < self.options.max_series {
            family.names.push(key.name().into());
        }
        let late = !family.series.contains_key(&labels) && family.series.len() >= self.options.max_series;
        let (handle, first_late) = if late {
            family.overflow(&labels)
        } else {
            let make = |labels: &LabelSet| handle(kind, labels, &family.shared);
            (family.series.entry(labels).or_insert_with_key(make).clone(), None)
        };
        drop(families);
        self.count_those(
            &name,
            [
                (collide, Fault::LabelCollision, "has two labels of one name"),
                (another_name, Fault::NameCollision, "stands for several names"),
                (is_long, Fault::LabelLength, "has a label value that is too long"),
            ],
        );
        if let Some(message) = first_late {
            diagnostics::report("metrics", "series limit", format_args!("{message}"));
        }
        // A key is not kept with a value that is too long.
        if late || is_long {
            return Some(handle);
        }
        let keep =
            || Series::new(handle.clone(), LabelSet::default(), as_written.to_key(), SystemClock.now());
        self.keys.get_or_insert(as_written, MAX_KEYS, keep);
        Some(handle)
    }

    /// Counts the faults that happened.
    fn count_those(&self, name: &str, faults: [(bool, Fault, &str); 3]) {
        faults
            .iter()
            .filter(|(happened, ..)| *happened)
            .for_each(|(_, fault, what)| self.count(*fault, name, what));
    }

    /// The name that the key's becomes, unless that or one of its labels' is too long.
    fn names(&self, kind: Kind, key: &Key) -> Option<String> {
        let name = self.metric(kind, key.name())?;
        let long = key.labels().find(|label| label.key().len() > MAX_LABEL_BYTES);
        if let Some(label) = long {
            let message = format!("has a label whose name has {} bytes", label.key().len());
            self.count(Fault::NameLength, &name, &message);
        }
        long.is_none().then_some(name)
    }

    /// The name that it becomes, unless that is too long.
    fn metric(&self, kind: Kind, name: &str) -> Option<String> {
        let legal = if name.len() > MAX_NAME_BYTES { String::new() } else { names::metric(kind, name) };
        if check_metric(&legal).is_ok() {
            return Some(legal);
        }
        let beginning: String = name.chars().take(64).collect();
        self.count(Fault::NameLength, &beginning, &format!("has a name of {} bytes", name.len()));
        None
    }

    fn family(&self, kind: Kind, name: &str, written: &str, labels: &LabelSet) -> Recorded {
        let buckets = self.options.buckets_of.get(written).unwrap_or(&self.options.buckets);
        let mut declaration = Declaration::new(name, "", Location::caller());
        declaration.buckets = buckets.clone();
        let label_names: Vec<_> = labels.iter().map(|(name, _)| name).collect();
        Recorded {
            kind,
            names: vec![written.into()],
            series: HashMap::new(),
            overflow: None,
            dropped: 0,
            shared: Arc::new(declaration.unchecked(kind, &label_names)),
        }
    }
}

impl Recorded {
    /// What all label sets share that came too late; the first time, with what is to be said of it.
    fn overflow(&mut self, late: &LabelSet) -> (Handle, Option<String>) {
        let (name, series) = (&self.shared.name, self.series.len());
        let message = (self.dropped == 0).then(|| {
            format!("metric {name:?} has {series} series, its limit; further label sets share one with the value {OVERFLOW:?}")
        });
        self.dropped += 1;
        let labels = self.overflow.get_or_insert_with(|| {
            let names: Vec<_> =
                if late.is_empty() { vec!["overflow"] } else { late.iter().map(|(name, _)| name).collect() };
            LabelSet::new(names.into_iter().map(|name| (name, OVERFLOW)))
        });
        let make = |labels: &LabelSet| handle(self.kind, labels, &self.shared);
        (self.series.entry(labels.clone()).or_insert_with_key(make).clone(), message)
    }
}

fn handle(kind: Kind, labels: &LabelSet, shared: &Arc<Shared>) -> Handle {
    let now = SystemClock.now();
    match kind {
        Kind::Counter => Handle::Counter(Arc::new(Events::since(now))),
        Kind::Histogram => {
            let series = Series::new(Histogram::cell(shared), labels.clone(), Default::default(), now);
            Handle::Histogram(Arc::new(Observations::of(series)))
        }
        _ => Handle::Gauge(Arc::new(Value::default())),
    }
}

/// A key as the macro has it: labels in another order are another key, and lead to the same series.
struct AsWritten<'a> {
    kind: Kind,
    key: &'a Key,
}

impl Values for AsWritten<'_> {
    fn each(&self, mut see: impl FnMut(&str)) {
        see(self.kind.as_str());
        see(self.key.name());
        for label in self.key.labels() {
            see(label.key());
            see(label.value());
        }
    }
}
