//! What a device was asked to do, done by the interpreter.

use std::collections::HashMap;

use flocoder::gpu::pipeline::{Alter, Variant};
use flocoder::gpu::recorder::{Command, Range};
use flocoder::shader::Parsed;

use super::findings::Findings;
use super::machine::{Machine, Setting};
use super::memory::Memory;
use super::program::Program;

/// A device that interprets.
pub struct Interpreter {
    /// Lanes of a subgroup.
    lanes: usize,
    /// Changes a kernel's text, to plant a fault.
    plant: Option<Alter>,
    programs: HashMap<Variant, Program>,
}

impl Interpreter {
    pub fn new(lanes: usize) -> Self {
        Self { lanes, plant: None, programs: HashMap::new() }
    }

    pub fn with_fault(lanes: usize, plant: Alter) -> Self {
        Self { plant: Some(plant), ..Self::new(lanes) }
    }

    /// Runs commands on memory of undefined contents.
    pub fn run(&mut self, commands: Vec<Command>, findings: &mut Findings) -> Memory {
        let mut memory = Memory::default();
        for (number, command) in commands.into_iter().enumerate() {
            match command {
                Command::Write(range, bytes) => memory.bytes(range).copy_from_slice(&bytes),
                Command::Clear(range) => memory.bytes(range).fill(0),
                Command::Copy(from, to) => {
                    let bytes = memory.bytes(from).to_vec();
                    memory.bytes(to).copy_from_slice(&bytes);
                }
                Command::Dispatch { variant, params, bindings, grid, turns } => {
                    let program = self
                        .programs
                        .entry(variant)
                        .or_insert_with_key(|variant| Program::new(variant.kernel.name, parsed(variant, self.plant)));
                    let widths = program.scalar_widths();
                    let bind = |(range, width): (Range, usize)| memory.bind(range, width);
                    let bindings = bindings.into_iter().zip(widths).map(bind).collect();
                    let (lanes, dispatch) = (self.lanes, number as u32 + 1);
                    let memory = &mut memory;
                    let setting = Setting { memory, findings, bindings, params: &params, grid, turns, lanes, dispatch };
                    Machine::new(program, setting).run();
                }
            }
        }
        memory
    }

    /// Names of the kernels that ran.
    pub fn kernels(&self) -> impl Iterator<Item = &'static str> {
        self.programs.keys().map(|variant| variant.kernel.name)
    }
}

/// A kernel's module, with a fault in its text if there is one to plant.
#[track_caller]
fn parsed(variant: &Variant, plant: Option<Alter>) -> Parsed {
    let name = variant.kernel.name;
    let altered = |plant: Alter| Parsed::new(plant(variant.kernel, variant.text().0), &variant.stored);
    plant.map_or_else(|| variant.parsed(), |plant| altered(plant).unwrap_or_else(|error| panic!("{name}: {error}")))
}
