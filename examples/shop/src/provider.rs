//! Stands for a payment provider. What it does is told by the token.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio::time::sleep;
use tracing::warn;

use crate::order::Payment;

pub(crate) async fn charge(payment: &Payment) -> Result<(), ChargeError> {
    sleep(Duration::from_millis(10)).await;
    match payment.token.as_str() {
        "tok_declined" => Err(ChargeError::Declined),
        "tok_offline" => Err(ChargeError::Provider(io::ErrorKind::ConnectionReset.into())),
        "tok_slow" => {
            sleep(Duration::from_millis(400)).await;
            warn!("the payment provider is slow");
            Ok(())
        }
        _ => Ok(()),
    }
}

#[derive(Debug)]
pub(crate) enum ChargeError {
    Declined,
    Provider(io::Error),
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declined => "declined",
            Self::Provider(_) => "the payment provider does not answer",
        })
    }
}

impl Error for ChargeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Declined => None,
            Self::Provider(error) => Some(error),
        }
    }
}
