use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Duration;

use emit::event::ToEvent;
use emit::runtime::AmbientSlot;
use emit::well_known::{KEY_MDL, KEY_MSG, KEY_TS};
use emit::{Emitter, Event, Frame, Props};
use emit_batcher::Sender;

use crate::harness::Contender;
use crate::scene::{fields, pricing, request};
use crate::sink::{Drained, Null, QUEUED_LINES};
use crate::{IN_SPANS, NO_SPAN, NON_BLOCKING, OFF, OPENED};

static NOW: AmbientSlot = AmbientSlot::new();
static QUEUED: AmbientSlot = AmbientSlot::new();

/// Its spans write a line when they end, so the fields around an event are pushed onto its context instead.
pub fn contender() -> Contender {
    let filter = || emit::level::min_filter(emit::Level::Info);
    let _ = emit::setup().emit_to(Writing(Mutex::default())).emit_when(filter()).init_slot(&NOW);
    let drained = Drained::default();
    // As in emit_file: rendered by the caller, into a separate box.
    let (sender, receiver) = emit_batcher::bounded::<Vec<Box<[u8]>>>(QUEUED_LINES);
    let mut writer = drained.clone();
    emit_batcher::sync::spawn("emit", receiver, move |lines| {
        lines.iter().for_each(|line| writer.write_all(line).unwrap());
        Ok(())
    })
    .unwrap();
    let _ = emit::setup().emit_to(Queueing(sender)).emit_when(filter()).init_slot(&QUEUED);
    let settling = drained.clone();
    Contender::new("emit")
        .case(NO_SPAN, |n| event(&NOW, n))
        .batch(IN_SPANS, |times| in_spans(&NOW, || (0..times).for_each(|n| event(&NOW, n))), || ())
        .case(OPENED, |n| in_spans(&NOW, || event(&NOW, n)))
        .batch(
            NON_BLOCKING,
            move |times| {
                in_spans(&QUEUED, || (0..times).for_each(|n| event(&QUEUED, n)));
                drained.sent(times);
            },
            move || settling.settle(),
        )
        .case(OFF, |n| disabled(&NOW, n))
}

struct Writing(Mutex<Vec<u8>>);

impl Emitter for Writing {
    fn emit<E: ToEvent>(&self, event: E) {
        let mut line = self.0.lock().unwrap();
        line.clear();
        push_line(&mut line, &event.to_event());
        Null.write_all(&line).unwrap();
    }

    fn blocking_flush(&self, _: Duration) -> bool {
        true
    }
}

struct Queueing(Sender<Vec<Box<[u8]>>>);

impl Emitter for Queueing {
    fn emit<E: ToEvent>(&self, event: E) {
        let mut line = Vec::new();
        push_line(&mut line, &event.to_event());
        self.0.send(line.into_boxed_slice());
    }

    fn blocking_flush(&self, timeout: Duration) -> bool {
        emit_batcher::blocking_flush(&self.0, timeout)
    }
}

/// Writes the line of emit_file, without the template.
fn push_line(out: &mut Vec<u8>, event: &Event<'_, impl Props>) {
    struct Line<'a, P>(&'a Event<'a, P>);

    impl<P: Props> sval::Value for Line<'_, P> {
        fn stream<'sval, S: sval::Stream<'sval> + ?Sized>(&'sval self, stream: &mut S) -> sval::Result {
            stream.record_begin(None, None, None, None)?;
            if let Some(extent) = self.0.extent() {
                stream.record_value_begin(None, &sval::Label::new(KEY_TS))?;
                sval::stream_display(&mut *stream, extent.as_point())?;
                stream.record_value_end(None, &sval::Label::new(KEY_TS))?;
            }
            stream.record_value_begin(None, &sval::Label::new(KEY_MDL))?;
            sval::stream_display(&mut *stream, self.0.mdl())?;
            stream.record_value_end(None, &sval::Label::new(KEY_MDL))?;
            stream.record_value_begin(None, &sval::Label::new(KEY_MSG))?;
            sval::stream_display(&mut *stream, self.0.msg())?;
            stream.record_value_end(None, &sval::Label::new(KEY_MSG))?;
            let mut result = Ok(());
            let _ = self.0.props().dedup().for_each(|key, value| {
                let label = sval::Label::new_computed(key.get());
                result = (|| {
                    stream.record_value_begin(None, &label)?;
                    stream.value_computed(&value)?;
                    stream.record_value_end(None, &label)
                })();
                if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            result?;
            stream.record_end(None, None, None)
        }
    }

    sval_json::stream_to_io_write(&mut *out, Line(event)).unwrap();
    out.push(b'\n');
}

fn event(slot: &'static AmbientSlot, n: u64) {
    let fields = fields(n);
    emit::info!(
        rt: slot.get(),
        "order priced",
        sku: fields.sku,
        quantity: fields.quantity,
        price: fields.price,
        gift: fields.gift,
        #[emit::as_display]
        customer: fields.customer,
    );
}

fn disabled(slot: &'static AmbientSlot, n: u64) {
    let fields = fields(n);
    emit::debug!(
        rt: slot.get(),
        "order priced",
        sku: fields.sku,
        quantity: fields.quantity,
        price: fields.price,
        gift: fields.gift,
        #[emit::as_display]
        customer: fields.customer,
    );
}

fn in_spans(slot: &'static AmbientSlot, within: impl FnOnce()) {
    let fields = request();
    let outer = emit::props! {
        request_id: fields.request_id,
        method: fields.method,
        path: fields.path,
    };
    Frame::push(slot.get().ctxt(), outer).call(|| {
        let fields = pricing();
        let inner = emit::props! {
            order_id: fields.order_id,
            region: fields.region,
            attempt: fields.attempt,
        };
        Frame::push(slot.get().ctxt(), inner).call(within);
    });
}
