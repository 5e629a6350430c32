//! The crate against real servers: found, started, provisioned, judged.
//!
//! One program for all, so that the server is looked for once and there is one thing to link.

extern crate wissel_broker as broker;

mod check;
mod cluster;
mod find;
mod init;
mod start;
mod tenants;
