//! Elements of bindings that are stored in another format than the one a kernel declares: a pass over naga's intermediate representation.
//!
//! An expression refers only to earlier ones, and the conversion of a load is later than it. So that no expression is renumbered, a pointer
//! to an element becomes a pointer to a local variable in the declared type, which each load first fills: in f16, `a + x[i]` becomes
//! `x_loaded = f32(x[i]); a + x_loaded`. Statements may refer to any expression, so that new ones are appended. Compilers keep the variable
//! in a register.

use std::collections::HashMap;
use std::mem;

use naga::{
    Arena, Block, Expression, Function, GlobalVariable, Handle, Literal, LocalVariable, Module, Span, Statement, Type,
};

use super::ir::{emit, rewritten};

/// Bindings in another format.
pub(super) type Stored = HashMap<Handle<GlobalVariable>, Elements>;

/// The elements of a binding.
#[derive(Clone)]
pub(super) struct Elements {
    /// A local variable in the declared type, of each function that uses the binding.
    pub loaded: LocalVariable,
    /// Their format.
    pub format: Format,
}

/// How elements are converted. Functions are given the declared type.
#[derive(Clone, Copy)]
pub(super) struct Format {
    /// The element of a stored value.
    pub decode: fn(&mut Appended<'_>, Handle<Expression>, Handle<Type>) -> Handle<Expression>,
    /// The stored value of an element, or of a component.
    pub encode: fn(&mut Appended<'_>, Handle<Expression>) -> Handle<Expression>,
    /// Whether a component of an element can be stored alone.
    pub by_component: bool,
}

/// Converts the loads and stores of these bindings, which are already declared in their format. Returns whether it could: a pointer into
/// one must not be given to a function or a matrix unit, nor a component be stored alone if the format does not allow it.
#[must_use]
pub(super) fn convert(module: &mut Module, stored: &Stored) -> bool {
    let entries = module.entry_points.iter_mut().map(|entry| &mut entry.function);
    let functions = module.functions.iter_mut().map(|(_, function)| function);
    functions.chain(entries).all(|function| convert_function(function, stored))
}

fn convert_function(function: &mut Function, stored: &Stored) -> bool {
    let Function { expressions, local_variables, body, .. } = function;
    let found = expressions.iter().filter_map(|(pointer, expression)| match expressions[accessed(expression)?] {
        Expression::GlobalVariable(array) => {
            stored.get_key_value(&array).map(|(&array, elements)| (pointer, array, elements))
        }
        _ => None,
    });
    let (mut pointers, mut locals) = (HashMap::new(), HashMap::new());
    for (pointer, array, Elements { loaded, format }) in found.collect::<Vec<_>>() {
        let local = locals.entry(array).or_insert_with(|| local_variables.append(loaded.clone(), Span::UNDEFINED));
        let place = mem::replace(&mut expressions[pointer], Expression::LocalVariable(*local));
        pointers.insert(pointer, Element { place, ty: loaded.ty, format: *format });
    }
    let mut pass = Pass { expressions, pointers, refused: false };
    *body = rewritten(mem::take(body), &mut |statement, span, out| pass.statement(statement, span, out));
    !pass.refused
}

/// What an expression indexes.
fn accessed(expression: &Expression) -> Option<Handle<Expression>> {
    match *expression {
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => Some(base),
        _ => None,
    }
}

/// An element of a binding.
#[derive(Clone)]
struct Element {
    /// The pointer to it as it was; now it points to a local variable in the declared type.
    place: Expression,
    ty: Handle<Type>,
    format: Format,
}

/// The pass over one function.
struct Pass<'a> {
    expressions: &'a mut Arena<Expression>,
    /// Pointers to elements.
    pointers: HashMap<Handle<Expression>, Element>,
    /// Whether a pointer to an element is used otherwise than by a load or a store.
    refused: bool,
}

impl Pass<'_> {
    /// The statement with conversions.
    fn statement(&mut self, statement: Statement, span: Span, out: &mut Block) {
        match statement {
            Statement::Emit(range) => return self.loads(&range.collect::<Vec<_>>(), span, out),
            Statement::Store { pointer, value } => {
                if let Some(element) = self.element(pointer) {
                    let Format { encode, by_component, .. } = self.pointers[&element].format;
                    self.refused |= pointer != element && !by_component;
                    let mut appended = Appended::new(self.expressions, span, out);
                    let value = encode(&mut appended, value);
                    let pointer = place(&mut appended, &self.pointers, pointer);
                    appended.emit();
                    out.push(Statement::Store { pointer, value }, span);
                    return;
                }
            }
            Statement::Call { ref arguments, .. } => {
                self.refused |= arguments.iter().any(|&argument| self.element(argument).is_some())
            }
            Statement::CooperativeStore { data, .. } => self.refused |= self.element(data.pointer).is_some(),
            _ => {}
        }
        out.push(statement, span);
    }

