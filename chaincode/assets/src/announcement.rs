//! What the contracts announce, in the envelope that `asset_types::EventEnvelope` reads.

use asset_types::{AccountOpened, TokenCreated, Transferred};
use fabric_contract_api::prelude::*;

macro_rules! announcements {
    ($($wrapper:ident($event:ident) as $name:literal,)*) => {
        $(
            #[derive(Serialize, Event)]
            #[serde(transparent)]
            #[event($name)]
            pub(crate) struct $wrapper(pub(crate) $event);
        )*
    };
}

announcements! {
    AnnounceOpened(AccountOpened) as "AccountOpened",
    AnnounceCreated(TokenCreated) as "TokenCreated",
    AnnounceTransferred(Transferred) as "Transferred",
}
