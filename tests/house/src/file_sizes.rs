use crate::Finding;
use crate::source::before_tests;

/// One screen is about fifty lines; a file of ten screens is where one concept should have become two.
const LIMIT: usize = 500;

pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let lines = before_tests(text).count();
    let what = format!("{lines} lines before the tests: expected at most {LIMIT}");
    (lines > LIMIT).then(|| Finding::new(path, LIMIT + 1, what)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_count_and_the_line_past_the_limit_does() {
        let code = "a();\n".repeat(LIMIT);
        assert_eq!(check("a.rs", &format!("{code}#[cfg(test)]\nmod tests {{\n{code}}}\n")), []);
        let findings = check("a.rs", &format!("{code}a();\n"));
        assert_eq!(findings[0].to_string(), "a.rs:501: 501 lines before the tests: expected at most 500");
    }
}
