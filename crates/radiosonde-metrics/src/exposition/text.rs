use std::io::Write as _;
use std::time::SystemTime;

use crate::exposition::dialect::Dialect;
use crate::exposition::escaping::{Escaping, has_unit};
use crate::exposition::format::Format;
use crate::exposition::group_by_name::group_by_name;
use crate::exposition::number_text::{
    BoundTexts, push_bound, push_float, push_number, push_time, push_unsigned,
};
use crate::model::exemplar::Exemplar;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::{HistogramSample, NumberSample, SummarySample};
use crate::model::visitor::{FamilyInfo, Visitor};

/// Writes Prometheus text 0.0.4 or 1.0.0, which are the same for names that need no quotes, or OpenMetrics 1.0.
///
/// A line is a few pieces that are copied one after the other; what is the same for all series of a family, or for all buckets of a
/// series, is one piece.
///
/// Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/>,
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
#[derive(Debug)]
pub(crate) struct Encoder {
    dialect: Dialect,
    out: Vec<u8>,
    /// The current family's name, without a counter's `_total`.
    base: Vec<u8>,
    is_counter: bool,
    /// What its lines begin with: `name{`, with the `_total` of a counter; with `_sum` and with `_count`.
    heads: [Vec<u8>; 3],
    bounds: BoundTexts,
    /// What stands before the bound in each bucket of a series.
    bucket: Vec<u8>,
    /// Where a histogram or a summary begins that goes out as of unknown type, and its help text.
    apart: Option<(usize, Box<str>)>,
}

impl Encoder {
    /// Appends to `out`.
    pub(crate) fn new(dialect: Dialect, out: Vec<u8>) -> Self {
        Self {
            dialect,
            out,
            base: Vec::new(),
            is_counter: false,
            heads: Default::default(),
            bounds: BoundTexts::default(),
            bucket: Vec::new(),
            apart: None,
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.end_family();
        if self.is_open_metrics() {
            self.out.extend_from_slice(b"# EOF\n");
        }
        self.out
    }

    const fn is_open_metrics(&self) -> bool {
        matches!(self.dialect.format, Format::OpenMetrics)
    }

    #[inline]
    fn end(&mut self, exemplar: Option<&Exemplar>) {
        if let Some(exemplar) = exemplar {
            self.exemplar(exemplar);
        }
        self.out.push(b'\n');
    }

    #[inline(never)]
    fn exemplar(&mut self, exemplar: &Exemplar) {
        if !self.is_open_metrics() {
            return;
        }
        self.out.extend_from_slice(b" # {");
        let start = self.out.len();
        // Writing to memory does not fail.
        let _ = exemplar.write_labels(&mut self.out);
        // Ids have none.
        if !exemplar.labels().is_empty() {
            replace_nul(&mut self.out, start);
        }
        self.out.extend_from_slice(b"} ");
        push_float(exemplar.value(), &mut self.out);
        if let Some(timestamp) = exemplar.timestamp() {
            self.out.push(b' ');
            push_time(timestamp, &mut self.out);
        }
    }

    fn sum_and_count(&mut self, labels: &LabelSet, sum: Option<f64>, count: u64) {
        let Self { dialect, out, heads: [_, sum_head, count_head], .. } = self;
        if let Some(sum) = sum {
            start(sum_head, dialect.escaping, labels, out);
            push_float(sum, out);
            out.push(b'\n');
        }
        start(count_head, dialect.escaping, labels, out);
        push_unsigned(count, out);
        out.push(b'\n');
    }

    #[inline]
    fn created(&mut self, labels: &LabelSet, created: Option<SystemTime>) {
        if self.dialect.created && self.apart.is_none() {
            self.push_created(labels, created);
        }
    }

    #[inline(never)]
    fn push_created(&mut self, labels: &LabelSet, created: Option<SystemTime>) {
        if let Some(created) = created.filter(|_| self.is_open_metrics()) {
            self.out.extend_from_slice(&self.base);
            start(b"_created{", self.dialect.escaping, labels, &mut self.out);
            push_time(created, &mut self.out);
            self.out.push(b'\n');
        }
    }

    /// `# HELP name text`.
    fn help(&mut self, name: &str, help: &str) {
        let quotes = self.is_open_metrics();
        let _ = write!(self.out, "# HELP {name} ");
        for &byte in help.as_bytes() {
            match byte {
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'"' if quotes => self.out.extend_from_slice(b"\\\""),
                byte => self.out.push(byte),
            }
        }
        self.out.push(b'\n');
    }

    /// Of what stands apart, each name becomes a family.
    fn end_family(&mut self) {
        let Some((start, help)) = self.apart.take() else { return };
        let written = self.out.split_off(start);
        for (name, lines) in group_by_name(&written) {
            let _ = writeln!(self.out, "# TYPE {name} unknown");
            self.help(name, &help);
            self.out.extend_from_slice(&lines);
        }
    }
}

/// `name{labels} `, or `name ` without labels; the value follows. The head ends in the brace.
#[inline]
fn start(head: &[u8], escaping: Escaping, labels: &LabelSet, out: &mut Vec<u8>) {
    if labels.is_empty() {
        out.extend_from_slice(head.strip_suffix(b"{").unwrap_or(head));
        out.push(b' ');
    } else {
        out.extend_from_slice(head);
        push_labels(escaping, labels, out);
        out.extend_from_slice(b"} ");
    }
}

/// `name{labels,key="`, or without labels; a bound and the closing quote follow.
fn start_with(head: &[u8], escaping: Escaping, labels: &LabelSet, key: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(head);
    push_labels(escaping, labels, out);
    out.extend_from_slice(if labels.is_empty() { b"" } else { b"," });
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"=\"");
}

