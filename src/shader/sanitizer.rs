//! Kernels whose indices are checked, for tests: a pass over naga's intermediate representation.
//!
//! Before each access of an array through a pointer, a call compares the index with the array's length. An invocation keeps the first index
//! beyond the end, without a branch, since compilers take long for many small blocks; when it ends, it writes the index to a record in
//! storage, an additional binding. The access itself is unchanged: what becomes of it is up to wgpu's own checks.

use naga::valid::FunctionInfo;
use naga::{
    Arena, ArraySize, Block, Expression, Function, Handle, Literal, Module, ScalarKind, Span, Statement, Type,
    TypeInner, UniqueArena,
};

use super::ir::{emit, rewritten, validate};

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

/// Checks the accesses of a module, which was parsed from a text [`with_record`]. They are added to `sites`.
///
/// # Errors
/// The text of naga's error.
pub fn sanitize(kernel: &'static str, wgsl: &str, module: &mut Module, sites: &mut Vec<Site>) -> Result<(), String> {
    let info = validate(module, wgsl)?;
    let named = |name: &str| {
        let found = module.functions.iter().find(|(_, function)| function.name.as_deref() == Some(name));
        found.expect("the function was declared").0
    };
    let (check, report) = (named(CHECK), named(REPORT));
    let names: Vec<_> = module.global_variables.iter().map(|(_, variable)| variable.name.clone()).collect();
    let Module { types, functions, entry_points, .. } = module;
    let mut pass = |info: &FunctionInfo, function: &mut Function, report| {
        let Function { expressions, body, .. } = function;
        let mut pass =
            Pass { kernel, wgsl, types, info, names: &names, check, report, expressions, sites: &mut *sites };
        *body = rewritten(std::mem::take(body), &mut |statement, span, out| pass.statement(statement, span, out));
    };
    for (handle, function) in functions.iter_mut().filter(|(handle, _)| ![check, report].contains(handle)) {
        pass(&info[handle], function, None);
    }
    for (i, entry) in entry_points.iter_mut().enumerate() {
        pass(info.get_entry_point(i), &mut entry.function, Some(report));
    }
    Ok(())
}

/// The text with the declarations that checks need, the record at a binding that the kernel does not use among them: after its `enable` directives and before everything else: a function is called only by
/// those after it.
pub fn with_record(wgsl: &str, binding: usize) -> String {
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
    /// The statement with a call before each access.
    fn statement(&mut self, statement: Statement, span: Span, out: &mut Block) {
        match &statement {
            Statement::Emit(range) => return self.emit(&range.clone().collect::<Vec<_>>(), span, out),
            Statement::Return { .. } => {
                let call = |function| Statement::Call { function, arguments: Vec::new(), result: None };
                self.report.into_iter().for_each(|report| out.push(call(report), span));
            }
            _ => {}
        }
        out.push(statement, span);
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
            emit(&emitted[first..place], span, out);
            first = place;
            self.call(self.expressions.get_span(access), base, length, index, out);
        }
        emit(&emitted[first..], span, out);
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
        emit(&[handle], span, out);
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

#[cfg(test)]
mod tests {
    use super::{sanitize, validate, with_record};
    use crate::dtype::Dtype::{self, F16, F32, U32};
    use crate::shader::Parsed;

    const KERNEL: &str = "\
enable f16;
@group(0) @binding(0) var<storage, read> at: array<u32>; // at[i]
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f16>>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
var<workgroup> shared_y: array<f32, 4>;
@compute @workgroup_size(1)
fn main(@builtin(local_invocation_index) i: u32) {
    if i == 0u {
        y[at[i] + 2u].x = f16(shared_y[i32(i)] + shared_y[3]);
        z[i] = z[i + 1u];
    }
}
";

    /// Arrays and lines of all accesses that are checked.
    fn sites(stored: [Dtype; 3]) -> Vec<(String, String)> {
        let Parsed { text, mut module, .. } = Parsed::new(with_record(KERNEL, 3), &stored).unwrap();
        let mut sites = Vec::new();
        sanitize("some", &text, &mut module, &mut sites).unwrap();
        validate(&module, &text).unwrap();
        let mut sites: Vec<_> = sites.into_iter().map(|site| (site.array, site.line)).collect();
        sites.sort();
        sites
    }

    #[test]
    fn indices_into_storage_and_workgroup_memory_are_checked() {
        let expected = [
            ("at", "at[i]"),
            ("shared_y", "shared_y[i32(i)]"),
            ("y", "y[at[i] + 2u]"),
            ("z", "z[i + 1u]"),
            ("z", "z[i]"),
        ];
        let expected = expected.map(|(array, line)| (array.to_owned(), line.to_owned()));
        assert_eq!(sites([U32, F16, F32]), expected);
        assert_eq!(sites([U32, F16, F16]), expected, "with a conversion at each");
    }
}
