//! A client of reqwest.

use http::Request;
use radiosonde_tower::{ReqwestService, Route};
use tower::{ServiceBuilder, ServiceExt as _};

use crate::{recorded, serve};

#[tokio::test]
async fn a_client_of_reqwest_is_recorded() {
    let (address, recorded) = (serve().await, recorded());
    let client = ReqwestService::new(reqwest::Client::new());
    let client = ServiceBuilder::new().layer(recorded.layer.clone()).service(client);
    let request = Request::get(format!("http://{address}/orders/7")).extension(Route::new("/orders/{id}"));
    let response = client.clone().oneshot(request.body(reqwest::Body::default()).unwrap()).await.unwrap();
    let response = reqwest::Response::from(response.map(reqwest::Body::wrap));
    let sent = response.error_for_status().unwrap().bytes().await.unwrap();
    recorded.check("127.0.0.1", address.port(), &sent);

    let relative = Request::get("/orders/7").body(reqwest::Body::default()).unwrap();
    assert!(client.oneshot(relative).await.unwrap_err().is_builder());
    let failed = "http_client_requests_total{method=\"GET\",server=\"_unknown\",status=\"_error\"} 1\n";
    assert!(recorded.registry.text().contains(failed));
}
