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

#[observe]
fn wrong_type() -> Result<u32, String> {
    "no result"
}

#[observe]
async fn wrong_type_later() -> Result<u32, String> {
    "no result"
}

fn main() {}
