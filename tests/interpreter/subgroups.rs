//! Operations of subgroups, and the matrices that a subgroup holds together.

use naga::{CollectiveOperation, CooperativeData, Expression, GatherMode, Handle, Scalar, ScalarKind, Span, Statement};
use naga::{SubgroupOperation, TypeInner};

use super::findings::Fault;
use super::layout::{self, rounded};
use super::machine::{Machine, Mask, Root, Value};

impl Machine<'_> {
    /// The invocations of each subgroup. Notes a subgroup of which only some run the operation.
    fn subgroups(&mut self, mask: &Mask, span: Span) -> Vec<Vec<usize>> {
        let (n, lanes) = (self.n, self.setting.lanes);
        let mut found = Vec::new();
        for first in (0..n).step_by(lanes) {
            let subgroup: Vec<usize> = (first..(first + lanes).min(n)).filter(|&i| mask[i]).collect();
            let size = lanes.min(n - first);
            if !subgroup.is_empty() && subgroup.len() < size {
                let message =
                    format!("{} of {size} lanes of a subgroup do not reach its operation", size - subgroup.len());
                self.find_in(Fault::Divergent, "a subgroup operation", span, &message);
            }
            found.push(subgroup);
        }
        found.retain(|subgroup| !subgroup.is_empty());
        found
    }

    pub fn run_subgroup(&mut self, f: usize, statement: &Statement, mask: &Mask, span: Span) {
        let subgroups = self.subgroups(mask, span);
        match *statement {
            Statement::SubgroupCollectiveOperation { op, collective_op, argument, result } => {
                assert_eq!(collective_op, CollectiveOperation::Reduce, "not interpreted: {collective_op:?}");
                self.reduce(f, op, [argument, result], &subgroups);
            }
            Statement::SubgroupGather { mode, argument, result } => {
                self.gather(f, mode, [argument, result], &subgroups, span);
            }
            Statement::CooperativeStore { target, ref data } => {
                // naga emits the pointer after the statement that uses it.
                self.evaluate(f, data.pointer, mask);
                let matrix = self.matrix(f, target);
                for subgroup in &subgroups {
                    let words = self.words(f, target);
                    let values: Vec<u32> = words[subgroup[0]..].iter().step_by(self.n).copied().collect();
                    for (value, at) in values.into_iter().zip(self.places(f, data, matrix, subgroup[0], span)) {
                        let Some((variable, at)) = at else { continue };
                        self.store(variable, at, value, self.together(subgroup[0]), span);
                    }
                }
            }
            _ => panic!("{}: not interpreted: {statement:?}", self.program.name),
        }
    }

    fn reduce(
        &mut self,
        f: usize,
        op: SubgroupOperation,
        [a, result]: [Handle<Expression>; 2],
        subgroups: &[Vec<usize>],
    ) {
        let (n, scalar) = (self.n, self.program.shape(f, a).scalar);
        let float = scalar.kind == ScalarKind::Float;
        let combine = move |a: u32, b: u32| {
            let (x, y) = (f32::from_bits(a), f32::from_bits(b));
            match op {
                SubgroupOperation::Add if float => rounded(x + y, scalar),
                SubgroupOperation::Mul if float => rounded(x * y, scalar),
                SubgroupOperation::Max if float => x.max(y).to_bits(),
                SubgroupOperation::Min if float => x.min(y).to_bits(),
                SubgroupOperation::Add => a.wrapping_add(b),
                SubgroupOperation::Max if scalar == Scalar::U32 => a.max(b),
                SubgroupOperation::Min if scalar == Scalar::U32 => a.min(b),
                SubgroupOperation::All | SubgroupOperation::And => a & b,
                SubgroupOperation::Any | SubgroupOperation::Or => a | b,
                _ => panic!("not interpreted: {op:?} of {scalar:?}"),
            }
        };
        let mut out = self.take_words(f, result);
        for (words, out) in self.words(f, a).chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            for subgroup in subgroups {
                let total = subgroup.iter().map(|&i| words[i]).reduce(combine).expect("a subgroup has lanes");
                subgroup.iter().for_each(|&i| out[i] = total);
            }
        }
        self.values[f][result.index()] = Value::Words(out);
    }

    fn gather(
        &mut self,
        f: usize,
        mode: GatherMode,
        [a, result]: [Handle<Expression>; 2],
        subgroups: &[Vec<usize>],
        span: Span,
    ) {
        let (n, lanes) = (self.n, self.setting.lanes);
        let of = |index: Handle<Expression>, i: usize| self.words(f, index)[i] as usize;
        let source = |i: usize, first: usize| match mode {
            GatherMode::BroadcastFirst => first % lanes,
            GatherMode::Broadcast(index) | GatherMode::Shuffle(index) => of(index, i),
            GatherMode::ShuffleDown(by) => i % lanes + of(by, i),
            GatherMode::ShuffleUp(by) => (i % lanes).wrapping_sub(of(by, i)),
            GatherMode::ShuffleXor(by) => (i % lanes) ^ of(by, i),
            _ => panic!("not interpreted: {mode:?}"),
        };
        let sources: Vec<(usize, usize)> = subgroups
            .iter()
            .flat_map(|subgroup| subgroup.iter().map(|&i| (i, i / lanes * lanes, source(i, subgroup[0]))))
            .map(|(i, first, lane)| (i, if lane < lanes && first + lane < n { first + lane } else { usize::MAX }))
            .collect();
        let mut out = self.take_words(f, result);
        for (words, out) in self.words(f, a).chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            sources.iter().for_each(|&(i, from)| out[i] = words.get(from).copied().unwrap_or(u32::MAX));
        }
        self.values[f][result.index()] = Value::Words(out);
        let runs = |lane: usize| subgroups.iter().any(|subgroup| subgroup.contains(&lane));
        if sources.iter().any(|&(_, from)| from >= n || !runs(from)) {
            self.find_in(Fault::OutOfBounds, "a subgroup", span, "a lane is read that does not run");
        }
    }

    /// An invocation that stands for all lanes of a subgroup, since which lane holds an element is up to the driver.
    fn together(&self, invocation: usize) -> usize {
        self.n + invocation / self.setting.lanes
    }

    /// The sides and the scalars of a matrix.
    fn matrix(&self, f: usize, expression: Handle<Expression>) -> ([usize; 2], Scalar) {
        match *self.program.inner(f, expression) {
            TypeInner::CooperativeMatrix { columns, rows, scalar, .. } => ([rows as usize, columns as usize], scalar),
            ref other => panic!("no matrix of a subgroup: {other:?}"),
        }
    }

    /// A word of a variable for each element of a matrix, row by row; `None` beyond its end.
    fn places(
        &mut self,
        f: usize,
        data: &CooperativeData,
        ([rows, columns], _): ([usize; 2], Scalar),
        invocation: usize,
        span: Span,
    ) -> Vec<Option<(Handle<naga::GlobalVariable>, usize)>> {
        let pointer = self.pointer(f, data.pointer);
        let Root::Global(variable) = pointer.root else { panic!("a matrix in a local variable") };
        let (first, stride) = (pointer.at[invocation], self.words(f, data.stride)[invocation] as usize);
        let stride = stride * self.program.shape(f, data.pointer).words;
        let module = &self.program.module;
        let inner = &module.types[module.global_variables[variable].ty].inner;
        let length = layout::words(module, inner);
        let at = |row, column| if data.row_major { row * stride + column } else { column * stride + row };
        let places: Vec<usize> =
            (0..rows).flat_map(|row| (0..columns).map(move |column| first + at(row, column))).collect();
        if let Some(&beyond) = places.iter().find(|&&at| at >= length) {
            let message = || format!("a matrix reaches word {beyond} of {length}");
            self.find(Fault::OutOfBounds, variable, span, message);
        }
        places.into_iter().map(|at| (at < length).then_some((variable, at))).collect()
    }

    /// Loads a matrix or multiplies matrices. Every lane is given the whole result.
    pub fn cooperate(&mut self, f: usize, handle: Handle<Expression>, mask: &Mask, span: Span) {
        let subgroups = self.subgroups(mask, span);
        let mut out = self.take_words(f, handle);
        for subgroup in subgroups {
            let first = subgroup[0];
            let values = match self.program.function(f).expressions[handle] {
                Expression::CooperativeLoad { ref data, .. } => {
                    let matrix = self.matrix(f, handle);
                    let together = self.together(first);
                    let places = self.places(f, data, matrix, first, span);
                    let load =
                        |at: Option<(_, usize)>| at.map_or(0, |(variable, at)| self.load(variable, at, together, span));
                    places.into_iter().map(load).collect()
                }
                Expression::CooperativeMultiplyAdd { a, b, c } => self.multiply(f, [a, b, c], first),
                _ => unreachable!("an expression of matrices"),
            };
            for (component, value) in values.into_iter().enumerate() {
                subgroup.iter().for_each(|&i| out[component * self.n + i] = value);
            }
        }
        self.values[f][handle.index()] = Value::Words(out);
    }

    fn multiply(&self, f: usize, operands: [Handle<Expression>; 3], invocation: usize) -> Vec<u32> {
        let [a, b, c]: [Vec<f32>; 3] = operands.map(|operand| {
            let words = self.words(f, operand)[invocation..].iter().step_by(self.n);
            words.map(|&word| f32::from_bits(word)).collect()
        });
        let ([rows, depth], _) = self.matrix(f, operands[0]);
        let ([_, columns], scalar) = self.matrix(f, operands[2]);
        let element = |row: usize, column: usize| {
            let terms = (0..depth).map(|k| a[row * depth + k] * b[k * columns + column]);
            rounded(c[row * columns + column] + terms.sum::<f32>(), scalar)
        };
        (0..rows).flat_map(|row| (0..columns).map(move |column| element(row, column))).collect()
    }
}
