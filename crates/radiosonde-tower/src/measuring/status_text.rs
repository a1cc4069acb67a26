use http::StatusCode;

/// The digits of a status, as used in labels and `error.type`: `'static`, unlike those of [`StatusCode::as_str`].
pub(crate) fn status_text(status: StatusCode) -> &'static str {
    let digits = DIGITS.get(usize::from(status.as_u16()));
    digits.and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("_OTHER")
}

/// Whether middleware answers so for a request that took too long or was refused.
pub(crate) const fn may_be_of_limiter(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 503 | 504)
}

static DIGITS: [[u8; 3]; 1000] = {
    let mut digits = [[b'0'; 3]; 1000];
    let mut status: usize = 1;
    while status < digits.len() {
        // One more than the previous number, digit by digit.
        digits[status] = digits[status - 1];
        let mut place = 2;
        while digits[status][place] == b'9' {
            digits[status][place] = b'0';
            place -= 1;
        }
        digits[status][place] += 1;
        status += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_those_of_the_status() {
        for code in 100..=999 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(status_text(status), status.as_str());
        }
    }
}
