//! Stands for a payment provider, over a protocol of its own. Its answer depends on the token.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use radiosonde::Registry;
use radiosonde::metrics::RegisterError;
use radiosonde::signals::{Dependency, ErrorKind};
use tokio::time::sleep;
use tracing::warn;

use crate::order::Payment;

#[derive(Debug, Clone)]
pub(crate) struct Provider(Dependency);

impl Provider {
    pub(crate) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        Dependency::builder("provider").errors::<ChargeError>().registry(registry).build().map(Self)
    }

    pub(crate) async fn charge(&self, payment: &Payment) -> Result<(), ChargeError> {
        self.0.call("charge_payment").run_async(answer(&payment.token)).await
    }
}

async fn answer(token: &str) -> Result<(), ChargeError> {
    sleep(Duration::from_millis(10)).await;
    match token {
        "tok_declined" => Err(ChargeError::Declined),
        "tok_offline" => Err(ChargeError::Offline(io::ErrorKind::ConnectionReset.into())),
        "tok_slow" => {
            sleep(Duration::from_millis(400)).await;
            warn!("the payment provider is slow");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The variants are the kinds of errors in the metrics.
#[derive(Debug, ErrorKind)]
pub(crate) enum ChargeError {
    Declined,
    Offline(io::Error),
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declined => "declined",
            Self::Offline(_) => "the payment provider does not answer",
        })
    }
}

impl Error for ChargeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Declined => None,
            Self::Offline(error) => Some(error),
        }
    }
}
