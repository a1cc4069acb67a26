//! What the services say to each other.

use radiosonde::LabelValue;
use serde::{Deserialize, Serialize};

/// What a customer sends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderRequest {
    pub(crate) user: String,
    pub(crate) article: String,
    pub(crate) quantity: u32,
    pub(crate) method: Method,
    /// What stands for the card at the payment provider.
    pub(crate) token: String,
}

#[derive(Debug, Clone, Copy, LabelValue, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Card,
    BankTransfer,
    Voucher,
}

/// What a customer gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) article: String,
    pub(crate) quantity: u32,
    pub(crate) cents: u64,
    pub(crate) paid: bool,
}

/// What orders asks of payments.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) order_id: u64,
    pub(crate) cents: u64,
    pub(crate) token: String,
}
