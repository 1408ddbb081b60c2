//! Programs that are not ours against the embedded network. Run it with `scripts/interop`, which
//! installs and builds them.

mod chaincodes;
mod clients;
mod foreign;
