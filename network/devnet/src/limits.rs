//! Bounds of the network: what a real peer's and orderer's sample configuration sets, unless said
//! otherwise.

use std::time::Duration;

/// How long a chaincode may take over one transaction (`chaincode.executetimeout`).
pub(crate) const EXECUTE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a chaincode that accepted a connection may take to register. A real peer waits minutes
/// because it may have to build the chaincode first; here it is running already.
pub(crate) const REGISTER_TIMEOUT: Duration = Duration::from_secs(10);

/// Interval of HTTP/2 pings to a chaincode (`peer.keepalive.interval`), which find dead ones.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);

/// How long a ping may go unanswered (`peer.keepalive.timeout`).
pub(crate) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Largest gRPC message, either way (`peer.maxRecvMsgSize`, `maxSendMsgSize`).
pub(crate) const MESSAGE_BYTES_MAX: usize = 100 * 1024 * 1024;

/// Largest request to discovery. Fabric sets none below that of all messages; a request names
/// chaincodes and policies of keys, and each policy costs work.
pub(crate) const DISCOVERY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Writes per message and keys per read that chaincode is told of (`chaincode.runtimeParams`).
pub(crate) const BATCH_SIZE: u32 = 1000;

/// Messages to one chaincode that wait for its connection, before transactions wait instead.
pub(crate) const CHAINCODE_QUEUE: usize = 1024;

/// Rows per message of a query without pages (`chaincode` package, `MaxResultLimit`).
pub(crate) const QUERY_BATCH: usize = 100;

/// Open queries of one transaction. Fabric sets none; each one here holds a position only.
pub(crate) const QUERIES_MAX: usize = 10_000;

/// Calls of one gateway at once (`peer.limits.concurrency.gatewayService`).
pub(crate) const GATEWAY_CALLS: usize = 500;

/// How long a peer of another gateway may take over an endorsement (`peer.gateway.endorsementTimeout`).
pub(crate) const ENDORSEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an orderer may take to accept a transaction (`peer.gateway.broadcastTimeout`).
pub(crate) const BROADCAST_TIMEOUT: Duration = Duration::from_secs(30);

/// Calls of one endorser at once (`peer.limits.concurrency.endorserService`).
pub(crate) const ENDORSER_CALLS: usize = 2500;

/// Deliver streams of one peer at once (`peer.limits.concurrency.deliverService`).
pub(crate) const DELIVER_CALLS: usize = 2500;

/// How far the clock of a client may be off (`peer.authentication.timewindow`).
pub(crate) const TIME_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Largest transaction, and largest block but for one transaction (`Orderer.BatchSize.AbsoluteMaxBytes`).
pub(crate) const BLOCK_BYTES_MAX: u32 = 10 * 1024 * 1024;

/// Transactions of a block cut at once. Bounds how long one commit keeps the next waiting.
pub(crate) const INSTANT_COUNT_MAX: u32 = 500;

/// Bytes of a block cut at once, as the usual preferred size of a channel.
pub(crate) const INSTANT_BYTES_MAX: u32 = 2 * 1024 * 1024;

/// Transactions that wait for a block before a broadcast waits too.
pub(crate) const ORDERER_QUEUE: usize = 10_000;

/// Blocks kept decoded for streams that follow the chain.
pub(crate) const RECENT_BLOCKS: usize = 32;

/// Bytes of blocks kept decoded; whichever bound is met first.
pub(crate) const RECENT_BYTES: usize = 8 * 1024 * 1024;

/// How far behind the chain a peer can be made to stay. Each block of the distance keeps the pages
/// of the ledger's file that it changed.
pub(crate) const LAG_BLOCKS_MAX: usize = 100;

/// How far the network's clock can be put wrong, either way: beyond the end of every certificate, which
/// is ten years away, and not back before 1970, where the times of messages begin.
pub(crate) const CLOCK_SKEW_MAX: Duration = Duration::from_secs(50 * 365 * 24 * 3600);

/// How long the delivery of a block can be delayed on purpose. A client that waits longer for a block
/// waits for ever.
pub(crate) const DELAY_MAX: Duration = Duration::from_secs(3600);

/// Blocks whose delivery is disturbed at once.
pub(crate) const FAULTS_MAX: usize = 1000;

/// Page cache of the ledgers' files together. The whole network shall idle under 60 MB.
pub(crate) const STORAGE_CACHE_BYTES: usize = 24 * 1024 * 1024;

/// Page cache of one ledger's file, however many channels there are.
pub(crate) const STORAGE_CACHE_BYTES_MIN: usize = 4 * 1024 * 1024;

/// Bytes of an unpacked dump: far more than a development network has, far less than a disk.
pub(crate) const DUMP_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;

/// Plaintext of transactions that wait for their block. A real peer keeps it on disk, without
/// bound; here the whole network shall stay under 300 MB.
pub(crate) const TRANSIENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Sets of plaintext of one transaction that waits, as differing endorsements make several. Enough
/// for collections times endorsers of any real transaction.
pub(crate) const TRANSIENT_SETS_MAX: usize = 256;

/// Blocks after which the plaintext of a transaction that never came is forgotten
/// (`peer.gossip.pvtData.transientstoreMaxBlockRetention`).
pub(crate) const TRANSIENT_BLOCKS: u64 = 20_000;

/// How long streams may take to end when the network stops.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// How long a TLS handshake may take, so that half-open connections do not pile up.
pub(crate) const TLS_TIMEOUT: Duration = Duration::from_secs(10);

/// Transactions of one peer whose ledger calls are remembered: the last second or so under load.
pub(crate) const TRACES: usize = 1000;

/// Ledger calls remembered of one transaction.
pub(crate) const TRACE_CALLS: usize = 500;

/// Bytes that a remembered call shows of a key, a value or a query.
pub(crate) const TRACE_TEXT_BYTES: usize = 80;

/// Keys, records or arguments that a remembered call shows.
pub(crate) const TRACE_ITEMS: usize = 10;
