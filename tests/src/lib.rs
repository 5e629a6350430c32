//! What the end-to-end tests share: a contact centre around real nodes ([`centre`]), what hurts it ([`chaos`]), and the
//! text form in which each feature is shown ([`scenarios`]).

pub mod centre;
pub mod chaos;
pub mod scenarios;
