use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radiosonde_core::{SharedClock, diagnostics, survive};
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::{Anomalies, Objectives, Severity, SloStatus};

use crate::alert::{Alert, AlertState};
use crate::alert_handler::AlertHandler;
use crate::book::book::{Book, Uncounted};
use crate::book::notice::Notice;
use crate::book::observation::{Now, Origin, Terms};
use crate::engine::claim::Claim;
use crate::engine::rule_status::RuleStatus;
use crate::engine::self_metrics::{AlertCounts, SelfMetrics};
use crate::evaluating::burn_alerts::{self, burn_alerts};
use crate::evaluating::moment::Moment;
use crate::evaluating::rule_evaluator::RuleEvaluator;
use crate::notifying::notice_queue::NoticeQueue;
use crate::rules::alert_rule::AlertRule;
use crate::rules::invalid_alert_rule::{InvalidAlertRule, InvalidAlertRuleKind};

/// All of an engine but its threads.
pub(crate) struct Core {
    pub(crate) registry: Registry,
    pub(crate) clock: SharedClock,
    pub(crate) has_objective_alerts: bool,
    pub(crate) metrics: SelfMetrics,
    pub(crate) queue: NoticeQueue,
    book: Mutex<Book>,
    rules: Mutex<Rules>,
    handlers: Mutex<Vec<Arc<dyn AlertHandler>>>,
    /// Until the evaluation has ended.
    claim: Mutex<Option<Claim>>,
}

/// The rules, by their numbers.
#[derive(Debug, Default)]
struct Rules {
    /// What is known of each.
    known: BTreeMap<usize, KnownRule>,
    /// The number of the next one.
    next: usize,
    /// Those that do not take part in an evaluation at the moment.
    idle: Vec<(usize, RuleEvaluator)>,
    is_evaluating: bool,
}

#[derive(Debug, Clone)]
struct KnownRule {
    declared: AlertRule,
    name: String,
    severity: Severity,
    value: Option<f64>,
    panics: u64,
}

/// The terms of alerts that fire and are resolved with their conditions.
const AT_ONCE: Terms = Terms { hold: Duration::ZERO, keep_firing: Duration::ZERO, max_alerts: usize::MAX };

/// Puts the rules back, in case that this code panics.
struct Evaluating<'a> {
    core: &'a Core,
    rules: Vec<(usize, RuleEvaluator)>,
}

impl Core {
    pub(crate) fn new(
        registry: Registry,
        clock: SharedClock,
        has_objective_alerts: bool,
        metrics: SelfMetrics,
        queue: NoticeQueue,
        book: Book,
        claim: Claim,
    ) -> Self {
        let (rules, handlers) = (Mutex::default(), Mutex::default());
        let (book, claim) = (Mutex::new(book), Mutex::new(Some(claim)));
        Self { registry, clock, has_objective_alerts, metrics, queue, book, rules, handlers, claim }
    }

    pub(crate) fn now(&self) -> Now {
        Now { wall: self.clock.now(), monotonic: self.clock.monotonic() }
    }

