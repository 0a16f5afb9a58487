//! Who last touched a word.

/// An access: by which invocation of which workgroup of which dispatch, after how many barriers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access {
    pub dispatch: u32,
    pub workgroup: u32,
    pub barriers: u16,
    pub invocation: u16,
}

/// An invocation that stands for several.
const SEVERAL: u16 = u16::MAX;

impl Access {
    /// Whether nothing orders the two: barriers order only invocations of one workgroup.
    fn races_with(&self, other: &Self) -> bool {
        self.dispatch == other.dispatch
            && (self.workgroup != other.workgroup
                || self.barriers == other.barriers
                    && (self.invocation != other.invocation || self.invocation == SEVERAL))
    }
}

/// The latest write of a word and its latest reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shadow {
    written: Access,
    read: Access,
    /// Whether several workgroups of the dispatch have read it.
    widely_read: bool,
}

impl Shadow {
    /// Whether it was ever written.
    pub fn was_written(&self) -> bool {
        self.written != Access::default()
    }

    /// Notes a read; returns a write that races with it.
    pub fn read(&mut self, access: Access) -> Option<Access> {
        let earlier = self.read;
        self.widely_read =
            earlier.dispatch == access.dispatch && (self.widely_read || earlier.workgroup != access.workgroup);
        self.read = access;
        if earlier.races_with(&access) && earlier.workgroup == access.workgroup {
            self.read.invocation = SEVERAL;
        }
        Some(self.written).filter(|write| write.races_with(&access))
    }

    /// Notes a write; returns a write and a read that race with it.
    pub fn write(&mut self, access: Access) -> (Option<Access>, Option<Access>) {
        let write = Some(self.written).filter(|write| write.races_with(&access));
        let of_another = self.read.dispatch == access.dispatch && self.widely_read;
        let read = Some(self.read).filter(|read| of_another || read.races_with(&access));
        self.written = access;
        (write, read)
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.invocation {
            SEVERAL => write!(out, "several invocations of workgroup {}", self.workgroup),
            invocation => write!(out, "invocation {invocation} of workgroup {}", self.workgroup),
        }
    }
}
