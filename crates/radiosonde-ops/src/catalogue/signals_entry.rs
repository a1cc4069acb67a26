use radiosonde_signals::{GoldenSignals, Limit};
use serde::{Deserialize, Serialize};

use crate::catalogue::selector::{FormerNames, Selector};

/// The golden signals of one kind of work: [`GoldenSignals`] as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalsEntry {
    /// The kind of work: `http_server`, `operation`, `database`, `cache` and so on.
    pub kind: String,
    /// The name, among those of its kind.
    pub name: String,
    /// A histogram of seconds.
    #[serde(default)]
    pub latency: Option<Selector>,
    /// A counter, or a histogram by its count.
    #[serde(default)]
    pub traffic: Option<Selector>,
    /// Those of the traffic that failed.
    #[serde(default)]
    pub errors: Option<Selector>,
    /// How full it is.
    #[serde(default)]
    pub saturation: Option<SaturationEntry>,
    /// The label whose values are the parts of the work, such as `endpoint` of a server.
    #[serde(default)]
    pub item_label: Option<String>,
}

/// What is in use, and its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaturationEntry {
    /// What is in use: a gauge, or a counter whose rate is in use.
    pub in_use: Selector,
    /// The metric of the limit.
    #[serde(default)]
    pub limit: Option<Selector>,
    /// A limit that is always the same. Without either, it is not known.
    #[serde(default)]
    pub fixed_limit: Option<f64>,
}

impl From<&GoldenSignals> for SignalsEntry {
    fn from(signals: &GoldenSignals) -> Self {
        Self::of(signals, &FormerNames::new())
    }
}

impl SignalsEntry {
    pub(crate) fn of(signals: &GoldenSignals, former: &FormerNames) -> Self {
        let of = |series| Selector::of(series, former);
        let saturation = signals.saturation().map(|saturation| SaturationEntry {
            in_use: of(saturation.in_use()),
            limit: if let Limit::Metric(limit) = saturation.limit() { Some(of(limit)) } else { None },
            fixed_limit: if let Limit::Fixed(limit) = saturation.limit() { Some(*limit) } else { None },
        });
        Self {
            kind: signals.kind().to_owned(),
            name: signals.name().to_owned(),
            latency: signals.latency().map(of),
            traffic: signals.traffic().map(of),
            errors: signals.errors().map(of),
            saturation,
            item_label: signals.item_label().map(str::to_owned),
        }
    }
}
