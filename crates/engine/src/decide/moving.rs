//! A tenant is told to leave for another shard, or comes from one, part by part.
//!
//! Whoever moves it may say everything again, so what was heard before changes nothing.

use std::sync::Arc;

use model::moving::{Departure, Residence, TenantMove, TenantPart};
use model::{Change, Refusal, Row, ShardId, TenantNo};

use super::{Origin, Turn};

impl Turn<'_> {
    pub fn move_tenant(&mut self, known: Option<TenantNo>, origin: Origin<'_>, said: TenantMove) {
        if let TenantMove::Rows { hash, part } = said {
            return self.take_rows(known, origin, hash, part);
        }
        let Some(tenant) = known else {
            let detail = format!("nothing of tenant {} is here", origin.tenant);
            return self.refuse(TenantNo::SHARD, origin, Refusal::UnknownTenant, detail);
        };
        match said {
            TenantMove::Leave { to } => self.leave_for(tenant, origin, to),
            TenantMove::Come { departure, parts } => self.take_over(tenant, origin, &departure, parts),
            TenantMove::Gone { to } => self.drop_left(tenant, origin, &to),
            TenantMove::Rows { .. } => {}
        }
    }

    fn leave_for(&mut self, tenant: TenantNo, origin: Origin<'_>, to: ShardId) {
        match &self.tenant(tenant).residence {
            Residence::Here | Residence::Came { .. } => {
                self.fit_all();
                self.emit(tenant, Change::TenantLeft { to, position: origin.position });
            }
            Residence::Left { to: present, .. } | Residence::Gone { to: present } if *present == to => {}
            residence @ (Residence::Coming { .. } | Residence::Left { .. } | Residence::Gone { .. }) => {
                let detail = format!("the tenant cannot leave for shard {to}: {}", said(residence));
                self.refuse(tenant, origin, Refusal::Moved, detail);
            }
        }
    }

    fn take_rows(
        &mut self,
        known: Option<TenantNo>,
        origin: Origin<'_>,
        hash: String,
        part: Arc<TenantPart>,
    ) {
        let number = known.unwrap_or(TenantNo(self.engine.tenants.len() as u32 + 1));
        let refused_as = known.unwrap_or(TenantNo::SHARD);
        if let Err(detail) = check_rows(&part, origin) {
            return self.refuse(refused_as, origin, Refusal::BadField, detail);
        }
        let (next, residence) = match known.map(|known| &self.tenant(known).residence) {
            None | Some(Residence::Gone { .. }) => (0, None),
            Some(residence @ Residence::Coming { departure, parts }) if *departure == part.departure => {
                (*parts, Some(residence))
            }
            Some(Residence::Came { departure }) if *departure == part.departure => return,
            Some(
                residence @ (Residence::Here
                | Residence::Came { .. }
                | Residence::Coming { .. }
                | Residence::Left { .. }),
            ) => {
                let detail =
                    format!("the tenant cannot come from shard {}: {}", part.departure.from, said(residence));
                return self.refuse(refused_as, origin, Refusal::Moved, detail);
            }
        };
        if part.part < next {
            return;
        }
        if part.part > next {
            let is_underway =
                residence.map_or_else(String::new, |residence| format!(": {}", said(residence)));
            let detail = format!("part {} came, and part {next} is next{is_underway}", part.part);
            return self.refuse(refused_as, origin, Refusal::Moved, detail);
        }
        let part = Box::new(Arc::unwrap_or_clone(part));
        self.emit(number, Change::TenantRows { hash, part });
    }

    fn take_over(&mut self, tenant: TenantNo, origin: Origin<'_>, departure: &Departure, parts: u32) {
        match &self.tenant(tenant).residence {
            Residence::Coming { departure: present, parts: present_parts }
                if present == departure && *present_parts == parts =>
            {
                let grace = self.now.since(departure.at);
                self.emit(tenant, Change::TenantCame { grace });
                self.settle_anew(tenant);
                self.expect_look(tenant);
            }
            Residence::Came { departure: present } if present == departure => {}
            residence @ (Residence::Here
            | Residence::Came { .. }
            | Residence::Coming { .. }
            | Residence::Left { .. }
            | Residence::Gone { .. }) => {
                let detail = format!(
                    "the tenant has not come from shard {} in {parts} parts: {}",
                    departure.from,
                    said(residence)
                );
                self.refuse(tenant, origin, Refusal::Moved, detail);
            }
        }
    }

    fn drop_left(&mut self, tenant: TenantNo, origin: Origin<'_>, to: &ShardId) {
        match &self.tenant(tenant).residence {
            Residence::Left { to: present, .. } if present == to => self.emit(tenant, Change::TenantGone),
            Residence::Gone { to: present } if present == to => {}
            residence @ (Residence::Here
            | Residence::Came { .. }
            | Residence::Coming { .. }
            | Residence::Left { .. }
            | Residence::Gone { .. }) => {
                let detail = format!("the tenant is not gone to shard {to}: {}", said(residence));
                self.refuse(tenant, origin, Refusal::Moved, detail);
            }
        }
    }

    /// For an input of a tenant that this shard does not serve.
    pub fn refuse_moved(&mut self, tenant: TenantNo, origin: Origin<'_>) {
        let state = self.tenant(tenant);
        let detail = format!("tenant {}: {}; send it again", state.name, said(&state.residence));
        self.refuse(tenant, origin, Refusal::Moved, detail);
    }
}

fn check_rows(part: &TenantPart, origin: Origin<'_>) -> Result<(), String> {
    for (index, row) in part.rows.iter().enumerate() {
        let is_first = part.part == 0 && index == 0;
        match row {
            Row::Tenant(row) if is_first && row.name == *origin.tenant => {}
            Row::Tenant(_) => {
                return Err(
                    "the tenant's own row stands first in the first part, and nowhere else".to_owned()
                );
            }
            Row::Agent(_) | Row::Profile(_) | Row::Contact(_) | Row::Closed(_) | Row::Remembered(_)
                if !is_first => {}
            Row::Agent(_) | Row::Profile(_) | Row::Contact(_) | Row::Closed(_) | Row::Remembered(_) => {
                return Err("the first part begins with another row than the tenant's own".to_owned());
            }
        }
    }
    if part.rows.is_empty() { Err("the part holds nothing".to_owned()) } else { Ok(()) }
}

fn said(residence: &Residence) -> String {
    match residence {
        Residence::Here => "it is served here".to_owned(),
        Residence::Came { departure } => {
            format!(
                "it is served here, since it came from shard {} (input {})",
                departure.from, departure.position
            )
        }
        Residence::Coming { departure, parts } => format!(
            "it is on its way here from shard {} (input {}), and {parts} parts of it have come",
            departure.from, departure.position
        ),
        Residence::Left { to, .. } => format!("it is on its way to shard {to}"),
        Residence::Gone { to } => format!("it moved to shard {to}"),
    }
}
