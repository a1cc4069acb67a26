//! Channels with the golden signals of a queue.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;
use radiosonde_signals::{Limit, Queue, Worker};
use radiosonde_testkit::ManualClock;
use radiosonde_tokio::{channel, unbounded_channel};
use radiosonde_trace::{CaptureSpans, SpanKind, TracePipeline, context_of};
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};
use tracing::{Instrument as _, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const QUEUE: [(&str, &str); 1] = [("queue", "mail")];

struct Mail {
    registry: Registry,
    clock: ManualClock,
    queue: Queue,
}

impl Mail {
    fn new() -> Self {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let queue =
            Queue::builder("mail").registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
        Self { registry, clock, queue }
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn result(&self, result: &str) -> f64 {
        let labels = [("queue", "mail"), ("result", result)];
        self.registry.snapshot().value("queue_messages_total", &labels).unwrap()
    }

    /// Depth, messages that got in, received messages and the sum of their waits.
    fn state(&self) -> [f64; 4] {
        let snapshot = self.registry.snapshot();
        let of = |name| snapshot.value(name, &QUEUE).unwrap();
        let waits = snapshot.series("queue_wait_seconds", &QUEUE).unwrap();
        let received = waits.number();
        assert_eq!(self.result("received"), received);
        let got_in = of("queue_depth") + received + self.result("dropped");
        [of("queue_depth"), got_in, received, waits.value().sum()]
    }

    /// Messages refused by a full and by a closed channel, and messages lost inside.
    fn errors(&self) -> [f64; 3] {
        ["full", "closed", "dropped"].map(|result| self.result(result))
    }
}

/// Polls a future once.
fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The value of a future that does not wait.
fn now<F: Future>(future: F) -> F::Output {
    match poll(pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_channel_measures_its_depth_its_capacity_and_the_wait() {
    let mail = Mail::new();
    let (sender, mut receiver) = channel(&mail.queue, 4);
    now(sender.send("first")).unwrap();
    mail.wait(2);
    sender.clone().try_send("second").unwrap();
    assert_eq!(mail.state(), [2.0, 2.0, 0.0, 0.0]);
    let share = mail.queue.signals().saturation().unwrap().share(&mail.registry.snapshot());
    assert_eq!((share, sender.capacity(), sender.max_capacity()), (Some(0.5), 2, 4));
    mail.wait(3);
    assert_eq!(now(receiver.recv()).unwrap().into_message(), "first");
    assert_eq!(mail.state(), [1.0, 2.0, 1.0, 5.0]);
    assert_eq!(receiver.try_recv().unwrap().into_message(), "second");
    assert_eq!(mail.state(), [0.0, 2.0, 2.0, 8.0]);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(now(receiver.recv()), None);
    assert_eq!(mail.errors(), [0.0; 3]);
}

#[test]
fn the_wait_includes_the_time_for_which_a_full_channel_holds_back() {
    let mail = Mail::new();
    let (sender, mut receiver) = channel(&mail.queue, 1);
    sender.try_send(1).unwrap();
    let mut second = pin!(sender.send(2));
    assert!(poll(second.as_mut()).is_pending());
    mail.wait(4);
    assert_eq!(mail.state(), [1.0, 1.0, 0.0, 0.0], "the second is not inside");
    let _ = now(receiver.recv()).unwrap();
    now(second).unwrap();
    mail.wait(1);
    let _ = now(receiver.recv()).unwrap();
    assert_eq!(mail.state(), [0.0, 2.0, 2.0, 4.0 + 5.0]);
}

#[test]
fn refused_messages_come_back_and_count_by_their_reason() {
    let mail = Mail::new();
    let (sender, mut receiver) = channel(&mail.queue, 1);
    sender.try_send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(mail.errors(), [1.0, 0.0, 0.0]);
    receiver.close();
    assert!(sender.is_closed());
    now(sender.closed());
    assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(now(sender.send(4)).unwrap_err().0, 4);
    assert_eq!(mail.errors(), [1.0, 2.0, 0.0]);
    assert_eq!((receiver.len(), receiver.is_empty()), (1, false));
    assert_eq!(now(receiver.recv()).unwrap().into_message(), 1, "what is inside is received");
    assert_eq!(now(receiver.recv()), None);
    assert_eq!(mail.state(), [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn messages_that_lose_their_receiver_leave_no_depth() {
    let mail = Mail::new();
    let (sender, receiver) = channel(&mail.queue, 3);
    let message = Arc::new(());
    for _ in 0..3 {
        sender.try_send(Arc::clone(&message)).unwrap();
    }
    drop(receiver);
    assert_eq!(Arc::strong_count(&message), 1);
    assert_eq!((mail.state(), mail.errors()), ([0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 3.0]));
}

#[test]
fn a_send_that_is_given_up_sends_nothing_and_counts_as_cancelled() {
    let mail = Mail::new();
    let (sender, mut receiver) = channel(&mail.queue, 1);
    sender.try_send(1).unwrap();
    {
        let mut given_up = pin!(sender.send(2));
        assert!(poll(given_up.as_mut()).is_pending());
        assert_eq!(mail.result("cancelled"), 0.0);
    }
    assert_eq!(mail.result("cancelled"), 1.0);
    drop(sender.send(9));
    assert_eq!(mail.result("cancelled"), 1.0, "it was never tried");
    assert_eq!(now(receiver.recv()).unwrap().into_message(), 1);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.try_send(3).unwrap();
    assert_eq!((mail.state(), mail.errors()), ([1.0, 2.0, 1.0, 0.0], [0.0; 3]));
}

#[test]
fn channels_of_one_queue_add_their_capacities() {
    let mail = Mail::new();
    let capacity = || mail.registry.snapshot().value("queue_capacity", &QUEUE);
    let (first, from_first) = channel(&mail.queue, 4);
    let (_second, _from_second) = channel::<()>(&mail.queue, 6);
    first.try_send(1).unwrap();
    let share = || mail.queue.signals().saturation().unwrap().share(&mail.registry.snapshot());
    assert_eq!((capacity(), share()), (Some(10.0), Some(0.1)));
    drop(from_first);
    assert_eq!((capacity(), share()), (Some(6.0), Some(0.0)), "nothing waits without a receiver");
}

#[test]
fn a_thread_can_wait_for_a_place() {
    let mail = Mail::new();
    let (sender, mut receiver) = channel(&mail.queue, 1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for message in 0..100 {
                sender.blocking_send(message).unwrap();
            }
        });
        for message in 0..100 {
            assert_eq!(receiver.blocking_recv().unwrap().into_message(), message);
        }
    });
    drop(receiver);
    assert_eq!(sender.blocking_send(7).unwrap_err().0, 7);
    assert_eq!((mail.state()[..3].to_vec(), mail.errors()), (vec![0.0, 100.0, 100.0], [0.0, 1.0, 0.0]));
}

#[test]
fn a_receive_that_is_given_up_loses_no_message() {
    let mail = Mail::new();
    let (sender, mut receiver) = channel(&mail.queue, 4);
    assert!(poll(pin!(receiver.recv())).is_pending());
    let mut many = Vec::new();
    assert!(poll(pin!(receiver.recv_many(&mut many, 2))).is_pending());
    for message in 1..=3 {
        sender.try_send(message).unwrap();
    }
    assert_eq!(now(receiver.recv_many(&mut many, 2)), 2);
    assert_eq!(mail.state(), [1.0, 3.0, 2.0, 0.0]);
    assert_eq!(now(receiver.recv_many(&mut many, 0)), 0);
    assert_eq!(now(receiver.recv_many(&mut many, 9)), 1);
    drop(sender);
    assert_eq!(now(receiver.recv_many(&mut many, 9)), 0);
    let received: Vec<_> = many.into_iter().map(radiosonde_trace::Traced::into_message).collect();
    assert_eq!(received, [1, 2, 3]);
    assert_eq!(mail.state(), [0.0, 3.0, 3.0, 0.0]);
}

#[test]
fn an_unbounded_channel_has_no_capacity() {
    let mail = Mail::new();
    let (sender, mut receiver) = unbounded_channel(&mail.queue);
    for message in 0..100 {
        sender.clone().send(message).unwrap();
    }
    mail.wait(1);
    assert_eq!(mail.state(), [100.0, 100.0, 0.0, 0.0]);
    assert_eq!(mail.queue.signals().saturation().unwrap().limit(), &Limit::Unknown);
    assert_eq!(receiver.blocking_recv().unwrap().into_message(), 0);
    assert_eq!(mail.state(), [99.0, 100.0, 1.0, 1.0]);
    receiver.close();
    now(sender.closed());
    assert_eq!((sender.is_closed(), sender.send(7).unwrap_err().0), (true, 7));
    drop(receiver);
    assert_eq!((mail.state(), mail.errors()), ([0.0, 100.0, 1.0, 1.0], [0.0, 1.0, 99.0]));
}

#[test]
fn the_consumers_span_is_a_child_of_the_senders() {
    let spans = CaptureSpans::new();
    let pipeline = TracePipeline::builder(&Resource::new("test")).sink(spans.clone());
    let pipeline = pipeline.registry(&Registry::new()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    let _guard = tracing::subscriber::set_default(subscriber);
    let mail = Mail::new();
    let worker = Worker::builder("mail").registry(&mail.registry).build().unwrap();
    let (sender, mut receiver) = channel(&mail.queue, 4);
    let producer = info_span!("send mail", otel.kind = "producer");
    now(sender.send("welcome").instrument(producer.clone())).unwrap();
    now(sender.send("invoice").instrument(producer.clone())).unwrap();
    sender.try_send("sent outside of any span").unwrap();
    let sent = context_of(&producer).unwrap();
    drop(producer);

    let consumer = info_span!("receive");
    now(async {
        let received = receiver.recv().await.unwrap();
        assert_eq!(received.sender().unwrap().context(), sent);
        let task = worker.task("send_mail");
        received.carry(|mail| task.run_infallible_async(async move { assert_eq!(mail, "welcome") })).await;
        let received = receiver.recv().await.unwrap();
        received.in_scope(|_| worker.task("send_invoice").run_infallible(|| ()));
        let received = receiver.recv().await.unwrap();
        received.in_scope(|_| worker.task("send_other").run_infallible(|| ()));
    }
    .instrument(consumer));
    for name in ["send_mail", "send_invoice"] {
        let task = spans.find(name).unwrap();
        assert_eq!((task.parent, task.parent_is_remote), (Some(sent.span_id()), false), "{name}");
        assert_eq!((task.context.trace_id(), task.kind), (sent.trace_id(), SpanKind::Consumer));
    }
    let receive = spans.find("receive").unwrap();
    assert_eq!(spans.find("send_other").unwrap().parent, Some(receive.context.span_id()));
    let text = mail.registry.text();
    assert!(
        text.contains("tasks_total{state=\"completed\",task=\"send_mail\",worker=\"mail\"} 1\n"),
        "{text}"
    );
}

#[test]
fn the_exemplar_of_a_wait_is_the_senders_span() {
    let pipeline = TracePipeline::builder(&Resource::new("test")).sink(CaptureSpans::new());
    let pipeline = pipeline.registry(&Registry::new()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer());
    let _guard = tracing::subscriber::set_default(subscriber);
    let mail = Mail::new();
    let (sender, mut receiver) = unbounded_channel(&mail.queue);
    let producer = info_span!("send mail");
    producer.in_scope(|| sender.send(1)).unwrap();
    let _ = now(receiver.recv().instrument(info_span!("receive"))).unwrap();
    let open_metrics = mail.registry.encode(Format::OpenMetrics);
    let trace = format!("trace_id=\"{}\"", context_of(&producer).unwrap().trace_id());
    assert!(open_metrics.contains(&trace), "{open_metrics}");
}

mod sequences {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Send,
        Receive,
        ReceiveMany(usize),
        Wait(u64),
        Close,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => Just(Step::Send),
            5 => Just(Step::Receive),
            2 => (0..4_usize).prop_map(Step::ReceiveMany),
            3 => (0..100_u64).prop_map(Step::Wait),
            1 => Just(Step::Close),
        ]
    }

    proptest! {
        #[test]
        fn any_sequence_counts_each_message_once(
            capacity in 1..6_usize,
            steps in prop::collection::vec(step(), 0..60),
        ) {
            let mail = Mail::new();
            let (sender, mut receiver) = channel(&mail.queue, capacity);
            // When each message inside was sent.
            let (mut inside, mut now_is, mut is_closed) = (VecDeque::new(), 0, false);
            let [mut enqueued, mut received, mut waited] = [0_u64; 3];
            let [mut full, mut closed] = [0_u64; 2];
            for step in steps {
                match step {
                    Step::Send if is_closed => {
                        prop_assert_eq!(sender.try_send(()), Err(TrySendError::Closed(())));
                        closed += 1;
                    }
                    Step::Send if inside.len() == capacity => {
                        prop_assert_eq!(sender.try_send(()), Err(TrySendError::Full(())));
                        full += 1;
                    }
                    Step::Send => {
                        prop_assert_eq!(sender.try_send(()), Ok(()));
                        inside.push_back(now_is);
                        enqueued += 1;
                    }
                    Step::Receive => {
                        let was_received = receiver.try_recv().is_ok();
                        prop_assert_eq!(was_received, !inside.is_empty());
                        received += u64::from(was_received);
                        waited += inside.pop_front().map_or(0, |since| now_is - since);
                    }
                    Step::ReceiveMany(limit) if !inside.is_empty() => {
                        let many = now(receiver.recv_many(&mut Vec::new(), limit));
                        prop_assert_eq!(many, limit.min(inside.len()));
                        received += many as u64;
                        waited += inside.drain(..many).map(|since| now_is - since).sum::<u64>();
                    }
                    Step::ReceiveMany(_) => {}
                    Step::Wait(seconds) => {
                        mail.wait(seconds);
                        now_is += seconds;
                    }
                    Step::Close => {
                        receiver.close();
                        is_closed = true;
                    }
                }
                let numbers = [inside.len() as u64, enqueued, received, waited].map(number);
                prop_assert_eq!(mail.state(), numbers);
                let lag = mail.registry.snapshot().value("queue_lag_seconds", &QUEUE).unwrap();
                let oldest = inside.front().map_or(0.0, |since| number(now_is - since));
                prop_assert!(lag >= oldest && (lag > 0.0 || oldest == 0.0), "{} {}", lag, oldest);
            }
            let lost = inside.len() as u64;
            drop(receiver);
            prop_assert_eq!(mail.state(), [0, enqueued, received, waited].map(number));
            prop_assert_eq!(mail.errors(), [full, closed, lost].map(number));
            prop_assert_eq!(enqueued, received + lost);
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a few")]
    fn number(value: u64) -> f64 {
        value as f64
    }
}

#[test]
fn many_senders_and_a_receiver_that_goes_leave_no_depth() {
    const EACH: u64 = 500;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    for (capacity, stays) in [(1, true), (64, true), (8, false)] {
        let mail = Mail::new();
        let (sender, mut receiver) = channel(&mail.queue, capacity);
        let (sent, received) = runtime.block_on(async {
            let senders: Vec<_> = (0..4)
                .map(|_| {
                    let sender = sender.clone();
                    tokio::spawn(async move {
                        let mut sent = 0_u64;
                        for message in 0..EACH {
                            sent += u64::from(sender.send(message).await.is_ok());
                        }
                        sent
                    })
                })
                .collect();
            drop(sender);
            let mut received = 0_u64;
            while receiver.recv().await.is_some() {
                received += 1;
                if !stays && received == EACH {
                    break;
                }
            }
            drop(receiver);
            let mut sent = 0;
            for sender in senders {
                sent += sender.await.unwrap();
            }
            (sent, received)
        });
        #[allow(clippy::cast_precision_loss, reason = "a few")]
        let [sent, received] = [sent, received].map(|count| count as f64);
        assert_eq!(mail.state(), [0.0, sent, received, 0.0]);
        let [full, closed, dropped] = mail.errors();
        assert_eq!((full, dropped, closed > 0.0), (0.0, sent - received, !stays));
    }
}
