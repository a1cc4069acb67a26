use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_appender::{FileOptions, QueueOptions, Writer};
use radiosonde_core::{LevelNames, Resource, SharedClock};
use radiosonde_metrics::Registry;
use radiosonde_queue::OverflowPolicy;

use crate::layer::format::Format;
use crate::limiting::sampling::Sampling;
use crate::limiting::volume_limits::VolumeLimits;
use crate::redacting::redaction::Redaction;
use crate::schemas::precision::TimestampPrecision;
use crate::schemas::profile::Profile;
use crate::writing::line::LineSink;

/// Options of a [`JsonLayer`](crate::JsonLayer): the format of its lines and their outputs.
///
/// # Shape
/// A later setting replaces an earlier one; writers, sinks, promoted fields and static fields add up. Unset options can be
/// taken from other ones with [`or`](Self::or). With the feature `serde`, all options except live objects, redaction and
/// volume limits are deserialized from a configuration file under the names of the methods: `promote` as a list, `fields` as
/// a table, durations as texts such as `5s`.
///
/// ```
/// use radiosonde_core::Resource;
/// use radiosonde_log::{Format, JsonLayer, LogOptions};
///
/// let defaults = LogOptions::new().format(Format::Json).field("team", "pay");
/// let options = LogOptions::new().metadata_key("meta").or(defaults);
/// let layer = options.resource(&Resource::new("orders")).build()?;
/// # let _: JsonLayer = layer;
/// # Ok::<(), radiosonde_log::JsonLayerBuildError>(())
/// ```
#[must_use]
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct LogOptions {
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) resource: Option<Resource>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) clock: Option<SharedClock>,
    /// `None` for the global one, which only `build` creates: the program may still want to set its labels.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) registry: Option<Registry>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) writers: Vec<Writer>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) sinks: Sinks,
    pub(crate) profile: Option<Profile>,
    pub(crate) promote: Vec<String>,
    pub(crate) metadata_key: Option<String>,
    pub(crate) precision: Option<TimestampPrecision>,
    pub(crate) google_cloud_project: Option<String>,
    pub(crate) level_names: Option<LevelNames>,
    pub(crate) format: Option<Format>,
    pub(crate) colors: Option<bool>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::pairs"))]
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) max_line_bytes: Option<usize>,
    pub(crate) max_fields: Option<usize>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) file_options: Option<FileOptions>,
    pub(crate) stdout: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) queue: Option<QueueOptions>,
    pub(crate) queue_bytes: Option<usize>,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::optional_text"))]
    pub(crate) overflow: Option<OverflowPolicy>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) redaction: Option<Redaction>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) volume_limits: Option<VolumeLimits>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) sampling: Option<Sampling>,
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    pub(crate) fatal_flush: Option<Duration>,
}

impl LogOptions {
    /// Options with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the service that writes the lines; default: one without a name.
    pub fn resource(mut self, resource: &Resource) -> Self {
        self.resource = Some(resource.clone());
        self
    }

    /// Sets the keys of a line; default: [`Profile::Native`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Moves fields with this name to the top level of a line, after the profile's reserved keys and in the order of these
    /// calls. Values keep their type.
    ///
    /// ```
    /// use radiosonde_core::Resource;
    /// use radiosonde_log::JsonLayer;
    ///
    /// let layer = JsonLayer::builder(&Resource::new("orders")).promote("tenant_id").build()?;
    /// // `info!(tenant_id = 7, sku = "b-2", "priced")` is `{…,"message":"priced","tenant_id":7,"metadata":{"sku":"b-2"}}`.
    /// let clash = JsonLayer::builder(&Resource::new("orders")).promote("timestamp").build();
    /// assert_eq!(
    ///     clash.unwrap_err().to_string(),
    ///     r#"invalid key "timestamp": lines of this profile already have it"#
    /// );
    /// # Ok::<(), radiosonde_log::JsonLayerBuildError>(())
    /// ```
    pub fn promote(mut self, field: impl Into<String>) -> Self {
        let field = field.into();
        if !self.promote.contains(&field) {
            self.promote.push(field);
        }
        self
    }

    /// Sets the key of the object that holds all other fields; default: `metadata`. Only for [`Profile::Native`] and
    /// [`Profile::Gcp`]: other profiles have a fixed name for it.
    pub fn metadata_key(mut self, key: impl Into<String>) -> Self {
        self.metadata_key = Some(key.into());
        self
    }

    /// Sets the number of fractional digits of timestamps; default: the resolution of the profile's store.
    pub fn precision(mut self, precision: TimestampPrecision) -> Self {
        self.precision = Some(precision);
        self
    }

    /// Sets the project of the traces, for [`Profile::Gcp`]; default: the resource's `cloud.account.id`.
    pub fn google_cloud_project(mut self, project: impl Into<String>) -> Self {
        self.google_cloud_project = Some(project.into());
        self
    }

    /// Sets the spelling of levels; default: `WARN` and `FATAL`. [`Profile::Gcp`] has its own names.
    pub fn level_names(mut self, names: LevelNames) -> Self {
        self.level_names = Some(names);
        self
    }

    /// Sets the clock of timestamps and limits; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the registry for self metrics; default: [`Registry::global`].
    ///
    /// They are `radiosonde_log_lines_total{level,target}`, `radiosonde_log_bytes_total{level,target}`, `radiosonde_log_truncated_total`, `radiosonde_log_fmt_errors_total`,
    /// `radiosonde_log_redacted_total{by}`, `radiosonde_log_suppressed_total{level,reason}` and
    /// `radiosonde_log_dropped_total{writer,reason,level}`; for files also `radiosonde_log_file_rotations_total{writer}`,
    /// `radiosonde_log_file_removed_total{writer,reason}` and `radiosonde_log_file_failures_total{writer,action}`.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Adds a writer, with the queue that it has. Default: standard output, unless there is a file or a sink.
    pub fn writer(mut self, writer: Writer) -> Self {
        self.writers.push(writer);
        self
    }

