//! Buffers by number. One returns to the pool when its last handle drops, as on other devices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::page;
use crate::gpu::lock::lock;
use crate::gpu::size_class::size_class;

/// One buffer, returned to the pool on drop.
pub struct Storage {
    id: u32,
    class: u64,
    pool: Arc<Pool>,
}

impl Storage {
    /// A unique number of the buffer.
    pub fn id(&self) -> u64 {
        self.id.into()
    }

    /// Its number, as the page has it.
    pub(super) fn number(&self) -> u32 {
        self.id
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        lock(&self.pool.state).free.entry(self.class).or_default().push(self.id);
    }
}

/// Free buffers by size, and how many there were.
#[derive(Default, Clone)]
struct State {
    free: BTreeMap<u64, Vec<u32>>,
    next: u32,
    /// Buffers that the page has made: all with smaller numbers.
    made: u32,
}

/// The buffers.
#[derive(Default)]
pub struct Pool {
    state: Mutex<State>,
    /// The state before the run that may be repeated.
    before: Mutex<State>,
}

impl Pool {
    /// A buffer of at least `bytes`.
    pub fn take(pool: &Arc<Self>, bytes: u64) -> Arc<Storage> {
        let class = size_class(bytes);
        let mut state = lock(&pool.state);
        let id = match state.free.get_mut(&class).and_then(Vec::pop) {
            Some(id) => id,
            None => {
                let id = state.next;
                state.next += 1;
                if id == state.made {
                    page::create(id, class as u32);
                    state.made += 1;
                }
                id
            }
        };
        drop(state);
        Arc::new(Storage { id, class, pool: pool.clone() })
    }

    /// Begins a run that may be repeated.
    pub fn begin(&self) {
        let mut state = lock(&self.state);
        // Those of a run that was given up before its repetition took them again.
        (state.next..state.made).for_each(|id| page::destroy(id));
        state.next = state.made;
        *lock(&self.before) = state.clone();
    }

    /// Goes back to its beginning, once all that it took was dropped: a repetition takes the same buffers.
    pub fn rewind(&self) {
        let mut state = lock(&self.state);
        let made = state.made;
        *state = State { made, ..lock(&self.before).clone() };
    }

    /// Gives the memory of free buffers back.
    pub fn trim(&self) {
        for id in std::mem::take(&mut lock(&self.state).free).into_values().flatten() {
            page::destroy(id);
        }
    }
}
