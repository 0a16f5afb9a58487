//! Parts of the passes over naga's intermediate representation.

use naga::valid::{Capabilities, ModuleInfo, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator};
use naga::{Block, Expression, Handle, Range, Span, Statement};

/// What naga's validator finds out about a module, which was parsed from `text`.
///
/// # Errors
/// The text of naga's error.
pub fn validate(module: &naga::Module, text: &str) -> Result<ModuleInfo, String> {
    Validator::new(ValidationFlags::all(), Capabilities::all())
        .subgroup_stages(ShaderStages::COMPUTE)
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(module)
        .map_err(|error| error.emit_to_string(text))
}

/// A block, with each of its statements and of the blocks in it replaced by what `rewrite` pushes.
pub(super) fn rewritten(block: Block, rewrite: &mut impl FnMut(Statement, Span, &mut Block)) -> Block {
    let mut out = Block::with_capacity(block.len());
    for (mut statement, span) in block.span_into_iter() {
        let mut nested = |block: &mut Block| *block = rewritten(std::mem::take(block), rewrite);
        match &mut statement {
            Statement::Block(block) => nested(block),
            Statement::If { accept: first, reject: second, .. }
            | Statement::Loop { body: first, continuing: second, .. } => {
                nested(first);
                nested(second);
            }
            Statement::Switch { cases, .. } => cases.iter_mut().for_each(|case| nested(&mut case.body)),
            _ => {}
        }
        rewrite(statement, span, &mut out);
    }
    out
}

/// Emits expressions that follow one another.
pub(super) fn emit(expressions: &[Handle<Expression>], span: Span, out: &mut Block) {
    if let (Some(&first), Some(&last)) = (expressions.first(), expressions.last()) {
        out.push(Statement::Emit(Range::new_from_bounds(first, last)), span);
    }
}
