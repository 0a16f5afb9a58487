//! From bytes to notes to piano rolls to pictures and back. Knows nothing of the GPU.
