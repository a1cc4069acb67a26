use std::collections::BTreeMap;

/// The samples of a text exposition, queried by name and labels.
///
/// For assertions on a program's own metrics: it reads the output of a registry and does not validate the format.
///
/// ```
/// use radiosonde_testkit::Samples;
///
/// let before = Samples::read("orders_total{method=\"card\",shop=\"a\"} 3\n");
/// let after = Samples::read("orders_total{method=\"card\",shop=\"a\"} 5\norders_total{method=\"cash\",shop=\"a\"} 1\n");
/// assert_eq!(after.value("orders_total", &[("method", "card")]), Some(5.0));
/// assert_eq!(after.sum("orders_total", &[("shop", "a")]), 6.0);
/// assert_eq!(after.since(&before).sum("orders_total", &[]), 3.0);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Samples {
    /// Reads `text`, skipping lines that are not samples.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self { samples: text.lines().filter_map(read_line).collect() }
    }

    /// The value of the one sample with this name and at least these labels; `None` if no sample or several match.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.matching(name, labels);
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The sum of all samples with this name and at least these labels.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).sum()
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let has = move |sample: &&Sample| {
            let own = |(key, value): &(&str, &str)| sample.labels.get(*key).is_some_and(|own| own == value);
            sample.name == name && labels.iter().all(own)
        };
        self.samples.iter().filter(has).map(|sample| sample.value)
    }
}

pub(crate) fn read_line(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(mut inside) = rest.strip_prefix('{') {
        while !inside.starts_with('}') {
            let (key, after) = inside.split_once("=\"")?;
            let (value, after) = read_value(after)?;
            labels.insert(key.to_owned(), value);
            inside = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &inside[1..];
    }
    // A timestamp and an exemplar may follow the value.
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    (!name.starts_with('#')).then(|| Sample { name: name.to_owned(), labels, value })
}

/// Parses a label's quoted value; returns it unescaped, with the rest after the closing quote.
fn read_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_escapes_exemplars_and_infinities() {
        let text = "# HELP a A 1\na{x=\"b\\\"}\\\\\\n,\",y=\"\"} 1.5e3 # {trace_id=\"1\"} 2 3\nb +Inf\nc{} 1\n# EOF\n";
        let samples = Samples::read(text);
        assert_eq!(samples.value("a", &[("x", "b\"}\\\n,"), ("y", "")]), Some(1500.0));
        assert_eq!(samples.value("b", &[]), Some(f64::INFINITY));
        assert_eq!(samples.value("c", &[]), Some(1.0));
        assert_eq!(samples.samples.len(), 3);
    }

    #[test]
    fn a_value_that_several_samples_could_be_is_none() {
        let samples = Samples::read("a{x=\"1\"} 1\na{x=\"2\"} 2\n");
        assert_eq!(samples.value("a", &[]), None);
        assert_eq!(samples.value("a", &[("x", "3")]), None);
        assert_eq!(samples.sum("a", &[]), 3.0);
    }
}
