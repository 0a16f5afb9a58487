//! Adapter, kernels, buffers, recording, timestamps.
