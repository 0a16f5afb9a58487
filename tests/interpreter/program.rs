//! A kernel, parsed and validated, and what of each expression does not change while it runs.

use flocoder::shader::Parsed;
use flocoder::shader::ir::validate;
use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{Arena, Expression, Function, Handle, Module, Scalar, Span, TypeInner};

use super::layout;

/// A kernel.
pub struct Program {
    pub name: &'static str,
    pub text: String,
    pub module: Module,
    info: ModuleInfo,
    /// Of each function, of each expression.
    shapes: Vec<Vec<Shape>>,
}

/// Words and scalars of a value, or of what a pointer points to.
#[derive(Clone, Copy)]
pub struct Shape {
    pub words: usize,
    pub scalar: Scalar,
}

impl Program {
    #[track_caller]
    pub fn new(name: &'static str, Parsed { text, module, .. }: Parsed) -> Self {
        let info = validate(&module, &text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut program = Self { name, text, module, info, shapes: Vec::new() };
        program.shapes = (0..=program.main()).map(|function| program.shapes_of(function)).collect();
        program
    }

    /// The number of the entry point: functions are numbered as in the module, and it comes last.
    pub fn main(&self) -> usize {
        self.module.functions.len()
    }

    pub fn function(&self, number: usize) -> &Function {
        let found = self.module.functions.iter().nth(number).map(|(_, function)| function);
        found.unwrap_or(&self.module.entry_points[0].function)
    }

    pub fn shape(&self, function: usize, expression: Handle<Expression>) -> Shape {
        self.shapes[function][expression.index()]
    }

    pub fn inner(&self, function: usize, expression: Handle<Expression>) -> &TypeInner {
        self.info_of(function)[expression].ty.inner_with(&self.module.types)
    }

    /// Bytes of the scalars of each binding.
    pub fn scalar_widths(&self) -> Vec<usize> {
        let bound = self.module.global_variables.iter().filter_map(|(_, variable)| {
            let width = layout::scalar(&self.module, &self.module.types[variable.ty].inner).width;
            variable.binding.as_ref().map(|binding| (binding.binding, width as usize))
        });
        let mut bound: Vec<_> = bound.collect();
        bound.sort_unstable();
        bound.into_iter().map(|(_, width)| width).collect()
    }

    /// Invocations of a workgroup.
    pub fn invocations(&self) -> usize {
        self.module.entry_points[0].workgroup_size.iter().product::<u32>() as usize
    }

    /// The line of the text in which a span begins, with its number.
    pub fn line(&self, span: Span) -> String {
        if !span.is_defined() {
            return "?".to_owned();
        }
        let number = span.location(&self.text).line_number as usize;
        format!("line {number}: `{}`", self.text.lines().nth(number - 1).unwrap_or_default().trim())
    }

    fn info_of(&self, function: usize) -> &FunctionInfo {
        match self.module.functions.iter().nth(function) {
            Some((handle, _)) => &self.info[handle],
            None => self.info.get_entry_point(0),
        }
    }

    fn shapes_of(&self, function: usize) -> Vec<Shape> {
        let expressions: &Arena<Expression> = &self.function(function).expressions;
        let shape = |handle| {
            let inner = self.inner(function, handle);
            Shape { words: layout::words(&self.module, inner), scalar: layout::scalar(&self.module, inner) }
        };
        expressions.iter().map(|(handle, _)| shape(handle)).collect()
    }
}
