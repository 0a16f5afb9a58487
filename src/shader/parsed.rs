//! A kernel's text as a module of naga.

use naga::Module;
use naga::back::wgsl::{WriterFlags, write_string};

use super::ir::validate;
use super::reflect::{Binding, reflect};
use super::{f16_storage, pairs};
use crate::dtype::Dtype;

/// A kernel that was parsed, for bindings that are stored in given types.
#[derive(Debug)]
pub struct Parsed {
    /// Its text, for tensors in f32.
    pub text: String,
    /// Its module, with loads and stores of tensors in f16 converted, and of pairs.
    pub module: Module,
    /// Whether there are any, so that text and module differ.
    pub converted: bool,
    /// What the text declares.
    pub bindings: Vec<Binding>,
    /// Bytes of its `Params`.
    pub params: u32,
}

impl Parsed {
    /// Parses a text for bindings that are stored in the types `stored`.
    ///
    /// # Errors
    /// The text of naga's error; another number of bindings; a binding that cannot be stored so.
    pub fn new(text: String, stored: &[Dtype]) -> Result<Self, String> {
        let mut module = naga::front::wgsl::parse_str(&text).map_err(|error| error.emit_to_string(&text))?;
        let (bindings, params) = reflect(&module);
        if bindings.len() != stored.len() {
            return Err(format!("the shader has {} bindings, the launch {}", bindings.len(), stored.len()));
        }
        let converted = f16_storage::store(&mut module, &bindings, stored)?;
        if cfg!(debug_assertions) && converted {
            validate(&module, &text)?;
        }
        Ok(Self { text, module, converted, bindings, params })
    }

    /// Loads and stores pairs of f32 as integers of 64 bits. Returns whether there are any.
    ///
    /// # Panics
    /// In builds with debug assertions, if the result is not valid.
    pub fn pair(&mut self) -> bool {
        let changed = pairs::pair(&mut self.module, &self.bindings);
        if cfg!(debug_assertions) && changed {
            validate(&self.module, &self.text).unwrap_or_else(|error| panic!("{error}"));
        }
        self.converted |= changed;
        changed
    }

    /// The module as WGSL.
    ///
    /// # Errors
    /// The text of naga's error.
    pub fn wgsl(&self) -> Result<String, String> {
        if !self.converted {
            return Ok(self.text.clone());
        }
        let info = validate(&self.module, &self.text)?;
        let text = write_string(&self.module, &info, WriterFlags::empty()).map_err(|error| error.to_string())?;
        // naga writes the largest f32 in decimals that are larger, which other compilers refuse.
        Ok(text.replace(&format!("{}f", f32::MAX), "0x1.fffffep+127f"))
    }
}
