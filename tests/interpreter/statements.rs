//! Statements. Invocations that do not take a branch wait at its end, as in hardware that runs them in lock step.

use naga::{Barrier, Block, Expression, Handle, Span, Statement};

use super::findings::Fault;
use super::machine::{Machine, Mask, NOWHERE, Root, Value};

/// Where invocations go that leave a block before its end.
#[derive(Default)]
struct Exits {
    broken: Mask,
    continued: Mask,
}

fn any(mask: &Mask) -> bool {
    mask.contains(&true)
}

fn join(mask: &mut Mask, other: &Mask) {
    mask.iter_mut().zip(other).for_each(|(mask, other)| *mask |= other);
}

impl<'a> Machine<'a> {
    /// Runs a function in the invocations that call it. Its result, if any, is returned.
    pub fn call(&mut self, function: usize, callers: &Mask) -> Option<Vec<u32>> {
        self.start(function, callers);
        let mut mask = callers.clone();
        let mut exits = Exits { broken: vec![false; self.n], continued: vec![false; self.n] };
        let mut result = None;
        let program = self.program;
        self.run_block(function, &program.function(function).body, &mut mask, &mut exits, &mut result);
        result
    }

    /// Runs a block. Invocations that leave it early are taken from the mask.
    fn run_block(
        &mut self,
        f: usize,
        block: &'a Block,
        mask: &mut Mask,
        exits: &mut Exits,
        result: &mut Option<Vec<u32>>,
    ) {
        for (statement, &span) in block.span_iter() {
            if !any(mask) {
                return;
            }
            match statement {
                Statement::Emit(range) => range.clone().for_each(|expression| self.evaluate(f, expression, mask)),
                Statement::Block(block) => self.run_block(f, block, mask, exits, result),
                Statement::If { condition, accept, reject } => {
                    let condition = self.words(f, *condition);
                    let mut yes: Mask = mask.iter().zip(condition).map(|(&runs, &word)| runs && word != 0).collect();
                    let mut no: Mask = mask.iter().zip(&yes).map(|(&runs, &yes)| runs && !yes).collect();
                    self.run_block(f, accept, &mut yes, exits, result);
                    self.run_block(f, reject, &mut no, exits, result);
                    join(&mut yes, &no);
                    *mask = yes;
                }
                Statement::Switch { selector, cases } => self.switch(f, *selector, cases, mask, exits, result),
                Statement::Loop { body, continuing, break_if } => {
                    self.run_loop(f, [body, continuing], *break_if, mask, result);
                }
                Statement::Break => join(&mut exits.broken, &std::mem::replace(mask, vec![false; self.n])),
                Statement::Continue => join(&mut exits.continued, &std::mem::replace(mask, vec![false; self.n])),
                Statement::Return { value } => {
                    if let Some(value) = *value {
                        let words = self.words(f, value);
                        let result = result.get_or_insert_with(|| vec![0; words.len()]);
                        masked_copy(result, words, mask);
                    }
                    mask.fill(false);
                }
                Statement::ControlBarrier(barrier) => self.barrier(*barrier, mask, span),
                Statement::Store { pointer, value } => self.store_value(f, *pointer, *value, mask, span),
                Statement::Call { function, arguments, result: into } => {
                    let returned = self.call_with(f, function.index(), arguments, mask);
                    if let (Some(into), Some(words)) = (*into, returned) {
                        self.values[f][into.index()] = Value::Words(words);
                    }
                }
                Statement::SubgroupGather { .. }
                | Statement::SubgroupCollectiveOperation { .. }
                | Statement::SubgroupBallot { .. }
                | Statement::CooperativeStore { .. } => self.run_subgroup(f, statement, mask, span),
                _ => panic!("{}: not interpreted: {statement:?}", self.program.name),
            }
        }
    }

