use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::http::{Http, QueryError};
use crate::ports::free_port;
use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::ready::Ready;
use crate::stack_files::stack_folder;

/// A running Alertmanager with `examples/stack/alertmanager.yml`.
#[derive(Debug)]
pub struct Alertmanager {
    // Declared first: it must end before its folder is removed.
    process: Process,
    http: Http,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts it, which takes less than a second.
    ///
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// If it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        Self::start_with(str::to_owned)
    }

    /// Starts it with a changed configuration.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    #[track_caller]
    pub fn start_with(change: impl Fn(&str) -> String) -> Option<Self> {
        let prepare = |path| prepare(path, &change);
        let (process, (http, folder)) = start(Program::Alertmanager, prepare)?;
        Some(Self { process, http, _folder: folder })
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

    /// `host:port`, as Prometheus requires it.
    pub(crate) fn address(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// Raises an alert with these labels.
    ///
    /// # Errors
    /// If Alertmanager does not respond, or refuses the alert.
    pub fn raise(&self, labels: &[(&str, &str)]) -> Result<(), QueryError> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.http.post_json("/api/v2/alerts", &[Alert { labels }]).map(drop)
    }

    /// The alerts of each group by receiver and name: `page: Down Down`, sorted.
    ///
    /// # Errors
    /// If Alertmanager does not respond.
    pub fn groups(&self) -> Result<Vec<String>, QueryError> {
        let groups: Vec<Group> = self.http.get_json("/api/v2/alerts/groups", &[])?;
        let name = |alert: &Alert| alert.labels.get("alertname").cloned().unwrap_or_default();
        let line = |group: &Group| {
            let names: Vec<_> = group.alerts.iter().map(name).collect();
            format!("{}: {}", group.receiver.name, names.join(" "))
        };
        let mut lines: Vec<_> = groups.iter().map(line).collect();
        lines.sort();
        Ok(lines)
    }

    /// The labels of every active alert, including silenced and inhibited ones.
    ///
    /// # Errors
    /// If Alertmanager does not respond.
    pub fn alerts(&self) -> Result<Vec<BTreeMap<String, String>>, QueryError> {
        let alerts: Vec<Alert> = self.http.get_json("/api/v2/alerts", &[])?;
        Ok(alerts.into_iter().map(|alert| alert.labels).collect())
    }
}

fn prepare(path: PathBuf, change: &impl Fn(&str) -> String) -> io::Result<(Launch, (Http, TempDir))> {
    let folder = TempDir::with_prefix("radiosonde-alertmanager-")?;
    let configuration = fs::read_to_string(stack_folder().join("alertmanager.yml"))?;
    fs::write(folder.path().join("alertmanager.yml"), change(&configuration))?;
    let address = format!("127.0.0.1:{}", free_port());
    let http = Http::new(format!("http://{address}"));
    let launch = Launch {
        program: Program::Alertmanager,
        path,
        arguments: vec![
            "--config.file=alertmanager.yml".into(),
            "--storage.path=data".into(),
            "--cluster.listen-address=".into(),
            format!("--web.listen-address={address}"),
        ],
        variables: Vec::new(),
        folder: folder.path().to_owned(),
        ready: Ready::Http(format!("http://{address}/-/ready")),
    };
    Ok((launch, (http, folder)))
}

#[derive(Debug, Serialize, Deserialize)]
struct Alert {
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Group {
    receiver: Receiver,
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Receiver {
    name: String,
}
