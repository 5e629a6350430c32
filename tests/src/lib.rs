//! What the end-to-end tests share: a contact centre around real nodes ([`centre`]), and what hurts it ([`chaos`]).

pub mod centre;
pub mod chaos;
