//! What `derive(Labels)` makes of a struct, as it comes out of a scrape.

use radiosonde_metrics::{LabelValue, Labels, Registry, StatusClass};

#[derive(LabelValue)]
#[label(rename_all = "kebab-case")]
enum Method {
    CreditCard,
    #[label(rename = "bank")]
    BankTransfer,
}

#[derive(Labels)]
struct Reply {
    class: StatusClass,
    cached: Option<bool>,
}

#[derive(Labels)]
#[label(rename_all = "camelCase")]
struct Payment {
    #[label(flatten)]
    reply: Reply,
    paid_by: Method,
    #[label(skip)]
    amount: u64,
    #[label(rename = "first_one")]
    first: bool,
}

#[derive(Labels)]
struct Borrowed<'a> {
    #[label(flatten)]
    reply: &'static Never,
    shop_name: &'a str,
    shop_city: Option<&'a str>,
}

/// Labels by hand, behind a reference.
struct Never;

impl Labels for &'static Never {
    fn names() -> Vec<&'static str> {
        vec!["never"]
    }

    fn visit(&self, mut see: impl FnMut(&str)) {
        see("0");
    }
}

fn payments() -> Vec<Payment> {
    let mut all = Vec::new();
    for status in [100, 200, 300, 400, 500] {
        for cached in [None, Some(false), Some(true)] {
            for first in [false, true] {
                for paid_by in [Method::CreditCard, Method::BankTransfer] {
                    let reply = Reply { class: status.into(), cached };
                    all.push(Payment { reply, paid_by, amount: all.len() as u64, first });
                }
            }
        }
    }
    all
}

#[test]
fn names_are_flattened_renamed_and_skipped() {
    assert_eq!(Payment::names(), ["class", "cached", "paidBy", "first_one"]);
    assert_eq!(Borrowed::names(), ["never", "shop_name", "shop_city"]);
}

#[test]
fn a_flattened_set_of_enums_stays_an_array_in_which_each_set_has_its_place() {
    assert_eq!(Payment::CARDINALITY, Some(60));
    let mut numbers: Vec<_> = payments().iter().map(Labels::index).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    assert_eq!(Borrowed::CARDINALITY, None);
}

#[test]
fn each_set_is_a_series_with_its_own_labels() {
    let registry = Registry::new();
    let family = registry.int_gauge("payments", "Payments.").family::<Payment>().unwrap();
    let all = payments();
    for payment in &all {
        family.with(payment).set(i64::try_from(payment.amount).unwrap());
    }
    let text = registry.text();
    assert_eq!(text.matches("\npayments{").count(), 60);
    for payment in &all {
        let mut values = Vec::new();
        payment.visit(|value| values.push(value.to_owned()));
        let [class, cached, paid_by, first] = &values[..] else { panic!("{values:?}") };
        let line = format!(
            "payments{{cached={cached:?},class={class:?},first_one={first:?},paidBy={paid_by:?}}} {}\n",
            payment.amount
        );
        assert!(text.contains(&line), "{line}");
    }
}

#[test]
fn borrowed_and_absent_values_are_looked_up_as_they_are() {
    let registry = Registry::new();
    let family = registry.counter("shops_total", "Shops.").family::<Borrowed<'_>>().unwrap();
    let name = String::from("a");
    family.with(&Borrowed { reply: &Never, shop_name: &name, shop_city: None }).inc();
    family.with(&Borrowed { reply: &Never, shop_name: &name, shop_city: Some("Delft") }).inc_by(2);
    let text = registry.text();
    assert!(text.contains("shops_total{never=\"0\",shop_city=\"\",shop_name=\"a\"} 1\n"), "{text}");
    assert!(text.contains("shops_total{never=\"0\",shop_city=\"Delft\",shop_name=\"a\"} 2\n"), "{text}");
}

