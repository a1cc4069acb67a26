use std::time::SystemTime;

use radiosonde_core::{Level, LevelNames, Resource, SharedClock, SpanContext};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

use crate::builder::JsonLayerBuilder;
use crate::meter::Meter;
use crate::planning::slot::{Origin, Slot};
use crate::rendering::escape::unescape;
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::json::{self, Parts};
use crate::rendering::pretty::{Heading, Pretty};
use crate::rendering::recorder::Recorder;
use crate::rendering::scratch::Scratch;
use crate::writing::line::Line;
use crate::writing::output::{Delivering, Forward, Output, Style};

/// Writes each event of `tracing` as one JSON object on one line.
///
/// # Shape
/// Keys are unique at every level. At the top, in this order: `timestamp` (RFC 3339, UTC, milliseconds), `level`, `service`,
/// `module` (the event's target, which is its module path unless given), `message`, then those that are there of
/// `correlation_id`, `request_id`, `user_id`, `method`, `path`, `status`, `duration_ms`, `trace_id`, `span_id`, `truncated`.
/// Every other field is under `metadata`.
///
/// - Fields come from the event, the spans around it and the static fields, in this precedence; a nearer span goes before a
///   farther one, and of two fields of one name in one event the last counts.
/// - `http.request.method`, `url.path` and `http.response.status_code` are `method`, `path` and `status`.
/// - `correlation_id`, `request_id`, `user_id`, `method` and `path` are always strings; `status` is a number if the field is an
///   integer and a string otherwise; a `duration_ms` that is no finite number goes under `metadata`.
/// - A field called like a key that the layer sets itself (`timestamp`, `level`, `service`, `module`, `trace_id`, `span_id`,
///   `truncated`, `metadata`) goes under `metadata`, and so does a span's `message`.
/// - `trace_id` and `span_id` are those of the event's own span: the [`SpanContext`] in the span's extensions, or else, for an
///   event without an explicit parent, [`SpanContext::current`], or else that of the nearest span around it. Spans that the
///   layer's filter disables are not seen.
/// - Fields that start with `otel.` or `radiosonde.` are directives and never appear; `radiosonde.level = "fatal"` makes the
///   level `FATAL` (see [`fatal!`](crate::fatal)).
/// - Integers up to 64 bits are numbers, wider ones strings. Floats are numbers; NaN and the infinities are `"NaN"`,
///   `"Infinity"` and `"-Infinity"`. Errors are `{"message":…,"chain":[…]}` with up to 16 sources. Everything else is a string.
/// - A value whose `Debug` or `Display` fails or panics is `"<fmt error>"`, and the rest of the line survives (where panics
///   unwind). The panic hook runs.
/// - A field whose name is longer than 256 bytes is left out, and the line says `"truncated":true`.
/// - Quotes, backslashes, control characters (ANSI sequences with them), U+2028, U+2029 and bidirectional overrides are
///   escaped: no value can end a line, forge one or colour a terminal.
///
/// # Cost
/// One pass over the event's fields into a buffer of this thread; fields of spans are rendered once, when they are recorded,
/// and copied into lines. No allocation once the thread's buffers have grown. A span with fields costs three.
///
/// # Filtering
/// The layer itself takes every event and span. Give it a [`LogFilter`](crate::LogFilter) with
/// [`with_filter`](Layer::with_filter).
///
/// # Examples
/// ```
/// use radiosonde_core::Resource;
/// use radiosonde_log::{JsonLayer, LogFilter, Writer};
/// use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
///
/// let layer = JsonLayer::builder(&Resource::new("orders")).writer(Writer::stderr()).build()?;
/// let filter: LogFilter = "info,hyper=warn".parse()?;
/// let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
/// tracing::subscriber::with_default(subscriber, || tracing::info!(port = 8080, "listening"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonLayer {
    pub(crate) clock: SharedClock,
    pub(crate) service: String,
    pub(crate) names: LevelNames,
    pub(crate) heads: [String; 6],
    pub(crate) statics: Fields,
    pub(crate) limits: Limits,
    pub(crate) outputs: Vec<Output>,
    pub(crate) sinks: Vec<Forward>,
    pub(crate) meter: Meter,
}

/// A span's own fields, in its extensions. Layers of this kind share them, as they render them alike.
#[derive(Debug)]
struct SpanFields(Fields);

impl JsonLayer {
    /// A layer for the service of this resource.
    pub fn builder(resource: &Resource) -> JsonLayerBuilder {
        JsonLayerBuilder::new(resource)
    }

