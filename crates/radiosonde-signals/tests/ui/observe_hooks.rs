use radiosonde_signals::observe;

struct Opaque;

fn of_text(_: &String) {}

fn code(_: &String) -> u32 {
    7
}

#[observe(err = of_text)]
fn not_a_result() -> u32 {
    7
}

#[observe(err = of_text)]
fn wrong_error() -> Result<u32, u64> {
    Ok(7)
}

#[observe(err = code)]
fn wrong_return() -> Result<u32, String> {
    Ok(7)
}

#[observe(ok = of_text)]
fn wrong_value() -> Result<u32, String> {
    Ok(7)
}

#[observe(fields(opaque))]
fn no_value(opaque: Opaque) {}

#[observe(fields(order = missing))]
fn no_such_argument() {}

fn main() {}
