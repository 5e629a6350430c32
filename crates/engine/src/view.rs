//! Read-only answers about the state, for queries and dashboards. Taken from a follower, never from the owner.

use model::estimate::Outlook;
use model::event::HistoryEntry;
use model::row::{AgentRow, ContactRow};
use model::{
    AgentId, ChannelId, ContactId, Millis, OfferNo, QueueId, QueueNo, Row, TenantConfig, TenantId, Time,
};

use crate::Engine;
use crate::state::id_index::Found;
use crate::state::profiles::Brief;
use crate::state::tenant::{Tenant, id_hash};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactView {
    Open {
        row: Box<ContactRow>,
        /// On which it is at present; the customer may have agreed to another than it came on.
        channel: ChannelId,
        queue: QueueId,
        /// Whoever it is offered to or held by.
        agent: Option<AgentId>,
        /// The other contacts of its customer, as an offer of it has them.
        history: Vec<HistoryEntry>,
    },
    /// It ended within the idempotence horizon; its outcome is in the event feed.
    Closed { closed_at: Time },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    pub row: AgentRow,
    /// What it holds and what is parked with it, by contact number: the id, the offer and the state.
    pub contacts: Vec<(ContactRow, OfferNo)>,
    /// The contacts by which it asks others about what it has.
    pub asks: Vec<ContactId>,
    pub used: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    pub queue: QueueId,
    /// Waiting in the queue or for a preferred agent.
    pub waiting: u32,
    /// Of them, those whom nobody in the roster could ever take.
    pub unservable: u32,
    pub offered: u32,
    pub active: u32,
    pub wrap_up: u32,
    /// Put off.
    pub scheduled: u32,
    /// Interrupted.
    pub parked: u32,
    /// Of those that are active, the ones that were said to be stuck.
    pub stuck: u32,
    /// Nobody's until their customers write again.
    pub quiet: u32,
    /// Arrival of the contact that waits longest.
    pub oldest_arrival: Option<Time>,
    /// Of a queue that estimates.
    pub estimate: Option<EstimateView>,
    /// Of a queue that measures work.
    pub work: Option<WorkView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkView {
    /// Nothing while it is unknown.
    pub effort: Option<Millis>,
    pub backlog: Option<Millis>,
    /// It was said that deadlines are.
    pub at_risk: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EstimateView {
    /// What one would be told that came to wait there now.
    pub outlook: Outlook,
    /// Contacts that were accepted and knew how long it would take, and those of them that waited no longer than that.
    pub scored: u64,
    pub within_p50: u64,
    pub within_p90: u64,
}

impl Engine {
    pub fn tenants(&self) -> impl Iterator<Item = &TenantId> {
        self.tenants.iter().map(|tenant| &tenant.name)
    }

    /// Whether each tenant is decided for here.
    pub fn homes(&self) -> impl Iterator<Item = (&TenantId, bool)> {
        self.tenants.iter().map(|tenant| (&tenant.name, tenant.residence.is_here()))
    }

    /// Grows when what [`Engine::homes`] says changes.
    pub fn homes_given(&self) -> u64 {
        self.tenants.iter().map(|tenant| 1 + tenant.moves).sum()
    }

    pub fn contact(&self, tenant: &TenantId, contact: &ContactId, now: Time) -> Option<ContactView> {
        let tenant = self.tenant_named(tenant)?;
        match tenant.find_id(id_hash(&tenant.key, contact.as_str()))? {
            Found::Open(place) => {
                let record = tenant.contacts.at(place);
                let Brief { queue, channel, .. } = tenant.profiles.brief(record.profile);
                Some(ContactView::Open {
                    row: Box::new(tenant.contact_row(record)),
                    channel: tenant.names.channels.name(u32::from(channel.0)).clone(),
                    queue: tenant.names.queues.name(u32::from(queue.0)).clone(),
                    agent: record.status.has_agent().then(|| tenant.agents[record.agent].id().clone()),
                    history: tenant.history(now, record).map_or(Vec::new(), <[_]>::into_vec),
                })
            }
            Found::Closed(sequence) => {
                Some(ContactView::Closed { closed_at: tenant.closed.closed_at(sequence) })
            }
        }
    }

    pub fn agent(&self, tenant: &TenantId, agent: &AgentId) -> Option<AgentView> {
        let tenant = self.tenant_named(tenant)?;
        let agent = tenant.agents.present(agent)?;
        let row = tenant.agent_row(&tenant.agents[agent]);
        let contacts = tenant.with(agent).into_iter().map(|contact| {
            let record = tenant.contacts.of(contact);
            (tenant.contact_row(record), record.offer)
        });
        let asks = tenant.asked_by(agent).into_iter().map(|consult| tenant.contacts.of(consult));
        let asks = asks.map(|consult| consult.body().contact.clone()).collect();
        Some(AgentView { row, contacts: contacts.collect(), asks, used: tenant.agents[agent].used })
    }

    /// The tenant's queues by name order of the configuration.
    pub fn queues(&self, tenant: &TenantId, now: Time) -> Option<Vec<QueueView>> {
        use crate::state::contacts::Status;
        let tenant = self.tenant_named(tenant)?;
        let settings = tenant.settings.as_ref()?;
        let mut views: Vec<QueueView> = tenant.names.queues.all().iter().map(empty_view).collect();
        for contact in tenant.contacts.iter() {
            let queue = tenant.profiles.brief(contact.profile).queue;
            let view = &mut views[queue.index()];
            match contact.status {
                Status::Nowhere | Status::WaitingInQueue | Status::WaitingPreferred => {
                    view.waiting += 1;
                    view.unservable += u32::from(contact.is_said_unservable());
                    let oldest = view.oldest_arrival.get_or_insert(contact.arrived_at);
                    *oldest = (*oldest).min(contact.arrived_at);
                }
                Status::Offered => view.offered += 1,
                Status::Active => {
                    view.active += 1;
                    view.stuck += u32::from(tenant.handling(contact).is_some_and(|handling| handling.stuck));
                }
                Status::WrapUp => view.wrap_up += 1,
                Status::Scheduled => view.scheduled += 1,
                Status::Parked => view.parked += 1,
                Status::Quiet => view.quiet += 1,
            }
        }
        for (number, view) in (0..).map(QueueNo).zip(&mut views) {
            view.estimate = tenant.waits(number).map(|waits| EstimateView {
                outlook: tenant.outlook_of_next(now, number),
                scored: waits.scored,
                within_p50: waits.within_p50,
                within_p90: waits.within_p90,
            });
            view.work = tenant.work(number).map(|work| WorkView {
                effort: tenant.mean_effort(number).map(Millis),
                backlog: tenant.backlog(number).map(Millis),
                at_risk: work.at_risk,
            });
        }
        views.retain(|view| settings.config.queue(&view.queue).is_some());
        Some(views)
    }

    /// In force.
    pub fn config(&self, tenant: &TenantId) -> Option<&TenantConfig> {
        Some(&self.tenant_named(tenant)?.settings.as_ref()?.config)
    }

    /// Every row of one tenant, for inspection.
    pub fn rows_of(&self, tenant: &TenantId) -> Option<impl Iterator<Item = Row> + '_> {
        Some(self.tenant_named(tenant)?.rows())
    }

    pub(crate) fn tenant_named(&self, tenant: &TenantId) -> Option<&Tenant> {
        Some(self.tenant(*self.numbers.get(tenant)?))
    }
}

fn empty_view(queue: &QueueId) -> QueueView {
    QueueView {
        queue: queue.clone(),
        waiting: 0,
        unservable: 0,
        offered: 0,
        active: 0,
        wrap_up: 0,
        scheduled: 0,
        parked: 0,
        stuck: 0,
        quiet: 0,
        oldest_arrival: None,
        estimate: None,
        work: None,
    }
}