    /// Renders what `record` hands over into this thread's buffers and lends them, without any lock held: values are
    /// formatted by the user's code, which may log.
    fn rendered(&self, record: impl FnOnce(&mut Recorder<'_>), then: impl FnOnce(&Fields)) {
        Scratch::lend(|scratch| {
            let mut recorder =
                Recorder::new(&mut scratch.fields, &mut scratch.target, Origin::Inherited, self.limits);
            record(&mut recorder);
            self.meter.fmt_errors(recorder.failed());
            if !scratch.fields.is_empty() {
                then(&scratch.fields);
            }
        });
    }

    fn line<S>(&self, event: &Event<'_>, ctx: &Context<'_, S>, scratch: &mut Scratch)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let now = self.clock.now();
        let origin = if event.metadata().target() == "log" && event.is_log() {
            Origin::LogRecord
        } else {
            Origin::Event
        };
        let mut recorder = Recorder::new(&mut scratch.fields, &mut scratch.target, origin, self.limits);
        event.record(&mut recorder);
        let level = recorder.level(*event.metadata().level());
        self.meter.fmt_errors(recorder.failed());

        let made = Made {
            now,
            level,
            module: if scratch.target.is_empty() { event.metadata().target() } else { &scratch.target },
            timestamp: scratch.stamp.of(now),
        };
        let own = scratch.fields.entries().len();
        let context = self.inherit(&mut scratch.fields, ctx.event_scope(event), event.is_contextual());
        for output in &self.outputs {
            if let Style::Pretty { colors } = output.style() {
                scratch.pretty.clear();
                let mut pretty = Pretty::new(&mut scratch.pretty, colors);
                self.heading(&mut pretty, &made, &scratch.fields, own);
                for (at, span) in ctx.event_scope(event).into_iter().flat_map(Scope::from_root).enumerate() {
                    let fields = span.extensions();
                    pretty.span(span.name(), fields.get().map(|SpanFields(fields)| fields), at == 0);
                }
                pretty.end(context);
                self.deliver(|| output.write(&scratch.pretty, &*self.clock));
            }
        }
        if self.sinks.is_empty() && self.outputs.iter().all(|output| output.style() != Style::Json) {
            self.meter.line(level, scratch.fields.is_truncated());
            return;
        }
        let parts = Parts {
            timestamp: made.timestamp,
            head: &self.heads[level as usize],
            module: made.module,
            fields: &scratch.fields,
            context,
        };
        let truncated = json::push_line(&mut scratch.line, &parts, self.limits.line_bytes - 1);
        self.meter.line(level, truncated);
        self.deliver(|| self.send(&mut scratch.line, &made, &parts));
    }

    /// Runs code of writers and sinks, during which this thread's events are dropped.
    fn deliver(&self, work: impl FnOnce()) {
        match Delivering::begin() {
            Some(_delivering) => work(),
            None => self.meter.nested(),
        }
    }

    fn send(&self, line: &mut String, made: &Made<'_>, parts: &Parts<'_>) {
        if !self.sinks.is_empty() {
            let slot = |slot| {
                let entry = parts.fields.slot(slot)?;
                let contents = parts.fields.value(entry).strip_prefix('"')?.strip_suffix('"')?;
                Some(unescape(contents))
            };
            let message = slot(Slot::Message).unwrap_or_default();
            let correlation_id = slot(Slot::CorrelationId);
            let request_id = slot(Slot::RequestId);
            let user_id = slot(Slot::UserId);
            let mut finished = Line::new(line, made.now, made.level)
                .with_target(made.module)
                .with_service(&self.service)
                .with_message(&message)
                .with_fields(parts.fields);
            if let Some(context) = parts.context {
                finished = finished.with_context(context);
            }
            if let Some(id) = &correlation_id {
                finished = finished.with_correlation_id(id);
            }
            if let Some(id) = &request_id {
                finished = finished.with_request_id(id);
            }
            if let Some(id) = &user_id {
                finished = finished.with_user_id(id);
            }
            for sink in &self.sinks {
                sink.accept(&finished);
            }
        }
        line.push('\n');
        for output in self.outputs.iter().filter(|output| output.style() == Style::Json) {
            output.write(line, &*self.clock);
        }
    }

    fn heading(&self, pretty: &mut Pretty<'_>, made: &Made<'_>, fields: &Fields, own: usize) {
        let (timestamp, level, module) = (made.timestamp, made.level, made.module);
        let heading = Heading { timestamp, level, names: self.names, module };
        pretty.heading(&heading, fields.slot(Slot::Message).map(|entry| fields.value(entry)));
        pretty.fields(fields, own);
    }

    /// Adds the fields of the spans around an event, the innermost first, and of the layer; returns the event's context.
    fn inherit<'a, S>(
        &self,
        fields: &mut Fields,
        scope: Option<Scope<'a, S>>,
        is_contextual: bool,
    ) -> Option<SpanContext>
    where
        S: LookupSpan<'a>,
    {
        let (mut own, mut around) = (None, None);
        for (depth, span) in scope.into_iter().flatten().enumerate() {
            let extensions = span.extensions();
            let context: Option<SpanContext> = extensions.get().copied();
            if depth == 0 {
                own = context;
            } else {
                around = around.or(context);
            }
            if let Some(SpanFields(inherited)) = extensions.get() {
                fields.fill_from(inherited, self.limits);
            }
        }
        fields.fill_from(&self.statics, self.limits);
        own.or_else(|| if is_contextual { SpanContext::current() } else { None }).or(around)
    }
}

/// What is known of a line beside its fields.
#[derive(Debug, Clone, Copy)]
struct Made<'a> {
    now: SystemTime,
    level: Level,
    module: &'a str,
    timestamp: &'a str,
}

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        self.rendered(
            |recorder| attributes.record(recorder),
            |fields| {
                let mut extensions = span.extensions_mut();
                // Another layer of this kind may have been here.
                if extensions.get_mut::<SpanFields>().is_none() {
                    extensions.insert(SpanFields(fields.compacted()));
                }
            },
        );
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        self.rendered(
            |recorder| values.record(recorder),
            |newer| {
                let mut extensions = span.extensions_mut();
                match extensions.get_mut::<SpanFields>() {
                    Some(SpanFields(fields)) => fields.update_from(newer, self.limits),
                    None => extensions.insert(SpanFields(newer.compacted())),
                }
            },
        );
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if Delivering::is_on() {
            self.meter.nested();
            return;
        }
        Scratch::lend(|scratch| self.line(event, &ctx, scratch));
    }
}
