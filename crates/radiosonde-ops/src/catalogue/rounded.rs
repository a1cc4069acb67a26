/// A number without the noise of its last digits, such as of `(100 - 99.9) / 100`.
pub(crate) fn rounded(number: f64) -> f64 {
    format!("{number:.9e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digits_of_a_calculation_go() {
        assert_eq!(
            [100.0 - 99.9, (100.0 - 99.99) / 100.0, 0.1 + 0.2, 1e300, 0.0].map(rounded),
            [0.1, 0.0001, 0.3, 1e300, 0.0]
        );
    }
}
