//! Training runs of the two networks: one loop, a step for each network, and a folder for each run.

pub mod codec;
pub mod flow;
pub mod run;
pub mod step;
