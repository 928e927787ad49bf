//! A file layer in memory whose power can be cut, whose calls can fail, and whose room can run out.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use larder::backends::disk::Storage;

/// What a power cut can take apart: a disk writes whole sectors.
const SECTOR: usize = 512;

/// The medium behind any number of handles; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Medium(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What the file reads as.
    seen: Vec<u8>,
    /// What is certain to be there after a cut.
    synced: Vec<u8>,
    /// What was done since, in order.
    unsynced: Vec<Op>,
    /// Counts calls.
    calls: u64,
    /// From this call on everything fails: the power is gone.
    cut_at: Option<u64>,
    /// This call fails, or every one from it on, with this error.
    fails: Option<Failing>,
    /// Now and then a sync fails, as Linux has it: what was to be synced is forgotten for good, and the file still
    /// reads as if it were there.
    lost_syncs: Option<fastrand::Rng>,
    /// A build with its syncs removed, which must be found out.
    forgets_syncs: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Failing {
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) error: io::ErrorKind,
}

#[derive(Debug, Clone)]
enum Op {
    Write(u64, Vec<u8>),
    Len(u64),
}

impl Op {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Len(len) => bytes.resize(*len as usize, 0),
            Self::Write(offset, data) => {
                let (start, end) = (*offset as usize, *offset as usize + data.len());
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[start..end].copy_from_slice(data);
            }
        }
    }
}

impl Medium {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let state = State { seen: bytes.clone(), synced: bytes, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn forget_syncs(&self) {
        self.lock().forgets_syncs = true;
    }

    pub(crate) fn lose_syncs(&self, random: fastrand::Rng) {
        self.lock().lost_syncs = Some(random);
    }

    /// Cuts the power this many calls from now.
    pub(crate) fn cut_after(&self, calls: u64) {
        let mut state = self.lock();
        state.cut_at = Some(state.calls + calls);
    }

    pub(crate) fn fail(&self, failing: Option<Failing>) {
        self.lock().fails = failing;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.lock().calls
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().seen.clone()
    }

    /// What a new machine finds on the medium: all that was synced, and of the rest some, in any order, some of it torn.
    pub(crate) fn after_the_cut(&self, random: &mut fastrand::Rng) -> Medium {
        let state = self.lock();
        let mut bytes = state.synced.clone();
        let mut ops = state.unsynced.clone();
        match random.u8(..4) {
            0 => ops.clear(),
            1 => {} // Everything made it, though nobody was promised that.
            2 => ops.truncate(random.usize(..=ops.len())),
            _ => {
                ops.retain(|_| random.bool());
                random.shuffle(&mut ops);
            }
        }
        for op in &mut ops {
            if let Op::Write(offset, data) = op
                && random.u8(..4) == 0
            {
                // Torn: some of its sectors, from either end.
                let sectors = data.len().div_ceil(SECTOR);
                let kept = random.usize(..=sectors) * SECTOR;
                if random.bool() {
                    data.truncate(kept);
                } else {
                    let lost = data.len().saturating_sub(kept) / SECTOR * SECTOR;
                    data.drain(..lost);
                    *offset += lost as u64;
                }
            }
            op.apply(&mut bytes);
        }
        let forgets_syncs = state.forgets_syncs;
        drop(state);
        let after = Self::new(bytes);
        after.lock().forgets_syncs = forgets_syncs;
        after
    }
}

impl State {
    fn call(&mut self) -> io::Result<()> {
        let call = self.calls;
        self.calls += 1;
        if self.cut_at.is_some_and(|cut| call >= cut) {
            return Err(io::Error::other("the power is gone"));
        }
        match self.fails {
            Some(Failing { from, until, error }) if (from..until).contains(&call) => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn change(&mut self, op: Op) {
        op.apply(&mut self.seen);
        self.unsynced.push(op);
    }
}

impl Storage for Medium {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        let start = offset as usize;
        let bytes = state.seen.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        state.change(Op::Write(offset, data.to_vec()));
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        state.change(Op::Len(len));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        if state.lost_syncs.as_mut().is_some_and(|random| random.u8(..6) == 0) {
            // The pages are gone; a length is the file system's own record, and waits for the next sync.
            state.unsynced.retain(|op| matches!(op, Op::Len(_)));
            return Err(io::Error::other("the disk does not take it"));
        }
        if !state.forgets_syncs {
            for op in std::mem::take(&mut state.unsynced) {
                op.apply(&mut state.synced);
            }
        }
        Ok(())
    }
}
