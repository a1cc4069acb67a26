use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use radiosonde_core::diagnostics;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::snapshot::FamilySnapshot;
use radiosonde_signals::{AnomalyState, Series, SloStatus};

use crate::alert::Alert;
use crate::alert_limit::AlertLimit;
use crate::book::observation::{Observation, Terms};
use crate::evaluating::burn_alerts::burn_rate;
use crate::evaluating::findings::Findings;
use crate::evaluating::moment::Moment;
use crate::evaluating::number::{Memory, numbers};
use crate::evaluating::refused::Refused;
use crate::evaluating::template::fill;
use crate::evaluating::work_signals::{failing, filling};
use crate::label_name::{is_label_name, is_reserved};
use crate::rules::alert_rule::AlertRule;
use crate::rules::condition::ConditionTest;
use crate::rules::finding::Finding;
use crate::rules::value::{Value, ValueSource};

/// A rule, and its state between evaluations.
#[derive(Debug)]
pub(crate) struct RuleEvaluator {
    rule: AlertRule,
    memory: Memory,
    /// The number that was compared last; of several, the highest.
    last: Option<f64>,
    /// The kinds of problems that were reported.
    reported: BTreeSet<&'static str>,
    refused: Refused,
    /// How many texts were cut since they were counted last.
    cut: Cell<u64>,
}

