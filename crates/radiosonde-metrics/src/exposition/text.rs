use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::exposition::escaping::has_unit;
use crate::{
    Dialect, Escaping, Exemplar, FamilyInfo, Format, HistogramSample, Kind, LabelSet, Number, NumberSample,
    SummarySample, Visitor,
};

/// Writes Prometheus text 0.0.4 or 1.0.0, which are the same for names that need no quotes, or OpenMetrics 1.0.
///
/// Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/>,
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
#[derive(Debug)]
pub(crate) struct Encoder {
    dialect: Dialect,
    out: String,
    /// The current family's name, without a counter's `_total`.
    base: String,
    /// What is appended to it for the samples of a number: `_total` or nothing.
    suffix: &'static str,
    /// The bounds of the last histogram, and how they are spelled: those of a family are spelled once.
    bounds: Vec<f64>,
    spelled: Vec<String>,
    /// What stands before the bound in each bucket of a series.
    prefix: String,
}

impl Encoder {
    /// With room for about `expected` bytes.
    pub(crate) fn new(dialect: Dialect, expected: usize) -> Self {
        Self {
            dialect,
            out: String::with_capacity(expected),
            base: String::new(),
            suffix: "",
            bounds: Vec::new(),
            spelled: Vec::new(),
            prefix: String::new(),
        }
    }

    pub(crate) fn finish(mut self) -> String {
        if self.is_open_metrics() {
            self.out.push_str("# EOF\n");
        }
        self.out
    }

    const fn is_open_metrics(&self) -> bool {
        matches!(self.dialect.format, Format::OpenMetrics)
    }

    /// `name{labels,extra="bound"} `; the value follows.
    fn start(&mut self, suffix: &str, labels: &LabelSet, extra: Option<(&str, f64)>) {
        self.out.push_str(&self.base);
        self.out.push_str(suffix);
        if !labels.is_empty() || extra.is_some() {
            self.out.push('{');
            push_labels(self.dialect.escaping, labels, &mut self.out);
            if let Some((name, bound)) = extra {
                if !labels.is_empty() {
                    self.out.push(',');
                }
                self.out.push_str(name);
                self.out.push_str("=\"");
                self.bound(bound);
                self.out.push('"');
            }
            self.out.push('}');
        }
        self.out.push(' ');
    }

    fn value(&mut self, value: Number) {
        match value {
            Number::Unsigned(value) => self.out.push_str(itoa::Buffer::new().format(value)),
            Number::Signed(value) => self.out.push_str(itoa::Buffer::new().format(value)),
            Number::Float(value) if value.is_nan() => self.out.push_str("NaN"),
            Number::Float(value) if value.is_infinite() => {
                self.out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
            }
            // Whole numbers without a point, as everybody writes them; beyond 2^53 there is an exponent anyway.
            Number::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => {
                #[allow(clippy::cast_possible_truncation, reason = "whole, and small enough")]
                let whole = value as i64;
                if whole == 0 && value.is_sign_negative() {
                    self.out.push('-');
                }
                self.out.push_str(itoa::Buffer::new().format(whole));
            }
            // The shortest text that reads back as the same number, with an exponent where it is long.
            Number::Float(value) => self.out.push_str(zmij::Buffer::new().format_finite(value)),
        }
    }

    /// Spells the bounds unless they are those of the series before.
    fn spell(&mut self, bounds: &[f64]) {
        if self.bounds == bounds && !self.spelled.is_empty() {
            return;
        }
        self.bounds.clear();
        self.bounds.extend_from_slice(bounds);
        self.spelled.clear();
        let out = std::mem::take(&mut self.out);
        for &bound in bounds.iter().chain([&f64::INFINITY]) {
            self.bound(bound);
            self.spelled.push(std::mem::take(&mut self.out));
        }
        self.out = out;
    }

    /// A bucket's bound or a quantile: part of the series' identity, so each format has one spelling.
    ///
    /// OpenMetrics prescribes `1.0`, `0.0001`, `1e-05` and `1e+06`; 0.0.4 has Go's `1`.
    fn bound(&mut self, bound: f64) {
        if !bound.is_finite() {
            return self.value(Number::Float(bound));
        }
        let magnitude = bound.abs();
        let _ = if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
            let text = format!("{bound:e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
            write!(self.out, "{mantissa}e{sign}{digits:0>2}")
        } else if self.is_open_metrics() {
            write!(self.out, "{bound:?}")
        } else {
            write!(self.out, "{bound}")
        };
    }

    fn end(&mut self, exemplar: Option<&Exemplar>) {
        if let Some(exemplar) = exemplar.filter(|_| self.is_open_metrics()) {
            self.out.push_str(" # {");
            let _ = exemplar.write_labels(&mut self.out);
            self.out.push_str("} ");
            self.value(Number::Float(exemplar.value()));
            if let Some(timestamp) = exemplar.timestamp() {
                self.out.push(' ');
                self.time(timestamp);
            }
        }
        self.out.push('\n');
    }

