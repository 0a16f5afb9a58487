//! Kernels whose indices are checked, for tests: a pass over naga's intermediate representation.
//!
//! Before each access of an array through a pointer, a call compares the index with the array's length. An invocation keeps the first index
//! beyond the end, without a branch, since compilers take long for many small blocks; when it ends, it writes the index to a record in
//! storage, an additional binding. The access itself is unchanged: what becomes of it is up to wgpu's own checks.

use naga::valid::{Capabilities, FunctionInfo, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator};
use naga::{
    Arena, ArraySize, Block, Expression, Function, Handle, Literal, Module, Range, ScalarKind, Span, Statement, Type,
    TypeInner, UniqueArena,
};

/// Bytes of the record: how many invocations had a violation; site, index and length of the first.
pub const RECORD: u64 = 16;

/// Functions that the pass calls.
const CHECK: &str = "sanitizer_check";
const REPORT: &str = "sanitizer_report";

/// An access whose index is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The kernel's name.
    pub kernel: &'static str,
    /// The variable that is an array.
    pub array: String,
    /// The line of the kernel's text.
    pub line: String,
}

/// The module of a kernel's text, with the record at a binding that the kernel does not use. Its accesses are added to `sites`.
///
/// # Errors
/// The text of naga's error.
pub fn sanitize(kernel: &'static str, wgsl: &str, binding: usize, sites: &mut Vec<Site>) -> Result<Module, String> {
    let wgsl = &with_record(wgsl, binding);
    let mut module = naga::front::wgsl::parse_str(wgsl).map_err(|error| error.emit_to_string(wgsl))?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .subgroup_stages(ShaderStages::COMPUTE)
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(&module)
        .map_err(|error| error.emit_to_string(wgsl))?;
    let named = |name: &str| {
        let found = module.functions.iter().find(|(_, function)| function.name.as_deref() == Some(name));
        found.expect("the function was declared").0
    };
    let (check, report) = (named(CHECK), named(REPORT));
    let names: Vec<_> = module.global_variables.iter().map(|(_, variable)| variable.name.clone()).collect();
    let Module { types, functions, entry_points, .. } = &mut module;
    let mut pass = |info: &FunctionInfo, function: &mut Function, report| {
        let Function { expressions, body, .. } = function;
        let mut pass =
            Pass { kernel, wgsl, types, info, names: &names, check, report, expressions, sites: &mut *sites };
        *body = pass.block(std::mem::take(body));
    };
    for (handle, function) in functions.iter_mut().filter(|(handle, _)| ![check, report].contains(handle)) {
        pass(&info[handle], function, None);
    }
    for (i, entry) in entry_points.iter_mut().enumerate() {
        pass(info.get_entry_point(i), &mut entry.function, Some(report));
    }
    Ok(module)
}

/// The text with the declarations that checks need, after its `enable` directives and before everything else: a function is called only by
/// those after it.
fn with_record(wgsl: &str, binding: usize) -> String {
    let enables = wgsl.match_indices("enable ").filter(|&(at, _)| at == 0 || wgsl[..at].ends_with('\n'));
    let end = enables.last().map_or(0, |(at, _)| at + wgsl[at..].find('\n').map_or(0, |end| end + 1));
    let (before, after) = wgsl.split_at(end);
    format!(
        "{before}struct SanitizerRecord {{ invocations: atomic<u32>, site: u32, index: u32, length: u32 }}
@group(0) @binding({binding}) var<storage, read_write> sanitizer_record: SanitizerRecord;
var<private> sanitizer_first: vec3<u32>;
fn {CHECK}(index: u32, length: u32, site: u32) {{
    let is_first = (index >= length) & (sanitizer_first.x == 0u);
    sanitizer_first = select(sanitizer_first, vec3<u32>(site + 1u, index, length), is_first);
}}
fn {REPORT}() {{
    if sanitizer_first.x > 0u && atomicAdd(&sanitizer_record.invocations, 1u) == 0u {{
        sanitizer_record.site = sanitizer_first.x - 1u;
        sanitizer_record.index = sanitizer_first.y;
        sanitizer_record.length = sanitizer_first.z;
    }}
}}
{after}"
    )
}

/// The pass over one function.
struct Pass<'a> {
    kernel: &'static str,
    wgsl: &'a str,
    types: &'a UniqueArena<Type>,
    /// Of the expressions that the function had before.
    info: &'a FunctionInfo,
    /// Of global variables.
    names: &'a [Option<String>],
    check: Handle<Function>,
    /// What an entry point calls before it returns.
    report: Option<Handle<Function>>,
    expressions: &'a mut Arena<Expression>,
    sites: &'a mut Vec<Site>,
}

/// The number of elements of an array, or of components of a vector.
#[derive(Clone, Copy)]
enum Length {
    Fixed(u32),
    OfBinding,
}

