use std::sync::Arc;
use std::time::{Duration, SystemTime};

use radiosonde_appender::ReentrancyGuard;
use radiosonde_core::silence::is_silenced;
use radiosonde_core::{CallsiteTable, Level, LevelNames, SharedClock, SpanContext};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Metadata, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::bridging::pairs::Pairs;
use crate::events::target::{is_audit, rank};
use crate::filtering::reload_filter::ReloadFilter;
use crate::layer::rendered_line::RenderedLine;
use crate::limiting::callsite_policy::{Callsite, CallsitePolicy, Decision};
use crate::planning::plan::{Plan, level, plan_record_field, push_envelope};
use crate::planning::record_keys::RecordKeys;
use crate::redacting::redaction::Redaction;
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::json;
use crate::rendering::line_parts::LineParts;
use crate::rendering::pretty::{self, Heading, Pretty};
use crate::rendering::recorder::Recorder;
use crate::rendering::scratch::Scratch;
use crate::schemas::keys::Keys;
use crate::schemas::reserved_key::{Origin, ReservedKey};
use crate::schemas::schema::Schema;
use crate::self_metrics::SelfMetrics;
use crate::spans::stack;
use crate::spans::tree::Spans;
use crate::writing::handle::{LogHandle, OpenOutputs};
use crate::writing::line::Line;
use crate::writing::style::Style;
use crate::writing::watched;

/// The target of the callsites that `tracing-log` uses for events from records.
const LOG_RECORDS: &str = "log";

/// Writes each event of `tracing` as one JSON object on one line.
///
/// # Shape
/// This is the line of [`Profile::Native`](crate::Profile::Native), the default. Other profiles write the same data under
/// other keys.
///
/// Keys are unique at every level. At the top level, in this order: `timestamp` (RFC 3339, UTC, milliseconds), `level`,
/// `service`, `module` (the event's target, by default its module path), `message`, then, if present, `correlation_id`,
/// `request_id`, `user_id`, `method`, `path`, `status`, `duration_ms`, [promoted](crate::LogOptions::promote) fields, `type`
/// (of [`audit!`](crate::audit) and [`log_metric!`](crate::log_metric)), `trace_id`, `span_id`, `truncated`. Every other
/// field is under `metadata`.
///
/// - Fields come from the event, the spans around it, its [trace context](radiosonde_core::line_fields) and the
///   static fields, in this precedence. A nearer span wins over a farther one, and the last of two fields with the same name
///   in one event wins.
/// - `http.request.method`, `url.path` and `http.response.status_code` are `method`, `path` and `status`.
/// - `correlation_id`, `request_id`, `user_id`, `method` and `path` are always strings. `status` is a number if the field is
///   an integer, otherwise a string. A `duration_ms` that is not a finite number goes under `metadata`.
/// - A field named like a key that the layer sets itself (`timestamp`, `level`, `service`, `module`, `trace_id`, `span_id`,
///   `truncated`, `metadata`) goes under `metadata`, and so does a span's `message`.
/// - `trace_id` and `span_id` are those of [`SpanContext::current`]. For an event with an explicit parent they are in the
///   extensions of that span, or of the nearest one around it. Spans disabled by the layer's filter are ignored.
/// - Fields that start with `otel.` or `radiosonde.` are directives and never appear; `radiosonde.level = "fatal"` makes the
///   level `FATAL` (see [`fatal!`](crate::fatal)).
/// - Integers up to 64 bits are numbers, wider ones strings. Floats are numbers; NaN and the infinities are `"NaN"`,
///   `"Infinity"` and `"-Infinity"`. Errors are `{"message":…,"chain":[…]}` with up to 16 sources. Everything else is a
///   string.
/// - Annotations of a unit of work ([`canonical`](radiosonde_core::canonical)) are in its line, like fields of the event.
/// - A value whose `Debug` or `Display` fails or panics is `"<fmt error>"`, and the rest of the line is kept (if panics
///   unwind). The panic hook runs.
/// - A field whose name is longer than 256 bytes is dropped, and the line has `"truncated":true`.
/// - Quotes, backslashes, control characters (and so ANSI sequences), U+2028, U+2029 and bidirectional overrides are
///   escaped: no value can end a line, forge one or colour a terminal.
/// - Values of keys such as `authorization`, `password` and `token` are `"[redacted]"`; see [`Redaction`].
///
/// # Cost
/// The place of each field is decided once per callsite. An event is one pass over its fields into a buffer of this thread.
/// A span's fields are rendered when they are recorded and copied as one piece, however deep the event is. No allocation
/// once the buffers have grown, neither for a line nor for a span.
///
/// # Filtering
/// The layer itself accepts every event and span, except those of [silenced](radiosonde_core::silence) threads, such as
/// those that deliver lines. Give it a [`LogFilter`](crate::LogFilter) with [`with_filter`](Layer::with_filter).
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
    pub(crate) schema: Arc<Schema>,
    pub(crate) keys: Keys,
    pub(crate) plans: CallsiteTable<Metadata<'static>, Plan>,
    pub(crate) record_keys: RecordKeys,
    pub(crate) spans: Spans,
    pub(crate) statics: Fields,
    pub(crate) limits: Limits,
    pub(crate) outputs: OpenOutputs,
    pub(crate) fatal_flush: Duration,
    pub(crate) self_metrics: SelfMetrics,
    pub(crate) redaction: Redaction,
}

