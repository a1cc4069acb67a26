use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

/// One series of an instant vector, as Prometheus and Loki answer it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Sample {
    /// All labels, the metric's name as `__name__`.
    #[serde(rename = "metric", default)]
    pub labels: BTreeMap<String, String>,
    /// The value at the time of the query.
    #[serde(deserialize_with = "value_of_pair")]
    pub value: f64,
}

impl Sample {
    /// A label's value, empty when the series has no such label: to Prometheus the two are the same.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// What `data` of an answer holds: a vector, or the lone number of an expression such as `1 + 1`.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Sample>),
    Scalar(#[serde(deserialize_with = "value_of_pair")] f64),
}

/// The answer to an instant query.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    data: Data,
}

impl Answer {
    pub(crate) fn into_samples(self) -> Vec<Sample> {
        match self.data {
            Data::Vector(samples) => samples,
            Data::Scalar(value) => vec![Sample { labels: BTreeMap::new(), value }],
        }
    }
}

/// `[1795228105.005, "1"]`: a time and a number in quotes.
fn value_of_pair<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let (_time, text) = <(f64, String)>::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom(format!("{text:?} is no number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(json: &str) -> Vec<Sample> {
        serde_json::from_str::<Answer>(json).unwrap().into_samples()
    }

    #[test]
    fn a_vector_is_read() {
        let read = samples(
            r#"{"status":"success","data":{"resultType":"vector","result":[
                {"metric":{"__name__":"up","job":"shop"},"value":[1795228105.005,"1"]},
                {"metric":{},"value":[1795228105.005,"+Inf"]}]}}"#,
        );
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].label("job"), read[0].label("absent"), read[0].value), ("shop", "", 1.0));
        assert_eq!(read[1].value, f64::INFINITY);
    }

    #[test]
    fn a_scalar_is_one_sample_without_labels() {
        let read = samples(r#"{"status":"success","data":{"resultType":"scalar","result":[1.5,"2"]}}"#);
        assert_eq!(read, [Sample { labels: BTreeMap::new(), value: 2.0 }]);
    }
}
