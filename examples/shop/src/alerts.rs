//! Alerts that no objective has.

use std::time::Duration;

use radiosonde::alerts::{AlertRule, Condition, Value};
use radiosonde::signals::{Severity, Work};

use crate::options::Role;

const FIVE_MINUTES: Duration = Duration::from_secs(300);

pub(crate) fn of(role: Role) -> Vec<AlertRule> {
    match role {
        Role::Gateway => vec![
            owned(AlertRule::new("OrdersBudgetLow", Condition::budget_below("orders_available", 0.25)))
                .summary("{value} of the error budget of orders is left."),
        ],
        Role::Orders => Vec::new(),
        Role::Payments => {
            let failing =
                Value::error_ratio(Work::of_kind("business").named("payments_processed_total"), FIVE_MINUTES);
            let rule = AlertRule::new("PaymentsFailing", Condition::above(failing, 0.5))
                .severity(Severity::Critical);
            vec![owned(rule).summary("{value} of the payments of five minutes have failed.")]
        }
    }
}

fn owned(rule: AlertRule) -> AlertRule {
    rule.hold(FIVE_MINUTES).label("owner", "shop")
}
