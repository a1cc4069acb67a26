use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

use crate::alertmanager::Alertmanager;
use crate::http::{Http, QueryError};
use crate::ports::free_port;
use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::ready::Ready;
use crate::sample::{Answer, Sample};
use crate::scrape_job::ScrapeJob;
use crate::stack_files::copy_into;
use crate::wait::{now_unix_seconds, wait_for};

/// A running Prometheus with `examples/stack/prometheus.yml` and its rules, initially without targets.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use e2e::{Prometheus, ScrapeJob, wait_for};
///
/// let Some(prometheus) = Prometheus::start() else { return };
/// prometheus.scrape(&ScrapeJob::new("orders", "127.0.0.1:8080"));
/// let requests = wait_for("requests in Prometheus", Duration::from_secs(10), || {
///     Ok(prometheus.value("sum(http_requests_total)")?.ok_or("no such series")?)
/// });
/// ```
#[derive(Debug)]
pub struct Prometheus {
    // Declared first: it must end before its folder is removed.
    process: Process,
    http: Http,
    folder: TempDir,
}

impl Prometheus {
    /// Starts it, which takes about a second.
    ///
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// When it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        let (process, (http, folder)) = start(Program::Prometheus, prepare)?;
        Some(Self { process, http, folder })
    }

    /// Its folder that stands for `examples/stack`.
    fn stack(&self) -> PathBuf {
        self.folder.path().join(STACK)
    }

    /// The address it listens on, such as `http://127.0.0.1:43210`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.http.base()
    }

    /// The process: to stop, restart or pause it, and to read its output.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Scrapes another job from now on, or replaces the job with this name.
    ///
    /// Prometheus looks for new targets every five seconds, counted from its start, so the first scrape may be that far
    /// away. [`wait_until_up`](Self::wait_until_up) waits for it.
    ///
    /// # Panics
    /// When Prometheus does not accept the job, with its reason.
    #[track_caller]
    pub fn scrape(&self, job: &ScrapeJob) {
        self.scrape_file(job.name(), &job.yaml());
    }

    /// Adds a file of `scrape_config_files`, or replaces the one with this name.
    ///
    /// # Panics
    /// When Prometheus does not accept it, with its reason.
    #[track_caller]
    #[expect(clippy::panic, reason = "a file that is not accepted fails the test")]
    pub fn scrape_file(&self, name: &str, yaml: &str) {
        let file = self.stack().join("scrape.d").join(format!("{name}.yml"));
        if let Err(error) = fs::write(&file, yaml) {
            panic!("cannot write {}: {error}", file.display());
        }
        if let Err(error) = self.http.post_empty("/-/reload") {
            panic!("prometheus does not accept {name:?}: {error}");
        }
    }

    /// Waits until every target of a job has been scraped without an error at least once.
    ///
    /// # Panics
    /// When `limit` has passed, with the error of the last scrape.
    #[track_caller]
    pub fn wait_until_up(&self, job: &str, limit: Duration) {
        wait_for(&format!("every target of {job:?} to be up"), limit, || {
            let targets: Vec<Target> =
                self.targets()?.into_iter().filter(|target| target.job() == job).collect();
            match targets.iter().find(|target| target.health != "up") {
                Some(target) => {
                    Err(format!("{} is {}: {}", target.scrape_url, target.health, target.last_error).into())
                }
                None if targets.is_empty() => Err("the job has no targets".into()),
                None => Ok(()),
            }
        });
    }

    /// An instant query in PromQL, answered for now.
    ///
    /// # Errors
    /// When Prometheus does not answer, or refuses the expression; when the result is a range vector or a string.
    pub fn query(&self, promql: &str) -> Result<Vec<Sample>, QueryError> {
        let answer: Answer = self.http.get_json("/api/v1/query", &[("query", promql)])?;
        Ok(answer.into_samples())
    }

    /// The value of an expression with one series; `None` when it has none.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    ///
    /// # Panics
    /// When there are several series: the expression then does not say which one is meant.
    pub fn value(&self, promql: &str) -> Result<Option<f64>, QueryError> {
        Ok(only(promql, &self.query(promql)?))
    }

    /// The [`value`](Self::value) at a time, in seconds since 1970.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    ///
    /// # Panics
    /// As [`value`](Self::value).
    pub fn value_at(&self, promql: &str, time: f64) -> Result<Option<f64>, QueryError> {
        let time = time.to_string();
        let answer: Answer = self.http.get_json("/api/v1/query", &[("query", promql), ("time", &time)])?;
        Ok(only(promql, &answer.into_samples()))
    }

    /// The exemplars of the last hour of every series that the expression's selectors match.
    ///
    /// # Errors
    /// When Prometheus does not answer, or refuses the expression.
    pub fn query_exemplars(&self, promql: &str) -> Result<Vec<Exemplar>, QueryError> {
        let now = now_unix_seconds();
        let (start, end) = ((now - 3600).to_string(), (now + 60).to_string());
        let query = [("query", promql), ("start", &start), ("end", &end)];
        let answer: Data<Vec<ExemplarSeries>> = self.http.get_json("/api/v1/query_exemplars", &query)?;
        Ok(answer.data.into_iter().flat_map(ExemplarSeries::into_exemplars).collect())
    }

    /// What Prometheus scrapes, and how the last scrape of each went.
    ///
    /// # Errors
    /// When Prometheus does not answer.
    pub fn targets(&self) -> Result<Vec<Target>, QueryError> {
        let answer: Data<Targets> = self.http.get_json("/api/v1/targets", &[("state", "active")])?;
        Ok(answer.data.active)
    }

    /// Evaluates the rule files in this folder too from now on.
    ///
    /// # Panics
    /// When Prometheus does not accept a file, with its reason.
    #[track_caller]
    #[expect(clippy::panic, reason = "a rule that is not accepted fails the test")]
    pub fn load_rules(&self, folder: &Path) {
        let copied = fs::read_dir(folder).and_then(|files| {
            files.into_iter().try_for_each(|file| {
                let file = file?;
                fs::copy(file.path(), self.folder.path().join(STACK).join("rules").join(file.file_name()))
                    .map(drop)
            })
        });
        if let Err(error) = copied {
            panic!("cannot copy the rules in {}: {error}", folder.display());
        }
        if let Err(error) = self.http.post_empty("/-/reload") {
            panic!("prometheus does not accept the rules in {}: {error}", folder.display());
        }
    }

    /// The rules it has loaded, as they were evaluated last.
    ///
    /// # Errors
    /// When Prometheus does not answer.
    pub fn rules(&self) -> Result<Vec<LoadedRule>, QueryError> {
        let answer: Data<RuleGroups> = self.http.get_json("/api/v1/rules", &[])?;
        Ok(answer.data.groups.into_iter().flat_map(RuleGroup::into_rules).collect())
    }

    /// The names of the alerting rules it has loaded.
    ///
    /// # Errors
    /// When Prometheus does not answer.
    pub fn alert_rules(&self) -> Result<Vec<String>, QueryError> {
        let answer: Data<RuleGroups> = self.http.get_json("/api/v1/rules", &[("type", "alert")])?;
        Ok(answer.data.groups.into_iter().flat_map(|group| group.rules).map(|rule| rule.name).collect())
    }

    /// Sends alerts to `alertmanager` from now on. Prometheus notices within a moment: see [`alertmanagers`](Self::alertmanagers).
    ///
    /// # Panics
    /// When the target file cannot be written.
    #[expect(clippy::panic, reason = "a full disk fails the test")]
    pub fn alert_to(&self, alertmanager: &Alertmanager) {
        let file = self.stack().join("targets/alertmanager.json");
        let targets = format!("[{{ \"targets\": [{:?}] }}]\n", alertmanager.address());
        // Under another name first: Prometheus watches the folder, and would complain about half of a file.
        let part = file.with_extension("part");
        if let Err(error) = fs::write(&part, targets).and_then(|()| fs::rename(&part, &file)) {
            panic!("cannot write {}: {error}", file.display());
        }
    }

    /// The URLs alerts are sent to.
    ///
    /// # Errors
    /// When Prometheus does not answer.
    pub fn alertmanagers(&self) -> Result<Vec<String>, QueryError> {
        let answer: Data<Alertmanagers> = self.http.get_json("/api/v1/alertmanagers", &[])?;
        Ok(answer.data.active.into_iter().map(|active| active.url).collect())
    }
}

