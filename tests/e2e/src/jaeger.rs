use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Http, QueryError};
use crate::ports::free_port;
use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::ready::Ready;
use crate::span::{Span, spans_of};
use crate::stack_files::copy_into;

/// A running Jaeger with `examples/stack/jaeger.yml`, empty.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use e2e::{Jaeger, wait_for};
///
/// let Some(jaeger) = Jaeger::start() else { return };
/// // … the service sends spans to jaeger.otlp_http_url() …
/// let spans = wait_for("the trace", Duration::from_secs(10), || {
///     let spans = jaeger.spans("0af7651916cd43dd8448eb211c80319c")?;
///     if spans.len() == 3 { Ok(spans) } else { Err(format!("{} spans", spans.len()).into()) }
/// });
/// ```
#[derive(Debug)]
pub struct Jaeger {
    // Declared first: it must end before its folder is removed.
    process: Process,
    http: Http,
    ports: Ports,
    folder: TempDir,
}

/// The ports besides the query API's.
#[derive(Debug)]
struct Ports {
    otlp_http: u16,
    otlp_grpc: u16,
    sampling: u16,
}

impl Jaeger {
    /// Starts it, which takes about a second.
    ///
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// When it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        let (process, (http, ports, folder)) = start(Program::Jaeger, prepare)?;
        Some(Self { process, http, ports, folder })
    }

    /// The address of its query API, such as `http://127.0.0.1:43210`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.http.base()
    }

    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT` for OTLP over HTTP; spans go to `/v1/traces` below it.
    #[must_use]
    pub fn otlp_http_url(&self) -> String {
        local(self.ports.otlp_http)
    }

    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT` for OTLP over gRPC.
    #[must_use]
    pub fn otlp_grpc_url(&self) -> String {
        local(self.ports.otlp_grpc)
    }

    /// The address for remote samplers: `/sampling?service=…` below it.
    #[must_use]
    pub fn sampling_url(&self) -> String {
        local(self.ports.sampling)
    }

    /// Replaces the sampling strategies, in the format of `strategies.json`. Jaeger reads them within a second.
    ///
    /// # Panics
    /// If the file cannot be written.
    #[allow(clippy::expect_used, reason = "a test fails by panicking")]
    pub fn set_strategies(&self, strategies: &Value) {
        let file = self.folder.path().join("strategies.json");
        fs::write(file, strategies.to_string()).expect("the strategies are written");
    }

    /// The sampling strategy of a service, as a remote sampler receives it.
    ///
    /// # Errors
    /// If Jaeger does not respond.
    pub fn strategy(&self, service: &str) -> Result<Value, QueryError> {
        Http::new(self.sampling_url()).get_json("/sampling", &[("service", service)])
    }

    /// The process: to stop, restart or pause it, and to read its output. A restart loses every trace.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A trace in Jaeger's format, `{"result":{"resourceSpans":[…]}}`; `None` without one of this id (32 hex digits).
    ///
    /// # Errors
    /// If Jaeger does not respond, or rejects the id.
    pub fn trace(&self, trace_id: &str) -> Result<Option<Value>, QueryError> {
        match self.http.get_json(&format!("/api/v3/traces/{trace_id}"), &[]) {
            Ok(trace) => Ok(Some(trace)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The spans of a trace, earliest first; empty if there is no such trace.
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// If the response is not OTLP as JSON.
    pub fn spans(&self, trace_id: &str) -> Result<Vec<Span>, QueryError> {
        Ok(self.trace(trace_id)?.map(spans_of).unwrap_or_default())
    }

    /// The traces of a service as Jaeger's own pages request them: `{"data":[{"spans":[…]}]}`. Unlike
    /// [`trace`](Self::trace), this responds with 500 for a service with a value that JSON cannot express.
    ///
    /// # Errors
    /// If Jaeger does not respond, or cannot return one of the traces.
    pub fn search(&self, service: &str) -> Result<Value, QueryError> {
        self.http.get_json("/api/traces", &[("service", service)])
    }

    /// The ids of a service's traces with a span of this error type, as a search for `error.type=503` on Jaeger's pages finds them.
    ///
    /// A search for `error=true` finds no span in the memory of Jaeger 2.13, whatever its status and its attributes.
    ///
    /// # Errors
    /// If Jaeger does not respond, or cannot return one of the traces.
    pub fn failed_traces(&self, service: &str, error_type: &str) -> Result<BTreeSet<String>, QueryError> {
        let tags = json!({ "error.type": error_type }).to_string();
        let query = [("service", service), ("tags", &tags), ("limit", "1000")];
        let found: Found = self.http.get_json("/api/traces", &query)?;
        Ok(found.data.into_iter().map(|trace| trace.trace_id).collect())
    }

    /// The services with spans.
    ///
    /// # Errors
    /// If Jaeger does not respond.
    pub fn services(&self) -> Result<Vec<String>, QueryError> {
        Ok(self.http.get_json::<Services>("/api/v3/services", &[])?.services.unwrap_or_default())
    }
}

fn prepare(path: PathBuf) -> io::Result<(Launch, (Http, Ports, TempDir))> {
    let folder = TempDir::with_prefix("radiosonde-jaeger-")?;
    copy_into("jaeger.yml", folder.path())?;
    copy_into("strategies.json", folder.path())?;
    let (query, health) = (free_port(), free_port());
    let ports = Ports { otlp_http: free_port(), otlp_grpc: free_port(), sampling: free_port() };
    let launch = Launch {
        program: Program::Jaeger,
        path,
        arguments: vec!["--config".into(), "jaeger.yml".into()],
        variables: vec![
            ("JAEGER_HEALTH_PORT", health.to_string()),
            ("JAEGER_QUERY_PORT", query.to_string()),
            ("JAEGER_QUERY_GRPC_PORT", free_port().to_string()),
            ("JAEGER_SAMPLING_PORT", ports.sampling.to_string()),
            ("JAEGER_STRATEGIES_RELOAD_INTERVAL", "1s".to_owned()),
            ("JAEGER_SAMPLING_GRPC_PORT", free_port().to_string()),
            ("JAEGER_OTLP_HTTP_PORT", ports.otlp_http.to_string()),
            ("JAEGER_OTLP_GRPC_PORT", ports.otlp_grpc.to_string()),
        ],
        folder: folder.path().to_owned(),
        ready: Ready::Http(format!("{}/status", local(health))),
    };
    Ok((launch, (Http::new(local(query)), ports, folder)))
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[derive(Debug, Deserialize)]
struct Found {
    data: Vec<FoundTrace>,
}

#[derive(Debug, Deserialize)]
struct FoundTrace {
    #[serde(rename = "traceID")]
    trace_id: String,
}

#[derive(Debug, Deserialize)]
struct Services {
    /// `null` before the first span.
    services: Option<Vec<String>>,
}