impl JsonLayer {
    /// A handle for flushing the writers and sinks while the layer is in use, and for closing them.
    #[must_use]
    pub fn handle(&self) -> LogHandle {
        self.outputs.handle().clone()
    }

    fn plan(&self, metadata: &'static Metadata<'static>, is_record: impl Fn() -> bool) -> &Plan {
        self.plans.of(metadata, || {
            let origin = Origin::of(metadata, &is_record);
            let plan = Plan::new(metadata, origin, &self.schema, &self.keys, &self.redaction);
            if metadata.is_span() {
                return plan;
            }
            let (target, level) = (metadata.target(), plan.level);
            let callsite = Callsite { target, level, file: metadata.file(), line: metadata.line() };
            let volume = &self.outputs.suppression().volume;
            let policy = volume.policy(callsite, plan.may_be_fatal(), plan.is_record());
            plan.with_policy(policy)
        })
    }

    /// Renders `record` into this thread's buffers and passes them on, without holding a lock: values are formatted by the
    /// user's code, which may log.
    fn rendered(
        &self,
        metadata: &'static Metadata<'static>,
        record: impl FnOnce(&mut Recorder<'_>),
        then: impl FnOnce(&mut Fields),
    ) {
        let plan = self.plan(metadata, || false);
        Scratch::lend(|scratch| {
            let mut recorder =
                Recorder::new(plan, &mut scratch.fields, &mut scratch.target, self.limits, &self.redaction);
            record(&mut recorder);
            self.self_metrics.value_counts(recorder.value_counts());
            then(&mut scratch.fields);
        });
    }

    fn line<S>(&self, plan: &Plan, event: &Event<'_>, ctx: &Context<'_, S>, scratch: &mut Scratch) -> Level
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let now = self.clock.now();
        let mut recorder =
            Recorder::new(plan, &mut scratch.fields, &mut scratch.target, self.limits, &self.redaction);
        event.record(&mut recorder);
        if plan.is_record() {
            self.record_pairs(&mut recorder);
        }
        if recorder.has_annotations() {
            self.put_annotations(&mut recorder);
        }
        let (level, counts) = (recorder.level(), recorder.value_counts());
        self.self_metrics.value_counts(counts);

        let module = if scratch.target.is_empty() { event.metadata().target() } else { &scratch.target };
        // For records of the `log` crate, level and target are known only now.
        let policy = plan.policy().filter(|_| level != Level::Fatal && !is_audit(module));
        if let Some(ratio) = policy.and_then(|policy| policy.ratio(module)) {
            self.outputs.suppression().put_ratio(&mut scratch.fields, ratio.as_f64());
        }
        let own = scratch.fields.entries().len();
        let (mut span, context) = self.surroundings(event, ctx);
        let mut hand_down = |span| self.spans.hand_down(span, &mut scratch.fields, self.limits);
        if span.is_some_and(|span| !hand_down(span)) {
            span = event.is_contextual().then(|| self.innermost_open()).flatten();
            let _ = span.map(hand_down);
        }
        let of_context = self.put_line_fields(event, ctx, &mut scratch.fields);
        if !self.statics.is_empty() {
            scratch.fields.fill_from(&self.statics, self.limits);
        }

        if policy.is_some_and(|policy| self.refuses(policy, module, &scratch.fields, context)) {
            return level;
        }
        let is_own_envelope = level == plan.level && scratch.target.is_empty();
        let module_fits = match is_own_envelope {
            true => plan.module_fits,
            false => push_envelope(&mut scratch.envelope, &self.schema, level, plan.origin, module),
        };
        if !module_fits {
            scratch.fields.leave_out();
        }
        let timestamp = scratch.stamp.of(now, self.schema.precision);
        let info = LineInfo { now, level, module, timestamp, context, of_context };
        let count = |bytes, truncated| self.count(is_own_envelope.then_some(plan), &info, bytes, truncated);
        let is_cut = self.write_for_people(&info, &scratch.fields, &mut scratch.pretty, own, span);
        if !self.has_readers_of_json() {
            count(scratch.pretty.len(), is_cut || scratch.fields.is_truncated());
            return level;
        }
        let parts = LineParts {
            schema: &self.schema,
            timestamp: info.timestamp,
            envelope: if is_own_envelope { &plan.envelope } else { &scratch.envelope },
            rest: self.schema.rest(plan.origin),
            fields: &scratch.fields,
            context,
        };
        let truncated = json::push_line(&mut scratch.line, &parts, self.limits.line_bytes - 1);
        count(scratch.line.len() + 1, truncated);
        self.deliver(&info, || self.send(&mut scratch.line, &info, &scratch.fields));
        level
    }

