use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_appender::{InvalidQueue, Output, Writer};
use radiosonde_core::{LevelNames, Resource, SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};

use crate::layer::json_layer::JsonLayer;
use crate::limiting::sampling::Sampling;
use crate::limiting::volume::Volume;
use crate::limiting::volume_limits::VolumeLimits;
use crate::meter::Meter;
use crate::planning::plan::{Planned, planned};
use crate::planning::plans::Plans;
use crate::planning::record_keys::RecordKeys;
use crate::redacting::redaction::Redaction;
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::shorten;
use crate::rendering::value::Value;
use crate::schemas::invalid_key::InvalidKey;
use crate::schemas::keys::Keys;
use crate::schemas::precision::TimestampPrecision;
use crate::schemas::profile::Profile;
use crate::schemas::reserved_key::Origin;
use crate::schemas::schema::Schema;
use crate::schemas::settings::SchemaSettings;
use crate::spans::tree::Spans;
use crate::writing::announcement::Announcer;
use crate::writing::forward::Forward;
use crate::writing::handle::OpenOutputs;
use crate::writing::line::LineSink;
use crate::writing::outputs::{Outputs, StyledOutput};
use crate::writing::own_lines::OwnLines;
use crate::writing::style::Style;
use crate::writing::suppression::Suppression;

/// The format of the writers' lines. Sinks always get JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Format {
    /// Pretty if the writer is a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object per line.
    Json,
    /// For people: the time of day in UTC, level, module, message, fields, the enclosing spans with theirs, and the trace.
    /// An error's causes and texts of several lines follow below, indented. Other control characters are escaped here too,
    /// and only the first line of an event is not indented: no value can look like another event.
    Pretty,
}

/// Builds a [`JsonLayer`]. A later setting replaces an earlier one; writers and sinks add up.
#[must_use]
#[derive(Debug)]
pub struct JsonLayerBuilder {
    schema: SchemaSettings,
    clock: SharedClock,
    /// `None` for the global one, which only `build` creates: the program may still want to set its labels.
    registry: Option<Registry>,
    writers: Vec<Writer>,
    sinks: Vec<Sink>,
    format: Format,
    colors: Option<bool>,
    static_fields: Vec<(String, String)>,
    limits: Limits,
    redaction: Redaction,
    volume_limits: VolumeLimits,
    sampling: Sampling,
    fatal_flush: Duration,
}

struct Sink(Arc<dyn LineSink>);

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

