use std::time::Duration;

use crate::artifacts::artifacts::Artifacts;
use crate::catalogue::{AlertEntry, Catalogue};
use crate::dashboards::{Dashboard, every_dashboard};
use crate::documents::{log_queries, metrics_page, runbooks};
use crate::promql::Scope;
use crate::routing::alertmanager_file;
use crate::rule_tests::{TestFile, alert_tests, objective_tests};
use crate::rules::{GenerateError, Rule, RuleFile, alert_groups, objective_groups, standard_alerts};

/// Generates rules, their tests, dashboards and documents from a catalogue: the same bytes for the same catalogue.
///
/// # Shape
/// | File | Contents |
/// |---|---|
/// | `catalogue.json` | the catalogue, for `radiosonde check` |
/// | `METRICS.md` | metrics, objectives and alerts for people |
/// | `rules/NAME.yml` | recording and alert rules |
/// | `rules/NAME.test.yml` | their tests, for `promtool test rules` |
/// | `dashboards/*.json` | dashboards, for Grafana's provisioning |
/// | `runbooks/*.md` | a page for each alert |
/// | `queries.md` | LogQL and PromQL to start from |
/// | `alertmanager.yml` | routes of the alerts |
#[derive(Debug, Clone)]
pub struct Generator {
    name: String,
    catalogue: Catalogue,
    scope: Scope,
    runbooks: Option<String>,
    standard_alerts: bool,
}

impl Generator {
    /// Of a service with this name.
    #[must_use]
    pub fn new(name: impl Into<String>, catalogue: Catalogue) -> Self {
        Self {
            name: name.into(),
            catalogue,
            scope: Scope::everything(),
            runbooks: None,
            standard_alerts: true,
        }
    }

    /// Reads only series whose label has this value, such as `job` or `service`: for a Prometheus that scrapes several services.
    #[must_use]
    pub fn matching(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { scope: self.scope.matching(label, value), ..self }
    }

    /// The address of the folder of runbooks: the annotation `runbook_url` of alerts that have none of their own.
    #[must_use]
    pub fn runbooks(self, base_url: impl Into<String>) -> Self {
        Self { runbooks: Some(base_url.into()), ..self }
    }

    /// Leaves out the [standard alerts](crate::standard_alerts).
    #[must_use]
    pub fn without_standard_alerts(self) -> Self {
        Self { standard_alerts: false, ..self }
    }

    /// The alerts: those of the catalogue, and standard ones of which it has none with that name.
    fn alerts(&self) -> Vec<AlertEntry> {
        let mut alerts = self.catalogue.alerts.clone();
        if self.standard_alerts {
            let declared: Vec<_> = alerts.iter().map(|alert| alert.name.clone()).collect();
            alerts.extend(
                standard_alerts(&self.catalogue).into_iter().filter(|alert| !declared.contains(&alert.name)),
            );
        }
        alerts
    }

    /// The recording and alert rules.
    ///
    /// # Errors
    /// [`GenerateError`] names an objective or an alert whose work is not declared, or whose threshold cannot be reached.
    pub fn rules(&self) -> Result<RuleFile, GenerateError> {
        let mut groups = objective_groups(&self.catalogue, &self.scope)?;
        groups.extend(alert_groups(&self.catalogue, &self.alerts(), &self.scope)?);
        let mut file = RuleFile { groups };
        if let Some(base) = &self.runbooks {
            file.groups.iter_mut().flat_map(|group| &mut group.rules).for_each(|rule| link(rule, base));
        }
        Ok(file)
    }

    /// The tests of the rules.
    ///
    /// # Errors
    /// As of [`rules`](Self::rules).
    pub fn rule_tests(&self) -> Result<String, GenerateError> {
        let rules = self.rules()?;
        let mut tests = objective_tests(&self.catalogue, &rules, &self.scope);
        tests.extend(alert_tests(&self.alerts(), &rules, &self.scope));
        let rule_file = format!("{}.yml", self.name);
        Ok(TestFile { rule_file, evaluation_interval: Duration::from_secs(15), tests }.to_yaml())
    }

    /// The dashboards for which the catalogue has something to show.
    #[must_use]
    pub fn dashboards(&self) -> Vec<Dashboard> {
        every_dashboard(&self.name, &self.catalogue, &self.scope)
    }

    /// All files.
    ///
    /// # Errors
    /// As of [`rules`](Self::rules).
    pub fn artifacts(&self) -> Result<Artifacts, GenerateError> {
        let (name, catalogue, rules) = (&self.name, &self.catalogue, self.rules()?);
        let pages = [
            ("catalogue.json".to_owned(), catalogue.to_json()),
            ("METRICS.md".to_owned(), metrics_page(name, catalogue)),
            ("queries.md".to_owned(), log_queries(name, catalogue)),
            ("alertmanager.yml".to_owned(), alertmanager_file(&rules)),
            (format!("rules/{name}.yml"), rules.to_yaml()),
            (format!("rules/{name}.test.yml"), self.rule_tests()?),
        ];
        let dashboards = self.dashboards();
        let dashboards = dashboards
            .iter()
            .map(|dashboard| (format!("dashboards/{}.json", dashboard.uid()), dashboard.to_json()));
        let runbooks = runbooks(&rules).into_iter().map(|(file, text)| (format!("runbooks/{file}"), text));
        Ok(Artifacts::new(pages.into_iter().chain(dashboards).chain(runbooks)))
    }
}

/// Adds the address of the runbook to an alert without one.
fn link(rule: &mut Rule, base: &str) {
    if let Rule::Alert { alert, annotations, .. } = rule {
        let url = || format!("{}/{alert}.md", base.trim_end_matches('/'));
        annotations.entry("runbook_url".to_owned()).or_insert_with(url);
    }
}
