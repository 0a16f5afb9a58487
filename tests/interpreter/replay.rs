//! What a device was asked to do, done by the interpreter.

use std::collections::HashMap;

use flocoder::gpu::pipeline::Variant;
use flocoder::gpu::recorder::{Command, Range};
use flocoder::shader::Kernel;

use super::findings::Findings;
use super::machine::{Machine, Setting};
use super::memory::Memory;
use super::program::Program;

/// A device that interprets.
pub struct Interpreter {
    /// Lanes of a subgroup.
    lanes: usize,
    /// Changes a kernel's text, to plant a fault.
    plant: fn(&'static Kernel, String) -> String,
    programs: HashMap<Variant, Program>,
}

impl Interpreter {
    pub fn new(lanes: usize) -> Self {
        Self::with_fault(lanes, |_, text| text)
    }

    pub fn with_fault(lanes: usize, plant: fn(&'static Kernel, String) -> String) -> Self {
        Self { lanes, plant, programs: HashMap::new() }
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
                    let program = self.programs.entry(variant).or_insert_with_key(|variant| {
                        Program::new(variant.kernel.name, (self.plant)(variant.kernel, variant.text().0))
                    });
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
