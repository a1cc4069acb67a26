//! Does the planned work by every door of an operation.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use futures_util::future::{FutureExt as _, join_all};
use futures_util::stream::{self, Stream, StreamExt as _};
use radiosonde_metrics::Labels;
use radiosonde_signals::{Operation, OperationFamily, OperationNames, observe};
use tracing::Dispatch;

use crate::ledger::{Ledger, WorkError};
use crate::plan::{Door, End, Plan, Work};

#[derive(Labels)]
struct Provider<'a> {
    provider: &'a str,
}

struct Operations {
    price: Operation,
    plain: Operation,
    index: Operation,
    charge: OperationFamily<Provider<'static>>,
}

static OPERATIONS: LazyLock<Operations> = LazyLock::new(|| {
    let index = Operation::builder("index").namespace("agree").names(OperationNames::per_operation());
    let charge = Operation::builder("charge").namespace("agree").errors::<WorkError>();
    Operations {
        price: Operation::builder("price").errors::<WorkError>().build().unwrap(),
        plain: Operation::new("plain"),
        index: index.errors::<WorkError>().build().unwrap(),
        charge: charge.family().unwrap(),
    }
});

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) dispatch: Dispatch,
}

type Working = Pin<Box<dyn Future<Output = ()> + Send>>;

impl World {
    /// One call, dropped after as many polls as planned. Its result is lost, and its panic unless it bubbles.
    pub(crate) fn call(&self, plan: &Arc<Plan>) -> Working {
        let (world, plan) = (self.clone(), Arc::clone(plan));
        let call = Polled { polls: plan.polls, work: Some(world.enter(Arc::clone(&plan))) };
        Box::pin(async move {
            if let Err(panic) = AssertUnwindSafe(call).catch_unwind().await
                && plan.bubbles
            {
                resume_unwind(panic);
            }
        })
    }

    fn enter(self, plan: Arc<Plan>) -> Working {
        Box::pin(async move {
            let operation = match plan.work {
                Work::Price => OPERATIONS.price.clone(),
                Work::Plain => OPERATIONS.plain.clone(),
                Work::Index => OPERATIONS.index.clone(),
                Work::Charge(provider) => OPERATIONS.charge.with(&Provider { provider }),
                Work::Observed => return drop(observed(&self, &plan)),
                Work::ObservedLater => return drop(observed_later(&self, &plan).await),
                Work::Streamed => {
                    let mut items = pin!(streamed(self, Arc::clone(&plan)));
                    while items.next().await.is_some() {}
                    return;
                }
            };
            match plan.door {
                Door::Run => drop(operation.run(|| self.work(&plan))),
                Door::RunAsync => drop(operation.run_async(self.work_later(&plan)).await),
                Door::RunInfallible => operation.run_infallible(|| self.infallible(&plan)),
                Door::RunInfallibleAsync => {
                    operation.run_infallible_async(self.infallible_later(&plan)).await;
                }
                Door::Guard { by_result } => self.guarded(&operation, &plan, by_result),
                Door::GuardElsewhere => self.guarded_elsewhere(&operation, &plan),
                Door::GuardContinued => self.continued(&operation, &plan),
            }
        })
    }

    fn work(&self, plan: &Plan) -> Result<(), WorkError> {
        let witness = self.ledger.begins(plan.work);
        self.within(plan);
        witness.end(plan.end)
    }

    async fn work_later(&self, plan: &Plan) -> Result<(), WorkError> {
        let witness = self.ledger.begins(plan.work);
        self.within_later(plan).await;
        witness.end(plan.end)
    }

    fn infallible(&self, plan: &Plan) {
        let witness = self.ledger.begins(plan.work);
        self.within(plan);
        let _ = witness.end(if plan.end == End::Panic { End::Panic } else { End::Ok });
    }

    async fn infallible_later(&self, plan: &Plan) {
        let witness = self.ledger.begins(plan.work);
        self.within_later(plan).await;
        let _ = witness.end(if plan.end == End::Panic { End::Panic } else { End::Ok });
    }

    fn guarded(&self, operation: &Operation, plan: &Plan, by_result: bool) {
        let mut record = operation.track();
        let witness = self.ledger.begins(plan.work);
        record.in_scope(|| self.within(plan));
        if plan.end == End::Abandoned {
            return witness.abandon();
        }
        let ended = record.in_scope(|| witness.end(plan.end));
        match ended {
            ended if by_result => drop(record.finish(ended)),
            Ok(()) => record.complete(),
            Err(error) => record.fail(error),
        }
    }

    fn continued(&self, operation: &Operation, plan: &Plan) {
        let headers = HashMap::from([("traceparent", TRACEPARENT)]);
        let record = operation.track_with(|open| radiosonde_trace::continue_from(&headers, open));
        let witness = self.ledger.begins(plan.work).continues();
        let _ = record.run(|| {
            self.within(plan);
            witness.end(plan.end)
        });
    }

    fn guarded_elsewhere(&self, operation: &Operation, plan: &Plan) {
        let mut record = operation.track();
        let witness = self.ledger.begins(plan.work);
        record.in_scope(|| self.within(plan));
        let elsewhere = move || {
            if plan.end == End::Abandoned {
                return witness.abandon();
            }
            // The panic is caught, and the record dropped after that.
            let ended = catch_unwind(AssertUnwindSafe(|| record.in_scope(|| witness.end(plan.end))));
            if let Ok(ended) = ended {
                let _ = record.finish(ended);
            }
        };
        std::thread::scope(|scope| {
            let elsewhere = || tracing::dispatcher::with_default(&self.dispatch, elsewhere);
            scope.spawn(elsewhere).join().unwrap();
        });
    }

    /// The calls within a call that is not asynchronous.
    fn within(&self, plan: &Plan) {
        for inner in &plan.within {
            poll_to_the_end(self.call(&Arc::new(inner.clone())));
        }
    }

    async fn within_later(&self, plan: &Plan) {
        let mut calls = Vec::new();
        for inner in &plan.within {
            let call = self.call(&Arc::new(inner.clone()));
            if plan.concurrent {
                calls.push(call);
            } else {
                call.await;
            }
        }
        join_all(calls).await;
        for _ in 0..plan.yields {
            tokio::task::yield_now().await;
        }
    }
}

#[observe]
fn observed(world: &World, plan: &Plan) -> Result<(), WorkError> {
    world.work(plan)
}

#[observe]
async fn observed_later(world: &World, plan: &Plan) -> Result<(), WorkError> {
    world.work_later(plan).await
}

/// The call ends with its first item, which may be an error; a further one changes nothing.
#[observe]
fn streamed(world: World, plan: Arc<Plan>) -> impl Stream<Item = Result<(), WorkError>> {
    let first = stream::once(async move { world.work_later(&plan).await });
    first.chain(stream::once(async { Ok(()) }))
}

/// The context of a sender elsewhere.
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Polls without a runtime. All work wakes itself.
pub(crate) fn poll_to_the_end(mut work: Working) {
    while work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
}

/// Work that is dropped after a number of polls.
struct Polled {
    polls: Option<u8>,
    work: Option<Working>,
}

impl Future for Polled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.polls == Some(0) {
            self.work = None;
        }
        self.polls = self.polls.map(|polls| polls.saturating_sub(1));
        let Some(work) = &mut self.work else { return Poll::Ready(()) };
        work.as_mut().poll(cx)
    }
}
