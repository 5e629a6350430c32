//! Every bound of a shard, with the rule or the measurement behind it.

use model::Millis;

/// Inputs of one group. At 5 µs each, decoding included, a full group takes 3 ms to decide, about one journal round
/// trip with a sync: deciding and appending overlap evenly.
pub const GROUP_INPUTS_MAX: usize = 512;
/// Transitions of one group; eight per input is twice what a contact's busiest input causes.
pub const GROUP_TRANSITIONS_MAX: usize = 4096;
/// Inputs read and not decided: two groups, so that one is at hand when the other is sealed.
pub const INBOX_MAX: usize = 2 * GROUP_INPUTS_MAX;
/// Ticks in one turn; each fires at most 256 timers, and the group is full before that matters.
pub const TICKS_MAX: usize = 16;
/// Steps of settling in one turn, of some hundreds of microseconds each: inputs wait no longer than for these.
pub const SETTLE_STEPS_MAX: usize = 4;
/// Commits whose outputs are not confirmed. Beyond it the shard decides nothing more: back-pressure, not memory.
pub const OUTBOX_COMMITS_MAX: usize = 1024;
/// Heartbeat changes that wait for the inputs before them.
pub const HEARTBEATS_MAX: usize = 16_384;

/// Committed records kept to repair a journal that lost its end. What a server may lose is what it had not synced,
/// seconds at most; the follower's snapshots cover the rest.
pub const RETAINED_RECORDS_MAX: usize = protocol::chain::REPEATS_KNOWN_MAX;
pub const RETAINED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Journal records asked for at a time during recovery; at 256 KiB each the worst is 16 MiB in memory.
pub const READ_RECORDS_MAX: u64 = 64;
/// Snapshots tried before the journal's beginning.
pub const SNAPSHOTS_TRIED_MAX: u32 = 4;
/// Lost races for the fence. A live owner writes hundreds of records a second, so a contender that loses this often
/// contends with one that is alive. Beyond the first few there is a pause of [`RETRY_AFTER`] before each: a former leader
/// goes on telling an old end until it steps down, which takes up to nine seconds.
pub const OPEN_CONFLICTS_MAX: u32 = 48;
pub const OPEN_CONFLICTS_AT_ONCE: u32 = 8;
/// Reads that contradict what is known: a record that the stream should hold and does not give, an end that lies
/// before what was acknowledged. With [`RETRY_AFTER`] between them it takes ten seconds until they are believed, which
/// is longer than a former leader answers (see [`SHORTER_BELIEVED_AFTER`]) and lets another replica heal the record.
pub const MISSING_READS_MAX: u32 = 40;

/// An acknowledgement takes milliseconds; a leader change takes 4.5 to 8.4 s (measured). Asking the tail after 2 s
/// costs one read and tells a lost acknowledgement from a lost leader.
pub const ACK_TIMEOUT: Millis = Millis(2_000);
/// A record is sent again only after its leader told the tail, so a silence is short or a second trouble. Each further
/// one is given twice as long, up to [`ACK_TIMEOUT`]: a slow store is not asked ever more.
pub const AGAIN_TIMEOUT: Millis = Millis(250);
/// The client's own time-out is 2 s; this is only for an answer that never comes.
pub const READ_TIMEOUT: Millis = Millis(5_000);
/// Pause before asking again; a tenth of what people notice, and 20 questions per leader change.
pub const RETRY_AFTER: Millis = Millis(250);
/// A former leader answers with an old tail until it steps down (elections take 4 to 9 s), so a shorter journal is
/// believed only when it stays so for longer.
pub const SHORTER_BELIEVED_AFTER: Millis = Millis(10_000);
/// A leader change, of the journal or of a stream of outputs, is over by then.
pub const STALL_ALARM_AFTER: Millis = Millis(15_000);

/// Positions without effects, and confirmed outputs, reach the journal at most this late.
pub const PROGRESS_AFTER: Millis = Millis(1_000);
/// Above this lag nothing is offered: the agent's own inputs, still unread, may contradict it.
pub const LAG_MAX: Millis = Millis(250);
/// A backlog that is read for longer has other reasons than a lost leader (8.4 s at most, of which all but a second or two
/// is spent waiting) or a take-over: more comes than the shard can decide.
pub const OUTRUN_AFTER: Millis = Millis(5_000);
/// How often a live ingest subscription confirms that there is nothing.
pub const INGEST_CONFIRM: Millis = Millis(500);
/// Four confirmations missed.
pub const INGEST_SILENCE_MAX: Millis = Millis(2_000);
/// A shorter interruption is within the tolerance of every time-out that people see (seconds).
pub const STALL_MIN: Millis = Millis(1_000);
/// How far our clock may be from the server's at take-over. NTP keeps machines within 0.1 s; five seconds is broken.
pub const CLOCK_FAR: Millis = Millis(5_000);
/// Inputs decided one by one after a crash.
pub const SINGLE_INPUTS_MAX: u32 = 64;
/// Crashes over one input after which it is refused. One proves little: a process may be killed while an innocent input is
/// being tried. Three in a row over the same input are no accident.
pub const TRIALS_MAX: u32 = 3;
/// How long a release waits for outputs to be confirmed; less than a supervisor's patience with SIGTERM.
pub const RELEASE_OUTPUTS_MAX: Millis = Millis(2_000);
/// Timers are not set closer than this; the engine counts in whole milliseconds.
pub const TIMER_MIN: Millis = Millis(1);
