//! Holds the tests that concern the whole workspace; there is no code here, only `tests/`.
