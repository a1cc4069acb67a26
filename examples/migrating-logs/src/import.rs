use std::error::Error;
use std::fmt;
use std::num::ParseIntError;

use tracing::field::Empty;
use tracing::{debug, error, info, info_span, instrument, warn};

/// The morning's orders: id, customer, amount in cents, number of pieces, a note.
const FILE: &str = "\
1001;42;1999;2;as always
1002;43;1299;x;
18446744073709551615;44;500;1;the last id there is
1003;45;0;0;\u{1b}[31mred\u{1b}[0m \"quoted\"
1004;46;750;3;a note\\nof two lines
";

/// A line of the file.
#[derive(Debug, Clone)]
pub struct Order {
    /// The customer's number.
    pub customer: u32,
    /// The price of all pieces.
    pub cents: u32,
    /// The number of pieces.
    pub pieces: u32,
    /// The customer's note.
    pub note: String,
}

/// Reads the orders of the morning and logs the progress. It uses only `tracing`, whatever the subscriber.
pub fn import() {
    let span = info_span!("import", request_id = "imp-7", file = "orders.csv", accepted = Empty);
    let _entered = span.enter();
    info!(lines = FILE.lines().count(), "import begins");
    let accepted = FILE.lines().filter(|line| order(line)).count();
    span.record("accepted", accepted);
    info!(duration_ms = 12.5, "import ends");
}

/// Processes an order; true if it was accepted.
#[instrument(skip_all, fields(order_id = id(line)))]
fn order(line: &str) -> bool {
    debug!(line, "read");
    match line.replace("\\n", "\n").parse::<Order>() {
        Ok(order) => {
            let per_piece = f64::from(order.cents) / f64::from(order.pieces);
            if order.pieces == 0 {
                warn!(per_piece, note = order.note, "no pieces");
            }
            info!(user_id = order.customer, per_piece, note = ?order.note, "order taken");
            true
        }
        Err(refused) => {
            error!(
                error = &refused as &dyn Error,
                order_id = format!("refused {}", id(line)),
                "order refused"
            );
            false
        }
    }
}

fn id(line: &str) -> u64 {
    line.split(';').next().and_then(|id| id.parse().ok()).unwrap_or_default()
}

impl std::str::FromStr for Order {
    type Err = InvalidOrder;

    fn from_str(line: &str) -> Result<Self, InvalidOrder> {
        let mut columns = line.split(';').skip(1);
        let mut number = |column| {
            let text = columns.next().unwrap_or_default();
            text.parse().map_err(|source| InvalidOrder { column, source })
        };
        let (customer, cents, pieces) = (number("customer")?, number("cents")?, number("pieces")?);
        Ok(Self { customer, cents, pieces, note: columns.next().unwrap_or_default().to_owned() })
    }
}

/// A malformed line.
#[derive(Debug)]
pub struct InvalidOrder {
    column: &'static str,
    source: ParseIntError,
}

impl fmt::Display for InvalidOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {:?} is no number", self.column)
    }
}

impl Error for InvalidOrder {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
