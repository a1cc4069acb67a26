use std::collections::HashMap;

use crate::checks::{Metric, bound, metrics, no_duplicates};
use crate::exposition::{Exposition, Family, FamilyKind, Sample};
use crate::refusal::Refusal;
use crate::scan::{Scan, unescape};

/// Reads OpenMetrics 1.0, strictly.
///
/// Recommendations of the specification (*should*) are required: the order of metadata, canonical bounds, no undefined
/// escapes. Explicit timestamps, which it discourages, are rejected. Names that start with one underscore, which it
/// reserves, are accepted, because users of Prometheus have them.
///
/// # Errors
/// [`Refusal`] with the first invalid line.
///
/// # Source
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
pub fn open_metrics(text: &str) -> Result<Exposition, Refusal> {
    let mut reader = Reader { families: Vec::new(), descriptors: 0 };
    let mut ended = false;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let refuse = |why: String| Refusal::new(at + 1, why);
        let bare = line.strip_suffix('\n');
        if ended {
            return Err(refuse("a line after the end".to_owned()));
        }
        match bare {
            Some("# EOF") => ended = true,
            None if line == "# EOF" => ended = true,
            None => return Err(refuse("does not end in a line feed".to_owned())),
            Some(line) if line.starts_with('#') => reader.descriptor(line).map_err(refuse)?,
            Some(line) => {
                let sample = Scan::new(line).sample(at + 1, true).map_err(refuse)?;
                reader.sample(sample).map_err(refuse)?;
            }
        }
    }
    if !ended {
        return Err(Refusal::new(text.lines().count(), "the text does not end in `# EOF`"));
    }
    let exposition = Exposition { families: reader.families };
    no_clashes(&exposition)?;
    no_duplicates(exposition.samples())?;
    exposition.families.iter().try_for_each(check)?;
    Ok(exposition)
}

struct Reader {
    families: Vec<Family>,
    /// The state of the current family's metadata: 1 after TYPE, 2 after UNIT, 3 after HELP.
    descriptors: u8,
}

impl Reader {
    fn descriptor(&mut self, line: &str) -> Result<(), String> {
        let mut scan = Scan::new(line);
        let kinds = [("# TYPE ", 1), ("# UNIT ", 2), ("# HELP ", 3)];
        let kind = kinds.into_iter().find(|(start, _)| scan.take(start));
        let (_, rank) = kind.ok_or_else(|| format!("{line:?} is neither TYPE nor UNIT nor HELP"))?;
        let name = scan.metric_name()?;
        if !scan.take(" ") {
            return Err(format!("{name:?} without its metadata"));
        }
        if self.families.last().is_none_or(|family| family.name != name) {
            self.begin(name)?;
        }
        let last =
            self.families.last_mut().filter(|family| family.samples.is_empty() && self.descriptors < rank);
        let family =
            last.ok_or("metadata come in the order TYPE, UNIT, HELP, each once, before the samples")?;
        self.descriptors = rank;
        let rest = scan.rest();
        match rank {
            1 => family.kind = kind_of(rest).ok_or_else(|| format!("{rest:?} is no type"))?,
            2 => family.unit = Some(rest.to_owned()),
            _ => family.help = Some(unescape(rest, "\\\"n")?),
        }
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<(), String> {
        if self.families.iter().any(|family| family.name == name) {
            return Err(format!("family {name:?} stands in two places"));
        }
        let (kind, samples) = (FamilyKind::Unknown, Vec::new());
        self.families.push(Family { name: name.to_owned(), kind, help: None, unit: None, samples });
        self.descriptors = 0;
        Ok(())
    }

    fn sample(&mut self, sample: Sample) -> Result<(), String> {
        let belongs = |family: &Family| {
            let suffix = sample.name.strip_prefix(&*family.name);
            suffix.is_some_and(|suffix| suffixes(family.kind).contains(&suffix))
        };
        if !self.families.last().is_some_and(belongs) {
            // Without metadata: of unknown type.
            self.begin(&sample.name)?;
        }
        self.families.last_mut().ok_or("no family")?.samples.push(sample);
        Ok(())
    }
}

fn kind_of(text: &str) -> Option<FamilyKind> {
    Some(match text {
        "counter" => FamilyKind::Counter,
        "gauge" => FamilyKind::Gauge,
        "gaugehistogram" => FamilyKind::GaugeHistogram,
        "histogram" => FamilyKind::Histogram,
        "info" => FamilyKind::Info,
        "stateset" => FamilyKind::StateSet,
        "summary" => FamilyKind::Summary,
        "unknown" => FamilyKind::Unknown,
        _ => return None,
    })
}

/// Section "Suffixes".
const fn suffixes(kind: FamilyKind) -> &'static [&'static str] {
    match kind {
        FamilyKind::Counter => &["_total", "_created"],
        FamilyKind::Summary => &["_count", "_sum", "_created", ""],
        FamilyKind::Histogram => &["_count", "_sum", "_bucket", "_created"],
        FamilyKind::GaugeHistogram => &["_gcount", "_gsum", "_bucket"],
        FamilyKind::Info => &["_info"],
        FamilyKind::Gauge | FamilyKind::StateSet | FamilyKind::Unknown => &[""],
    }
}

