//! Prints how many bytes a series takes.

use std::error::Error;

use benches::series_bytes;
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> Result<(), Box<dyn Error>> {
    let measured = series_bytes()?;
    let labels = measured.first().map_or(0, |first| first.label_bytes);
    println!("bytes per series, 2000 in a family, three labels of {labels} bytes in all\n");
    println!("{:<32}{:>10}{:>16}", "", "recorded", "first scrape");
    for series in measured {
        println!("{:<32}{:>10}{:>16}", series.instrument, series.recorded, format!("+{}", series.scraped));
    }
    Ok(())
}