    /// The alerts. No code of others runs while they are locked.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    fn known_rules(&self) -> BTreeMap<usize, KnownRule> {
        lock(&self.rules).known.clone()
    }

    pub(crate) fn declared_rules(&self) -> Vec<AlertRule> {
        self.known_rules().into_values().map(|rule| rule.declared).collect()
    }

    /// The rules. The alerts are locked by the caller, so that both are of one moment.
    pub(crate) fn rule_statuses(&self, book: &Book) -> Vec<RuleStatus> {
        let state = |number| {
            let states = [AlertState::Firing, AlertState::Pending];
            states.into_iter().find(|state| book.count(Origin::Rule(number), *state) > 0)
        };
        let status = |(number, rule): (usize, KnownRule)| {
            let KnownRule { name, severity, value, panics, .. } = rule;
            RuleStatus { name, severity, state: state(number), value, panics }
        };
        self.known_rules().into_iter().map(status).collect()
    }

    /// Whether alerts with this name are those of a rule.
    pub(crate) fn is_rule(&self, name: &str) -> bool {
        lock(&self.rules).known.values().any(|rule| rule.name == name)
    }

    /// Checks a rule and adds it, to take part in the next evaluation.
    pub(crate) fn check_and_add(&self, rule: AlertRule) -> Result<(), InvalidAlertRule> {
        rule.check()?;
        let (name, severity) = (rule.name.clone(), rule.severity);
        let mut rules = lock(&self.rules);
        // The name of the alerts of objectives is taken, whether or not there are any.
        let is_same = |known: &KnownRule| (&*known.name, known.severity) == (&*name, severity);
        if name == burn_alerts::NAME || rules.known.values().any(is_same) {
            return Err(InvalidAlertRule::new(&name, InvalidAlertRuleKind::DuplicateName));
        }
        self.metrics.show_rule(&name, severity);
        let number = rules.next;
        rules.next += 1;
        rules
            .known
            .insert(number, KnownRule { name, severity, value: None, panics: 0, declared: rule.clone() });
        rules.idle.push((number, RuleEvaluator::new(rule)));
        Ok(())
    }

    /// Removes the rules with this name, and resolves their alerts; whether there were any.
    pub(crate) fn remove_rules(&self, name: &str) -> bool {
        let mut rules = lock(&self.rules);
        let (removed, known) =
            std::mem::take(&mut rules.known).into_iter().partition(|(_, rule)| rule.name == name);
        rules.known = known;
        let removed: BTreeMap<usize, KnownRule> = removed;
        let unknown = rules.take_unknown();
        drop(rules);
        // They have functions of others, which may panic as they are dropped.
        let _ = survive(|| drop(unknown));
        let now = self.now();
        for (number, rule) in &removed {
            self.book().observe(Origin::Rule(*number), AT_ONCE, Vec::new(), now);
            self.metrics.hide_rule(&rule.name, rule.severity);
        }
        self.pass_on();
        !removed.is_empty()
    }

    pub(crate) fn add_handler(&self, handler: Arc<dyn AlertHandler>) {
        lock(&self.handlers).push(handler);
    }

    /// Evaluates objectives, detectors and rules on one snapshot. Does nothing within another evaluation.
    pub(crate) fn evaluate(&self) {
        self.evaluate_by(|| self.registry.snapshot());
    }

    pub(crate) fn evaluate_by(&self, take_snapshot: impl FnOnce() -> Snapshot) {
        let Some(mut evaluating) = Evaluating::begin(self) else { return };
        let begun = self.clock.monotonic();
        let snapshot = survive(take_snapshot);
        if let Some(snapshot) = &snapshot {
            self.evaluate_on(snapshot, &mut evaluating.rules);
        }
        drop(evaluating);
        self.pass_on();
        if snapshot.is_none() {
            return self.metrics.panicked("snapshot");
        }
        let now = self.now();
        self.metrics.evaluated(now.wall, now.monotonic.saturating_sub(begun));
    }

    fn evaluate_on(&self, snapshot: &Snapshot, rules: &mut [(usize, RuleEvaluator)]) {
        // A snapshot may take long: what it has is of the time at which it was finished.
        let now = self.now();
        let statuses = self.objectives(snapshot);
        let anomalies = Anomalies::of(&self.registry);
        if survive(|| anomalies.evaluate_with(snapshot, &*self.clock)).is_none() {
            self.metrics.panicked("anomalies");
        }
        if let Some(statuses) = statuses.as_ref().filter(|_| self.has_objective_alerts) {
            let burning = burn_alerts(statuses, now);
            self.book().observe(Origin::Objectives, AT_ONCE, burning, now);
        }
        let (registry, statuses, anomalies) = (&self.registry, statuses.as_deref(), &anomalies);
        let moment = Moment { registry, snapshot, statuses, anomalies, now };
        for (number, rule) in rules {
            self.evaluate_rule(*number, rule, &moment);
        }
    }

    /// The objectives; `None` if their evaluation panics.
    fn objectives(&self, snapshot: &Snapshot) -> Option<Vec<SloStatus>> {
        let objectives = Objectives::of(&self.registry);
        let statuses = survive(|| {
            objectives.evaluate_with(snapshot, &*self.clock);
            objectives.statuses()
        });
        if statuses.is_none() {
            self.metrics.panicked("objectives");
        }
        statuses
    }

    fn evaluate_rule(&self, number: usize, rule: &mut RuleEvaluator, moment: &Moment<'_>) {
        let found = survive(|| rule.evaluate(moment));
        let has_panicked = found.is_none();
        if let Some(found) = found {
            let mut book = self.book();
            // One that was removed meanwhile has no alert that would ever be resolved.
            if lock(&self.rules).known.contains_key(&number) {
                book.observe(Origin::Rule(number), rule.terms(), found, moment.now);
            }
        } else {
            self.metrics.rule_panicked(rule.name());
            let what = format_args!("rule {:?} panicked: its alerts stay as they are", rule.name());
            diagnostics::report("alerts", "rule_panic", what);
        }
        for (reason, alerts) in rule.take_refused().by_reason() {
            self.metrics.refused(reason, alerts);
        }
        if let Some(known) = lock(&self.rules).known.get_mut(&number) {
            known.value = rule.last_value();
            known.panics += u64::from(has_panicked);
        }
    }

    /// Passes on to the queue what handlers are to get, and shows the alerts as metrics.
    pub(crate) fn pass_on(&self) {
        let now = self.now();
        let rules = self.known_rules();
        let mut book = self.book();
        let refused = book.notify(now, &mut |notice| self.queue.push(notice));
        let reason = if self.queue.is_closed() { "shutdown" } else { "queue_full" };
        let counts = AlertCounts::of(book.alerts());
        let Uncounted { past_active, past_rule } = std::mem::take(&mut book.uncounted);
        drop(book);
        let is_rule =
            |name: &str, severity| rules.values().any(|rule| rule.name == name && rule.severity == severity);
        self.metrics.show(counts, is_rule);
        self.metrics.dropped(reason, refused);
        self.metrics.refused("max_active", past_active);
        self.metrics.refused("max_alerts", past_rule);
    }

    /// Calls all handlers for a notice. One that panics is counted, and the others go on.
    pub(crate) fn hand_over(&self, notice: &Notice) {
        let handlers = lock(&self.handlers).clone();
        for handler in handlers {
            let handled = survive(|| match notice {
                Notice::Changed(alert) => handler.handle(alert),
                Notice::Repeated(alert) => handler.repeat(alert),
            });
            if handled.is_none() {
                self.metrics.panicked("handler");
                let (Notice::Changed(alert) | Notice::Repeated(alert)) = notice;
                let what = format_args!("a handler panicked: it lost alert {:?}", alert.name());
                diagnostics::report("alerts", "handler_panic", what);
            }
        }
    }

    /// Leaves the registry to another engine.
    pub(crate) fn release(&self) {
        lock(&self.claim).take();
    }

    pub(crate) fn alerts(&self) -> Vec<Alert> {
        self.book().alerts().cloned().collect()
    }
}

impl Rules {
    /// Takes those that were removed.
    fn take_unknown(&mut self) -> Vec<(usize, RuleEvaluator)> {
        let Self { known, idle, .. } = self;
        idle.extract_if(.., |(number, _)| !known.contains_key(number)).collect()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.metrics.end();
    }
}

impl<'a> Evaluating<'a> {
    /// Takes the rules; `None` while another evaluation has them.
    fn begin(core: &'a Core) -> Option<Self> {
        let mut rules = lock(&core.rules);
        if std::mem::replace(&mut rules.is_evaluating, true) {
            return None;
        }
        let mut taken = std::mem::take(&mut rules.idle);
        drop(rules);
        taken.sort_by_key(|(number, _)| *number);
        Some(Self { core, rules: taken })
    }
}

impl Drop for Evaluating<'_> {
    fn drop(&mut self) {
        let mut rules = lock(&self.core.rules);
        rules.idle.append(&mut self.rules);
        rules.is_evaluating = false;
        let unknown = rules.take_unknown();
        drop(rules);
        // They have functions of others, which may panic as they are dropped.
        let _ = survive(|| drop(unknown));
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("rules", &self.known_rules()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
