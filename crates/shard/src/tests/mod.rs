//! A shard against a modelled JetStream: single faults by hand, and thousands of seeded runs of all of them.

mod backlog;
mod damage;
mod faults;
mod runs;
mod sizes;
mod toy;
mod world;
