use std::cell::RefCell;

use tracing_core::Metadata;

use crate::rendering::fields::{Fields, Limits};

/// Larger buffers are not kept for another span.
const KEEP_BYTES: usize = 4 * 1024;

/// The most nodes that a thread keeps for later spans.
const KEEP_NODES: usize = 64;

thread_local! {
    #[allow(clippy::vec_box, reason = "a node moves between threads and tables as a pointer")]
    static KEPT: RefCell<Vec<Box<Node>>> = const { RefCell::new(Vec::new()) };
}

/// An open span: its own rendered fields, and those joined with its ancestors'.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) parent: Option<u64>,
    /// The index of the counter that changes with an ancestor's fields.
    pub(crate) lineage: u8,
    /// The value of that counter when `all` was built.
    pub(crate) made_at: u32,
    /// How often the span was recorded into.
    pub(crate) version: u32,
    /// Whether another span has inherited its fields.
    pub(crate) has_children: bool,
    pub(crate) own: Fields,
    /// The fields of the span and its ancestors, a nearer span's before a farther one's. Unused for a span without a parent.
    pub(crate) all: Fields,
}

impl Node {
    /// An empty node, with buffers reused from a span closed on this thread.
    pub(crate) fn take(metadata: &'static Metadata<'static>) -> Box<Self> {
        let kept = KEPT.try_with(|kept| kept.borrow_mut().pop()).ok().flatten();
        match kept {
            Some(mut node) => {
                node.metadata = metadata;
                node
            }
            None => Box::new(Self {
                metadata,
                parent: None,
                lineage: 0,
                made_at: 0,
                version: 0,
                has_children: false,
                own: Fields::default(),
                all: Fields::default(),
            }),
        }
    }

    /// Keeps the buffers for another span, unless they have grown large. While the thread exits they are dropped.
    pub(crate) fn give_back(mut self: Box<Self>) {
        if self.own.capacity() + self.all.capacity() > KEEP_BYTES {
            return;
        }
        self.own.clear();
        self.all.clear();
        (self.parent, self.has_children) = (None, false);
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < KEEP_NODES {
                kept.push(self);
            }
        });
    }

    /// Starts `own` with rendered fields. Small buffers are exchanged instead of copied; a large one stays with the thread, for
    /// its lines.
    pub(crate) fn start_own(&mut self, fields: &mut Fields, limits: Limits) {
        if fields.fits_alone(limits) && fields.capacity() <= KEEP_BYTES / 2 {
            std::mem::swap(&mut self.own, fields);
        } else {
            self.own.fill_from(fields, limits);
        }
    }

    /// Starts `all` with only the span's own fields.
    pub(crate) fn start_all(&mut self, limits: Limits) {
        self.all.clear();
        self.all.fill_from(&self.own, limits);
    }
}
