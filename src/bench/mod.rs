//! Cases shared by the self-test, the op tests and the benches.
