//! Expressions, each in all invocations at once.

use naga::{BuiltIn, Expression, Handle, MathFunction, ScalarKind, Span, SwizzleComponent};

use super::arithmetic;
use super::findings::Fault;
use super::layout;
use super::machine::{Contents, Machine, Mask, NOWHERE, Pointer, Root, Value};

impl Machine<'_> {
    /// Evaluates an expression where it is emitted.
    pub fn evaluate(&mut self, f: usize, handle: Handle<Expression>, mask: &Mask) {
        let (program, n) = (self.program, self.n);
        let arena = &program.function(f).expressions;
        let (expression, span) = (&arena[handle], arena.get_span(handle));
        match *expression {
            Expression::Access { base, index } => {
                let indices = self.words(f, index).iter().map(|&index| index as usize).collect();
                return self.access_element(f, handle, base, indices, mask, span);
            }
            Expression::AccessIndex { base, index }
                if layout::is_in_storage(&program.module, program.inner(f, base)) =>
            {
                return self.access_element(f, handle, base, vec![index as usize; n], mask, span);
            }
            Expression::AccessIndex { base, index } => return self.access_part(f, handle, base, index as usize),
            Expression::Load { pointer } => return self.load_value(f, handle, pointer, mask, span),
            Expression::CooperativeLoad { .. } | Expression::CooperativeMultiplyAdd { .. } => {
                return self.cooperate(f, handle, mask, span);
            }
            _ => {}
        }
        let mut out = self.take_words(f, handle);
        let words = |operand: Handle<Expression>| self.words(f, operand);
        let scalar = |operand: Handle<Expression>| program.shape(f, operand).scalar;
        match *expression {
            Expression::Compose { ref components, .. } => {
                out.clear();
                components.iter().for_each(|&component| out.extend_from_slice(words(component)));
            }
            Expression::Splat { size, value } => {
                out.clear();
                (0..size as usize).for_each(|_| out.extend_from_slice(words(value)));
            }
            Expression::Swizzle { size, vector, pattern } => {
                for (out, &component) in out.chunks_exact_mut(n).zip(&pattern[..size as usize]) {
                    let first = n * match component {
                        SwizzleComponent::X => 0,
                        SwizzleComponent::Y => 1,
                        SwizzleComponent::Z => 2,
                        SwizzleComponent::W => 3,
                    };
                    out.copy_from_slice(&words(vector)[first..first + n]);
                }
            }
            Expression::Unary { op, expr } => arithmetic::unary(&mut out, op, scalar(expr), words(expr)),
            Expression::Binary { op, left, right } => {
                arithmetic::binary(&mut out, n, op, scalar(left), [words(left), words(right)]);
            }
            Expression::Select { condition, accept, reject } => {
                arithmetic::select(&mut out, n, [condition, accept, reject].map(words));
            }
            Expression::Relational { fun, argument } => {
                let (all, words) = (fun == naga::RelationalFunction::All, words(argument));
                assert!(all || fun == naga::RelationalFunction::Any, "not interpreted: {fun:?}");
                for (i, out) in out.iter_mut().enumerate() {
                    let mut components = words[i..].iter().step_by(n);
                    *out = u32::from(if all { components.all(|&c| c != 0) } else { components.any(|&c| c != 0) });
                }
            }
            Expression::Math { fun: MathFunction::Transpose, arg, .. } => {
                let naga::TypeInner::Matrix { columns, rows, .. } = *program.inner(f, arg) else {
                    panic!("transposes no matrix")
                };
                for (number, out) in out.chunks_exact_mut(n).enumerate() {
                    let (row, column) = (number / columns as usize, number % columns as usize);
                    let first = (column * rows as usize + row) * n;
                    out.copy_from_slice(&words(arg)[first..first + n]);
                }
            }
            Expression::Math { fun, arg, arg1, arg2, .. } => {
                let operands = [words(arg), arg1.map_or(&[], words), arg2.map_or(&[], words)];
                arithmetic::math(&mut out, n, fun, scalar(arg), operands);
            }
            Expression::As { expr, kind, convert: Some(width) } => {
                let to = naga::Scalar { kind, width };
                arithmetic::convert(&mut out, words(expr), scalar(expr), to);
            }
            Expression::As { expr, convert: None, .. } => {
                assert_eq!(scalar(expr).width, 4, "not interpreted: the bits of f16");
                out.copy_from_slice(words(expr));
            }
            Expression::ArrayLength(array) => out.fill(self.array_length(f, array)),
            _ => panic!("{}: not interpreted: {expression:?}", program.name),
        }
        self.values[f][handle.index()] = Value::Words(out);
        if let Expression::Binary { op: naga::BinaryOperator::Divide | naga::BinaryOperator::Modulo, left, right } =
            *expression
            && scalar(left).kind != ScalarKind::Float
        {
            let divisors = self.words(f, right).chunks_exact(n);
            if divisors.flat_map(|component| component.iter().zip(mask)).any(|(&word, &runs)| runs && word == 0) {
                self.find_in(Fault::DivisionByZero, "a quotient", span, "divides by zero");
            }
        }
    }

    /// The buffer of an expression's words, to be put back.
    pub fn take_words(&mut self, f: usize, handle: Handle<Expression>) -> Vec<u32> {
        match &mut self.values[f][handle.index()] {
            Value::Words(words) => std::mem::take(words),
            Value::Pointer(_) => panic!("{}: a pointer is not a value", self.program.name),
        }
    }

    fn array_length(&self, f: usize, array: Handle<Expression>) -> u32 {
        let Root::Global(variable) = self.pointer(f, array).root else { panic!("the length of a local array") };
        let element = layout::element(&self.program.module, self.program.inner(f, array));
        match &self.globals[variable.index()] {
            Contents::Storage(bound) => (bound.scalars / element) as u32,
            _ => panic!("the length of an array of known length"),
        }
    }

    /// `base[index]`, of a value or as a pointer.
    fn access_element(
        &mut self,
        f: usize,
        handle: Handle<Expression>,
        base: Handle<Expression>,
        mut indices: Vec<usize>,
        mask: &Mask,
        span: Span,
    ) {
        let (program, n) = (self.program, self.n);
        let inner = program.inner(f, base);
        let element = layout::element(&program.module, inner);
        let length = layout::length(&program.module, inner).unwrap_or_else(|| self.array_length(f, base) as usize);
        let beyond = |index: &usize| *index >= length;
        for invocation in (0..n).filter(|&i| mask[i] && beyond(&indices[i])) {
            self.is_out_of_bounds(f, base, indices[invocation], length, invocation, span);
        }
        if let Value::Pointer(pointer) = &self.values[f][base.index()] {
            let place = |(&at, index): (&usize, &usize)| match at {
                _ if at >= NOWHERE || beyond(index) => NOWHERE,
                _ => at + index * element,
            };
            let at = pointer.at.iter().zip(&indices).map(place).collect();
            self.values[f][handle.index()] = Value::Pointer(Pointer { root: pointer.root, at });
            return;
        }
        indices.iter_mut().filter(|index| beyond(index)).for_each(|index| *index = 0);
        let mut out = self.take_words(f, handle);
        let words = self.words(f, base);
        for (component, out) in out.chunks_exact_mut(n).enumerate() {
            for (invocation, (out, index)) in out.iter_mut().zip(&indices).enumerate() {
                *out = words[(index * element + component) * n + invocation];
            }
        }
        self.values[f][handle.index()] = Value::Words(out);
    }

    fn is_out_of_bounds(
        &mut self,
        f: usize,
        base: Handle<Expression>,
        index: usize,
        length: usize,
        invocation: usize,
        span: Span,
    ) {
        let message = format!("index {index} of {length} by invocation {invocation}");
        match self.values[f][base.index()] {
            Value::Pointer(Pointer { root: Root::Global(variable), .. }) => {
                self.find(Fault::OutOfBounds, variable, span, || message);
            }
            Value::Pointer(Pointer { root: Root::Local(function, variable), .. }) => {
                let name = self.program.function(function).local_variables[variable].name.clone().unwrap_or_default();
                self.find_in(Fault::OutOfBounds, &name, span, &message);
            }
            Value::Words(_) => self.find_in(Fault::OutOfBounds, "a value", span, &message),
        }
    }

    /// A member or element with a fixed number, of a value or as a pointer.
    fn access_part(&mut self, f: usize, handle: Handle<Expression>, base: Handle<Expression>, index: usize) {
        let (program, n) = (self.program, self.n);
        let inner = program.inner(f, base);
        let before = layout::part(&program.module, inner, index);
        if let Value::Pointer(pointer) = &self.values[f][base.index()] {
            let at = pointer.at.iter().map(|&at| if at < NOWHERE { at + before } else { NOWHERE }).collect();
            self.values[f][handle.index()] = Value::Pointer(Pointer { root: pointer.root, at });
            return;
        }
        let mut out = self.take_words(f, handle);
        let length = out.len();
        out.copy_from_slice(&self.words(f, base)[before * n..before * n + length]);
        self.values[f][handle.index()] = Value::Words(out);
    }

    fn load_value(
        &mut self,
        f: usize,
        handle: Handle<Expression>,
        pointer: Handle<Expression>,
        mask: &Mask,
        span: Span,
    ) {
        let n = self.n;
        let mut out = self.take_words(f, handle);
        let Pointer { root, at } = self.pointer(f, pointer).clone();
        for (component, out) in out.chunks_exact_mut(n).enumerate() {
            for (invocation, word) in out.iter_mut().enumerate() {
                match root {
                    _ if at[invocation] >= NOWHERE => *word = u32::MAX,
                    Root::Local(function, variable) => {
                        let words = &self.locals[function][variable.index()];
                        *word = words[(at[invocation] + component) * n + invocation];
                    }
                    Root::Global(variable) if mask[invocation] => {
                        *word = self.load(variable, at[invocation] + component, invocation, span);
                    }
                    Root::Global(_) => {}
                }
            }
        }
        self.values[f][handle.index()] = Value::Words(out);
    }

    /// The arguments of the entry point.
    pub fn start_main(&mut self) {
        let (program, n, lanes) = (self.program, self.n, self.setting.lanes);
        let main = program.main();
        let function = program.function(main);
        let size = program.module.entry_points[0].workgroup_size;
        for (handle, expression) in function.expressions.iter() {
            let Expression::FunctionArgument(number) = *expression else { continue };
            let Some(naga::Binding::BuiltIn(built_in)) = function.arguments[number as usize].binding else {
                panic!("{}: an argument of main is no built-in value", program.name)
            };
            let local = |i: usize| {
                let i = i as u32;
                [i % size[0], i / size[0] % size[1], i / size[0] / size[1]]
            };
            let words = (0..3 * n).map(|word| {
                let (component, i) = (word / n, word % n);
                match built_in {
                    BuiltIn::WorkGroupId => self.workgroup[component],
                    BuiltIn::NumWorkGroups => self.setting.grid[component],
                    BuiltIn::LocalInvocationId => local(i)[component],
                    BuiltIn::GlobalInvocationId => self.workgroup[component] * size[component] + local(i)[component],
                    BuiltIn::LocalInvocationIndex => i as u32,
                    BuiltIn::SubgroupInvocationId => (i % lanes) as u32,
                    BuiltIn::SubgroupId => (i / lanes) as u32,
                    BuiltIn::SubgroupSize => lanes as u32,
                    BuiltIn::NumSubgroups => n.div_ceil(lanes) as u32,
                    _ => panic!("{}: not interpreted: {built_in:?}", program.name),
                }
            });
            let words = words.take(n * program.shape(main, handle).words).collect();
            self.values[main][handle.index()] = Value::Words(words);
        }
    }
}
