use super::Taken;

/// Prints one row: nanoseconds, allocations, and the ratio to the first contender, the reference. `bar` is our target.
pub fn print(case: &str, names: &[&str], taken: &[Option<Taken>], bar: Option<f64>) {
    let yardstick = taken.first().copied().flatten();
    println!("\n{case}");
    for (name, taken) in names.iter().zip(taken) {
        let Some(Taken { nanoseconds, allocations, .. }) = taken else { continue };
        let ratio =
            yardstick.map_or(String::new(), |first| format!("{:6.3}", nanoseconds / first.nanoseconds));
        let bar = bar
            .filter(|_| name.starts_with("radiosonde"))
            .map_or(String::new(), |bar| format!("  bar {bar:.2}"));
        println!(
            "  {name:<34} {:>14} ns  {allocations:>9.1} allocations  {ratio}{bar}",
            thousands(*nanoseconds)
        );
    }
}

fn thousands(value: f64) -> String {
    if value < 1000.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}
