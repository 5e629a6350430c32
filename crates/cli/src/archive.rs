//! Archived journals on disk: a folder for each journal, in it a file for each segment.
//!
//! `<archive>/<shard>-<first 8 of the journal's identity>/<first sequence, 20 digits>-<last>.wsla`. A file has its name only
//! once it was synced and read back, so what has such a name is whole, or was damaged since. Where one file ends and
//! the next one begins is told by their names, what they hold by [`protocol::archive`].

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use protocol::archive::{self, JournalId, SEGMENT_BYTES_MAX, Sealed, Segment};

/// What a segment is written to before it has a name; what a killed run left there is written over.
const TEMPORARY: &str = "segment.tmp";
const ENDING: &str = "wsla";

/// The folder of one journal.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    shard: u16,
    /// The first characters of the journal's identity.
    journal: String,
}

/// A segment as its file's name tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    pub path: PathBuf,
    pub first: u64,
    pub last: u64,
}

impl Folder {
    /// The folder of this journal, which the first segment makes.
    pub fn new(archive: &Path, shard: u16, journal: &JournalId) -> Folder {
        let path = archive.join(format!("{shard}-{}", journal.short()));
        Folder { path, shard, journal: journal.short().to_owned() }
    }

    /// The folder of the only journal that the archive has of the shard, or of the one that `journal` begins with.
    pub fn find(archive: &Path, shard: u16, journal: Option<&str>) -> Result<Folder> {
        let mut found: Vec<String> = names(archive)?
            .iter()
            .filter_map(|name| name.strip_prefix(&format!("{shard}-")).map(str::to_owned))
            .filter(|id| journal.is_none_or(|journal| journal.starts_with(id.as_str())))
            .collect();
        found.sort();
        match found.as_slice() {
            [] => bail!("{} has no journal of shard {shard}{}", archive.display(), of(journal)),
            [id] => Ok(Folder { path: archive.join(format!("{shard}-{id}")), shard, journal: id.clone() }),
            several => bail!(
                "{} has several journals of shard {shard}; choose one with --identity: {}",
                archive.display(),
                several.join(", ")
            ),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In order. Between two of them records may be missing; none is in two of them.
    pub fn segments(&self) -> Result<Vec<SegmentFile>> {
        let mut files = Vec::new();
        if !self.path.exists() {
            return Ok(files);
        }
        for name in names(&self.path)?.iter().filter(|name| name.ends_with(&format!(".{ENDING}"))) {
            let path = self.path.join(name);
            let (first, last) = parse_name(name)
                .with_context(|| format!("{} is not named as a segment is; take it away", path.display()))?;
            files.push(SegmentFile { path, first, last });
        }
        files.sort_by_key(|file| file.first);
        for pair in files.windows(2) {
            ensure!(
                pair[0].last < pair[1].first,
                "{} and {} hold the same records; take one of them away",
                pair[0].path.display(),
                pair[1].path.display()
            );
        }
        Ok(files)
    }

    /// The file's bytes, for [`Folder::decode`].
    pub fn read(file: &SegmentFile) -> Result<Vec<u8>> {
        read(&file.path)
    }

    /// The segment in this file, which is what the names of file and folder say.
    pub fn decode<'a>(&self, file: &SegmentFile, bytes: &'a [u8]) -> Result<Segment<'a>> {
        let damaged = || format!("{} is damaged; put a good copy of it there", file.path.display());
        let segment = archive::decode(bytes).with_context(damaged)?;
        let header = &segment.header;
        let is_named = (header.first, header.last) == (file.first, file.last);
        let is_of_folder = header.shard == self.shard && header.journal.short() == self.journal;
        ensure!(
            is_named && is_of_folder,
            "{} holds {}..{} of shard {}, journal {}; it was renamed or moved",
            file.path.display(),
            header.first,
            header.last,
            header.shard,
            header.journal.short()
        );
        Ok(segment)
    }

    /// Returns when the segment is on the disk, and what is there was read and found whole.
    pub fn write(&self, sealed: &Sealed) -> Result<SegmentFile> {
        let (first, last) = (sealed.header.first, sealed.header.last);
        let path = self.path.join(format!("{first:020}-{last}.{ENDING}"));
        let temporary = self.path.join(TEMPORARY);
        self.make()?;
        let cannot = || format!("cannot write {}", temporary.display());
        let mut file = File::create(&temporary).with_context(cannot)?;
        file.write_all(&sealed.bytes).and_then(|()| file.sync_all()).with_context(cannot)?;
        drop(file);
        verify(&temporary, sealed)
            .with_context(|| format!("{} is not as it was written; check the disk", temporary.display()))?;
        fs::rename(&temporary, &path).with_context(|| format!("cannot name {}", path.display()))?;
        sync_folder(&self.path)?;
        Ok(SegmentFile { path, first, last })
    }

