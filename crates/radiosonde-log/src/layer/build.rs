use std::sync::Arc;
use std::time::Duration;

use radiosonde_appender::{Output, QueueOptions, Writer};
use radiosonde_core::canonical::set_redaction;
use radiosonde_core::{CallsiteTable, Resource, SystemClock};
use radiosonde_metrics::Registry;

use crate::layer::annotations::AnnotationRedaction;
use crate::layer::build_error::JsonLayerBuildError;
use crate::layer::format::Format;
use crate::layer::json_layer::JsonLayer;
use crate::layer::log_options::LogOptions;
use crate::limiting::volume::Volume;
use crate::limiting::volume_limits::VolumeLimits;
use crate::planning::plan::{FieldPlan, plan_field};
use crate::planning::record_keys::RecordKeys;
use crate::redacting::redaction::Redaction;
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::shorten;
use crate::rendering::value::Value;
use crate::schemas::keys::Keys;
use crate::schemas::reserved_key::Origin;
use crate::schemas::schema::Schema;
use crate::schemas::settings::SchemaSettings;
use crate::self_metrics::SelfMetrics;
use crate::spans::tree::Spans;
use crate::writing::announcement::Announcer;
use crate::writing::forward::Forward;
use crate::writing::handle::OpenOutputs;
use crate::writing::outputs::{Outputs, StyledOutput};
use crate::writing::own_lines::OwnLines;
use crate::writing::style::Style;
use crate::writing::suppression::Suppression;

impl JsonLayer {
    /// Options of a layer for the service of this resource.
    pub fn builder(resource: &Resource) -> LogOptions {
        LogOptions::new().resource(resource)
    }
}

impl LogOptions {
    /// Builds the layer.
    ///
    /// # Errors
    /// [`JsonLayerBuildError`] for a key that the profile rejects, an invalid static field, a maximum too small for any
    /// line, a queue too small for the longest line, a file that cannot be opened, or metrics that conflict with the registry's.
    pub fn build(mut self) -> Result<JsonLayer, JsonLayerBuildError> {
        let (names, limits) = (self.names(), self.limits());
        let writers = self.open()?;
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let self_metrics = SelfMetrics::new(registry, names).map_err(JsonLayerBuildError::Metrics)?;
        let settings = self.schema();
        let schema = Arc::new(Schema::of(&settings).map_err(JsonLayerBuildError::Key)?);
        let least = shorten::least_bytes(&schema);
        if limits.line_bytes < least {
            return Err(JsonLayerBuildError::MaxLineBytes { bytes: limits.line_bytes, least });
        }
        let keys = Keys::default();
        let redaction = self.redaction.unwrap_or_default();
        let statics = statics(&self.fields, &schema, &keys, limits, &redaction)?;
        let key_of = |name: &str| plan_field(name, Origin::Event, &schema, &keys, &redaction).key();
        let volume_limits = self.volume_limits.unwrap_or_else(VolumeLimits::none);
        let sampling = self.sampling.unwrap_or_default();
        let volume = Volume::new(volume_limits, sampling, key_of, self_metrics.suppressed.clone(), names);
        let own_lines = Arc::new(OwnLines::new(&schema, names, &statics, limits));
        let service = settings.resource.service_name();
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let suppression = Suppression::new(volume, (&own_lines, &keys), service, &clock, &self_metrics.lines);
        for writer in &writers {
            writer
                .check_queue(limits.line_bytes)
                .map_err(|invalid| JsonLayerBuildError::Queue { writer: writer.name(), invalid })?;
        }
        let announcer = Announcer::new(&own_lines, &keys, &clock);
        let writers = writers.into_iter().map(|writer| {
            let style = style(&writer, self.format.unwrap_or_default(), self.colors);
            let (notice, clock) = (announcer.with_style(style), Arc::clone(&clock));
            StyledOutput { output: Output::start(writer, &self_metrics.outputs, notice, clock), style }
        });
        let sinks = self.sinks.0.into_iter().map(|sink| Forward::new(sink, self_metrics.dropped_by_sink()));
        let outputs = Outputs { writers: writers.collect(), sinks: sinks.collect() };
        let outputs = OpenOutputs::new(outputs, suppression);
        set_redaction(AnnotationRedaction::new(&redaction, &schema));
        Ok(JsonLayer {
            redaction,
            clock,
            service: service.to_owned(),
            names,
            schema,
            keys,
            plans: CallsiteTable::new(),
            record_keys: RecordKeys::default(),
            spans: Spans::new(),
            statics,
            limits,
            outputs,
            fatal_flush: self.fatal_flush.unwrap_or(Duration::from_secs(1)),
            self_metrics,
        })
    }

