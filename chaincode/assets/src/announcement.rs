//! What the contracts announce, in the envelope that [`asset_types::EventEnvelope`] reads.

use asset_types::{AccountOpened, TokenCreated, Transferred};
use fabric_contract_api_rust::Event;
use serde::Serialize;

/// An event's data as `asset_types` defines it, and the type under which it travels.
macro_rules! announcements {
    ($($wrapper:ident($data:ident) as $name:literal,)*) => {
        $(
            #[derive(Serialize)]
            #[serde(transparent)]
            pub(crate) struct $wrapper(pub(crate) $data);

            impl Event for $wrapper {
                const TYPE: &'static str = $name;
            }
        )*
    };
}

announcements! {
    AnnounceOpened(AccountOpened) as "AccountOpened",
    AnnounceCreated(TokenCreated) as "TokenCreated",
    AnnounceTransferred(Transferred) as "Transferred",
}
