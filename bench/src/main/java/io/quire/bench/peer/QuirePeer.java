/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Quire itself, with its defaults but for what the name says: a {@code LongLongState}, or a {@code BytesState}.
 *
 * <p>Settings: durability and live memory by name, {@code quire} alone being {@code NONE} and {@code AUTO}; checkpoints
 * on demand only; no JVM flags.
 */
final class QuirePeer implements Peer {
    private static final long SPARE_LENGTH = 256L << 20;
    private static final int OVERHEAD_LENGTH = 40;
    private static final double GROWTH_FACTOR = 1.4;

    private final String name;
    private final Durability durability;
    private final LiveMemoryKind liveMemory;

    QuirePeer(final String name, final Durability durability, final LiveMemoryKind liveMemory) {
        this.name = name;
        this.durability = durability;
        this.liveMemory = liveMemory;
    }

    @Override
    public String name() {
        return name;
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
        settings.put("table", context.shape().longValues() ? "LongLongState" : "BytesState");
        settings.put("liveMemory", liveMemory.name().toLowerCase(Locale.ROOT));
        settings.put("checkpoints", "on demand");
        settings.put("rmw", context.shape().valueLength() == Long.BYTES ? "addAndGet" : "get, put");
        settings.put("durability", durability.name());
        return settings;
    }

    @Override
    public long nativeLength(final TableContext context) {
        final long entryLength = (long) context.shape().entryLength() + OVERHEAD_LENGTH;
        return SPARE_LENGTH + (long) (GROWTH_FACTOR * entryLength * context.entryCountMax());
    }

    @Override
    public KeyedTable open(final TableContext context) {
        final QuireStore store = new QuireStore(context, durability, liveMemory);
        return context.shape().longValues() ? new QuireLongTable(store) : new QuireBytesTable(store, context.shape());
    }
}
