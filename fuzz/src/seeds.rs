//! Writes the examples of every entry to `corpus/TARGET`, for the fuzzer to begin with.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, _, seeds) in fuzz::entries() {
        let dir = corpus.join(name);
        fs::create_dir_all(&dir)?;
        for (number, seed) in seeds().iter().enumerate() {
            fs::write(dir.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
