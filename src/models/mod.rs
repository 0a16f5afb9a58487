//! The two networks: codec and U-Net.