    /// Seconds, to the millisecond.
    fn time(&mut self, time: SystemTime) {
        let millis = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let _ = write!(self.out, "{}.{:03}", millis / 1000, millis % 1000);
    }

    fn created(&mut self, labels: &LabelSet, created: Option<SystemTime>) {
        if let Some(created) = created.filter(|_| self.dialect.created && self.is_open_metrics()) {
            self.start("_created", labels, None);
            self.time(created);
            self.out.push('\n');
        }
    }

    fn escape_help(&mut self, help: &str) {
        let quotes = self.is_open_metrics();
        for c in help.chars() {
            match c {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '"' if quotes => self.out.push_str("\\\""),
                c => self.out.push(c),
            }
        }
    }
}

/// The labels as they are rendered, or with other names.
fn push_labels(escaping: Escaping, labels: &LabelSet, out: &mut String) {
    if escaping != Escaping::Dots {
        // The others leave names alone that every scraper takes, and these are such.
        return out.push_str(labels.as_str());
    }
    for (at, (name, value)) in labels.rendered().enumerate() {
        for part in [if at > 0 { "," } else { "" }, &escaping.escape(name), "=\"", value, "\""] {
            out.push_str(part);
        }
    }
}

/// Whether a sum can be what OpenMetrics takes a sum for: a counter, neither negative nor NaN.
fn counts_up(sum: f64) -> bool {
    sum >= 0.0
}

impl Visitor for Encoder {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        let suffix = family.kind.suffix();
        let name = self.dialect.escaping.escape(family.name);
        let base = name.strip_suffix(suffix);
        self.base.clear();
        self.base.push_str(base.unwrap_or(&name));
        self.suffix = if base.is_some() { suffix } else { "" };
        let (named, kind) = match (base, family.kind) {
            (_, Kind::Unknown) if !self.is_open_metrics() => (&*name, "untyped"),
            (_, Kind::Info | Kind::StateSet) if !self.is_open_metrics() => (&*name, "gauge"),
            (_, kind) if !self.is_open_metrics() => (&*name, kind.as_str()),
            (Some(base), kind) => (base, kind.as_str()),
            // OpenMetrics knows no counter whose samples lack `_total`, and no info whose samples lack `_info`.
            (None, _) => (&*name, Kind::Unknown.as_str()),
        };
        // Writing to a String does not fail.
        if self.is_open_metrics() {
            let _ = writeln!(self.out, "# TYPE {named} {kind}");
            if let Some(unit) = family.unit.filter(|unit| has_unit(&name, family.kind, unit)) {
                let _ = writeln!(self.out, "# UNIT {named} {unit}");
            }
        }
        let _ = write!(self.out, "# HELP {named} ");
        self.escape_help(family.help);
        self.out.push('\n');
        if !self.is_open_metrics() {
            let _ = writeln!(self.out, "# TYPE {named} {kind}");
        }
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        self.start(self.suffix, labels, None);
        self.value(sample.value);
        // Of a counter without the suffix, which OpenMetrics does not know as one, there is none.
        let is_counter = self.suffix == Kind::Counter.suffix();
        self.end(sample.exemplar.filter(|_| is_counter));
        if is_counter {
            self.created(labels, sample.created);
        }
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        self.spell(sample.bounds);
        self.prefix.clear();
        self.prefix.push_str(&self.base);
        self.prefix.push_str("_bucket{");
        push_labels(self.dialect.escaping, labels, &mut self.prefix);
        self.prefix.push_str(if labels.is_empty() { "le=\"" } else { ",le=\"" });
        for (at, (_, count, exemplar)) in sample.cumulative().enumerate() {
            self.out.push_str(&self.prefix);
            self.out.push_str(self.spelled.get(at).map_or("+Inf", String::as_str));
            self.out.push_str("\"} ");
            self.value(Number::Unsigned(count));
            self.end(exemplar);
        }
        // OpenMetrics has no sum for a histogram that may take negative observations, and no count without a sum.
        let negative = sample.bounds.first().is_some_and(|&bound| bound < 0.0);
        if self.is_open_metrics() && (negative || !counts_up(sample.sum)) {
            return;
        }
        self.start("_sum", labels, None);
        self.value(Number::Float(sample.sum));
        self.end(None);
        self.start("_count", labels, None);
        self.value(Number::Unsigned(sample.count()));
        self.end(None);
        self.created(labels, sample.created);
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        for &(quantile, value) in sample.quantiles {
            // OpenMetrics has no negative quantiles.
            if self.is_open_metrics() && value < 0.0 {
                continue;
            }
            self.start("", labels, Some(("quantile", quantile)));
            self.value(Number::Float(value));
            self.end(None);
        }
        if !self.is_open_metrics() || counts_up(sample.sum) {
            self.start("_sum", labels, None);
            self.value(Number::Float(sample.sum));
            self.end(None);
        }
        self.start("_count", labels, None);
        self.value(Number::Unsigned(sample.count));
        self.end(None);
        self.created(labels, sample.created);
    }
}
