/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.store.Durability;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * RocksDB with the options that Flink's state backend sets, or tuned for a state that fits into memory.
 *
 * <p>Settings: those of Flink's RocksDBResourceContainer with managed memory: one LRU cache of 256 MB shared by blocks,
 * indexes and write buffers (half of it for write buffers, index and filter blocks with high priority, level 0 pinned),
 * 2 background jobs, 64 MB write buffers, 2 of them, level compaction, 64 MB files, 256 MB base level, 4 KiB blocks,
 * Snappy, no bloom filter, no limit of open files; the write-ahead log off, or on without a sync. Operations take
 * direct byte buffers.
 *
 * <p>{@code rocksdb-tuned}: a block cache that is larger than the state, so that no read leaves it once it is warm;
 * bloom filters of 10 bits a key; no compression; a hash index in data blocks; index and filter blocks outside of the
 * cache, never evicted; write buffers of their own, 4 of 128 MB; all else as above. The write-ahead log is off.
 *
 * <p>Flushes and compactions run whenever RocksDB begins them, also inside the clock; the rest of them is waited for
 * after an iteration.
 */
final class RocksDbPeer implements Peer {
    static final long CACHE_LENGTH = 256L << 20;
    private static final int ENTRY_OVERHEAD_LENGTH = 16;
    private static final long TUNED_CACHE_FACTOR = 2;
    private static final long NATIVE_SPARE_LENGTH = 512L << 20;
    private static final double SPACE_FACTOR = 1.6;

    private final String name;
    private final Durability durability;
    private final boolean tuned;

    private RocksDbPeer(final String name, final Durability durability, final boolean tuned) {
        this.name = name;
        this.durability = durability;
        this.tuned = tuned;
    }

    RocksDbPeer(final String name, final Durability durability) {
        this(name, durability, false);
    }

    /** {@return the contestant that is given as much memory as it can use} */
    static RocksDbPeer tuned(final String name) {
        return new RocksDbPeer(name, Durability.NONE, true);
    }

    private static long stateLength(final TableContext context) {
        return context.entryCountMax() * (context.shape().entryLength() + ENTRY_OVERHEAD_LENGTH);
    }

    private long cacheLength(final TableContext context) {
        return tuned ? CACHE_LENGTH + TUNED_CACHE_FACTOR * stateLength(context) : CACHE_LENGTH;
    }

    private static String describe(final Durability durability) {
        return switch (durability) {
            case NONE -> "write-ahead log off; checkpoints";
            case SYNC -> "write-ahead log, each write synced";
            default -> "write-ahead log, no sync";
        };
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Peer whileLoading() {
        return durability == Durability.SYNC ? new RocksDbPeer(name, Durability.PROCESS) : this;
    }

    @Override
    public boolean supports(final TableShape shape) {
        return true;
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("version", RocksDbTable.version());
        settings.put("options", tuned ? "tuned for a state in memory" : "as Flink sets them, managed memory");
        settings.put("cache", Long.toString(cacheLength(context)));
        settings.put("writeBuffers", tuned ? "4 x 128 MB" : "2 x 64 MB, within half of the cache");
        settings.put("backgroundJobs", "2");
        settings.put("compaction", "level, 64 MB files, 256 MB base");
        settings.put("compression", tuned ? "none" : "Snappy");
        settings.put("bloomFilter", tuned ? "10 bits a key" : "none");
        settings.put("dataBlocks", tuned ? "binary search and hash" : "binary search");
        settings.put("rmw", "get, put");
        settings.put("durability", describe(durability));
        return settings;
    }

    @Override
    public List<String> jvmArguments() {
        return List.of();
    }

    @Override
    public long nativeLength(final TableContext context) {
        // The cache is filled by reads of what there is, once.
        return NATIVE_SPARE_LENGTH + (tuned ? CACHE_LENGTH + stateLength(context) : CACHE_LENGTH);
    }

    @Override
    public long fileLength(final TableContext context) {
        return (long) (SPACE_FACTOR * stateLength(context));
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new RocksDbTable(
                context, tuned ? RocksDbOptions.tuned(cacheLength(context)) : RocksDbOptions.asFlink(durability));
    }
}