    /// Emits expressions, with a conversion before each load of an element.
    fn loads(&mut self, emitted: &[Handle<Expression>], span: Span, out: &mut Block) {
        let mut first = 0;
        for (number, &expression) in emitted.iter().enumerate() {
            let loaded = match &self.expressions[expression] {
                // A pointer to a variable is not emitted.
                Expression::LocalVariable(_) => {
                    emit(&emitted[first..number], span, out);
                    first = number + 1;
                    continue;
                }
                Expression::Load { pointer } => self.element(*pointer),
                Expression::CooperativeLoad { data, .. } => {
                    self.refused |= self.element(data.pointer).is_some();
                    continue;
                }
                _ => continue,
            };
            let Some(element) = loaded else { continue };
            emit(&emitted[first..number], span, out);
            first = number;
            let Element { ty, format, .. } = self.pointers[&element];
            let mut appended = Appended::new(self.expressions, span, out);
            let pointer = place(&mut appended, &self.pointers, element);
            let raw = appended.append(Expression::Load { pointer });
            let value = (format.decode)(&mut appended, raw, ty);
            appended.emit();
            out.push(Statement::Store { pointer: element, value }, span);
        }
        emit(&emitted[first..], span, out);
    }

    /// The element to which a pointer points, or to a component of which.
    fn element(&self, pointer: Handle<Expression>) -> Option<Handle<Expression>> {
        if self.pointers.contains_key(&pointer) {
            return Some(pointer);
        }
        self.element(accessed(&self.expressions[pointer])?)
    }
}

/// Appends a pointer to the binding, where `pointer` now points to the local variable.
fn place(
    appended: &mut Appended<'_>,
    pointers: &HashMap<Handle<Expression>, Element>,
    pointer: Handle<Expression>,
) -> Handle<Expression> {
    let expression = match pointers.get(&pointer) {
        Some(element) => element.place.clone(),
        None => match appended.expressions[pointer] {
            Expression::Access { base, index } => Expression::Access { base: place(appended, pointers, base), index },
            Expression::AccessIndex { base, index } => {
                Expression::AccessIndex { base: place(appended, pointers, base), index }
            }
            _ => unreachable!("it points to an element"),
        },
    };
    // The sanitizer names an access by its place in the text.
    let span = appended.expressions.get_span(pointer);
    appended.append_at(expression, span)
}

/// Expressions that are appended and then emitted into a block.
pub(super) struct Appended<'a> {
    expressions: &'a mut Arena<Expression>,
    span: Span,
    out: &'a mut Block,
    /// Appended one after the other, and not yet emitted.
    run: Vec<Handle<Expression>>,
}

impl<'a> Appended<'a> {
    fn new(expressions: &'a mut Arena<Expression>, span: Span, out: &'a mut Block) -> Self {
        Self { expressions, span, out, run: Vec::new() }
    }

    /// Appends an expression.
    pub fn append(&mut self, expression: Expression) -> Handle<Expression> {
        self.append_at(expression, self.span)
    }

    fn append_at(&mut self, expression: Expression, span: Span) -> Handle<Expression> {
        let appended = self.expressions.append(expression, span);
        self.run.push(appended);
        appended
    }

    /// Appends a literal, which is not emitted.
    pub fn literal(&mut self, literal: Literal) -> Handle<Expression> {
        self.emit();
        self.expressions.append(Expression::Literal(literal), self.span)
    }

    fn emit(&mut self) {
        emit(&mem::take(&mut self.run), self.span, self.out);
    }
}