impl JsonLayerBuilder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self {
            schema: SchemaSettings::new(resource),
            clock: Arc::new(SystemClock),
            registry: None,
            writers: Vec::new(),
            sinks: Vec::new(),
            format: Format::default(),
            colors: None,
            static_fields: Vec::new(),
            limits: Limits { line_bytes: 250_000, fields: 256 },
            redaction: Redaction::default(),
            volume_limits: VolumeLimits::none(),
            sampling: Sampling::new(),
            fatal_flush: Duration::from_secs(1),
        }
    }

    /// Sets the keys of a line; default: [`Profile::Native`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.schema.profile = profile;
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
    ///     r#"key "timestamp" is not allowed: lines of this profile have it already"#
    /// );
    /// # Ok::<(), radiosonde_log::JsonLayerBuildError>(())
    /// ```
    pub fn promote(mut self, field: impl Into<String>) -> Self {
        let field = field.into();
        if !self.schema.promoted.contains(&field) {
            self.schema.promoted.push(field);
        }
        self
    }

    /// Sets the key of the object that holds all other fields; default: `metadata`. Only for [`Profile::Native`] and
    /// [`Profile::Gcp`]: other profiles have a fixed name for it.
    pub fn metadata_key(mut self, key: impl Into<String>) -> Self {
        self.schema.metadata = Some(key.into());
        self
    }

    /// Sets the number of fractional digits of timestamps; default: the resolution of the profile's store.
    pub fn timestamp_precision(mut self, precision: TimestampPrecision) -> Self {
        self.schema.precision = Some(precision);
        self
    }

    /// Sets the project of the traces, for [`Profile::Gcp`]; default: the resource's `cloud.account.id`.
    pub fn google_cloud_project(mut self, project: impl Into<String>) -> Self {
        self.schema.project = Some(project.into());
        self
    }

    /// Sets the spelling of levels; default: `WARN` and `FATAL`. [`Profile::Gcp`] has its own names.
    pub fn level_names(mut self, names: LevelNames) -> Self {
        self.schema.names = names;
        self
    }

    /// Sets the clock of timestamps and limits; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
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

    /// Adds a writer. Without any writer or sink, lines go to [`Writer::stdout`].
    pub fn writer(mut self, writer: Writer) -> Self {
        self.writers.push(writer);
        self
    }

    /// Adds a sink, which gets every line as JSON.
    pub fn sink(mut self, sink: impl LineSink) -> Self {
        self.sinks.push(Sink(Arc::new(sink)));
        self
    }

    /// Sets the format of the writers' lines; default: [`Format::Auto`].
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
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
    pub fn static_field(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.static_fields.push((key.into(), value.into()));
        self
    }

    /// Sets the longest line in bytes, including its line feed; default: 250,000, which is below Loki's limit.
    ///
    /// A longer line has its longest values truncated, and `"truncated":true`.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.limits.line_bytes = bytes;
        self
    }

    /// Sets the most fields of a line; default: 256. Further fields are dropped, and the line has `"truncated":true`. Fields
    /// with a reserved key are never dropped.
    pub fn max_fields(mut self, fields: usize) -> Self {
        self.limits.fields = fields;
        self
    }

    /// Sets which values are redacted; default: those of keys such as `authorization`, `password` and `token`.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Sets limits for the lines of each callsite, tenant or other field; default: no limits.
    pub fn volume_limits(mut self, limits: VolumeLimits) -> Self {
        self.volume_limits = limits;
        self
    }

    /// Sets the share of lines that are written; default: all.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Sets how long a thread that logs at FATAL waits for all writers and sinks to write what they hold; default: one
    /// second. With [`Duration::ZERO`] it does not wait.
    pub fn fatal_flush(mut self, longest: Duration) -> Self {
        self.fatal_flush = longest;
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    /// [`JsonLayerBuildError`] for a key that the profile rejects, an invalid static field, a maximum too small for any
    /// line, a queue too small for the longest line, or metrics that conflict with the registry's.
    pub fn build(self) -> Result<JsonLayer, JsonLayerBuildError> {
        let names = self.schema.names;
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let meter = Meter::new(registry, names).map_err(JsonLayerBuildError::Metrics)?;
        let schema = Arc::new(Schema::of(&self.schema).map_err(JsonLayerBuildError::Key)?);
        let least = shorten::least_bytes(&schema);
        if self.limits.line_bytes < least {
            return Err(JsonLayerBuildError::MaxLineBytes { bytes: self.limits.line_bytes, least });
        }
        let keys = Keys::default();
        let statics = statics(&self.static_fields, &schema, &keys, self.limits, &self.redaction)?;
        let mut writers = self.writers;
        if writers.is_empty() && self.sinks.is_empty() {
            writers.push(Writer::stdout());
        }
        let key_of = |name: &str| planned(name, Origin::Event, &schema, &keys, &self.redaction).key();
        let volume = Volume::new(self.volume_limits, self.sampling, key_of, meter.suppressed(), names);
        let own_lines = Arc::new(OwnLines::new(&schema, names, &statics, self.limits));
        let service = self.schema.resource.service_name();
        let suppression = Suppression::new(volume, (&own_lines, &keys), service, &self.clock, meter.lines());
        for writer in &writers {
            writer
                .check_queue(self.limits.line_bytes)
                .map_err(|invalid| JsonLayerBuildError::Queue { writer: writer.name(), invalid })?;
        }
        let announcer = Announcer::new(&own_lines, &keys, &self.clock);
        let writers = writers.into_iter().map(|writer| {
            let style = style(&writer, self.format, self.colors);
            let (notice, clock) = (announcer.with_style(style), Arc::clone(&self.clock));
            StyledOutput { output: Output::start(writer, meter.outputs(), notice, clock), style }
        });
        let sinks = self.sinks.into_iter().map(|sink| Forward::new(sink.0, meter.dropped_by_sink()));
        let outputs = Outputs { writers: writers.collect(), sinks: sinks.collect() };
        let outputs = OpenOutputs::new(outputs, suppression);
        Ok(JsonLayer {
            redaction: self.redaction,
            clock: self.clock,
            service: self.schema.resource.service_name().to_owned(),
            names,
            schema,
            keys,
            plans: Plans::new(),
            record_keys: RecordKeys::default(),
            spans: Spans::new(),
            statics,
            limits: self.limits,
            outputs,
            fatal_flush: self.fatal_flush,
            meter,
        })
    }
}