#[expect(clippy::panic, reason = "an ambiguous expression is a mistake in the test")]
fn only(promql: &str, samples: &[Sample]) -> Option<f64> {
    match samples {
        [] => None,
        [sample] => Some(sample.value),
        several => panic!("{promql:?} has {} series, not one: {several:#?}", several.len()),
    }
}

/// The name of the folder in place of `examples/stack`.
const STACK: &str = "stack";

/// A folder as `examples/stack` is one, but without its targets: nothing there is ours to scrape.
fn prepare(path: PathBuf) -> io::Result<(Launch, (Http, TempDir))> {
    let folder = TempDir::with_prefix("radiosonde-prometheus-")?;
    let stack = folder.path().join(STACK);
    lay_out(&stack)?;
    let address = format!("127.0.0.1:{}", free_port());
    let http = Http::new(format!("http://{address}"));
    let launch = Launch {
        program: Program::Prometheus,
        path,
        arguments: vec![
            "--config.file=prometheus.yml".into(),
            "--storage.tsdb.path=data".into(),
            "--enable-feature=exemplar-storage".into(),
            "--web.enable-lifecycle".into(),
            "--web.enable-remote-write-receiver".into(),
            format!("--web.listen-address={address}"),
        ],
        variables: Vec::new(),
        folder: stack,
        ready: Ready::Http(format!("http://{address}/-/ready")),
    };
    Ok((launch, (http, folder)))
}

