//! Shader text is a minijinja template.
//!
//! `{% include "shared/..." %}` inserts text that several kernels share, `{{ name }}` is a constant of the launch, and loops unroll
//! code. An unknown include or constant is an error. One name is always defined: `params`, the line that declares the variable `params`.

use std::collections::HashMap;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};

use super::kernels::TEMPLATES;
use super::params_space::ParamsSpace;
use super::{Constants, Kernel};

/// All templates, parsed once.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for &(path, text) in TEMPLATES {
        environment.add_template(path, text).unwrap_or_else(|error| panic!("shaders/{path}: {error:#}"));
    }
    environment
});

/// The WGSL of a kernel for a set of constants, with its `Params` in an address space.
///
/// # Panics
/// If the template does not render: an unknown include or constant is a bug in the program.
#[track_caller]
pub fn render(kernel: &Kernel, constants: Constants<'_>, space: ParamsSpace) -> String {
    let mut values: HashMap<&str, minijinja::Value> =
        constants.iter().map(|&(name, value)| (name, value.into())).collect();
    values.insert("params", space.declaration().into());
    let rendered = ENVIRONMENT.get_template(kernel.file).and_then(|template| template.render(values));
    rendered.unwrap_or_else(|error| panic!("shaders/{}: {error:#}", kernel.file))
}
