//! What the derives refuse.

use radiosonde_metrics::{LabelValue, Labels};

#[derive(Labels)]
struct Reserved {
    le: u8,
}

#[derive(Labels)]
struct Internal {
    #[label(rename = "__name__")]
    name: u8,
}

#[derive(Labels)]
struct Twice {
    method: u8,
    #[label(rename = "method")]
    other: u8,
}

#[derive(Labels)]
struct Tuple(u8);

#[derive(LabelValue)]
enum Fields {
    Card(u8),
}

#[derive(LabelValue)]
enum Same {
    Card,
    #[label(rename = "card")]
    Other,
}

#[derive(LabelValue)]
enum Empty {}

fn main() {}
