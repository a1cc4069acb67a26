//! The limit: the same trace as OTLP bytes in a reused buffer, without a library.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use crate::harness::Contender;
use crate::otlp::{Head, field, fixed, int, message, now, random, span, text};
use crate::scene::{CHILD, EVENT, ROOT, pricing, request};
use crate::{SAMPLED, UNSAMPLED};

/// The bytes of a batch, after which the buffer starts again.
const BATCH: usize = 512 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(BATCH + 4096));
    /// The trace and the span that are current.
    static CURRENT: Cell<(u128, u64)> = const { Cell::new((0, 0)) };
}

pub fn contender() -> Contender {
    Contender::new("limit: written by hand").case(SAMPLED, sampled).case(UNSAMPLED, unsampled)
}

/// Ids are made, for log lines and for the next service.
fn unsampled(n: u64) {
    let trace = u128::from(random()) << 64 | u128::from(random());
    let before = CURRENT.replace((trace, random()));
    black_box((request(), CURRENT.get()));
    let root = CURRENT.replace((trace, random()));
    black_box((pricing(n), CURRENT.get()));
    CURRENT.set(root);
    CURRENT.set(before);
}

fn sampled(n: u64) {
    BUFFER.with_borrow_mut(|out| {
        if out.len() > BATCH {
            black_box(&out);
            out.clear();
        }
        let trace = u128::from(random()) << 64 | u128::from(random());
        let (root, child) = (random(), random());
        let (started, before) = (now(), CURRENT.replace((trace, root)));
        let request = request();
        let child_started = now();
        let outer = CURRENT.replace((trace, child));
        let pricing = pricing(n);
        let happened = now();
        let head =
            Head { kind: 1, trace, id: child, parent: root, name: CHILD, start: child_started, end: now() };
        span(out, &head, |out| {
            int(out, "order.id", pricing.order_id);
            text(out, "cloud.region", pricing.region);
            message(out, 0x5a, |out| {
                fixed(out, 0x09, happened);
                field(out, 0x12, EVENT.as_bytes());
            });
        });
        CURRENT.set(outer);
        let head = Head { kind: 1, trace, id: root, parent: 0, name: ROOT, start: started, end: now() };
        span(out, &head, |out| {
            text(out, "http.request.method", request.method);
            text(out, "url.path", request.path);
            text(out, "user_agent.original", request.user_agent);
            int(out, "http.response.status_code", request.status);
        });
        CURRENT.set(before);
    });
}
