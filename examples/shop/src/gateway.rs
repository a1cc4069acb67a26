//! The front door: takes orders and sign-ups, and hands orders on.

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use radiosonde::metrics::Counter;
use radiosonde::signals::BusinessMetric;
use serde::Deserialize;
use tracing::{error, info, instrument};

use crate::call::{Answer, CallError, Caller};
use crate::options::{One, Role};
use crate::order::OrderRequest;
use crate::service::Service;

#[derive(Debug, Clone)]
struct Gateway {
    orders: Caller,
    signups: BusinessMetric<Counter>,
}

pub(crate) async fn run(options: One) -> Result<(), Box<dyn Error>> {
    let service = Service::start(Role::Gateway, &options).await?;
    service.depends_on("orders", options.next);
    let signups = BusinessMetric::counter("user_signups_total", "New users.");
    let gateway = Gateway {
        orders: Caller::new(service.telemetry(), options.next),
        signups: signups.registry(service.telemetry().registry()).build()?,
    };
    let routes = Router::new()
        .route("/orders", post(create_order))
        .route("/orders/{id}", get(show_order))
        .route("/signups", post(sign_up))
        .with_state(gateway);
    service.serve(routes, async {}).await
}

/// `user_id` is a field of the span, and so of every line that is written in it.
#[instrument(skip_all, fields(user_id = order.user))]
async fn create_order(State(gateway): State<Gateway>, Json(order): Json<OrderRequest>) -> Response {
    info!(article = order.article, quantity = order.quantity, "order received");
    hand_back(gateway.orders.post("/orders", &order).await)
}

async fn show_order(State(gateway): State<Gateway>, Path(id): Path<u64>) -> Response {
    hand_back(gateway.orders.get("/orders/{id}", &format!("/orders/{id}")).await)
}

fn hand_back(answer: Result<Answer, CallError>) -> Response {
    match answer {
        Ok(answer) => answer.into_response(),
        Err(error) => {
            error!(error = &error as &dyn Error, "orders cannot be reached");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

#[derive(Debug, Deserialize)]
struct SignUp {
    user: String,
}

#[instrument(skip_all, fields(user_id = new.user))]
async fn sign_up(State(gateway): State<Gateway>, Json(new): Json<SignUp>) -> StatusCode {
    gateway.signups.inc();
    info!("user signed up");
    StatusCode::CREATED
}