    fn make(&self) -> Result<()> {
        if self.path.exists() {
            return Ok(());
        }
        let cannot = || format!("cannot create {}", self.path.display());
        fs::create_dir_all(&self.path).with_context(cannot)?;
        self.path.parent().map_or(Ok(()), sync_folder)
    }
}

fn verify(path: &Path, sealed: &Sealed) -> Result<()> {
    let bytes = read(path)?;
    let segment = archive::decode(&bytes)?;
    segment.check()?;
    ensure!(segment.header == sealed.header, "it is another segment");
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = SEGMENT_BYTES_MAX as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

/// A file's name is safe only when its folder was synced too.
fn sync_folder(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("cannot sync {}", path.display()))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let cannot = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot)?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        Ok(entry.with_context(cannot)?.file_name().to_string_lossy().into_owned())
    };
    entries.map(name).collect()
}

/// First and last sequence.
fn parse_name(name: &str) -> Option<(u64, u64)> {
    let (first, last) = name.strip_suffix(ENDING)?.strip_suffix('.')?.split_once('-')?;
    let number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten()
    };
    let (first, last) = (number(first).filter(|_| first.len() == 20)?, number(last)?);
    (1..=last).contains(&first).then_some((first, last))
}

fn of(journal: Option<&str>) -> String {
    journal.map(|journal| format!(" with the identity {journal}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_is_in_it() {
        assert_eq!(parse_name("00000000000000000007-1234.wsla"), Some((7, 1234)));
        for name in [
            "7-1234.wsla",
            "00000000000000000007-6.wsla",
            "00000000000000000000-6.wsla",
            "00000000000000000007-.wsla",
            "00000000000000000007-+9.wsla",
            "00000000000000000007-9.wsla.bak",
            "00000000000000000007-99999999999999999999.wsla",
        ] {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }

    #[test]
    fn segments_are_in_order_and_do_not_overlap() {
        let archive = tempfile::tempdir().expect("a folder");
        let id = JournalId::new("3f2504e0-4f89").expect("an identity");
        let folder = Folder::new(archive.path(), 3, &id);
        assert_eq!(folder.segments().expect("none yet"), []);
        folder.make().expect("made");
        let touch = |name: &str| fs::write(folder.path.join(name), "").expect("written");
        let found = || folder.segments().map(|files| files.iter().map(|file| file.first).collect::<Vec<_>>());
        touch("00000000000000000007-9.wsla");
        touch("00000000000000000001-6.wsla");
        touch("00000000000000000012-12.wsla");
        touch(TEMPORARY);
        assert_eq!(found().expect("listed"), [1, 7, 12]);
        touch("00000000000000000009-10.wsla");
        assert!(found().expect_err("9 twice").to_string().contains("hold the same records"));
        fs::remove_file(folder.path.join("00000000000000000009-10.wsla")).expect("removed");
        touch("old.wsla");
        assert!(found().expect_err("no segment").to_string().contains("old.wsla is not named"));
    }

    #[test]
    fn a_journal_is_found_by_its_shard_and_its_identity() {
        let archive = tempfile::tempdir().expect("a folder");
        let make = |shard: u16, id: &str| {
            let id = JournalId::new(id).expect("an identity");
            Folder::new(archive.path(), shard, &id).make().expect("made");
        };
        let find = |shard: u16, id: Option<&str>| {
            let found = Folder::find(archive.path(), shard, id).map_err(|error| error.to_string());
            found.map(|folder| folder.journal)
        };
        make(1, "aaaaaaaa-1");
        make(11, "bbbbbbbb-1");
        assert_eq!(find(1, None).as_deref(), Ok("aaaaaaaa"));
        make(1, "cccccccc-1");
        assert!(find(1, None).expect_err("two").ends_with("--identity: aaaaaaaa, cccccccc"));
        assert_eq!(find(1, Some("cccccccc-1")).as_deref(), Ok("cccccccc"));
        assert!(find(1, Some("bbbbbbbb")).expect_err("of 11").contains("no journal of shard 1 with"));
        assert!(find(2, None).is_err());
    }
}
