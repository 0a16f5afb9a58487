//! The declaration of a network's parameters: names, shapes, initialisation, offsets in the arena.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use super::{HostTensor, Init, Order};
use crate::error::{Error, Result};

/// Elements to which parameters are aligned in the arena: a binding may begin there on every adapter, in f16 too.
const ALIGNMENT: usize = 128;

/// Identifies a parameter of a [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamId(usize);

/// Parameters stored without gaps between them, used as one: the rows of one matrix, or one vector.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The first of them.
    pub first: ParamId,
    /// Their combined shape.
    pub shape: Vec<usize>,
}

/// One declared parameter.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name in PyTorch's state dictionary.
    pub name: String,
    /// Its shape here.
    pub shape: Vec<usize>,
    /// How its dimensions are ordered in files.
    pub order: Order,
    /// How it is initialised.
    pub init: Init,
    /// Its first element in the arena.
    pub start: usize,
}

impl Entry {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its elements in the arena.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.len()
    }
}

/// All parameters of a network, in the order in which its layers declared them.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    entries: Vec<Entry>,
    length: usize,
    streams: u64,
}

impl Layout {
    /// A layout without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where a network declares its parameters.
    pub fn root(&mut self) -> Scope<'_> {
        Scope { layout: self, prefix: String::new() }
    }

    /// The parameters.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The parameter of this number.
    pub fn entry(&self, id: ParamId) -> &Entry {
        &self.entries[id.0]
    }

    /// Elements of the arena, gaps between parameters included.
    pub fn length(&self) -> usize {
        self.length.next_multiple_of(ALIGNMENT)
    }

    /// Checks that every parameter is among the `tensors` of the file `path`, in PyTorch's layouts. Allocates nothing, so that a
    /// file that claims to hold a large network is refused before the network is built.
    ///
    /// # Errors
    /// Names a tensor that is missing or has another shape.
    pub fn check(&self, tensors: &BTreeMap<String, HostTensor>, path: &Path) -> Result<()> {
        for entry in &self.entries {
            let wanted = entry.order.torch_shape(&entry.shape);
            let problem = match tensors.get(&entry.name) {
                Some(given) if given.shape == wanted && given.data.len() == entry.len() => continue,
                Some(given) => format!("has the shape {:?} where {wanted:?} is wanted", given.shape),
                None => "is missing".to_owned(),
            };
            let reason = format!(
                "the tensor {} {problem}; this is a checkpoint of another network or configuration",
                entry.name
            );
            return Err(Error::file(path, reason));
        }
        Ok(())
    }

    /// Elements of all parameters.
    pub fn count(&self) -> usize {
        self.entries.iter().map(Entry::len).sum()
    }
}

/// A part of a network, whose parameters have a common prefix of their names.
pub struct Scope<'a> {
    layout: &'a mut Layout,
    prefix: String,
}

impl Scope<'_> {
    /// The scope `name` within this one.
    pub fn at(&mut self, name: impl Display) -> Scope<'_> {
        let prefix = self.name(name);
        Scope { layout: self.layout, prefix }
    }

    /// Declares a parameter.
    #[track_caller]
    pub fn parameter(&mut self, name: &str, shape: &[usize], order: Order, init: Init) -> ParamId {
        let start = self.layout.length();
        self.declare(name, shape, order, init, start)
    }

    /// Declares a parameter without a gap after the previous one: see [`Stack`].
    #[track_caller]
    pub fn continued(&mut self, name: &str, shape: &[usize], order: Order, init: Init) -> ParamId {
        let start = self.layout.length;
        self.declare(name, shape, order, init, start)
    }

    #[track_caller]
    fn declare(&mut self, name: &str, shape: &[usize], order: Order, init: Init, start: usize) -> ParamId {
        let entry = Entry { name: self.name(name), shape: shape.to_vec(), order, init, start };
        let taken = self.layout.entries.iter().any(|other| other.name == entry.name);
        assert!(!taken, "parameter {} is declared twice", entry.name);
        self.layout.length = entry.range().end;
        self.layout.entries.push(entry);
        ParamId(self.layout.entries.len() - 1)
    }

    /// A random stream that is unique within the network.
    pub fn stream(&mut self) -> u64 {
        self.layout.streams += 1;
        self.layout.streams
    }

    fn name(&self, name: impl Display) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}.{name}", self.prefix) }
    }
}
