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
 * RocksDB with the options that Flink's state backend sets.
 *
 * <p>Settings: those of Flink's RocksDBResourceContainer with managed memory: one LRU cache of 256 MB shared by blocks,
 * indexes and write buffers (half of it for write buffers, index and filter blocks with high priority, level 0 pinned),
 * 2 background jobs, 64 MB write buffers, 2 of them, level compaction, 64 MB files, 256 MB base level, 4 KiB blocks,
 * Snappy, no bloom filter, no limit of open files; the write-ahead log off, or on without a sync. Operations take
 * direct byte buffers.
 */
final class RocksDbPeer implements Peer {
    static final long CACHE_LENGTH = 256L << 20;
    private static final long NATIVE_SPARE_LENGTH = 512L << 20;
    private static final double SPACE_FACTOR = 1.6;

    private final String name;
    private final Durability durability;

    RocksDbPeer(final String name, final Durability durability) {
        this.name = name;
        this.durability = durability;
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
        settings.put("options", "as Flink sets them, managed memory");
        settings.put("cache", Long.toString(CACHE_LENGTH));
        settings.put("writeBuffers", "2 x 64 MB, within half of the cache");
        settings.put("backgroundJobs", "2");
        settings.put("compaction", "level, 64 MB files, 256 MB base");
        settings.put("compression", "Snappy");
        settings.put("bloomFilter", "none");
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
        final long data =
                (long) (SPACE_FACTOR * context.entryCountMax() * context.shape().entryLength());
        return NATIVE_SPARE_LENGTH + CACHE_LENGTH + data;
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new RocksDbTable(context, durability);
    }
}
