/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVStore;

/**
 * H2's MVStore, one {@code MVMap} with its own primitive data types.
 *
 * <p>Settings: a file and a write buffer of 64 MB; the background writer as it comes, which commits each second, when
 * checkpoints are taken, and otherwise none, as nobody would find its commits again: then only a full buffer is
 * written, by the thread that fills it; a page cache that holds all of the state up to 2 GiB; a checkpoint is a commit
 * by the writer and a sync by another thread.
 */
final class MvStorePeer implements Peer {
    private static final long CACHE_LENGTH_MAX = 2L << 30;
    private static final long CACHE_LENGTH_MIN = 64L << 20;
    private static final int ENTRY_OVERHEAD_LENGTH = 120;
    private static final double SPACE_FACTOR = 3;

    @Override
    public String name() {
        return "mvstore";
    }

    @Override
    public boolean supports(final TableShape shape) {
        return true;
    }

    @Override
    public boolean durable() {
        return true;
    }

    static long cacheLength(final TableContext context) {
        final long entryLength = (long) context.shape().entryLength() + ENTRY_OVERHEAD_LENGTH;
        return Math.max(CACHE_LENGTH_MIN, Math.min(CACHE_LENGTH_MAX, entryLength * context.entryCountMax()));
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("version", PeerVersions.of(MVStore.class));
        settings.put("cache", Long.toString(cacheLength(context)));
        settings.put("autoCommit", context.durable() ? "1 s, 64 MB buffer" : "64 MB buffer");
        settings.put("compression", "none");
        settings.put("heap", Long.toString(heapLength(context)));
        settings.put("collector", HeapCollector.names());
        settings.put("rmw", "get, put");
        settings.put(
                "durability",
                context.durable() ? "background commits without sync; a checkpoint is commit and sync" : "none");
        return settings;
    }

    @Override
    public List<String> jvmArguments() {
        return List.of("-XX:+AlwaysPreTouch");
    }

    @Override
    public long heapLength(final TableContext context) {
        return (512L << 20) + 2 * cacheLength(context);
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public long fileLength(final TableContext context) {
        return (long) (SPACE_FACTOR * context.entryCountMax() * context.shape().entryLength()) + CACHE_LENGTH_MIN;
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new MvStoreTable(context);
    }
}