    fn switch(
        &mut self,
        f: usize,
        selector: Handle<Expression>,
        cases: &'a [naga::SwitchCase],
        mask: &mut Mask,
        exits: &mut Exits,
        result: &mut Option<Vec<u32>>,
    ) {
        let selectors = self.words(f, selector).to_vec();
        let is = |value: naga::SwitchValue, word: u32| match value {
            naga::SwitchValue::I32(value) => value as u32 == word,
            naga::SwitchValue::U32(value) => value == word,
            naga::SwitchValue::Default => false,
        };
        let taken = |word: u32| {
            let found = cases.iter().position(|case| is(case.value, word));
            found.or_else(|| cases.iter().position(|case| case.value == naga::SwitchValue::Default))
        };
        let mut after = vec![false; self.n];
        let mut falling = vec![false; self.n];
        for (number, case) in cases.iter().enumerate() {
            let enters = |i: usize| mask[i] && taken(selectors[i]) == Some(number);
            let mut here: Mask = (0..self.n).map(|i| falling[i] || enters(i)).collect();
            let broken = std::mem::replace(&mut exits.broken, vec![false; self.n]);
            self.run_block(f, &case.body, &mut here, exits, result);
            join(&mut after, &std::mem::replace(&mut exits.broken, broken));
            falling.fill(false);
            join(if case.fall_through { &mut falling } else { &mut after }, &here);
        }
        for i in 0..self.n {
            after[i] |= mask[i] && taken(selectors[i]).is_none();
        }
        *mask = after;
    }

    fn run_loop(
        &mut self,
        f: usize,
        [body, continuing]: [&'a Block; 2],
        break_if: Option<Handle<Expression>>,
        mask: &mut Mask,
        result: &mut Option<Vec<u32>>,
    ) {
        let mut exits = Exits { broken: vec![false; self.n], continued: vec![false; self.n] };
        while any(mask) {
            // A subgroup turns as long as one of its lanes does.
            let turning = mask.chunks(self.setting.lanes).map(|lanes| usize::from(lanes.contains(&true)));
            self.turns.iter_mut().zip(turning).for_each(|(turns, turning)| *turns += turning);
            self.run_block(f, body, mask, &mut exits, result);
            join(mask, &exits.continued);
            exits.continued.fill(false);
            self.run_block(f, continuing, mask, &mut exits, result);
            if let Some(condition) = break_if {
                let condition = self.words(f, condition);
                for (i, runs) in mask.iter_mut().enumerate().filter(|(i, runs)| **runs && condition[*i] != 0) {
                    (*runs, exits.broken[i]) = (false, true);
                }
            }
        }
        *mask = exits.broken;
    }

    fn call_with(
        &mut self,
        f: usize,
        function: usize,
        arguments: &[Handle<Expression>],
        mask: &Mask,
    ) -> Option<Vec<u32>> {
        for (handle, expression) in self.program.function(function).expressions.iter() {
            if let Expression::FunctionArgument(number) = *expression {
                let value = match &self.values[f][arguments[number as usize].index()] {
                    Value::Words(words) => Value::Words(words.clone()),
                    Value::Pointer(pointer) => Value::Pointer(pointer.clone()),
                };
                self.values[function][handle.index()] = value;
            }
        }
        self.call(function, mask)
    }

    /// A barrier orders the accesses before and after it of the memory that it names.
    fn barrier(&mut self, barrier: Barrier, mask: &Mask, span: Span) {
        if mask.contains(&false) {
            let absent = mask.iter().filter(|runs| !**runs).count();
            let message = format!("{absent} of {} invocations do not reach a barrier", self.n);
            self.find_in(Fault::Divergent, "a barrier", span, &message);
        }
        self.shared_barriers += u16::from(barrier.contains(Barrier::WORK_GROUP));
        self.storage_barriers += u16::from(barrier.contains(Barrier::STORAGE));
    }

    fn store_value(
        &mut self,
        f: usize,
        pointer: Handle<Expression>,
        value: Handle<Expression>,
        mask: &Mask,
        span: Span,
    ) {
        let n = self.n;
        let pointer = self.pointer(f, pointer).clone();
        let components = self.words(f, value).len() / n;
        for invocation in (0..n).filter(|&i| mask[i] && pointer.at[i] < NOWHERE) {
            for component in 0..components {
                let at = pointer.at[invocation] + component;
                let word = self.words(f, value)[component * n + invocation];
                match pointer.root {
                    Root::Local(function, variable) => {
                        self.locals[function][variable.index()][at * n + invocation] = word;
                    }
                    Root::Global(variable) => self.store(variable, at, word, invocation, span),
                }
            }
        }
    }
}

fn masked_copy(to: &mut [u32], from: &[u32], mask: &Mask) {
    let n = mask.len();
    for (to, from) in to.chunks_exact_mut(n).zip(from.chunks_exact(n)) {
        to.iter_mut().zip(from).zip(mask).filter(|(_, runs)| **runs).for_each(|((to, from), _)| *to = *from);
    }
}
