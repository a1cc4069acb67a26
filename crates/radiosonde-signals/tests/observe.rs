//! `#[observe]` on functions of every shape, in the registry of the process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_metrics::Registry;
use radiosonde_signals::observe;

struct Opaque;

#[observe]
fn plain(a: u32, b: &str) -> u32 {
    a + u32::try_from(b.len()).unwrap_or(0)
}

#[observe(name = "fallible_work")]
fn fallible(fail: bool) -> Result<u32, std::num::ParseIntError> {
    if fail {
        return "x".parse();
    }
    let parsed: u32 = "3".parse()?;
    Ok(parsed)
}

#[observe]
fn opaque_error() -> Result<(), Opaque> {
    Err(Opaque)
}

#[observe]
fn with_impl_trait(n: u32) -> impl Iterator<Item = u32> {
    0..n
}

#[observe]
async fn asynchronous<T: Clone>(value: &T, fail: bool) -> Result<T, String> {
    tokio::task::yield_now().await;
    if fail {
        Err("no".to_owned())?
    }
    Ok(value.clone())
}

#[observe]
async fn nothing() {}

struct Shop {
    sold: u32,
}

impl Shop {
    #[observe]
    fn sell(&mut self, items: u32) -> Result<(), String> {
        self.sold += items;
        Ok(())
    }

    #[observe]
    async fn sell_later(&mut self, items: u32) -> Result<(), String> {
        self.sold += items;
        Ok(())
    }
}

#[tokio::test]
async fn the_attribute_observes_functions_of_every_shape() {
    assert_eq!(plain(1, "ab"), 3);
    assert!(fallible(true).is_err());
    assert_eq!(fallible(false), Ok(3));
    assert!(opaque_error().is_err());
    assert_eq!(with_impl_trait(3).count(), 3);
    assert_eq!(asynchronous(&5, false).await, Ok(5));
    assert!(asynchronous(&5, true).await.is_err());
    nothing().await;
    let mut shop = Shop { sold: 0 };
    shop.sell(2).unwrap();
    shop.sell_later(3).await.unwrap();
    assert_eq!(shop.sold, 5);
    let text = Registry::global().text();
    for (operation, completed, failed) in [
        ("plain", 1, 0),
        ("fallible_work", 1, 1),
        ("opaque_error", 0, 1),
        ("with_impl_trait", 1, 0),
        ("asynchronous", 1, 1),
        ("nothing", 1, 0),
        ("sell", 1, 0),
        ("sell_later", 1, 0),
    ] {
        for (outcome, times) in [("completed", completed), ("failed", failed)] {
            let line =
                format!("operation_calls_total{{operation=\"{operation}\",outcome=\"{outcome}\"}} {times}\n");
            assert!(text.contains(&line), "no {line} in {text}");
        }
    }
}
