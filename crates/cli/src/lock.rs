//! A folder that one process at a time may write to.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Makes the folder if there is none. It is held until the file is closed, also by a process that is killed.
///
/// `command` is who else may hold it, and `mend` what to do about that.
pub fn lock(folder: &Path, command: &str, mend: &str) -> Result<File> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join("lock");
    let what = || format!("cannot lock {}", path.display());
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(&path).with_context(what)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            bail!("{} is in use by another `{command}`, process {}; {mend}", folder.display(), holder.trim());
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(what),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).with_context(what)?;
    Ok(file)
}
