//! `series.hlog`: the histograms of each second in the format of HdrHistogram's logs, which other tools open.
//!
//! One tag for each series and flow; values are nanoseconds, maxima are written in milliseconds, as that format has it.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use protocol::text::parse_time;

use crate::record::Record;
use crate::summary::Summary;
use crate::units::NANOS_PER_MILLI;

const INTERVAL: Duration = Duration::from_secs(1);

pub fn hlog(summary: &Summary, record: &Record, flows: &[String]) -> Result<Vec<u8>> {
    let began = parse_time(&summary.began_at).context("a summary says when its run began")?;
    let began = UNIX_EPOCH + Duration::from_millis(began.0);
    let mut bytes = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&format!("wissel-load {} seed {}, in nanoseconds", summary.scenario, summary.seed))
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(NANOS_PER_MILLI as f64)
        .begin_log_with(&mut bytes, &mut serializer)?;
    let mut tagged: BTreeMap<(u64, String), &Histogram<u64>> = BTreeMap::new();
    for (key, histogram) in record.histograms() {
        let flow = flows.get(key.flow).map_or("", String::as_str);
        tagged.insert((key.second, format!("{}.{flow}", key.series.name())), histogram);
    }
    for ((second, tag), histogram) in tagged {
        let start = Duration::from_secs(second);
        writer
            .write_histogram(histogram, start, INTERVAL, Tag::new(&tag))
            .map_err(|error| anyhow::anyhow!("a histogram cannot be written: {error:?}"))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::threshold::Series;

    #[test]
    fn what_is_written_is_read_by_others() {
        let mut record = Record::default();
        for value in 1..=100_u64 {
            record.add(Series::Wait, 0, 2_000_000_000, value * 1_000_000);
        }
        let summary: Summary =
            serde_json::from_str(include_str!("../../tests/summary.json")).expect("a summary");
        let bytes = hlog(&summary, &record, &["calls".to_owned()]).expect("a log");
        let mut intervals = IntervalLogIterator::new(&bytes).filter_map(|entry| match entry {
            Ok(LogEntry::Interval(interval)) => Some(interval),
            Ok(LogEntry::StartTime(_) | LogEntry::BaseTime(_)) => None,
            Err(error) => panic!("{error:?}"),
        });
        let interval = intervals.next().expect("one interval");
        assert_eq!(interval.tag().map(|tag| tag.as_str()), Some("wait.calls"));
        assert_eq!(interval.start_timestamp(), Duration::from_secs(2));
        assert!((interval.max() - 100.0).abs() < 0.2, "in milliseconds: {}", interval.max());
        assert!(intervals.next().is_none());
        assert_eq!(decode(interval.encoded_histogram()).len(), 100);
    }

    /// As any reader of the format does: base64, then the histogram.
    fn decode(text: &str) -> Histogram<u64> {
        let digit = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let digits: Vec<u32> =
            text.bytes().filter(|byte| *byte != b'=').map(|byte| u32::from(digit(byte))).collect();
        let mut bytes = Vec::new();
        for four in digits.chunks(4) {
            let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
            bytes.extend(&bits.to_be_bytes()[1..four.len()]);
        }
        Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram")
    }
}
