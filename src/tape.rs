//! What was recorded, and the backward sweep.