fn statics(
    list: &[(String, String)],
    schema: &Schema,
    keys: &Keys,
    limits: Limits,
    redaction: &Redaction,
) -> Result<Fields, JsonLayerBuildError> {
    let mut fields = Fields::default();
    for (key, value) in list {
        let is_own = key.is_empty() || schema.own_keys().iter().any(|own| **own == **key);
        match planned(key, Origin::Inherited, schema, keys, redaction) {
            Planned::Shown(mut shown) if !is_own => {
                shown.repeats = true;
                fields.put(&shown, Value::Str(value), limits, redaction);
            }
            _ => {
                let own = schema.own_keys().to_vec();
                return Err(JsonLayerBuildError::StaticField { key: key.as_str().into(), own });
            }
        }
    }
    Ok(fields)
}

fn style(writer: &Writer, format: Format, colors: Option<bool>) -> Style {
    let is_pretty = match format {
        Format::Auto => writer.is_terminal(),
        Format::Json => false,
        Format::Pretty => true,
    };
    let is_colored = || {
        colors.unwrap_or_else(|| {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
            writer.is_terminal() && !no_color && !is_dumb
        })
    };
    if is_pretty { Style::Pretty { colors: is_colored() } } else { Style::Json }
}

/// A [`JsonLayer`] could not be built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonLayerBuildError {
    /// The layer sets this key itself, or the field would never appear.
    StaticField {
        /// The key.
        key: Box<str>,
        /// The keys that the layer sets.
        own: Vec<Box<str>>,
    },
    /// The maximum is too small for any line.
    MaxLineBytes {
        /// The value given.
        bytes: usize,
        /// The least value, for this layer.
        least: usize,
    },
    /// The options of a writer's queue are invalid.
    Queue {
        /// The writer's name.
        writer: &'static str,
        /// The option of [`QueueOptions`](radiosonde_appender::QueueOptions) that is out of range.
        invalid: InvalidQueue,
    },
    /// The profile rejects a promoted field, or the key for the other fields.
    Key(InvalidKey),
    /// One of the layer's own metrics conflicts with another of that name.
    Metrics(RegisterError),
}

impl fmt::Display for JsonLayerBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaticField { key, own } => {
                write!(
                    f,
                    "invalid static field {key:?}: expected a key that is not empty, does not start with `otel.` or ~"
                )?;
                write!(f, "`radiosonde.`, and is not one that the layer sets itself: {}", own.join(", "))
            }
            Self::MaxLineBytes { bytes, least } => {
                write!(f, "invalid max_line_bytes {bytes}: expected {least} or more")
            }
            Self::Queue { writer, .. } => write!(f, "invalid queue of writer {writer:?}"),
            Self::Key(refused) => fmt::Display::fmt(refused, f),
            Self::Metrics(_) => f.write_str("cannot register the metrics of the log layer"),
        }
    }
}

impl std::error::Error for JsonLayerBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metrics(error) => Some(error),
            Self::Queue { invalid, .. } => Some(invalid),
            _ => None,
        }
    }
}
