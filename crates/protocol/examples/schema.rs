//! Writes the published schemas anew under `crates/protocol/schema/`, after a change of shape that is meant.

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (path, text) in wissel_protocol::schema::documents() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(&path, text)?;
    }
    Ok(())
}