impl Pass<'_> {
    /// The block with a call before each access.
    fn block(&mut self, block: Block) -> Block {
        let mut out = Block::with_capacity(block.len());
        for (mut statement, span) in block.span_into_iter() {
            match &mut statement {
                Statement::Emit(range) => {
                    let emitted: Vec<_> = range.clone().collect();
                    self.emit(&emitted, span, &mut out);
                    continue;
                }
                Statement::Block(block) => *block = self.block(std::mem::take(block)),
                Statement::If { accept: first, reject: second, .. }
                | Statement::Loop { body: first, continuing: second, .. } => {
                    *first = self.block(std::mem::take(first));
                    *second = self.block(std::mem::take(second));
                }
                Statement::Switch { cases, .. } => {
                    cases.iter_mut().for_each(|case| case.body = self.block(std::mem::take(&mut case.body)));
                }
                Statement::Return { .. } => {
                    let call = |function| Statement::Call { function, arguments: Vec::new(), result: None };
                    self.report.into_iter().for_each(|report| out.push(call(report), span));
                }
                _ => {}
            }
            out.push(statement, span);
        }
        out
    }

    fn emit(&mut self, emitted: &[Handle<Expression>], span: Span, out: &mut Block) {
        let mut first = 0;
        for (place, &access) in emitted.iter().enumerate() {
            let indexed = match self.expressions[access] {
                Expression::Access { base, index } => self.length(base).map(|length| (base, length, Ok(index))),
                // naga checks a fixed index where it knows the length.
                Expression::AccessIndex { base, index } => match self.length(base) {
                    Some(length @ Length::OfBinding) => Some((base, length, Err(index))),
                    _ => None,
                },
                _ => None,
            };
            let Some((base, length, index)) = indexed else { continue };
            emit_all(&emitted[first..place], span, out);
            first = place;
            self.call(self.expressions.get_span(access), base, length, index, out);
        }
        emit_all(&emitted[first..], span, out);
    }

    /// The length of what a pointer points to.
    fn length(&self, pointer: Handle<Expression>) -> Option<Length> {
        let TypeInner::Pointer { base, .. } = *self.info[pointer].ty.inner_with(self.types) else { return None };
        match self.types[base].inner {
            TypeInner::Array { size: ArraySize::Constant(length), .. } => Some(Length::Fixed(length.get())),
            TypeInner::Array { size: ArraySize::Dynamic, .. } => Some(Length::OfBinding),
            TypeInner::Vector { size, .. } => Some(Length::Fixed(size as u32)),
            _ => None,
        }
    }

    /// Calls the check of an index, which is an expression or a number.
    fn call(
        &mut self,
        span: Span,
        base: Handle<Expression>,
        length: Length,
        index: Result<Handle<Expression>, u32>,
        out: &mut Block,
    ) {
        let line = span.to_range().map_or("", |range| &self.wgsl[range]).to_owned();
        self.sites.push(Site { kernel: self.kernel, array: self.name(base), line });
        let site = self.literal(self.sites.len() as u32 - 1, span);
        let (index, length) = match (index, length) {
            (Err(number), _) => (self.literal(number, span), self.appended(Expression::ArrayLength(base), span, out)),
            (Ok(index), Length::Fixed(length)) => (self.unsigned(index, span, out), self.literal(length, span)),
            (Ok(index), Length::OfBinding) => {
                (self.unsigned(index, span, out), self.appended(Expression::ArrayLength(base), span, out))
            }
        };
        out.push(Statement::Call { function: self.check, arguments: vec![index, length, site], result: None }, span);
    }

    fn literal(&mut self, number: u32, span: Span) -> Handle<Expression> {
        self.expressions.append(Expression::Literal(Literal::U32(number)), span)
    }

    /// An expression that is evaluated here.
    fn appended(&mut self, expression: Expression, span: Span, out: &mut Block) -> Handle<Expression> {
        let handle = self.expressions.append(expression, span);
        emit_all(&[handle], span, out);
        handle
    }

    /// An index as u32, in which a negative one is beyond the end.
    fn unsigned(&mut self, index: Handle<Expression>, span: Span, out: &mut Block) -> Handle<Expression> {
        match self.info[index].ty.inner_with(self.types).scalar_kind() {
            Some(ScalarKind::Sint) => {
                self.appended(Expression::As { expr: index, kind: ScalarKind::Uint, convert: None }, span, out)
            }
            _ => index,
        }
    }

    /// The variable into which an expression points.
    fn name(&self, pointer: Handle<Expression>) -> String {
        match self.expressions[pointer] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => self.name(base),
            Expression::GlobalVariable(variable) => self.names[variable.index()].clone().unwrap_or_default(),
            _ => "a local array".to_owned(),
        }
    }
}

/// Emits expressions that follow one another.
fn emit_all(expressions: &[Handle<Expression>], span: Span, out: &mut Block) {
    if let (Some(&first), Some(&last)) = (expressions.first(), expressions.last()) {
        out.push(Statement::Emit(Range::new_from_bounds(first, last)), span);
    }
}

#[cfg(test)]
mod tests {
    use super::{Site, sanitize};

    #[test]
    fn indices_into_storage_and_workgroup_memory_are_checked() {
        let text = "\
enable f16;
@group(0) @binding(0) var<storage, read> at: array<u32>; // at[i]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f16>>;
var<workgroup> shared_y: array<f32, 4>;
@compute @workgroup_size(1)
fn main(@builtin(local_invocation_index) i: u32) {
    if i == 0u {
        y[at[i] + 2u].x = f16(shared_y[i32(i)] + shared_y[3]);
    }
}
";
        let mut sites = Vec::new();
        sanitize("some", text, 2, &mut sites).unwrap();
        let site = |array: &str, line: &str| Site { kernel: "some", array: array.to_owned(), line: line.to_owned() };
        let expected = [site("at", "at[i]"), site("y", "y[at[i] + 2u]"), site("shared_y", "shared_y[i32(i)]")];
        sites.sort_by_key(|site| site.array.clone());
        let mut expected = expected.to_vec();
        expected.sort_by_key(|site| site.array.clone());
        assert_eq!(sites, expected);
    }
}