impl RuleEvaluator {
    pub(crate) fn new(rule: AlertRule) -> Self {
        let memory = match &rule.condition.0 {
            ConditionTest::Compare { value, .. } => Memory::of(value),
            _ => Memory::Nothing,
        };
        Self {
            rule,
            memory,
            last: None,
            reported: BTreeSet::new(),
            refused: Refused::default(),
            cut: Cell::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.rule.name
    }

    pub(crate) const fn terms(&self) -> Terms {
        let AlertRule { hold, keep_firing, max_alerts, .. } = self.rule;
        Terms { hold, keep_firing, max_alerts }
    }

    pub(crate) const fn last_value(&self) -> Option<f64> {
        self.last
    }

    /// What was refused or cut since this was asked last.
    pub(crate) fn take_refused(&mut self) -> Refused {
        let texts = self.cut.take();
        Refused { texts, ..std::mem::take(&mut self.refused) }
    }

    /// Finds the alerts whose condition holds.
    pub(crate) fn evaluate(&mut self, moment: &Moment<'_>) -> Vec<Observation> {
        let condition = self.rule.condition.clone();
        self.last = None;
        match &condition.0 {
            ConditionTest::Compare { value, is_above, threshold } => {
                let holds = |number: f64| if *is_above { number > *threshold } else { number < *threshold };
                self.compare(value, *is_above, moment, holds)
            }
            ConditionTest::Absent(series) => {
                let is_absent = series.select(moment.snapshot).next().is_none();
                self.one(moment, is_absent.then_some(Some(1.0)))
            }
            ConditionTest::Burning(slo) => self.objective(slo, moment, |status| {
                let rates = status.burning.iter().filter_map(|pair| burn_rate(status, pair.long));
                (!status.burning.is_empty()).then(|| rates.fold(0.0, f64::max))
            }),
            ConditionTest::BudgetBelow(slo, threshold) => self.objective(slo, moment, |status| {
                (status.budget_remaining < *threshold).then_some(status.budget_remaining)
            }),
            ConditionTest::Anomalous(detector) => self.anomaly(detector, moment),
            ConditionTest::Function(function) => self.found(function(moment.snapshot), moment),
        }
    }

    fn compare(
        &mut self,
        value: &Value,
        is_above: bool,
        moment: &Moment<'_>,
        holds: impl Fn(f64) -> bool,
    ) -> Vec<Observation> {
        if !self.has_metrics(value, moment) {
            return Vec::new();
        }
        self.look_for_work(value, moment);
        let found = numbers(value, &mut self.memory, is_above, moment);
        self.count_past_groups(value);
        self.last = found.iter().filter_map(|(_, number)| *number).reduce(f64::max);
        let observe = |(group, number): (String, Option<f64>)| {
            let labels = value.by.iter().filter(|_| !group.is_empty()).map(|by| (by.clone(), group.clone()));
            let alert = self.alert(moment, number, labels.collect(), BTreeMap::new());
            match number {
                None => Some(Observation::Unknown(alert)),
                Some(number) => holds(number).then_some(Observation::Holds(alert)),
            }
        };
        found.into_iter().filter_map(observe).collect()
    }

    /// Whether the metrics are of the kinds that the rule expects. Reports once if not, or if they do not exist yet.
    fn has_metrics(&mut self, value: &Value, moment: &Moment<'_>) -> bool {
        let mut has = true;
        for series in value.metrics() {
            match kind(series, moment) {
                None => self.report(
                    "unknown_metric",
                    format_args!("metric {:?} is not declared yet", series.metric()),
                ),
                Some(kind) if !is_same_kind(kind, series.kind()) => {
                    has = false;
                    let (metric, expected) = (series.metric(), series.kind().as_str());
                    let what =
                        format_args!("metric {metric:?} is a {}: expected a {expected}", kind.as_str());
                    self.report("other_kind", what);
                }
                Some(_) => {}
            }
        }
        // A metric that is declared later is looked at again; the report is made once.
        has
    }

    /// Reports once if the signals that the value is computed from do not exist yet.
    fn look_for_work(&mut self, value: &Value, moment: &Moment<'_>) {
        let (work, has_some, kind, what) = match &value.source {
            ValueSource::ErrorRatio(work, _) => {
                let signals = work.signals(moment.registry);
                (work, failing(&signals).next().is_some(), "unknown_work", "count of errors and traffic")
            }
            ValueSource::Saturation(work) => {
                let signals = work.signals(moment.registry);
                (work, filling(&signals).next().is_some(), "unknown_resource", "saturation")
            }
            _ => return,
        };
        if !has_some {
            self.report(kind, format_args!("work {work} is not declared yet, or has no {what}"));
        }
    }

    fn count_past_groups(&mut self, value: &Value) {
        let past = self.memory.take_refused();
        if past > 0 {
            self.refused.past_groups += past;
            let by = value.by.as_deref().unwrap_or_default();
            self.report(
                "max_values",
                format_args!("label {by:?} has {past} values too many: they are not computed"),
            );
        }
    }

    fn report(&mut self, kind: &'static str, what: std::fmt::Arguments<'_>) {
        if self.reported.insert(kind) {
            diagnostics::report("alerts", kind, format_args!("rule {:?}: {what}", self.rule.name));
        }
    }

    fn objective(
        &mut self,
        slo: &str,
        moment: &Moment<'_>,
        value: impl Fn(&SloStatus) -> Option<f64>,
    ) -> Vec<Observation> {
        let Some(statuses) = moment.statuses else { return self.unknown(moment) };
        let Some(status) = statuses.iter().find(|status| status.slo.name() == slo) else {
            self.report("unknown_objective", format_args!("objective {slo:?} is not declared yet"));
            return Vec::new();
        };
        self.one(moment, value(status).map(Some))
    }

    fn anomaly(&mut self, detector: &str, moment: &Moment<'_>) -> Vec<Observation> {
        let Some(status) = moment.anomalies.status(detector) else {
            if moment.anomalies.is_watched(detector) {
                let what =
                    format_args!("detector {detector:?} is not evaluated any more, as its measure panicked");
                self.report("lost_detector", what);
                return self.unknown(moment);
            }
            self.report("unknown_detector", format_args!("detector {detector:?} is not declared yet"));
            return Vec::new();
        };
        match status.state {
            AnomalyState::Anomalous => self.one(moment, Some(Some(status.score))),
            AnomalyState::WarmingUp => self.unknown(moment),
            AnomalyState::Normal => self.one(moment, None),
        }
    }

    fn found(&mut self, findings: Vec<Finding>, moment: &Moment<'_>) -> Vec<Observation> {
        self.last =
            findings.iter().map(|finding| finding.value).filter(|value| !value.is_nan()).reduce(f64::max);
        let mut found = Findings::default();
        for Finding { value, labels, annotations } in findings {
            let names = || labels.keys().map(String::as_str);
            if let Some(label) = names().find(|name| !is_label_name(name) || is_reserved(name)) {
                self.refused.labels += 1;
                self.report(
                    "label",
                    format_args!("label {label:?} of a finding is not one that an alert can have"),
                );
                continue;
            }
            let number = Some(value).filter(|value| !value.is_nan());
            let alert = self.alert(moment, number, labels, annotations);
            if let Some(limit) = AlertLimit::exceeded_by(&alert) {
                self.refused.limits += 1;
                self.report("limit", format_args!("a finding is beyond a limit: expected {limit}"));
                continue;
            }
            if !found.add(alert) {
                self.refused.duplicates += 1;
                self.report(
                    "duplicate",
                    format_args!("findings have the same labels: expected labels that tell them apart"),
                );
            }
        }
        found.observations()
    }

    /// The rule's one alert, if it holds.
    fn one(&mut self, moment: &Moment<'_>, holds: Option<Option<f64>>) -> Vec<Observation> {
        let Some(value) = holds else { return Vec::new() };
        self.last = value;
        vec![Observation::Holds(self.alert(moment, value, BTreeMap::new(), BTreeMap::new()))]
    }

    fn unknown(&self, moment: &Moment<'_>) -> Vec<Observation> {
        vec![Observation::Unknown(self.alert(moment, None, BTreeMap::new(), BTreeMap::new()))]
    }

    /// An alert of the rule. Texts that are too long are cut.
    fn alert(
        &self,
        moment: &Moment<'_>,
        value: Option<f64>,
        labels: BTreeMap<String, String>,
        annotations: BTreeMap<String, String>,
    ) -> Alert {
        let rule = &self.rule;
        let mut all = rule.labels.clone();
        all.extend(labels);
        // As for Prometheus, an empty label is an absent one.
        all.retain(|_, value| !value.is_empty());
        for value in all.values_mut() {
            self.cut(AlertLimit::LabelBytes, value);
        }
        let mut texts = rule.annotations.clone();
        texts.extend(annotations);
        let mut alert = Alert::new(&*rule.name, rule.severity, moment.now.wall).with_value(value);
        for (name, text) in texts {
            let mut text = fill(&text, &all, value);
            self.cut(AlertLimit::AnnotationBytes, &mut text);
            alert = alert.annotation(name, text);
        }
        all.into_iter().fold(alert, |alert, (name, value)| alert.label(name, value))
    }

    fn cut(&self, limit: AlertLimit, text: &mut String) {
        self.cut.set(self.cut.get() + u64::from(limit.cut(text)));
    }
}

/// The kind of a metric that is declared or collected.
fn kind(series: &Series, moment: &Moment<'_>) -> Option<Kind> {
    let family = moment.snapshot.family(series.metric());
    // Without series it is not in the snapshot.
    family.map(FamilySnapshot::kind).or_else(|| moment.registry.kind_of(series.metric()))
}

fn is_same_kind(is: Kind, expected: Kind) -> bool {
    is == expected || is == Kind::Unknown || expected == Kind::Unknown
}
