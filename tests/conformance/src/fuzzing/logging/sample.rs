use std::error::Error;
use std::fmt;

use serde_json::{Value as Json, json};
use tracing::field::{Value, debug, display};

use super::input::Input;

/// A value of every kind in `tracing`.
#[derive(Debug, Clone)]
pub(super) enum Sample {
    Str(String),
    Debug(String),
    Display(Pieces),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Error(Chain),
}

impl Sample {
    pub(super) fn read(input: &mut Input<'_>) -> Self {
        match input.byte() % 12 {
            0 => Self::Str(input.text()),
            1 => Self::Debug(input.text()),
            2 => Self::Display(Pieces { texts: vec![input.text(), input.text()], fails: false }),
            3 => Self::I64(i64::from_le_bytes(input.array())),
            4 => Self::U64(u64::from_le_bytes(input.array())),
            5 => Self::I128(i128::from_le_bytes(input.array())),
            6 => Self::U128(u128::from_le_bytes(input.array())),
            7 => Self::F64(f64::from_le_bytes(input.array())),
            8 => Self::Bool(input.byte() % 2 == 1),
            9 => {
                let mut chain = Chain { message: input.text(), source: None };
                for _ in 0..input.byte() % 20 {
                    chain = Chain { message: input.text(), source: Some(Box::new(chain)) };
                }
                Self::Error(chain)
            }
            // Fails after writing its beginning.
            10 => Self::Display(Pieces { texts: vec![input.text()], fails: true }),
            _ => {
                let times = usize::from(input.byte()) + 1;
                Self::Str(input.text().repeat(times))
            }
        }
    }

    /// The value in the form that `tracing` requires.
    pub(super) fn value(&self) -> Box<dyn Value + '_> {
        match self {
            Self::Str(text) => Box::new(text.as_str()),
            Self::Debug(text) => Box::new(debug(text)),
            Self::Display(pieces) => Box::new(display(pieces)),
            Self::I64(integer) => Box::new(*integer),
            Self::U64(integer) => Box::new(*integer),
            Self::I128(integer) => Box::new(*integer),
            Self::U128(integer) => Box::new(*integer),
            Self::F64(float) => Box::new(*float),
            Self::Bool(truth) => Box::new(*truth),
            Self::Error(chain) => Box::new(chain as &(dyn Error + 'static)),
        }
    }

    /// The expected value in a line, under `metadata`.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Str(text) => json!(text),
            Self::Debug(text) => json!(format!("{text:?}")),
            Self::Display(pieces) if pieces.fails => json!("<fmt error>"),
            Self::Display(pieces) => json!(pieces.texts.concat()),
            Self::I64(integer) => json!(integer),
            Self::U64(integer) => json!(integer),
            Self::I128(integer) => json!(integer.to_string()),
            Self::U128(integer) => json!(integer.to_string()),
            Self::F64(float) if float.is_nan() => json!("NaN"),
            Self::F64(float) if float.is_infinite() => {
                json!(if *float > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::F64(float) => json!(float),
            Self::Bool(truth) => json!(truth),
            Self::Error(chain) => {
                let sources = std::iter::successors(chain.source.as_ref(), |chain| chain.source.as_ref());
                let sources: Vec<_> = sources.take(16).map(|chain| &chain.message).collect();
                json!({"message": chain.message, "chain": sources})
            }
        }
    }
}

/// Formats itself in several calls, and may fail at the end.
#[derive(Debug, Clone)]
pub(super) struct Pieces {
    texts: Vec<String>,
    fails: bool,
}

impl fmt::Display for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts.iter().try_for_each(|text| f.write_str(text))?;
        if self.fails { Err(fmt::Error) } else { Ok(()) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Chain {
    message: String,
    source: Option<Box<Self>>,
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