    fn has_readers_of_json(&self) -> bool {
        !self.outputs.sinks.is_empty()
            || self.outputs.writers.iter().any(|output| output.style == Style::Json)
    }

    fn record_pairs(&self, recorder: &mut Recorder<'_>) {
        Pairs::current(|pairs| {
            for (name, value) in pairs.iter() {
                let plan = || plan_record_field(name, &self.schema, &self.keys, &self.redaction);
                match self.record_keys.of(name, &self.keys, plan) {
                    Some(planned) => recorder.take(&planned, value),
                    None => recorder.leave_out(),
                }
            }
            if pairs.left_out {
                recorder.leave_out();
            }
        });
    }

    /// Whether limits or sampling by the line's contents suppress it.
    fn refuses(
        &self,
        policy: &CallsitePolicy,
        target: &str,
        fields: &Fields,
        context: Option<SpanContext>,
    ) -> bool {
        if !policy.asks_for_more() {
            return false;
        }
        let rendered_line = RenderedLine { target, fields, trace: context.map(|context| context.trace_id()) };
        policy.decide_rendered(&rendered_line, self.clock.monotonic()) == Decision::Drop
    }

    /// Counts a line; `plan` if it has its callsite's own level and target.
    fn count(&self, plan: Option<&Plan>, info: &LineInfo<'_>, bytes: usize, truncated: bool) {
        let counters = || self.self_metrics.lines.of(info.level, info.module);
        match plan {
            Some(plan) => plan.counters(counters).line(bytes),
            None => counters().line(bytes),
        }
        if truncated {
            self.self_metrics.truncated();
        }
    }

    /// The span whose fields an event inherits, and the span context of the event.
    fn surroundings<S>(&self, event: &Event<'_>, ctx: &Context<'_, S>) -> (Option<u64>, Option<SpanContext>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if event.is_contextual() {
            return (stack::current(self.spans.number), SpanContext::current());
        }
        let mut scope = ctx.event_scope(event).into_iter().flatten().peekable();
        let span = scope.peek().map(|span| span.id().into_u64());
        (span, scope.find_map(|span| span.extensions().get().copied()))
    }

    /// The current span of this thread, after leaving spans that have closed.
    fn innermost_open(&self) -> Option<u64> {
        stack::innermost_open(self.spans.number, |span| self.spans.knows(span))
    }

    /// Runs code of writers and sinks, during which this thread's events are dropped.
    fn deliver(&self, info: &LineInfo<'_>, work: impl FnOnce()) {
        match ReentrancyGuard::enter() {
            Some(_guard) => watched::line(info.module, work),
            None => self.self_metrics.nested(info.level),
        }
    }

    /// The current span of this thread, if it is still open.
    pub(crate) fn current_span(&self) -> Option<Id> {
        self.innermost_open().map(Id::from_u64)
    }