/// No family may have samples with the name of another family or its samples, whether it has them now or not.
fn no_clashes(exposition: &Exposition) -> Result<(), Refusal> {
    let mut taken: HashMap<String, &str> = HashMap::new();
    for family in &exposition.families {
        let line = family.samples.first().map_or(0, |sample| sample.line);
        for suffix in suffixes(family.kind).iter().copied().chain([""]) {
            let name = format!("{}{suffix}", family.name);
            if let Some(other) = taken.insert(name.clone(), &family.name)
                && other != family.name
            {
                return Err(Refusal::new(
                    line,
                    format!("{name} may be a sample of {other} or of {}", family.name),
                ));
            }
        }
    }
    Ok(())
}

fn check(family: &Family) -> Result<(), Refusal> {
    let line = family.samples.first().map_or(0, |sample| sample.line);
    if let Some(unit) = family.unit.as_deref().filter(|unit| !unit.is_empty()) {
        let is_suffix = family.name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
        if !is_suffix || matches!(family.kind, FamilyKind::Info | FamilyKind::StateSet) {
            return Err(Refusal::new(line, format!("{} may not have the unit {unit:?}", family.name)));
        }
    }
    for sample in &family.samples {
        let suffix = sample.name.strip_prefix(&*family.name).unwrap_or_default();
        let with_exemplars = matches!(
            (family.kind, suffix),
            (FamilyKind::Counter, "_total") | (FamilyKind::Histogram | FamilyKind::GaugeHistogram, "_bucket")
        );
        if sample.exemplar.is_some() && !with_exemplars {
            return Err(Refusal::new(sample.line, "an exemplar on something else than a total or a bucket"));
        }
    }
    match family.kind {
        FamilyKind::Counter => metrics(family, "")?.iter().try_for_each(counter),
        FamilyKind::Histogram => {
            metrics(family, "le")?.iter().try_for_each(|metric| histogram(metric, "_count", "_sum"))
        }
        FamilyKind::GaugeHistogram => {
            metrics(family, "le")?.iter().try_for_each(|metric| histogram(metric, "_gcount", "_gsum"))
        }
        FamilyKind::Summary => {
            metrics(family, "quantile")?.iter().try_for_each(|metric| summary(metric, &family.name))
        }
        FamilyKind::Gauge | FamilyKind::Unknown => {
            metrics(family, "")?.iter().try_for_each(|metric| metric.must_have("").map(drop))
        }
        FamilyKind::Info => each_value(family, |value| value == 1.0),
        FamilyKind::StateSet => {
            metrics(family, &family.name)?;
            let states = family.samples.iter().all(|sample| sample.label(&family.name).is_some());
            if !states {
                return Err(Refusal::new(line, "a state without its label"));
            }
            each_value(family, |value| value == 0.0 || value == 1.0)
        }
    }
}

fn each_value(family: &Family, allowed: fn(f64) -> bool) -> Result<(), Refusal> {
    match family.samples.iter().find(|sample| !allowed(sample.value.as_f64())) {
        Some(sample) => {
            Err(Refusal::new(sample.line, format!("{} may not be {}", sample.name, sample.value)))
        }
        None => Ok(()),
    }
}

/// Refuses values that a counter cannot have.
fn count(sample: &Sample) -> Result<(), Refusal> {
    if sample.value.is_no_count() {
        return Err(Refusal::new(
            sample.line,
            format!("{} counts up and may not be {}", sample.name, sample.value),
        ));
    }
    Ok(())
}

fn counter(metric: &Metric<'_>) -> Result<(), Refusal> {
    metric.one("_created")?;
    count(metric.must_have("_total")?)
}

fn histogram(metric: &Metric<'_>, counted: &str, summed: &str) -> Result<(), Refusal> {
    let buckets = metric.buckets(true)?;
    match (metric.one(counted)?, metric.one(summed)?) {
        (None, None) => Ok(()),
        (Some(_), Some(sum)) if buckets.negative && summed == "_sum" => {
            Err(Refusal::new(sum.line, "a sum, though a bound is negative"))
        }
        (Some(total), Some(sum)) => {
            if total.value.as_u64() != Some(buckets.count) {
                let why =
                    format!("{counted} is {}, the bucket up to infinity {}", total.value, buckets.count);
                return Err(Refusal::new(total.line, why));
            }
            if summed == "_gsum" && buckets.negative { Ok(()) } else { count(sum) }
        }
        (Some(alone), None) | (None, Some(alone)) => {
            Err(Refusal::new(alone.line, format!("{counted} is there if and only if {summed} is")))
        }
    }
}

fn summary(metric: &Metric<'_>, name: &str) -> Result<(), Refusal> {
    metric.one("_created")?;
    metric.one("_sum")?.map_or(Ok(()), count)?;
    if let Some(sample) = metric.one("_count")?
        && sample.value.as_u64().is_none()
    {
        return Err(Refusal::new(sample.line, "_count is no whole number"));
    }
    for sample in metric.samples.iter().filter(|sample| sample.name == name) {
        let quantile = bound(sample, "quantile", true)?;
        if !(0.0..=1.0).contains(&quantile) {
            return Err(Refusal::new(sample.line, format!("quantile {quantile} is not between 0 and 1")));
        }
        if sample.value.as_f64() < 0.0 {
            return Err(Refusal::new(sample.line, "the value of a quantile is negative"));
        }
    }
    Ok(())
}
