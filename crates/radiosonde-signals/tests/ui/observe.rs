use radiosonde_signals::observe;

#[observe]
const fn at_compile_time() {}

#[observe]
struct NoFunction;

trait Store {
    #[observe]
    fn declared(&self) -> u32;
}

#[observe(level = "info")]
fn unknown_option() {}

#[observe(name)]
fn no_value() {}

#[observe(name = 7)]
fn no_text() {}

#[observe(name = "")]
fn empty_name() {}

#[observe(name = "a", name = "b")]
fn two_names() {}

#[observe(fields)]
fn no_fields(order: u64) {}

#[observe(fields(&order))]
fn no_field(order: u64) {}

#[observe(fields(?order = order))]
fn sigil_before_the_name(order: u64) {}

#[observe(fields(order.id += 1))]
fn no_assignment(order: u64) {}

#[observe(fields("order id"))]
fn quoted_without_a_value(order: u64) {}

#[observe(fields(order, order = 7))]
fn two_fields(order: u64) {}

#[observe(fields(otel.name = "a"))]
fn reserved_field() {}

#[observe(fields(order = order), fields(other = order))]
fn fields_twice(order: u64) {}

#[observe(err = |error| ())]
fn no_path() -> Result<u32, String> {
    Ok(1)
}

#[observe(ok = a, ok = b)]
fn two_hooks() {}

#[observe]
fn wrong_type() -> Result<u32, String> {
    "no result"
}

#[observe]
async fn wrong_type_later() -> Result<u32, String> {
    "no result"
}

fn main() {}
