//! A workgroup that runs a kernel, all its invocations in lock step.

use naga::{AddressSpace, Expression, GlobalVariable, Handle, LocalVariable, Span};

use super::findings::{Fault, Findings};
use super::layout;
use super::memory::{Bound, Memory};
use super::program::Program;
use super::shadow::{Access, Shadow};

/// What a kernel runs on.
pub struct Setting<'a> {
    pub memory: &'a mut Memory,
    pub findings: &'a mut Findings,
    /// By binding.
    pub bindings: Vec<Bound>,
    pub params: &'a [u8],
    pub grid: [u32; 3],
    /// Most turns of all loops of an invocation together, as the launch told.
    pub turns: usize,
    /// Lanes of a subgroup.
    pub lanes: usize,
    /// The number of the dispatch, from 1.
    pub dispatch: u32,
}

/// The value of an expression in every invocation, component by component.
pub enum Value {
    Words(Vec<u32>),
    Pointer(Pointer),
}

/// A pointer into a variable: a word of it, by invocation.
#[derive(Clone)]
pub struct Pointer {
    pub root: Root,
    pub at: Vec<usize>,
}

/// Where an index beyond the end points: nothing is loaded from there, and a store is dropped.
pub const NOWHERE: usize = usize::MAX / 2;

/// A variable.
#[derive(Clone, Copy)]
pub enum Root {
    /// Of a function, by its number.
    Local(usize, Handle<LocalVariable>),
    Global(Handle<GlobalVariable>),
}

/// Contents of a variable of the module.
pub enum Contents {
    Storage(Bound),
    Shared(Vec<u32>, Vec<Shadow>),
    Params(Vec<u32>),
}

/// Which invocations run a statement.
pub type Mask = Vec<bool>;