    /// The writers, including the file and standard output with their queue.
    fn open(&mut self) -> Result<Vec<Writer>, JsonLayerBuildError> {
        let mut writers = std::mem::take(&mut self.writers);
        let queue = self.own_queue();
        let queued = |writer: Writer| match &queue {
            Some(options) => writer.queue(options.clone()),
            None => writer,
        };
        if let Some(path) = self.file.take() {
            let options = self.file_options.take().unwrap_or_default();
            writers.push(queued(Writer::file_with(path, options).map_err(JsonLayerBuildError::File)?));
        }
        if self.stdout || writers.is_empty() && self.sinks.0.is_empty() {
            writers.push(queued(Writer::stdout()));
        }
        Ok(writers)
    }

    fn own_queue(&self) -> Option<QueueOptions> {
        self.queue.clone().or_else(|| {
            let bytes = self.queue_bytes.filter(|bytes| *bytes > 0)?;
            Some(QueueOptions::new().max_bytes(bytes).overflow(self.overflow_policy()))
        })
    }

    fn limits(&self) -> Limits {
        Limits { line_bytes: self.max_line_bytes.unwrap_or(250_000), fields: self.max_fields.unwrap_or(256) }
    }

    fn schema(&mut self) -> SchemaSettings {
        SchemaSettings {
            resource: self.resource.take().unwrap_or_else(|| Resource::builder().build()),
            profile: self.profile.unwrap_or_default(),
            names: self.names(),
            precision: self.precision,
            promoted: std::mem::take(&mut self.promote),
            metadata: self.metadata_key.take(),
            project: self.google_cloud_project.take(),
        }
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
        match plan_field(key, Origin::Inherited, schema, keys, redaction) {
            FieldPlan::Render(mut shown) if !is_own => {
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

#[cfg(test)]
mod tests {
    use radiosonde_queue::{Overflow, OverflowPolicy};

    use super::*;

    fn opened(mut options: LogOptions) -> String {
        format!("{:?}", options.open().unwrap())
    }

    #[test]
    fn the_queue_is_before_the_file_and_standard_output_alone() {
        let oldest = OverflowPolicy::all(Overflow::DropOldest);
        let options = || LogOptions::new().queue_bytes(300_000).overflow(oldest);
        let queued = format!("queue: Some({:?})", QueueOptions::new().max_bytes(300_000).overflow(oldest));
        assert!(opened(options()).contains(&queued));
        let shown = opened(options().writer(Writer::stderr()));
        assert!(shown.contains("queue: None") && !shown.contains("Stdout"), "a writer is as it was given");
        let shown = opened(options().writer(Writer::stderr()).stdout());
        assert!(shown.contains("queue: None") && shown.contains(&queued), "{shown}");
        assert!(opened(LogOptions::new()).contains("queue: None"));
        assert!(opened(options().queue_bytes(0)).contains("queue: None"));
        let own = QueueOptions::new().max_lines(7);
        assert!(opened(options().queue(own.clone())).contains(&format!("queue: Some({own:?})")));
    }

    #[test]
    fn what_is_set_first_wins_and_lists_add_up() {
        let first = LogOptions::new().field("a", "1").promote("x").writer(Writer::stderr());
        let second = LogOptions::new().field("a", "2").field("b", "2").promote("y").promote("x");
        let merged = first.or(second.file("/nowhere").metadata_key("meta"));
        assert_eq!(merged.fields, [("a".into(), "1".into()), ("b".into(), "2".into())]);
        assert_eq!(merged.promote, ["x", "y"]);
        assert_eq!((merged.file, merged.metadata_key), (None, Some("meta".into())));
    }
}
