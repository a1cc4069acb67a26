use crate::schemas::precision::TimestampPrecision;

/// The keys of a line, for the log store that reads it.
///
/// Field names in the program do not depend on the profile: `request_id`, `user_id`, `method`, `path`, `status` and
/// `duration_ms` (or `http.request.method`, `url.path` and `http.response.status_code`) are placed as the profile requires.
/// Every profile keeps the contract of a line: one object, unique keys at every level, bounded size, and the same
/// precedence; see [`JsonLayer`](crate::JsonLayer).
///
/// | | `Native` | `Ecs` | `Otel` | `Gcp` |
/// |---|---|---|---|---|
/// | time | `timestamp`, ms | `@timestamp`, ms | `timestamp`, ns | `time`, ns |
/// | level | `level` | `log.level`, lower case | `severity_text`, `severity_number` | `severity` |
/// | message | `message` | `message` | `body` | `message` |
/// | service | `service` | `service.name`, `.version`, `.environment` | `resource{}` | `serviceContext{service,version}` |
/// | target | `module` | `log.logger` | `scope{name}` | `module` |
/// | trace | `trace_id`, `span_id` | `trace.id`, `span.id` | the same, and `trace_flags` | `logging.googleapis.com/trace`, `…/spanId`, `…/trace_sampled` |
/// | `correlation_id` | itself | `labels{}` | `attributes{}` | itself |
/// | `request_id` | itself | `http.request.id` | `attributes{}` | itself |
/// | `user_id` | itself | `user.id` | `attributes{user.id}` | itself |
/// | `method` | itself | `http.request.method` | `attributes{http.request.method}` | `httpRequest{requestMethod}` |
/// | `path` | itself | `url.path` | `attributes{url.path}` | `httpRequest{requestUrl}` |
/// | `status` | itself | `http.response.status_code` | `attributes{http.response.status_code}` | `httpRequest{status}` |
/// | `duration_ms` | itself | `event.duration`, ns | `attributes{}` | itself, and `httpRequest{latency}` |
/// | `error` | `metadata{}` | `error{message,stack_trace}` | `attributes{exception{message,stacktrace}}` | `metadata{}` |
/// | the rest | `metadata{}` | `labels{}`, strings | `attributes{}` | `metadata{}` |
/// | truncated | `truncated` | `log.flags` | `truncated` | `truncated` |
///
/// A `status` that is not an integer is a string in `Native`. The other profiles require a number, so it goes among the
/// other fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Profile {
    /// The keys of this workspace's own dashboards, and for Loki's `| json`.
    #[default]
    Native,
    /// Elastic Common Schema: Filebeat, Logstash and Elasticsearch accept the lines unchanged.
    ///
    /// Dotted keys are at the top level, as Elastic's own logging libraries write them; Filebeat's `expand_keys` converts
    /// them to objects. Fields without a reserved key are `labels`: all of them strings, so that mappings cannot conflict,
    /// with `_` for `.`, `*` and `\` in their names. The fields `error` and `err` are `error.message`, with the causes in
    /// `error.stack_trace`; `error.type`, `event.action`, `event.outcome` and `user.name` are those of ECS. `event.dataset`
    /// is the service with `.log`, `.access`, `.audit` or `.metric`.
    ///
    /// # Source
    /// ECS 8.11 <https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html>, and the specification of its logging
    /// libraries <https://github.com/elastic/ecs-logging/tree/main/spec>; `log.flags` is Filebeat's.
    Ecs,
    /// The log data model of OpenTelemetry, with one key per field, in snake case as the collector's `json_parser` and its
    /// `severity`, `trace` and `scope_name` blocks read them; docs/logs.md has the receiver.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/otel/logs/data-model/> and
    /// <https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/stanza/docs>
    Otel,
    /// Structured logs of Google Cloud, as read from standard output by its agents, Cloud Run and GKE.
    ///
    /// `severity` is `DEBUG` (for TRACE too), `INFO`, `WARNING`, `ERROR` or `CRITICAL`. The trace is
    /// `projects/<project>/traces/<id>` if the project is known: from
    /// [`google_cloud_project`](crate::LogOptions::google_cloud_project) or the resource's `cloud.account.id`.
    ///
    /// # Source
    /// <https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields> and
    /// <https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest>
    Gcp,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Native, Self::Ecs, Self::Otel, Self::Gcp];

    /// The name in lower case: `native`, `ecs`, `otel`, `gcp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Ecs => "ecs",
            Self::Otel => "otel",
            Self::Gcp => "gcp",
        }
    }

    /// The default precision of its timestamps.
    pub(crate) const fn precision(self) -> TimestampPrecision {
        match self {
            Self::Native | Self::Ecs => TimestampPrecision::Millis,
            Self::Otel | Self::Gcp => TimestampPrecision::Nanos,
        }
    }
}