/// A workgroup at a time.
pub struct Machine<'a> {
    pub program: &'a Program,
    pub setting: Setting<'a>,
    /// Invocations.
    pub n: usize,
    pub workgroup: [u32; 3],
    /// Of each function, of each expression.
    pub values: Vec<Vec<Value>>,
    /// Of each function, of each local variable.
    pub locals: Vec<Vec<Vec<u32>>>,
    /// Of each global variable.
    pub globals: Vec<Contents>,
    /// Barriers that the workgroup has passed, for its memory and for storage.
    pub shared_barriers: u16,
    pub storage_barriers: u16,
    /// Turns of all loops of the workgroup, by subgroup.
    pub turns: Vec<usize>,
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a Program, setting: Setting<'a>) -> Self {
        let n = program.invocations();
        let mut machine = Self {
            program,
            setting,
            n,
            workgroup: [0; 3],
            values: Vec::new(),
            locals: Vec::new(),
            globals: Vec::new(),
            shared_barriers: 0,
            storage_barriers: 0,
            turns: Vec::new(),
        };
        machine.globals = program.module.global_variables.iter().map(|(_, global)| machine.contents(global)).collect();
        for function in 0..=program.main() {
            machine.prepare(function);
        }
        machine
    }

    /// Runs every workgroup of the grid.
    pub fn run(mut self) {
        let [x, y, z] = self.setting.grid;
        let everyone = vec![true; self.n];
        for workgroup in (0..z).flat_map(|z| (0..y).flat_map(move |y| (0..x).map(move |x| [x, y, z]))) {
            self.workgroup = workgroup;
            self.start_workgroup();
            self.start_main();
            self.call(self.program.main(), &everyone);
            let turns = self.turns.iter().copied().max().unwrap_or(0);
            if turns > self.setting.turns {
                let message = format!("{turns} turns, of which the launch told {}", self.setting.turns);
                self.find_in(Fault::Turns, "loops", Span::default(), &message);
            }
        }
    }

    /// Forgets the workgroup memory of the previous workgroup.
    fn start_workgroup(&mut self) {
        (self.shared_barriers, self.storage_barriers) = (0, 0);
        self.turns = vec![0; self.n.div_ceil(self.setting.lanes)];
        for contents in &mut self.globals {
            if let Contents::Shared(words, shadows) = contents {
                words.fill(u32::MAX);
                shadows.fill(Shadow::default());
            }
        }
    }

    fn contents(&self, global: &GlobalVariable) -> Contents {
        let module = &self.program.module;
        let inner = &module.types[global.ty].inner;
        match global.space {
            AddressSpace::Storage { .. } => {
                let binding = global.binding.as_ref().expect("an array in storage is bound").binding;
                Contents::Storage(self.setting.bindings[binding as usize])
            }
            AddressSpace::WorkGroup => {
                let words = layout::words(module, inner);
                Contents::Shared(vec![u32::MAX; words], vec![Shadow::default(); words])
            }
            AddressSpace::Immediate => {
                let mut words = Vec::new();
                layout::from_bytes(module, inner, self.setting.params, &mut words);
                Contents::Params(words)
            }
            space => panic!("not interpreted: a variable in {space:?}"),
        }
    }

    /// Room for the values of a function, with those that never change.
    fn prepare(&mut self, number: usize) {
        let (program, n) = (self.program, self.n);
        let (module, function) = (&program.module, program.function(number));
        let value = |(handle, expression): (Handle<Expression>, &Expression)| match *expression {
            Expression::GlobalVariable(variable) => {
                Value::Pointer(Pointer { root: Root::Global(variable), at: vec![0; n] })
            }
            Expression::LocalVariable(variable) => {
                Value::Pointer(Pointer { root: Root::Local(number, variable), at: vec![0; n] })
            }
            Expression::Literal(_) | Expression::ZeroValue(_) | Expression::Constant(_) => {
                let words = layout::constant(module, &function.expressions, handle).expect("a constant");
                Value::Words(words.into_iter().flat_map(|word| std::iter::repeat_n(word, n)).collect())
            }
            _ => Value::Words(vec![0; n * program.shape(number, handle).words]),
        };
        let values = function.expressions.iter().map(value).collect();
        let words = |ty| layout::words(module, &module.types[ty].inner);
        let locals = function.local_variables.iter().map(|(_, local)| vec![0; n * words(local.ty)]).collect();
        self.values.push(values);
        self.locals.push(locals);
    }

    /// Gives the local variables of a function their first values, in the invocations that call it.
    pub fn start(&mut self, number: usize, callers: &Mask) {
        let (program, n) = (self.program, self.n);
        let function = program.function(number);
        for (handle, local) in function.local_variables.iter() {
            let init = local.init.map(|init| {
                layout::constant(&program.module, &function.expressions, init).expect("a constant initial value")
            });
            let words = &mut self.locals[number][handle.index()];
            for (component, words) in words.chunks_exact_mut(n).enumerate() {
                let first = init.as_ref().map_or(0, |init| init[component]);
                words.iter_mut().zip(callers).filter(|(_, calls)| **calls).for_each(|(word, _)| *word = first);
            }
        }
    }

    pub fn words(&self, function: usize, expression: Handle<Expression>) -> &[u32] {
        match &self.values[function][expression.index()] {
            Value::Words(words) => words,
            Value::Pointer(_) => panic!("{}: a pointer is not a value", self.program.name),
        }
    }

    pub fn pointer(&self, function: usize, expression: Handle<Expression>) -> &Pointer {
        match &self.values[function][expression.index()] {
            Value::Pointer(pointer) => pointer,
            Value::Words(_) => panic!("{}: a value is not a pointer", self.program.name),
        }
    }

    /// The number of the workgroup in the grid.
    fn workgroup_number(&self) -> u32 {
        let ([x, y, z], [width, height, _]) = (self.workgroup, self.setting.grid);
        (z * height + y) * width + x
    }

    fn access(&self, invocation: usize, barriers: u16) -> Access {
        let (dispatch, workgroup) = (self.setting.dispatch, self.workgroup_number());
        Access { dispatch, workgroup, barriers, invocation: invocation as u16 }
    }

    /// Reads a word of a global variable for an invocation.
    pub fn load(&mut self, variable: Handle<GlobalVariable>, at: usize, invocation: usize, span: Span) -> u32 {
        let [shared, storage] =
            [self.shared_barriers, self.storage_barriers].map(|barriers| self.access(invocation, barriers));
        let (word, race, unwritten) = match &mut self.globals[variable.index()] {
            Contents::Params(words) => return words[at],
            Contents::Storage(bound) => {
                let (word, race) = self.setting.memory.load(*bound, at, storage);
                (word, race, false)
            }
            Contents::Shared(words, shadows) => {
                let unwritten = !shadows[at].was_written();
                (words[at], shadows[at].read(shared), unwritten)
            }
        };
        if let Some(write) = race {
            self.find(Fault::Race, variable, span, || {
                format!("word {at} is read by {shared} and written by {write} without a barrier between")
            });
        }
        if unwritten {
            self.find(Fault::Unwritten, variable, span, || {
                format!("word {at} is read by {shared} and was never written")
            });
        }
        word
    }

    /// Writes a word of a global variable for an invocation.
    pub fn store(&mut self, variable: Handle<GlobalVariable>, at: usize, word: u32, invocation: usize, span: Span) {
        let [shared, storage] =
            [self.shared_barriers, self.storage_barriers].map(|barriers| self.access(invocation, barriers));
        let (write, read, same) = match &mut self.globals[variable.index()] {
            Contents::Params(_) => panic!("{}: writes Params", self.program.name),
            Contents::Storage(bound) => self.setting.memory.store(*bound, at, word, storage),
            Contents::Shared(words, shadows) => {
                let same = words[at] == word;
                words[at] = word;
                let (write, read) = shadows[at].write(shared);
                (write, read, same)
            }
        };
        if let Some(write) = write {
            let fault = if same { Fault::SameValue } else { Fault::Race };
            self.find(fault, variable, span, || {
                format!("word {at} is written by {write} and by {shared} without a barrier between")
            });
        }
        if let Some(read) = read {
            self.find(Fault::Race, variable, span, || {
                format!("word {at} is read by {read} and written by {shared} without a barrier between")
            });
        }
    }

    /// Notes a fault at a global variable.
    pub fn find(
        &mut self,
        fault: Fault,
        variable: Handle<GlobalVariable>,
        span: Span,
        message: impl FnOnce() -> String,
    ) {
        let program = self.program;
        let name = program.module.global_variables[variable].name.as_deref().unwrap_or("?");
        self.setting.findings.add(program.name, name, fault, || format!("{}, {}", message(), program.line(span)));
    }

    /// Notes a fault of a statement or an expression.
    pub fn find_in(&mut self, fault: Fault, what: &str, span: Span, message: &str) {
        let program = self.program;
        let workgroup = self.workgroup_number();
        self.setting
            .findings
            .add(program.name, what, fault, || format!("{message} in workgroup {workgroup}, {}", program.line(span)));
    }
}
