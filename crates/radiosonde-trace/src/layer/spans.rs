use std::sync::Arc;

use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_core::{
    CallsiteTable, SpanContext, SpanId, SpanTable, TraceFlags, TraceId, WorkIds, diagnostics,
};
use tracing::Metadata;

use crate::entering::promoted_entries;
use crate::layer::late_parents::LateParents;
use crate::layer::sampled_fields::SampledFields;
use crate::planning::plan::Plan;
use crate::planning::visitor::Visitor;
use crate::processing::settings::Settings;
use crate::propagation::remote_context::RemoteContext;
use crate::records::attributes::{Key, hash};
use crate::records::fields::Fields;
use crate::records::record::{Fate, Record};
use crate::sampling::input::SamplingInput;
use crate::spans::encoding::{SPAN_ATTRIBUTES, Written, key_field};
use crate::spans::finished_span::SpanKind;
use crate::spans::pool::PooledBytes;

/// The open spans of a layer.
///
/// Its locks are held while written bytes are copied, and never while the user's code runs.
#[derive(Debug)]
pub(crate) struct Spans {
    /// Distinguishes this layer's spans from those of another subscriber on the same thread.
    pub(crate) number: u64,
    pub(crate) open: SpanTable<Box<Record>>,
    pub(crate) settings: Arc<Settings>,
    plans: CallsiteTable<Metadata<'static>, Plan>,
    late_parents: LateParents,
}

impl Spans {
    pub(crate) fn new(number: u64, settings: Arc<Settings>) -> Self {
        let (open, plans, late_parents) = (SpanTable::new(), CallsiteTable::new(), LateParents::new());
        Self { number, open, settings, plans, late_parents }
    }

    #[inline]
    pub(crate) fn plan(&self, metadata: &'static Metadata<'static>) -> &Plan {
        self.plans.of(metadata, || Plan::new(metadata, self.settings.has_location))
    }

