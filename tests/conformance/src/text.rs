use std::collections::HashSet;

use crate::checks::{bound, metrics, no_duplicates};
use crate::exposition::{Exposition, Family, FamilyKind};
use crate::refusal::Refusal;
use crate::scan::{Scan, unescape};

/// Reads Prometheus text 0.0.4, strictly.
///
/// Stricter than the specification, it refuses what our encoder never writes: comments, blank lines, more than one blank
/// between tokens, a comma after the last label, samples without `TYPE`, timestamps. A line that was split by an unescaped
/// character looks like one of those.
///
/// # Errors
/// [`Refusal`] with the first invalid line.
///
/// # Source
/// <https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details>
pub fn text(text: &str) -> Result<Exposition, Refusal> {
    let mut families: Vec<Family> = Vec::new();
    let mut names = HashSet::new();
    let mut typed = true;
    let lines = text.split_inclusive('\n').enumerate().map(|(at, line)| (at + 1, line));
    for (number, line) in lines {
        let refuse = |why: String| Refusal::new(number, why);
        let line = line.strip_suffix('\n').ok_or_else(|| refuse("does not end in a line feed".to_owned()))?;
        if let Some((is_help, name, rest)) = descriptor(line).map_err(refuse)? {
            if is_help {
                if !typed {
                    return Err(refuse("the family above has no TYPE".to_owned()));
                }
                if !names.insert(name.to_owned()) {
                    return Err(refuse(format!("a second family {name:?}, or a second HELP")));
                }
                let help = Some(unescape(rest, "\\n").map_err(refuse)?);
                let (kind, unit) = (FamilyKind::Unknown, None);
                families.push(Family { name: name.to_owned(), kind, help, unit, samples: Vec::new() });
                typed = false;
            } else {
                let family = families.last_mut().filter(|family| family.name == name && !typed);
                let family =
                    family.ok_or_else(|| refuse("TYPE does not follow the HELP of its family".to_owned()))?;
                family.kind = kind(rest).ok_or_else(|| refuse(format!("{rest:?} is no type")))?;
                typed = true;
            }
            continue;
        }
        let sample = Scan::new(line).sample(number, false).map_err(refuse)?;
        let family = families.last_mut().filter(|family| typed && belongs(family, &sample.name));
        let family =
            family.ok_or_else(|| refuse(format!("{} belongs to no family or to one above", sample.name)))?;
        family.samples.push(sample);
    }
    let exposition = Exposition { families };
    no_duplicates(exposition.samples())?;
    exposition.families.iter().try_for_each(check)?;
    Ok(exposition)
}

/// Parses `# HELP name text` or `# TYPE name type`: whether it is the help, the name, and the rest.
fn descriptor(line: &str) -> Result<Option<(bool, &str, &str)>, String> {
    let mut scan = Scan::new(line);
    if !line.starts_with('#') {
        return Ok(None);
    }
    let is_help = scan.take("# HELP ");
    if !is_help && !scan.take("# TYPE ") {
        return Err(format!("{line:?} is neither HELP nor TYPE"));
    }
    let name = scan.metric_name()?;
    if scan.take(" ") {
        Ok(Some((is_help, name, scan.rest())))
    } else {
        Err(format!("{name:?} without its metadata"))
    }
}

fn kind(text: &str) -> Option<FamilyKind> {
    Some(match text {
        "counter" => FamilyKind::Counter,
        "gauge" => FamilyKind::Gauge,
        "histogram" => FamilyKind::Histogram,
        "summary" => FamilyKind::Summary,
        "untyped" => FamilyKind::Unknown,
        _ => return None,
    })
}

fn belongs(family: &Family, sample: &str) -> bool {
    let suffixes: &[&str] = match family.kind {
        FamilyKind::Histogram => &["_bucket", "_sum", "_count"],
        FamilyKind::Summary => &["", "_sum", "_count"],
        _ => &[""],
    };
    sample.strip_prefix(&*family.name).is_some_and(|suffix| suffixes.contains(&suffix))
}

fn check(family: &Family) -> Result<(), Refusal> {
    match family.kind {
        FamilyKind::Histogram => {
            for metric in metrics(family, "le")? {
                let count = metric.buckets(false)?.count;
                metric.must_have("_sum")?;
                let counted = metric.must_have("_count")?;
                if counted.value.as_u64() != Some(count) {
                    let why = format!("_count is {}, the bucket up to infinity {count}", counted.value);
                    return Err(Refusal::new(counted.line, why));
                }
            }
        }
        FamilyKind::Summary => {
            for metric in metrics(family, "quantile")? {
                metric.must_have("_sum")?;
                let counted = metric.must_have("_count")?;
                if counted.value.as_u64().is_none() {
                    return Err(Refusal::new(counted.line, "_count is no whole number"));
                }
                let mut last = None;
                for sample in metric.samples.iter().filter(|sample| sample.name == family.name) {
                    let quantile = bound(sample, "quantile", false)?;
                    if last.is_some_and(|last| last >= quantile) {
                        return Err(Refusal::new(sample.line, "quantiles do not ascend"));
                    }
                    last = Some(quantile);
                }
            }
        }
        _ => {}
    }
    Ok(())
}
