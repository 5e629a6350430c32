//! The engine benches live under `benches/`.
