//! Training runs of the two networks.
//!
//! [`training_loop`] is the loop. A network in training ([`codec`], [`flow`]) begins with its step. What both steps share is in
//! [`step`] and [`parts`]; the folder, logs and progress of a run are in [`run`]. The small networks of [`dynamics`] and
//! [`melody`], and the regression of [`texture`], need neither.

pub mod codec;
pub mod dynamics;
mod fault;
pub mod flow;
pub mod melody;
pub mod parts;
mod rhythm;
pub mod run;
pub mod step;
pub mod texture;
pub mod training_loop;

pub use training_loop::Task;
