//! Payments: takes them by HTTP, and has them done by a worker behind a channel.

use std::error::Error;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use radiosonde::metrics::Counter;
use radiosonde::signals::{BusinessMetric, BusinessMetricFamily, Queue, Worker};
use radiosonde::tokio::{Receiver, Sender, channel};
use radiosonde::{LabelValue, Labels};
use tokio::sync::oneshot;
use tracing::{error, info, instrument, warn};

use crate::options::{One, Role};
use crate::order::Payment;
use crate::provider::{ChargeError, Provider};
use crate::service::Service;

#[derive(Debug)]
struct Job {
    payment: Payment,
    answer: oneshot::Sender<Status>,
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

/// What the worker works with.
#[derive(Debug)]
struct Cashier {
    worker: Worker,
    provider: Provider,
    processed: BusinessMetricFamily<Counter, Processed>,
}

pub(crate) async fn run(options: One) -> Result<(), Box<dyn Error>> {
    let service = Service::start(Role::Payments, &options).await?;
    let registry = service.telemetry().registry();
    let processed = BusinessMetric::counter("payments_processed_total", "Payments, by how they ended.");
    let cashier = Cashier {
        worker: Worker::builder("payments").max(1).errors::<ChargeError>().registry(registry).build()?,
        provider: Provider::new(registry)?,
        processed: processed.failures("status", &["failed"]).registry(registry).family()?,
    };
    let (jobs, received) = channel(&Queue::builder("payments").registry(registry).build()?, 100);
    let worker = tokio::spawn(cashier.work(received));
    let routes = Router::new().route("/payments", post(pay)).with_state(jobs);
    // The worker ends when the routes, and with them the channel's sending end, are gone.
    service.serve(routes, async { worker.await.expect("the worker does not panic") }).await
}

#[instrument(skip_all, fields(order_id = payment.order_id))]
async fn pay(State(jobs): State<Sender<Job>>, Json(payment): Json<Payment>) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    if jobs.send(Job { payment, answer }).await.is_err() {
        error!("the worker is gone");
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    match answered.await {
        Ok(Status::Approved) => StatusCode::OK,
        Ok(Status::Declined) => StatusCode::PAYMENT_REQUIRED,
        Ok(Status::Failed) | Err(_) => StatusCode::BAD_GATEWAY,
    }
}

impl Cashier {
    async fn work(self, mut jobs: Receiver<Job>) {
        while let Some(job) = jobs.recv().await {
            // The task's span is the child of the one that sent the job: the trace goes on.
            job.carry(|Job { payment, answer }| async {
                let task = self.worker.task("process_payment");
                let status = task.run_async(self.settle(payment)).await.unwrap_or(Status::Failed);
                self.processed.with(&Processed { status }).inc();
                // The caller may have gone away.
                let _ = answer.send(status);
            })
            .await;
        }
    }

    /// A declined payment is not a failure of the worker.
    async fn settle(&self, payment: Payment) -> Result<Status, ChargeError> {
        let Payment { order_id, cents, .. } = payment;
        match self.provider.charge(&payment).await {
            Ok(()) => {
                info!(order_id, cents, "payment approved");
                Ok(Status::Approved)
            }
            Err(ChargeError::Declined) => {
                warn!(order_id, cents, "payment declined");
                Ok(Status::Declined)
            }
            Err(error) => {
                error!(error = &error as &dyn Error, order_id, cents, "payment failed");
                Err(error)
            }
        }
    }
}
