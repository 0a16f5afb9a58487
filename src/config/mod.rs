//! The configuration: sections, defaults, overrides and their errors.
