//! The limit of the machine: the same line without a logging library.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::Contender;
use crate::json::{Stamp, push_now, push_pair, push_text};
use crate::scene::{MESSAGE, SERVICE, fields, pricing, request};
use crate::sink::{Drained, Null};
use crate::{IN_SPANS, NO_SPAN, NON_BLOCKING, OFF, OPENED};

const INFO: usize = 2;
const DEBUG: usize = 3;
static LEVEL: AtomicUsize = AtomicUsize::new(INFO);

/// A line, the two spans' fields as text, and the second of the current timestamp.
#[derive(Default)]
struct Buffers {
    line: String,
    top: String,
    metadata: String,
    now: Stamp,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

pub fn contender() -> Contender {
    let null = Arc::new(Mutex::new(Null));
    let [a, b, c] = [null.clone(), null.clone(), null]
        .map(|null| move |line: &str| null.lock().unwrap().write_all(line.as_bytes()).unwrap());
    let drained = Drained::default();
    let (queue, settling) = (queue(drained.clone()), drained.clone());
    Contender::new("limit: by hand")
        .batch(NO_SPAN, move |times| (0..times).for_each(|n| event(n, &a)), || ())
        .batch(IN_SPANS, move |times| in_spans(|| (0..times).for_each(|n| event(n, &b))), || ())
        .case(OPENED, move |n| in_spans(|| event(n, &c)))
        .batch(
            NON_BLOCKING,
            move |times| {
                let push = |line: &str| queue.lock().unwrap().extend_from_slice(line.as_bytes());
                in_spans(|| (0..times).for_each(|n| event(n, &push)));
                drained.sent(times);
            },
            move || settling.settle(),
        )
        .case(OFF, |n| {
            // Relaxed: a changed level takes effect soon, at any time.
            if black_box(&LEVEL).load(Ordering::Relaxed) >= DEBUG {
                event(n, &|_| ());
            }
        })
}

/// A buffer of bytes that a thread drains.
fn queue(mut drained: Drained) -> Arc<Mutex<Vec<u8>>> {
    let bytes = || Vec::with_capacity(64 << 20);
    let queue = Arc::new(Mutex::new(bytes()));
    let (theirs, mut taken) = (queue.clone(), bytes());
    std::thread::spawn(move || {
        loop {
            std::mem::swap(&mut *theirs.lock().unwrap(), &mut taken);
            if taken.is_empty() {
                std::thread::sleep(Duration::from_micros(200));
            }
            drained.write_all(&taken).unwrap();
            taken.clear();
        }
    });
    queue
}

fn event(n: u64, write: &impl Fn(&str)) {
    BUFFERS.with_borrow_mut(|Buffers { line, top, metadata, now }| {
        let fields = fields(n);
        line.clear();
        line.push_str("{\"timestamp\":\"");
        push_now(line, now);
        line.push_str("\",\"level\":\"INFO\",\"service\":\"");
        line.push_str(SERVICE);
        line.push_str("\",\"module\":\"logs::peers::by_hand\",\"message\":\"");
        line.push_str(MESSAGE);
        line.push('"');
        line.push_str(top);
        line.push_str(",\"metadata\":{\"sku\":\"");
        push_text(line, fields.sku);
        line.push_str("\",\"quantity\":");
        line.push_str(itoa::Buffer::new().format(fields.quantity));
        line.push_str(",\"price\":");
        line.push_str(zmij::Buffer::new().format(fields.price));
        line.push_str(",\"gift\":");
        line.push_str(if fields.gift { "true" } else { "false" });
        line.push_str(",\"customer\":\"");
        write!(Escaping(line), "{}", fields.customer).unwrap();
        line.push('"');
        line.push_str(metadata);
        line.push_str("}}\n");
        write(line);
    });
}

fn in_spans(within: impl FnOnce()) {
    BUFFERS.with_borrow_mut(|Buffers { top, metadata, .. }| {
        let fields = request();
        for (key, value) in
            [("request_id", fields.request_id), ("method", fields.method), ("path", fields.path)]
        {
            push_pair(top, key, value);
        }
        let fields = pricing();
        metadata.push_str(",\"order_id\":");
        metadata.push_str(itoa::Buffer::new().format(fields.order_id));
        push_pair(metadata, "region", fields.region);
        metadata.push_str(",\"attempt\":");
        metadata.push_str(itoa::Buffer::new().format(fields.attempt));
    });
    within();
    BUFFERS.with_borrow_mut(|Buffers { top, metadata, .. }| {
        top.clear();
        metadata.clear();
    });
}

struct Escaping<'a>(&'a mut String);

impl std::fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        push_text(self.0, text);
        Ok(())
    }
}
