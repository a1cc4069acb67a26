use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use radiosonde_core::SpanId;
use tracing::Metadata;

use crate::propagation::remote_context::RemoteContext;
use crate::records::directives::StatusCode;
use crate::records::fields::Fields;
use crate::records::mark::Mark;
use crate::spans::encoded_span::EncodedSpan;
use crate::spans::encoding::{End, SPAN_NAME, Status};
use crate::spans::finished_span::SpanKind;
use crate::spans::pool::PooledBytes;
use crate::spans::wire::put_bytes;

/// The most records that a thread keeps for later spans.
const KEEP_RECORDS: usize = 64;

thread_local! {
    #[allow(clippy::vec_box, reason = "a record moves between threads and tables as a pointer")]
    static KEPT: RefCell<Vec<Box<Record>>> = const { RefCell::new(Vec::new()) };
}

/// What becomes of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    /// It has ids for lines and requests, and nothing else is kept of it.
    #[default]
    Ids,
    /// It is not sampled, unless its parent is set before its first use: see `LateParents`.
    Undecided,
    /// It is not sampled, and kept for the local tail.
    Local,
    /// It is sampled.
    Sampled,
    /// It is sampled, and there is no sink.
    NoSink,
}

impl Fate {
    /// Whether fields are kept.
    pub(crate) const fn is_recording(self) -> bool {
        matches!(self, Self::Undecided | Self::Local | Self::Sampled)
    }
}

/// An open span.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) metadata: &'static Metadata<'static>,
    /// `None` in a disabled pipeline outside of a received context.
    pub(crate) own: Option<RemoteContext>,
    pub(crate) parent: Option<SpanId>,
    pub(crate) parent_is_remote: bool,
    pub(crate) fate: Fate,
    /// Its ids are known elsewhere, so that its parent cannot change any more.
    pub(crate) is_used: bool,
    /// It has ended before it closes, and its trace is kept in the local tail until then.
    pub(crate) holds_tail: bool,
    /// In nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) fields: Fields,
    /// Events and links as they are written.
    pub(crate) extras: PooledBytes,
    pub(crate) events: u32,
    pub(crate) dropped_events: u32,
    /// The place in `extras` of the latest event's time, and the time.
    pub(crate) last_event: Option<(u32, u64)>,
    pub(crate) links: u32,
    pub(crate) dropped_links: u32,
    pub(crate) mark: Arc<Mark>,
}

impl Record {
    /// An empty record, with buffers of a span that closed on this thread.
    pub(crate) fn take(metadata: &'static Metadata<'static>) -> Box<Self> {
        let kept =
            KEPT.try_with(|kept| kept.try_borrow_mut().ok().and_then(|mut kept| kept.pop())).ok().flatten();
        match kept {
            Some(mut record) => {
                record.metadata = metadata;
                record
            }
            None => Box::new(Self {
                metadata,
                own: None,
                parent: None,
                parent_is_remote: false,
                fate: Fate::Ids,
                is_used: false,
                holds_tail: false,
                start: 0,
                fields: Fields::default(),
                extras: PooledBytes::default(),
                events: 0,
                dropped_events: 0,
                last_event: None,
                links: 0,
                dropped_links: 0,
                mark: Arc::default(),
            }),
        }
    }

    /// Keeps the record for another span. While the thread exits it is dropped.
    pub(crate) fn give_back(mut self: Box<Self>) {
        self.stop_recording();
        (self.own, self.parent, self.parent_is_remote) = (None, None, false);
        (self.is_used, self.holds_tail, self.start) = (false, false, 0);
        if Arc::strong_count(&self.mark) == 1 {
            // Acquire: pairs with the Release of the last reference that another thread dropped, whose accesses come before.
            fence(Ordering::Acquire);
            self.mark.reset();
            self.mark.set_canonical(None);
        } else {
            // A thread still has the span entered.
            self.mark = Arc::default();
        }
        let _ = KEPT.try_with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut()
                && kept.len() < KEEP_RECORDS
            {
                kept.push(self);
            }
        });
    }

    /// Where events and links are written, in a buffer that other spans had before.
    pub(crate) fn extras_mut(&mut self) -> &mut PooledBytes {
        if self.extras.capacity() == 0 {
            self.extras = PooledBytes::take();
        }
        &mut self.extras
    }

    /// Adds fields that were recorded later.
    pub(crate) fn merge(&mut self, newer: &Fields, limit: u32) {
        let Fields { bytes, attributes, directives, .. } = &mut self.fields;
        attributes.merge(bytes, limit, (&newer.attributes, &newer.bytes));
        directives.merge(&newer.directives);
    }

    /// Drops what was recorded and records nothing more.
    pub(crate) fn stop_recording(&mut self) {
        if self.fate != Fate::Ids {
            self.fate = Fate::Ids;
            self.fields.clear();
            drop(std::mem::take(&mut self.fields.bytes));
            drop(std::mem::take(&mut self.extras));
            (self.events, self.dropped_events, self.last_event) = (0, 0, None);
            (self.links, self.dropped_links) = (0, 0);
        }
    }

    /// Its ids become known.
    pub(crate) fn use_ids(&mut self) {
        self.is_used = true;
        if self.fate == Fate::Undecided {
            self.stop_recording();
        }
    }

    /// The span as it is sent, ended at this time. Nothing more is recorded.
    pub(crate) fn encode(&mut self, end: u64) -> Option<EncodedSpan> {
        let own = self.own.as_ref()?;
        let end = end.max(self.start);
        // The line of a record is written after the end that it reports.
        if let Some((at, time)) = self.last_event
            && time > end
        {
            self.extras[at as usize..][..8].copy_from_slice(&end.to_le_bytes());
        }
        let directives = &self.fields.directives;
        let mut bytes = std::mem::take(&mut self.fields.bytes);
        put_bytes(&mut bytes, SPAN_NAME, directives.name().unwrap_or(self.metadata.name()).as_bytes());
        bytes.extend_from_slice(&self.extras);
        let end = End {
            context: own.context(),
            parent: self.parent,
            parent_is_remote: self.parent_is_remote,
            trace_state: own.trace_state(),
            kind: directives.kind.unwrap_or(SpanKind::Internal),
            start: self.start,
            end,
            dropped_attributes: self.fields.attributes.dropped,
            dropped_events: self.dropped_events,
            dropped_links: self.dropped_links,
            status: match directives.status() {
                StatusCode::Unset => Status::Unset,
                StatusCode::Ok => Status::Ok,
                StatusCode::Error => Status::Error(directives.description()),
            },
        };
        Some(EncodedSpan::complete(bytes, &end, None))
    }
}