    fn send(&self, line: &mut String, info: &LineInfo<'_>, fields: &Fields) {
        if !self.outputs.sinks.is_empty() {
            let reserved_key = |reserved_key| Some(fields.unescaped(fields.reserved_key(reserved_key)?));
            let message = reserved_key(ReservedKey::MESSAGE).unwrap_or_default();
            let correlation_id = reserved_key(ReservedKey::CORRELATION_ID);
            let request_id = reserved_key(ReservedKey::REQUEST_ID);
            let user_id = reserved_key(ReservedKey::USER_ID);
            let mut finished = Line::new(line, info.now, info.level)
                .with_target(info.module)
                .with_service(&self.service)
                .with_message(&message)
                .with_fields(fields, &self.schema);
            if let Some(context) = info.context {
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
            for sink in &self.outputs.sinks {
                sink.accept(&finished);
            }
        }
        line.push('\n');
        for output in self.outputs.writers.iter().filter(|output| output.style == Style::Json) {
            output.write(line, rank(info.level, info.module));
        }
    }

    /// Writes the line in the format for people; returns whether it was truncated.
    fn write_for_people(
        &self,
        info: &LineInfo<'_>,
        fields: &Fields,
        line: &mut String,
        own: usize,
        span: Option<u64>,
    ) -> bool {
        let mut is_cut = false;
        for output in &self.outputs.writers {
            if let Style::Pretty { colors } = output.style {
                line.clear();
                self.pretty(Pretty::new(line, colors), info, fields, own, span);
                is_cut |= pretty::cut(line, self.limits.line_bytes, colors);
                let rank = rank(info.level, info.module);
                self.deliver(info, || output.write(line, rank));
            }
        }
        is_cut
    }

    fn pretty(
        &self,
        mut pretty: Pretty<'_>,
        info: &LineInfo<'_>,
        fields: &Fields,
        own: usize,
        span: Option<u64>,
    ) {
        let (timestamp, level, module) = (info.timestamp, info.level, info.module);
        let heading = Heading { timestamp, level, names: self.names, module };
        pretty.heading(&heading, fields);
        pretty.fields(fields, own);
        if let Some(span) = span {
            let (mut is_first, event) = (true, (fields, own));
            self.spans.outermost_first(span, |name, fields| {
                pretty.span(name, fields, std::mem::take(&mut is_first), event);
            });
        }
        pretty.of_context(fields, info.of_context);
        pretty.end(info.context, fields, own);
    }
}

/// The parts of a line besides its fields.
#[derive(Debug, Clone, Copy)]
struct LineInfo<'a> {
    now: SystemTime,
    level: Level,
    module: &'a str,
    timestamp: &'a str,
    context: Option<SpanContext>,
    /// The first of the fields of the trace context, and their end.
    of_context: (usize, usize),
}

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        ReloadFilter::attach(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Only the event itself shows whether it is a record of `log`.
        if metadata.target() != LOG_RECORDS {
            self.plan(metadata, || false);
        }
        Interest::always()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if is_silenced() {
            return;
        }
        let parent = match attributes.parent() {
            None if attributes.is_contextual() => match stack::current(self.spans.number) {
                Some(closed) if !self.spans.knows(closed) => self.innermost_open(),
                current => current,
            },
            None => None,
            Some(parent) if self.spans.knows(parent.into_u64()) => Some(parent.into_u64()),
            // Disabled for this layer: use the nearest enabled span around it.
            Some(_) => ctx.span(id).and_then(|span| span.parent()).map(|parent| parent.id().into_u64()),
        };
        self.rendered(
            attributes.metadata(),
            |recorder| attributes.record(recorder),
            |fields| self.spans.open(id.into_u64(), attributes.metadata(), parent, fields, self.limits),
        );
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let Some(metadata) = self.spans.metadata(id.into_u64()) else { return };
        self.rendered(
            metadata,
            |recorder| values.record(recorder),
            |newer| self.spans.update(id.into_u64(), newer, self.limits),
        );
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        stack::enter(self.spans.number, id.into_u64(), |span| self.spans.knows(span));
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        stack::exit(self.spans.number, id.into_u64());
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.spans.close(id.into_u64());
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if is_silenced() {
            return;
        }
        if ReentrancyGuard::is_active() {
            self.self_metrics.nested(level(*event.metadata().level()));
            return;
        }
        let plan = self.plan(event.metadata(), || event.metadata().target() == LOG_RECORDS && event.is_log());
        if let Some(policy) = plan.policy()
            && policy.decide(self.clock.monotonic()) == Decision::Drop
        {
            self.outputs.announce();
            return;
        }
        let level = Scratch::lend(|scratch| self.line(plan, event, &ctx, scratch));
        self.outputs.announce();
        if level == Level::Fatal && !self.fatal_flush.is_zero() {
            // Lines that are not written by then are counted by their writers.
            self.handle().flush(self.fatal_flush);
        }
    }
}
