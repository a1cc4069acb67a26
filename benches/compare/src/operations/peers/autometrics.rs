//! `autometrics` with its `prometheus` feature.

use autometrics::autometrics;
use autometrics::settings::AutometricsSettings;

use crate::harness::Contender;
use crate::work::{ASYNC_ERROR, ASYNC_OK, BUCKETS, NoPrice, SYNC_ERROR, SYNC_OK, price, ready};

#[autometrics]
fn price_order(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    price(quantity, fails)
}

#[autometrics]
async fn price_order_async(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    price(quantity, fails)
}

pub fn contender() -> Contender {
    let settings = AutometricsSettings::builder().histogram_buckets(BUCKETS).service_name("compare");
    settings.try_init().expect("the settings are made once");
    Contender::new("autometrics, prometheus")
        .case(SYNC_OK, |n| drop(price_order(n, false)))
        .case(SYNC_ERROR, |n| drop(price_order(n, true)))
        .case(ASYNC_OK, |n| drop(ready(price_order_async(n, false))))
        .case(ASYNC_ERROR, |n| drop(ready(price_order_async(n, true))))
}
