//! The end-to-end tests live under `tests/`.