fn lay_out(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    copy_into("prometheus.yml", folder)?;
    // With the rules of the examples, beside the stack as in the workspace.
    for rules in ["rules", "../quickstart/ops", "../shop/ops"] {
        copy_into(rules, folder)?;
    }
    fs::create_dir(folder.join("scrape.d"))?;
    fs::create_dir(folder.join("targets"))
}

/// One observation that carries a trace id.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Exemplar {
    /// The labels of the series it belongs to, the metric's name as `__name__`.
    pub series: BTreeMap<String, String>,
    /// Its own labels, such as `trace_id`.
    pub labels: BTreeMap<String, String>,
    /// What was observed.
    pub value: f64,
    /// When, in seconds since 1970.
    pub timestamp: f64,
}

/// One address that Prometheus scrapes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Target {
    /// The labels every sample from here gets, among them `job` and `instance`.
    pub labels: BTreeMap<String, String>,
    /// What is fetched.
    pub scrape_url: String,
    /// `up`, `down`, or `unknown` before the first scrape.
    pub health: String,
    /// Why the last scrape failed; empty when it did not.
    pub last_error: String,
}

impl Target {
    /// The label `job`.
    #[must_use]
    pub fn job(&self) -> &str {
        self.labels.get("job").map_or("", String::as_str)
    }
}

/// A rule, as it was evaluated last.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LoadedRule {
    /// The name of its group.
    #[serde(skip)]
    pub group: String,
    /// The name of the recorded series, or of the alert.
    pub name: String,
    /// `ok`, `err`, or `unknown` before the first evaluation.
    pub health: String,
    /// The error of the last evaluation; empty without one.
    #[serde(default)]
    pub last_error: String,
    /// How long the last evaluation took, in seconds.
    pub evaluation_time: f64,
    /// `firing`, `pending` or `inactive`, if it is an alert.
    #[serde(default)]
    pub state: String,
}

#[derive(Debug, Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Debug, Deserialize)]
struct Targets {
    #[serde(rename = "activeTargets")]
    active: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct RuleGroups {
    groups: Vec<RuleGroup>,
}

#[derive(Debug, Deserialize)]
struct RuleGroup {
    name: String,
    rules: Vec<LoadedRule>,
}

impl RuleGroup {
    fn into_rules(self) -> impl Iterator<Item = LoadedRule> {
        let group = self.name;
        self.rules.into_iter().map(move |rule| LoadedRule { group: group.clone(), ..rule })
    }
}

#[derive(Debug, Deserialize)]
struct Alertmanagers {
    #[serde(rename = "activeAlertmanagers")]
    active: Vec<ActiveAlertmanager>,
}

#[derive(Debug, Deserialize)]
struct ActiveAlertmanager {
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExemplarSeries {
    series_labels: BTreeMap<String, String>,
    exemplars: Vec<RawExemplar>,
}

#[derive(Debug, Deserialize)]
struct RawExemplar {
    labels: BTreeMap<String, String>,
    value: String,
    timestamp: f64,
}

impl ExemplarSeries {
    fn into_exemplars(self) -> impl Iterator<Item = Exemplar> {
        let series = self.series_labels;
        self.exemplars.into_iter().map(move |raw| Exemplar {
            series: series.clone(),
            labels: raw.labels,
            // Prometheus writes every float so that it reads back; NaN stands for what would not.
            value: raw.value.parse().unwrap_or(f64::NAN),
            timestamp: raw.timestamp,
        })
    }
}
