//! One visible training loop per network, and what they share.