    /// Writes lines to this file, whose folders are created.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Sets the rotation of the file; default: it grows without bound.
    pub fn file_options(mut self, options: FileOptions) -> Self {
        self.file_options = Some(options);
        self
    }

    /// Writes lines to standard output as well, besides a writer, a file or a sink.
    pub fn stdout(mut self) -> Self {
        self.stdout = true;
        self
    }

    /// Sets the queue of the file and of standard output; default: as set by [`queue_bytes`](Self::queue_bytes).
    pub fn queue(mut self, options: QueueOptions) -> Self {
        self.queue = Some(options);
        self
    }

    /// Sets the most bytes of lines queued for the file or standard output; default: 0, which writes on the thread that
    /// logs.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = Some(bytes);
        self
    }

    /// Sets what happens to lines that do not fit into that queue; default: that of [`OverflowPolicy`].
    pub fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = Some(policy);
        self
    }

    /// Adds a sink, which gets every line as JSON.
    pub fn sink(mut self, sink: impl LineSink) -> Self {
        self.sinks.0.push(Arc::new(sink));
        self
    }

    /// Sets the format of the writers' lines; default: [`Format::Auto`].
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets whether [`Format::Pretty`] lines are coloured.
    ///
    /// Default: if the writer is a terminal, the environment variable `NO_COLOR` is unset or empty (<https://no-color.org>),
    /// and `TERM` is not `dumb`.
    pub fn colors(mut self, colors: bool) -> Self {
        self.colors = Some(colors);
        self
    }

    /// Adds a field to every line in which neither the event nor an enclosing span has it. The value is a string.
    pub fn field(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((key.into(), value.into()));
        self
    }

    /// Sets the longest line in bytes, including its line feed; default: 250,000, which is below Loki's limit.
    ///
    /// A longer line has its longest values truncated, and `"truncated":true`.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = Some(bytes);
        self
    }

    /// Sets the most fields of a line; default: 256. Further fields are dropped, and the line has `"truncated":true`. Fields
    /// with a reserved key are never dropped.
    pub fn max_fields(mut self, fields: usize) -> Self {
        self.max_fields = Some(fields);
        self
    }

    /// Sets which values are redacted; default: those of keys such as `authorization`, `password` and `token`.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = Some(redaction);
        self
    }

    /// Sets limits for the lines of each callsite, tenant or other field; default: no limits.
    pub fn volume_limits(mut self, limits: VolumeLimits) -> Self {
        self.volume_limits = Some(limits);
        self
    }

    /// Sets the share of lines that are written; default: all.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Sets how long a thread that logs at FATAL waits for all writers and sinks to write what they hold; default: one
    /// second. With [`Duration::ZERO`] it does not wait.
    pub fn fatal_flush(mut self, longest: Duration) -> Self {
        self.fatal_flush = Some(longest);
        self
    }

    /// Whether a writer, a file or standard output is set.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.writers.is_empty() || self.file.is_some() || self.stdout
    }

    /// The spelling of levels.
    #[must_use]
    pub fn names(&self) -> LevelNames {
        self.level_names.unwrap_or_default()
    }

    /// What happens to lines that do not fit into a queue.
    pub fn overflow_policy(&self) -> OverflowPolicy {
        self.overflow.unwrap_or_default()
    }

    /// Takes unset options from `other`, and adds its sinks, promoted fields, and static fields with other keys. Its
    /// writers, file and standard output are taken if none of them is set here.
    pub fn or(mut self, other: Self) -> Self {
        if !self.has_output() {
            (self.writers, self.file, self.stdout) = (other.writers, other.file, other.stdout);
        }
        self.sinks.0.extend(other.sinks.0);
        self = other.promote.into_iter().fold(self, Self::promote);
        let is_set = |key: &String| self.fields.iter().any(|(known, _)| known == key);
        let added: Vec<_> = other.fields.into_iter().filter(|(key, _)| !is_set(key)).collect();
        self.fields.extend(added);
        Self {
            resource: self.resource.or(other.resource),
            clock: self.clock.or(other.clock),
            registry: self.registry.or(other.registry),
            profile: self.profile.or(other.profile),
            metadata_key: self.metadata_key.or(other.metadata_key),
            precision: self.precision.or(other.precision),
            google_cloud_project: self.google_cloud_project.or(other.google_cloud_project),
            level_names: self.level_names.or(other.level_names),
            format: self.format.or(other.format),
            colors: self.colors.or(other.colors),
            max_line_bytes: self.max_line_bytes.or(other.max_line_bytes),
            max_fields: self.max_fields.or(other.max_fields),
            file_options: self.file_options.or(other.file_options),
            queue: self.queue.or(other.queue),
            queue_bytes: self.queue_bytes.or(other.queue_bytes),
            overflow: self.overflow.or(other.overflow),
            redaction: self.redaction.or(other.redaction),
            volume_limits: self.volume_limits.or(other.volume_limits),
            sampling: self.sampling.or(other.sampling),
            fatal_flush: self.fatal_flush.or(other.fatal_flush),
            ..self
        }
    }
}

/// The sinks of a layer. `Debug` counts them.
#[derive(Default)]
pub(crate) struct Sinks(pub(crate) Vec<Arc<dyn LineSink>>);

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.len().fmt(f)
    }
}