    /// Opens a span. `visit` passes on the values of its fields.
    pub(crate) fn open(
        &self,
        id: u64,
        metadata: &'static Metadata<'static>,
        parent: Option<RemoteContext>,
        canonical: Option<CanonicalRecord>,
        mut visit: impl FnMut(&mut Visitor<'_>),
    ) {
        let mut record = Record::take(metadata);
        record.mark.set_canonical(canonical);
        if self.settings.is_disabled {
            record.own = parent;
        } else {
            self.begin(&mut record, parent.as_ref(), &mut visit);
        }
        self.open.shard(id).insert(id, record);
    }

    fn begin(
        &self,
        record: &mut Record,
        parent: Option<&RemoteContext>,
        visit: &mut dyn FnMut(&mut Visitor<'_>),
    ) {
        let trace = trace_of(parent);
        let parent_of = parent.map(|parent| (parent.context(), parent.is_remote()));
        let settings = &*self.settings;
        let has_fields = settings.sampler.reads_fields(parent_of);
        if has_fields {
            self.visit(record, visit);
        }
        let is_sampled = settings.sample(&SamplingInput {
            parent: parent_of,
            trace_id: trace.0,
            name: record.fields.directives.name().unwrap_or(record.metadata.name()),
            kind: record.fields.directives.kind.unwrap_or(SpanKind::Internal),
            attributes: &SampledFields(&record.fields),
        });
        self.give_ids(record, parent, trace, is_sampled);
        record.fate = self.fate(is_sampled, true);
        if let Some(tail) = settings.tail.as_ref().filter(|_| record.fate == Fate::Local) {
            tail.opened(trace.0);
        }
        if record.fate.is_recording() {
            if !has_fields {
                self.visit(record, visit);
            }
            self.promote(record);
            record.start = settings.now();
        } else if has_fields {
            record.fields.clear();
        }
    }

    fn fate(&self, is_sampled: bool, is_new: bool) -> Fate {
        let has_sinks = self.settings.processor.has_sinks();
        match is_sampled {
            true if has_sinks => Fate::Sampled,
            true => Fate::NoSink,
            false if !has_sinks => Fate::Ids,
            false if self.settings.tail.is_some() => Fate::Local,
            false if is_new && self.late_parents.are_expected() => Fate::Undecided,
            false => Fate::Ids,
        }
    }

    /// Gives a span the ids of a child of this parent.
    fn give_ids(
        &self,
        record: &mut Record,
        parent: Option<&RemoteContext>,
        (trace_id, flags): (TraceId, TraceFlags),
        is_sampled: bool,
    ) {
        let context = SpanContext::new(trace_id, SpanId::random(), flags.with_sampled(is_sampled));
        record.parent = parent.map(|parent| parent.context().span_id());
        record.parent_is_remote = parent.is_some_and(RemoteContext::is_remote);
        record.own = Some(match parent {
            Some(parent) => parent.child(context),
            None => RemoteContext::local(context),
        });
    }

    fn visit(&self, record: &mut Record, visit: &mut dyn FnMut(&mut Visitor<'_>)) {
        let settings = &*self.settings;
        record.fields.bytes = PooledBytes::take();
        let mut visitor = Visitor::of_span(self.plan(record.metadata), &mut record.fields, &settings.limits);
        visit(&mut visitor);
        self.failed(visitor.failed);
    }

    /// Copies the ids of the work and the trusted entries of the baggage that the span has from its parent.
    #[inline]
    fn promote(&self, record: &mut Record) {
        let rules = &self.settings.baggage;
        let Some(own) = &record.own else { return };
        let ids = own.shown_ids();
        if rules.is_empty() && ids.is_none() {
            return;
        }
        let Fields { bytes, attributes, .. } = &mut record.fields;
        let mut put = |key: &str, value: &str| {
            let field = key_field(key);
            let key = Key { hash: hash(key), field: &field };
            // The span's own field wins.
            if !attributes.has(bytes, key) {
                let value = Written::Text(self.settings.limits.cut(value));
                attributes.push(bytes, (SPAN_ATTRIBUTES, self.settings.limits.attributes), key, &value);
            }
        };
        if let Some(ids) = ids {
            ids.fields(&mut |name, id| put(name, id));
        }
        for (key, value) in rules.promoted(own.baggage()) {
            put(key, &value);
        }
    }

    pub(crate) fn failed(&self, values: u32) {
        if values > 0 {
            self.settings.processor.metrics().replaced(values);
            report_values();
        }
    }

    /// Records values into an open span.
    pub(crate) fn record(&self, id: u64, visit: impl FnOnce(&mut Visitor<'_>)) {
        let Some(metadata) = self.recording(id) else { return };
        let mut scratch = Fields::scratch();
        let fields = scratch.fields();
        let mut visitor = Visitor::of_record(self.plan(metadata), fields, &self.settings.limits);
        visit(&mut visitor);
        self.failed(visitor.failed);
        self.merge(id, fields);
    }

    /// The callsite of an open span that keeps its fields.
    pub(crate) fn recording(&self, id: u64) -> Option<&'static Metadata<'static>> {
        let shard = self.open.shard(id);
        shard.get(&id).filter(|record| record.fate.is_recording()).map(|record| record.metadata)
    }

    /// Adds fields to an open span.
    pub(crate) fn merge(&self, id: u64, newer: &Fields) {
        let mut shard = self.open.shard(id);
        let Some(record) = shard.get_mut(&id).filter(|record| record.fate.is_recording()) else { return };
        record.merge(newer, self.settings.limits.attributes);
    }

    /// Sets the ids of an open span's work. `is_declared` if the span has them as fields.
    pub(crate) fn set_work_ids(&self, id: u64, ids: WorkIds, is_declared: bool) {
        let mut shard = self.open.shard(id);
        if let Some(own) = shard.get_mut(&id).and_then(|record| record.own.as_mut()) {
            own.set_work_ids(ids, is_declared);
        }
    }

    /// The context of an open span, which is used from now on; `None` for an unknown span.
    pub(crate) fn context(&self, id: u64) -> Option<RemoteContext> {
        let mut shard = self.open.shard(id);
        let record = shard.get_mut(&id)?;
        record.use_ids();
        record.own.clone()
    }

    /// A span was made whose explicit parent is this one, which lasts until now at least, though it was exited before.
    pub(crate) fn has_child(&self, id: u64) {
        let now = self.settings.now();
        let shard = self.open.shard(id);
        if let Some(mark) =
            shard.get(&id).map(|record| &record.mark).filter(|mark| mark.last_exit().is_some())
        {
            mark.exited(now);
        }
    }

    /// The record of the unit of work in which an open span was made.
    pub(crate) fn canonical(&self, id: u64) -> Option<CanonicalRecord> {
        self.open.shard(id).get(&id)?.mark.canonical().cloned()
    }

    pub(crate) fn knows(&self, id: u64) -> bool {
        self.open.shard(id).contains_key(&id)
    }

    /// Makes an open span that is not yet used the child of this parent; false if it is used.
    pub(crate) fn set_parent(&self, id: u64, parent: &RemoteContext) -> Option<bool> {
        self.late_parents.seen();
        let parent = parent.clone().showing_ids(true);
        if parent.shown_ids().is_some() {
            promoted_entries::read_by_lines();
        }
        let mut record = {
            let mut shard = self.open.shard(id);
            if shard.get(&id)?.is_used {
                return Some(false);
            }
            // Taken out, so that no lock is held while the sampler and the clock are asked, which may be the user's.
            shard.remove(&id)?
        };
        if self.settings.is_disabled {
            record.own = Some(parent);
        } else {
            self.decide_again(&mut record, &parent);
        }
        self.open.shard(id).insert(id, record);
        Some(true)
    }

    fn decide_again(&self, record: &mut Record, parent: &RemoteContext) {
        let trace = trace_of(Some(parent));
        let is_sampled = self.settings.sample_again(&SamplingInput {
            parent: Some((parent.context(), parent.is_remote())),
            trace_id: trace.0,
            name: record.fields.directives.name().unwrap_or(record.metadata.name()),
            kind: record.fields.directives.kind.unwrap_or(SpanKind::Internal),
            attributes: &SampledFields(&record.fields),
        });
        if let (Some(tail), Some(own), Fate::Local) = (&self.settings.tail, &record.own, record.fate) {
            tail.closed(own.context().trace_id());
        }
        self.give_ids(record, Some(parent), trace, is_sampled);
        match self.fate(is_sampled, false) {
            fate @ (Fate::Local | Fate::Sampled) => {
                if record.start == 0 {
                    record.start = self.settings.now();
                }
                record.fate = fate;
                self.promote(record);
                if let (Some(tail), Fate::Local) = (&self.settings.tail, fate) {
                    tail.opened(trace.0);
                }
            }
            fate => {
                record.stop_recording();
                record.fate = fate;
            }
        }
    }
}

/// The trace of a child of this parent, and whether its id is random.
fn trace_of(parent: Option<&RemoteContext>) -> (TraceId, TraceFlags) {
    match parent {
        Some(parent) => {
            let context = parent.context();
            (context.trace_id(), context.flags())
        }
        None => (TraceId::random(), TraceFlags::RANDOM),
    }
}

#[cold]
fn report_values() {
    diagnostics::report(
        "trace",
        "value_failed",
        format_args!(
            "a value panicked or failed while it was formatted; its span has \"<fmt error>\" instead"
        ),
    );
}