#[test]
fn a_name_that_stands_twice_because_of_flattening_is_refused_when_declared() {
    #[derive(Labels)]
    struct Twice {
        #[label(flatten)]
        reply: Reply,
        class: bool,
    }
    let error = Registry::new().gauge("twice", "Twice.").family::<Twice>().unwrap_err();
    assert!(error.to_string().contains("\"class\" twice"), "{error}");
    let twice = Twice { reply: Reply { class: 200.into(), cached: None }, class: true };
    assert_eq!((twice.index(), twice.reply.class), (7, StatusClass::Successful));
}

#[derive(LabelValue)]
enum Forward {
    Card,
    Cash,
}

#[derive(LabelValue)]
enum Backward {
    Cash,
    Card,
}

#[derive(Labels)]
struct ByForward {
    method: Forward,
}

#[derive(Labels)]
struct ByBackward {
    method: Backward,
}

#[test]
fn declarations_of_one_metric_share_its_series_however_their_labels_are_numbered() {
    let registry = Registry::new();
    let declare = || registry.counter("paid_total", "Paid.");
    let forward = declare().family::<ByForward>().unwrap();
    let backward = declare().family::<ByBackward>().unwrap();
    let named = declare().labels(&["method"]).unwrap();
    for _ in 0..2 {
        forward.with(&ByForward { method: Forward::Card }).inc();
        backward.with(&ByBackward { method: Backward::Card }).inc();
        named.with(&["card"]).inc();
        forward.with(&ByForward { method: Forward::Cash }).inc_by(10);
        backward.with(&ByBackward { method: Backward::Cash }).inc_by(10);
    }
    let text = registry.text();
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("paid_total{")).collect();
    assert_eq!(lines, ["paid_total{method=\"card\"} 6", "paid_total{method=\"cash\"} 40"]);
}

#[test]
fn a_full_family_of_enums_counts_every_look_up_that_overflows() {
    let registry = Registry::new();
    let family = registry.counter("paid_total", "Paid.").max_series(1).family::<ByForward>().unwrap();
    for _ in 0..3 {
        family.with(&ByForward { method: Forward::Card }).inc();
        family.with(&ByForward { method: Forward::Cash }).inc();
    }
    let text = registry.text();
    assert!(
        text.contains("paid_total{method=\"_overflow\"} 3\n")
            && text.contains("paid_total{method=\"card\"} 3\n")
    );
    assert!(text.contains("radiosonde_metrics_series_dropped_total{family=\"paid_total\"} 3\n"), "{text}");
}

#[test]
fn a_state_set_whose_label_the_namespace_would_spoil_is_refused() {
    #[derive(LabelValue)]
    enum State {
        Up,
    }
    let _ = State::Up;
    let registry = Registry::builder().namespace("a:b").build().unwrap();
    let error = registry.state_set::<State>("state", "State.").unwrap_err();
    assert!(matches!(error.kind(), radiosonde_metrics::error::RegisterErrorKind::Name(_)), "{error}");
}

#[test]
fn a_descriptor_lists_the_possible_values_of_typed_labels() {
    #[derive(LabelValue)]
    enum Method {
        Card,
        BankTransfer,
    }

    #[derive(Labels)]
    struct Inner {
        refunded: bool,
    }

    #[derive(Labels)]
    struct Payment<'a> {
        country: &'a str,
        method: Option<Method>,
        #[label(flatten)]
        inner: Inner,
    }

    let registry = Registry::new();
    let payments = registry.counter("payments_total", "Payments.").family::<Payment<'_>>().unwrap();
    let inner = Inner { refunded: false };
    payments.with(&Payment { country: "nl", method: Some(Method::Card), inner }).inc();
    let _ = Method::BankTransfer;
    let declared = registry.descriptors();
    let values = |label| declared[0].label_values(label).collect::<Vec<_>>();
    assert_eq!(values("method"), ["card", "bank_transfer"]);
    assert_eq!(values("refunded"), ["false", "true"]);
    assert!(values("country").is_empty() && values("colour").is_empty());
}
