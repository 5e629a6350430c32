//! What the journal implies that the world is told, by origin: commit by commit, in order.

use model::Time;

use crate::told::Told;

#[derive(Debug, Default)]
pub(crate) struct Outputs {
    /// Records are numbered without a gap, so a commit's place follows from its number.
    first_commit: u64,
    commits: Vec<CommitOutputs>,
    told: Vec<Told>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitOutputs {
    pub epoch: u64,
    /// When the journal stored it.
    pub stamp: Time,
    /// When it was decided.
    pub now: Time,
    /// Place of its first output among all.
    begin: usize,
}

/// Where something was decided; sorts as the journal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub epoch: u64,
    pub commit: u64,
    pub index: u32,
}

/// Why an origin is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoOrigin {
    /// Before the first record that was read.
    Before,
    /// After the last record that was read.
    Beyond,
    /// The commit is of another epoch.
    Epoch(u64),
    /// The commit tells less.
    Index(usize),
}

impl Outputs {
    pub fn begin_commit(&mut self, commit: u64, epoch: u64, stamp: Time, now: Time) {
        if self.commits.is_empty() {
            self.first_commit = commit;
        }
        self.commits.push(CommitOutputs { epoch, stamp, now, begin: self.told.len() });
    }

    /// The next output of the commit that was begun last.
    pub fn push(&mut self, told: Told) {
        self.told.push(told);
    }

    pub fn find(&mut self, origin: Origin) -> Result<(CommitOutputs, &mut Told), NoOrigin> {
        let place = origin.commit.checked_sub(self.first_commit).ok_or(NoOrigin::Before)?;
        let place = usize::try_from(place).map_err(|_| NoOrigin::Beyond)?;
        let commit = *self.commits.get(place).ok_or(NoOrigin::Beyond)?;
        if commit.epoch != origin.epoch {
            return Err(NoOrigin::Epoch(commit.epoch));
        }
        let end = self.commits.get(place + 1).map_or(self.told.len(), |next| next.begin);
        let index = origin.index as usize;
        if index >= end - commit.begin {
            return Err(NoOrigin::Index(end - commit.begin));
        }
        Ok((commit, &mut self.told[commit.begin + index]))
    }

    /// Every output with its origin, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Origin, &Told)> {
        self.commits.iter().enumerate().flat_map(move |(place, commit)| {
            let end = self.commits.get(place + 1).map_or(self.told.len(), |next| next.begin);
            let origin = move |index: usize| Origin {
                epoch: commit.epoch,
                commit: self.first_commit + place as u64,
                index: index as u32,
            };
            self.told[commit.begin..end].iter().enumerate().map(move |(index, told)| (origin(index), told))
        })
    }
}
