//! How long a contact takes from its producer to an agent's desktop, by the wall clock.
//!
//! Only contacts that an agent was free for are measured, since for the others the wait is the centre's and not the
//! router's. A task of its own takes the time, so that a busy player does not make the router look slow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::StreamExt;
use hdrhistogram::Histogram;
use model::ContactId;
use node::LatencySummary;
use serde::Deserialize;

/// Longer than a minute is a stall, whatever its length.
const LATENCY_US_MAX: u64 = 60_000_000;

#[derive(Debug, Clone)]
pub struct Offers(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    published: HashMap<ContactId, Instant>,
    latencies: Histogram<u64>,
}

#[derive(Deserialize)]
struct Offer {
    contact: OfferedContact,
}

#[derive(Deserialize)]
struct OfferedContact {
    contact: ContactId,
}

impl Offers {
    /// `desktops` hears what all agents of the tenant are told.
    pub fn watch(mut desktops: async_nats::Subscriber) -> Offers {
        let latencies = Histogram::new_with_bounds(1, LATENCY_US_MAX, 3).expect("the bounds are in order");
        let offers = Offers(Arc::new(Mutex::new(State { published: HashMap::new(), latencies })));
        let watched = offers.clone();
        // Ends with the subscription.
        tokio::spawn(async move {
            while let Some(message) = desktops.next().await {
                let received = Instant::now();
                // Other messages to desktops have no offer in them.
                if let Ok(offer) = serde_json::from_slice::<Offer>(&message.payload) {
                    watched.offered(&offer.contact.contact, received);
                }
            }
        });
        offers
    }

    pub fn published(&self, contact: &ContactId) {
        self.lock().published.insert(contact.clone(), Instant::now());
    }

    /// Nobody was free for it, or it is over.
    pub fn forget(&self, contact: &ContactId) {
        self.lock().published.remove(contact);
    }

    pub fn summary(&self) -> LatencySummary {
        let latencies = &self.lock().latencies;
        LatencySummary {
            count: latencies.len(),
            p50_us: latencies.value_at_quantile(0.5),
            p99_us: latencies.value_at_quantile(0.99),
            p999_us: latencies.value_at_quantile(0.999),
            max_us: latencies.max(),
        }
    }

    fn offered(&self, contact: &ContactId, received: Instant) {
        let mut state = self.lock();
        if let Some(published) = state.published.remove(contact) {
            let micros = received.duration_since(published).as_micros();
            state.latencies.saturating_record(u64::try_from(micros).unwrap_or(LATENCY_US_MAX));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
