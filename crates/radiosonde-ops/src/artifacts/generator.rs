use crate::artifacts::artifacts::Artifacts;
use crate::catalogue::{AlertEntry, Catalogue};
use crate::dashboards::{Dashboard, NoSuchDashboard, every_dashboard};
use crate::documents::{error_lines, file_name, log_queries, metrics_page, runbooks};
use crate::promql::Scope;
use crate::routing::alertmanager_file;
use crate::rule_tests::{TestFile, alert_step, alert_tests, objective_tests, step};
use crate::rules::{
    GenerateError, Rule, RuleFile, RuleGroup, alert_groups, check_former_names, check_scope, objective_group,
    standard_alerts,
};

/// Generates rules, their tests, dashboards and documents from a catalogue: the same bytes for the same catalogue.
///
/// # Shape
/// | File | Contents |
/// |---|---|
/// | `catalogue.json` | the catalogue, for `radiosonde check` |
/// | `METRICS.md` | metrics, objectives and alerts for people |
/// | `rules/NAME.yml`, `rules/NAME.OBJECTIVE.yml` | recording and alert rules |
/// | `rule_tests/` | their tests, for `promtool test rules` |
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

    /// The alerts: those of the catalogue, and standard ones of which it has none with that name and severity.
    fn alerts(&self) -> Vec<AlertEntry> {
        let mut alerts = self.catalogue.alerts.clone();
        if self.standard_alerts {
            let declared: Vec<_> =
                alerts.iter().map(|alert| (alert.name.clone(), alert.severity.clone())).collect();
            let is_declared = |alert: &AlertEntry| {
                declared.iter().any(|(name, severity)| (name, severity) == (&alert.name, &alert.severity))
            };
            alerts.extend(standard_alerts(&self.catalogue).into_iter().filter(|alert| !is_declared(alert)));
        }
        alerts
    }

    /// The recording and alert rules.
    ///
    /// # Errors
    /// [`GenerateError`] names an objective or an alert whose work is not declared, or whose threshold cannot be reached.
    pub fn rules(&self) -> Result<RuleFile, GenerateError> {
        let files = self.rule_files()?;
        Ok(RuleFile { groups: files.into_iter().flat_map(|(_, rules, _)| rules.groups).collect() })
    }

    /// The rules of each objective, and those of all alerts: the name of the file, the rules, and their tests. A test evaluates all rules of
    /// a file, so those of twenty objectives together would take twenty times as long.
    fn rule_files(&self) -> Result<Vec<(String, RuleFile, TestFile)>, GenerateError> {
        check_former_names(&self.catalogue)?;
        check_scope(&self.scope)?;
        let mut files = Vec::new();
        for objective in &self.catalogue.objectives {
            let name = format!("{}.{}.yml", file_name(&self.name), file_name(&objective.name));
            let rules = self.linked(vec![objective_group(&self.catalogue, objective, &self.scope)?]);
            let tests = objective_tests(objective, &rules, &self.scope);
            let test = TestFile {
                rule_file: format!("../rules/{name}"),
                evaluation_interval: step(objective),
                tests,
            };
            files.push((name, rules, test));
        }
        let alerts = self.alerts();
        let rules = self.linked(alert_groups(&self.catalogue, &alerts, &self.scope)?);
        if !rules.groups.is_empty() {
            let name = format!("{}.yml", file_name(&self.name));
            let tests = alert_tests(&self.catalogue, &alerts, &self.scope);
            let evaluation_interval = alert_step(&alerts);
            files.push((
                name.clone(),
                rules,
                TestFile { rule_file: format!("../rules/{name}"), evaluation_interval, tests },
            ));
        }
        Ok(files)
    }

    /// Groups whose alerts all have the address of a runbook, if there is a folder of them.
    fn linked(&self, mut groups: Vec<RuleGroup>) -> RuleFile {
        if let Some(base) = &self.runbooks {
            groups.iter_mut().flat_map(|group| &mut group.rules).for_each(|rule| link(rule, base));
        }
        RuleFile { groups }
    }

    /// The dashboards for which the catalogue has something to show.
    #[must_use]
    pub fn dashboards(&self) -> Vec<Dashboard> {
        every_dashboard(&self.name, &self.catalogue, &self.scope, self.runbooks.as_deref())
    }

    /// The dashboard with this uid or of this kind, such as `overview`, with the values of its template variables, such as `instance`.
    ///
    /// # Errors
    /// [`NoSuchDashboard`] lists the dashboards, or the variables, that there are.
    pub fn dashboard(&self, name: &str, variables: &[(&str, &str)]) -> Result<Dashboard, NoSuchDashboard> {
        let mut all = self.dashboards();
        let Some(at) = all.iter().position(|dashboard| [dashboard.uid(), dashboard.kind()].contains(&name))
        else {
            let known = all.iter().map(|dashboard| dashboard.kind().to_owned()).collect();
            return Err(NoSuchDashboard::new("dashboard", name, known));
        };
        let dashboard = all.swap_remove(at);
        variables.iter().try_fold(dashboard, |dashboard, (name, value)| dashboard.with_variable(name, value))
    }

    /// LogQL and PromQL to start from, as Markdown: `queries.md`.
    #[must_use]
    pub fn queries(&self) -> String {
        log_queries(&self.name, &self.catalogue, &self.scope)
    }

    /// All files.
    ///
    /// # Errors
    /// As of [`rules`](Self::rules).
    pub fn artifacts(&self) -> Result<Artifacts, GenerateError> {
        let (name, catalogue, rule_files) = (&self.name, &self.catalogue, self.rule_files()?);
        let groups = rule_files.iter().flat_map(|(_, rules, _)| rules.groups.clone());
        let rules = RuleFile { groups: groups.collect() };
        let rule_files = rule_files.into_iter().flat_map(|(file, rules, tests)| {
            [("rules", rules.to_yaml()), ("rule_tests", tests.to_yaml())]
                .map(|(folder, yaml)| (format!("{folder}/{file}"), format!("{HEADER}{yaml}")))
        });
        let pages = [
            ("catalogue.json".to_owned(), catalogue.to_json()),
            ("METRICS.md".to_owned(), metrics_page(name, catalogue, &rules)),
            ("queries.md".to_owned(), self.queries()),
            ("alertmanager.yml".to_owned(), alertmanager_file(&rules)),
        ];
        let dashboards = self.dashboards();
        let shown: Vec<_> = dashboards.iter().map(|dashboard| (dashboard.uid(), dashboard.title())).collect();
        let runbooks = runbooks(&rules, &error_lines(name, &self.scope), &shown)
            .into_iter()
            .map(|(file, text)| (format!("runbooks/{file}"), text));
        let dashboards = dashboards
            .iter()
            .map(|dashboard| (format!("dashboards/{}.json", dashboard.uid()), dashboard.to_json()));
        let files = pages.into_iter().chain(rule_files).chain(dashboards).chain(runbooks);
        Ok(files.collect::<Artifacts>().with_list())
    }
}

/// The first line of rules and their tests.
const HEADER: &str = "# Generated from what the program declares: change that, and not this file.\n";

/// Adds the address of the runbook to an alert without one.
fn link(rule: &mut Rule, base: &str) {
    if let Rule::Alert { alert, annotations, .. } = rule {
        let url = || format!("{}/{}.md", base.trim_end_matches('/'), file_name(alert));
        annotations.entry("runbook_url".to_owned()).or_insert_with(url);
    }
}
