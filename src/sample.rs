//! From noise to music: the samplers.
