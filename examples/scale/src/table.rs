//! Numbers for people, and Markdown tables.

/// Three digits, with the unit that fits.
fn scaled(number: f64, step: f64, units: &[&str]) -> String {
    let mut number = number;
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    for next in units {
        if number < step {
            break;
        }
        number /= step;
        unit = next;
    }
    let digits = if number >= 100.0 || number.fract() == 0.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.digits$}{unit}")
}

pub(crate) fn bytes(number: f64) -> String {
    scaled(number, 1000.0, &[" B", " kB", " MB", " GB", " TB", " PB"])
}

pub(crate) fn count(number: f64) -> String {
    scaled(number, 1000.0, &["", " thousand", " million", " billion"])
}

pub(crate) fn seconds(number: f64) -> String {
    if number < 120.0 {
        scaled(number, f64::INFINITY, &[" s"])
    } else if number < 7200.0 {
        scaled(number / 60.0, f64::INFINITY, &[" min"])
    } else {
        scaled(number / 3600.0, f64::INFINITY, &[" h"])
    }
}

pub(crate) fn days(number: u32) -> String {
    if number == 1 { "1 day".to_owned() } else { format!("{number} days") }
}

/// A table, with its heading above.
pub(crate) fn table<const N: usize>(columns: [&str; N], rows: &[[String; N]]) -> String {
    let mut text = format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        let shown = [0.0, 7.0, 999.0, 1000.0, 1234.5, 12_345.6, 20e9, 1.5e15].map(bytes);
        assert_eq!(shown, ["0 B", "7 B", "999 B", "1 kB", "1.23 kB", "12.3 kB", "20 GB", "1.50 PB"]);
        assert_eq!([150_000.0, 8_388_608.0, 60.0].map(count), ["150 thousand", "8.39 million", "60"]);
        assert_eq!([90.0, 300.0, 86_400.0].map(seconds), ["90 s", "5 min", "24 h"]);
    }
}
