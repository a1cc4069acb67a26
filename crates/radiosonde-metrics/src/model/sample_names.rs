//! What the samples of a family are called, and which names OpenMetrics keeps for them.
//!
//! Source: OpenMetrics 1.0, "Suffixes": <https://prometheus.io/docs/specs/om/open_metrics_spec/#suffixes>

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::model::kind::Kind;

impl Kind {
    /// The names that samples of a family with this name have in every format, and the family's own.
    pub fn sample_names(self, family: &str) -> impl Iterator<Item = String> {
        Named { name: family, kind: self }.written()
    }
}

/// A family by what its samples' names depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    /// With a counter's `_total` and an info's `_info`.
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
}

impl<'a> Named<'a> {
    /// Every name that its samples have in all formats, and its own.
    pub(crate) fn written(self) -> impl Iterator<Item = String> {
        self.written_suffixes().iter().map(move |suffix| format!("{}{suffix}", self.name))
    }

    /// Whether [`written`](Self::written) has the name.
    pub(crate) fn writes(self, sample: &str) -> bool {
        has(self.name, self.written_suffixes(), sample)
    }

    /// Every name that its samples have in one of the formats, and those that OpenMetrics keeps for them.
    pub(crate) fn reserved(self) -> impl Iterator<Item = String> {
        let (base, suffixes) = self.in_open_metrics();
        suffixes.iter().map(move |suffix| format!("{base}{suffix}"))
    }

    fn written_suffixes(self) -> &'static [&'static str] {
        match self.kind {
            Kind::Histogram => &["", "_bucket", "_count", "_sum"],
            Kind::Summary => &["", "_count", "_sum"],
            _ => &[""],
        }
    }

    /// The family's name there, and the suffixes of what it may write.
    fn in_open_metrics(self) -> (&'a str, &'static [&'static str]) {
        let base = self.name.strip_suffix(self.kind.suffix()).filter(|base| !base.is_empty());
        match (self.kind, base) {
            (Kind::Counter, Some(base)) => (base, &["", "_total", "_created"]),
            (Kind::Info, Some(base)) => (base, &["", "_info"]),
            (Kind::Histogram, _) => (self.name, &["", "_bucket", "_count", "_sum", "_created"]),
            (Kind::Summary, _) => (self.name, &["", "_count", "_sum", "_created"]),
            // A counter or an info without the suffix is of unknown type there.
            _ => (self.name, &[""]),
        }
    }

    /// Whether OpenMetrics keeps the name for it.
    fn reserves(self, sample: &str) -> bool {
        let (base, suffixes) = self.in_open_metrics();
        has(base, suffixes, sample)
    }

    /// Whether it is out of the other's way once OpenMetrics has its samples as of unknown type, each name a family of its own.
    fn gives_way_to(self, other: Self) -> bool {
        let apart = match self.kind {
            Kind::Histogram => &["_bucket", "_count", "_sum"][..],
            _ => self.written_suffixes(),
        };
        !apart.iter().any(|suffix| other.reserves(&format!("{}{suffix}", self.name)))
    }
}

fn has(base: &str, suffixes: &[&str], sample: &str) -> bool {
    sample.strip_prefix(base).is_some_and(|suffix| suffixes.contains(&suffix))
}

/// Adds to `unknown` the names of those of two families that OpenMetrics has as of unknown type, because it keeps one name for both.
///
/// A counter or an info rather than a histogram or a summary, and of two the one with the longer name. The order of the two does not
/// change the answer.
pub(crate) fn mark_unknown(families: [Named<'_>; 2], unknown: &mut HashSet<Box<str>>) {
    let [one, other] = families;
    if families.iter().any(|family| unknown.contains(family.name)) {
        let is_apart = |family: Named<'_>, from| unknown.contains(family.name) && family.gives_way_to(from);
        if is_apart(one, other) || is_apart(other, one) {
            return;
        }
    }
    let cost = |family: Named<'_>| match family.kind {
        Kind::Counter | Kind::Info => 0,
        _ => 1,
    };
    let mut pairs = [(one, other), (other, one)];
    pairs.sort_by_key(|(family, _)| (cost(*family), Reverse(family.name.len()), family.name));
    match pairs.iter().find(|(family, from)| family.gives_way_to(*from)) {
        Some((family, _)) => _ = unknown.insert(family.name.into()),
        None => unknown.extend(families.map(|family| family.name.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(one: (&str, Kind), other: (&str, Kind)) -> Vec<Box<str>> {
        let both = |families: [(&str, Kind); 2]| {
            let mut unknown = HashSet::new();
            mark_unknown(families.map(|(name, kind)| Named { name, kind }), &mut unknown);
            let mut unknown: Vec<_> = unknown.into_iter().collect();
            unknown.sort_unstable();
            unknown
        };
        let unknown = both([one, other]);
        assert_eq!(both([other, one]), unknown);
        unknown
    }

    #[test]
    fn of_two_families_with_one_name_in_openmetrics_one_is_unknown() {
        use Kind::{Counter, Gauge, Histogram, Info, Summary};
        for (one, other, unknown) in [
            (("connections", Gauge), ("connections_total", Counter), "connections_total"),
            (("jobs_total", Counter), ("jobs_created_total", Counter), "jobs_created_total"),
            (("jobs", Counter), ("jobs_total", Counter), "jobs_total"),
            (("a_info", Info), ("a_total", Counter), "a_total"),
            (("a_total_info", Info), ("a_total", Counter), "a_total_info"),
            (("a", Gauge), ("a_info", Info), "a_info"),
            (("x", Histogram), ("x_bucket_total", Counter), "x_bucket_total"),
            (("x", Summary), ("x_sum_info", Info), "x_sum_info"),
            (("x", Histogram), ("x_created", Gauge), "x"),
            (("x", Summary), ("x_created", Histogram), "x_created"),
        ] {
            assert_eq!(apart(one, other), [unknown.into()], "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_family_writes_its_own_samples_and_reserves_more() {
        let wait = Named { name: "wait", kind: Kind::Histogram };
        assert!(wait.writes("wait_count") && !wait.writes("wait_created") && wait.reserves("wait_created"));
        let orders = Named { name: "orders_total", kind: Kind::Counter };
        assert!(orders.writes("orders_total") && !orders.writes("orders") && orders.reserves("orders"));
        let jobs = Named { name: "jobs", kind: Kind::Counter };
        assert!(jobs.writes("jobs") && jobs.reserves("jobs") && !jobs.reserves("jobs_total"));
    }
}
