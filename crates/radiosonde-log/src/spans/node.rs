use std::cell::RefCell;

use tracing_core::Metadata;

use crate::rendering::fields::{Fields, Limits};

/// Buffers that have grown beyond this are not kept for another span.
const KEEP_BYTES: usize = 4 * 1024;

/// Nodes that a thread keeps for later spans.
const KEEP_NODES: usize = 64;

thread_local! {
    #[allow(clippy::vec_box, reason = "a node moves between threads and tables as a pointer")]
    static KEPT: RefCell<Vec<Box<Node>>> = const { RefCell::new(Vec::new()) };
}

/// An open span: its rendered fields, and those together with its ancestors'.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) parent: Option<u64>,
    /// Which of the counters tells that an ancestor's fields have changed.
    pub(crate) lineage: u8,
    /// What that counter said when `all` was made.
    pub(crate) made_at: u32,
    /// How often the span was recorded into.
    pub(crate) version: u32,
    /// Whether another span has taken over what this one had.
    pub(crate) has_children: bool,
    pub(crate) own: Fields,
    /// The span's fields and its ancestors', a nearer span's before a farther one's. Not used for a span without a parent.
    pub(crate) all: Fields,
}

impl Node {
    /// An empty node, with the buffers of one that this thread has closed.
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

    /// Keeps the buffers for another span, unless they have grown large. While the thread ends they are dropped.
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

    /// Starts `all` anew with what is the span's own.
    pub(crate) fn start_all(&mut self, limits: Limits) {
        self.all.clear();
        self.all.fill_from(&self.own, limits);
    }
}
