//! Payments: takes them by HTTP, and has them done by a worker behind a channel.

use std::error::Error;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use radiosonde::metrics::{Counter, Family, GaugeGuard, IntGauge};
use radiosonde::trace::Traced;
use radiosonde::{LabelValue, Labels, Operation};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, error, info, info_span, instrument, warn};

use crate::options::{One, Role};
use crate::order::Payment;
use crate::provider::{self, ChargeError};
use crate::service::Service;

/// What the channel carries: the job, and the context of the span that sent it.
type Message = Traced<Job>;

#[derive(Debug)]
struct Job {
    payment: Payment,
    answer: oneshot::Sender<Status>,
    /// Counts the job as waiting until it is dropped, wherever that happens.
    _waiting: GaugeGuard,
}

#[derive(Debug, Clone, Copy, LabelValue)]
enum Status {
    Approved,
    Declined,
    Failed,
}

#[derive(Debug, Labels)]
struct Processed {
    status: Status,
}

#[derive(Debug, Clone)]
struct Desk {
    jobs: mpsc::Sender<Message>,
    waiting: IntGauge,
}

pub(crate) async fn run(options: One) -> Result<(), Box<dyn Error>> {
    let service = Service::start(Role::Payments, &options).await?;
    let registry = service.telemetry().registry();
    let processed = registry.counter("payments_processed_total", "Payments, by how they ended.").family()?;
    let waiting = registry.int_gauge("payments_waiting", "Payments that wait or are being made.").build()?;
    let charge = Operation::in_registry(registry, "charge_payment")?;

    let (jobs, received) = mpsc::channel(100);
    let worker = tokio::spawn(work(received, processed, charge));
    let routes = Router::new().route("/payments", post(pay)).with_state(Desk { jobs, waiting });
    // The worker ends when the routes, and with them the channel's sending end, are gone.
    service.serve(routes, async { worker.await.expect("the worker does not panic") }).await
}

#[instrument(skip_all, fields(order_id = payment.order_id))]
async fn pay(State(desk): State<Desk>, Json(payment): Json<Payment>) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    let job = Job { payment, answer, _waiting: desk.waiting.hold() };
    let send = async { desk.jobs.send(Traced::new(job)).await };
    if send.instrument(info_span!("send payments", otel.kind = "producer")).await.is_err() {
        error!("the worker is gone");
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    match answered.await {
        Ok(Status::Approved) => StatusCode::OK,
        Ok(Status::Declined) => StatusCode::PAYMENT_REQUIRED,
        Ok(Status::Failed) | Err(_) => StatusCode::BAD_GATEWAY,
    }
}

async fn work(
    mut messages: mpsc::Receiver<Message>,
    processed: Family<Counter, Processed>,
    charge: Operation,
) {
    while let Some(message) = messages.recv().await {
        // The worker's span is the child of the one that sent the message: the trace goes on.
        let order_id = message.message().payment.order_id;
        let (job, span) = message.resume(info_span!("process payments", otel.kind = "consumer", order_id));
        let Job { payment, answer, .. } = job;
        let status = settle(&payment, &charge).instrument(span).await;
        processed.with(&Processed { status }).inc();
        // The caller may have gone away.
        let _ = answer.send(status);
    }
}

async fn settle(payment: &Payment, charge: &Operation) -> Status {
    let cents = payment.cents;
    match charge.run_async(provider::charge(payment)).await {
        Ok(()) => {
            info!(cents, "payment approved");
            Status::Approved
        }
        Err(ChargeError::Declined) => {
            warn!(cents, "payment declined");
            Status::Declined
        }
        Err(error) => {
            error!(error = &error as &dyn Error, cents, "payment failed");
            Status::Failed
        }
    }
}