/// The labels as they are rendered, or with other names.
#[inline]
fn push_labels(escaping: Escaping, labels: &LabelSet, out: &mut Vec<u8>) {
    if escaping == Escaping::Dots {
        push_renamed(escaping, labels, out);
    } else {
        // The others leave names alone that every scraper takes, and these are such.
        out.extend_from_slice(labels.as_str().as_bytes());
    }
}

#[cold]
fn push_renamed(escaping: Escaping, labels: &LabelSet, out: &mut Vec<u8>) {
    for (at, (name, value)) in labels.rendered().enumerate() {
        for part in [if at > 0 { "," } else { "" }, &escaping.escape(name), "=\"", value, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

/// Puts U+FFFD in place of every NUL from here on: Prometheus takes one in the labels of a sample, but in those of an exemplar it reads it as the
/// end of the text, and refuses the scrape.
fn replace_nul(out: &mut Vec<u8>, start: usize) {
    while let Some(at) = out.iter().skip(start).position(|byte| *byte == 0) {
        out.splice(start + at..=start + at, "\u{fffd}".bytes());
    }
}

/// Whether a sum can be what OpenMetrics takes a sum for: a counter, neither negative nor NaN.
fn counts_up(sum: f64) -> bool {
    sum >= 0.0
}

impl Visitor for Encoder {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.end_family();
        let unknown = family.unknown_in_open_metrics && self.is_open_metrics();
        let name = self.dialect.escaping.escape(family.name);
        let base = name.strip_suffix(family.kind.suffix()).filter(|_| !unknown);
        self.base.clear();
        self.base.extend_from_slice(base.unwrap_or(&name).as_bytes());
        self.is_counter = family.kind == Kind::Counter && base.is_some();
        for (head, suffix) in self.heads.iter_mut().zip(["", "_sum", "_count"]) {
            head.clear();
            [&*name, suffix, "{"].into_iter().for_each(|part| head.extend_from_slice(part.as_bytes()));
        }
        if unknown && matches!(family.kind, Kind::Histogram | Kind::Summary) {
            self.apart = Some((self.out.len(), family.help.into()));
            return;
        }
        let (named, kind) = match (base, family.kind) {
            (_, Kind::Unknown) if !self.is_open_metrics() => (&*name, "untyped"),
            (_, Kind::Info | Kind::StateSet) if !self.is_open_metrics() => (&*name, "gauge"),
            (_, kind) if !self.is_open_metrics() => (&*name, kind.as_str()),
            (Some(base), kind) => (base, kind.as_str()),
            // OpenMetrics knows no counter whose samples lack `_total`, and no info whose samples lack `_info`.
            (None, _) => (&*name, Kind::Unknown.as_str()),
        };
        // Writing to memory does not fail.
        if self.is_open_metrics() {
            let _ = writeln!(self.out, "# TYPE {named} {kind}");
            if let Some(unit) = family.unit.filter(|unit| has_unit(&name, family.kind, unit) && !unknown) {
                let _ = writeln!(self.out, "# UNIT {named} {unit}");
            }
        }
        self.help(named, family.help);
        if !self.is_open_metrics() {
            let _ = writeln!(self.out, "# TYPE {named} {kind}");
        }
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        start(&self.heads[0], self.dialect.escaping, labels, &mut self.out);
        push_number(sample.value, &mut self.out);
        // OpenMetrics does not know a counter without the suffix as one, so it has no exemplar.
        self.end(sample.exemplar.filter(|_| self.is_counter));
        if self.is_counter {
            self.created(labels, sample.created);
        }
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        let is_open_metrics = self.is_open_metrics();
        self.bounds.render(sample.bounds, is_open_metrics);
        self.bucket.clear();
        self.bucket.extend_from_slice(&self.base);
        start_with(b"_bucket{", self.dialect.escaping, labels, "le", &mut self.bucket);
        let mut total = 0_u64;
        // Samples of unknown type have no exemplars.
        if sample.exemplars.is_empty() || !is_open_metrics || self.apart.is_some() {
            let Self { out, bucket, bounds, .. } = self;
            for (bound, count) in bounds.iter().zip(sample.counts) {
                out.extend_from_slice(bucket);
                out.extend_from_slice(bound);
                total = total.saturating_add(*count);
                push_unsigned(total, out);
                out.push(b'\n');
            }
        } else {
            // Given back below: what writes an exemplar needs all of the encoder.
            let bounds = std::mem::take(&mut self.bounds);
            for (bound, (_, count, exemplar)) in bounds.iter().zip(sample.cumulative()) {
                self.out.extend_from_slice(&self.bucket);
                self.out.extend_from_slice(bound);
                total = count;
                push_unsigned(total, &mut self.out);
                self.end(exemplar);
            }
            self.bounds = bounds;
        }
        // OpenMetrics has no sum for a histogram that may take negative observations, and no count without a sum.
        let negative = sample.bounds.first().is_some_and(|&bound| bound < 0.0);
        if is_open_metrics && (negative || !counts_up(sample.sum)) {
            return;
        }
        self.sum_and_count(labels, Some(sample.sum), total);
        self.created(labels, sample.created);
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        let is_open_metrics = self.is_open_metrics();
        for &(quantile, value) in sample.quantiles {
            // OpenMetrics has no negative quantiles.
            if is_open_metrics && value < 0.0 {
                continue;
            }
            start_with(&self.heads[0], self.dialect.escaping, labels, "quantile", &mut self.out);
            push_bound(quantile, is_open_metrics, &mut self.out);
            self.out.extend_from_slice(b"\"} ");
            push_float(value, &mut self.out);
            self.out.push(b'\n');
        }
        let sum = Some(sample.sum).filter(|sum| !is_open_metrics || counts_up(*sum));
        self.sum_and_count(labels, sum, sample.count);
        self.created(labels, sample.created);
    }
}
